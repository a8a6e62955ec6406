//! An agent's own requests and their outcome, from its SIP messages: no event reports them.

use super::accept::Filter;
use super::names::Names;
use super::one_line::one_line;
use crate::event::SipEvent;
use crate::sip::sdp::{self, Direction};
use crate::sip::uri::NameAddr;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// The most requests and calls of an agent that are remembered: more are a flood.
const MOST: usize = 10_000;

/// Requests whose refusal or silence counts. NOTIFY is none of them: whether the peer still takes it when it hangs up is chance.
const FOLLOWED: [&str; 12] = [
    "BYE",
    "CANCEL",
    "INFO",
    "INVITE",
    "MESSAGE",
    "OPTIONS",
    "PRACK",
    "PUBLISH",
    "REFER",
    "REGISTER",
    "SUBSCRIBE",
    "UPDATE",
];
/// What an agent repeats by itself as time goes by.
const REFRESHED: [&str; 3] = ["PUBLISH", "REGISTER", "SUBSCRIBE"];
/// Refusals after which the request may be sent once more, with what they ask for.
const TRY_AGAIN: [u16; 6] = [401, 407, 422, 423, 491, 494];

#[derive(Debug, Default)]
pub(super) struct Sent {
    /// By Call-ID, method and CSeq: a retransmission is no second request.
    requests: BTreeMap<(String, String, u32), Request>,
    count: usize,
    /// The calls that the agent's last own offer put on hold.
    held: BTreeSet<String>,
    /// Calls that it sent a description for before it answered them.
    early: BTreeSet<String>,
}

#[derive(Debug)]
struct Request {
    /// How many came before it.
    number: usize,
    name: Cow<'static, str>,
    /// Whom it was for.
    to: String,
    /// An event tells of its refusal: that of a registration, unless it takes one back.
    is_told: bool,
    /// The peer hung up before it answered: that it refuses then is chance.
    is_crossed: bool,
    outcome: Option<Outcome>,
}

#[derive(Debug)]
enum Outcome {
    /// With the direction of the sound in its description; none where there is no sound.
    Accepted(Option<Direction>),
    Refused(u16, String),
}

/// A line of the flow.
pub(super) struct Line {
    /// The Call-ID of its request.
    pub call: String,
    name: String,
    to: String,
    outcome: String,
}

impl Sent {
    /// A message that the agent sent.
    pub fn out(&mut self, sip: &SipEvent) {
        match sip.status {
            None => self.request(sip),
            Some(101..=199) if sip.method == "INVITE" && direction(sip).is_some() && self.early.len() < MOST => {
                self.early.insert(sip.call_id.clone());
            }
            Some(_) => {}
        }
    }

    fn request(&mut self, sip: &SipEvent) {
        let in_dialog = NameAddr::parse(&sip.to).is_some_and(|to| to.tag().is_some());
        let is_first_invite = sip.method == "INVITE" && !in_dialog;
        if is_first_invite || !FOLLOWED.contains(&sip.method.as_str()) || self.requests.len() >= MOST {
            return;
        }
        let Some(key) = key(sip) else { return };
        if self.requests.contains_key(&key) {
            return;
        }
        let before = self.requests.range((key.0.clone(), key.1.clone(), 0)..key.clone()).next_back();
        let before = before.map(|(key, request)| (key.clone(), request));
        let again = before.filter(
            |(_, request)| matches!(request.outcome, Some(Outcome::Refused(code, _)) if TRY_AGAIN.contains(&code)),
        );
        let again = again.map(|(key, _)| key);
        let again = again.and_then(|key| self.requests.remove(&key));
        let name = match (again, direction(sip)) {
            (Some(request), _) => request.name,
            (None, Some(direction)) if in_dialog && matches!(sip.method.as_str(), "INVITE" | "UPDATE") => {
                self.offer(sip, direction)
            }
            (None, _) => format!("SENT_{}", sip.method).into(),
        };
        self.count += 1;
        let takes_back = sip.header("Expires").map(str::trim) == Some("0")
            || sip.header("Contact").is_some_and(|contact| contact.contains("expires=0"));
        let is_told = sip.method == "REGISTER" && !takes_back;
        let request =
            Request { number: self.count, name, to: sip.to.clone(), is_told, is_crossed: false, outcome: None };
        self.requests.insert(key, request);
    }

