//! Addresses as agent names: `sip:bob@127.0.0.1:30100` is `bob`, whatever port it got in this run.

use super::one_line::one_line;
use crate::sip::uri::{NameAddr, Uri};
use std::sync::Arc;

/// The agents of a run so far and where they can be reached.
#[derive(Debug, Default)]
pub struct Names(Vec<Known>);

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

/// Who a text means that should be a URI: what stays the same in every run, and the port.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Who {
    pub user: String,
    pub host: String,
    pub port: Option<u16>,
    /// What stands behind `?`.
    pub headers: String,
}

impl Who {
    /// Takes anything: `"Bob" <sip:bob@host:5060;transport=tls?Replaces=…>`, `sip:bob@host`, `bob`.
    pub fn of(text: &str) -> Who {
        let text = NameAddr::parse(text).map_or(text.trim(), |address| address.uri);
        let has_scheme = text
            .split_once(':')
            .is_some_and(|(scheme, _)| ["sip", "sips", "tel"].iter().any(|known| scheme.eq_ignore_ascii_case(known)));
        let completed = if has_scheme { text.to_string() } else { format!("sip:{text}") };
        let Some(uri) = Uri::parse(&completed) else { return Who { host: text.into(), ..Who::default() } };
        let user = match uri.user.unwrap_or_default() {
            // a telephone number has no host
            number if uri.host.is_empty() => return Who { host: number.into(), ..Who::default() },
            user => without_pointer(user).to_string(),
        };
        Who { user, host: uri.host.to_ascii_lowercase(), port: uri.port, headers: uri.headers.into() }
    }

    /// What is not known differs from nothing. Where one has no host (a dialled `bob`, which the agent completes), the
    /// users decide.
    pub fn may_be(&self, other: &Who) -> bool {
        match (self.user.as_str(), other.user.as_str()) {
            _ if self.host.is_empty() || other.host.is_empty() => true,
            ("", "") => self.host == other.host,
            ("", user) => self.host == user,
            (user, "") => user == other.host,
            (one, two) => one == two && self.host == other.host && self.port == other.port,
        }
    }
}

/// baresip before 4.1 appends a heap address to the user of its Contact.
fn without_pointer(user: &str) -> &str {
    match user.rsplit_once("-0x") {
        Some((name, digits)) if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_hexdigit()) => name,
        _ => user,
    }
}

/// `host:port`, `host`, `[v6]:port`; the host in lower case.
fn host_port(address: &str) -> (String, Option<u16>) {
    let who = Who::of(&format!("sip:{address}"));
    (who.host, who.port)
}

impl Names {
    /// `address` is that of the agent's SIP socket, `address:port`.
    pub fn add(&mut self, name: &Arc<str>, aor: &str, address: &str) {
        let aor = Who::of(aor);
        let (host, port) = host_port(address);
        self.0.push(Known { name: name.clone(), user: aor.user, domain: aor.host, host, port });
    }

    /// The agent's name; `user@name` for another user at an agent's address; else `user@host`. Never a port.
    pub fn of_uri(&self, text: &str) -> String {
        let who = Who::of(text);
        let at_socket = |known: &&Known| {
            // TLS listens on the port after that of UDP and TCP
            let ports = [known.port, known.port.and_then(|port| port.checked_add(1))];
            who.port.is_some() && ports.contains(&who.port) && known.host == who.host
        };
        let same_user = |known: &&Known| known.user == who.user;
        // an agent started again has a new address: the latest counts
        let latest = || self.0.iter().rev();
        let known = latest()
            .filter(same_user)
            .find(at_socket)
            .or_else(|| latest().filter(same_user).find(|known| [&known.domain, &known.host].contains(&&who.host)));
        let name = match known {
            Some(known) => known.name.to_string(),
            None => match (who.user.as_str(), latest().find(at_socket)) {
                ("", Some(known)) => known.name.to_string(),
                (user, Some(known)) => format!("{user}@{}", known.name),
                ("", None) => who.host,
                (user, None) => format!("{user}@{}", who.host),
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
            let socket = match host_port(word) {
                (host, port @ Some(_)) => self.0.iter().rev().find(|known| known.host == host && known.port == port),
                _ => None,
            };
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
    fn who_is_meant_in_all_spellings() {
        let parts = |text| {
            let who = Who::of(text);
            (who.user, who.host, who.port)
        };
        let bob = |port| ("bob".to_string(), "pbx.example".to_string(), port);
        assert_eq!(parts("sip:bob@pbx.example"), bob(None));
        assert_eq!(parts("\"Bob\" <SIPS:bob@PBX.example:5061;transport=tls?X=a@b>;tag=1"), bob(Some(5061)));
        assert_eq!(parts("bob-0x55d9aa@pbx.example"), bob(None));
        assert_eq!(parts("sip:b@[::1]:5060"), ("b".into(), "[::1]".into(), Some(5060)));
        assert_eq!(parts("tel:+49123"), ("".into(), "+49123".into(), None));
        assert_eq!(parts("bob"), ("".into(), "bob".into(), None));
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
            ("sip:x\ny@h", "sip:x\\ny@h"),
        ] {
            assert_eq!(names.of_uri(uri), name, "{uri}");
        }
        assert_eq!(names.in_text("from 127.0.0.1:30000 to <sip:alice@127.0.0.1:30100>, 1"), "from alice to <desk>, 1");
        // an agent started again
        names.add(&"alice".into(), "sip:alice@127.0.0.1", "127.0.0.1:30100");
        assert_eq!(names.of_uri("sip:alice@127.0.0.1:30100"), "alice");
    }
}
