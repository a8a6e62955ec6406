//! What a check knows of a value before it is there.

use super::in_place;
use crate::engine::api::agent::{Agent, ReplyValue};
use crate::engine::api::call::Call;
use crate::engine::api::event_value::EventValue;
use crate::engine::api::telefonist::Telefonist;
use crate::engine::api::waiter::Waiter;
use crate::engine::language::duration::Millis;
use crate::event::fields;
use rhai::{Array, Dynamic, FnPtr, ImmutableString, Map};
use std::any::TypeId;

/// An event's type, where it is known: `CALL_CLOSED`, `SIP`, `LOG`.
pub type Type = Option<&'static str>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
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
    /// What a validation fails by.
    Telefonist,
    /// A list of waiters of one event each.
    ListOfWaiters(Type),
    /// The headers of a SIP message.
    Headers,
    /// The figures of a call, and a list of those, in a validation.
    Figures,
    ListOfFigures,
}

impl Kind {
    pub fn of_list(elements: &[Kind]) -> Kind {
        let mut types = vec![];
        for kind in elements {
            match kind {
                Kind::Waiter(of) => types.push(*of),
                _ => return Kind::List,
            }
        }
        types.dedup();
        match types[..] {
            [] => Kind::List,
            [one] => Kind::ListOfWaiters(one),
            _ => Kind::ListOfWaiters(None),
        }
    }

    /// The native type, where methods are looked up by it; none for what Rhai itself knows.
    pub fn native(self) -> Option<TypeId> {
        match self {
            Kind::Agent => Some(TypeId::of::<Agent>()),
            Kind::Reply => Some(TypeId::of::<ReplyValue>()),
            Kind::Call => Some(TypeId::of::<Call>()),
            Kind::Event(_) => Some(TypeId::of::<EventValue>()),
            Kind::Duration => Some(TypeId::of::<Millis>()),
            Kind::Telefonist => Some(TypeId::of::<Telefonist>()),
            kind if kind.is_waiter() => Some(TypeId::of::<Waiter>()),
            _ => None,
        }
    }

    /// What a field of an event is, where the event has it.
    pub fn of_field(name: &str) -> Kind {
        match name {
            "call" => Kind::Call,
            "headers" => Kind::Headers,
            "rtcp_stats" => Kind::Map,
            "tx" | "rx" => Kind::Bool,
            "time" | "status" | "mos" | "packets_tx" | "packets_rx" | "lost_tx" | "lost_rx" | "jitter_tx"
            | "jitter_rx" => Kind::Number,
            name if fields::named(name).is_some() => Kind::Text,
            _ => Kind::Unknown,
        }
    }

    /// Whether its properties are those that Rhai itself gives to values of the kind.
    pub fn has_getters(self) -> bool {
        self.is_list() || matches!(self, Kind::Text | Kind::Number | Kind::Bool | Kind::Closure | Kind::Duration)
    }

    pub fn is_list(self) -> bool {
        matches!(self, Kind::List | Kind::Events(_) | Kind::ListOfWaiters(_) | Kind::ListOfFigures)
    }

    /// What each element of it is.
    pub fn element(self) -> Kind {
        match self {
            Kind::Events(of) => Kind::Event(of),
            Kind::ListOfWaiters(of) => Kind::Waiter(of),
            Kind::ListOfFigures => Kind::Figures,
            _ => Kind::Unknown,
        }
    }

    pub fn is_waiter(self) -> bool {
        matches!(self, Kind::Waiter(_) | Kind::Waiters(_) | Kind::AnyWaiter | Kind::Quiet)
    }

    /// Whether a function that takes this type can be given such a value.
    pub fn fits(self, parameter: TypeId) -> bool {
        let one_of = |types: &[TypeId]| types.contains(&parameter);
        if one_of(&[TypeId::of::<Dynamic>()]) {
            return true;
        }
        match self {
            Kind::Unknown => true,
            Kind::Unit => one_of(&[TypeId::of::<()>()]),
            Kind::Bool => one_of(&[TypeId::of::<bool>()]),
            Kind::Text => one_of(&[TypeId::of::<&str>(), TypeId::of::<String>(), TypeId::of::<ImmutableString>()]),
            Kind::Map | Kind::Headers | Kind::Figures => one_of(&[TypeId::of::<Map>()]),
            Kind::Closure => one_of(&[TypeId::of::<FnPtr>()]),
            list if list.is_list() => one_of(&[TypeId::of::<Array>()]),
            // whole or not, and of which width, is not told apart here
            Kind::Number => {
                let others = [Kind::Unit, Kind::Bool, Kind::Text, Kind::Map, Kind::Closure, Kind::List];
                let ours = [Kind::Agent, Kind::Call, Kind::Reply, Kind::Duration, Kind::AnyWaiter, Kind::Event(None)];
                !others.iter().chain(&ours).any(|kind| kind.fits(parameter))
            }
            kind => kind.native() == Some(parameter),
        }
    }

