//! Which call of an agent an event belongs to, and what the flow knows of that call so far.

use super::accept::Filter;
use super::names::{Names, Who};
use crate::event::{AgentEvent, SipEvent};
use crate::sip::sdp;
use std::collections::BTreeSet;

/// The calls of one agent, in the order of its `dial` or of the first that was heard of them.
#[derive(Debug, Default)]
pub(super) struct Calls(Vec<Call>);

#[derive(Debug, Default)]
pub(super) struct Call {
    /// Unknown until the first event that names it. It is its Call-ID, too.
    pub id: Option<String>,
    /// `incoming` or `outgoing`.
    pub direction: String,
    /// As the agent gave it; for a call that was only dialled, as the command says.
    peer: String,
    /// The peer as the flow names it.
    pub peer_name: String,
    /// The `n` of the command that dialled it.
    dialled: Option<u64>,
    open: bool,
    is_answered: bool,
    lines: Vec<Entry>,
    /// It rang at the peer; the peer sent sound before it answered.
    rings: [bool; 2],
    sounds: Vec<Sound>,
}

#[derive(Debug)]
enum Entry {
    /// What the peer said before it answered. How often it rings is chance, and so is, with several phones, in which order.
    Early,
    Line {
        is_end: bool,
        text: String,
    },
}

/// An event of its sound.
#[derive(Debug)]
struct Sound {
    n: u64,
    is_key: bool,
    text: String,
    counts: bool,
}

impl Call {
    /// Whether it stands in the flow.
    pub fn counts(&self, filter: &Filter) -> bool {
        !self.lines(filter).is_empty() || self.sounds.iter().any(|sound| sound.counts)
    }

    pub fn lines(&self, filter: &Filter) -> Vec<String> {
        let early = ["CALL_RINGING", "CALL_PROGRESS"];
        let early = || early.iter().zip(self.rings).filter(|(name, came)| *came && filter.accepts(name));
        let text = |entry: &Entry| match entry {
            Entry::Early => early().map(|(name, _)| name.to_string()).collect(),
            Entry::Line { text, .. } => vec![text.clone()],
        };
        self.lines.iter().flat_map(text).collect()
    }

    /// What came of its sound: first what has no order, in that of the text, then the keys as they were pressed.
    pub fn media(&self) -> Vec<String> {
        let counting = |is_key: bool| self.sounds.iter().filter(move |sound| sound.counts && sound.is_key == is_key);
        let unordered: BTreeSet<&str> = counting(false).map(|sound| sound.text.as_str()).collect();
        unordered.into_iter().chain(counting(true).map(|sound| sound.text.as_str())).map(String::from).collect()
    }

    pub fn sound(&mut self, n: u64, name: &str, text: String, counts: bool) {
        self.sounds.push(Sound { n, is_key: name.starts_with("CALL_DTMF_"), text, counts });
    }

    pub fn rings(&mut self, early_media: bool) {
        if self.rings == [false; 2] {
            let end = self.lines.iter().position(|entry| matches!(entry, Entry::Line { is_end: true, .. }));
            self.lines.insert(end.unwrap_or(self.lines.len()), Entry::Early);
        }
        self.rings[usize::from(early_media)] = true;
    }

    /// A transfer that is asked for once more, because the peer had no answer yet, is none of its own.
    pub fn line(&mut self, name: &str, text: String) {
        let known = |entry: &Entry| matches!(entry, Entry::Line { text: known, .. } if *known == text);
        if name != "CALL_TRANSFER" || !self.lines.iter().any(known) {
            self.lines.push(Entry::Line { is_end: name == "CALL_CLOSED", text });
        }
    }

    /// Takes an event's canonical name, whether it counts or not.
    pub fn happened(&mut self, name: &str) {
        self.is_answered |= name == "CALL_ESTABLISHED";
        self.open &= name != "CALL_CLOSED";
    }

    /// Whether the event may be of this call, as far as direction and peer say.
    fn suits(&self, event: &AgentEvent) -> bool {
        let direction = event.direction.as_deref().unwrap_or_default();
        let peer = event.peer.as_deref().unwrap_or_default();
        (direction.is_empty() || direction == self.direction) && Who::of(&self.peer).may_be(&Who::of(peer))
    }
}

impl Calls {
    pub fn has(&self, id: &str) -> bool {
        self.0.iter().any(|call| call.id.as_deref() == Some(id))
    }

