//! Ports, leased so that no two agents of a machine get the same one, whichever host they belong to.
//!
//! A lease is a write lock on a range of bytes of one file, byte n standing for port n (Linux open file description locks:
//! they hold between processes, and end with the process however it ends). A locked port is then probed by binding it, for others
//! use ports too.

#![expect(unsafe_code, reason = "locks ranges of bytes of a file")]

use super::Settings;
use crate::diagnostic::Diagnostic;
use crate::event::{Ended, lock};
use std::fs::{File, OpenOptions};
use std::io;
use std::net::{IpAddr, TcpListener, UdpSocket};
use std::ops::RangeInclusive;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// RTP and RTCP.
const PORTS_OF_A_CALL: u16 = 2;
/// The fewest RTP ports of an agent: two calls.
const SMALLEST_BLOCK: u16 = 4;
/// The number of ports of a block that are tried: an agent passes over one that is taken.
const TRIED: usize = 20;
/// Ports from here on are given out by the kernel: one could connect to itself.
const EPHEMERAL: u16 = 32_768;

/// What a host has leased. Its leases share one open file: each would cost every agent's start a little otherwise.
#[derive(Debug)]
pub struct Ports {
    held: Mutex<Held>,
}

#[derive(Debug)]
struct Held {
    path: PathBuf,
    file: Option<File>,
    /// By port. The locks of one open file do not stop each other: the host has to do that itself.
    leased: Box<[bool]>,
}

/// The ports of one agent; free again when it is dropped.
#[derive(Debug)]
pub struct Lease {
    /// SIP over UDP and TCP; the one after it is for TLS.
    pub sip: u16,
    pub control: u16,
    /// The first and the last port for RTP and RTCP. Where no block is left, it is the whole range, which the agent shares with others.
    pub rtp: (u16, u16),
    _claimed: Claimed,
}

/// Blocks of ports that are held as long as this is there.
#[derive(Debug)]
struct Claimed {
    ports: Arc<Ports>,
    blocks: Vec<(u16, u16)>,
}

/// How many agents the free ports would do for, each kind for itself.
#[derive(Debug)]
pub struct Free {
    pub sip: usize,
    pub control: usize,
    pub rtp: usize,
}

impl Ports {
    /// `path` is the file whose bytes stand for ports.
    pub fn new(path: &Path) -> Arc<Ports> {
        let leased = vec![false; usize::from(u16::MAX) + 1].into();
        Arc::new(Ports { held: Mutex::new(Held { path: path.to_path_buf(), file: None, leased }) })
    }

    /// Leases the ports of one agent, which will listen for SIP and RTP at `address`: for SIP at `port`, where it is given.
    ///
    /// # Errors
    /// No SIP or control port is free; the message names the flag that widens the range. The given port is taken.
    pub fn lease(self: &Arc<Ports>, settings: &Settings, address: IpAddr, port: Option<u16>) -> Result<Lease, Ended> {
        self.open().map_err(|error| {
            let file = settings.lease_file.display();
            Ended {
                advice: Some("make it readable and writable".into()),
                ..Ended::error(format!("the port leases in `{file}` can't be used: {error}"))
            }
        })?;
        let exhausted = |what: &str, flag: &str| {
            let advice = format!("end what uses them, or name others with {flag}");
            Ended { advice: Some(advice), ..Ended::error(format!("no {what} port is free")) }
        };
        let mut claimed = Claimed { ports: self.clone(), blocks: vec![] };
        let is_claimed = |port: &u16| claimed.add((*port, port + 1), || sip_is_free(address, *port));
        let sip = match port {
            Some(port) => Some(port).filter(is_claimed).ok_or_else(|| Ended {
                advice: Some("end what uses it, or give the agent another port".into()),
                ..Ended::error(format!(
                    "the SIP port {port} is taken at {address}: an agent needs it over UDP and TCP, and {} for TLS",
                    port + 1
                ))
            }),
            None => {
                sip_candidates(settings).find(is_claimed).ok_or_else(|| exhausted("SIP", "--sip-listen ADDRESS:PORT"))
            }
        }?;
        let control = control_candidates(settings)
            .find(|port| claimed.add((*port, *port), || control_is_free(settings, *port)))
            .ok_or_else(|| exhausted("control", "--ctrl-address ADDRESS:PORT"))?;
        let (ports, calls) = (&settings.rtp_ports, settings.max_calls);
        let rtp = rtp_blocks(ports, calls)
            .find(|block| claimed.add(*block, || rtp_is_free(address, *block)))
            .unwrap_or((*ports.start(), *ports.end()));
        Ok(Lease { sip, control, rtp, _claimed: claimed })
    }

