//! What an agent's process is started from: ports, a folder, a configuration. Where a port turns out to be taken, all of that is
//! prepared once more.

use super::account::{Account, Source};
use super::asked::Asked;
use super::certificate::Certificate;
use super::config::{self, Plan};
use super::ports::{Lease, Ports, too_few};
use super::{Kind, Settings};
use crate::event::{Body, Ended, Note, Sink};
use std::ffi::OsString;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// Publishes the presence of accounts that are there when it is loaded.
pub const PRESENCE_MODULE: &str = "presence";
/// Folders of agents of one name and port, one after another.
const MOST_FOLDERS: usize = 10_000;

/// An agent that is to be started.
pub struct Launch {
    /// With the agent's own options.
    pub settings: Settings,
    pub asked: Asked,
    pub ports: Arc<Ports>,
    pub kind: Kind,
    pub account: Account,
    pub source: Source,
    /// Where SIP and RTP live.
    pub interface: IpAddr,
    pub certificate: Arc<Certificate>,
    /// The run's.
    pub folder: PathBuf,
    pub name: Arc<str>,
    pub sink: Arc<dyn Sink>,
    /// Ends with the host.
    pub host: watch::Receiver<()>,
}

/// What an agent is started with.
pub struct Start {
    pub kind: Kind,
    /// Variables that it is not given.
    pub hidden: Vec<OsString>,
    /// Holds its configuration.
    pub folder: PathBuf,
    /// The account, as `uanew` takes it.
    pub line: String,
    pub local: bool,
    /// It loads the module for that, once its account is made: before, there is nothing to publish.
    pub presence: bool,
    pub sip: SocketAddr,
    pub control: SocketAddr,
    /// Held until the process is gone.
    pub _lease: Lease,
    pub name: Arc<str>,
    pub sink: Arc<dyn Sink>,
    /// Ends with the host.
    pub host: watch::Receiver<()>,
    /// How long its start may take.
    pub limit: Duration,
}

impl Start {
    pub fn push(&self, note: Note) {
        match &note {
            Note::AgentReady { milliseconds } => tracing::info!(milliseconds, "the agent is ready"),
            Note::AgentStopped { status } => tracing::info!(status, "the agent is stopped"),
            Note::AgentLost { status } => tracing::warn!(status, "the agent's process ended by itself"),
            _ => {}
        }
        self.sink.push(Some(&self.name), Body::Note(note));
    }
}

impl Launch {
    /// Leases ports, writes the configuration into a folder of its own, and notes that the agent is being started. `wanted` is the
    /// SIP port that it has where that is free; its own option says which it has in any case.
    ///
    /// # Errors
    /// No port is free; no sound or certificate of that name; the folder can't be written.
    pub fn prepare(&self, wanted: Option<u16>) -> Result<Start, Ended> {
        let Launch { settings, asked, ports, kind, account, source, interface, certificate, .. } = self;
        let fixed = account.options.port;
        let lease = match ports.lease(settings, *interface, fixed.or(wanted)) {
            Err(_) if fixed.is_none() && wanted.is_some() => ports.lease(settings, *interface, None),
            lease => lease,
        }?;
        let folder = own_folder(&self.folder, &self.name, lease.sip)?;
        let plan = Plan {
            settings,
            asked: *asked,
            kind,
            account,
            name: &self.name,
            source,
            interface: *interface,
            lease: &lease,
            certificate,
            folder: &folder,
        };
        config::write(&plan)?;
        let sip = SocketAddr::new(*interface, lease.sip);
        let start = Start {
            kind: kind.clone(),
            hidden: settings.hidden.clone(),
            folder,
            line: account.line(lease.sip, source),
            local: account.local,
            presence: self.presence()?,
            sip,
            control: SocketAddr::new(settings.ctrl_address.ip(), lease.control),
            _lease: lease,
            name: self.name.clone(),
            sink: self.sink.clone(),
            host: self.host.clone(),
            limit: settings.agent_start,
        };
        start.push(Note::AgentStarting {
            aor: account.aor.clone(),
            address: sip.to_string(),
            local: account.local,
            baresip: kind.to_string(),
        });
        // the flags' own numbers were looked at when the host began
        if let Some(told) = account.options.max_calls.and_then(|calls| too_few(&settings.rtp_ports, calls)) {
            start.push(Note::Warning { message: told.message, at: None });
        }
        Ok(start)
    }
}

impl Launch {
    /// Whether the agent is to load the module for presence.
    fn presence(&self) -> Result<bool, Ended> {
        let has = self.kind.has(PRESENCE_MODULE);
        match self.account.parameter("pubint").is_some_and(|interval| interval != "0") {
            true if !has => Err(self.kind.lacks("pubint", PRESENCE_MODULE)),
            publishes => Ok(has && (publishes || self.asked.presence)),
        }
    }
}

/// `<folder>/agents/<name>-<port>`; an agent that is started again gets another folder: `<name>-<port>-2`.
fn own_folder(folder: &Path, name: &str, port: u16) -> Result<PathBuf, Ended> {
    let safe: String = name.chars().map(|c| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '_' }).collect();
    let agents = folder.join("agents");
    let broken = |own: &Path, error: io::Error| {
        Ended::error(format!("the agent's folder {} can't be made: {error}", own.display()))
    };
    std::fs::create_dir_all(&agents).map_err(|error| broken(&agents, error))?;
    let mut own = agents.join(format!("{safe}-{port}"));
    for n in 2..=MOST_FOLDERS {
        match std::fs::create_dir(&own) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                own = agents.join(format!("{safe}-{port}-{n}"))
            }
            made => {
                let made = made.and_then(|()| std::fs::create_dir(own.join("recordings")));
                return made.map(|()| own.clone()).map_err(|error| broken(&own, error));
            }
        }
    }
    Err(Ended::error(format!("the agent `{name}` has been started more than {MOST_FOLDERS} times")))
}
