//! Settings that apply to all agents of a host.

use super::options::Options;
use std::ffi::OsString;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

#[derive(Debug, Clone)]
pub struct Settings {
    /// An external baresip; none: the embedded one.
    pub baresip: Option<PathBuf>,
    /// Our own executable, which becomes the embedded agent as `<own> __agent …`.
    pub own_program: Option<PathBuf>,
    /// The control ports' address, and the first of them.
    pub ctrl_address: SocketAddr,
    /// The SIP ports' address for agents that aren't local (unspecified: the address that leads to the peer), and the first of them.
    pub sip_listen: SocketAddr,
    /// Shared out among the agents in blocks.
    pub rtp_ports: RangeInclusive<u16>,
    /// An interface's name or address, for agents that aren't local.
    pub rtp_interface: Option<String>,
    /// Seconds without incoming RTP after which an agent ends a call.
    pub rtp_timeout: u32,
    /// Calls of an agent at once.
    pub max_calls: u32,
    /// Agents at once, of all runs together.
    pub max_agents: usize,
    /// How long the start of an agent may take, apart from what a busy machine takes from it.
    pub agent_start: Duration,
    /// A file of certificates that agents trust beside the system's.
    pub tls_ca: Option<PathBuf>,
    /// Sound cards in place of silence.
    pub use_alsa: bool,
    /// Folders with sound files; the first that has a file gives it.
    pub sounds: Vec<PathBuf>,
    /// Variables of the host's own, its passwords among them, that no agent is given.
    pub hidden: Vec<OsString>,
    /// The file whose bytes stand for ports; the same for all hosts of a machine.
    pub lease_file: PathBuf,
}

impl Settings {
    /// What holds for an agent with these options.
    pub(super) fn of(&self, options: &Options) -> Settings {
        let mut settings = self.clone();
        settings.max_calls = options.max_calls.unwrap_or(self.max_calls);
        settings.rtp_timeout = options.rtp_timeout.unwrap_or(self.rtp_timeout);
        settings
    }
}

#[cfg(test)]
impl Settings {
    /// An external baresip, with its ports from `first` to `first + 899`.
    pub fn for_tests(folder: &std::path::Path, first: u16) -> Settings {
        Settings {
            baresip: Some("/usr/bin/baresip".into()),
            own_program: None,
            ctrl_address: SocketAddr::from(([127, 0, 0, 1], first)),
            sip_listen: SocketAddr::from(([0, 0, 0, 0], first + 200)),
            rtp_ports: first + 400..=first + 899,
            rtp_interface: None,
            rtp_timeout: 10,
            max_calls: 10,
            max_agents: 100,
            agent_start: Duration::from_secs(10),
            tls_ca: None,
            use_alsa: false,
            sounds: vec![folder.join("sounds"), concat!(env!("CARGO_MANIFEST_DIR"), "/data/sounds").into()],
            hidden: vec![],
            lease_file: folder.join("ports"),
        }
    }
}
