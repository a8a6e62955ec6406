//! What `why` keeps of one agent: its account, its last dialogs and commands, the end of its log.

use super::accepted::Accepted;
use super::dialog::{self, Dialog, Malformed, Packets};
use super::row::Row;
use super::wording::{cut, short};
use super::{log_lines, malformed};
use crate::event::{AgentEvent, At, LogLine, SipEvent, Time};
use crate::sip::headers;
use crate::sip::uri::NameAddr;
use serde_json::Value;
use std::collections::VecDeque;

/// An agent's last dialogs.
const DIALOGS: usize = 12;

/// Its last commands.
const COMMANDS: usize = 6;

/// The last lines of its log, and as many warnings.
const LINES: usize = 6;

/// Codecs that it has.
const CODECS: usize = 24;

/// A command of the test.
#[derive(Debug, Clone, PartialEq)]
pub struct Given {
    pub text: String,
    pub time: Time,
    pub at: Option<At>,
    /// The number of its event, and what the agent said when it refused it.
    n: u64,
    pub refused: Option<String>,
}

/// A request without a Call-ID: it belongs to no dialog.
#[derive(Debug, Clone, PartialEq)]
pub struct Nameless {
    pub method: String,
    pub src: String,
    pub time: Time,
}

#[derive(Debug, Default)]
pub struct Agent {
    /// `address:port` of its SIP socket.
    pub address: String,
    /// The last `uanew`, as it was sent, secrets masked.
    pub account: String,
    /// What it says that it has: `PCMU/8000/1`.
    pub codecs: Vec<String>,
    pub dialogs: VecDeque<Dialog>,
    /// How many calls it has had.
    calls: usize,
    pub commands: VecDeque<Given>,
    /// Warnings and errors of its log, and when they came.
    pub alarms: VecDeque<(Time, String)>,
    /// How many messages it could not read, when the first came, and what it says of that.
    pub unread: Option<(u32, Time, String)>,
    /// The last request that came without a Call-ID.
    pub nameless: Option<Nameless>,
    /// The other lines.
    pub lines: VecDeque<String>,
    /// The last REGISTER_OK (none) or REGISTER_FAIL (its parameter).
    pub registration: Option<Option<String>>,
    /// How many REGISTER_FAIL came since the last REGISTER_OK, and whether there was one.
    pub failures: u32,
    pub was_registered: bool,
    /// Where it says that it can be reached: the Contact of its last REGISTER.
    pub contact: Option<String>,
    /// Where its registrar says that its account can be reached: the Contacts of the last 200 to a REGISTER.
    pub contacts: Option<Vec<String>>,
    /// Credentials that were accepted, the last ones of each kind.
    pub accepted: Vec<Accepted>,
    /// When it began to register, where that has come to nothing yet.
    pub registering: Option<Time>,
    /// How its process ended by itself, and when.
    pub lost: Option<(String, Time)>,
    pub stopping: bool,
}

fn push<T>(kept: &mut VecDeque<T>, limit: usize, new: T) {
    if kept.len() == limit {
        kept.pop_front();
    }
    kept.push_back(new);
}

impl Agent {
    /// A new process under the name.
    pub fn start(&mut self, address: &str) {
        self.address = cut(address, 64);
        (self.stopping, self.lost, self.registration, self.registering) = (false, None, None, None);
        (self.failures, self.was_registered) = (0, false);
        (self.contact, self.contacts, self.nameless) = (None, None, None);
        self.accepted.clear();
        self.codecs.clear();
        self.alarms.clear();
        self.lines.clear();
    }

