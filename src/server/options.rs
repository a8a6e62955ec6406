//! Options of a server, set when it starts.

use crate::engine::ScriptLimits;
use crate::store::{Retention, Secret};
use std::net::SocketAddr;
use std::path::PathBuf;

/// The user that each server has.
pub const FIRST_USER: &str = "telefonist";
/// The password that this user has at first; everybody knows it.
pub const DEFAULT_PASSWORD: &str = "telefonist";

/// How a server is to be.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where it listens; port 0: any that is free.
    pub ui_address: SocketAddr,
    /// The password that the user `telefonist` gets; none: the one it has, at first [`DEFAULT_PASSWORD`].
    pub admin_password: Option<Secret>,
    /// The key that may do all; none: one is made for this start and shown at the terminal.
    pub api_key: Option<Secret>,
    pub tls: Option<Tls>,
    /// How many jobs run at once.
    pub parallel_runs: u16,
    /// Which runs are kept.
    pub retention: Retention,
    /// Of each test.
    pub limits: ScriptLimits,
}

/// PEM files, read again when they change.
#[derive(Debug, Clone)]
pub struct Tls {
    pub certificate: PathBuf,
    pub key: PathBuf,
}
