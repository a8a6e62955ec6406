//! Which accounts the agents of this host are registered with: calls to one that two tests share may ring at either.

use crate::event::lock;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

/// Address with its port, and the folder of the run, once for each agent.
#[derive(Default)]
pub struct Registrations(Mutex<Vec<(String, PathBuf)>>);

/// An agent's account, as long as it is held.
pub struct Registered {
    all: Arc<Registrations>,
    own: (String, PathBuf),
}

impl Registrations {
    fn all(&self) -> MutexGuard<'_, Vec<(String, PathBuf)>> {
        lock(&self.0)
    }

    /// Takes note of an agent, and says whether one of another run has the account now.
    pub fn enter(self: &Arc<Registrations>, aor: &str, run: &Path) -> (Registered, bool) {
        let own = (aor.to_string(), run.to_path_buf());
        let mut all = self.all();
        let shared = all.iter().any(|(known, other)| known == aor && other != run);
        all.push(own.clone());
        (Registered { all: self.clone(), own }, shared)
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        let mut all = self.all.all();
        let own = all.iter().position(|known| *known == self.own);
        own.map(|own| all.swap_remove(own));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_shared_by_runs_not_by_agents_of_one() {
        let all = Arc::new(Registrations::default());
        let enter = |aor: &str, run: &str| all.enter(aor, Path::new(run));
        let (first, shared) = enter("sip:7@pbx", "one");
        assert!(!shared);
        let (second, shared) = enter("sip:7@pbx", "one");
        assert!(!shared && !enter("sip:8@pbx", "two").1);
        assert!(enter("sip:7@pbx", "two").1);
        drop((first, second));
        assert!(!enter("sip:7@pbx", "two").1);
    }
}
