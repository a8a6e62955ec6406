//! Starts agents, on one thread that lives as long as the host.

use super::account::{Account, Source};
use super::asked::Asked;
use super::certificate::Certificate;
use super::contacts::Contacts;
use super::handle::Agent;
use super::launch::Launch;
use super::live;
use super::ports::{Kept, Ports};
use super::registrations::Registrations;
use super::room::Room;
use super::{Kind, Settings, interface, sound};
use crate::diagnostic::Diagnostic;
use crate::event::{Body, Ended, Note, Sink};
use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};
use tracing::Instrument;

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
    certificate: Arc<Certificate>,
    runtime: Handle,
    /// Held by the host; what follows an agent sees it go.
    host: Option<watch::Sender<()>>,
    room: Arc<Room>,
    ports: Arc<Ports>,
    registrations: Arc<Registrations>,
    /// Held by everything that follows an agent.
    agents: Option<mpsc::Sender<Infallible>>,
    thread: Option<JoinHandle<()>>,
}

impl Supervisor {
    /// Where sound files are looked for, in this order.
    pub fn sound_folders(&self) -> &[PathBuf] {
        &self.settings.sounds
    }

    /// # Errors
    /// There is no agent to start, with what to do.
    pub fn new(settings: Settings) -> Result<Arc<Supervisor>, Diagnostic> {
        let kind = Kind::of(&settings)?;
        Supervisor::with_kind(settings, kind)
    }

    pub(super) fn with_kind(settings: Settings, kind: Kind) -> Result<Arc<Supervisor>, Diagnostic> {
        let broken = |error: &dyn std::fmt::Display| Diagnostic::error(format!("agents can't be started: {error}"));
        let certificate = Arc::new(Certificate::new().map_err(|error| broken(&error))?);
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
        Ok(Arc::new(Supervisor {
            settings,
            kind,
            certificate,
            runtime: handle,
            host,
            room,
            ports,
            registrations: Arc::default(),
            agents,
            thread,
        }))
    }

    pub(super) fn runtime(&self) -> &Handle {
        &self.runtime
    }

    pub fn kind(&self) -> &Kind {
        &self.kind
    }

    /// The sound file of that name.
    ///
    /// # Errors
    /// No folder has it.
    pub fn find_sound(&self, file: &str) -> Result<PathBuf, Ended> {
        sound::find(file, &self.settings.sounds)
    }

    /// The sound file that an agent with this account sends, if it sends one.
    ///
    /// # Errors
    /// There is no such file.
    pub fn sound_of(&self, account: &Account) -> Result<Option<PathBuf>, Ended> {
        Ok(match account.source(&self.settings.sounds)? {
            Source::File(file) => Some(file),
            Source::Silence | Source::Other => None,
        })
    }

    /// The sound file of that name, which an agent with this account may send from now on.
    ///
    /// # Errors
    /// No folder has it; the agent can't send it: other agents than the embedded one stay at the rate that they began with.
    pub fn sound(&self, account: &Account, file: &str) -> Result<PathBuf, Ended> {
        let folders = &self.settings.sounds;
        let path = sound::find(file, folders)?;
        let new = sound::format(&path)?;
        let old = match account.source(folders)? {
            Source::Silence => sound::PLAIN,
            Source::File(path) => sound::format(&path)?,
            Source::Other => new,
        };
        if !self.kind.embedded && new != old {
            let message = format!(
                "the sound file `{file}` can't follow what the agent sends: its rate is another ({})",
                self.kind
            );
            let advice = format!("convert it: sox {file} -r {} -c {} -b 16 new.wav", old.rate, old.channels);
            return Err(Ended { advice: Some(advice), ..Ended::error(message) });
        }
        Ok(path)
    }

    /// Keeps the SIP port of an agent that was stopped and may come back.
    pub fn keep(&self, port: u16) -> Option<Kept> {
        self.ports.keep(port)
    }

    /// Starts an agent in a folder of its own below `folder` and does not wait for it. `wanted` is the SIP port that it gets if that
    /// is free; `asked`: what the test asks all its agents for.
    ///
    /// # Errors
    /// What can be known before the process: there are as many agents as may be, no port is free, no such sound, no route to its registrar.
    pub fn start(
        &self,
        name: Arc<str>,
        account: &Account,
        folder: &Path,
        sink: Arc<dyn Sink>,
        wanted: Option<u16>,
        asked: Asked,
    ) -> Result<Arc<Agent>, Ended> {
        let source = account.source(&self.settings.sounds)?;
        let seat = self.room.take(SEAT)?;
        let interface = interface::of(account, &self.settings)?;
        let (Some(host), running) = (self.host.as_ref().map(watch::Sender::subscribe), self.agents.clone()) else {
            return Err(Ended::error("the host ends: no agent is started any more"));
        };
        let launch = Launch {
            settings: self.settings.of(&account.options),
            asked,
            ports: self.ports.clone(),
            kind: self.kind.clone(),
            account: account.clone(),
            source,
            interface,
            certificate: self.certificate.clone(),
            folder: folder.to_path_buf(),
            name: name.clone(),
            sink: sink.clone(),
            host,
        };
        let start = launch.prepare(wanted)?;
        let registered = account.registers().then(|| self.registrations.enter(&account.alias, folder));
        if let Some((_, true)) = registered {
            let aor = &account.alias;
            let message = format!(
                "another test that runs now registers {aor} too: calls may ring there; with `_account` (`account(…)`) tests wait for each other"
            );
            sink.push(Some(&name), Body::Note(Note::Warning { message, at: None }));
        }
        let contacts = Contacts::new(self.kind.version);
        let (agent, requests) = Agent::new(&start, contacts);
        let state = agent.state();
        let run = || folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let span = tracing::info_span!("agent", id = launch.sink.mask(&launch.name), run = run());
        let life = async move {
            live::live(launch, start, requests, state).await;
            drop((running, seat, registered));
        };
        self.runtime.spawn(life.instrument(span));
        Ok(Arc::new(agent))
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
