//! What a check knows of a value before it is there.

use super::agent_api::{Agent, ReplyValue};
use super::duration::Millis;
use super::event_value::EventValue;
use super::waiter::Waiter;
use std::any::TypeId;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Unknown,
    Number,
    Text,
    Bool,
    List,
    Map,
    Duration,
    Agent,
    Reply,
    /// Awaiting it gives one event.
    Waiter,
    /// Awaiting it gives a list of events.
    Waiters,
    /// Awaiting it gives what can't be told.
    AnyWaiter,
    Quiet,
    Event,
    /// A list of events.
    Events,
    /// A list of waiters of one event each.
    ListOfWaiters,
}

impl Kind {
    pub fn of_list(elements: &[Kind]) -> Kind {
        let waiters = !elements.is_empty() && elements.iter().all(|kind| *kind == Kind::Waiter);
        if waiters { Kind::ListOfWaiters } else { Kind::List }
    }

    /// The native type, where methods are looked up by it; none for what Rhai itself knows.
    pub fn native(self) -> Option<TypeId> {
        match self {
            Kind::Agent => Some(TypeId::of::<Agent>()),
            Kind::Reply => Some(TypeId::of::<ReplyValue>()),
            Kind::Waiter | Kind::Waiters | Kind::AnyWaiter | Kind::Quiet => Some(TypeId::of::<Waiter>()),
            Kind::Event => Some(TypeId::of::<EventValue>()),
            Kind::Duration => Some(TypeId::of::<Millis>()),
            _ => None,
        }
    }

    /// What awaiting it gives; none where it can't be awaited.
    pub fn awaited(self) -> Option<Kind> {
        match self {
            Kind::Waiter => Some(Kind::Event),
            Kind::Waiters => Some(Kind::Events),
            Kind::Unknown | Kind::AnyWaiter | Kind::Quiet => Some(Kind::Unknown),
            _ => None,
        }
    }

    pub fn in_words(self) -> &'static str {
        match self {
            Kind::Unknown => "a value",
            Kind::Number => "a number",
            Kind::Text => "a text",
            Kind::Bool => "a truth value",
            Kind::List | Kind::Events | Kind::ListOfWaiters => "a list",
            Kind::Map => "a map",
            Kind::Duration => "a duration",
            Kind::Agent => "an agent",
            Kind::Reply => "a reply",
            Kind::Waiter | Kind::Waiters | Kind::AnyWaiter | Kind::Quiet => "a waiter",
            Kind::Event => "an event",
        }
    }
}

/// What a method of a native type, or a function, gives; `awaited`: it stands in the operand of an `await`.
pub fn result_of(receiver: Kind, name: &str, arguments: &[Kind], awaited: bool) -> Kind {
    match (receiver, name) {
        (Kind::Agent, "event" | "established" | "closed" | "registered" | "log" | "sip") => Kind::Waiter,
        (Kind::Agent, "dtmf") if awaited => Kind::Waiter,
        (Kind::Agent, "quiet") => Kind::Quiet,
        (Kind::Agent, "cmd") => Kind::Reply,
        (Kind::Agent, name) if super::check::command_of(name).is_some() => Kind::Reply,
        (waiter @ (Kind::Waiter | Kind::Waiters | Kind::AnyWaiter | Kind::Quiet), "where") => waiter,
        (Kind::Waiter, "count") => Kind::Waiters,
        (Kind::Unknown, "agent" | "uanew" | "uafind" | "on") if !arguments.is_empty() => Kind::Agent,
        (Kind::Unknown, "all") if arguments == [Kind::ListOfWaiters] => Kind::Waiters,
        (Kind::Unknown, "any") if arguments == [Kind::ListOfWaiters] => Kind::Waiter,
        (Kind::Unknown, "all" | "any") => Kind::AnyWaiter,
        _ => Kind::Unknown,
    }
}
