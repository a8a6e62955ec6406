//! Patterns of awaits: which events they fit, and what is wrong with an event that almost fits. Pure.

use super::heard::HeardPattern;
use super::sort::{EventName, EventSort};
use crate::event::{AgentEvent, Body, Event, SipEvent, closed_reason};
use regex::Regex;
use std::ops::RangeInclusive;

/// The largest compiled expression of a `log(…)`, in bytes.
const REGEX_SIZE: usize = 1 << 20;

/// A pattern for events.
#[derive(Debug, Clone)]
pub enum Pattern {
    /// An event with this name, ignoring case.
    Event(String),
    /// A CALL_CLOSED for one of these reasons, as [`ClosedReason::is`](crate::event::ClosedReason::is) takes them.
    Closed(Vec<String>),
    /// A MESSAGE with this body, ignoring white space around it.
    Message(String),
    /// A DTMF digit that the agent received. Several digits are awaited one after another ([`Pattern::run`]).
    Digits(String),
    /// What the agent hears in a call.
    Heard(HeardPattern),
    /// A SIP message.
    Sip(MessagePattern),
    /// A line of the agent's log that the expression matches.
    Log(Regex),
}

/// A pattern for SIP messages.
#[derive(Debug, Clone, Default)]
pub struct MessagePattern {
    /// The codes of a response; if empty, the message has to be a request.
    pub codes: Vec<RangeInclusive<u16>>,
    /// The method; for a response, the method of its request, if it matters.
    pub method: Option<String>,
    /// Required headers by name, with their values if these matter.
    pub headers: Vec<(String, Option<String>)>,
    /// Whether the agent has to send it, or to receive it.
    pub sent: bool,
}

impl Pattern {
    /// # Errors
    /// Why the text is no regular expression, in one line.
    pub fn log(text: &str) -> Result<Pattern, String> {
        match regex::RegexBuilder::new(text).size_limit(REGEX_SIZE).build() {
            Ok(regex) => Ok(Pattern::Log(regex)),
            Err(regex::Error::CompiledTooBig(_)) => Err("it is too large".to_string()),
            // before it are the expression and a mark below it
            Err(error) => {
                let text = error.to_string();
                let last = text.lines().last().unwrap_or_default();
                Err(last.trim_start_matches("error: ").to_string())
            }
        }
    }

    pub fn fits(&self, event: &Event) -> bool {
        self.is_of_kind(event) && self.misses(event).is_none()
    }

    /// Whether an event fits, apart from further conditions.
    pub fn is_of_kind(&self, event: &Event) -> bool {
        match (self, &event.body) {
            (Pattern::Sip(message), Body::Sip(sip)) => message.is_of_kind(sip),
            (Pattern::Log(_), Body::Log(_)) => true,
            (pattern, Body::Event(of_agent)) => {
                pattern.event_name().is_some_and(|name| of_agent.name.eq_ignore_ascii_case(name))
            }
            _ => false,
        }
    }

    /// Whether an event of this name may fit.
    pub fn looks_for(&self, name: &EventName) -> bool {
        match (self, name) {
            (Pattern::Sip(message), EventName::Code(code)) => message.has_code(*code),
            (Pattern::Sip(message), EventName::Text(name)) => message.codes.is_empty() && message.is_of_method(name),
            (Pattern::Log(_), EventName::Text(_)) => true,
            (pattern, EventName::Text(name)) => {
                pattern.event_name().is_some_and(|wanted| wanted.eq_ignore_ascii_case(name))
            }
            (_, EventName::Code(_)) => false,
        }
    }

    /// Whether each call, request or command has at most one such event.
    pub fn comes_once(&self) -> bool {
        const ONCE: [&str; 9] = [
            "AUDIO_REPORT",
            "CALL_INCOMING",
            "CALL_OUTGOING",
            "CALL_ANSWERED",
            "CALL_ESTABLISHED",
            "CALL_CLOSED",
            "REGISTER_OK",
            "REGISTER_FAIL",
            "TRANSFER_FAILED",
        ];
        matches!(self, Pattern::Sip(_)) || self.event_name().is_some_and(|name| is_one_of(name, &ONCE))
    }

    /// Whether it is an incoming call.
    pub fn is_of_a_call_that_comes(&self) -> bool {
        self.event_name().is_some_and(|name| name.eq_ignore_ascii_case("CALL_INCOMING"))
    }

