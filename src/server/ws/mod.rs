//! `/ws`: what happens, as it happens, and words to the console. docs/websocket.md has the protocol.
//!
//! Each connection has one task. It sends what its subscriptions have, one after another, and reads on in a run's log only when the
//! socket has taken what it had: whoever is slow lags, and costs nobody anything.

mod batch;
mod feed;
mod order;
mod run;

use super::access::{Looker, May, Need, Who, is_still_in, same_origin};
use super::app::{App, blocking};
use super::clock::now;
use super::failure::Failure;
use crate::event::lock;
use axum::extract::State;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use feed::Feeds;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use order::{Order, Said};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::sync::mpsc::{self, Receiver, Sender};

/// The longest message that is taken, in bytes.
const LONGEST: usize = 64 * 1024;
/// Maximum number of orders that wait until the socket has taken what is being sent.
const WAITING: usize = 16;
/// How often whoever is connected is asked for a sign of life, and looked at again.
const ASKED: Duration = Duration::from_secs(20);
/// Who gives none for so long is gone.
const GONE: Duration = Duration::from_secs(60);
/// How long saying goodbye may take.
const GOODBYE: Duration = Duration::from_secs(1);

/// Why a connection is ended: the code and the words of a close frame.
type End = (u16, &'static str);
const SERVER_ENDS: End = (1001, "the server ends");
const TOO_LONG: End = (1009, "a message has 64 KiB at most");
const BROKEN: End = (1011, "the server's store can't be read");
const NOT_IN: End = (4401, "the session or key is over: log in again");
const DEAD: End = (4408, "no sign of life for a minute");

pub async fn connect(
    State(app): State<Arc<App>>,
    May(who): Looker,
    parts: Parts,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Failure> {
    same_origin(&parts)?;
    let upgrade = upgrade.map_err(|rejection| {
        Failure::new(StatusCode::BAD_REQUEST, rejection.body_text())
            .advice("connect with a WebSocket client: wss://HOST/ws (docs/websocket.md)")
    })?;
    let upgrade = upgrade.max_message_size(LONGEST).max_frame_size(LONGEST);
    Ok(upgrade.on_upgrade(move |socket| serve(app, who, socket)))
}

async fn serve(app: Arc<App>, who: Who, socket: WebSocket) {
    let mut ending = app.ending.subscribe();
    let (mut sink, stream) = socket.split();
    let (orders, ordered) = mpsc::channel(WAITING);
    let heard = Mutex::new(Instant::now());
    let end = tokio::select! {
        end = read(&app, &who, stream, orders, &heard) => end,
        end = write(&app, &who, &mut sink, ordered) => end,
        end = guard(&app, &who, &heard) => Some(end),
        _ = ending.wait_for(|ending| *ending) => Some(SERVER_ENDS),
    };
    if let Some((code, reason)) = end {
        let frame = CloseFrame { code, reason: reason.into() };
        let _ = tokio::time::timeout(GOODBYE, sink.send(Message::Close(Some(frame)))).await;
    }
}

/// Until whoever it is may not be here any more, or is gone.
async fn guard(app: &Arc<App>, who: &Who, heard: &Mutex<Instant>) -> End {
    let mut changes = app.access.changes();
    loop {
        let who = who.clone();
        match blocking(app, move |app| is_still_in(app, &who)).await {
            Ok(true) => {}
            Ok(false) => return NOT_IN,
            Err(_) => return BROKEN,
        }
        let _ = tokio::time::timeout(ASKED, changes.changed()).await;
        if lock(heard).elapsed() > GONE {
            return DEAD;
        }
    }
}

/// Takes orders until the other side ends.
async fn read(
    app: &Arc<App>,
    who: &Who,
    mut stream: SplitStream<WebSocket>,
    orders: Sender<Order>,
    heard: &Mutex<Instant>,
) -> Option<End> {
    loop {
        let message = match stream.next().await? {
            Ok(message) => message,
            Err(error) => {
                let error = error.into_inner();
                let too_long = error.to_string().contains("too long");
                return too_long.then_some(TOO_LONG);
            }
        };
        *lock(heard) = Instant::now();
        let order = match message {
            Message::Text(text) => order::take(app, who, &text).await,
            Message::Binary(_) => {
                Some(Order::Say(Said::error(None, "a message is text, and this one is binary", "send JSON as text")))
            }
            Message::Close(_) => return None,
            Message::Ping(_) | Message::Pong(_) => None,
        };
        if let Some(order) = order {
            orders.send(order).await.ok()?;
        }
    }
}

type Sink = SplitSink<WebSocket, Message>;

/// Sends what there is, in turns, until the socket takes no more.
async fn write(app: &Arc<App>, who: &Who, sink: &mut Sink, mut ordered: Receiver<Order>) -> Option<End> {
    let mut feeds = Feeds::default();
    let hello = Said { kind: "hello", fields: hello(app, who) };
    sink.send(hello.message()).await.ok()?;
    let mut asked = Instant::now();
    loop {
        while let Ok(order) = ordered.try_recv() {
            sink.send(feeds.follow(app, order).await.message()).await.ok()?;
        }
        if asked.elapsed() >= ASKED {
            asked = Instant::now();
            sink.send(Message::Ping(Default::default())).await.ok()?;
            sink.send(Said { kind: "ping", fields: json!({}) }.message()).await.ok()?;
        }
        let mut sent = false;
        for feed in feeds.all() {
            let Some(batch) = feed.next(app).await.ok()? else { continue };
            sink.send(Message::Text(batch.into())).await.ok()?;
            sent = true;
        }
        feeds.forget_ended();
        if sent {
            continue;
        }
        tokio::select! {
            order = ordered.recv() => {
                let reply = feeds.follow(app, order?).await;
                sink.send(reply.message()).await.ok()?;
            }
            () = feeds.changed() => {}
            () = tokio::time::sleep(ASKED.saturating_sub(asked.elapsed())) => {}
        }
    }
}

fn hello(app: &App, who: &Who) -> Value {
    json!({ "version": env!("CARGO_PKG_VERSION"), "build": app.build, "user": who.author(), "run": who.may(Need::Run) })
}

impl Said {
    fn message(&self) -> Message {
        let mut message = json!({ "topic": "", "seq": 0, "ts": now(), "t": self.kind });
        if let (Value::Object(message), Value::Object(fields)) = (&mut message, &self.fields) {
            message.extend(fields.clone());
        }
        Message::Text(format!("[{message}]").into())
    }
}
