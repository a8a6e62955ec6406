//! What a script can await: `alice.event("…")`, `.where(…)`, `.count(n)`, `all([…])`, `any([…])`, `alice.quiet("…")`.

use super::agent_api::Agent;
use super::errors::{plain_type, wrong};
use super::matching::{Member, Pattern, Want, Which};
use super::register;
use super::state::{Fallible, Run};
use super::syntax::PARENTHESES;
use rhai::{Array, Dynamic, FnPtr, ImmutableString, Module, NativeCallContext};
use std::sync::Arc;

/// Something that can be awaited.
#[derive(Debug, Clone)]
pub struct Waiter {
    pub want: Want,
    /// The closures of each member, in the order of the members.
    pub conditions: Vec<Vec<FnPtr>>,
    /// For `quiet`: how long the log was when it was made; only what comes after it counts.
    pub quiet_from: Option<usize>,
}

/// The largest `.count(n)`.
const MOST_EVENTS: i64 = 1000;

impl Waiter {
    pub fn new(agent: &Agent, pattern: Pattern) -> Waiter {
        let member = Member { agent: agent.name.clone(), pattern, count: None, conditional: false, call: None };
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
                return Err(wrong(format!("quiet(…) can't stand in `{word}`: await it by itself")));
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

/// What `sip(…)` is given: a method or a response code.
pub fn sip_pattern(what: &Dynamic) -> Fallible<Pattern> {
    let code = what.as_int().ok().or_else(|| what.clone().into_immutable_string().ok()?.parse().ok());
    match code {
        Some(code @ 100..=699) => Ok(Pattern::Response(code as u16)),
        Some(code) => Err(wrong(format!("{code} is no SIP response code (100 to 699)"))),
        None => match what.clone().into_immutable_string() {
            Ok(method) => Ok(Pattern::Request(method.to_uppercase())),
            Err(kind) => Err(wrong(format!("sip(…) takes a method or a response code, not {}", plain_type(kind)))),
        },
    }
}

pub fn event(agent: &Agent, name: &str) -> Waiter {
    Waiter::new(agent, Pattern::Event(name.to_string()))
}

pub fn register_into(module: &mut Module) {
    module.set_custom_type::<Waiter>("Waiter");
    register(module, "event", |agent: &mut Agent, name: &str| event(agent, name));
    register(module, "established", |agent: &mut Agent| event(agent, "CALL_ESTABLISHED"));
    register(module, "closed", |agent: &mut Agent| event(agent, "CALL_CLOSED"));
    register(module, "registered", |agent: &mut Agent| event(agent, "REGISTER_OK"));
    register(module, "log", |agent: &mut Agent, text: &str| Waiter::new(agent, Pattern::Log(text.to_string())));
    register(module, "sip", |agent: &mut Agent, what: Dynamic| -> Fallible<Waiter> {
        Ok(Waiter::new(agent, sip_pattern(&what)?))
    });
    register(module, "quiet", |context: NativeCallContext, agent: &mut Agent, name: &str| -> Fallible<Waiter> {
        let from = Run::of(&context)?.log().len();
        Ok(Waiter { quiet_from: Some(from), ..event(agent, name) })
    });
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
        if waiter.is_quiet() {
            return Err(wrong("count(…) does not go with quiet(…)"));
        }
        let mut waiter = waiter.clone();
        waiter.member("count")?.count = Some(count as usize);
        Ok(waiter)
    });
    register(module, "all", |list: Array| Waiter::joined("all", list, Want::All));
    register(module, "any", |list: Array| Waiter::joined("any", list, Want::Any));
    // `await a.event("X").param`: the property of a waiter, which has none
    register(module, rhai_index(), |_: &mut Waiter, field: ImmutableString| -> Fallible<Dynamic> {
        let text = format!("a waiter has no `{field}`: it must be awaited first; {PARENTHESES}");
        Err(wrong(text))
    });
    register(module, "to_string", |waiter: &mut Waiter| waiter.to_string());
    register(module, "to_debug", |waiter: &mut Waiter| waiter.to_string());
}

/// Rhai's name of the function behind `x["field"]`, and behind `x.field` where no getter has that name.
pub fn rhai_index() -> &'static str {
    "index$get$"
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
