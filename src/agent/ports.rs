//! Ports, leased so that no two agents of a machine get the same one, whichever host they belong to.
//!
//! A lease is a write lock on a range of bytes of one file, byte n standing for port n (Linux open file description locks:
//! they hold between processes as well as within one, and end with the process however it ends). A locked port is then probed
//! by binding it, for others use ports too.

use super::Settings;
use crate::event::Ended;
use std::fs::{File, OpenOptions};
use std::io;
use std::net::{IpAddr, TcpListener, UdpSocket};
use std::ops::RangeInclusive;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

/// RTP and RTCP ports of an agent, where the range allows it: ten audio streams.
const RTP_BLOCK: u16 = 20;
/// Fewer would not carry two calls.
const SMALLEST_BLOCK: u16 = 4;
/// Ports from here on are given out by the kernel: one could connect to itself.
const EPHEMERAL: u16 = 32_768;

/// The ports of one agent; free again when it is dropped.
#[derive(Debug)]
pub struct Lease {
    /// SIP over UDP and TCP; the one after it is for TLS.
    pub sip: u16,
    pub control: u16,
    /// The first and the last port for RTP and RTCP.
    pub rtp: (u16, u16),
    _locks: File,
}

/// How many agents the free ports would do for, each kind for itself.
#[derive(Debug)]
pub struct Free {
    pub sip: usize,
    pub control: usize,
    pub rtp: usize,
}

