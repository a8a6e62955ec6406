//! Passwords: challenges, the credentials that answer them, and what became of those (RFC 3261 section 22).

use super::case::Case;
use super::dialog::{Dialog, FEW};
use super::request::Refusal;
use super::wording::{cut, short, times};
use crate::event::SipEvent;
use crate::sip::headers;

/// The algorithms of digests that the embedded agent has.
const KNOWN: [&str; 2] = ["MD5", "SHA-256"];

/// The longest nonce that is compared.
const NONCE: usize = 200;

/// What happened with passwords in a dialog.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Passwords {
    /// 401 and 407 that came.
    pub challenges: u32,
    /// Requests that carried credentials, and the last of them: its CSeq and its nonce.
    pub sent: u32,
    cseq: String,
    nonce: Option<String>,
    pub realm: Option<String>,
    pub username: Option<String>,
    /// The last challenge: whether it says that the nonce was too old, its nonce, the algorithms that it asks for.
    pub stale: bool,
    asked: Option<String>,
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
        let challenges: Vec<_> = challenges.filter_map(|(_, value)| headers::credentials(value)).take(FEW).collect();
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

/// Credentials that a server accepted.
#[derive(Debug, Clone, PartialEq)]
pub struct Accepted {
    server: String,
    realm: Option<String>,
    username: Option<String>,
    /// Of the last request that was accepted.
    call_id: String,
    nonce: Option<String>,
    count: u32,
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

    fn is_of(&self, server: &str, passwords: &Passwords) -> bool {
        self.server == server && self.realm == passwords.realm && self.username == passwords.username
    }

    /// That these credentials were accepted, and what is different now.
    fn told(&self, case: &Case, user: &str) -> Vec<String> {
        let (dialog, passwords) = (case.dialog, &case.dialog.passwords);
        let mut lines = vec![
            format!("the last credentials{user} were not accepted"),
            format!(
                "{} accepted credentials of this user {} before in this run: the password is probably right",
                case.who(&self.server),
                times(self.count)
            ),
        ];
        if self.call_id != dialog.call_id {
            lines.push("the Call-ID is not that of the request that was accepted: it is a dialog of its own".into());
        }
        lines.push(match passwords.nonce.is_some() && passwords.nonce == self.nonce {
            true => "the nonce is the one that was accepted before: probably it may be used only once".into(),
            false => "the nonce is not the one that was accepted before".into(),
        });
        if passwords.asked != passwords.nonce {
            lines.push("the last challenge has another nonce, without stale=true, as for a wrong password".into());
        }
        lines
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

/// What of a challenge the agent can't do: then it sends no credentials, or none that help.
pub fn lacking(case: &Case) -> Option<String> {
    let passwords = &case.dialog.passwords;
    if let Some(unusable) = &passwords.unusable {
        return Some(short(unusable));
    }
    let known = |algorithm: &String| KNOWN.iter().any(|known| known.eq_ignore_ascii_case(algorithm));
    if passwords.sent > 0 || passwords.algorithms.iter().any(known) {
        return None;
    }
    let algorithms: Vec<String> = passwords.algorithms.iter().map(|algorithm| short(algorithm)).collect();
    (!algorithms.is_empty()).then(|| format!("the challenge asks for {}, which the agent lacks", algorithms.join(", ")))
}

/// RFC 3261 section 22: a request is challenged, and sent again with credentials.
pub fn credentials(case: &Case, refusal: &Refusal) -> Vec<String> {
    let passwords = &case.dialog.passwords;
    let realm = passwords.realm.as_ref().map(|realm| format!(", realm `{realm}`")).unwrap_or_default();
    let account = case.agent.account.strip_prefix("uanew ").unwrap_or_default();
    let account = account.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map_or("", |(uri, _)| uri);
    let mut lines = vec![];
    if !refusal.out && !account.is_empty() {
        lines.push(format!("account {account}{realm}"));
    }
    let user = passwords.username.as_ref().map(|name| format!(" as `{name}`")).unwrap_or_default();
    if lacking(case).is_some() {
        let sent = if passwords.sent == 0 { "no credentials were sent" } else { "its credentials did not help" };
        lines.push(format!("it knows Digest with {} and qop=auth: {sent}", KNOWN.join(", ")));
        return lines;
    }
    if let (0, 401 | 407, false) = (passwords.algorithms.len(), refusal.code, refusal.out) {
        lines.push(format!("the {} has no challenge, so that no credentials can be sent", refusal.code));
        return lines;
    }
    let accepted = case.agent.accepted.iter().find(|accepted| accepted.is_of(&refusal.src, passwords));
    if let Some(accepted) = accepted.filter(|_| !refusal.out && passwords.sent > 0 && !passwords.stale) {
        lines.extend(accepted.told(case, &user));
        return lines;
    }
    lines.push(match (passwords.sent, refusal.code) {
        (0, _) if refusal.out => format!("{} sent no credentials", case.peer()),
        (0, 403) => "no credentials were asked for, and none were sent".into(),
        (0, _) if case.agent.parameter("auth_pass").is_none() => {
            "no credentials were sent: the account has no auth_pass".into()
        }
        (0, _) => "no credentials were sent, though the account has an auth_pass".into(),
        (sent, _) if !refusal.out && case.agent.parameter("auth_pass").is_none() => {
            format!("credentials were sent {}{user}, without a password: the account has no auth_pass", times(sent))
        }
        (sent, 403) => format!("credentials were sent {}{user}", times(sent)),
        (sent, _) if passwords.stale => {
            format!("credentials were sent {}{user}, and the nonce had become too old", times(sent))
        }
        (sent, _) => format!(
            "credentials were sent {}{user}, and not accepted: probably a wrong auth_pass or auth_user",
            times(sent)
        ),
    });
    lines
}
