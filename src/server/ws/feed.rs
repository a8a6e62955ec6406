//! What a connection is subscribed to.

use super::batch::Batch;
use super::order::{Order, Said};
use super::run::RunFeed;
use crate::server::app::{App, blocking};
use crate::server::failure::Failure;
use axum::http::StatusCode;
use futures_util::future::select_all;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::watch;

/// Maximum number of subscriptions per connection.
const MOST: usize = 64;
/// Topics of the hub beside those of projects.
const TOPICS: [&str; 5] = ["jobs", "agents", "console", "schedules", "webhooks"];

/// Where messages of a topic come from.
pub enum Feed {
    Hub { topic: String, seen: u64, changed: watch::Receiver<u64> },
    Run(Box<RunFeed>),
}

impl Feed {
    /// What comes next; none where that has to be waited for.
    ///
    /// # Errors
    /// The store can't be read.
    pub async fn next(&mut self, app: &Arc<App>) -> Result<Option<String>, Failure> {
        match self {
            Feed::Hub { topic, seen, changed } => {
                changed.borrow_and_update();
                Ok(of_hub(app, topic, seen))
            }
            Feed::Run(run) => run.next(app).await,
        }
    }

    async fn changed(&mut self) {
        match self {
            Feed::Hub { changed, .. } => {
                if changed.changed().await.is_err() {
                    std::future::pending().await
                }
            }
            Feed::Run(run) => run.changed().await,
        }
    }

    fn topic(&self) -> &str {
        match self {
            Feed::Hub { topic, .. } => topic,
            Feed::Run(run) => &run.topic,
        }
    }
}

fn of_hub(app: &App, topic: &str, seen: &mut u64) -> Option<String> {
    let read = app.hub.since(topic, *seen);
    let mut batch = Batch::default();
    if let Some((from, to)) = read.gap {
        let gap =
            json!({ "topic": topic, "seq": to, "ts": crate::server::clock::now(), "t": "gap", "from": from, "to": to });
        batch.push(&gap.to_string());
        *seen = to;
    }
    for message in read.messages {
        if batch.is_full() {
            break;
        }
        batch.push(&message.to_string());
        *seen = message["seq"].as_u64().unwrap_or(*seen + 1);
    }
    batch.done()
}

#[derive(Default)]
pub struct Feeds(Vec<Feed>);

impl Feeds {
    pub fn all(&mut self) -> impl Iterator<Item = &mut Feed> {
        self.0.iter_mut()
    }

    /// What has nothing to say any more.
    pub fn forget_ended(&mut self) {
        self.0.retain(|feed| !matches!(feed, Feed::Run(run) if run.is_over()));
    }

    /// Until one of them has something new.
    pub async fn changed(&mut self) {
        if self.0.is_empty() {
            std::future::pending::<()>().await;
        }
        select_all(self.0.iter_mut().map(|feed| Box::pin(feed.changed()))).await;
    }

    /// Does what a client wants, and gives the answer.
    pub async fn follow(&mut self, app: &Arc<App>, order: Order) -> Said {
        match order {
            Order::Say(said) => said,
            Order::Unsubscribe { topic } => {
                self.0.retain(|feed| feed.topic() != topic);
                Said::ack("unsub", json!({ "topic": topic }))
            }
            Order::Subscribe { topic, since } => match self.subscribe(app, &topic, since).await {
                Ok(what) => Said::ack("sub", what),
                Err(failure) => Said::error(Some("sub"), failure.detail(), failure.advised()),
            },
        }
    }

    async fn subscribe(&mut self, app: &Arc<App>, topic: &str, since: i64) -> Result<Value, Failure> {
        self.0.retain(|feed| feed.topic() != topic);
        if self.0.len() >= MOST {
            return Err(Failure::new(StatusCode::CONFLICT, format!("a connection has {MOST} subscriptions at most"))
                .advice("end some with unsub"));
        }
        let (feed, next) = match topic.strip_prefix("run:") {
            Some(run) => {
                let (feed, next) = RunFeed::open(app, run, since).await?;
                (Feed::Run(Box::new(feed)), next)
            }
            None => hub_feed(app, topic, since).await?,
        };
        let topic = feed.topic().to_string();
        self.0.push(feed);
        Ok(json!({ "topic": topic, "next": next }))
    }
}

async fn hub_feed(app: &Arc<App>, topic: &str, since: i64) -> Result<(Feed, u64), Failure> {
    let topic = match topic.strip_prefix("project:").map(str::to_string) {
        Some(name) => {
            let project = blocking(app, move |app| Ok(app.store.project_named(&name)?)).await?;
            format!("project:{}", project.name)
        }
        None if TOPICS.contains(&topic) => topic.to_string(),
        None => {
            return Err(Failure::bad("there is no such topic")
                .advice("run:ID, project:NAME, jobs, agents, console, schedules or webhooks"));
        }
    };
    let changed = app.hub.watch(&topic);
    let last = *changed.borrow();
    let seen = u64::try_from(since).unwrap_or(last).min(last);
    Ok((Feed::Hub { topic, seen, changed }, last + 1))
}
