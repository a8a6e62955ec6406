//! What a script can await: `alice.event("…")`, `.where(…)`, `.header(…)`, `.count(n)`, `all([…])`, `any([…])`, `quiet(…)`.

use super::agent::AgentValue;
use crate::diagnostic::nearest;
use crate::engine::language::grammar::PARENTHESES;
use crate::engine::language::words::plain_type;
use crate::engine::rules::heard::{end_of, sent_of};
use crate::engine::rules::matching::{Member, Want, Which};
use crate::engine::rules::pattern::shorten;
use crate::engine::rules::pattern::{MessagePattern, Pattern};
use crate::engine::script::failure::{Fallible, wrong};
use crate::engine::script::native::register;
use crate::engine::script::native::rhai_index;
use crate::engine::script::run::ScriptRun;
use crate::event::EVENT_NAMES;
use rhai::{Array, Dynamic, FnPtr, INT, ImmutableString, Module, NativeCallContext};
use std::ops::{Range, RangeInclusive};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

/// Something that can be awaited.
#[derive(Debug, Clone)]
pub struct Waiter {
    pub want: Want,
    /// The closures of each member, in the members' order.
    pub conditions: Vec<Vec<FnPtr>>,
    /// For `quiet`: the log's length when the script last did something. Only later events count.
    pub quiet_from: Option<usize>,
}

/// The largest `.count(n)`.
const MOST_EVENTS: i64 = 1000;
/// The longest list of codes or reasons.
const MOST_CODES: usize = 100;

impl Waiter {
    pub fn new(agent: &AgentValue, pattern: Pattern) -> Waiter {
        let member =
            Member { agent: agent.name.clone(), pattern, count: None, conditional: false, again: false, call: None };
        Waiter { want: Want::One(member), conditions: vec![vec![]], quiet_from: None }
    }

    pub fn is_quiet(&self) -> bool {
        self.quiet_from.is_some()
    }

    /// Only events of that call count.
    pub fn of_call(mut self, call: &Arc<Which>) -> Waiter {
        if let Want::One(member) = &mut self.want {
            member.call = Some(call.clone());
        }
        self
    }

    fn member(&mut self, method: &str) -> Fallible<&mut Member> {
        match &mut self.want {
            Want::One(member) => Ok(member),
            _ => Err(wrong(format!("`{method}` goes with each waiter inside all([…]) or any([…])"))),
        }
    }

    fn joined(word: &str, list: Array, join: fn(Vec<Want>) -> Want) -> Fallible<Waiter> {
        let (mut wants, mut conditions) = (vec![], vec![]);
        for value in list {
            let kind = plain_type(value.type_name());
            let Some(waiter) = value.try_cast::<Waiter>() else {
                return Err(wrong(format!("`{word}` takes a list of waiters; one of these is {kind}")));
            };
            if waiter.is_quiet() {
                return Err(wrong(format!("quiet(…) can't stand in `{word}`, but around it: quiet({word}([…]))")));
            }
            wants.push(waiter.want);
            conditions.extend(waiter.conditions);
        }
        if wants.is_empty() {
            return Err(wrong(format!("`{word}` needs at least one waiter in its list")));
        }
        Ok(Waiter { want: join(wants), conditions, quiet_from: None })
    }
}

/// Converts the argument of `sip(…)`: a method, a response code, a range of codes, or a list of these.
fn sip_pattern(what: &Dynamic) -> Fallible<MessagePattern> {
    if let Some(codes) = codes(what)? {
        return Ok(MessagePattern { codes, ..MessagePattern::default() });
    }
    match what.clone().into_immutable_string() {
        Ok(method) => Ok(MessagePattern::request(&method)),
        Err(kind) => {
            let kind = plain_type(kind);
            Err(wrong(format!("sip(…) takes a method, a response code, a range or a list of codes, not {kind}")))
        }
    }
}

