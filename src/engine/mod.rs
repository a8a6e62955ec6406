//! The Rhai host: compiles and runs a script; everything it does in the world it asks of its [`Host`].
//!
//! [`compile`] gives a [`Program`], [`check`] finds what can be found without a run, [`run`] runs it. A run has one
//! cheap engine over shared modules (`api`), and one `Run` (`state`) that all native functions find through it.

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

pub use check::facts::{Facts, FactsOfTests, facts, validations};
pub use check::{Known, check, commands, events, figures};
pub use editor::{complete, hover};
pub use language::blocks::Block;
pub use language::program::{Loader, Program, compile};
pub use language::statements::is_unfinished;
pub use language::stdlib::{MODULES as STD_MODULES, StdFunction, StdModule, documentation as std_documentation};
pub use runner::run;
pub use runner::{Collected, collect};
pub use script::host::{AgentAsk, Host, Reply};
pub use script::run::Limits;
pub use session::{Outcome, Pause, Session, Statement, Trouble, session};
pub use validation::{Judging, Material, Stop, validate};
