//! Who is behind an address: the agents of the run by their sockets and their addresses of record.

use super::wording::{cut, short};
use crate::event::SipEvent;
use crate::sip::uri::{NameAddr, Uri};
use std::collections::HashMap;
use std::sync::Arc;

/// Sockets that are remembered: an agent opens one for each TCP connection.
const SOCKETS: usize = 2000;

#[derive(Debug, Default)]
pub struct Names {
    /// `address:port`
    sockets: HashMap<String, Arc<str>>,
    /// By address of record; by that and the port of its SIP socket, where an agent does not register. None where several agents
    /// share it.
    accounts: HashMap<String, Option<Arc<str>>>,
}

/// The port of `address:port`.
fn port_of(address: &str) -> Option<u16> {
    address.rsplit_once(':')?.1.parse().ok()
}

impl Names {
    /// An agent is started; `address` is that of its SIP socket.
    pub fn started(&mut self, name: &Arc<str>, aor: &str, address: &str, local: bool) {
        self.socket(address, name);
        if self.accounts.len() == SOCKETS {
            return;
        }
        let aor = cut(aor, 160);
        match port_of(address).filter(|_| local) {
            Some(port) => drop(self.accounts.insert(format!("{aor}:{port}"), Some(name.clone()))),
            None => {
                let known = self.accounts.entry(aor).or_insert_with(|| Some(name.clone()));
                known.take_if(|known| *known != *name);
            }
        }
    }

    /// A message tells which socket the agent used.
    pub fn sip(&mut self, name: &Arc<str>, sip: &SipEvent) {
        let own = if sip.direction == "OUT" { &sip.src } else { &sip.dst };
        if !self.sockets.contains_key(own) {
            self.socket(own, name);
        }
    }

    fn socket(&mut self, address: &str, name: &Arc<str>) {
        if self.sockets.len() < SOCKETS {
            self.sockets.insert(cut(address, 64), name.clone());
        }
    }

    pub fn agent_at(&self, address: &str) -> Option<&Arc<str>> {
        self.sockets.get(address)
    }

    /// The agent whose socket it is, else the address itself.
    pub fn of_address(&self, address: &str) -> String {
        self.agent_at(address).map_or_else(|| short(address), |name| short(name))
    }

    /// The agent that is reached at a URI or name-addr, else the URI without parameters. An agent that does not register is only
    /// meant where the URI has its port.
    pub fn of_uri(&self, text: &str) -> String {
        let text = NameAddr::parse(text).map_or(text.trim(), |address| address.uri);
        let Some(uri) = Uri::parse(text) else { return short(text) };
        let aor = uri.aor();
        // TLS listens on the port after that of UDP and TCP
        let ports = [uri.port, uri.port.and_then(|port| port.checked_sub(1))].into_iter().flatten();
        let keys = ports.map(|port| format!("{aor}:{port}")).chain([aor.clone()]);
        if let Some(Some(name)) = keys.filter_map(|key| self.accounts.get(&key)).next() {
            return short(name);
        }
        let port = uri.port.map(|port| format!(":{port}")).unwrap_or_default();
        short(&format!("{aor}{port}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agents_by_socket_and_by_account() {
        let mut names = Names::default();
        names.started(&"alice".into(), "sip:alice@127.0.0.1", "127.0.0.1:5060", true);
        names.started(&"desk".into(), "sip:alice@127.0.0.1", "127.0.0.1:5064", true);
        names.started(&"one".into(), "sip:7@pbx.example", "127.0.0.1:5066", false);
        names.started(&"two".into(), "sip:7@pbx.example", "127.0.0.1:5068", false);
        names.started(&"trunk".into(), "sip:100@pbx.example", "127.0.0.1:5062", false);
        assert_eq!(names.of_address("127.0.0.1:5062"), "trunk");
        assert_eq!(names.of_address("127.0.0.1:9"), "127.0.0.1:9");
        for (uri, name) in [
            ("\"A\" <sip:alice@127.0.0.1:5060;transport=tcp>;tag=1", "alice"),
            ("sip:alice@127.0.0.1:5061", "alice"),
            ("sip:alice@127.0.0.1:60165", "sip:alice@127.0.0.1:60165"),
            ("sip:alice@127.0.0.1:5064", "desk"),
            ("sip:7@pbx.example", "sip:7@pbx.example"),
            ("<sip:100@pbx.example>", "trunk"),
            ("sip:100@pbx.example:5080", "trunk"),
            ("sip:200@pbx.example;x=y", "sip:200@pbx.example"),
            ("no uri\n", "no uri"),
        ] {
            assert_eq!(names.of_uri(uri), name, "{uri}");
        }
    }
}
