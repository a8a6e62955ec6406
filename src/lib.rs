//! telefonist: a host for a scripting language whose scripts make phone calls.
//!
//! The modules stand in the order in which data flows through them; each may import only those above it
//! (`tests/tidy.rs` checks it):
//!
//! - [`diagnostic`]: what is wrong, where, and what to do
//! - [`event`]: the vocabulary of a run and its append-only log
//! - [`sip`]: SIP messages from bytes
//! - [`testfile`]: text of a classic testfile → its directives and steps
//! - [`script`]: testfile → Rhai text and source map
//! - [`audio`]: what is heard in a sound: levels, tones, speech, prompts, delay, quality
//! - [`flow`]: a record's events as a reproducible text and its hash
//! - [`calls`]: the calls of a record with their times and figures
//! - [`agent`]: a baresip process that speaks ctrl_tcp
//! - [`engine`]: the Rhai host: `await`, waiters, limits
//! - [`run`]: one run: script above, agents below, the log between them
//! - [`record`]: the run's folder and its event file, written and read
//! - [`validation`]: scripts that judge a run by its record
//! - [`verdict`]: Pass, Fail, Error or Cancelled, and why
//! - [`report`]: a verdict for people
//! - [`export`]: a kept run as a file for other tools
//! - [`store`]: projects, tests, runs and users in a database
//! - [`notify`]: results, sent to webhooks
//! - [`pipeline`]: the one place where the stages meet
//! - [`repl`]: a person at a prompt, in place of a script
//! - [`jobs`]: what a server runs: a queue, its workers, what goes on
//! - [`schedule`]: cron expressions, and what is due by them
//! - [`server`]: the service: REST, WebSocket, web UI
//! - [`attach`]: a prompt at this terminal for the console of a server elsewhere
//! - [`cli`]: arguments, environment, exit codes
pub mod agent;
pub mod attach;
pub mod audio;
pub mod calls;
pub mod cli;
pub mod diagnostic;
pub mod engine;
pub mod event;
pub mod export;
pub mod flow;
pub mod jobs;
pub mod notify;
pub mod pipeline;
pub mod record;
pub mod repl;
pub mod report;
pub mod run;
pub mod schedule;
pub mod script;
pub mod server;
pub mod sip;
pub mod store;
pub mod testfile;
pub mod validation;
pub mod verdict;
