//! The service over https: with the certificate of the moment, and refusing one that is none.

use crate::support::{Done, Serving, Telefonist};
use rcgen::{CertificateParams, KeyPair};
use std::fs;
use std::path::Path;

/// A certificate of its own for 127.0.0.1: certificate and key as PEM.
fn certificate() -> (String, String) {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(["127.0.0.1".to_string()]).unwrap().self_signed(&key).unwrap();
    (certificate.pem(), key.serialize_pem())
}

/// Whether somebody who trusts that certificate alone gets an answer, over a new connection.
fn is_answered(serving: &Serving, trusted: &str) -> bool {
    match Serving::client(Some(trusted)).get(format!("{}/healthz", serving.url)).send() {
        Ok(answer) => answer.status().is_success(),
        Err(error) if error.is_connect() => false,
        Err(error) => panic!("{error:?}"),
    }
}

/// As what renews certificates does it: a new file takes the place of the old one.
fn replace(folder: &Path, name: &str, text: &str) {
    let new = folder.join(format!("{name}.new"));
    fs::write(&new, text).unwrap();
    fs::rename(new, folder.join(name)).unwrap();
}

#[test]
fn https_with_the_newest_certificate_that_is_one() {
    let [(cert, key), (new_cert, new_key)] = [(); 2].map(|()| certificate());
    let test = Telefonist::new("-ui_address=127.0.0.1:0 -tls_cert=cert.pem -tls_key=key.pem");
    let test = test.file("cert.pem", &cert).file("key.pem", &key);
    let mut serving = Serving::start(&test);
    assert!(serving.url.starts_with("https://127.0.0.1:"), "{}", serving.url);
    assert!(is_answered(&serving, &cert) && !is_answered(&serving, &new_cert));

    let folder = test.folder.path();
    replace(folder, "cert.pem", "no certificate");
    serving.complains("the new certificate can't be used, the one before it stays");
    assert!(is_answered(&serving, &cert));

    replace(folder, "key.pem", &new_key);
    replace(folder, "cert.pem", &new_cert);
    serving.says("new connections get the certificate in cert.pem");
    assert!(is_answered(&serving, &new_cert) && !is_answered(&serving, &cert));
    serving.terminate().exits(0);
}

#[test]
fn a_certificate_that_is_none_is_named_before_anybody_can_connect() {
    let [(cert, key), (_, other_key)] = [(); 2].map(|()| certificate());
    for (cert, key, says) in [
        (cert.as_str(), other_key.as_str(), "the key in key.pem is not that of the certificate in cert.pem"),
        ("text", &key, "there is no certificate in PEM in cert.pem"),
        (&cert, "text", "there is no private key in PEM in key.pem"),
        (&key, &cert, "there is no certificate in PEM in cert.pem"),
        ("-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n", &key, "no certificate in PEM in cert.pem"),
    ] {
        let test = Telefonist::new("serve --ui-address 127.0.0.1:0 --tls-cert cert.pem --tls-key key.pem");
        test.file("cert.pem", cert).file("key.pem", key).run().exits(3).says(says).never_says("listens");
    }
    let test = Telefonist::new("serve --ui-address 127.0.0.1:0 --tls-cert cert.pem --tls-key missing.pem");
    test.file("cert.pem", &cert).run().exits(3).says("cannot read missing.pem");
    let half = Telefonist::new("serve --ui-address 127.0.0.1:0 --tls-key key.pem");
    half.run().exits(2).says("--tls-key is given without --tls-cert");
}

#[test]
fn a_prompt_elsewhere_trusts_the_certificate_that_it_is_named() {
    let (cert, key) = certificate();
    let test =
        Telefonist::new("-ui_address=127.0.0.1:0 -tls_cert=cert.pem -tls_key=key.pem -ui_api_key=0123456789abcdef");
    let test = test.file("cert.pem", &cert).file("key.pem", &key).file("none.pem", "none").file("lines", "40 + 2\n");
    let serving = Serving::start(&test);
    let attach = |more: &[&str]| -> Done {
        let mut command = test.command_with(&[&["repl", "--attach", serving.url.as_str()], more].concat());
        let lines = fs::File::open(test.folder.path().join("lines")).unwrap();
        command.env("TELEFONIST_API_KEY", "0123456789abcdef").stdin(lines);
        command.output().expect("the program starts").into()
    };
    attach(&["--ca", "cert.pem"]).exits(0).says("42\n");
    attach(&[]).exits(3).says("certificate").says("--ca FILE");
    attach(&["--ca", "none.pem"]).exits(3).says("none.pem");
    serving.terminate().exits(0);
}
