//! Header values that say why a request was refused: challenges, reasons, warnings, and when to come back.

use std::borrow::Cow;

/// What a server asks for in WWW-Authenticate or Proxy-Authenticate (RFC 3261 sections 20.44 and 20.27), or what a client
/// answers in Authorization or Proxy-Authorization (sections 20.7 and 20.28).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Credentials {
    /// `Digest`, as written.
    pub scheme: String,
    pub realm: Option<String>,
    pub nonce: Option<String>,
    /// Only a client names one.
    pub username: Option<String>,
    /// How the digest is made, as written; MD5 if absent (RFC 7616 section 3.3).
    pub algorithm: Option<String>,
    /// What the digest may protect, as written: `auth,auth-int`.
    pub qop: Option<String>,
    /// The server took the password and not the nonce, which had become too old.
    pub stale: bool,
}

/// Reads a challenge or an answer to one; none where nothing follows the scheme.
pub fn credentials(value: &str) -> Option<Credentials> {
    let (scheme, parameters) = value.trim().split_once([' ', '\t'])?;
    let mut read = Credentials { scheme: scheme.to_string(), ..Credentials::default() };
    for (name, value) in split_quoted(parameters, ',').filter_map(parameter) {
        match name.to_ascii_lowercase().as_str() {
            "realm" => read.realm = Some(value.into_owned()),
            "nonce" => read.nonce = Some(value.into_owned()),
            "username" => read.username = Some(value.into_owned()),
            "algorithm" => read.algorithm = Some(value.into_owned()),
            "qop" => read.qop = Some(value.into_owned()),
            "stale" => read.stale = value.eq_ignore_ascii_case("true"),
            _ => {}
        }
    }
    Some(read)
}

/// One value of a Reason header (RFC 3326 section 2): `Q.850;cause=17;text="User busy"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// `Q.850`, `SIP`, as written.
    pub protocol: String,
    pub cause: Option<u16>,
    pub text: Option<String>,
}

/// The values of a Reason header, in order.
pub fn reasons(value: &str) -> Vec<Reason> {
    split_quoted(value, ',').filter_map(reason).collect()
}

fn reason(value: &str) -> Option<Reason> {
    let mut parts = split_quoted(value, ';');
    let protocol = parts.next().map(str::trim).filter(|protocol| !protocol.is_empty())?.to_string();
    let mut read = Reason { protocol, cause: None, text: None };
    for (name, value) in parts.filter_map(parameter) {
        match name.to_ascii_lowercase().as_str() {
            "cause" => read.cause = value.parse().ok(),
            "text" => read.text = Some(value.into_owned()),
            _ => {}
        }
    }
    Some(read)
}

/// One value of a Warning header (RFC 3261 section 20.43): `305 pbx.example "Incompatible media format"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    pub code: u16,
    /// Who warns: a host or a name.
    pub agent: String,
    pub text: String,
}

/// The values of a Warning header, in order.
pub fn warnings(value: &str) -> Vec<Warning> {
    let warning = |value: &str| {
        let (code, rest) = value.trim().split_once(' ')?;
        let (agent, text) = rest.trim_start().split_once(' ')?;
        Some(Warning { code: code.parse().ok()?, agent: agent.to_string(), text: unquoted(text).into_owned() })
    };
    split_quoted(value, ',').filter_map(warning).collect()
}

/// Seconds of a Retry-After header (RFC 3261 section 20.33), whatever comment or parameter follows them.
pub fn retry_after(value: &str) -> Option<u32> {
    let digits = value.trim_start();
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    digits[..end].parse().ok()
}

/// The values of a header that may have several, separated by commas (RFC 3261 section 7.3.1); `<…>` may hold a comma too.
pub fn values(value: &str) -> impl Iterator<Item = &str> {
    let mut open = false;
    let mut quoted = false;
    value
        .split(move |letter| {
            let splits = letter == ',' && !open && !quoted;
            quoted ^= letter == '"' && !open;
            open = (open || letter == '<') && letter != '>' && !quoted;
            splits
        })
        .map(str::trim)
        .filter(|value| !value.is_empty())
}

/// The branch of the topmost Via: the transaction (RFC 3261 section 17.1.3).
pub fn branch(via: &str) -> Option<&str> {
    let mut parameters = values(via).next()?.split(';').skip(1).filter_map(|parameter| parameter.split_once('='));
    let (_, branch) = parameters.find(|(name, _)| name.trim().eq_ignore_ascii_case("branch"))?;
    Some(branch.trim()).filter(|branch| !branch.is_empty())
}

/// Where the topmost Via says that the request came from, which its sender did not know (RFC 3261 section 18.2.1).
pub fn received(via: &str) -> Option<&str> {
    let mut parameters = values(via).next()?.split(';').skip(1).filter_map(|parameter| parameter.split_once('='));
    let (_, address) = parameters.find(|(name, _)| name.trim().eq_ignore_ascii_case("received"))?;
    Some(address.trim().trim_matches(['[', ']'])).filter(|address| !address.is_empty())
}

