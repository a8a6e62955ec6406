//! What a method of agents is, for the table of them all (`methods`).

use rhai::Module;

/// A method of agents, and of calls where it is registered for them too.
pub struct Method {
    pub name: &'static str,
    /// What it does, in a sentence.
    pub meaning: &'static str,
    /// baresip's command, to which the arguments are added; empty if it sends none, or any.
    pub command: &'static str,
    pub takes: Takes,
    pub gives: Gives,
    /// Adds its forms to the language.
    pub register: &'static [Register],
}

/// Adds a form of the method to the language.
pub type Register = fn(&mut Module, &'static Method);

/// What a method is given first, as far as it is checked before a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// Nothing, or what its signature says.
    Values,
    /// A text, a number, or an agent.
    Word,
    /// Somebody to reach.
    Target,
}

/// What a method gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gives {
    Nothing,
    /// What is found in its recordings.
    Finding,
    /// The agent's answer to a command.
    Reply,
    Call,
    /// A waiter for an event of that name.
    Waiter(&'static str),
    /// A waiter for an event whose name the method is given.
    WaiterFor,
    Quiet,
}

impl Method {
    /// The word of its command.
    pub fn word(&self) -> Option<&'static str> {
        self.command.split(' ').next().filter(|word| !word.is_empty())
    }
}
