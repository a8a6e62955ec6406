//! What a host says of all its agents.

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;

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
    /// Sound cards in place of silence.
    pub use_alsa: bool,
    /// Folders with sound files; the first that has a file gives it.
    pub sounds: Vec<PathBuf>,
    /// The file whose bytes stand for ports; the same for all hosts of a machine.
    pub lease_file: PathBuf,
}