    /// Whether only an outgoing call has such an event.
    pub fn is_of_an_own_call(&self) -> bool {
        const OWN: [&str; 4] = ["CALL_OUTGOING", "CALL_RINGING", "CALL_PROGRESS", "CALL_ANSWERED"];
        match self {
            // 487: the caller gave up
            Pattern::Closed(reasons) => {
                reasons.iter().all(|reason| reason.parse().is_ok_and(|code| (400..=699).contains(&code) && code != 487))
            }
            pattern => pattern.event_name().is_some_and(|name| is_one_of(name, &OWN)),
        }
    }

    /// The name of the events that may fit.
    pub fn event_name(&self) -> Option<&str> {
        match self {
            Pattern::Event(name) => Some(name),
            Pattern::Closed(_) => Some("CALL_CLOSED"),
            Pattern::Message(_) => Some("MESSAGE"),
            Pattern::Digits(_) => Some("CALL_DTMF_START"),
            Pattern::Heard(heard) => Some(heard.event),
            Pattern::Sip(_) | Pattern::Log(_) => None,
        }
    }

    /// Whether no closed call can have such an event.
    pub fn ends_with_its_call(&self) -> bool {
        // reports about the call and late events come after its end
        const BEFORE: [&str; 8] = [
            "CALL_INCOMING",
            "CALL_OUTGOING",
            "CALL_RINGING",
            "CALL_PROGRESS",
            "CALL_ANSWERED",
            "CALL_ESTABLISHED",
            "CALL_DTMF_START",
            "CALL_CLOSED",
        ];
        matches!(self, Pattern::Heard(_)) || self.event_name().is_some_and(|name| is_one_of(name, &BEFORE))
    }

    /// The first condition that an event of the right kind does not meet.
    fn misses(&self, event: &Event) -> Option<Miss<'_>> {
        match (self, &event.body) {
            (Pattern::Closed(reasons), Body::Event(e)) => {
                let came = closed_reason(&e.param);
                (!reasons.iter().any(|reason| came.is(reason))).then_some(Miss::Reason(reasons))
            }
            (Pattern::Message(text), Body::Event(e)) => (body(e).trim() != text.trim()).then_some(Miss::Text(text)),
            (Pattern::Digits(digit), Body::Event(e)) => {
                (self.run().is_none() && !e.param.eq_ignore_ascii_case(digit)).then_some(Miss::Untold)
            }
            (Pattern::Heard(heard), Body::Event(e)) => (!heard.is_met_by(e)).then_some(Miss::Heard(heard)),
            (Pattern::Sip(message), Body::Sip(sip)) => {
                let lacks = |(name, value): &&(String, Option<String>)| !has_header(sip, name, value.as_deref());
                let header = message.headers.iter().find(lacks);
                let header = header.map(|(name, value)| Miss::Header(name, value.as_deref()));
                header.or(((sip.direction == "OUT") != message.sent).then_some(Miss::Direction))
            }
            (Pattern::Log(regex), Body::Log(line)) => (!regex.is_match(&line.text)).then_some(Miss::Untold),
            _ => None,
        }
    }

    /// Describes the condition that an event of the right kind does not meet.
    pub fn near_miss(&self, event: &Event) -> Option<String> {
        if !self.is_of_kind(event) {
            return None;
        }
        match (self.misses(event)?, &event.body) {
            (Miss::Reason(reasons), _) => Some(format!("its reason is not {}", quoted(reasons))),
            (Miss::Text(text), Body::Event(e)) => {
                Some(format!("its body is `{}`, not `{text}`", shorten(body(e).trim())))
            }
            (Miss::Heard(heard), Body::Event(e)) => heard.near_miss(e),
            (Miss::Header(name, wanted), Body::Sip(sip)) => Some(match (values(sip, name).next(), wanted) {
                (Some(value), Some(wanted)) => format!("its {name} is `{}`, not `{wanted}`", shorten(value)),
                _ => format!("it has no header {name}"),
            }),
            (Miss::Direction, Body::Sip(sip)) => Some(match sip.direction == "OUT" {
                true => {
                    "it was sent, and one that is received was awaited: `.sent()` waits for what an agent sends".into()
                }
                false => "it was received, and one that is sent was awaited".to_string(),
            }),
            _ => None,
        }
    }

    /// The digits that have to come one after another in one call, if there are several.
    pub fn run(&self) -> Option<&str> {
        match self {
            Pattern::Digits(digits) if digits.chars().nth(1).is_some() => Some(digits),
            _ => None,
        }
    }

    /// The sort of events that it may fit.
    pub fn sort(&self) -> EventSort {
        match self {
            Pattern::Sip(_) => EventSort::Message,
            Pattern::Log(_) => EventSort::Line,
            _ => EventSort::Event,
        }
    }

    /// Names the pattern in a sentence.
    pub fn in_words(&self) -> String {
        match self {
            Pattern::Event(name) => name.to_uppercase(),
            Pattern::Closed(reasons) => format!("CALL_CLOSED for {}", quoted(reasons)),
            Pattern::Message(text) => format!("MESSAGE `{text}`"),
            Pattern::Digits(digits) => format!("DTMF {digits}"),
            Pattern::Heard(heard) => heard.in_words(),
            Pattern::Sip(message) => message.in_words(),
            Pattern::Log(regex) => format!("log line with `{regex}`"),
        }
    }
}

