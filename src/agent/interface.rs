//! The address at which an agent lives.

use super::Settings;
use super::account::Account;
use crate::event::Ended;
use std::ffi::CStr;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, ToSocketAddrs, UdpSocket};

/// A local agent lives at its loopback address, another where `--rtp-interface` or `--sip-listen` says, else where the kernel
/// would send from towards its first hop.
///
/// # Errors
/// An interface that is not there; a first hop whose name has no address.
pub fn of(account: &Account, settings: &Settings) -> Result<IpAddr, Ended> {
    if account.local {
        return Ok(account.loopback());
    }
    if let Some(name) = &settings.rtp_interface {
        let unknown = || Ended {
            advice: Some("name one of `ip address` with --rtp-interface".into()),
            ..Ended::error(format!("there is no network interface `{name}` with an address"))
        };
        return name.parse().ok().or_else(|| address_of(name)).ok_or_else(unknown);
    }
    if !settings.sip_listen.ip().is_unspecified() {
        return Ok(settings.sip_listen.ip());
    }
    let (host, port) = account.first_hop();
    let hops: Vec<_> = (host.as_str(), port).to_socket_addrs().map(Iterator::collect).unwrap_or_default();
    let towards = hops.iter().find_map(|hop| {
        let any: IpAddr = if hop.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
        let socket = UdpSocket::bind((any, 0)).ok()?;
        // sends nothing: the kernel only picks the route
        socket.connect(hop).ok()?;
        Some(socket.local_addr().ok()?.ip())
    });
    towards.ok_or_else(|| Ended {
        advice: Some("check the name and the network, or say which interface to use with --rtp-interface".into()),
        ..Ended::error(format!("`{host}`, where {} is to register, can't be reached from here", account.alias))
    })
}

/// The first address of an interface, IPv4 before IPv6.
fn address_of(name: &str) -> Option<IpAddr> {
    let mut list = std::ptr::null_mut();
    // SAFETY: getifaddrs fills `list`, which is freed below
    if unsafe { libc::getifaddrs(&mut list) } != 0 {
        return None;
    }
    let mut found: Vec<IpAddr> = vec![];
    let mut entry = list;
    while !entry.is_null() {
        // SAFETY: an entry of the list that getifaddrs made; ifa_addr may be null, and says by its family what it is
        unsafe {
            let this = &*entry;
            if CStr::from_ptr(this.ifa_name).to_bytes() == name.as_bytes() && !this.ifa_addr.is_null() {
                match i32::from((*this.ifa_addr).sa_family) {
                    libc::AF_INET => {
                        let address = &*this.ifa_addr.cast::<libc::sockaddr_in>();
                        found.push(Ipv4Addr::from(u32::from_be(address.sin_addr.s_addr)).into());
                    }
                    libc::AF_INET6 => {
                        let address = &*this.ifa_addr.cast::<libc::sockaddr_in6>();
                        found.push(Ipv6Addr::from(address.sin6_addr.s6_addr).into());
                    }
                    _ => {}
                }
            }
            entry = this.ifa_next;
        }
    }
    // SAFETY: made by getifaddrs, freed once
    unsafe { libc::freeifaddrs(list) };
    found.sort_by_key(IpAddr::is_ipv6);
    found.into_iter().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loopback_interface_has_its_address() {
        assert_eq!(address_of("lo"), Some(IpAddr::V4(Ipv4Addr::LOCALHOST)));
        assert_eq!(address_of("no-such-interface"), None);
    }
}
