//! Who may ask for what.

use crate::support::server::{Ask, Server};
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

#[test]
fn a_server_tells_that_it_is_well_and_ends_when_asked() {
    let mut server = Server::start();
    assert_eq!(server.anonymous("GET", "/healthz").answer().is(200).json()["status"], "ok");
    assert_eq!(server.get("me").is(200).json()["scopes"].as_array().map(Vec::len), Some(4));
    assert_eq!(server.end(), Some(0));
}

#[test]
fn who_asks_nothing_holds_no_connection() {
    let server = Server::start();
    let address = server.base.trim_start_matches("http://");
    let login =
        "POST /api/v1/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{";
    let known = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
    std::thread::scope(|scope| {
        // nothing, half a head, half a body, and nothing after a request
        for sent in ["", "GET / HTTP/1.1\r\nHost: x\r\n", login, known] {
            scope.spawn(move || {
                let mut connection = TcpStream::connect(address).unwrap();
                connection.write_all(sent.as_bytes()).unwrap();
                connection.set_read_timeout(Some(Duration::from_secs(120))).unwrap();
                let mut answer = vec![];
                // a reset is an end, too
                let ended = connection.read_to_end(&mut answer);
                assert!(
                    !ended.is_err_and(|error| error.kind() == ErrorKind::WouldBlock),
                    "{sent:?} holds a connection"
                );
            });
        }
    });
}
