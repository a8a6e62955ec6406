//! Items of the trace as events of a run, seen from the agent.

use super::{Frame, Item, Level};
use crate::diagnostic::mask_secrets;
use crate::event::{Body, LogLine, SipEvent};
use crate::sip::Message;
use std::collections::HashSet;

/// Tells what an agent sent from what it received.
#[derive(Debug)]
pub struct Viewpoint {
    /// `address:port` of its SIP sockets.
    own: Vec<String>,
    /// Its side of the TCP and TLS connections that it opened.
    opened: HashSet<String>,
}

impl Viewpoint {
    /// `own`: `address:port` of the agent's SIP sockets; that of TLS is another than that of UDP and TCP.
    pub fn new(own: Vec<String>) -> Viewpoint {
        Viewpoint { own, opened: HashSet::new() }
    }

    /// The event that the item is. A message that cannot be read is a warning in the log that says why.
    pub fn event(&mut self, item: Item) -> Body {
        match item {
            Item::Log { level, text } => {
                Body::Log(LogLine { level: level.as_str().to_string(), text: mask_secrets(&text) })
            }
            Item::Sip(frame) => self.sip(frame),
        }
    }

    fn sip(&mut self, frame: Frame) -> Body {
        let direction = if self.sent(&frame) { "OUT" } else { "IN" };
        let param = String::from_utf8_lossy(&frame.raw).into_owned();
        let message = match Message::parse(&frame.raw) {
            Ok(message) => message,
            Err(error) => {
                let Frame { transport, src, dst, .. } = frame;
                let text =
                    format!("SIP message ({direction}, {transport} {src} -> {dst}) that cannot be read: {error}");
                return Body::Log(LogLine { level: Level::Warning.as_str().to_string(), text });
            }
        };
        let owned = |text: &str| text.to_string();
        let (method, call_id, cseq) = (owned(message.method()), owned(message.call_id()), message.header("CSeq"));
        let (cseq, from, to) = (owned(cseq.unwrap_or("")), owned(message.from()), owned(message.to()));
        let (status, reason) = (message.status(), message.reason().map(owned));
        let (headers, body) = message.into_parts();
        let Frame { transport, src, dst, .. } = frame;
        let direction = owned(direction);
        Body::Sip(Box::new(SipEvent {
            direction,
            transport,
            src,
            dst,
            method,
            status,
            reason,
            call_id,
            cseq,
            from,
            to,
            headers,
            body,
            param,
        }))
    }

    /// Where neither address is a socket of the agent's, the agent opened the connection: then it also spoke first.
    fn sent(&mut self, frame: &Frame) -> bool {
        if self.own.contains(&frame.src) || self.opened.contains(&frame.src) {
            return true;
        }
        if self.own.contains(&frame.dst) || self.opened.contains(&frame.dst) {
            return false;
        }
        self.opened.insert(frame.src.clone())
    }
}
