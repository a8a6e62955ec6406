//! Addresses as agent names: `sip:bob@127.0.0.1:30100` is `bob`, whatever port it got in this run.

use super::wording::one_line;
use std::sync::Arc;

/// The agents of a run so far and where they can be reached.
#[derive(Debug, Default)]
pub(super) struct Names(Vec<Known>);

#[derive(Debug)]
struct Known {
    name: Arc<str>,
    user: String,
    /// Of its address of record: the registrar.
    domain: String,
    /// Of its SIP socket.
    host: String,
    port: Option<u16>,
}

/// The parts of a SIP URI that say who is meant (RFC 3261, section 19.1.1), without its parameters.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Uri<'a> {
    pub user: &'a str,
    pub host: &'a str,
    pub port: Option<u16>,
    /// What stands behind `?`.
    pub headers: &'a str,
}

impl Uri<'_> {
    /// Takes anything: `Bob <sip:bob@host:5060;transport=tls?Replaces=…>`, `sip:bob@host`, `bob`.
    pub fn parse(text: &str) -> Uri<'_> {
        let text = text.trim();
        let text = match text.find('<') {
            Some(at) => text[at + 1..].split('>').next().unwrap_or_default(),
            None => text,
        };
        let text = match text.split_once(':') {
            Some((scheme, rest)) if ["sip", "sips", "tel"].iter().any(|s| scheme.eq_ignore_ascii_case(s)) => rest,
            _ => text,
        };
        let (text, headers) = text.split_once('?').unwrap_or((text, ""));
        let (user, rest) = text.split_once('@').unwrap_or(("", text));
        let address = rest.split(';').next().unwrap_or_default();
        let (host, port) = host_port(address);
        // baresip before 4.1 appends a heap address to the user of its Contact
        let user = match user.rfind("-0x") {
            Some(at) if user.len() > at + 3 && user[at + 3..].bytes().all(|b| b.is_ascii_hexdigit()) => &user[..at],
            _ => user,
        };
        Uri { user, host, port, headers }
    }
}

/// `host:port`, `host`, `[v6]:port`.
fn host_port(address: &str) -> (&str, Option<u16>) {
    match address.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => match port.parse() {
            Ok(port) => (host, Some(port)),
            Err(_) => (address, None),
        },
        _ => (address, None),
    }
}

impl Names {
    /// `address` is that of the agent's SIP socket, `address:port`.
    pub fn add(&mut self, name: &Arc<str>, aor: &str, address: &str) {
        let aor = Uri::parse(aor);
        let (host, port) = host_port(address);
        let (user, domain, host) = (aor.user.to_string(), aor.host.to_string(), host.to_string());
        self.0.push(Known { name: name.clone(), user, domain, host, port });
    }

    /// The agent's name; `user@name` for another user at an agent's address; else `user@host`. Never a port.
    pub fn of_uri(&self, text: &str) -> String {
        let uri = Uri::parse(text);
        let at_socket = |known: &&Known| {
            // TLS listens on the port after that of UDP and TCP
            let ports = [known.port, known.port.and_then(|port| port.checked_add(1))];
            uri.port.is_some() && ports.contains(&uri.port) && known.host.eq_ignore_ascii_case(uri.host)
        };
        let same_user = |known: &&Known| known.user == uri.user;
        // an agent started again has a new address: the latest counts
        let latest = || self.0.iter().rev();
        let known = latest().filter(same_user).find(at_socket).or_else(|| {
            let hosts = |known: &&Known| {
                known.domain.eq_ignore_ascii_case(uri.host) || known.host.eq_ignore_ascii_case(uri.host)
            };
            latest().filter(same_user).find(hosts)
        });
        let name = match known {
            Some(known) => known.name.to_string(),
            None => match (uri.user, latest().find(at_socket)) {
                ("", Some(known)) => known.name.to_string(),
                (user, Some(known)) => format!("{user}@{}", known.name),
                ("", None) => uri.host.to_string(),
                (user, None) => format!("{user}@{}", uri.host),
            },
        };
        one_line(&name)
    }

    /// Free text with the URIs and socket addresses in it as names.
    pub fn in_text(&self, text: &str) -> String {
        let mut named = String::with_capacity(text.len());
        let ends =
            |c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"' | '\'' | ',' | '=' | '(' | ')' | '[' | ']');
        for token in text.split_inclusive(ends) {
            let (word, end) = match token.char_indices().next_back() {
                Some((at, last)) if ends(last) => token.split_at(at),
                _ => (token, ""),
            };
            let (host, port) = host_port(word);
            let socket = port.and_then(|port| {
                let at = |known: &&Known| known.host == host && known.port == Some(port);
                self.0.iter().rev().find(at)
            });
            match socket {
                Some(known) => named.push_str(&known.name),
                None if word.starts_with("sip:") || word.starts_with("sips:") => named.push_str(&self.of_uri(word)),
                None => named.push_str(word),
            }
            named.push_str(end);
        }
        one_line(&named)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris_in_all_their_forms() {
        let parts = |text| {
            let uri = Uri::parse(text);
            (uri.user.to_string(), uri.host.to_string(), uri.port)
        };
        let bob = |port| ("bob".to_string(), "pbx.example".to_string(), port);
        assert_eq!(parts("sip:bob@pbx.example"), bob(None));
        assert_eq!(parts("\"Bob\" <SIPS:bob@pbx.example:5061;transport=tls?X=a@b>;tag=1"), bob(Some(5061)));
        assert_eq!(parts("bob-0x55d9aa@pbx.example"), bob(None));
        assert_eq!(parts("sip:b@[::1]:5060"), ("b".into(), "[::1]".into(), Some(5060)));
        assert_eq!(parts("sip:b@::1"), ("b".into(), "::1".into(), None));
        assert_eq!(parts("sip:h:99999"), ("".into(), "h:99999".into(), None));
        assert_eq!(parts(""), ("".into(), "".into(), None));
    }

    #[test]
    fn addresses_are_names() {
        let mut names = Names::default();
        names.add(&"alice".into(), "sip:alice@127.0.0.1", "127.0.0.1:30000");
        names.add(&"desk".into(), "sip:alice@127.0.0.1", "127.0.0.1:30100");
        names.add(&"trunk".into(), "sip:100@pbx.example", "10.0.0.5:30200");
        for (uri, name) in [
            ("sip:alice@127.0.0.1:30000", "alice"),
            ("sip:alice@127.0.0.1:30001;transport=tls", "alice"),
            ("<sip:alice@127.0.0.1:30100>", "desk"),
            ("sip:nobody@127.0.0.1:30000", "nobody@alice"),
            ("sip:100@PBX.example:5060", "trunk"),
            ("sip:100@10.0.0.5:30200", "trunk"),
            ("sip:200@pbx.example:5070", "200@pbx.example"),
            ("tel:+49123", "+49123"),
            ("sip:x\ny@h", "x\\ny@h"),
        ] {
            assert_eq!(names.of_uri(uri), name, "{uri}");
        }
        assert_eq!(names.in_text("from 127.0.0.1:30000 to <sip:alice@127.0.0.1:30100>, 1"), "from alice to <desk>, 1");
        // an agent started again
        names.add(&"alice".into(), "sip:alice@127.0.0.1", "127.0.0.1:30100");
        assert_eq!(names.of_uri("sip:alice@127.0.0.1:30100"), "alice");
    }
}
