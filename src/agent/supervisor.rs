//! Starts agents, on one thread that lives as long as the host.

use super::account::Account;
use super::certificate::Certificate;
use super::config::{self, Plan};
use super::live::{self, Start};
use super::process::Agent;
use super::{Kind, Settings, interface, ports};
use crate::diagnostic::Diagnostic;
use crate::event::{Body, Ended, Note, Sink};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

/// All agents of a host. When it is dropped, those that still run are killed.
///
/// The kernel kills an agent when the *thread* that started it ends; so all are started by one that ends with the host.
pub struct Supervisor {
    settings: Settings,
    kind: Kind,
    certificate: Certificate,
    runtime: Handle,
    end: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Supervisor {
    /// # Errors
    /// There is no agent to start, with what to do.
    pub fn new(settings: Settings) -> Result<Arc<Supervisor>, Diagnostic> {
        let kind = Kind::of(&settings)?;
        let broken = |error: &dyn std::fmt::Display| Diagnostic::error(format!("agents can't be started: {error}"));
        let certificate = Certificate::new().map_err(|error| broken(&error))?;
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| broken(&error))?;
        let handle = runtime.handle().clone();
        let (end, ended) = oneshot::channel::<()>();
        let thread = std::thread::Builder::new().name("agents".into()).spawn(move || {
            // comes back when the supervisor is dropped; the runtime then drops, and kills, what still runs
            let _ = runtime.block_on(ended);
        });
        let thread = thread.map_err(|error| broken(&error))?;
        Ok(Arc::new(Supervisor { settings, kind, certificate, runtime: handle, end: Some(end), thread: Some(thread) }))
    }

    pub fn kind(&self) -> &Kind {
        &self.kind
    }

    /// Starts an agent in a folder of its own below `folder` and does not wait for it.
    ///
    /// # Errors
    /// What can be known before the process: no port is free, no such sound, no route to its registrar.
    pub fn start(
        &self,
        name: Arc<str>,
        account: &Account,
        folder: &Path,
        sink: Arc<dyn Sink>,
    ) -> Result<Arc<Agent>, Ended> {
        let source = account.source(&self.settings.sounds)?;
        let interface = interface::of(account, &self.settings)?;
        let lease = ports::lease(&self.settings, interface)?;
        let folder = own_folder(folder, &name, lease.sip)?;
        let plan = Plan {
            settings: &self.settings,
            kind: &self.kind,
            account,
            source: &source,
            interface,
            lease: &lease,
            certificate: &self.certificate,
            folder: &folder,
        };
        config::write(&plan)?;
        let recordings = folder.join("recordings");
        let line = account.line(lease.sip, &source);
        let sip = SocketAddr::new(interface, lease.sip);
        let starting = Note::AgentStarting {
            aor: account.aor.clone(),
            address: sip.to_string(),
            local: account.local,
            baresip: self.kind.to_string(),
        };
        sink.push(Some(&name), Body::Note(starting));
        let control = SocketAddr::new(self.settings.ctrl_address.ip(), lease.control);
        let (agent, requests) = Agent::new(name.clone(), sip, recordings, sink.clone());
        let agent = Arc::new(agent);
        let start = Start { kind: self.kind.clone(), folder, line, sip, control, _lease: lease, name, sink };
        self.runtime.spawn(live::live(start, requests, agent.state()));
        Ok(agent)
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// `<folder>/agents/<name>-<port>`: an agent that replaces another of its name gets another folder.
fn own_folder(folder: &Path, name: &str, port: u16) -> Result<std::path::PathBuf, Ended> {
    let safe: String = name.chars().map(|c| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '_' }).collect();
    let own = folder.join("agents").join(format!("{safe}-{port}"));
    std::fs::create_dir_all(own.join("recordings"))
        .map_err(|error| Ended::error(format!("the agent's folder {} can't be made: {error}", own.display())))?;
    Ok(own)
}