/// Where the topmost Via says that its sender can be reached: `pbx.example:5060`.
pub fn sent_by(via: &str) -> Option<&str> {
    // there may be spaces around the slashes before it
    values(via).next()?.split(';').next()?.split_ascii_whitespace().next_back().filter(|sent_by| !sent_by.contains('/'))
}

/// `name=value`, the value without its quotes.
fn parameter(text: &str) -> Option<(&str, Cow<'_, str>)> {
    let (name, value) = text.split_once('=')?;
    Some((name.trim(), unquoted(value)))
}

/// A quoted string without quotes and backslashes (RFC 3261 section 25.1); anything else as it is.
fn unquoted(text: &str) -> Cow<'_, str> {
    let text = text.trim();
    let Some(inside) = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else { return text.into() };
    if !inside.contains('\\') {
        return inside.into();
    }
    let mut plain = String::with_capacity(inside.len());
    let mut letters = inside.chars();
    while let Some(letter) = letters.next() {
        plain.extend(if letter == '\\' { letters.next() } else { Some(letter) });
    }
    plain.into()
}

/// The parts between separators that stand outside of quotes.
fn split_quoted(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let (mut quoted, mut escaped) = (false, false);
    text.split(move |letter| {
        let splits = letter == separator && !quoted;
        quoted ^= letter == '"' && !escaped;
        escaped = letter == '\\' && quoted && !escaped;
        splits
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn challenges_and_answers() {
        let text = "Digest realm=\"pbx, \\\"east\\\"\", nonce=\"a=b,c\", STALE=TRUE, algorithm=MD5";
        let read = credentials(text).unwrap();
        assert_eq!((read.scheme.as_str(), read.realm.as_deref(), read.stale), ("Digest", Some("pbx, \"east\""), true));
        let read = credentials("digest username=\"al;ice\",realm=x,stale=false").unwrap();
        assert_eq!((read.username.as_deref(), read.realm.as_deref(), read.stale), (Some("al;ice"), Some("x"), false));
        assert_eq!(credentials("Digest"), None);
        assert_eq!(credentials(""), None);
    }

    #[test]
    fn reasons_of_an_end() {
        let read = reasons("SIP ;cause=200 ;text=\"Call completed, elsewhere\", Q.850;cause=17;x");
        let of = |protocol: &str, cause, text: Option<&str>| Reason {
            protocol: protocol.into(),
            cause: Some(cause),
            text: text.map(String::from),
        };
        assert_eq!(read, [of("SIP", 200, Some("Call completed, elsewhere")), of("Q.850", 17, None)]);
        assert_eq!(reasons("Q.850;cause=x").first().map(|reason| reason.cause), Some(None));
        assert_eq!(reasons(" , ;cause=1"), []);
    }

    #[test]
    fn the_topmost_via() {
        let odd = "SIP / 2.0 / UDP 192.0.2.1:5062 ; Rport;BRANCH = z9hG4bKa ,SIP/2.0/TCP [::1];branch=b";
        assert_eq!((branch(odd), sent_by(odd)), (Some("z9hG4bKa"), Some("192.0.2.1:5062")));
        assert_eq!((branch("SIP/2.0/UDP h;x=branch"), sent_by("SIP/2.0/UDP")), (None, None));
        assert_eq!((branch("SIP/2.0/UDP h;branch="), sent_by(" ")), (None, None));
    }

    #[test]
    fn warnings_and_waits() {
        let read = warnings("370 devnull \"Choose a bigger pipe\", 399 [::1]:5060 \"a, b\", x y");
        let of = |code, agent: &str, text: &str| Warning { code, agent: agent.into(), text: text.into() };
        assert_eq!(read, [of(370, "devnull", "Choose a bigger pipe"), of(399, "[::1]:5060", "a, b")]);
        assert_eq!(retry_after("120 (I'm in a meeting)"), Some(120));
        assert_eq!(retry_after(" 18000;duration=3600"), Some(18000));
        let contacts: Vec<_> = values("\"B, <b\" <sip:a,b@c>;q=0.7 , <sip:d@e>,, sip:f@g").collect();
        assert_eq!(contacts, ["\"B, <b\" <sip:a,b@c>;q=0.7", "<sip:d@e>", "sip:f@g"]);
        assert_eq!((retry_after("soon"), retry_after("99999999999")), (None, None));
    }

    proptest! {
        #[test]
        fn never_panics(text in "(?s)(Digest |Q.850;|cause=|realm=|[\"\\\\,;= ]|1|é|.){0,30}") {
            let _ = (credentials(&text), reasons(&text), warnings(&text), retry_after(&text), values(&text).count());
            let _ = (branch(&text), sent_by(&text));
        }

        #[test]
        fn what_is_quoted_is_read(text in "[ -~]{0,20}") {
            let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
            let read = credentials(&format!("Digest nonce=1,realm=\"{escaped}\",stale=true")).unwrap();
            prop_assert_eq!((read.realm, read.stale), (Some(text.clone()), true));
            let read = reasons(&format!("SIP;text=\"{escaped}\";cause=486"));
            prop_assert_eq!(&read, &[Reason { protocol: "SIP".into(), cause: Some(486), text: Some(text) }]);
        }
    }
}
