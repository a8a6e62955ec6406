//! Credentials that a server accepted.

use super::dialog::{Dialog, FEW};
use super::passwords::Passwords;
use super::wording::cut;
use crate::event::SipEvent;

/// Credentials that a server accepted.
#[derive(Debug, Clone, PartialEq)]
pub struct Accepted {
    pub server: String,
    realm: Option<String>,
    username: Option<String>,
    /// Of the last request that was accepted.
    pub call_id: String,
    pub nonce: Option<String>,
    pub count: u32,
}

impl Accepted {
    /// Notes what a response says of the credentials in its request.
    pub fn note(known: &mut Vec<Accepted>, dialog: &Dialog, sip: &SipEvent) {
        let passwords = &dialog.passwords;
        let accepts = sip.direction == "IN" && matches!(sip.status, Some(200..300));
        if !accepts || passwords.sent == 0 || passwords.cseq != sip.cseq {
            return;
        }
        let mut new = Accepted {
            server: cut(&sip.src, 64),
            realm: passwords.realm.clone(),
            username: passwords.username.clone(),
            call_id: dialog.call_id.clone(),
            nonce: passwords.nonce.clone(),
            count: 1,
        };
        let same = |one: &Accepted| one.is_of(&new.server, passwords);
        if let Some(at) = known.iter().position(same) {
            new.count = known.remove(at).count.saturating_add(1);
        } else if known.len() == FEW {
            known.remove(0);
        }
        known.push(new);
    }

    pub fn is_of(&self, server: &str, passwords: &Passwords) -> bool {
        self.server == server && self.realm == passwords.realm && self.username == passwords.username
    }
}
