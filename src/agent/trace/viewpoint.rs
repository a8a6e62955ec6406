//! Items of the trace as events of a run, seen from the agent.

use super::{Frame, Item, Level};
use crate::diagnostic::mask_secrets;
use crate::event::{Body, LogLine, SipEvent, UNREAD};
use crate::sip::Message;
use std::collections::{HashSet, VecDeque};

/// Tells what an agent sent from what it received.
#[derive(Debug)]
pub struct Viewpoint {
    /// `address:port` of its SIP sockets.
    own: Vec<String>,
    /// Its side of the TCP and TLS connections that it opened.
    opened: HashSet<String>,
    /// The last requests that came over connections.
    asked: VecDeque<Asked>,
}

/// A request that came over a connection: its response goes back over it (RFC 3261 section 18.2.2), while the trace says where
/// the topmost Via points.
#[derive(Debug, PartialEq)]
struct Asked {
    transaction: Transaction,
    src: String,
    dst: String,
}

/// Branch, Call-ID, CSeq.
type Transaction = (String, String, String);

/// Requests over connections that may be answered yet.
const ASKED: usize = 500;

impl Viewpoint {
    /// `own`: `address:port` of the agent's SIP sockets; that of TLS is another than that of UDP and TCP.
    pub fn new(own: Vec<String>) -> Viewpoint {
        Viewpoint { own, opened: HashSet::new(), asked: VecDeque::new() }
    }

    /// The event that the item is. A message that cannot be read is a warning in the log that says why.
    pub fn event(&mut self, item: Item) -> Body {
        match item {
            Item::Log { level, text } => {
                let mut line = LogLine { level: level.as_str().to_string(), text: mask_secrets(&text) };
                if line.is_of_unread() {
                    line.level = Level::Warning.as_str().to_string();
                }
                Body::Log(line)
            }
            Item::Sip(frame) => self.sip(frame),
        }
    }

    fn sip(&mut self, mut frame: Frame) -> Body {
        let sent = self.sent(&frame);
        let direction = if sent { "OUT" } else { "IN" };
        let param = String::from_utf8_lossy(&frame.raw).into_owned();
        let message = match Message::parse(&frame.raw) {
            Ok(message) => message,
            Err(error) => {
                let Frame { transport, src, dst, .. } = frame;
                let text = format!("{UNREAD} ({direction}, {transport} {src} -> {dst}): {error}");
                return Body::Log(LogLine { level: Level::Warning.as_str().to_string(), text });
            }
        };
        if frame.transport != "UDP" {
            self.over_a_connection(&message, &mut frame, sent);
        }
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
            on_wire: None,
        }))
    }

    /// Remembers a request that came, and says of a response to one where it went.
    fn over_a_connection(&mut self, message: &Message, frame: &mut Frame, sent: bool) {
        let cseq = message.header("CSeq").unwrap_or_default().to_string();
        let transaction = (message.branch().unwrap_or_default().to_string(), message.call_id().to_string(), cseq);
        let known = self.asked.iter().rposition(|asked| asked.transaction == transaction);
        match (message.is_request(), sent, known) {
            (true, false, known) => {
                // it came again, maybe over another one
                known.map(|known| self.asked.remove(known));
                if self.asked.len() == ASKED {
                    self.asked.pop_front();
                }
                let (src, dst) = (frame.src.clone(), frame.dst.clone());
                self.asked.push_back(Asked { transaction, src, dst });
            }
            // another socket than it came to: the connection had been closed, and the agent opened one
            (false, true, Some(known)) if self.asked[known].dst == frame.src => {
                frame.dst.clone_from(&self.asked[known].src);
            }
            _ => {}
        }
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
