//! Connections that come to nothing, peers that are there and stop answering, transfers that fail.

use super::{compared, dials, fails, told};
use crate::peers::kamailio;
use crate::support::{ESTABLISHED, Telefonist};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};

/// A registration at a port of this machine.
fn registers(port: u16, parameters: &str, within: &str) -> String {
    format!(
        "let alice = agent(\"<sip:alice@127.0.0.1:{port}{parameters}>;auth_pass=topsecret\");\n\
         await alice.event(\"REGISTER_OK\") within {within};\n"
    )
}

/// A peer over TCP, for one connection.
fn peer(serve: impl FnOnce(TcpStream) + Send + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("its address").port();
    std::thread::spawn(move || serve(listener.accept().expect("a connection").0));
    port
}

#[test]
fn tls_where_nobody_speaks_it() {
    // the kernel takes the connections, and nobody ever reads from them
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = silent.local_addr().expect("its address").port();
    fails("no_handshake", &dials(port, "1s").replace(&format!(":{port}"), &format!(":{port};transport=tls")));
    fails("no_handshake_to_register", &registers(port, ";transport=tls", "1s"));
    let port = peer(|mut stream| {
        assert!(stream.read(&mut [0; 1024]).expect("a greeting") > 0);
        stream.write_all(b"SIP/2.0 400 Bad Request\r\n\r\n").expect("an answer");
        // until the agent goes
        let _ = stream.read(&mut [0; 1024]);
    });
    fails("no_tls", &registers(port, ";transport=tls", "1s"));
}

#[test]
fn tls_at_the_port_of_another_agent_for_udp() {
    let script = "let alice = agent(\"alice\");\nlet bob = agent(\"bob\");\n\
         alice.dial(`sip:bob@${bob.address};transport=tls`);\nawait bob.event(\"CALL_INCOMING\") within 1s;\n";
    let test = Telefonist::new("run t.rhai").file("t.rhai", script);
    // bob waits for more of what he takes for SIP, or closes the connection
    test.run().exits(1).says("alice's call to bob was not sent").says("bob takes UDP and TCP there, and TLS at port ");
}

#[test]
fn a_connection_that_the_registrar_closes() {
    let port = peer(|mut stream| {
        assert!(stream.read(&mut [0; 4096]).expect("a request") > 0);
    });
    let script = registers(port, ";transport=tcp", "10ms");
    let script = script.replace("await", "await alice.event(\"REGISTER_FAIL\") within 8s;\nawait");
    fails("closed_connection", &script);
}

/// A registrar that answers once, then never again.
fn answers_once(header: &str) -> u16 {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a port");
    let port = socket.local_addr().expect("its address").port();
    let header = header.to_string();
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        let (length, from) = socket.recv_from(&mut buffer).expect("a request");
        let request = String::from_utf8_lossy(&buffer[..length]).into_owned();
        let copied = ["Via:", "From:", "To:", "Call-ID:", "CSeq:"];
        let headers = request.lines().filter(|line| copied.iter().any(|name| line.starts_with(name)));
        let headers: String = headers.map(|line| format!("{line}\r\n")).collect();
        let answer = format!("SIP/2.0 401 Unauthorized\r\n{headers}{header}Content-Length: 0\r\n\r\n");
        socket.send_to(answer.as_bytes(), from).expect("it is sent");
        // the port stays taken for as long as somebody sends to it
        while socket.recv_from(&mut buffer).is_ok() {}
    });
    port
}

#[test]
fn a_registrar_that_is_silent_once_it_has_the_password() {
    let port = answers_once("WWW-Authenticate: Digest realm=\"pbx\", nonce=\"1\"\r\n");
    fails("silent_after_challenge", &registers(port, "", "1s"));
}

#[test]
fn a_challenge_without_a_realm() {
    let port = answers_once("");
    fails("no_challenge", &dials(port, "1s"));
}

#[test]
fn an_agent_on_the_loopback_reaches_nobody_else() {
    let script = "let alice = agent(\"alice\");\nalice.dial(\"sip:bob@192.0.2.7:5080\");\n\
         await alice.event(\"CALL_ESTABLISHED\") within 10ms;\n";
    fails("loopback", script);
}

#[test]
fn what_had_no_time_explains_nothing() {
    let script = "let alice = agent(\"alice\");\nlet bob = agent(\"bob\");\nalice.dial(bob);\n\
         let invite = await bob.sip(\"INVITE\") within 5s;\nassert_eq(invite.headers[\"Max-Forwards\"], \"69\");\n";
    let test = Telefonist::new("run t.rhai").file("t.rhai", script);
    test.run().exits(1).never_says("no answer").never_says("not answered");
    compared("no_time", &told(&test));
}

#[test]
fn a_transfer_to_nobody() {
    let proxy = kamailio();
    let target = format!("sip:nobody@127.0.0.1:{}", proxy.port);
    let script = format!(
        "{ESTABLISHED}bob.transfer(\"{target}\");\nawait bob.event(\"TRANSFER_FAILED\") within 8s;\n\
         await bob.event(\"CALL_CLOSED\") within 10ms;\n"
    );
    let done = Telefonist::new("run t.rhai").file("t.rhai", &script).run().exits(1);
    let done = done.says(&format!("bob's transfer of alice to {target} failed: 404 Not Found"));
    done.says("alice → bob  NOTIFY: 404 Not Found").says(&format!("bob was told to: `transfer {target}` at t.rhai:7"));
}