    /// Those that count, each with its number among those of its direction and peer. Calls with different peers have no order: they
    /// may come at once.
    pub fn in_order(&self, counts: impl Fn(&Call) -> bool) -> Vec<(usize, &Call)> {
        let mut calls: Vec<&Call> = self.0.iter().filter(|call| counts(call)).collect();
        let key = |call: &Call| (call.direction.clone(), call.peer_name.clone());
        calls.sort_by_cached_key(|call| key(call));
        let mut number = 0;
        let numbered = |(at, call): (usize, &&Call)| {
            number = if at > 0 && key(calls[at - 1]) == key(call) { number + 1 } else { 1 };
            number
        };
        let numbers: Vec<usize> = calls.iter().enumerate().map(numbered).collect();
        numbers.into_iter().zip(calls).collect()
    }

    /// An await took an event of a call's sound: it counts. False where it is none of these calls'.
    pub fn awaited(&mut self, n: u64) -> bool {
        for call in self.0.iter_mut().rev() {
            if let Ok(at) = call.sounds.binary_search_by_key(&n, |sound| sound.n) {
                call.sounds[at].counts = true;
                return true;
            }
        }
        false
    }

    /// An INVITE is answered provisionally. Where the agent gave up its call before that came it tells of no ringing: whether it
    /// does is chance, so that it counts in any case.
    pub fn rings_late(&mut self, sip: &SipEvent) {
        let of_message = |call: &&mut Call| call.id.as_ref() == Some(&sip.call_id) && call.direction == "outgoing";
        let call = self.0.iter_mut().rev().find(of_message);
        if let Some(call) = call.filter(|call| !call.open && !call.is_answered) {
            let kind = sip.header("Content-Type").unwrap_or_default();
            call.rings(sdp::in_body(kind, &sip.body).is_some());
        }
    }

    /// The agent's process is gone, and its calls with it.
    pub fn end_all(&mut self) {
        self.0.iter_mut().for_each(|call| call.open = false);
    }

    /// Takes note of a command: one that dials makes a call, so that it has its place before its first event.
    pub fn dialled(&mut self, n: u64, command: &str) {
        let (word, target) = command.trim().split_once(char::is_whitespace).unwrap_or((command.trim(), ""));
        if !matches!(word, "dial" | "dialdir" | "atransferstart") {
            return;
        }
        let target = match target.contains('<') {
            true => target,
            false => target.split_whitespace().next().unwrap_or_default(),
        };
        self.0.push(Call {
            direction: "outgoing".into(),
            peer: target.to_string(),
            dialled: Some(n),
            open: true,
            ..Call::default()
        });
    }

    /// The agent refused the command.
    pub fn not_dialled(&mut self, n: u64) {
        let is_heard = |call: &Call| call.id.is_some() || !call.lines.is_empty() || !call.sounds.is_empty();
        self.0.retain(|call| call.dialled != Some(n) || is_heard(call));
    }

    /// The call that an event is of; a new one if it is of none that is known. Takes the event's canonical name.
    pub fn of_event(&mut self, name: &str, event: &AgentEvent, names: &Names) -> &mut Call {
        let index = match &event.call {
            Some(id) => self.of_id(id, event),
            None => self.of_nameless(name, event),
        };
        let index = index.unwrap_or_else(|| {
            self.0.push(Call { open: true, ..Call::default() });
            self.0.len() - 1
        });
        let call = &mut self.0[index];
        call.id = call.id.take().or_else(|| event.call.clone());
        if let Some(direction) = event.direction.as_ref().filter(|_| call.direction.is_empty()) {
            call.direction.clone_from(direction);
        }
        if let Some(peer) = event.peer.as_ref().filter(|_| call.peer_name.is_empty()) {
            call.peer.clone_from(peer);
            call.peer_name = names.of_uri(peer);
        }
        call
    }

    /// An agent that calls itself has two calls of one id: the direction tells them apart.
    fn of_id(&self, id: &str, event: &AgentEvent) -> Option<usize> {
        let same_direction =
            |call: &Call| event.direction.as_ref().is_none_or(|direction| *direction == call.direction);
        let known = self.0.iter().rposition(|call| call.id.as_deref() == Some(id) && same_direction(call));
        known.or_else(|| self.0.iter().position(|call| call.open && call.id.is_none() && call.suits(event)))
    }

