//! The language: compiles, checks and runs scripts in Rhai. A script can only do what its [`Host`] does for it.
//!
//! [`compile`] returns a [`Program`], [`check`] finds mistakes without a run, and [`run`] runs a program. Each run has an engine of its
//! own over shared modules of functions (`api`), and a `ScriptRun` (`script::run`) that these functions find by the engine's tag.

mod api;
mod check;
mod editor;
mod language;
mod rules;
mod runner;
mod running;
mod script;
mod session;
mod validation;

#[cfg(test)]
mod tests;

pub use api::method::{Gives, Method, Takes};
pub use api::methods::METHODS;
pub use check::facts::{FactsOfTests, ScriptFacts, facts, validations};
pub use check::{AskedOfAgents, CheckInputs, CheckedScript, check, figures, read_and_check};
pub use editor::{complete, hover, methods_in_markdown};
pub use language::blocks::Block;
#[cfg(test)]
pub use language::parser::PARSED;
pub use language::program::{Loader, Program, compile};
pub use language::statements::is_unfinished;
pub use language::stdlib::{MODULES as STD_MODULES, StdFunction, StdModule, documentation as std_documentation};
pub use rules::heard::HeardAsk;
pub use runner::run;
pub use runner::{Collected, collect};
pub use script::host::{AgentAsk, Host, Reply};
pub use script::run::ScriptLimits;
pub use session::{LineOutcome, Pause, Session, Statement, Trouble, session};
pub use validation::{Judging, Material, StopAsked, validate};