    /// What an offer within a call asks for.
    fn offer(&mut self, sip: &SipEvent, direction: Direction) -> Cow<'static, str> {
        let holds = matches!(direction, Direction::SendOnly | Direction::Inactive);
        let changed = match holds {
            true => self.held.len() < MOST && self.held.insert(sip.call_id.clone()),
            false => self.held.remove(&sip.call_id),
        };
        match (changed, holds) {
            (true, true) => "SENT_HOLD".into(),
            (true, false) => "SENT_RESUME".into(),
            (false, _) => format!("SENT_{}", sip.method).into(),
        }
    }

    /// A message that the agent received: the end of a request, or of a call, if it is one.
    pub fn answered(&mut self, sip: &SipEvent) {
        if sip.method == "BYE" && sip.status.is_none() {
            let of_call = self.requests.range_mut((sip.call_id.clone(), String::new(), 0)..);
            for (_, request) in of_call.take_while(|((call, ..), _)| *call == sip.call_id) {
                request.is_crossed |= request.outcome.is_none();
            }
        }
        let (Some(status @ 200..), Some(key)) = (sip.status, key(sip)) else { return };
        let Some(request) = self.requests.get_mut(&key) else { return };
        if request.outcome.is_some() {
            return;
        }
        if status < 300 && !matches!(request.name.as_ref(), "SENT_HOLD" | "SENT_RESUME") {
            self.requests.remove(&key);
            return;
        }
        request.outcome = Some(match status {
            200..300 => Outcome::Accepted(direction(sip)),
            _ => Outcome::Refused(status, sip.reason.clone().unwrap_or_default()),
        });
    }

    /// What stands in the flow of them: in the order in which they were sent, but for what ends a call, which stands last.
    pub fn lines(&self, filter: &Filter, names: &Names) -> Vec<Line> {
        let early = self.early.iter().filter(|_| filter.accepts("SENT_PROGRESS"));
        let early = early.map(|call| Line {
            call: call.clone(),
            name: "SENT_PROGRESS".into(),
            to: String::new(),
            outcome: String::new(),
        });
        let is_shown = |request: &Request| {
            let is_refused = matches!(request.outcome, Some(Outcome::Refused(..)));
            let is_accepted = matches!(request.outcome, Some(Outcome::Accepted(_)));
            let is_chance = request.is_crossed && !is_accepted;
            filter.accepts(&request.name) && !is_chance && !(request.is_told && is_refused)
        };
        let mut requests: Vec<_> = self.requests.iter().filter(|(_, request)| is_shown(request)).collect();
        let ends = |request: &Request| matches!(request.name.as_ref(), "SENT_BYE" | "SENT_CANCEL");
        requests.sort_by_key(|(_, request)| (ends(request), request.number));
        early.chain(requests.into_iter().map(|((call, ..), request)| request.line(call, names))).collect()
    }
}

impl Request {
    fn line(&self, call: &str, names: &Names) -> Line {
        let outcome = match &self.outcome {
            None => "unanswered".to_string(),
            Some(Outcome::Accepted(Some(direction))) => format!("answered {direction}"),
            Some(Outcome::Accepted(None)) => "answered without sound".into(),
            Some(Outcome::Refused(code, phrase)) => format!("refused {code} {}", names.in_text(&cut(phrase))),
        };
        Line { call: call.into(), name: one_line(&self.name), to: names.of_uri(&self.to), outcome }
    }
}

impl Line {
    pub fn in_call(&self) -> String {
        format!("{} {}", self.name, self.outcome).trim_end().to_string()
    }

    /// Those that belong to none of the agent's calls: they say whom each was for. Two callers that send at once have no order, so
    /// they stand in that of the text; what an agent repeats by itself stands once.
    pub fn without_call(lines: Vec<Line>) -> Vec<String> {
        let is_refreshed = |name: &str| name.strip_prefix("SENT_").is_some_and(|method| REFRESHED.contains(&method));
        let text = |line: &Line| format!("{} to {} {}", line.name, line.to, line.outcome).trim_end().to_string();
        let mut texts: Vec<(String, bool)> = lines.iter().map(|line| (text(line), is_refreshed(&line.name))).collect();
        texts.sort();
        texts.dedup_by(|one, other| one == other && one.1);
        texts.into_iter().map(|(text, _)| text).collect()
    }
}

/// As much of a reason phrase as is kept: a peer may send a long one.
fn cut(phrase: &str) -> String {
    phrase.chars().take(80).collect()
}

/// Call-ID, method, CSeq.
fn key(sip: &SipEvent) -> Option<(String, String, u32)> {
    let number = sip.cseq.split_whitespace().next()?.parse().ok()?;
    Some((sip.call_id.clone(), sip.method.clone(), number))
}

/// The direction of the first stream of sound that is described.
fn direction(sip: &SipEvent) -> Option<Direction> {
    let kind = sip.header("Content-Type")?;
    let media = sdp::parse(sdp::in_body(kind, &sip.body)?);
    media.into_iter().find(|media| media.kind == "audio" && media.port != 0).map(|media| media.direction)
}
