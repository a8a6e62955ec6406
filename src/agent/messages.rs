//! MESSAGE events for agents that do not report the texts that they receive: made from the trace.

use crate::event::{AgentEvent, SipEvent};
use crate::sip::uri::NameAddr;
use std::collections::VecDeque;

/// Requests that are remembered: a retransmission is no second message, and comes within 32 s (RFC 3261 timer F).
const REMEMBERED: usize = 100;

#[derive(Debug, Default)]
pub struct Messages {
    /// Call-ID and CSeq.
    told: VecDeque<(String, String)>,
}

impl Messages {
    /// The event that a request in the trace is, in the form that later versions give it.
    pub fn event(&mut self, sip: &SipEvent) -> Option<AgentEvent> {
        if sip.direction != "IN" || sip.method != "MESSAGE" || sip.status.is_some() {
            return None;
        }
        let request = (sip.call_id.clone(), sip.cseq.clone());
        if self.told.contains(&request) {
            return None;
        }
        if self.told.len() == REMEMBERED {
            self.told.pop_front();
        }
        self.told.push_back(request);
        let uri = |header: &str| NameAddr::parse(header).map(|address| address.uri.to_string());
        let kind = sip.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("Content-Type"));
        let mut event = AgentEvent { name: "MESSAGE".into(), peer: uri(&sip.from), ..AgentEvent::default() };
        event.fields.extend(uri(&sip.to).map(|account| ("accountaor".to_string(), account.into())));
        event.fields.extend(kind.map(|(_, value)| ("ctype".to_string(), value.clone().into())));
        event.fields.insert("body".to_string(), sip.body.clone().into());
        Some(event)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_that_came_in_is_told_once() {
        let sip = SipEvent {
            direction: "IN".into(),
            transport: "UDP".into(),
            method: "MESSAGE".into(),
            call_id: "1".into(),
            cseq: "1 MESSAGE".into(),
            from: "\"A\" <sip:a@h;transport=tcp>;tag=x".into(),
            to: "<sip:b@h>".into(),
            headers: vec![("content-type".into(), "text/plain".into())],
            body: "hello é".into(),
            ..SipEvent::default()
        };
        let mut messages = Messages::default();
        let event = messages.event(&sip).unwrap();
        assert_eq!((event.name.as_str(), event.peer.as_deref()), ("MESSAGE", Some("sip:a@h;transport=tcp")));
        let fields = ["accountaor", "ctype", "body"].map(|key| event.fields[key].as_str().unwrap());
        assert_eq!(fields, ["sip:b@h", "text/plain", "hello é"]);
        assert_eq!(messages.event(&sip), None);
        assert_eq!(messages.event(&SipEvent { direction: "OUT".into(), call_id: "2".into(), ..sip.clone() }), None);
        assert_eq!(messages.event(&SipEvent { status: Some(200), call_id: "3".into(), ..sip.clone() }), None);
        assert!(messages.event(&SipEvent { cseq: "2 MESSAGE".into(), ..sip }).is_some());
    }
}