/// Leases the ports of one agent, which will listen for SIP and RTP at `address`: for SIP at `port`, where it is given.
///
/// # Errors
/// No range of a kind is free; the message names the flag that widens it. The given port is taken.
pub fn lease(settings: &Settings, address: IpAddr, port: Option<u16>) -> Result<Lease, Ended> {
    let locks = open(&settings.lease_file).map_err(|error| {
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
    let is_claimed = |port: &u16| claim(&locks, *port, 2, || sip_is_free(address, *port));
    let sip = match port {
        Some(port) => Some(port).filter(is_claimed).ok_or_else(|| Ended {
            advice: Some("end what uses it, or give the agent another port".into()),
            ..Ended::error(format!(
                "the SIP port {port} is taken at {address}: an agent needs it over UDP and TCP, and {} for TLS",
                port.saturating_add(1)
            ))
        }),
        None => sip_candidates(settings).find(is_claimed).ok_or_else(|| exhausted("SIP", "--sip-listen ADDRESS:PORT")),
    }?;
    // the lease's own locks do not stop it: it has to see to that itself
    let own = [(sip, sip + 1)];
    let control = control_candidates(settings)
        .filter(|port| !overlaps(&own, (*port, *port)))
        .find(|port| claim(&locks, *port, 1, || control_is_free(settings, *port)))
        .ok_or_else(|| exhausted("control", "--ctrl-address ADDRESS:PORT"))?;
    let own = [own[0], (control, control)];
    let rtp = rtp_blocks(&settings.rtp_ports)
        .filter(|block| !overlaps(&own, *block))
        .find(|(first, last)| claim(&locks, *first, last - first + 1, || rtp_is_free(address, *first, *last)))
        .ok_or_else(|| exhausted("RTP", "--rtp-ports FIRST-LAST"))?;
    Ok(Lease { sip, control, rtp, _locks: locks })
}

/// What is free at this moment on the loopback interface.
pub fn free(settings: &Settings) -> Free {
    let address = IpAddr::from([127, 0, 0, 1]);
    let Ok(locks) = open(&settings.lease_file) else { return Free { sip: 0, control: 0, rtp: 0 } };
    const ENOUGH: usize = 100;
    let sip = sip_candidates(settings).filter(|port| claim(&locks, *port, 2, || sip_is_free(address, *port)));
    let control =
        control_candidates(settings).filter(|port| claim(&locks, *port, 1, || control_is_free(settings, *port)));
    let rtp = rtp_blocks(&settings.rtp_ports)
        .filter(|(first, last)| claim(&locks, *first, last - first + 1, || rtp_is_free(address, *first, *last)));
    Free { sip: sip.take(ENOUGH).count(), control: control.take(ENOUGH).count(), rtp: rtp.take(ENOUGH).count() }
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

/// Whole blocks of the range, each beginning with an even port: RTP's, RTCP has the next (RFC 3550, section 11).
fn rtp_blocks(ports: &RangeInclusive<u16>) -> impl Iterator<Item = (u16, u16)> + use<> {
    let (first, last) = (*ports.start(), *ports.end());
    let first = first + first % 2;
    let width = last.saturating_sub(first).saturating_add(1);
    let block = RTP_BLOCK.min(width - width % 2).max(SMALLEST_BLOCK);
    let count = width / block;
    (0..count).map(move |n| (first + n * block, first + n * block + block - 1))
}

/// Whether one agent at least finds its RTP ports in a range: four, the first of them even.
pub fn has_room(ports: &RangeInclusive<u16>) -> bool {
    rtp_blocks(ports).next().is_some()
}

fn overlaps(taken: &[(u16, u16)], block: (u16, u16)) -> bool {
    taken.iter().any(|(first, last)| block.0 <= *last && *first <= block.1)
}

fn control_is_free(settings: &Settings, port: u16) -> bool {
    TcpListener::bind((settings.ctrl_address.ip(), port)).is_ok()
}

fn sip_is_free(address: IpAddr, port: u16) -> bool {
    UdpSocket::bind((address, port)).is_ok()
        && [port, port + 1].iter().all(|port| TcpListener::bind((address, *port)).is_ok())
}

fn rtp_is_free(address: IpAddr, first: u16, last: u16) -> bool {
    (first..=last).all(|port| UdpSocket::bind((address, port)).is_ok())
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

/// Locks `count` ports from `first` on, if no other lease holds one of them and `free` finds that nothing else uses them.
fn claim(locks: &File, first: u16, count: u16, free: impl FnOnce() -> bool) -> bool {
    if !set_lock(locks, first, count, libc::F_WRLCK) {
        return false;
    }
    let free = free();
    if !free {
        set_lock(locks, first, count, libc::F_UNLCK);
    }
    free
}

fn set_lock(locks: &File, first: u16, count: u16, kind: libc::c_int) -> bool {
    // SAFETY: flock is a plain C struct; all-zero is a valid value, and fcntl only reads it
    let mut range: libc::flock = unsafe { std::mem::zeroed() };
    range.l_type = kind as libc::c_short;
    range.l_whence = libc::SEEK_SET as libc::c_short;
    range.l_start = first.into();
    range.l_len = count.into();
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
        let settings = settings(folder.path(), 23_501..=23_545);
        let first = lease(&settings, LOOPBACK, None).unwrap();
        let second = lease(&settings, LOOPBACK, None).unwrap();
        assert!(first.sip.abs_diff(second.sip) >= 2 && first.control != second.control);
        assert!(first.rtp.1 < second.rtp.0 && first.rtp.0.is_multiple_of(2));
        let refused = lease(&settings, LOOPBACK, None).unwrap_err();
        assert!(refused.message.contains("RTP") && refused.advice.unwrap().contains("--rtp-ports"));
        let ports = (first.sip, first.rtp);
        drop(first);
        let again = lease(&settings, LOOPBACK, None).unwrap();
        assert_eq!((again.sip, again.rtp), ports);
    }

    #[test]
    fn ranges_that_overlap_give_a_lease_no_port_twice() {
        let folder = tempfile::tempdir().unwrap();
        let mut settings = settings(folder.path(), 23_700..=23_760);
        settings.ctrl_address = "127.0.0.1:23700".parse().unwrap();
        settings.sip_listen = "127.0.0.1:23700".parse().unwrap();
        let lease = lease(&settings, LOOPBACK, None).unwrap();
        let blocks = [(lease.sip, lease.sip + 1), (lease.control, lease.control), lease.rtp];
        for (n, block) in blocks.iter().enumerate() {
            assert!(!overlaps(&blocks[n + 1..], *block), "{blocks:?}");
        }
    }

    #[test]
    fn a_given_port_is_leased_or_refused() {
        let folder = tempfile::tempdir().unwrap();
        let settings = settings(folder.path(), 23_650..=23_699);
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = taken.local_addr().unwrap().port();
        let refused = lease(&settings, LOOPBACK, Some(port)).unwrap_err();
        assert!(refused.message.contains(&format!("the SIP port {port} is taken")), "{}", refused.message);
        drop(taken);
        let first = lease(&settings, LOOPBACK, Some(port)).unwrap();
        assert_eq!(first.sip, port);
        assert!(lease(&settings, LOOPBACK, Some(port)).is_err());
    }

    #[test]
    fn a_port_that_something_else_uses_is_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let mut settings = settings(folder.path(), 23_600..=23_640);
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        settings.ctrl_address = taken.local_addr().unwrap();
        let lease = lease(&settings, LOOPBACK, None).unwrap();
        assert_ne!(lease.control, taken.local_addr().unwrap().port());
    }
}
