//! Naming another agent of the run in a command reaches it, wherever its leased port is.

use super::{commands, target};
use crate::event::Ended;

/// Another agent, as commands may name it.
#[derive(Debug, Clone, PartialEq)]
pub struct Peer {
    /// Its name in the run: `bob`.
    pub name: String,
    /// Its account's address as written, without parameters: `sip:bob@127.0.0.1`.
    pub alias: String,
    /// For a local agent its leased SIP port (TLS has the next one); others are reached by their alias.
    pub port: Option<u16>,
    /// The transport of its account.
    pub transport: Option<String>,
}

impl Peer {
    /// The URI that reaches it: over the transport that is asked for, else over its own.
    pub fn address(&self, asked: Option<&str>) -> String {
        let Some(port) = self.port else { return self.alias.clone() };
        let transport = asked.or(self.transport.as_deref());
        let port = if transport.is_some_and(|name| name.eq_ignore_ascii_case("tls")) { port + 1 } else { port };
        let base = with_port(&self.alias, port);
        match (asked, &self.transport) {
            (None, Some(transport)) => format!("{base};transport={transport}"),
            _ => base,
        }
    }
}

/// The address with its port, if it has one, replaced.
pub fn with_port(alias: &str, port: u16) -> String {
    let host = alias.rfind('@').map_or(0, |at| at + 1);
    let colon = alias[host..].rfind(':').filter(|colon| !alias[host + colon..].contains(']'));
    let end = colon.map_or(alias.len(), |colon| host + colon);
    format!("{}:{port}", &alias[..end])
}

/// The command with whom it is to reach as an agent takes it: the agents that it names replaced by their addresses, others as
/// [`target::plain`] has them. Other commands stay as they are.
///
/// # Errors
/// It is to reach nobody, or somebody whom an agent can't call.
pub fn rewrite(command: &str, peers: &[Peer]) -> Result<String, Ended> {
    let (word, parameters) = command.split_once(' ').unwrap_or((command, ""));
    let parameters = parameters.trim();
    if !commands::takes_uri(word) {
        return Ok(command.to_string());
    }
    match word {
        // the text of a message names nobody; without a target it goes to the contact that is current
        "message" => {
            let (target, text) = first(parameters, peers);
            let is_target = !text.is_empty() && (is_named(target, peers) || target.contains([':', '<', '@']));
            match is_target {
                true => Ok(format!("{word} {} {text}", reached(target, peers)?)),
                false => Ok(command.to_string()),
            }
        }
        "refer" => {
            let (to, whom) = first(parameters, peers);
            Ok(format!("{word} {} {}", reached(to, peers)?, reached(whom, peers)?))
        }
        "dialdir" => {
            let (target, rest) = first(parameters, peers);
            Ok(format!("{word} {} {rest}", reached(target, peers)?).trim_end().to_string())
        }
        _ => {
            let end = parameters.find(" userdata=").unwrap_or(parameters.len());
            let (target, rest) = parameters.split_at(end);
            Ok(format!("{word} {}{rest}", reached(target, peers)?))
        }
    }
}

/// The target that a command's parameters begin with, and what follows it: a name may have blanks in it.
fn first<'a>(parameters: &'a str, peers: &[Peer]) -> (&'a str, &'a str) {
    let named = peers.iter().filter(|peer| peer.name.contains(' ')).filter_map(|peer| {
        let rest = parameters.strip_prefix(peer.name.as_str())?;
        (rest.is_empty() || rest.starts_with(' ')).then(|| (&parameters[..peer.name.len()], rest.trim_start()))
    });
    named.max_by_key(|(name, _)| name.len()).unwrap_or_else(|| target::first(parameters))
}

/// `bob`, `sip:bob@127.0.0.1`, `"Bob" <sip:bob@127.0.0.1;x=y>` → the address of that agent; all else as an agent takes it.
fn reached(text: &str, peers: &[Peer]) -> Result<String, Ended> {
    let target = if is_named(text.trim(), peers) { text.trim().to_string() } else { target::plain(text)? };
    let end = target.find([';', '?']).unwrap_or(target.len());
    let (name, tail) = target.split_at(end);
    let Some(peer) = peers.iter().find(|peer| names(peer, name)) else {
        target::without_parameters(&target)?;
        return Ok(target);
    };
    let lower = tail.to_ascii_lowercase();
    let asked = lower.split([';', '?']).find_map(|parameter| parameter.strip_prefix("transport="));
    Ok(format!("{}{tail}", peer.address(asked)))
}