    /// What awaiting it gives; none where it can't be awaited.
    pub fn awaited(self) -> Option<Kind> {
        match self {
            Kind::Waiter(of) => Some(Kind::Event(of)),
            Kind::Waiters(of) => Some(Kind::Events(of)),
            Kind::Quiet => Some(Kind::Unit),
            Kind::Unknown | Kind::AnyWaiter => Some(Kind::Unknown),
            _ => None,
        }
    }

    pub fn in_words(self) -> &'static str {
        match self {
            Kind::Unknown => "a value",
            Kind::Unit => "nothing",
            Kind::Number => "a number",
            Kind::Text => "a text",
            Kind::Bool => "a truth value",
            Kind::List | Kind::Events(_) | Kind::ListOfWaiters(_) | Kind::ListOfFigures => "a list",
            Kind::Map | Kind::Headers | Kind::Figures => "a map",
            Kind::Closure => "a closure",
            Kind::Duration => "a duration",
            Kind::Agent => "an agent",
            Kind::Reply => "a reply",
            Kind::Call => "a call",
            Kind::Waiter(_) | Kind::Waiters(_) | Kind::AnyWaiter | Kind::Quiet => "a waiter",
            Kind::Event(_) => "an event",
            Kind::Telefonist => "telefonist",
        }
    }
}

/// The functions that give an agent.
pub const MAKERS: [&str; 4] = ["agent", "uanew", "uafind", "on"];

/// What a method of a native type, or a function, gives; `named`: the type of event that it is given.
pub fn result_of(receiver: Kind, name: &str, arguments: &[Kind], named: Type) -> Kind {
    match (receiver, name) {
        (Kind::Agent, "dial") => Kind::Call,
        (receiver, name) if in_place::gives_nothing(receiver, name) => Kind::Unit,
        (list @ (Kind::Events(_) | Kind::ListOfFigures), "filter") => list,
        (list @ (Kind::Events(_) | Kind::ListOfFigures), "find") => list.element(),
        (Kind::Agent | Kind::Call, "event") => Kind::Waiter(named),
        (Kind::Agent | Kind::Call, "established") => Kind::Waiter(Some("CALL_ESTABLISHED")),
        (Kind::Agent | Kind::Call, "closed") => Kind::Waiter(Some("CALL_CLOSED")),
        (Kind::Agent, "registered") => Kind::Waiter(Some("REGISTER_OK")),
        (Kind::Agent, "log") => Kind::Waiter(Some("LOG")),
        (Kind::Agent | Kind::Call, "sip") => Kind::Waiter(Some("SIP")),
        (Kind::Agent, "message") if arguments.len() < 2 => Kind::Waiter(Some("MESSAGE")),
        (Kind::Agent | Kind::Call, "quiet") => Kind::Quiet,
        (Kind::Agent | Kind::Call, "cmd") => Kind::Reply,
        (Kind::Agent | Kind::Call, name) if super::command_of(name).is_some() => Kind::Reply,
        (waiter, "where" | "header" | "sent" | "again") if waiter.is_waiter() => waiter,
        (Kind::Quiet, "count") => Kind::Quiet,
        (Kind::Waiter(of), "count") => Kind::Waiters(of),
        (Kind::Unknown, name) if MAKERS.contains(&name) && !arguments.is_empty() => Kind::Agent,
        (waiter, "quiet") if waiter.is_waiter() => Kind::Quiet,
        (Kind::Unknown, "quiet") if arguments.len() == 1 => Kind::Quiet,
        (Kind::Unknown, "all" | "any") => match (name, arguments) {
            ("all", [Kind::ListOfWaiters(of)]) => Kind::Waiters(*of),
            ("any", [Kind::ListOfWaiters(of)]) => Kind::Waiter(*of),
            _ => Kind::AnyWaiter,
        },
        _ => Kind::Unknown,
    }
}
