//! The address at which an agent lives.

#![expect(unsafe_code, reason = "lists the network addresses of the machine")]

use super::Settings;
use super::account::Account;
use crate::diagnostic::Diagnostic;
use crate::event::Ended;
use std::ffi::CStr;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs, UdpSocket};
use std::time::Duration;

/// How long a name may take to be resolved.
const RESOLVE: Duration = Duration::from_secs(5);

/// A local agent lives at its loopback address, another where `--rtp-interface` or `--sip-listen` says, else where the kernel
/// would send from towards its first hop.
///
/// # Errors
/// An interface that is not there, an address that is another machine's, no route to the first hop.
pub fn of(account: &Account, settings: &Settings) -> Result<IpAddr, Ended> {
    let address = wanted(account, settings)?;
    match UdpSocket::bind((address, 0)) {
        Ok(_) => Ok(address),
        Err(error) => Err(Ended {
            advice: Some("use one of `ip address` (--rtp-interface, --sip-listen, or the account's own)".into()),
            ..Ended::error(format!("no agent can live at {address} on this machine: {error}"))
        }),
    }
}

/// Looks at what `--rtp-interface` and `--sip-listen` say, before any agent needs it.
///
/// # Errors
/// There is no such interface; the address is none of this machine.
pub fn check(settings: &Settings) -> Result<(), Diagnostic> {
    let Some((flag, address)) = flagged(settings) else { return Ok(()) };
    let unknown = || {
        let mut known: Vec<String> =
            interfaces().iter().map(|(name, _)| String::from_utf8_lossy(name).into_owned()).collect();
        known.dedup();
        let name = settings.rtp_interface.as_deref().unwrap_or_default();
        Diagnostic::error(format!("{flag}: there is no network interface `{name}` with an address"))
            .advice(format!("there are: {}", known.join(", ")))
    };
    let address = address.ok_or_else(unknown)?;
    let other = |error| {
        Diagnostic::error(format!("{flag}: no agent can live at {address} on this machine: {error}"))
            .advice("name an address of this machine: `ip address` shows them")
    };
    UdpSocket::bind((address, 0)).map(drop).map_err(other)
}

/// Where a flag puts the agents that register, if one does, and which; no address: there is no such interface.
fn flagged(settings: &Settings) -> Option<(&'static str, Option<IpAddr>)> {
    match &settings.rtp_interface {
        Some(name) => Some(("--rtp-interface", name.parse().ok().or_else(|| address_of(name)))),
        None if settings.sip_listen.ip().is_unspecified() => None,
        None => Some(("--sip-listen", Some(settings.sip_listen.ip()))),
    }
}

fn wanted(account: &Account, settings: &Settings) -> Result<IpAddr, Ended> {
    if account.local {
        return Ok(account.loopback());
    }
    if let Some((flag, address)) = flagged(settings) {
        let name = settings.rtp_interface.as_deref().unwrap_or_default();
        return address.ok_or_else(|| Ended {
            advice: Some(format!("name one of `ip address` with {flag}")),
            ..Ended::error(format!("there is no network interface `{name}` with an address"))
        });
    }
    let (host, port) = account.first_hop();
    let towards = addresses(&host, port).into_iter().find_map(towards);
    // a name without an address may still have SRV records, which baresip looks up
    let towards = towards.or_else(|| towards_anywhere(&host));
    towards.ok_or_else(|| Ended {
        advice: Some("check the name and the network, or say which interface to use with --rtp-interface".into()),
        ..Ended::error(format!("`{host}`, where {} is to register, can't be reached from here", account.alias))
    })
}

/// The address that the kernel would send from. Sends nothing.
fn towards(hop: SocketAddr) -> Option<IpAddr> {
    let any: IpAddr = if hop.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind((any, 0)).ok()?;
    socket.connect(hop).ok()?;
    Some(socket.local_addr().ok()?.ip())
}

/// Where the default route leads, for a name; the address is one of those for documentation (RFC 5737).
fn towards_anywhere(host: &str) -> Option<IpAddr> {
    if host.parse::<IpAddr>().is_ok() {
        return None;
    }
    towards(SocketAddr::from(([192, 0, 2, 1], 5060)))
}