    /// Keeps a SIP port that nobody has.
    pub fn keep(self: &Arc<Ports>, port: u16) -> Option<Kept> {
        let mut claimed = Claimed { ports: self.clone(), blocks: vec![] };
        claimed.add((port, port.checked_add(1)?), || true).then_some(Kept { _claimed: claimed })
    }

    fn open(&self) -> io::Result<()> {
        let mut held = self.held();
        if held.file.is_none() {
            held.file = Some(open(&held.path)?);
        }
        Ok(())
    }

    fn held(&self) -> std::sync::MutexGuard<'_, Held> {
        lock(&self.held)
    }
}

impl Held {
    fn range(&mut self, block: (u16, u16)) -> &mut [bool] {
        &mut self.leased[usize::from(block.0)..=usize::from(block.1)]
    }
}

impl Claimed {
    /// Claims a block, if no other lease holds one of its ports and `free` finds that nothing else uses them.
    fn add(&mut self, block: (u16, u16), free: impl FnOnce() -> bool) -> bool {
        let mut held = self.ports.held();
        if held.range(block).iter().any(|leased| *leased) {
            return false;
        }
        let Some(file) = &held.file else { return false };
        if !set_lock(file, block, libc::F_WRLCK) {
            return false;
        }
        if !free() {
            set_lock(file, block, libc::F_UNLCK);
            return false;
        }
        held.range(block).fill(true);
        self.blocks.push(block);
        true
    }
}

impl Drop for Claimed {
    fn drop(&mut self) {
        let mut held = self.ports.held();
        for block in &self.blocks {
            held.range(*block).fill(false);
            held.file.as_ref().map(|file| set_lock(file, *block, libc::F_UNLCK));
        }
    }
}

/// The SIP port of an agent that may come back; free when it is dropped.
#[derive(Debug)]
pub struct Kept {
    _claimed: Claimed,
}

/// What is free at this moment on the loopback interface.
pub fn free(settings: &Settings) -> Free {
    let address = IpAddr::from([127, 0, 0, 1]);
    let ports = Ports::new(&settings.lease_file);
    if ports.open().is_err() {
        return Free { sip: 0, control: 0, rtp: 0 };
    }
    const ENOUGH: usize = 100;
    let mut claimed = Claimed { ports, blocks: vec![] };
    let sip = sip_candidates(settings).filter(|port| claimed.add((*port, port + 1), || sip_is_free(address, *port)));
    let sip = sip.take(ENOUGH).count();
    let control =
        control_candidates(settings).filter(|port| claimed.add((*port, *port), || control_is_free(settings, *port)));
    let control = control.take(ENOUGH).count();
    let rtp = rtp_blocks(&settings.rtp_ports, settings.max_calls);
    let rtp = rtp.filter(|block| claimed.add(*block, || rtp_is_free(address, *block))).take(ENOUGH).count();
    Free { sip, control, rtp }
}

fn last_port(first: u16) -> u16 {
    if first < EPHEMERAL { EPHEMERAL - 1 } else { u16::MAX - 1 }
}

fn sip_candidates(settings: &Settings) -> impl Iterator<Item = u16> + '_ {
    let first = settings.sip_listen.port().max(1024);
    (first..last_port(first)).step_by(2)
}

fn control_candidates(settings: &Settings) -> impl Iterator<Item = u16> + '_ {
    let first = settings.ctrl_address.port().max(1024);
    first..=last_port(first)
}

