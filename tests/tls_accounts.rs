//! Accounts at registrars over TLS and WSS: their certificates are verified.

use crate::support::{Done, OLD_BARESIP, Telefonist};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::Arc;

/// A registrar over TLS that takes every registration. Where it is asked to become a WebSocket, it says no.
struct Registrar {
    port: u16,
    /// The certificate of who signed its own, as PEM.
    authority: String,
}

impl Registrar {
    /// Its certificate is for that name.
    fn new(name: &str) -> Registrar {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        params.distinguished_name.push(DnType::CommonName, format!("Test CA {port}"));
        let authority = params.self_signed(&key).unwrap().pem();
        let issuer = Issuer::new(params, key);
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(vec![name.to_string()]).unwrap().signed_by(&key, &issuer).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let config = config.with_no_client_auth().with_single_cert(vec![certificate.der().clone()], key).unwrap();
        let config = Arc::new(config);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (config, stream) = (config.clone(), stream.unwrap());
                std::thread::spawn(move || {
                    let stream = StreamOwned::new(ServerConnection::new(config).unwrap(), stream);
                    // a client that does not like the certificate goes
                    let _ = serve(BufReader::new(stream));
                });
            }
        });
        Registrar { port, authority }
    }

    fn run(&self, transport: &str, options: &str, words: &str) -> (Telefonist, Done) {
        let script = format!(
            "fail_on(\"REGISTER_FAIL\");\nlet alice = agent(\"<sip:alice@127.0.0.1:{};transport={transport}>\", #{{ {options} }});\n\
             await alice.event(\"REGISTER_OK\") within 30s;\n",
            self.port
        );
        let test = Telefonist::new(&format!("run call.rhai {words}")).file("call.rhai", &script);
        let test = test.file("ca.pem", &self.authority);
        let done = test.run();
        (test, done)
    }
}

/// Answers each request with 200, and with a lifetime for its contact.
fn serve(mut stream: BufReader<StreamOwned<ServerConnection, std::net::TcpStream>>) -> std::io::Result<()> {
    loop {
        let mut request = vec![];
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line)? == 0 {
                return Ok(());
            }
            match line.trim_end() {
                "" if request.is_empty() => {}
                "" => break,
                line => request.push(line.to_string()),
            }
        }
        if request[0].starts_with("GET") {
            write!(stream.get_mut(), "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nX-Seen: yes\r\n\r\n")?;
            continue;
        }
        let header = |name: &str| request.iter().find(|line| line.starts_with(&format!("{name}:"))).unwrap().as_str();
        let [via, from, to, call, cseq, contact] = ["Via", "From", "To", "Call-ID", "CSeq", "Contact"].map(header);
        write!(
            stream.get_mut(),
            "SIP/2.0 200 OK\r\n{via}\r\n{from}\r\n{to};tag=1\r\n{call}\r\n{cseq}\r\n{contact}\r\nExpires: 60\r\nContent-Length: 0\r\n\r\n"
        )?;
    }
}

#[test]
fn a_certificate_that_the_agent_is_given_the_signer_of_is_taken() {
    let registrar = Registrar::new("127.0.0.1");
    registrar.run("tls", "", "--tls-ca ca.pem").1.exits(0).says("PASS").never_says("any certificate");
    registrar.run("tls", "tls_ca: \"ca.pem\"", "").1.exits(0).says("PASS");
    // the signer of one does not replace that of another
    let other = Registrar::new("127.0.0.1");
    let (test, _) = registrar.run("tls", "tls_ca: \"ca.pem\"", "");
    let test = test.file("other.pem", &other.authority);
    Done::from(test.command_with(&["run", "call.rhai", "--tls-ca", "other.pem"]).output().unwrap()).exits(0);
    // in a testfile it stands behind the account
    let account = format!("uanew <sip:alice@127.0.0.1:{};transport=tls>;tls_ca=ca.pem\n1s\n", registrar.port);
    Telefonist::new("run call").file("call", &account).file("ca.pem", &registrar.authority).run().exits(0);
}

#[test]
fn a_certificate_that_nobody_known_has_signed_is_not_taken() {
    let registrar = Registrar::new("127.0.0.1");
    let (test, done) = registrar.run("tls", "", "");
    done.exits(1)
        .says("alice's registration was not sent: the TLS handshake failed")
        .says("nobody whom this machine trusts has signed the certificate of `127.0.0.1`")
        .says("--tls-ca FILE")
        .says("#{ tls_verify: false }");
    assert!(!test.events().iter().any(|event| event["kind"] == "sip"), "a REGISTER went out");
    let other = Registrar::new("127.0.0.1");
    let (test, _) = registrar.run("tls", "", "");
    let test = test.file("ca.pem", &other.authority);
    Done::from(test.command_with(&["run", "call.rhai", "--tls-ca", "ca.pem"]).output().unwrap()).exits(1);
}

#[test]
fn a_certificate_for_another_name_is_not_taken() {
    let registrar = Registrar::new("pbx.example");
    let (_test, done) = registrar.run("tls", "", "--tls-ca ca.pem");
    done.exits(1)
        .says("the TLS handshake failed")
        .says("the certificate is not for `127.0.0.1`, the name that was expected");
}

#[test]
fn a_test_that_takes_any_certificate_says_so() {
    let registrar = Registrar::new("pbx.example");
    let (_test, done) = registrar.run("tls", "tls_verify: false", "");
    done.exits(0).says("alice takes any certificate (tls_verify)");
}

#[test]
fn websockets_are_verified_as_well() {
    let registrar = Registrar::new("127.0.0.1");
    let (test, done) = registrar.run("wss", "", "");
    done.exits(1).says("the TLS handshake failed").says("has signed the certificate of `127.0.0.1`");
    assert!(test.events().iter().any(|event| event["type"] == "REGISTER_FAIL"));
    // the handshake is over where the WebSocket is refused
    let (_test, done) = registrar.run("wss", "", "--tls-ca ca.pem");
    done.exits(1).never_says("the TLS handshake failed");
}

#[test]
fn an_old_baresip_that_verifies_nothing_is_refused() {
    let registrar = Registrar::new("127.0.0.1");
    let baresip = format!("--baresip {OLD_BARESIP}");
    let (_test, done) = registrar.run("tls", "", &format!("--tls-ca ca.pem {baresip}"));
    done.exits(3).says("baresip 1.0.0").says("verifies no certificate").says("call.rhai:2").says("tls_verify: false");
    registrar.run("tls", "tls_verify: false", &baresip).1.exits(0).says("any certificate");
}

#[test]
fn files_without_certificates_are_refused_before_an_agent_starts() {
    let registrar = Registrar::new("127.0.0.1");
    let (test, done) = registrar.run("tls", "", "--tls-ca missing.pem");
    done.exits(3).says("--tls-ca").says("missing.pem");
    assert!(!test.folder.path().join("data/runs").exists());
    let (test, done) = registrar.run("tls", "tls_ca: \"missing.pem\"", "");
    done.exits(3).says("missing.pem").says("call.rhai:2");
    assert!(!test.events().iter().any(|event| event["note"] == "agent_ready"), "an agent was started");
}
