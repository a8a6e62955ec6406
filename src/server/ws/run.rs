//! The events of a run: from its log while it goes on, from its file where the log has let go of them, and when it is over; then its end.

use super::batch::Batch;
use crate::event::{Body, Event, Time};
use crate::jobs::LiveRun;
use crate::record::{self, lines_from};
use crate::server::app::{App, blocking};
use crate::server::clock::now;
use crate::server::failure::Failure;
use crate::store::RunStatus;
use axum::http::StatusCode;
use serde_json::json;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::watch;

pub struct RunFeed {
    pub topic: String,
    run: String,
    /// The number of the event that comes next.
    next: u64,
    /// What was seen last was the end.
    told: bool,
    state: State,
    /// Of the runs that go on.
    changes: watch::Receiver<u64>,
}

enum State {
    /// It has not begun.
    Awaited,
    GoesOn(Box<LiveRun>),
    /// Its log is closed, and it is being judged.
    Judged,
    Kept,
    Over,
}

impl RunFeed {
    /// Gives also the number of the message that is next from now on: what comes before it has happened already.
    ///
    /// # Errors
    /// There is no such run.
    pub async fn open(app: &Arc<App>, run: &str, since: i64) -> Result<(RunFeed, u64), Failure> {
        let changes = app.jobs.live().changes();
        // in this order: a run that begins meanwhile is found
        let promised = app.jobs.promised(run).is_some();
        let (state, count) = match app.jobs.live().run(run) {
            Some(live) => {
                let count = live.log.len() as u64;
                (State::GoesOn(Box::new(live)), count)
            }
            None if promised => (State::Awaited, 0),
            None => (State::Kept, count(app, run).await?),
        };
        let next = u64::try_from(since).unwrap_or(count);
        let over = matches!(state, State::Kept) && next > count;
        let (topic, run) = (format!("run:{run}"), run.to_string());
        let next = if over { next } else { next.min(count) };
        Ok((RunFeed { topic, run, next, told: over, state, changes }, count + 1))
    }

    pub fn is_over(&self) -> bool {
        matches!(self.state, State::Over)
    }

    pub async fn next(&mut self, app: &Arc<App>) -> Result<Option<String>, Failure> {
        loop {
            match &mut self.state {
                State::Awaited | State::Judged => {
                    self.changes.borrow_and_update();
                    let awaited = matches!(self.state, State::Awaited);
                    let promised = awaited && app.jobs.promised(&self.run).is_some();
                    match app.jobs.live().run(&self.run) {
                        Some(live) if awaited => self.state = State::GoesOn(Box::new(live)),
                        Some(_) => return Ok(None),
                        None if promised => return Ok(None),
                        None => self.state = State::Kept,
                    }
                }
                State::GoesOn(live) => {
                    // in this order: what is there when it is closed is all
                    let closed = live.events.has_changed().is_err();
                    live.events.borrow_and_update();
                    let turn = app.reading.acquire().await;
                    let batch = match live.log.held(self.next) {
                        Some(events) => of_log(&self.topic, &events, &mut self.next),
                        None => of_file(app, &self.topic, &self.run, &mut self.next).await?,
                    };
                    drop(turn);
                    match batch {
                        None if closed => self.state = State::Judged,
                        batch => return Ok(batch),
                    }
                }
                State::Kept => {
                    if self.told {
                        self.state = State::Over;
                        return Ok(None);
                    }
                    let turn = app.reading.acquire().await;
                    let batch = of_file(app, &self.topic, &self.run, &mut self.next).await?;
                    drop(turn);
                    if batch.is_some() {
                        return Ok(batch);
                    }
                    self.state = State::Over;
                    return self.end(app).await;
                }
                State::Over => return Ok(None),
            }
        }
    }

    /// Until there is something new.
    pub async fn changed(&mut self) {
        let changed = match &mut self.state {
            State::Awaited | State::Judged => self.changes.changed().await.is_ok(),
            // it closes when the log does
            State::GoesOn(live) => {
                let _ = live.events.changed().await;
                true
            }
            State::Kept => true,
            State::Over => false,
        };
        if !changed {
            std::future::pending::<()>().await;
        }
    }

    /// How it ended; nothing where it goes on elsewhere.
    async fn end(&self, app: &Arc<App>) -> Result<Option<String>, Failure> {
        let run = self.run.clone();
        let found = blocking(app, move |app| Ok(app.store.run(&run).ok())).await?;
        let Some(found) = found.filter(|run| run.status != RunStatus::Running) else { return Ok(None) };
        let seq = self.next + 1;
        let end =
            json!({ "topic": self.topic, "seq": seq, "ts": now(), "t": "run.end", "status": found.status.word() });
        let mut batch = Batch::default();
        batch.push(&end.to_string());
        Ok(batch.done())
    }
}

fn path(app: &App, run: &str) -> PathBuf {
    app.workplace.data_dir().join("runs").join(run).join("events.jsonl")
}

/// How many events a run has that is over.
async fn count(app: &Arc<App>, run: &str) -> Result<u64, Failure> {
    let run = run.to_string();
    blocking(app, move |app| {
        let missing =
            |_| Failure::new(StatusCode::NOT_FOUND, "there is no such run").advice("it may have been deleted");
        let run = app.store.run(&run).map_err(missing)?;
        Ok(record::last(&path(app, &run.id)).map_or(0, |event| event.n + 1))
    })
    .await
}

async fn of_file(app: &Arc<App>, topic: &str, run: &str, next: &mut u64) -> Result<Option<String>, Failure> {
    let (path, topic, from) = (path(app, run), topic.to_string(), *next);
    let (batch, read) = blocking(app, move |_| {
        let (mut batch, mut next) = (Batch::default(), from);
        // what can't be read any more was deleted, or is damaged: the rest is its end
        let _ = lines_from(&path, from, &mut |line| {
            next = line.n + 1;
            batch.push(&message(&topic, line.n, line.time, &line.kind, &line.json));
            !batch.is_full()
        });
        Ok((batch.done(), next))
    })
    .await?;
    *next = read;
    Ok(batch)
}

fn of_log(topic: &str, events: &[Arc<Event>], next: &mut u64) -> Option<String> {
    let mut batch = Batch::default();
    for event in events {
        if batch.is_full() {
            break;
        }
        let json = serde_json::to_string(event).unwrap_or_default();
        batch.push(&message(topic, event.n, event.time, kind(&event.body), &json));
        *next = event.n + 1;
    }
    batch.done()
}

fn kind(body: &Body) -> &'static str {
    match body {
        Body::Event(_) => "event",
        Body::Sip(_) => "sip",
        Body::Log(_) => "log",
        Body::Command(_) => "command",
        Body::Response(_) => "response",
        Body::Note(_) => "note",
    }
}

/// The event is JSON already.
fn message(topic: &str, n: u64, time: Time, kind: &str, event: &str) -> String {
    let topic = json!(topic);
    let kind = json!(kind);
    format!("{{\"topic\":{topic},\"seq\":{},\"ts\":{time},\"t\":{kind},\"event\":{event}}}", n + 1)
}
