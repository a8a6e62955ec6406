//! What lets in beside what the store knows: the admin's key.

use super::guesses::Guesses;
use crate::store::Secret;
use sha2::{Digest, Sha256};

/// What lets in beside what the store knows.
pub struct Access {
    /// What the admin's key hashes to.
    admin: [u8; 32],
    pub guesses: Guesses,
    /// Maximum number of passwords that are verified at the same time: each takes 19 MiB.
    pub verifying: tokio::sync::Semaphore,
    /// Changes when somebody who was let in may be so no longer.
    changes: tokio::sync::watch::Sender<u64>,
}

impl Access {
    pub fn new(admin_key: &Secret) -> Access {
        let verifying = tokio::sync::Semaphore::new(4);
        Access {
            admin: Sha256::digest(admin_key.reveal()).into(),
            guesses: Guesses::default(),
            verifying,
            changes: Default::default(),
        }
    }

    /// A session, a key or a user was taken away: whoever is connected has to be looked at again.
    pub fn changed(&self) {
        self.changes.send_modify(|changes| *changes += 1);
    }

    pub fn changes(&self) -> tokio::sync::watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Compares what the keys hash to, so that the time that it takes tells nothing.
    pub fn is_admin(&self, key: &str) -> bool {
        let given: [u8; 32] = Sha256::digest(key).into();
        given == self.admin
    }
}
