//! The certificate of https, reloaded when its files change.

use super::options::Tls;
use super::terminal::Terminal;
use crate::diagnostic::{Diagnostic, Severity};
use axum_server::tls_rustls::RustlsConfig;
use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use rustls::crypto::ring;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{Error, ServerConfig};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

/// The most bytes of a PEM file.
const LONGEST: u64 = 1024 * 1024;
/// Two files are replaced one after the other: both are there when nothing more has come for so long.
const SETTLED: Duration = Duration::from_millis(100);
/// In a folder where something happens all the time, that is waited for no longer than so.
const LATEST: Duration = Duration::from_secs(1);

/// The certificate that new connections get, for as long as this is there.
pub struct Certificate {
    pub config: RustlsConfig,
    _watcher: Option<RecommendedWatcher>,
}

impl Certificate {
    /// The terminal reports each change; if a certificate can't be used, the previous one stays.
    ///
    /// # Errors
    /// A file can't be read, is not what it should be, or the key is another certificate's.
    pub fn new(tls: &Tls, terminal: Arc<dyn Terminal>) -> Result<Certificate, Diagnostic> {
        // watched from before it is read: no change is missed
        let (watcher, changes) = match watch(tls) {
            Ok((watcher, changes)) => (Some(watcher), Some(changes)),
            Err(error) => {
                let message = format!("the files of the certificate can't be watched: {error}");
                let problem = Diagnostic::warning(message).advice("restart the service when they have changed");
                terminal.trouble(&problem);
                (None, None)
            }
        };
        let (files, config) = read(tls)?;
        let config = RustlsConfig::from_config(Arc::new(config));
        if let Some(changes) = changes {
            let (tls, config) = (tls.clone(), config.clone());
            let follow = move || follow(&tls, files, &config, &changes, &*terminal);
            let started = thread::Builder::new().name("certificate".into()).spawn(follow);
            started.map_err(|error| Diagnostic::error(format!("the system gives no thread: {error}")))?;
        }
        Ok(Certificate { config, _watcher: watcher })
    }
}

/// Takes each change of the files until the watcher is gone.
fn follow(tls: &Tls, known: Files, config: &RustlsConfig, changes: &Receiver<()>, terminal: &dyn Terminal) {
    let mut known = Some(known);
    while changes.recv().is_ok() {
        let latest = Instant::now() + LATEST;
        while Instant::now() < latest && changes.recv_timeout(SETTLED).is_ok() {}
        let read = Files::read(tls);
        let files = read.as_ref().ok().cloned();
        // touched, or another file of the folder; or told already
        if files == known {
            continue;
        }
        known = files;
        let read = read.and_then(|files| files.config(tls));
        match read {
            Ok(new) => {
                config.reload_from_config(Arc::new(new));
                terminal.new_certificate(&tls.certificate);
            }
            Err(problem) => {
                let message =
                    format!("the new certificate can't be used, the one before it stays: {}", problem.message);
                terminal.trouble(&Diagnostic { message, severity: Severity::Warning, ..problem });
            }
        }
    }
}

/// Tells of whatever happens in the folders of both files: a file may be replaced, or a link on the way to it.
fn watch(tls: &Tls) -> notify::Result<(RecommendedWatcher, Receiver<()>)> {
    let (sender, changes) = channel();
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        if event.is_ok_and(|event| !event.kind.is_access()) {
            let _ = sender.send(());
        }
    })?;
    for folder in BTreeSet::from([folder(&tls.certificate), folder(&tls.key)]) {
        watcher.watch(folder, RecursiveMode::NonRecursive)?;
    }
    Ok((watcher, changes))
}

fn folder(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn read(tls: &Tls) -> Result<(Files, ServerConfig), Diagnostic> {
    let files = Files::read(tls)?;
    let config = files.config(tls)?;
    Ok((files, config))
}

/// What both files hold.
#[derive(Clone, PartialEq)]
struct Files {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

impl Files {
    fn read(tls: &Tls) -> Result<Files, Diagnostic> {
        Ok(Files { certificate: bytes(&tls.certificate)?, key: bytes(&tls.key)? })
    }

    fn config(&self, tls: &Tls) -> Result<ServerConfig, Diagnostic> {
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&self.certificate).collect();
        let no_pem = |path: &PathBuf, what: &str, error: Option<pem::Error>| {
            let why = match error {
                None | Some(pem::Error::NoItemsFound) => String::new(),
                Some(error) => format!(" ({error:?})"),
            };
            Diagnostic::error(format!("there is no {what} in PEM in {}{why}", path.display())).advice(format!(
                "it holds lines like -----BEGIN {}-----",
                if what == "certificate" { "CERTIFICATE" } else { "PRIVATE KEY" }
            ))
        };
        let chain = chain.map_err(|error| no_pem(&tls.certificate, "certificate", Some(error)))?;
        if chain.is_empty() {
            return Err(no_pem(&tls.certificate, "certificate", None));
        }
        // what an error shows of a key is nobody's business
        let key = PrivateKeyDer::from_pem_slice(&self.key).map_err(|_| no_pem(&tls.key, "private key", None))?;
        let provider = Arc::new(ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = config.and_then(|config| config.with_no_client_auth().with_single_cert(chain, key));
        let mut config = config.map_err(|error| match error {
            Error::InconsistentKeys(_) => {
                let message = format!(
                    "the key in {} is not that of the certificate in {}",
                    tls.key.display(),
                    tls.certificate.display()
                );
                Diagnostic::error(message)
                    .advice("the server's own certificate comes first in its file, before those that signed it")
            }
            error => {
                let message = format!(
                    "the certificate in {} and the key in {} can't be used: {error}",
                    tls.certificate.display(),
                    tls.key.display()
                );
                Diagnostic::error(message)
                    .advice("an RSA, ECDSA or Ed25519 key without a password, and its certificate, are due")
            }
        })?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(config)
    }
}

fn bytes(path: &Path) -> Result<Vec<u8>, Diagnostic> {
    let unreadable = |why: String| {
        Diagnostic::error(format!("cannot read {}: {why}", path.display()))
            .advice("name files of PEM with --tls-cert and --tls-key")
    };
    let is_file = fs::metadata(path).map_err(|error| unreadable(error.to_string()))?.is_file();
    if !is_file {
        return Err(unreadable("it is no file".into()));
    }
    let mut bytes = vec![];
    let read = File::open(path).and_then(|file| file.take(LONGEST + 1).read_to_end(&mut bytes));
    read.map_err(|error| unreadable(error.to_string()))?;
    match bytes.len() as u64 > LONGEST {
        true => Err(unreadable(format!("it has more than {LONGEST} bytes"))),
        false => Ok(bytes),
    }
}
