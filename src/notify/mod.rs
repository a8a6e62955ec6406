//! Sends results to webhooks: at once, or by a worker that retries. A failure to send never changes a verdict.

mod attempt;
mod message;
mod policy;
mod post;
mod send;
mod sign;
mod worker;

pub use attempt::address;
pub use message::{Finished, body};
pub use policy::Policy;
pub use post::{Link, Post, Setup};
pub use send::send;
pub use worker::Watcher;
