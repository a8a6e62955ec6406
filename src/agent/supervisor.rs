//! Starts agents, on one thread that lives as long as the host.

use super::account::Account;
use super::certificate::Certificate;
use super::config::{self, Plan};
use super::contacts::Contacts;
use super::handle::Agent;
use super::live::{self, Start};
use super::ports::{Ports, too_few};
use super::room::Room;
use super::{Kind, Settings, interface};
use crate::diagnostic::Diagnostic;
use crate::event::{Body, Ended, Note, Sink};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};

/// For an agent that is being stopped to make room for another.
const SEAT: Duration = Duration::from_secs(5);
/// For the agents that run when the host ends: as long as the end of one may take.
const END: Duration = Duration::from_secs(3);

/// All agents of a host. When it is dropped, those that still run are stopped.
///
/// The kernel kills an agent when the *thread* that started it ends; so all are started by one that ends with the host.
pub struct Supervisor {
    settings: Settings,
    kind: Kind,
    certificate: Certificate,
    runtime: Handle,
    /// Held by the host; what follows an agent sees it go.
    host: Option<watch::Sender<()>>,
    room: Arc<Room>,
    ports: Arc<Ports>,
    /// Held by everything that follows an agent.
    agents: Option<mpsc::Sender<Infallible>>,
    thread: Option<JoinHandle<()>>,
}

impl Supervisor {
    /// # Errors
    /// There is no agent to start, with what to do.
    pub fn new(settings: Settings) -> Result<Arc<Supervisor>, Diagnostic> {
        let kind = Kind::of(&settings)?;
        Supervisor::with_kind(settings, kind)
    }

    pub(super) fn with_kind(settings: Settings, kind: Kind) -> Result<Arc<Supervisor>, Diagnostic> {
        let broken = |error: &dyn std::fmt::Display| Diagnostic::error(format!("agents can't be started: {error}"));
        let certificate = Certificate::new().map_err(|error| broken(&error))?;
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| broken(&error))?;
        let handle = runtime.handle().clone();
        let (host, mut ended) = watch::channel(());
        let (agents, mut running) = mpsc::channel(1);
        let thread = std::thread::Builder::new().name("agents".into()).spawn(move || {
            runtime.block_on(async {
                // comes back, with an error, when the supervisor is dropped
                let _ = ended.changed().await;
                let _ = tokio::time::timeout(END, running.recv()).await;
            });
        });
        let thread = Some(thread.map_err(|error| broken(&error))?);
        let (host, agents) = (Some(host), Some(agents));
        let room = Arc::new(Room::new(settings.max_agents));
        let ports = Ports::new(&settings.lease_file);
        Ok(Arc::new(Supervisor { settings, kind, certificate, runtime: handle, host, room, ports, agents, thread }))
    }

    pub(super) fn runtime(&self) -> &Handle {
        &self.runtime
    }

    pub fn kind(&self) -> &Kind {
        &self.kind
    }

    /// Starts an agent in a folder of its own below `folder` and does not wait for it.
    ///
    /// # Errors
    /// What can be known before the process: there are as many agents as may be, no port is free, no such sound, no route to its registrar.
    pub fn start(
        &self,
        name: Arc<str>,
        account: &Account,
        folder: &Path,
        sink: Arc<dyn Sink>,
    ) -> Result<Arc<Agent>, Ended> {
        let source = account.source(&self.settings.sounds)?;
        let seat = self.room.take(SEAT)?;
        let interface = interface::of(account, &self.settings)?;
        let settings = self.settings.of(&account.options);
        let lease = self.ports.lease(&settings, interface, account.options.port)?;
        let folder = own_folder(folder, &name, lease.sip)?;
        let plan = Plan {
            settings: &settings,
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
        // the flags' own numbers were looked at when the host began
        let too_few = account.options.max_calls.and_then(|calls| too_few(&settings.rtp_ports, calls));
        if let Some(told) = too_few {
            sink.push(Some(&name), Body::Note(Note::Warning { message: told.message, at: None }));
        }
        let control = SocketAddr::new(self.settings.ctrl_address.ip(), lease.control);
        let contacts = Contacts::new(self.kind.version, folder.clone());
        let (agent, requests) = Agent::new(name.clone(), sip, account.local, recordings, contacts, sink.clone());
        let (agent, kind) = (Arc::new(agent), self.kind.clone());
        let (Some(host), running) = (self.host.as_ref().map(watch::Sender::subscribe), self.agents.clone()) else {
            return Err(Ended::error("the host ends: no agent is started any more"));
        };
        let local = account.local;
        let hidden = self.settings.hidden.clone();
        let start = Start { kind, hidden, folder, line, local, sip, control, _lease: lease, name, sink, host };
        let state = agent.state();
        self.runtime.spawn(async move {
            live::live(start, requests, state).await;
            drop((running, seat));
        });
        Ok(agent)
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        drop((self.host.take(), self.agents.take()));
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
