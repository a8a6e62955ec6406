//! Requests that never got onto the wire: connections that were refused or did not come about, certificates that were not accepted,
//! names that led nowhere.

use super::Evidence;
use super::agent::Agent;
use super::wording::{seconds, short};
use crate::event::{ClosedBy, Time, closed_reason};
use crate::sip::uri::{NameAddr, Uri};
use std::net::IpAddr;

/// How agents word it that a name leads to no address: after asking a name server, and after asking the C library.
pub const UNRESOLVED: [&str; 2] = ["Destination address required", "Cannot assign requested address"];

/// In milliseconds: what takes less is just under way (RFC 3261's T1).
pub const UNDER_WAY: f64 = 500.0;

/// Where a request was to go.
struct Target<'a> {
    uri: Uri<'a>,
    /// `TCP`, `TLS`, `WS`, `WSS`; none for UDP, and where DNS says which it is (RFC 3263).
    connection: Option<String>,
    /// The host is an address, no name.
    literal: bool,
    /// All goes to the account's outbound proxy first, wherever it is meant for.
    proxy: bool,
}

impl<'a> Target<'a> {
    /// `text` is a URI or a name-addr.
    fn of(text: &'a str, agent: &Agent) -> Option<Target<'a>> {
        // without brackets the parameters are the URI's here: the agent gives a URI, no header
        let bracketed = NameAddr::parse(text).filter(|_| text.contains('<'));
        let uri = Uri::parse(bracketed.map_or(text, |address| address.uri))?;
        let sips = uri.scheme.eq_ignore_ascii_case("sips");
        let transport = uri.param("transport").or(sips.then_some("tls")).map(str::to_uppercase);
        let literal = uri.host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok();
        let proxy = agent.parameter("outbound").is_some();
        Some(Target { connection: transport.filter(|transport| transport != "UDP"), literal, proxy, uri })
    }

    fn unreachable(&self, name: &str, agent: &Agent) -> Vec<String> {
        let own = agent.address.rsplit_once(':').and_then(|(host, _)| host.trim_matches(['[', ']']).parse().ok());
        let Some(own): Option<IpAddr> = own.filter(|_| !self.proxy) else { return vec![] };
        let host = self.uri.host.trim_matches(['[', ']']);
        let name = short(name);
        match host.parse::<IpAddr>() {
            Ok(peer) if own.is_ipv4() != peer.is_ipv4() => {
                vec![format!("{name} lives at {own}, from where {peer}, of the other version of IP, can't be reached")]
            }
            Ok(peer) if peer.is_loopback() && !own.is_loopback() => {
                vec![format!("{name} lives at {own}, from where the loopback address {peer} can't be reached")]
            }
            Ok(peer) if peer.is_loopback() => vec![],
            // a name may well be that of this machine
            _ if own.is_loopback() && host != "localhost" => vec![
                format!("{name} lives at {own}, from where no other machine can be reached"),
                format!("an account there lives where it can: agent(\"<sip:{name}@{host}>;regint=0\")"),
            ],
            _ => vec![],
        }
    }

    /// What may be wrong with the peer's end of a connection.
    fn suspicion(&self, evidence: &Evidence) -> String {
        let local = self.place().replace("localhost", "127.0.0.1");
        match (self.connection.as_deref(), evidence.names.agent_at(&local)) {
            (Some("TLS"), Some(name)) => {
                let port = self.uri.port.unwrap_or_default();
                format!("{} takes UDP and TCP there, and TLS at port {}", short(name), port.saturating_add(1))
            }
            (Some("TLS" | "WSS"), None) => {
                "probably what listens there does not speak TLS, or something on the way drops the packets".into()
            }
            _ => "probably something on the way drops the packets".into(),
        }
    }

    /// `host:port`
    fn place(&self) -> String {
        // without a port and with a name, DNS says which it is
        let tls = matches!(self.connection.as_deref(), Some("TLS" | "WSS"));
        let standard = self.literal.then_some(if tls { 5061 } else { 5060 });
        let port = self.uri.port.or(standard).map(|port| format!(":{port}")).unwrap_or_default();
        format!("{}{port}", self.uri.host)
    }
}

/// What a registration or a call that never got onto the wire shows, where it ended with that `param`. `target` is where it was to go,
/// as a URI or a name-addr.
pub fn failed(
    param: &str,
    target: &str,
    (name, agent): (&str, &Agent),
    evidence: &Evidence,
) -> Option<(String, Vec<String>)> {
    let reason = closed_reason(param);
    let target = Target::of(target, agent)?;
    match reason.by {
        ClosedBy::Refused => {
            let kind = target.connection.as_ref().map(|kind| format!("{kind} ")).unwrap_or_default();
            let line = match target.proxy {
                true => "the account's outbound proxy takes no connections".into(),
                false => format!("nobody takes {kind}connections at {}", target.place()),
            };
            Some(("was not sent: the connection was refused".into(), vec![line]))
        }
        ClosedBy::Remote if !target.proxy && target.connection.is_some() => {
            let closed = format!("{} took the connection and closed it", target.place());
            Some(("was not sent: the connection was closed".into(), vec![closed, target.suspicion(evidence)]))
        }
        ClosedBy::Local | ClosedBy::Remote | ClosedBy::Code(_) => None,
        _ => {
            let unresolved = UNRESOLVED.contains(&reason.text.as_str()) && !target.literal && !target.proxy;
            let tls = matches!(target.connection.as_deref(), Some("TLS" | "WSS")) || target.proxy;
            if let Some(lines) = handshake(agent, &target).filter(|_| tls && !unresolved) {
                return Some(("was not sent: the TLS handshake failed".into(), lines));
            }
            let said = format!("the agent says: {}", reason.text);
            let why = match unresolved {
                true => vec![format!("probably the name {} leads to no address (DNS)", target.uri.host)],
                false => target.unreachable(name, agent),
            };
            Some(("was not sent".into(), [vec![said], why].concat()))
        }
    }
}

/// Why an agent can't reach a URI at all, if its own address says so.
pub fn unreachable(target: &str, name: &str, agent: &Agent) -> Vec<String> {
    Target::of(target, agent).map(|target| target.unreachable(name, agent)).unwrap_or_default()
}

/// What an agent's log says of a handshake that failed, as it and OpenSSL word it.
fn handshake(agent: &Agent, target: &Target) -> Option<Vec<String>> {
    let of_tls = |line: &&String| line.starts_with("tls: ");
    let certificate = agent
        .alarms
        .iter()
        .rev()
        .map(|(_, line)| line)
        .filter(of_tls)
        .find_map(|line| line.split_once("error_string = "));
    if let Some((_, why)) = certificate {
        let host = match agent
            .parameter("outbound")
            .filter(|_| target.proxy)
            .and_then(|uri| Uri::parse(uri.trim_matches(['<', '>', '"'])))
        {
            Some(proxy) => proxy.host.to_string(),
            None => target.uri.host.to_string(),
        };
        let told = format!("the peer's certificate is not accepted: {}", why.trim());
        return Some([vec![told], distrusted(why.trim(), &host)].concat());
    }
    // `tls: 00FF…:error:0A000410:SSL routines:ssl3_read_bytes:ssl/tls alert handshake failure:ssl/record/…`
    let why = agent.alarms.iter().rev().map(|(_, line)| line).filter(of_tls).find_map(|line| {
        let (_, rest) = line.split_once(":SSL routines:")?;
        rest.split(':').nth(1)
    })?;
    Some(vec![match why {
        "wrong version number" | "packet length too long" => format!("what answers there does not speak TLS ({why})"),
        why => format!("OpenSSL says: {why}"),
    }])
}

/// What a certificate that was not accepted means, in OpenSSL's words, and what to do; `host` is the name that was expected in it.
fn distrusted(why: &str, host: &str) -> Vec<String> {
    let anyway = "to take it all the same: tls_verify=no in the account, #{ tls_verify: false } in a script";
    let (what, advice) = match why {
        why if why.contains("mismatch") => (
            format!("the certificate is not for `{host}`, the name that was expected"),
            "use the name that the certificate has, or have one made for this name".to_string(),
        ),
        why if why.contains("expired") => {
            (format!("the certificate of `{host}` has expired"), "renew it, and look at this machine's clock".into())
        }
        why if why.contains("not yet valid") => (
            format!("the certificate of `{host}` is not valid yet"),
            "look at this machine's clock, and the peer's".into(),
        ),
        _ => (
            format!("nobody whom this machine trusts has signed the certificate of `{host}`"),
            "name the certificate of who signed it: --tls-ca FILE, or #{ tls_ca: \"FILE\" } for one agent".into(),
        ),
    };
    vec![what, advice, anyway.into()]
}

/// The same where it did not end: what has been under way since `since` and sent nothing.
pub fn pending(target: &str, agent: &Agent, evidence: &Evidence, since: Time) -> Option<(String, Vec<String>)> {
    let target = Target::of(target, agent)?;
    let waited = evidence.end - since;
    if waited < UNDER_WAY {
        return None;
    }
    let (place, waited) = (target.place(), seconds(waited));
    let Some(kind) = target.connection.as_deref().filter(|_| !target.proxy) else {
        let lines = match (target.literal, target.proxy) {
            (_, true) => vec![format!("nothing went to the account's outbound proxy within {waited}")],
            (false, _) => vec![
                format!("no address of {} was found within {waited}", target.uri.host),
                "probably the DNS server does not answer".into(),
            ],
            (true, _) => return None,
        };
        return Some(("was not sent".into(), lines));
    };
    let lines = vec![format!("no {kind} connection to {place} within {waited}"), target.suspicion(evidence)];
    Some((format!("was not sent: no {kind} connection came about"), lines))
}