    /// A parameter of its account line.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let parameters = self.account.rsplit_once('>').map_or("", |(_, parameters)| parameters);
        parameters.split(';').find_map(|parameter| parameter.trim().strip_prefix(name)?.strip_prefix('='))
    }

    pub fn log(&mut self, line: &LogLine, time: Time) {
        self.of_a_call(line);
        let text = line.text.trim();
        if line.is_of_unread() {
            let (count, ..) = self.unread.get_or_insert_with(|| (0, time, short(text)));
            *count = count.saturating_add(1);
        }
        if let Some(codec) = text.strip_prefix("aucodec: ").filter(|_| self.codecs.len() < CODECS) {
            self.codecs.push(cut(codec, 40));
        }
        match line.level.as_str() {
            "warning" | "error" => push(&mut self.alarms, LINES, (time, short(text))),
            _ => push(&mut self.lines, LINES, short(text)),
        }
    }

    /// What its log says of one of its calls.
    pub fn of_a_call(&mut self, line: &LogLine) {
        let text = line.text.trim();
        if let Some((method, call_id, why)) = log_lines::unsent_message(text) {
            let known = self.dialogs.iter_mut().rfind(|dialog| dialog.call_id == call_id);
            let new = known.filter(|dialog| dialog.unsent.len() < dialog::FEW);
            new.into_iter().for_each(|dialog| dialog.unsent.push((cut(method, 8), why.clone())));
        } else if let Some((call_id, payload)) = log_lines::strange_payload(text) {
            let known = self.dialogs.iter_mut().rfind(|dialog| dialog.call_id == call_id);
            let new = known.filter(|dialog| dialog.strange.len() < dialog::FEW && !dialog.strange.contains(&payload));
            new.into_iter().for_each(|dialog| dialog.strange.push(payload));
        }
    }

    /// A log line of an agent that is being stopped: it prints the packets of calls that are up, and sends no event of them. It does
    /// not name the call, so there must be only one.
    pub fn last_words(&mut self, line: &LogLine) {
        let Some(packets) = packets_of_log(line.text.trim()) else { return };
        let mut up = self.dialogs.iter_mut().filter(|dialog| dialog.established.is_some() && dialog.closed.is_none());
        if let (Some(dialog), None) = (up.next(), up.next()) {
            dialog.packets = Some(packets);
        }
    }

    pub fn command(&mut self, n: u64, text: &str, time: Time, at: Option<&At>) {
        if text.starts_with("uanew ") {
            self.account = cut(text, 600);
        }
        push(&mut self.commands, COMMANDS, Given { text: cut(text, 120), time, at: at.cloned(), n, refused: None });
    }

    /// The answer to the command of that number is no.
    pub fn refuses(&mut self, n: u64, answer: &str) {
        if let Some(given) = self.commands.iter_mut().find(|given| given.n == n) {
            given.refused = Some(cut(answer, 200));
        }
    }

    pub fn sip(&mut self, sip: &SipEvent, time: Time) {
        if self.is_of_another_call(sip, time) {
            return;
        }
        if sip.call_id.is_empty() {
            if sip.status.is_none() && sip.direction == "IN" {
                self.nameless = Some(Nameless { method: cut(&sip.method, 32), src: cut(&sip.src, 64), time });
            }
            return;
        }
        if sip.method == "REGISTER" {
            match (sip.direction.as_str(), sip.status) {
                ("IN", Some(200)) => self.contacts = self.contact.is_some().then(|| contacts(sip)),
                ("OUT", None) => self.contact = contacts(sip).pop().filter(|_| !signs_off(sip)),
                _ => {}
            }
        }
        let index = self.dialog(&sip.call_id, time);
        let (dialog, row) = (&mut self.dialogs[index], Row::of(sip, time));
        let was_call = dialog.is_call();
        let wrong = if row.out { None } else { malformed::of(dialog, sip, &row) };
        let wrong =
            wrong.map(|(what, why)| Malformed { what, why, src: row.src.clone(), time, ack: row.method == "ACK" });
        dialog.sip(sip, row, wrong);
        Accepted::note(&mut self.accepted, &self.dialogs[index], sip);
        if !was_call && self.dialogs[index].is_call() {
            self.numbered(index);
        }
    }

    /// A response whose Call-ID is not that of its request: no dialog of its own.
    fn is_of_another_call(&mut self, sip: &SipEvent, time: Time) -> bool {
        if sip.status.is_none() || sip.direction != "IN" || self.of_call_id(&cut(&sip.call_id, 128)).is_some() {
            return false;
        }
        let row = Row::of(sip, time);
        let sent =
            |sent: &Row| sent.out && sent.status.is_none() && !row.branch.is_empty() && sent.branch == row.branch;
        let Some(dialog) = self.dialogs.iter_mut().rfind(|dialog| dialog.rows.iter().any(sent)) else { return false };
        let (what, why) = malformed::of_another_call(sip, &row, &dialog.call_id);
        dialog.malformed(Malformed { what, why, src: row.src, time, ack: false });
        true
    }

    /// A message of an agent that is being stopped: only that its ACK or BYE left still counts.
    pub fn last_sip(&mut self, sip: &SipEvent) {
        let known = self.dialogs.iter_mut().rfind(|dialog| dialog.call_id == sip.call_id);
        let Some(dialog) = known.filter(|_| sip.direction == "OUT") else { return };
        match sip.method.as_str() {
            "ACK" => dialog.unacknowledged = false,
            "BYE" => dialog.said_goodbye = true,
            _ => {}
        }
    }

    /// An event of the agent itself; those without a call's id tell nothing that SIP does not tell too.
    pub fn event(&mut self, event: &AgentEvent, time: Time) {
        match event.name.as_str() {
            "REGISTERING" => self.registering = self.registering.or(Some(time)),
            "UNREGISTERING" => self.registering = None,
            "REGISTER_OK" => {
                (self.registration, self.registering) = (Some(None), None);
                (self.failures, self.was_registered) = (0, true);
            }
            "REGISTER_FAIL" => {
                (self.registration, self.registering) = (Some(Some(short(&event.param))), None);
                self.failures = self.failures.saturating_add(1);
            }
            _ => {}
        }
        let Some(call) = event.call.as_deref().filter(|_| is_of_a_call(&event.name)) else { return };
        let index = self.dialog(call, time);
        if self.dialogs[index].method.is_empty() {
            let dialog = &mut self.dialogs[index];
            dialog.method = "INVITE".into();
            dialog.outgoing = event.direction.as_deref() != Some("incoming");
            dialog.peer = cut(event.peer.as_deref().unwrap_or_default(), 160);
            dialog.request.time = time;
            self.numbered(index);
        }
        let dialog = &mut self.dialogs[index];
        match event.name.as_str() {
            "CALL_ESTABLISHED" => dialog.established = dialog.established.or(Some(time)),
            "CALL_CLOSED" => dialog.closed = Some((time, cut(&event.param, 200))),
            "AUDIO_REPORT" => dialog.packets = packets_of_report(event).or(dialog.packets),
            "CALL_RTCP" if dialog.packets.is_none_or(|packets| packets.received == 0) => {
                dialog.packets = packets_of_rtcp(event).or(dialog.packets);
            }
            _ => {}
        }
    }

    fn numbered(&mut self, index: usize) {
        self.calls += 1;
        self.dialogs[index].number = self.calls;
    }

    fn dialog(&mut self, call_id: &str, time: Time) -> usize {
        let call_id = cut(call_id, 128);
        if let Some(index) = self.dialogs.iter().rposition(|dialog| dialog.call_id == call_id) {
            return index;
        }
        push(&mut self.dialogs, DIALOGS, Dialog { call_id, began: time, ..Dialog::default() });
        self.dialogs.len() - 1
    }

    /// The last of a kind: `INVITE`, `REGISTER`, … A stranger's call for somebody else, which the agent itself turned away, only
    /// where there is no other.
    pub fn last(&self, method: &str) -> Option<&Dialog> {
        let mut latest = self.dialogs.iter().rev().filter(|dialog| dialog.method == method);
        let newest = latest.clone().next();
        latest.find(|dialog| !dialog.is_astray()).or(newest)
    }

    /// Whether dialogs may have been forgotten: the next one takes the place of the oldest.
    pub fn is_full(&self) -> bool {
        self.dialogs.len() == DIALOGS
    }

    pub fn of_call_id(&self, call_id: &str) -> Option<&Dialog> {
        self.dialogs.iter().rfind(|dialog| dialog.call_id == call_id)
    }
}

