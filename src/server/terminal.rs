//! The terminal that started the server, which reports what goes on.

use crate::diagnostic::Diagnostic;
use crate::store::Secret;
use std::net::SocketAddr;
use std::path::Path;

/// What whoever started a server has to know.
pub struct Started {
    /// Where it listens.
    pub address: SocketAddr,
    pub tls: bool,
    /// The admin's key, where it was made for this start: nobody learns it later.
    pub made_key: Option<Secret>,
    /// The first user has the password that everybody knows.
    pub default_password: bool,
}

/// Who is notified of what goes on.
pub trait Terminal: Send + Sync {
    fn started(&self, started: &Started);
    /// Something did not work that no request tells.
    fn trouble(&self, problem: &Diagnostic);
    /// The certificate was replaced: new connections get the one in that file.
    fn new_certificate(&self, file: &Path);
}
