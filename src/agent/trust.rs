//! Which certificates an agent accepts from TLS servers.
//!
//! baresip does not ask OpenSSL for the system's certificates, and verifies nothing unless it is given some. So each agent
//! gets the certificates that it may trust: the system's, those of `--tls-ca`, and those of its own `tls_ca`.

use super::account::Account;
use super::version::Version;
use super::{Kind, Settings};
use crate::diagnostic::Diagnostic;
use crate::event::Ended;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Where systems keep their certificates, each under a hash of its name, so that one is read when it is needed.
const FOLDERS: [&str; 2] = ["/etc/ssl/certs", "/etc/pki/tls/certs"];
/// Where they keep all of them in one file, which an agent reads as a whole when it starts.
const BUNDLES: [&str; 5] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
];
/// A file of certificates is no larger: the system's bundle has 220 kB.
const LARGEST: u64 = 4 << 20;
/// The first version that verifies certificates.
const VERIFIES: Version = (1, 1, 0);

/// What the configuration says of it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Trust {
    /// Certificates, as PEM.
    pub certificates: String,
    pub folder: Option<PathBuf>,
    pub verify: bool,
}

/// Whom an agent with that account trusts.
///
/// # Errors
/// A file of certificates that can't be used; an agent that would verify nothing.
pub fn of(account: &Account, settings: &Settings, kind: &Kind) -> Result<Trust, Ended> {
    if account.options.tls_unverified {
        return Ok(Trust::default());
    }
    let files = [settings.tls_ca.as_deref(), account.options.tls_ca.as_deref()];
    let mut trust = Trust { verify: true, ..Trust::default() };
    for file in files.into_iter().flatten() {
        trust.certificates += &read(file).map_err(|why| Ended {
            advice: Some(
                "name a file of certificates (PEM) that can be read: --tls-ca FILE, #{ tls_ca: \"FILE\" }".into(),
            ),
            ..Ended::error(why)
        })?;
    }
    // local agents meet each other, with the certificate of this host
    if account.local {
        return Ok(trust);
    }
    if kind.version < VERIFIES && account.is_secured() {
        return Err(Ended {
            advice: Some(
                "use a newer one, or take any certificate: #{ tls_verify: false }, ;tls_verify=no in a testfile".into(),
            ),
            ..Ended::error(format!("`{}` registers over TLS, and {kind} verifies no certificate", account.alias))
        });
    }
    trust.folder = FOLDERS.iter().map(PathBuf::from).find(|folder| has_hashes(folder));
    // the bundle takes longer to read than the rest of a start: only for those that will need it
    if trust.folder.is_none() && account.is_secured() {
        let bundle = BUNDLES.iter().find_map(|path| read(Path::new(path)).ok());
        trust.certificates += &bundle.unwrap_or_default();
    }
    Ok(trust)
}

/// Looks at what `--tls-ca` names, before any agent needs it.
///
/// # Errors
/// It can't be read, or has no certificate.
pub fn check(settings: &Settings) -> Result<(), Diagnostic> {
    let Some(file) = &settings.tls_ca else { return Ok(()) };
    read(file).map(drop).map_err(|why| {
        Diagnostic::error(format!("--tls-ca: {why}")).advice("name a file of certificates (PEM) that can be read")
    })
}

/// Whether a folder holds certificates as OpenSSL looks for them: `HASH.0`.
fn has_hashes(folder: &Path) -> bool {
    let entries = folder.read_dir().into_iter().flatten().flatten();
    entries.into_iter().any(|entry| entry.path().extension().is_some_and(|end| end == "0"))
}

/// The certificates of a file, and nothing else that stands there; else what is wrong with it.
fn read(path: &Path) -> Result<String, String> {
    let shown = path.display();
    let broken = |error: std::io::Error| format!("the certificates in `{shown}` can't be read: {error}");
    let file = std::fs::File::open(path).map_err(broken)?;
    if !file.metadata().map_err(broken)?.is_file() {
        return Err(format!("`{shown}` is no file"));
    }
    let mut text = vec![];
    file.take(LARGEST + 1).read_to_end(&mut text).map_err(broken)?;
    if text.len() as u64 > LARGEST {
        return Err(format!("`{shown}` is larger than {} MiB, which no file of certificates is", LARGEST >> 20));
    }
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    match certificates.as_deref() {
        Ok([]) | Err(_) => Err(format!("there is no certificate (PEM) in `{shown}`")),
        Ok(certificates) => Ok(certificates.iter().map(|certificate| pem(certificate)).collect()),
    }
}

fn pem(certificate: &[u8]) -> String {
    use base64::Engine;
    let text = base64::engine::general_purpose::STANDARD.encode(certificate);
    let lines: Vec<&str> = text.as_bytes().chunks(64).filter_map(|line| std::str::from_utf8(line).ok()).collect();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::certificate::Certificate;

    fn trust(text: &str, settings: &Settings) -> Result<Trust, Ended> {
        let kind = Kind::for_tests((4, 12, 0));
        of(&Account::new(text, &[], &kind).unwrap(), settings, &kind)
    }

    #[test]
    fn agents_trust_what_they_are_given_and_the_system() {
        let folder = tempfile::tempdir().unwrap();
        let own = Certificate::new().unwrap();
        let file = folder.path().join("ca.pem");
        // the key stays where it is
        std::fs::write(&file, &own.whole).unwrap();
        let settings = Settings { tls_ca: Some(file), ..Settings::for_tests(folder.path(), 24_400) };
        let one = trust("<sip:a@pbx.invalid;transport=tls>", &settings).unwrap();
        assert!(one.verify && one.certificates.starts_with(own.public.trim_end()) && !one.certificates.contains("KEY"));
        assert!(one.folder.is_some() || one.certificates.matches("BEGIN").count() > 1);
        let local = trust("alice", &settings).unwrap();
        assert_eq!((local.folder, local.certificates.trim_end()), (None, own.public.trim_end()));
        let any = trust("<sip:a@pbx.invalid;transport=tls>;tls_verify=no", &settings).unwrap();
        assert_eq!(any, Trust::default());
    }

    #[test]
    fn a_file_without_certificates_is_refused_with_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings::for_tests(folder.path(), 24_450);
        let empty = folder.path().join("empty.pem");
        std::fs::write(&empty, "no certificate").unwrap();
        let missing = folder.path().join("missing.pem");
        for (path, says) in [
            (&empty, "there is no certificate"),
            (&missing, "can't be read"),
            (&folder.path().to_path_buf(), "is no file"),
        ] {
            let ended =
                trust(&format!("<sip:a@h;transport=tls>;tls_ca=\"{}\"", path.display()), &settings).unwrap_err();
            assert!(
                ended.message.contains(says) && ended.message.contains(&path.display().to_string()),
                "{}",
                ended.message
            );
            let flag = Settings { tls_ca: Some(path.clone()), ..settings.clone() };
            assert!(check(&flag).unwrap_err().message.contains(says));
        }
    }
}