/// The addresses of a host, as far as they are known in time: a name server that is down must not hold everything up.
fn addresses(host: &str, port: u16) -> Vec<SocketAddr> {
    let (found, answer) = std::sync::mpsc::channel();
    let name = host.to_string();
    let resolver = std::thread::Builder::new().name("resolver".into()).spawn(move || {
        let addresses = (name.as_str(), port).to_socket_addrs().map(Iterator::collect).unwrap_or_default();
        let _ = found.send(addresses);
    });
    resolver.ok().and_then(|_| answer.recv_timeout(RESOLVE).ok()).unwrap_or_default()
}

/// The first address of an interface, IPv4 before IPv6.
fn address_of(name: &str) -> Option<IpAddr> {
    let own = |(interface, address)| (interface == name.as_bytes()).then_some(address);
    let mut found: Vec<IpAddr> = interfaces().into_iter().filter_map(own).collect();
    found.sort_by_key(IpAddr::is_ipv6);
    found.into_iter().next()
}

/// Whether agents can have the C library look up names: what baresip asks of it is nothing for a machine that has a loopback
/// interface alone (`AI_ADDRCONFIG`).
pub fn has_network() -> bool {
    interfaces().iter().any(|(_, address)| address.is_ipv4() && !address.is_loopback())
}

/// The names of all interfaces with their addresses; none if the system does not tell.
fn interfaces() -> Vec<(Vec<u8>, IpAddr)> {
    let mut list = std::ptr::null_mut();
    // SAFETY: getifaddrs fills `list`, which is freed below
    if unsafe { libc::getifaddrs(&mut list) } != 0 {
        return vec![];
    }
    let mut found = vec![];
    let mut entry = list;
    while !entry.is_null() {
        // SAFETY: an entry of the list that getifaddrs made; ifa_addr may be null, and says by its family what it is
        unsafe {
            let this = &*entry;
            if !this.ifa_addr.is_null() {
                let name = CStr::from_ptr(this.ifa_name).to_bytes().to_vec();
                match i32::from((*this.ifa_addr).sa_family) {
                    libc::AF_INET => {
                        let address = &*this.ifa_addr.cast::<libc::sockaddr_in>();
                        found.push((name, Ipv4Addr::from(u32::from_be(address.sin_addr.s_addr)).into()));
                    }
                    libc::AF_INET6 => {
                        let address = &*this.ifa_addr.cast::<libc::sockaddr_in6>();
                        found.push((name, Ipv6Addr::from(address.sin6_addr.s6_addr).into()));
                    }
                    _ => {}
                }
            }
            entry = this.ifa_next;
        }
    }
    // SAFETY: made by getifaddrs, freed once
    unsafe { libc::freeifaddrs(list) };
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agent_lives_towards_its_first_hop() {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings::for_tests(folder.path(), 25_000);
        let of = |text: &str, settings: &Settings| {
            of(&Account::new(text, &[], &crate::agent::Kind::for_tests((4, 12, 0))).unwrap(), settings)
        };
        let loopback = Ok(IpAddr::V4(Ipv4Addr::LOCALHOST));
        assert_eq!(of("alice", &settings), loopback);
        assert_eq!(of("<sip:a@localhost:5080>", &settings), loopback);
        assert_eq!(of("<sip:a@pbx.invalid>;outbound=\"sip:127.0.0.1:5080;lr\"", &settings), loopback);
        let named = |name: &str| Settings { rtp_interface: Some(name.into()), ..settings.clone() };
        assert_eq!(of("<sip:a@192.0.2.9>", &named("lo")), loopback);
        assert!(of("<sip:a@192.0.2.9>", &named("lo9")).unwrap_err().message.contains("`lo9`"));
        let foreign = of("<sip:a@192.0.2.9>", &named("203.0.113.7")).unwrap_err();
        assert!(foreign.message.contains("no agent can live at 203.0.113.7"), "{}", foreign.message);
    }

    #[test]
    fn the_loopback_interface_has_its_address() {
        assert_eq!(address_of("lo"), Some(IpAddr::V4(Ipv4Addr::LOCALHOST)));
        assert_eq!(address_of("no-such-interface"), None);
    }
}