/// Whole blocks of the range, two ports for each call that an agent may have at once. Each begins with an even port: RTP's, RTCP has the
/// next (RFC 3550, section 11). An agent that may have any number of calls is given no block.
fn rtp_blocks(ports: &RangeInclusive<u16>, max_calls: u32) -> impl Iterator<Item = (u16, u16)> + use<> {
    let wanted = u16::try_from(max_calls).unwrap_or(u16::MAX).saturating_mul(PORTS_OF_A_CALL);
    let (first, width) = pairs(ports);
    let block = (wanted - wanted % 2).min(width).max(SMALLEST_BLOCK);
    let count = if max_calls == 0 { 0 } else { width / block };
    (0..count).map(move |n| (first + n * block, first + (n * block + (block - 1))))
}

/// The first even port of a range, and how many ports from there on are pairs.
fn pairs(ports: &RangeInclusive<u16>) -> (u16, u16) {
    let first = ports.start().saturating_add(ports.start() % 2);
    let width = ports.end().saturating_sub(first).saturating_add(1);
    (first, width - width % 2)
}

/// Whether one agent at least finds its RTP ports in a range: four, the first of them even.
pub fn has_room(ports: &RangeInclusive<u16>) -> bool {
    pairs(ports).1 >= SMALLEST_BLOCK
}

/// Says that an agent may have more calls at once than its RTP ports do for.
pub fn too_few(ports: &RangeInclusive<u16>, max_calls: u32) -> Option<Diagnostic> {
    let calls = u32::from(pairs(ports).1 / PORTS_OF_A_CALL);
    let message = format!(
        "--rtp-ports {}-{} do for {calls} calls at once, and --max-calls allows an agent {max_calls}: each needs two ports",
        ports.start(),
        ports.end()
    );
    let advice = format!("name more ports with --rtp-ports, or allow {calls} calls with --max-calls {calls}");
    (calls < max_calls).then(|| Diagnostic::warning(message).advice(advice))
}

fn control_is_free(settings: &Settings, port: u16) -> bool {
    TcpListener::bind((settings.ctrl_address.ip(), port)).is_ok()
}

fn sip_is_free(address: IpAddr, port: u16) -> bool {
    UdpSocket::bind((address, port)).is_ok()
        && [port, port + 1].iter().all(|port| TcpListener::bind((address, *port)).is_ok())
}

fn rtp_is_free(address: IpAddr, (first, last): (u16, u16)) -> bool {
    let step = usize::from(last - first) / TRIED + 1;
    (first..=last).step_by(step).all(|port| UdpSocket::bind((address, port)).is_ok())
}

/// The lease file, for all users of the machine: the first of them makes it.
fn open(path: &Path) -> io::Result<File> {
    let existing =
        OpenOptions::new().read(true).write(true).custom_flags(libc::O_CLOEXEC | libc::O_NOFOLLOW).open(path);
    if existing.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
        if let Some(folder) = path.parent().filter(|folder| !folder.exists()) {
            temporary_folder(folder)?;
        }
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).mode(0o666).custom_flags(libc::O_CLOEXEC | libc::O_NOFOLLOW);
        let file = options.open(path)?;
        // past the umask; who did not make it may not, and need not
        let _ = file.set_permissions(std::fs::Permissions::from_mode(0o666));
        return Ok(file);
    }
    existing
}

/// Makes a /tmp for all, in a root that has none.
fn temporary_folder(path: &Path) -> io::Result<()> {
    match std::fs::create_dir(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        made => made.and_then(|()| std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o1777))),
    }
}