/// The response codes that a value stands for: `200`, `400..500`, `[180, 183]`; none for a value of another kind.
fn codes(what: &Dynamic) -> Fallible<Option<Vec<RangeInclusive<u16>>>> {
    if let Some(list) = what.read_lock::<Array>() {
        let mut all = vec![];
        for value in list.iter() {
            match codes(value)?.filter(|_| !value.is_array()) {
                Some(codes) => all.extend(codes),
                None => return Err(wrong("a list in sip(…) holds response codes and ranges of them: sip([180, 183])")),
            }
        }
        return match all.len() {
            0 => Err(wrong("the list in sip(…) is empty: sip([180, 183])")),
            1..=MOST_CODES => Ok(Some(all)),
            _ => Err(wrong(format!("a list in sip(…) has {MOST_CODES} codes at most; write a range: sip(400..500)"))),
        };
    }
    let code = what.as_int().ok().or_else(|| what.clone().into_immutable_string().ok()?.parse().ok());
    let range = what.clone().try_cast::<Range<INT>>().map(|range| range.start..=range.end.saturating_sub(1));
    let range =
        range.or_else(|| what.clone().try_cast::<RangeInclusive<INT>>()).or_else(|| code.map(|code| code..=code));
    match range {
        None => Ok(None),
        Some(range) => match (u16::try_from(*range.start()), u16::try_from(*range.end())) {
            (Ok(first @ 100..=699), Ok(last @ 100..=699)) if first <= last => Ok(Some(vec![first..=last])),
            _ if range.start() == range.end() => {
                Err(wrong(format!("{} is no SIP response code (100 to 699)", range.start())))
            }
            _ => Err(wrong("a range of SIP response codes goes from 100 to 699 at most, upwards: sip(400..500)")),
        },
    }
}

pub fn sip(agent: &AgentValue, what: &Dynamic) -> Fallible<Waiter> {
    Ok(Waiter::new(agent, Pattern::Sip(sip_pattern(what)?)))
}

/// `sip(200, "REGISTER")`: a response to a REGISTER request.
pub fn response_to(agent: &AgentValue, code: &Dynamic, method: &str) -> Fallible<Waiter> {
    let message = sip_pattern(code)?;
    if message.codes.is_empty() {
        return Err(wrong("sip(…, METHOD) takes a response code first: sip(200, \"REGISTER\")"));
    }
    Ok(Waiter::new(agent, Pattern::Sip(MessagePattern { method: Some(method.to_uppercase()), ..message })))
}

/// `closed(486)`, `closed("Busy")`, `closed([486, 603])`.
pub fn closed(agent: &AgentValue, reason: &Dynamic) -> Fallible<Waiter> {
    let reasons = match reason.read_lock::<Array>() {
        Some(list) if list.is_empty() => return Err(wrong("the list in closed(…) is empty: closed([486, 603])")),
        Some(list) if list.len() > MOST_CODES => {
            return Err(wrong(format!("a list in closed(…) has {MOST_CODES} reasons at most")));
        }
        Some(list) => list.iter().map(closing).collect::<Fallible<Vec<_>>>()?,
        None => vec![closing(reason)?],
    };
    Ok(Waiter::new(agent, Pattern::Closed(reasons)))
}

/// A reason for closing a call, as text.
fn closing(reason: &Dynamic) -> Fallible<String> {
    let text = match reason.type_name() {
        "string" | "i64" => reason.to_string(),
        kind => return Err(wrong(format!("closed(…) takes a response code or a text, not {}", plain_type(kind)))),
    };
    match text.parse::<i64>() {
        Ok(code) if !(300..=699).contains(&code) => {
            Err(wrong(format!("a call is closed by a response from 300 to 699, not by {code}")))
        }
        _ => Ok(text),
    }
}

/// `await bob.dtmf("1234")`.
pub fn dtmf(agent: &AgentValue, digits: String) -> Fallible<Waiter> {
    match digits.is_empty() {
        true => Err(wrong("dtmf(…) needs a digit to wait for; any digit: event(\"CALL_DTMF_START\")")),
        false => Ok(Waiter::new(agent, Pattern::Digits(digits))),
    }
}

/// `sip(…).header("X-Id", "42")`. Without a value, the header only has to exist.
fn header(waiter: &mut Waiter, name: &str, value: Option<String>) -> Fallible<Waiter> {
    let mut waiter = waiter.clone();
    match &mut waiter.member("header")?.pattern {
        Pattern::Sip(message) => message.headers.push((name.to_string(), value)),
        _ => return Err(wrong("header(…) goes with sip(…): alice.sip(\"INVITE\").header(\"X-Id\", \"42\")")),
    }
    Ok(waiter)
}

/// `alice.sip("BYE").sent()`: a message that the agent sends; `alice.speech().sent()`: what it says itself.
fn sent(waiter: &mut Waiter) -> Fallible<Waiter> {
    let mut waiter = waiter.clone();
    match &mut waiter.member("sent")?.pattern {
        Pattern::Sip(message) => message.sent = true,
        Pattern::Heard(heard) if sent_of(heard.event).is_some() => {
            heard.event = sent_of(heard.event).unwrap_or(heard.event);
        }
        _ => return Err(wrong("sent() goes with sip(…) and speech(): alice.sip(\"BYE\").sent()")),
    }
    Ok(waiter)
}