/// A condition that an event did not meet.
enum Miss<'a> {
    Reason(&'a [String]),
    Text(&'a str),
    Heard(&'a HeardPattern),
    Header(&'a str, Option<&'a str>),
    /// The message was sent instead of received, or the other way round.
    Direction,
    /// Digits are described as a whole, and log lines have no near misses.
    Untold,
}

/// `486` or `603`, each in backticks.
fn quoted(texts: &[String]) -> String {
    texts.iter().map(|text| format!("`{text}`")).collect::<Vec<_>>().join(" or ")
}

fn is_one_of(name: &str, names: &[&str]) -> bool {
    names.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// The body of a MESSAGE.
fn body(event: &AgentEvent) -> &str {
    event.fields.get("body").and_then(|body| body.as_str()).unwrap_or_default()
}

fn values<'a>(sip: &'a SipEvent, name: &'a str) -> impl Iterator<Item = &'a str> {
    sip.headers.iter().filter(move |(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}

fn has_header(sip: &SipEvent, name: &str, wanted: Option<&str>) -> bool {
    values(sip, name).any(|value| wanted.is_none_or(|wanted| value == wanted.trim()))
}

impl MessagePattern {
    pub fn request(method: &str) -> MessagePattern {
        MessagePattern { method: Some(method.to_uppercase()), ..MessagePattern::default() }
    }

    #[cfg(test)]
    pub fn response(code: u16) -> MessagePattern {
        MessagePattern { codes: vec![code..=code], ..MessagePattern::default() }
    }

    fn has_code(&self, code: u16) -> bool {
        self.codes.iter().any(|codes| codes.contains(&code))
    }

    fn is_of_method(&self, method: &str) -> bool {
        self.method.as_deref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method))
    }

    fn is_of_kind(&self, sip: &SipEvent) -> bool {
        let code = sip.status.map_or(self.codes.is_empty(), |code| self.has_code(code));
        code && self.is_of_method(&sip.method)
    }

    fn in_words(&self) -> String {
        let codes = |codes: &RangeInclusive<u16>| match codes.start() == codes.end() {
            true => codes.start().to_string(),
            false => format!("{} to {}", codes.start(), codes.end()),
        };
        let codes = self.codes.iter().map(codes).collect::<Vec<_>>().join(" or ");
        let sent = if self.sent { "sent " } else { "" };
        let mut words = match (codes.as_str(), self.method.as_deref()) {
            ("", method) => format!("{sent}SIP {}", method.unwrap_or_default()),
            (codes, Some(method)) => format!("{sent}SIP {codes} to {method}"),
            (codes, None) => format!("{sent}SIP {codes}"),
        };
        for (n, (name, value)) in self.headers.iter().enumerate() {
            words += if n == 0 { " with " } else { " and " };
            words += name;
            words += &value.as_ref().map(|value| format!(": {value}")).unwrap_or_default();
        }
        words
    }
}

/// The first line of a text, at most 80 characters.
pub fn shorten(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    match line.char_indices().nth(80) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::rules::tests::log_of;

    fn log(text: &str) -> Pattern {
        Pattern::log(text).unwrap()
    }

    fn closed(reason: &str) -> Pattern {
        Pattern::Closed(vec![reason.into()])
    }

    fn sip(message: MessagePattern, headers: &[(&str, Option<&str>)]) -> Pattern {
        let headers = headers.iter().map(|(name, value)| (name.to_string(), value.map(str::to_string))).collect();
        Pattern::Sip(MessagePattern { headers, ..message })
    }

    fn response_to(code: u16, method: &str) -> MessagePattern {
        MessagePattern { method: Some(method.into()), ..MessagePattern::response(code) }
    }

    #[test]
    fn patterns_fit_what_they_name() {
        let plain = |message: MessagePattern| sip(message, &[]);
        for (pattern, line, fits) in [
            (Pattern::Digits("#".into()), "a CALL_DTMF_START c1 #", true),
            (Pattern::Digits("1".into()), "a CALL_DTMF_START c1 #", false),
            (Pattern::Digits("c".into()), "a CALL_DTMF_START c1 C", true),
            (Pattern::Digits("1".into()), "a CALL_DTMF_END c1 1", false),
            (Pattern::Event("call_dtmf_start".into()), "a CALL_DTMF_START c1 #", true),
            (closed("486"), "a CALL_CLOSED c1 486 Busy Here", true),
            (closed("486"), "a CALL_CLOSED c1 603 Declined 486", false),
            (closed("reset BY peer"), "a CALL_CLOSED c1 Connection reset by peer [104]", true),
            (closed("peer"), "a CALL_CLOSED c1 Connection reset by user", false),
            (plain(MessagePattern::response(486)), "a < 486 INVITE i1", true),
            (plain(MessagePattern::response(200)), "a < 486 INVITE i1", false),
            (plain(MessagePattern::request("INVITE")), "a < 486 INVITE i1", false),
            (plain(MessagePattern::request("invite")), "a < INVITE i1", true),
            (plain(response_to(486, "INVITE")), "a < 486 INVITE i1", true),
            (plain(response_to(486, "REGISTER")), "a < 486 INVITE i1", false),
            (sip(MessagePattern::request("INVITE"), &[("x-id", Some("42"))]), "a < INVITE i1 X-Id:42", true),
            (sip(MessagePattern::request("INVITE"), &[("X-Id", None)]), "a < INVITE i1 X-Id:42", true),
            (sip(MessagePattern::request("INVITE"), &[("X-Id", Some("4"))]), "a < INVITE i1 X-Id:42", false),
            (sip(MessagePattern::request("INVITE"), &[("X-Id", Some("2"))]), "a < INVITE i1 X-Id:1 X-Id:2", true),
            (sip(MessagePattern::request("INVITE"), &[("X-Id", None), ("X-Of", None)]), "a < INVITE i1 X-Id:42", false),
            (log("incoming rtp"), "a # stream: incoming rtp for 'audio'", true),
            (log("^rtp|sdp$"), "a # stream: incoming rtp for 'audio'", false),
            (log(r"for '\w+'$"), "a # stream: incoming rtp for 'audio'", true),
        ] {
            assert_eq!(pattern.fits(&log_of(&[line])[0]), fits, "{pattern:?} {line}");
        }
    }

    #[test]
    fn a_text_is_the_whole_body_but_for_white_space_around_it() {
        let mut event = (*log_of(&["a MESSAGE -"])[0]).clone();
        let Body::Event(of_agent) = &mut event.body else { unreachable!() };
        of_agent.fields.insert("body".into(), "hello\r\n".into());
        assert!(Pattern::Message("hello".into()).fits(&event));
        let part = Pattern::Message("hell".into());
        assert!(!part.fits(&event));
        assert_eq!(part.near_miss(&event).as_deref(), Some("its body is `hello`, not `hell`"));
    }

    #[test]
    fn a_near_miss_is_of_the_right_kind_and_says_what_is_wrong() {
        let invite = || MessagePattern::request("INVITE");
        for (pattern, line, why) in [
            (closed("486"), "a CALL_CLOSED c1 603 Declined", Some("its reason is not `486`")),
            (closed("486"), "a CALL_CLOSED c1 486 Busy", None),
            (closed("486"), "a CALL_ESTABLISHED c1", None),
            (sip(invite(), &[("X-Id", Some("4"))]), "a < INVITE i1 X-Id:42", Some("its X-Id is `42`, not `4`")),
            (sip(invite(), &[("X-Id", Some("4"))]), "a < INVITE i1", Some("it has no header X-Id")),
            (sip(invite(), &[("X-Id", Some("4"))]), "a < BYE i1 X-Id:42", None),
            (log("x"), "a # y", None),
        ] {
            assert_eq!(pattern.near_miss(&log_of(&[line])[0]).as_deref(), why, "{pattern:?} {line}");
        }
    }
}