    /// An event without an id is of a call that has none yet, and opens one if it is of a kind that comes first:
    /// SDP before the id is known, a call refused for its codecs. Any other is of the latest call that it suits.
    fn of_nameless(&self, name: &str, event: &AgentEvent) -> Option<usize> {
        let open_nameless = self.0.iter().position(|call| call.open && call.id.is_none() && call.suits(event));
        let comes_first = event.direction.is_some()
            && matches!(name, "CALL_CLOSED" | "CALL_LOCAL_SDP" | "CALL_REMOTE_SDP" | "CALL_INCOMING" | "CALL_OUTGOING");
        if open_nameless.is_some() || comes_first {
            return open_nameless;
        }
        let latest = |open: bool| self.0.iter().rposition(|call| call.open >= open && call.suits(event));
        latest(true).or_else(|| latest(false))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(call: Option<&str>, direction: &str, peer: &str) -> AgentEvent {
        let text = |text: &str| Some(text.to_string()).filter(|text| !text.is_empty());
        AgentEvent {
            call: call.map(String::from),
            direction: text(direction),
            peer: text(peer),
            ..AgentEvent::default()
        }
    }

    /// The places of the calls that a sequence of commands and events belongs to.
    fn places(calls: &mut Calls, events: &[(&str, AgentEvent)]) -> Vec<usize> {
        let names = Names::default();
        let place = |calls: &mut Calls, name: &str, event: &AgentEvent| {
            let call: *const Call = calls.of_event(name, event, &names);
            calls.0.iter().position(|known| std::ptr::eq(known, call)).unwrap()
        };
        events.iter().map(|(name, event)| place(calls, name, event)).collect()
    }

    #[test]
    fn a_dialled_call_stands_before_one_that_came_in_meanwhile() {
        let mut calls = Calls::default();
        calls.dialled(1, "dial sip:bob@h:1");
        let of = places(
            &mut calls,
            &[
                ("CALL_LOCAL_SDP", event(None, "outgoing", "sip:bob@h:1")),
                ("CALL_INCOMING", event(Some("b"), "incoming", "sip:bob@h:1")),
                ("CALL_RINGING", event(Some("a"), "outgoing", "sip:bob@h:1")),
                ("CALL_CLOSED", event(Some("b"), "incoming", "sip:bob@h:1")),
            ],
        );
        assert_eq!(of, [0, 1, 0, 1]);
    }

    #[test]
    fn two_dialled_calls_go_by_peer_and_a_refused_one_goes_away() {
        let mut calls = Calls::default();
        calls.dialled(1, "dial \"Bob\" <sip:bob@h>");
        calls.dialled(2, "dialdir carol audio=sendonly");
        calls.dialled(3, "dial nobody");
        calls.not_dialled(3);
        assert_eq!(calls.0.len(), 2);
        let of = places(
            &mut calls,
            &[
                ("CALL_RINGING", event(Some("c"), "outgoing", "sip:carol@h")),
                ("CALL_RINGING", event(Some("b"), "outgoing", "sip:bob@h")),
                ("CALL_RINGING", event(Some("d"), "outgoing", "sip:dave@h")),
            ],
        );
        assert_eq!(of, [1, 0, 2]);
    }

    #[test]
    fn events_without_an_id() {
        let mut calls = Calls::default();
        let of = places(
            &mut calls,
            &[
                ("CALL_INCOMING", event(Some("a"), "incoming", "sip:alice@h")),
                // a second call of the same peer, refused before it had an id
                ("CALL_REMOTE_SDP", event(None, "incoming", "sip:alice@h")),
                ("CALL_CLOSED", event(None, "incoming", "sip:alice@h")),
                ("AUDIO_ERROR", event(None, "", "")),
            ],
        );
        assert_eq!(of, [0, 1, 1, 1]);
        calls.0[1].open = false;
        assert_eq!(places(&mut calls, &[("AUDIO_ERROR", event(None, "", ""))]), [0]);
    }

    #[test]
    fn an_agent_that_calls_itself_has_two_calls() {
        let mut calls = Calls::default();
        let of = places(
            &mut calls,
            &[
                ("CALL_OUTGOING", event(Some("a"), "outgoing", "sip:me@h")),
                ("CALL_INCOMING", event(Some("a"), "incoming", "sip:me@h")),
                ("CALL_CLOSED", event(Some("a"), "outgoing", "sip:me@h")),
            ],
        );
        assert_eq!(of, [0, 1, 0]);
    }
}
