//! The certificate with which the local agents of a host meet each other over TLS.

use rcgen::{CertificateParams, KeyPair};

/// A self-signed certificate for the loopback addresses: key and certificate as PEM, as baresip's `sip_certificate` wants them.
#[derive(Debug)]
pub struct Certificate {
    /// The certificate alone: what the peers trust.
    pub public: String,
    /// Key and certificate.
    pub whole: String,
}

impl Certificate {
    pub fn new() -> Result<Certificate, rcgen::Error> {
        let key = KeyPair::generate()?;
        let names = ["localhost", "127.0.0.1", "::1"].map(str::to_string);
        let certificate = CertificateParams::new(names)?.self_signed(&key)?;
        let public = certificate.pem();
        Ok(Certificate { whole: format!("{}{public}", key.serialize_pem()), public })
    }
}
