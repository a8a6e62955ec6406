//! Naming another agent of the run in a command reaches it, wherever its leased port is.

use super::commands;

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

/// The command with the agents that it names replaced by their addresses; other commands and other addresses stay as they are.
pub fn rewrite(command: &str, peers: &[Peer]) -> String {
    let Some((word, parameters)) = command.split_once(' ').filter(|(word, _)| commands::takes_uri(word)) else {
        return command.to_string();
    };
    // `message` and `refer` have more than one parameter: each may name an agent, but the text of a message names nobody
    let words: Vec<String> = match word {
        "message" => match parameters.split_once(' ') {
            Some((target, text)) => vec![reached(target, peers), text.to_string()],
            None => vec![parameters.to_string()],
        },
        _ => parameters.split(' ').map(|target| reached(target, peers)).collect(),
    };
    format!("{word} {}", words.join(" "))
}

/// `bob`, `sip:bob@127.0.0.1`, `<sip:bob@127.0.0.1>;x=y` → with the address of that agent; all else unchanged.
fn reached(target: &str, peers: &[Peer]) -> String {
    let (open, rest) = target.strip_prefix('<').map_or(("", target), |rest| ("<", rest));
    let end = rest.find([';', '>', '?']).unwrap_or(rest.len());
    let (name, tail) = rest.split_at(end);
    let Some(peer) = peers.iter().find(|peer| names(peer, name)) else { return target.to_string() };
    let lower = tail.to_ascii_lowercase();
    let asked = lower
        .split(';')
        .find_map(|parameter| parameter.strip_prefix("transport="))
        .map(|value| value.trim_end_matches('>'));
    format!("{open}{}{tail}", peer.address(asked))
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
        let peers =
            [peer("bob", Some(5062), None), peer("eve", Some(5064), Some("tls")), peer("reg", None, Some("tcp"))];
        let cases = [
            ("dial bob", "dial sip:bob@127.0.0.1:5062"),
            ("dial sip:bob@127.0.0.1", "dial sip:bob@127.0.0.1:5062"),
            ("dial bob@127.0.0.1;transport=tcp", "dial sip:bob@127.0.0.1:5062;transport=tcp"),
            ("dial <sip:bob@127.0.0.1;user=phone>;x=1", "dial <sip:bob@127.0.0.1:5062;user=phone>;x=1"),
            ("dial eve", "dial sip:eve@127.0.0.1:5065;transport=tls"),
            ("dial eve;transport=udp", "dial sip:eve@127.0.0.1:5064;transport=udp"),
            ("dial reg", "dial sip:reg@127.0.0.1"),
            ("dial bobby", "dial bobby"),
            ("dial sip:bob@example.com", "dial sip:bob@example.com"),
            ("dial 0123", "dial 0123"),
            ("refer bob eve", "refer sip:bob@127.0.0.1:5062 sip:eve@127.0.0.1:5065;transport=tls"),
            ("message bob call bob", "message sip:bob@127.0.0.1:5062 call bob"),
            ("hangup bob", "hangup bob"),
            ("transfer ", "transfer "),
        ];
        for (command, expected) in cases {
            assert_eq!(rewrite(command, &peers), expected, "{command}");
        }
    }
}
