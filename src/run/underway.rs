//! Open SIP transactions: requests of the run's agents without an answer, answers without an ACK.

use crate::event::{Body, Note, SipEvent, lock};
use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

/// A request that is not answered in this time is not waited for: by then one that was lost has been sent once more (RFC 3261
/// section 17, T1 is half a second).
const ANSWERED: Duration = Duration::from_secs(1);
/// More than this at once are a load, whose end no flow depends on.
const MOST: usize = 10_000;

#[derive(Debug, Default)]
pub struct Underway {
    inner: Mutex<Inner>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Inner {
    open: HashMap<Key, Instant>,
    /// Messages and events so far.
    heard: u64,
    /// Somebody waits for a change: each waking is a system call, and there is one for each event else.
    waited_for: bool,
}

/// Agent, Call-ID, CSeq; what is waited for is an ACK.
type Key = (Arc<str>, String, String, bool);

impl Underway {
    /// Takes note of what is about to enter the log.
    pub fn note(&self, agent: Option<&Arc<str>>, bodies: &[Body]) {
        let Some(agent) = agent else { return };
        let mut inner = lock(&self.inner);
        for body in bodies {
            match body {
                Body::Sip(sip) => inner.message(agent, sip),
                // these come as time goes by
                Body::Event(event) if matches!(event.name.as_str(), "CALL_RTCP" | "VU_RX_REPORT" | "VU_TX_REPORT") => {}
                Body::Event(_) => inner.heard += 1,
                Body::Note(Note::AgentStarting { .. } | Note::AgentStopped { .. } | Note::AgentLost { .. }) => {
                    inner.open.retain(|key, _| key.0 != *agent);
                }
                _ => {}
            }
        }
        if inner.waited_for {
            self.changed.notify_all();
        }
    }

    /// How much signalling there has been so far.
    pub fn heard(&self) -> u64 {
        lock(&self.inner).heard
    }

    /// Waits until everything is answered that is not too old for that, or `until` then. True where something new came meanwhile.
    pub fn wait(&self, until: Instant) -> bool {
        let mut inner = lock(&self.inner);
        let before = inner.heard;
        inner.waited_for = true;
        loop {
            let left = inner.open.values().filter_map(|sent| ANSWERED.checked_sub(sent.elapsed())).max();
            // an agent may send one request after the other
            let left = left.unwrap_or_default().min(until.saturating_duration_since(Instant::now()));
            if left.is_zero() {
                inner.waited_for = false;
                return inner.heard > before;
            }
            let waited = self.changed.wait_timeout(inner, left);
            inner = waited.unwrap_or_else(|poisoned| poisoned.into_inner()).0;
        }
    }
}

impl Inner {
    fn message(&mut self, agent: &Arc<str>, sip: &SipEvent) {
        self.heard += 1;
        let number = sip.cseq.split_whitespace().next().unwrap_or_default();
        let key = |method: &str, ack: bool| (agent.clone(), sip.call_id.clone(), format!("{number} {method}"), ack);
        match (sip.direction == "OUT", sip.method.as_str(), sip.status) {
            (true, "ACK", None) => {}
            (true, method, None) => self.opens(key(method, false)),
            (true, "INVITE", Some(200..=299)) => self.opens(key("INVITE", true)),
            (false, "ACK", None) => _ = self.open.remove(&key("INVITE", true)),
            // it may ring for ever
            (false, "INVITE", Some(101..)) | (false, _, Some(200..)) => {
                let _ = self.open.remove(&key(&sip.method, false));
            }
            _ => {}
        }
    }

    /// A retransmission begins nothing.
    fn opens(&mut self, key: Key) {
        if self.open.len() < MOST {
            self.open.entry(key).or_insert_with(Instant::now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(direction: &str, method: &str, status: Option<u16>, cseq: &str) -> Body {
        let (direction, method, cseq) = (direction.into(), method.into(), cseq.into());
        Body::Sip(Box::new(SipEvent { direction, method, status, cseq, call_id: "1".into(), ..SipEvent::default() }))
    }

    #[test]
    fn what_is_answered_is_not_waited_for_and_the_rest_only_for_a_while() {
        let alice: Arc<str> = "alice".into();
        let underway = Underway::default();
        let note = |bodies: &[Body]| underway.note(Some(&alice), bodies);
        let open = || underway.inner.lock().unwrap().open.len();
        note(&[message("OUT", "INVITE", None, "1 INVITE"), message("OUT", "INVITE", None, "1 INVITE")]);
        assert_eq!(open(), 1);
        note(&[message("IN", "INVITE", Some(100), "1 INVITE")]);
        assert_eq!(open(), 1);
        note(&[message("IN", "INVITE", Some(180), "1 INVITE"), message("OUT", "ACK", None, "1 ACK")]);
        note(&[message("IN", "INVITE", None, "7 INVITE"), message("OUT", "INVITE", Some(200), "7 INVITE")]);
        assert_eq!(open(), 1);
        note(&[message("IN", "ACK", None, "7 ACK"), message("OUT", "BYE", None, "2 BYE")]);
        assert_eq!(open(), 1);
        let begun = Instant::now();
        assert!(!underway.wait(begun));
        assert!(begun.elapsed() < ANSWERED / 2);
        assert!(!underway.wait(begun + 9 * ANSWERED));
        assert!(begun.elapsed() > ANSWERED / 2);
        // it is too old now
        let begun = Instant::now();
        assert!(!underway.wait(begun + 9 * ANSWERED));
        assert!(begun.elapsed() < ANSWERED / 2);
        note(&[Body::Note(Note::AgentStopped { status: String::new() })]);
        assert_eq!((open(), underway.heard()), (0, 9));
    }
}
