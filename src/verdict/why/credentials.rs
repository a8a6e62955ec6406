//! Credentials that a server did not accept, and challenges that the agent can't answer (RFC 3261 section 22).

use super::accepted::Accepted;
use super::case::Case;
use super::request::Refusal;
use super::wording::{short, times};

/// The algorithms of digests that the embedded agent has.
const KNOWN: [&str; 2] = ["MD5", "SHA-256"];

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

/// What differs from the request whose credentials the server accepted.
fn compare_with_accepted(accepted: &Accepted, case: &Case, user: &str) -> Vec<String> {
    let (dialog, passwords) = (case.dialog, &case.dialog.passwords);
    let mut lines = vec![
        format!("the last credentials{user} were not accepted"),
        format!(
            "{} accepted credentials of this user {} before in this run: the password is probably right",
            case.who(&accepted.server),
            times(accepted.count)
        ),
    ];
    if accepted.call_id != dialog.call_id {
        lines.push("the Call-ID is not that of the request that was accepted: it is a dialog of its own".into());
    }
    lines.push(match passwords.nonce.is_some() && passwords.nonce == accepted.nonce {
        true => "the nonce is the one that was accepted before: probably it may be used only once".into(),
        false => "the nonce is not the one that was accepted before".into(),
    });
    if passwords.asked != passwords.nonce {
        lines.push("the last challenge has another nonce, without stale=true, as for a wrong password".into());
    }
    lines
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
        lines.extend(compare_with_accepted(accepted, case, &user));
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
