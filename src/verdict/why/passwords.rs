//! The challenges in a dialog, and the credentials that answer them (RFC 3261 section 22).

use super::wording::cut;
use crate::event::SipEvent;
use crate::sip::headers;

/// The most challenges that are read in a response.
const CHALLENGES: usize = 6;

/// The longest nonce that is compared.
const NONCE: usize = 200;

/// What happened with passwords in a dialog.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Passwords {
    /// 401 and 407 that came.
    pub challenges: u32,
    /// Requests that carried credentials, and the last of them: its CSeq and its nonce.
    pub sent: u32,
    pub cseq: String,
    pub nonce: Option<String>,
    pub realm: Option<String>,
    pub username: Option<String>,
    /// The last challenge: whether it says that the nonce was too old, its nonce, the algorithms that it asks for.
    pub stale: bool,
    pub asked: Option<String>,
    pub algorithms: Vec<String>,
    /// What of it the agent can't do, whatever it sends.
    pub unusable: Option<String>,
}

impl Passwords {
    /// A request of the dialog.
    pub fn sent(&mut self, sip: &SipEvent) {
        let answer = sip.header("Authorization").or_else(|| sip.header("Proxy-Authorization"));
        let Some(read) = answer.and_then(headers::credentials) else { return };
        self.sent = self.sent.saturating_add(1);
        self.cseq = cut(&sip.cseq, 40);
        self.nonce = read.nonce.map(|nonce| cut(&nonce, NONCE));
        self.username = read.username.map(|name| cut(&name, 80));
    }

    /// A response of the dialog.
    pub fn answered(&mut self, code: u16, sip: &SipEvent) {
        if !matches!(code, 401 | 407) {
            return;
        }
        let is_challenge =
            |name: &str| ["WWW-Authenticate", "Proxy-Authenticate"].iter().any(|it| it.eq_ignore_ascii_case(name));
        let challenges = sip.headers.iter().filter(|(name, _)| is_challenge(name));
        let challenges: Vec<_> =
            challenges.filter_map(|(_, value)| headers::credentials(value)).take(CHALLENGES).collect();
        let algorithm = |read: &headers::Credentials| cut(read.algorithm.as_deref().unwrap_or("MD5"), 40);
        self.algorithms = challenges.iter().map(algorithm).collect();
        let unusable: Vec<_> = challenges.iter().map(unusable).collect();
        self.unusable = unusable.iter().all(Option::is_some).then(|| unusable.into_iter().flatten().next()).flatten();
        if let Some(read) = challenges.into_iter().next() {
            self.challenges = self.challenges.saturating_add(1);
            self.realm = read.realm.map(|realm| cut(&realm, 80));
            self.asked = read.nonce.map(|nonce| cut(&nonce, NONCE));
            self.stale = read.stale;
        }
    }
}

/// Why a challenge can't be answered, or not so that the server takes it.
fn unusable(challenge: &headers::Credentials) -> Option<String> {
    let protects = |qop: &str| qop.split(',').any(|word| word.trim().eq_ignore_ascii_case("auth"));
    match (&challenge.nonce, &challenge.qop) {
        _ if !challenge.scheme.eq_ignore_ascii_case("Digest") => {
            Some(format!("the challenge asks for {}, which the agent lacks", cut(&challenge.scheme, 40)))
        }
        (None, _) => Some("the challenge has no nonce".into()),
        (_, Some(qop)) if !protects(qop) => {
            Some(format!("the challenge asks for qop {}, which the agent lacks", cut(qop, 40)))
        }
        _ => None,
    }
}