fn set_lock(locks: &File, (first, last): (u16, u16), kind: libc::c_int) -> bool {
    // SAFETY: flock is a plain C struct; all-zero is a valid value, and fcntl only reads it
    let mut range: libc::flock = unsafe { std::mem::zeroed() };
    range.l_type = kind as libc::c_short;
    range.l_whence = libc::SEEK_SET as libc::c_short;
    range.l_start = first.into();
    range.l_len = (last - first + 1).into();
    // SAFETY: a valid descriptor and a valid flock
    unsafe { libc::fcntl(locks.as_raw_fd(), libc::F_OFD_SETLK, &range) == 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOOPBACK: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn settings(folder: &Path, rtp: std::ops::RangeInclusive<u16>) -> Settings {
        Settings { rtp_ports: rtp, ..Settings::for_tests(folder, 23_000) }
    }

    #[test]
    fn no_two_leases_share_a_port_and_a_dropped_one_is_free_again() {
        let folder = tempfile::tempdir().unwrap();
        let settings = settings(folder.path(), 23_501..=23_541);
        // of two hosts, as well as of one
        for other in [None, Some(Ports::new(&settings.lease_file))] {
            let ports = Ports::new(&settings.lease_file);
            let first = ports.lease(&settings, LOOPBACK, None).unwrap();
            let second = other.unwrap_or_else(|| ports.clone()).lease(&settings, LOOPBACK, None).unwrap();
            assert!(first.sip.abs_diff(second.sip) >= 2 && first.control != second.control);
            assert_eq!((first.rtp, second.rtp), ((23_502, 23_521), (23_522, 23_541)));
            let had = (first.sip, first.rtp);
            drop(first);
            let again = ports.lease(&settings, LOOPBACK, None).unwrap();
            assert_eq!((again.sip, again.rtp), had);
        }
    }

    #[test]
    fn an_agent_has_two_ports_for_each_of_its_calls() {
        let blocks = |ports, calls| rtp_blocks(&ports, calls).collect::<Vec<_>>();
        assert_eq!(blocks(10_001..=10_300, 50), [(10_002, 10_101), (10_102, 10_201)]);
        assert_eq!(blocks(10_000..=10_007, 1), [(10_000, 10_003), (10_004, 10_007)]);
        assert_eq!(blocks(10_000..=10_018, 50), [(10_000, 10_017)]);
        assert_eq!(blocks(1..=65_535, u32::MAX), [(2, 65_535)]);
        assert_eq!(blocks(10_000..=11_000, 0), []);
        assert!(too_few(&(10_000..=10_099), 50).is_none() && too_few(&(10_000..=10_099), 0).is_none());
        let told = too_few(&(10_001..=10_099), 50).unwrap();
        assert!(told.message.contains("do for 49 calls"), "{}", told.message);
    }

    #[test]
    fn where_no_block_is_left_agents_share_the_range() {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings { max_calls: 50, ..settings(folder.path(), 23_550..=23_699) };
        let ports = Ports::new(&settings.lease_file);
        let leases: Vec<_> = (0..3).map(|_| ports.lease(&settings, LOOPBACK, None).unwrap()).collect();
        let rtp: Vec<_> = leases.iter().map(|lease| lease.rtp).collect();
        assert_eq!(rtp, [(23_550, 23_649), (23_550, 23_699), (23_550, 23_699)]);
    }

    #[test]
    fn ranges_that_overlap_give_a_lease_no_port_twice() {
        let folder = tempfile::tempdir().unwrap();
        let mut settings = settings(folder.path(), 23_700..=23_760);
        settings.ctrl_address = "127.0.0.1:23700".parse().unwrap();
        settings.sip_listen = "127.0.0.1:23700".parse().unwrap();
        let lease = Ports::new(&settings.lease_file).lease(&settings, LOOPBACK, None).unwrap();
        let blocks = [(lease.sip, lease.sip + 1), (lease.control, lease.control), lease.rtp];
        for (n, block) in blocks.iter().enumerate() {
            let overlaps = |other: &(u16, u16)| block.0 <= other.1 && other.0 <= block.1;
            assert!(!blocks[n + 1..].iter().any(overlaps), "{blocks:?}");
        }
    }

    #[test]
    fn a_given_port_is_leased_or_refused() {
        let folder = tempfile::tempdir().unwrap();
        let settings = settings(folder.path(), 23_650..=23_699);
        let ports = Ports::new(&settings.lease_file);
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = taken.local_addr().unwrap().port();
        let refused = ports.lease(&settings, LOOPBACK, Some(port)).unwrap_err();
        assert!(refused.message.contains(&format!("the SIP port {port} is taken")), "{}", refused.message);
        drop(taken);
        let first = ports.lease(&settings, LOOPBACK, Some(port)).unwrap();
        assert_eq!(first.sip, port);
        assert!(ports.lease(&settings, LOOPBACK, Some(port)).is_err());
    }

    #[test]
    fn a_port_that_something_else_uses_is_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let mut settings = settings(folder.path(), 23_600..=23_640);
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        settings.ctrl_address = taken.local_addr().unwrap();
        let lease = Ports::new(&settings.lease_file).lease(&settings, LOOPBACK, None).unwrap();
        assert_ne!(lease.control, taken.local_addr().unwrap().port());
    }
}
