//! Accounts that tests share: a file of them, each leased to one test at a time.

use crate::diagnostic::{Diagnostic, Source};
use crate::event::lock;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// Reads an accounts file: a line each, `NAME <sip:user@domain>;auth_pass=…`; empty lines and `#` comments are skipped.
///
/// # Errors
/// A line without an account, or a name twice, with its place. No message shows a password.
pub fn read_accounts(path: &Path) -> Result<BTreeMap<String, String>, Vec<Diagnostic>> {
    parse(&super::load(path).map_err(|problem| vec![problem])?)
}

fn parse(source: &Arc<Source>) -> Result<BTreeMap<String, String>, Vec<Diagnostic>> {
    let (mut accounts, mut problems) = (BTreeMap::new(), vec![]);
    for (number, line) in (1..).zip(source.text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let wrong = |what: String| {
            Diagnostic::error(format!("{}:{number}: {what}", source.name))
                .advice("write a name and an account, as in `trunk <sip:100@pbx.example>;auth_pass=…`")
        };
        match line.split_once(char::is_whitespace).map(|(name, account)| (name, account.trim())) {
            Some((name, account)) if account.starts_with('<') || account.starts_with('"') => {
                if accounts.insert(name.to_string(), account.to_string()).is_some() {
                    problems.push(wrong(format!("the account `{name}` is there twice")));
                }
            }
            _ => problems.push(wrong("this is not an account".into())),
        }
    }
    if problems.is_empty() { Ok(accounts) } else { Err(problems) }
}

/// Who has which account, in this host and, by locked files, in others that share the data folder.
pub struct Leases {
    folder: PathBuf,
    state: Arc<Mutex<State>>,
    /// Called when a lease that was refused may be had.
    freed: Arc<dyn Fn() + Send + Sync>,
}

#[derive(Default)]
struct State {
    taken: BTreeSet<String>,
    /// Another host has them: a thread waits for each.
    awaited: BTreeSet<String>,
    /// Locked by such a thread, for whoever comes next.
    ready: BTreeMap<String, File>,
}

impl Leases {
    pub fn new(data_dir: &Path, freed: Arc<dyn Fn() + Send + Sync>) -> Leases {
        Leases { folder: data_dir.join("leases"), state: Arc::default(), freed }
    }

    /// All of the accounts, or none now: `freed` is called when it is worth asking again.
    ///
    /// # Errors
    /// The lock files can't be made.
    pub fn take(&self, names: &[String]) -> io::Result<Option<Lease>> {
        let mut state = lock(&self.state);
        if names.iter().any(|name| state.taken.contains(name) || state.awaited.contains(name)) {
            return Ok(None);
        }
        let mut files = vec![];
        for name in names {
            let file = match state.ready.remove(name) {
                Some(file) => file,
                None => self.open(name)?,
            };
            match file.try_lock() {
                Ok(()) => files.push(file),
                Err(TryLockError::Error(error)) => return Err(error),
                Err(TryLockError::WouldBlock) => {
                    self.wait_for(&mut state, name, file);
                    return Ok(None);
                }
            }
        }
        state.taken.extend(names.iter().cloned());
        let (state, freed) = (self.state.clone(), self.freed.clone());
        Ok(Some(Lease { names: names.to_vec(), files, state, freed }))
    }

    fn open(&self, name: &str) -> io::Result<File> {
        std::fs::create_dir_all(&self.folder)?;
        OpenOptions::new().create(true).truncate(false).write(true).open(self.folder.join(file_name(name)))
    }

    /// The thread ends when the other host lets go, or with this program.
    fn wait_for(&self, state: &mut State, name: &str, file: File) {
        state.awaited.insert(name.to_string());
        let (state, freed, name) = (self.state.clone(), self.freed.clone(), name.to_string());
        std::thread::spawn(move || {
            let locked = file.lock();
            let mut state = lock(&state);
            state.awaited.remove(&name);
            if locked.is_ok() {
                state.ready.insert(name, file);
            }
            drop(state);
            freed();
        });
    }
}

/// A name may hold anything; two names never give one file.
fn file_name(name: &str) -> String {
    let safe = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    name.bytes().map(|byte| if safe(byte) { (byte as char).to_string() } else { format!("_{byte:02x}") }).collect()
}

/// Accounts that nobody else uses until it is dropped.
pub struct Lease {
    names: Vec<String>,
    files: Vec<File>,
    state: Arc<Mutex<State>>,
    freed: Arc<dyn Fn() + Send + Sync>,
}

impl Drop for Lease {
    fn drop(&mut self) {
        // the files first: whoever is woken may be another host
        self.files.clear();
        let mut state = lock(&self.state);
        state.taken.retain(|name| !self.names.contains(name));
        drop(state);
        (self.freed)();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;
    use std::time::Duration;

    #[test]
    fn a_file_of_accounts_is_read_and_its_mistakes_are_told_without_passwords() {
        let text = "# phones\ndesk  <sip:100@pbx>;auth_pass=secret\n\n\"x\" \"A B\" <sip:a@b>\nbad sip:x;auth_pass=hidden\ndesk <sip:1@b>\n";
        let problems = parse(&Source::new("accounts", text)).unwrap_err();
        let told: Vec<_> = problems.iter().map(|problem| problem.message.as_str()).collect();
        assert_eq!(told, ["accounts:5: this is not an account", "accounts:6: the account `desk` is there twice"]);
        let accounts = parse(&Source::new("accounts", "desk  <sip:100@pbx>;auth_pass=secret\n")).unwrap();
        assert_eq!(accounts["desk"], "<sip:100@pbx>;auth_pass=secret");
    }

    #[test]
    fn an_account_is_leased_to_one_at_a_time_here_and_in_another_host() {
        let data = tempfile::tempdir().unwrap();
        let (told, freed) = mpsc::channel();
        let here = Leases::new(data.path(), Arc::new(move || told.send(()).unwrap()));
        let elsewhere = Leases::new(data.path(), Arc::new(|| {}));
        let names = |names: &[&str]| names.iter().map(|name| name.to_string()).collect::<Vec<_>>();
        let (a, b) = (names(&["a", "b"]), names(&["b"]));
        let first = here.take(&a).unwrap().unwrap();
        assert!(here.take(&b).unwrap().is_none());
        drop(first);
        freed.recv_timeout(Duration::from_secs(10)).unwrap();
        let other = elsewhere.take(&b).unwrap().unwrap();
        assert!(here.take(&a).unwrap().is_none(), "another host has b");
        assert!(here.take(&names(&["a"])).unwrap().is_some());
        freed.recv_timeout(Duration::from_secs(10)).unwrap();
        drop(other);
        freed.recv_timeout(Duration::from_secs(10)).unwrap();
        assert!(here.take(&a).unwrap().is_some());
    }
}
