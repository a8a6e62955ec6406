//! The Rhai host: compiles and runs a script; everything it does in the world it asks of its [`Host`].

mod host;

pub use host::{AgentAsk, Host, Reply};