/// The URIs of all Contacts of a message.
fn contacts(sip: &SipEvent) -> Vec<String> {
    let of_contact = |(name, value): &(String, String)| name.eq_ignore_ascii_case("Contact").then(|| value.clone());
    let values = sip.headers.iter().filter_map(of_contact).take(dialog::FEW);
    let uris = values.flat_map(|value| {
        headers::values(&value).filter_map(|value| Some(cut(NameAddr::parse(value)?.uri, 160))).collect::<Vec<_>>()
    });
    uris.take(dialog::FEW).collect()
}

/// A REGISTER that removes its Contact (RFC 3261 section 10.2.2).
fn signs_off(sip: &SipEvent) -> bool {
    let contact = sip.header("Contact").unwrap_or_default();
    let expires = NameAddr::parse(contact).and_then(|contact| contact.param("expires")).or(sip.header("Expires"));
    expires.is_some_and(|seconds| seconds.trim() == "0")
}

fn is_of_a_call(name: &str) -> bool {
    name.starts_with("CALL_") || name == "AUDIO_REPORT"
}

fn packets_of_report(event: &AgentEvent) -> Option<Packets> {
    let number = |key: &str| event.fields.get(key).and_then(Value::as_u64);
    Some(Packets { sent: number("packets_tx")?, received: number("packets_rx")? })
}

/// The first CALL_RTCP of a call tells nothing yet.
fn packets_of_rtcp(event: &AgentEvent) -> Option<Packets> {
    let stats = event.fields.get("rtcp_stats")?;
    let number = |side: &str| stats.get(side)?.get("sent")?.as_u64();
    let packets = Packets { sent: number("tx")?, received: number("rx")? };
    (packets.sent + packets.received > 0).then_some(packets)
}

/// `packets:             75            0`, which an agent prints when a call ends: sent, received.
fn packets_of_log(text: &str) -> Option<Packets> {
    let mut numbers = text.strip_prefix("packets:")?.split_ascii_whitespace();
    let packets = Packets { sent: numbers.next()?.parse().ok()?, received: numbers.next()?.parse().ok()? };
    numbers.next().is_none().then_some(packets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_account_and_the_log() {
        let mut agent = Agent::default();
        agent.command(1, "uanew \"A\" <sip:a@h;transport=tcp>;regint=0;audio_codecs=opus/48000/2", Time(0.0), None);
        assert_eq!((agent.parameter("audio_codecs"), agent.parameter("transport")), (Some("opus/48000/2"), None));
        let line = |level: &str, text: &str| LogLine { level: level.into(), text: text.into() };
        agent.log(&line("info", "aucodec: PCMU/8000/1"), Time(0.0));
        (0..10).for_each(|n| agent.log(&line("warning", &format!("{n}")), Time(0.0)));
        assert_eq!((agent.codecs.as_slice(), agent.alarms.len()), ([String::from("PCMU/8000/1")].as_slice(), LINES));
        assert_eq!(packets_of_log("packets:      75    0"), Some(Packets { sent: 75, received: 0 }));
        assert_eq!((packets_of_log("packets: 7"), packets_of_log("packets: 1 2 3")), (None, None));
    }
}
