//! Listens to a server while the program runs, and reconnects when the server returns.

use super::display::News;
use super::service::Service;
use crate::diagnostic::Diagnostic;
use crate::event::{Event, Time};
use futures_util::{SinkExt, StreamExt};
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::mpsc::Sender;
use std::time::Duration;
use tokio_tungstenite::tungstenite::{Error, Message};

/// How long it is waited before the server is tried again: at first, and at most.
const AGAIN: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(10));

/// What has been heard.
#[derive(Default)]
struct Heard {
    /// The server's word of its start.
    build: String,
    run: Option<String>,
    /// The number of the last message of the run.
    seq: u64,
    /// Messages before it were there before this program.
    fresh: u64,
    /// The run began while this program listened.
    is_new: bool,
}

pub async fn listen(service: Service, news: Sender<News>) {
    let mut heard = Heard::default();
    let mut pause = AGAIN.0;
    let mut lost = false;
    loop {
        let result = hear(&service, &news, &mut heard, &mut lost, &mut pause).await;
        let Some(problem) = result.err() else { return };
        if !lost {
            lost = true;
            let why = format!("the connection is gone ({}); trying again\n", problem.message);
            let _ = news.send(News::Words(why));
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(AGAIN.1);
    }
}

/// Until the connection breaks. It ends well when nobody shows anything any more.
async fn hear(
    service: &Service,
    news: &Sender<News>,
    heard: &mut Heard,
    lost: &mut bool,
    pause: &mut Duration,
) -> Result<(), Diagnostic> {
    let gone = |error: Error| Diagnostic::error(error.to_string());
    let mut socket = service.socket().await?;
    let subscribe =
        |topic: &str, since: i64| Message::text(json!({ "op": "sub", "topic": topic, "since": since }).to_string());
    socket.send(subscribe("console", -1)).await.map_err(gone)?;
    let console = service.ask(Method::GET, "console", None).await?;
    let run = console["run"].as_str().map(str::to_string);
    if heard.run != run {
        let is_new = !heard.build.is_empty();
        *heard = Heard { build: std::mem::take(&mut heard.build), run: run.clone(), is_new, ..Heard::default() };
        let begins = run.map(|run| News::Run(run, Time(console["since"].as_f64().unwrap_or_default())));
        begins.map(|begins| news.send(begins));
    }
    if let Some(run) = &heard.run {
        socket.send(subscribe(&format!("run:{run}"), heard.seq as i64)).await.map_err(gone)?;
    }
    if std::mem::take(lost) {
        let _ = news.send(News::Words("connected again\n".into()));
    }
    *pause = AGAIN.0;
    while let Some(message) = socket.next().await {
        let text = match message.map_err(gone)? {
            Message::Text(text) => text,
            Message::Close(frame) => {
                let why = frame.map(|frame| frame.reason.to_string()).filter(|reason| !reason.is_empty());
                return Err(Diagnostic::error(why.unwrap_or_else(|| "the server closed it".into())));
            }
            _ => continue,
        };
        let batch: Vec<Value> = serde_json::from_str(&text).map_err(|error| Diagnostic::error(error.to_string()))?;
        for message in batch {
            let Some(wants) = take(message, heard, news) else { continue };
            match wants {
                Wants::Run(run) => socket.send(subscribe(&format!("run:{run}"), 0)).await.map_err(gone)?,
                Wants::Pong => socket.send(Message::text("{\"op\":\"pong\"}")).await.map_err(gone)?,
                Wants::End => return Ok(()),
            }
        }
    }
    Err(Diagnostic::error("the server closed it"))
}

/// What a message asks for.
enum Wants {
    Run(String),
    Pong,
    End,
}

fn take(message: Value, heard: &mut Heard, news: &Sender<News>) -> Option<Wants> {
    let (topic, kind) = (message["topic"].as_str()?, message["t"].as_str()?);
    let of_run = heard.run.as_ref().is_some_and(|run| topic.strip_prefix("run:") == Some(run));
    match (topic, kind) {
        (_, "ack") if of_run && heard.fresh == 0 && !heard.is_new => heard.fresh = message["next"].as_u64()?,
        (_, "ack") => {}
        ("", "hello") => heard.build = message["build"].as_str()?.to_string(),
        ("", "ping") => return Some(Wants::Pong),
        ("console", "console.run") => {
            let run = message["run"].as_str().map(str::to_string);
            if heard.run == run {
                return None;
            }
            *heard =
                Heard { build: std::mem::take(&mut heard.build), run: run.clone(), is_new: true, ..Heard::default() };
            let Some(run) = run else {
                return news.send(News::Words("the session was ended\n".into())).is_err().then_some(Wants::End);
            };
            let _ = news.send(News::Run(run.clone(), Time(message["ts"].as_f64().unwrap_or_default())));
            return Some(Wants::Run(run));
        }
        _ if of_run => {
            let seq = message["seq"].as_u64()?;
            // the server may tell it twice around a break
            if seq <= heard.seq {
                return None;
            }
            heard.seq = seq;
            let event: Event = serde_json::from_value(message["event"].clone()).ok()?;
            let event = News::Event { event: Box::new(event), old: seq < heard.fresh };
            return news.send(event).is_err().then_some(Wants::End);
        }
        _ => {}
    }
    None
}
