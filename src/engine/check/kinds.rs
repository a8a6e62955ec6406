//! What a check knows about a value without a run.

use super::in_place;
use crate::engine::api::agent::{AgentValue, ReplyValue};
use crate::engine::api::call::CallValue;
use crate::engine::api::event_value::EventValue;
use crate::engine::api::method::Gives;
use crate::engine::api::methods::find_method;
use crate::engine::api::telefonist::Telefonist;
use crate::engine::api::waiter::Waiter;
use crate::engine::language::duration::Millis;
use crate::engine::rules::heard::{end_of, sent_of};
use crate::event::fields;
use rhai::{Array, Dynamic, FnPtr, ImmutableString, Map};
use std::any::TypeId;

/// An event's type, if it is known: `CALL_CLOSED`, `SIP`, `LOG`.
pub type Type = Option<&'static str>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueKind {
    Unknown,
    Unit,
    Number,
    Text,
    Bool,
    List,
    Map,
    Closure,
    Duration,
    Agent,
    Reply,
    /// One of an agent's calls.
    Call,
    /// Awaiting it gives one event.
    Waiter(Type),
    /// Awaiting it gives a list of events.
    Waiters(Type),
    /// Awaiting it gives a value of unknown kind.
    AnyWaiter,
    Quiet,
    Event(Type),
    /// A list of events.
    Events(Type),
    /// The value `telefonist` of a validation.
    Telefonist,
    /// A list of waiters of one event each.
    ListOfWaiters(Type),
    /// The headers of a SIP message.
    Headers,
    /// The figures of a call, and a list of those, in a validation.
    Figures,
    ListOfFigures,
}

impl ValueKind {
    pub fn from_list(elements: &[ValueKind]) -> ValueKind {
        let mut types = vec![];
        for kind in elements {
            match kind {
                ValueKind::Waiter(of) => types.push(*of),
                _ => return ValueKind::List,
            }
        }
        types.dedup();
        match types[..] {
            [] => ValueKind::List,
            [one] => ValueKind::ListOfWaiters(one),
            _ => ValueKind::ListOfWaiters(None),
        }
    }

    /// The native type whose methods a value has; none for Rhai's own types.
    pub fn native(self) -> Option<TypeId> {
        match self {
            ValueKind::Agent => Some(TypeId::of::<AgentValue>()),
            ValueKind::Reply => Some(TypeId::of::<ReplyValue>()),
            ValueKind::Call => Some(TypeId::of::<CallValue>()),
            ValueKind::Event(_) => Some(TypeId::of::<EventValue>()),
            ValueKind::Duration => Some(TypeId::of::<Millis>()),
            ValueKind::Telefonist => Some(TypeId::of::<Telefonist>()),
            kind if kind.is_waiter() => Some(TypeId::of::<Waiter>()),
            _ => None,
        }
    }

    /// The kind of an event's field.
    pub fn of_field(name: &str) -> ValueKind {
        match name {
            "call" => ValueKind::Call,
            "headers" => ValueKind::Headers,
            "rtcp_stats" => ValueKind::Map,
            "tx" | "rx" => ValueKind::Bool,
            "time" | "status" | "mos" | "packets_tx" | "packets_rx" | "lost_tx" | "lost_rx" | "jitter_tx"
            | "jitter_rx" | "began" | "ended" | "dbfs" | "delay" | "number" => ValueKind::Number,
            "hz" => ValueKind::List,
            name if fields::named(name).is_some() => ValueKind::Text,
            _ => ValueKind::Unknown,
        }
    }

    /// Whether its only properties are those of Rhai.
    pub fn has_getters(self) -> bool {
        self.is_list()
            || matches!(
                self,
                ValueKind::Text | ValueKind::Number | ValueKind::Bool | ValueKind::Closure | ValueKind::Duration
            )
    }

    pub fn is_list(self) -> bool {
        matches!(self, ValueKind::List | ValueKind::Events(_) | ValueKind::ListOfWaiters(_) | ValueKind::ListOfFigures)
    }

    /// The kind of its elements.
    pub fn element(self) -> ValueKind {
        match self {
            ValueKind::Events(of) => ValueKind::Event(of),
            ValueKind::ListOfWaiters(of) => ValueKind::Waiter(of),
            ValueKind::ListOfFigures => ValueKind::Figures,
            _ => ValueKind::Unknown,
        }
    }

    pub fn is_waiter(self) -> bool {
        matches!(self, ValueKind::Waiter(_) | ValueKind::Waiters(_) | ValueKind::AnyWaiter | ValueKind::Quiet)
    }