/// `bob.speech().ended()`, `bob.tone(425).ended()`.
fn ended(waiter: &mut Waiter) -> Fallible<Waiter> {
    let mut waiter = waiter.clone();
    let end = match &mut waiter.member("ended")?.pattern {
        Pattern::Heard(heard) => end_of(heard.event).map(|end| heard.event = end),
        _ => None,
    };
    end.ok_or_else(|| wrong("ended() goes with speech() and tone(…): bob.speech().ended()"))?;
    Ok(waiter)
}

/// `alice.sip(200).again()`: may take a message that one await has already taken.
fn again(waiter: &mut Waiter) -> Fallible<Waiter> {
    let mut waiter = waiter.clone();
    let member = waiter.member("again")?;
    if !matches!(member.pattern, Pattern::Sip(_)) {
        return Err(wrong("again() goes with sip(…): alice.sip(200, \"INVITE\").again()"));
    }
    member.again = true;
    Ok(waiter)
}

/// Counts from the last command, because its consequences may have come before the waiter is created.
pub fn quiet(context: &NativeCallContext, waiter: Waiter) -> Fallible<Waiter> {
    let from = ScriptRun::from_call(context)?.acted.load(Relaxed);
    Ok(Waiter { quiet_from: Some(from), ..waiter })
}

pub fn event(agent: &AgentValue, name: &str) -> Waiter {
    Waiter::new(agent, Pattern::Event(name.to_string()))
}

/// A waiter for an event that the script names. A misspelled name is an error, because no event would ever match; an
/// unknown name may be that of a newer baresip.
pub fn named(agent: &AgentValue, name: &str) -> Fallible<Waiter> {
    if EVENT_NAMES.iter().any(|known| known.eq_ignore_ascii_case(name)) {
        return Ok(event(agent, name));
    }
    match nearest(&name.to_uppercase(), EVENT_NAMES.iter().copied()) {
        Some(near) => Err(wrong(format!("no agent gives an event `{}`; did you mean `{near}`?", shorten(name)))),
        None => Ok(event(agent, name)),
    }
}

pub fn register_into(module: &mut Module) {
    module.set_custom_type::<Waiter>("Waiter");
    register(module, "header", |waiter: &mut Waiter, name: &str| header(waiter, name, None));
    register(module, "header", |waiter: &mut Waiter, name: &str, value: Dynamic| {
        header(waiter, name, Some(value.to_string()))
    });
    register(module, "sent", sent);
    register(module, "ended", ended);
    register(module, "again", again);
    register(module, "quiet", |context: NativeCallContext, waiter: Waiter| quiet(&context, waiter));
    register(module, "where", |waiter: &mut Waiter, condition: FnPtr| -> Fallible<Waiter> {
        let mut waiter = waiter.clone();
        waiter.member("where")?.conditional = true;
        waiter.conditions[0].push(condition);
        Ok(waiter)
    });
    register(module, "count", |waiter: &mut Waiter, count: i64| -> Fallible<Waiter> {
        if !(1..=MOST_EVENTS).contains(&count) {
            return Err(wrong(format!("count({count}) is not possible: 1 to {MOST_EVENTS}")));
        }
        let mut waiter = waiter.clone();
        let member = waiter.member("count")?;
        if member.pattern.run().is_some() {
            return Err(wrong("count(…) goes with one digit; several are a list already"));
        }
        member.count = Some(count as usize);
        Ok(waiter)
    });
    register(module, "all", |list: Array| Waiter::joined("all", list, Want::All));
    register(module, "any", |list: Array| Waiter::joined("any", list, Want::Any));
    // `await a.event("X").param` asks the waiter for a property
    register(module, rhai_index(), |_: &mut Waiter, field: ImmutableString| -> Fallible<Dynamic> {
        let text = format!("a waiter has no `{field}`: it must be awaited first; {PARENTHESES}");
        Err(wrong(text))
    });
    register(module, "to_string", |waiter: &mut Waiter| waiter.to_string());
    register(module, "to_debug", |waiter: &mut Waiter| waiter.to_string());
}

impl Waiter {
    /// What it waits for: `CALL_ESTABLISHED at bob`.
    pub fn in_words(&self) -> String {
        fn words(want: &Want) -> String {
            let list = |wants: &[Want]| wants.iter().map(words).collect::<Vec<_>>().join(", ");
            match want {
                Want::One(member) => {
                    let call = if member.call.is_some() { " in this call" } else { "" };
                    format!("{} at {}{call}", member.pattern.in_words(), member.agent)
                }
                Want::All(wants) => format!("all of {}", list(wants)),
                Want::Any(wants) => format!("any of {}", list(wants)),
            }
        }
        words(&self.want)
    }
}

impl std::fmt::Display for Waiter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "waiter for {}", self.in_words())
    }
}
