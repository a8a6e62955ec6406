//! Who may ask for what.

use crate::support::server::{Ask, Server};

#[test]
fn a_server_tells_that_it_is_well_and_ends_when_asked() {
    let mut server = Server::start();
    assert_eq!(server.anonymous("GET", "/healthz").answer().is(200).json()["status"], "ok");
    assert_eq!(server.get("me").is(200).json()["scopes"].as_array().map(Vec::len), Some(4));
    assert_eq!(server.end(), Some(0));
}