    /// Whether a parameter of this type accepts such a value.
    pub fn fits(self, parameter: TypeId) -> bool {
        let one_of = |types: &[TypeId]| types.contains(&parameter);
        if one_of(&[TypeId::of::<Dynamic>()]) {
            return true;
        }
        match self {
            ValueKind::Unknown => true,
            ValueKind::Unit => one_of(&[TypeId::of::<()>()]),
            ValueKind::Bool => one_of(&[TypeId::of::<bool>()]),
            ValueKind::Text => one_of(&[TypeId::of::<&str>(), TypeId::of::<String>(), TypeId::of::<ImmutableString>()]),
            ValueKind::Map | ValueKind::Headers | ValueKind::Figures => one_of(&[TypeId::of::<Map>()]),
            ValueKind::Closure => one_of(&[TypeId::of::<FnPtr>()]),
            list if list.is_list() => one_of(&[TypeId::of::<Array>()]),
            // all kinds of numbers are the same here
            ValueKind::Number => {
                let others = [
                    ValueKind::Unit,
                    ValueKind::Bool,
                    ValueKind::Text,
                    ValueKind::Map,
                    ValueKind::Closure,
                    ValueKind::List,
                ];
                let ours = [
                    ValueKind::Agent,
                    ValueKind::Call,
                    ValueKind::Reply,
                    ValueKind::Duration,
                    ValueKind::AnyWaiter,
                    ValueKind::Event(None),
                ];
                !others.iter().chain(&ours).any(|kind| kind.fits(parameter))
            }
            kind => kind.native() == Some(parameter),
        }
    }

    /// The kind that awaiting it gives; none if it can't be awaited.
    pub fn awaited(self) -> Option<ValueKind> {
        match self {
            ValueKind::Waiter(of) => Some(ValueKind::Event(of)),
            ValueKind::Waiters(of) => Some(ValueKind::Events(of)),
            ValueKind::Quiet => Some(ValueKind::Unit),
            ValueKind::Unknown | ValueKind::AnyWaiter => Some(ValueKind::Unknown),
            _ => None,
        }
    }

    pub fn in_words(self) -> &'static str {
        match self {
            ValueKind::Unknown => "a value",
            ValueKind::Unit => "nothing",
            ValueKind::Number => "a number",
            ValueKind::Text => "a text",
            ValueKind::Bool => "a truth value",
            ValueKind::List | ValueKind::Events(_) | ValueKind::ListOfWaiters(_) | ValueKind::ListOfFigures => "a list",
            ValueKind::Map | ValueKind::Headers | ValueKind::Figures => "a map",
            ValueKind::Closure => "a closure",
            ValueKind::Duration => "a duration",
            ValueKind::Agent => "an agent",
            ValueKind::Reply => "a reply",
            ValueKind::Call => "a call",
            ValueKind::Waiter(_) | ValueKind::Waiters(_) | ValueKind::AnyWaiter | ValueKind::Quiet => "a waiter",
            ValueKind::Event(_) => "an event",
            ValueKind::Telefonist => "telefonist",
        }
    }
}

/// The functions that return an agent.
pub const MAKERS: [&str; 4] = ["agent", "uanew", "uafind", "on"];

/// The kind that a method of a native type, or a function, returns. `named`: the type of event among its arguments.
pub fn result_of(receiver: ValueKind, name: &str, arguments: &[ValueKind], named: Type) -> ValueKind {
    if matches!(receiver, ValueKind::Agent | ValueKind::Call)
        && let Some(kind) = result_of_method(name, arguments, named)
    {
        return kind;
    }
    match (receiver, name) {
        (receiver, name) if in_place::gives_nothing(receiver, name) => ValueKind::Unit,
        (list @ (ValueKind::Events(_) | ValueKind::ListOfFigures), "filter") => list,
        (list @ (ValueKind::Events(_) | ValueKind::ListOfFigures), "find") => list.element(),
        (ValueKind::Waiter(Some(of)), "ended") => ValueKind::Waiter(end_of(of)),
        (ValueKind::Waiter(Some(of)), "sent") if sent_of(of).is_some() => ValueKind::Waiter(sent_of(of)),
        (waiter, "where" | "header" | "sent" | "again" | "ended") if waiter.is_waiter() => waiter,
        (ValueKind::Quiet, "count") => ValueKind::Quiet,
        (ValueKind::Waiter(of), "count") => ValueKind::Waiters(of),
        (ValueKind::Unknown, name) if MAKERS.contains(&name) && !arguments.is_empty() => ValueKind::Agent,
        (waiter, "quiet") if waiter.is_waiter() => ValueKind::Quiet,
        (ValueKind::Unknown, "quiet") if arguments.len() == 1 => ValueKind::Quiet,
        (ValueKind::Unknown, "all" | "any") => match (name, arguments) {
            ("all", [ValueKind::ListOfWaiters(of)]) => ValueKind::Waiters(*of),
            ("any", [ValueKind::ListOfWaiters(of)]) => ValueKind::Waiter(*of),
            _ => ValueKind::AnyWaiter,
        },
        _ => ValueKind::Unknown,
    }
}

/// What a method of agents or calls gives, as far as that is known.
fn result_of_method(name: &str, arguments: &[ValueKind], named: Type) -> Option<ValueKind> {
    // without a receiver it waits for one that comes
    if name == "message" && arguments.len() < 2 {
        return Some(ValueKind::Waiter(Some("MESSAGE")));
    }
    if let ("hears", [ValueKind::Agent]) = (name, arguments) {
        return Some(ValueKind::Waiter(Some("HEARD_AGENT")));
    }
    Some(match find_method(name)?.gives {
        Gives::Nothing | Gives::Finding => return None,
        Gives::Reply => ValueKind::Reply,
        Gives::Call => ValueKind::Call,
        Gives::Waiter(of) => ValueKind::Waiter(Some(of)),
        Gives::WaiterFor => ValueKind::Waiter(named),
        Gives::Quiet => ValueKind::Quiet,
    })
}