fn is_named(text: &str, peers: &[Peer]) -> bool {
    peers.iter().any(|peer| names(peer, text))
}

fn names(peer: &Peer, name: &str) -> bool {
    !name.is_empty() && (peer.name == name || is(name, &peer.alias))
}

/// Whether a word is this address, with or without its scheme.
pub fn is(word: &str, address: &str) -> bool {
    let bare =
        |text: &str| text.strip_prefix("sip:").or_else(|| text.strip_prefix("sips:")).unwrap_or(text).to_string();
    word == address || (word.contains('@') && bare(word) == bare(address))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_added_or_replaced() {
        let cases = [
            ("sip:a@h", "sip:a@h:9"),
            ("sip:a@h:1", "sip:a@h:9"),
            ("sip:a@[::1]", "sip:a@[::1]:9"),
            ("sip:a@[::1]:5", "sip:a@[::1]:9"),
        ];
        for (alias, expected) in cases {
            assert_eq!(with_port(alias, 9), expected);
        }
    }

    #[test]
    fn agents_are_reached_by_name_and_by_address() {
        let peer = |name: &str, port: Option<u16>, transport: Option<&str>| Peer {
            name: name.into(),
            alias: format!("sip:{name}@127.0.0.1"),
            port,
            transport: transport.map(str::to_string),
        };
        let front = Peer { alias: "sip:front@127.0.0.1".into(), ..peer("front desk", Some(5066), None) };
        let peers = [
            peer("bob", Some(5062), None),
            peer("eve", Some(5064), Some("tls")),
            peer("reg", None, Some("tcp")),
            front,
        ];
        let cases = [
            ("dial bob", "dial sip:bob@127.0.0.1:5062"),
            ("dial sip:bob@127.0.0.1", "dial sip:bob@127.0.0.1:5062"),
            ("dial bob@127.0.0.1;transport=tcp", "dial sip:bob@127.0.0.1:5062;transport=tcp"),
            ("dial <sip:bob@127.0.0.1;user=phone>", "dial sip:bob@127.0.0.1:5062;user=phone"),
            ("dial \"Bob B\" <sip:bob@127.0.0.1>", "dial sip:bob@127.0.0.1:5062"),
            ("dial +49 30 1234-5", "dial +493012345"),
            ("dial 1001 userdata=x", "dial 1001 userdata=x"),
            ("dial front desk", "dial sip:front@127.0.0.1:5066"),
            ("message front desk hi you", "message sip:front@127.0.0.1:5066 hi you"),
            ("dialdir bob audio=recvonly", "dialdir sip:bob@127.0.0.1:5062 audio=recvonly"),
            ("dial eve", "dial sip:eve@127.0.0.1:5065;transport=tls"),
            ("dial eve;transport=udp", "dial sip:eve@127.0.0.1:5064;transport=udp"),
            ("dial reg", "dial sip:reg@127.0.0.1"),
            ("dial bobby", "dial bobby"),
            ("dial sip:bob@example.com", "dial sip:bob@example.com"),
            ("dial 0123", "dial 0123"),
            ("message hello you", "message hello you"),
            ("refer bob eve", "refer sip:bob@127.0.0.1:5062 sip:eve@127.0.0.1:5065;transport=tls"),
            ("message bob call bob", "message sip:bob@127.0.0.1:5062 call bob"),
            ("hangup bob", "hangup bob"),
        ];
        for (command, expected) in cases {
            assert_eq!(rewrite(command, &peers).as_deref(), Ok(expected), "{command}");
        }
        for command in
            ["dial", "dial ", "transfer ", "dial sips:x@h", "dial 1001;transport=tcp", "refer bob", "dial bob smith"]
        {
            assert!(rewrite(command, &peers).is_err(), "{command}");
        }
    }
}
