//! The way for the media that an account asks for (`medianat`): a STUN or TURN server that did not answer, refused or is not found,
//! and connectivity checks that found no way (ICE, RFC 8445).

use super::Weighed;
use super::agent::Agent;
use super::case::{Case, Question};
use super::connections::{UNDER_WAY, UNRESOLVED};
use super::dialog::Dialog;
use super::responses::SAID_LATER;
use super::wording::{seconds, short};
use crate::event::{Time, without_error_number};
use crate::verdict::Finding;

/// Above what a call without any SIP, and one without sound, show by themselves.
const NO_CALL: u8 = 92;
const NO_WAY: u8 = 93;

/// How the embedded agent's log says it.
const FAILED: &str = "call: medianat ";
const SESSION: &str = "call: medianat session: ";
const TURN_ERROR: &str = " TURN Client error: ";
const CHECK_FAILED: &str = "ice: connectivity check failed: ";
const NO_CANDIDATES: &str = ": no remote candidates found";

/// The server of an account.
struct Server<'a> {
    /// `STUN` or `TURN`.
    kind: &'static str,
    /// `host:port`, as the account has it.
    place: &'a str,
}

impl<'a> Server<'a> {
    fn of(agent: &'a Agent) -> Option<Server<'a>> {
        let uri = agent.parameter("stunserver")?.trim_matches(['"', '<', '>', ' ']);
        let (scheme, place) = uri.split_once(':')?;
        let kind = if scheme.to_ascii_lowercase().starts_with("turn") { "TURN" } else { "STUN" };
        Some(Server { kind, place: place.split(['?', ';']).next().unwrap_or_default() })
    }

    fn told(&self) -> String {
        format!("the {} server {}", self.kind, short(self.place))
    }

    fn is_named(&self) -> bool {
        let host = self.place.rsplit_once(':').map_or(self.place, |(host, _)| host);
        host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_err()
    }
}

pub fn find(case: &Case, question: &Question) -> Option<Weighed> {
    let other = case.other_side().map(|(name, agent, _)| (&**name, agent));
    std::iter::once((&**case.name, case.agent))
        .chain(other)
        .find_map(|(name, agent)| before_the_call(case, name, agent).or_else(|| within(case, question, name, agent)))
}

/// What an agent said of its media's way since the call began.
fn said<'a>(case: &'a Case, agent: &'a Agent) -> impl DoubleEndedIterator<Item = &'a str> {
    let began = case.dialog.began;
    // its log may lag behind its events, and goes on to be about this call until the next one begins
    let next = agent.dialogs.iter().find(|dialog| dialog.is_call() && dialog.began > began);
    let next = next.map_or(Time::NEVER, |dialog| dialog.began);
    let end = case.dialog.closed.as_ref().map_or(Time::NEVER, |(time, _)| next.max(*time + SAID_LATER));
    // log and events come by two ways: a line may be here before the event that begins the call
    let since = began - SAID_LATER;
    agent.alarms.iter().filter(move |(at, _)| (since..=end).contains(at)).map(|(_, line)| line.as_str())
}

/// The agent's log does not say which call it is about: other calls at the same time may be meant.
fn doubt(case: &Case, name: &str, agent: &Agent) -> Option<String> {
    let (own, end) = (case.dialog, case.dialog.closed.as_ref().map_or(case.evidence.end, |(time, _)| *time));
    let at_once = |call: &&Dialog| {
        let over = call.closed.as_ref().map_or(Time::NEVER, |(time, _)| *time);
        call.is_call() && call.call_id != own.call_id && call.began <= end && over >= own.began
    };
    let others = agent.dialogs.iter().filter(at_once).count();
    let line = format!("{} had {} calls at once, and its log does not say which it means", short(name), others + 1);
    (others > 0).then_some(line)
}

/// The agent can't describe its media: it neither calls nor rings.
fn before_the_call(case: &Case, name: &str, agent: &Agent) -> Option<Weighed> {
    let dialog = case.dialog;
    let kind = agent.parameter("medianat")?;
    if dialog.established.is_some() || !dialog.is_call() {
        return None;
    }
    let server = Server::of(agent)?;
    let failed = said(case, agent).filter_map(|line| line.strip_prefix(FAILED)?.split_once("failed: ")).next_back();
    let calls = dialog.outgoing == (name == &**case.name);
    let (what, mut lines) = match failed {
        Some((_, why)) => (refused(&server, why, agent), vec![format!("{}'s log: {FAILED}failed: {why}", short(name))]),
        None => {
            let waited = case.evidence.end - dialog.request.time;
            let sent_nothing = dialog.last_request().is_none() && calls && dialog.closed.is_none();
            if !sent_nothing || waited < UNDER_WAY {
                return None;
            }
            let what = format!("{} has not answered {} yet", server.told(), short(name));
            (what, vec![format!("{} waits for it since {}", short(name), seconds(waited))])
        }
    };
    lines.push(format!("the account has medianat={}", short(kind)));
    lines.extend(doubt(case, name, agent));
    let verb = if calls { "was not sent" } else { "could not ring" };
    Some((NO_CALL, Finding { about: format!("{} {verb}: {what}", case.title()), lines }))
}

/// `the TURN server 127.0.0.1:3478 refused: 401 Unauthorized`
fn refused(server: &Server, why: &str, agent: &Agent) -> String {
    let told = server.told();
    let code = why.split(' ').next().and_then(|code| code.parse::<u16>().ok());
    match (code, without_error_number(why)) {
        (Some(401 | 438), _) if agent.parameter("stunuser").is_none() => {
            format!("{told} wants a password ({}), and the account has no stunuser", short(why))
        }
        (Some(401 | 438), _) => format!("{told} did not accept stunuser and stunpass: {}", short(why)),
        (Some(_), _) => format!("{told} refused: {}", short(why)),
        (None, "Connection timed out") => format!("{told} did not answer"),
        (None, said) if UNRESOLVED.contains(&said) && server.is_named() => {
            format!("the name of {told} leads to no address")
        }
        (None, said) => format!("{told} gave no usable answer: {}", short(said)),
    }
}

/// A call that is up, and that no sound comes through.
fn within(case: &Case, question: &Question, name: &str, agent: &Agent) -> Option<Weighed> {
    let dialog = case.dialog;
    agent.parameter("medianat").filter(|kind| *kind == "ice")?;
    dialog.established?;
    let silent = dialog.packets.is_none_or(|packets| packets.received == 0);
    if !silent && !["RTP", "DTMF", "AUDIO", "REPORT"].iter().any(|word| question.awaits(word)) {
        return None;
    }
    let found = said(case, agent).find_map(|line| {
        if let Some((_, why)) = line.split_once(CHECK_FAILED) {
            return Some(format!("ICE found no way for the media: {}", short(without_error_number(why))));
        }
        let own = short(name);
        line.contains(NO_CANDIDATES)
            .then(|| format!("{own} has ICE, and the other side's SDP has no candidates for it"))
    })?;
    let mut lines: Vec<String> = vec![];
    let relay = said(case, agent).filter_map(|line| line.split_once(TURN_ERROR)).next_back();
    if let (Some((_, why)), Some(server)) = (relay, Server::of(agent)) {
        lines.push(format!("there was no relay: {}", refused(&server, why, agent)));
    }
    lines.extend(
        said(case, agent)
            .filter(|line| line.starts_with("ice: "))
            .take(2)
            .map(|line| format!("{}'s log: {line}", short(name))),
    );
    lines.extend(doubt(case, name, agent));
    Some((NO_WAY, Finding { about: format!("{}: {found}", case.title()), lines }))
}

/// Why an agent with such an account makes no call at all.
pub fn unusable(agent: &Agent) -> Option<String> {
    let kind = agent.parameter("medianat")?;
    agent.alarms.iter().rev().find(|(_, line)| line.starts_with(SESSION))?;
    let wanted = if kind == "turn" { "turn" } else { "stun" };
    Some(match agent.parameter("stunserver") {
        None => format!("medianat={} needs a server: stunserver=\"{wanted}:HOST\"", short(kind)),
        Some(server) => format!("medianat={} needs stunserver=\"{wanted}:HOST\", not {}", short(kind), short(server)),
    })
}
