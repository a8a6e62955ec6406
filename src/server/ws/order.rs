//! What a client says: JSON objects with an `op`, or plain text, which is a line for the console.

use crate::server::access::{Need, Who};
use crate::server::app::{App, blocking};
use crate::server::failure::Failure;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// What is left to do with what a client said.
pub enum Order {
    Subscribe {
        topic: String,
        since: i64,
    },
    Unsubscribe {
        topic: String,
    },
    /// It is done: this is the answer.
    Say(Said),
}

/// A message that belongs to no topic.
pub struct Said {
    pub kind: &'static str,
    pub fields: Value,
}

impl Said {
    pub fn error(op: Option<&str>, message: &str, advice: &str) -> Said {
        let op = op.map_or(json!({}), |op| json!({ "op": op }));
        let mut fields = json!({ "message": message, "advice": advice });
        if let (Value::Object(fields), Value::Object(op)) = (&mut fields, op) {
            fields.extend(op);
        }
        Said { kind: "error", fields }
    }

    pub fn ack(op: &str, what: Value) -> Said {
        let mut fields = json!({ "op": op });
        if let (Value::Object(fields), Value::Object(what)) = (&mut fields, what) {
            fields.extend(what);
        }
        Said { kind: "ack", fields }
    }
}

#[derive(Deserialize)]
#[serde(tag = "op")]
enum Op {
    #[serde(rename = "sub")]
    Sub {
        topic: String,
        #[serde(default)]
        since: i64,
    },
    #[serde(rename = "unsub")]
    Unsub { topic: String },
    #[serde(rename = "console")]
    Console {
        text: String,
        #[serde(default)]
        id: Value,
    },
    #[serde(rename = "console.stop")]
    ConsoleStop,
    #[serde(rename = "run.stop")]
    RunStop { run: String },
    #[serde(rename = "pong")]
    Pong,
}

impl Op {
    fn name(&self) -> &'static str {
        match self {
            Op::Sub { .. } => "sub",
            Op::Unsub { .. } => "unsub",
            Op::Console { .. } => "console",
            Op::ConsoleStop => "console.stop",
            Op::RunStop { .. } => "run.stop",
            Op::Pong => "pong",
        }
    }

    fn steers(&self) -> bool {
        matches!(self, Op::Console { .. } | Op::ConsoleStop | Op::RunStop { .. })
    }
}

/// Does what can be done at once; nothing is left of a sign of life.
pub async fn take(app: &Arc<App>, who: &Who, text: &str) -> Option<Order> {
    let op = match text.trim_start().starts_with('{') {
        false => Op::Console { text: text.to_string(), id: Value::Null },
        true => match serde_json::from_str(text) {
            Ok(op) => op,
            Err(error) => {
                let advice =
                    "send {\"op\": …} with sub, unsub, console, console.stop, run.stop or pong (docs/websocket.md)";
                return Some(Order::Say(Said::error(None, &format!("this can't be understood: {error}"), advice)));
            }
        },
    };
    let name = op.name();
    if op.steers() && !who.may(Need::Run) {
        let said = Said::error(Some(name), "the key has not the scope for this: run", "use a key with that scope");
        return Some(Order::Say(said));
    }
    let done = match op {
        Op::Pong => return None,
        Op::Sub { topic, since } => return Some(Order::Subscribe { topic, since }),
        Op::Unsub { topic } => return Some(Order::Unsubscribe { topic }),
        Op::Console { text, id } => {
            let entered = app.console.enter(&text, &who.author(), None);
            entered.map(|()| json!({ "id": id })).map_err(|problem| Failure::of(StatusCode::CONFLICT, &problem))
        }
        Op::ConsoleStop => {
            app.console.stop();
            Ok(json!({}))
        }
        Op::RunStop { run } => stop(app, run).await,
    };
    Some(Order::Say(match done {
        Ok(what) => Said::ack(name, what),
        Err(failure) => Said::error(Some(name), failure.detail(), failure.advised()),
    }))
}

async fn stop(app: &Arc<App>, run: String) -> Result<Value, Failure> {
    let what = json!({ "run": run });
    let stopped = blocking(app, move |app| Ok(app.jobs.stop_run(&run))).await?;
    match stopped {
        true => Ok(what),
        false => Err(Failure::new(StatusCode::CONFLICT, "no test runs under that id")
            .advice("it may be over; a run of the console ends with DELETE /api/v1/console")),
    }
}
