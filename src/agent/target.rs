//! The target of a command, as people write it: a number with blanks, a `tel:` URI, a name with an address.
//!
//! baresip takes the first word of what it is given, and makes a SIP URI of whatever that is: `+49 30 1234` calls `+49`.

use super::refusal::refused;
use crate::event::Ended;
use std::net::{IpAddr, SocketAddr};

/// Visual separators of a number (RFC 3966, section 5.1.1), and blanks, which people write as well.
const SEPARATORS: [char; 6] = ['-', '.', '(', ')', ' ', '\u{a0}'];

/// Schemes that people know from elsewhere, which no agent calls.
const FOREIGN: [&str; 14] =
    ["callto", "file", "ftp", "h323", "http", "https", "im", "mailto", "pres", "sms", "urn", "ws", "wss", "xmpp"];

/// Parameters of a SIP URI: behind a number alone they would become part of it.
const OF_URIS: [&str; 6] = ["transport", "maddr", "ttl", "user", "method", "lr"];

const FORMS: &str = "write a number, an agent of the test, or sip:user@host";

/// The target as one word, as an agent takes it.
///
/// # Errors
/// It names nobody, or somebody whom an agent can't call.
pub fn plain(text: &str) -> Result<String, Ended> {
    let text = text.trim();
    let wrong = |why: &str| refused(format!("`{}` can't be called: {why}", shown(text)), FORMS);
    if text.is_empty() {
        return Err(refused("there is nobody to call: the target is empty".into(), FORMS));
    }
    if text.contains(char::is_control) {
        return Err(wrong("it has a control character in it"));
    }
    if text.contains(['<', '>']) {
        return plain(inner(text).map_err(wrong)?);
    }
    if text.contains('"') {
        return Err(refused(
            format!("`{}` can't be called: there is a name in it and no address", shown(text)),
            "put the address into brackets, as in \"Bob B\" <sip:bob@pbx.example>",
        ));
    }
    if let Some((scheme, rest)) = text.split_once(':') {
        match scheme.to_ascii_lowercase().as_str() {
            "sip" if rest.is_empty() => return Err(wrong("there is no address behind sip:")),
            "sip" if rest.contains(char::is_whitespace) => return Err(wrong("it has a blank in it")),
            "sip" => return Ok(format!("sip:{rest}")),
            "sips" => {
                return Err(refused(
                    format!("`{}` can't be called: baresip has no sips: URIs", shown(text)),
                    "write sip: and the transport, as in sip:bob@pbx.example;transport=tls",
                ));
            }
            "tel" if rest.contains(';') => {
                return Err(refused(
                    format!("`{}` can't be called: the parameters of a tel: URI are not carried", shown(text)),
                    "write the number alone, or the SIP URI that is meant",
                ));
            }
            "tel" => return number(rest)?.ok_or_else(|| wrong("there is no number behind tel:")),
            foreign if FOREIGN.contains(&foreign) => return Err(wrong("agents speak SIP alone")),
            _ => {}
        }
    }
    if let Some(number) = number(text)? {
        return Ok(number);
    }
    match text.contains(char::is_whitespace) {
        true => Err(wrong("it has a blank in it, and is neither a number nor an agent of the test")),
        false => Ok(text.to_string()),
    }
}

/// What stands between the brackets of a name-addr; else what is wrong with it.
fn inner(text: &str) -> Result<&str, &'static str> {
    // a display name in quotes may hold brackets
    let name = match text.strip_prefix('"') {
        Some(rest) => rest.find('"').ok_or("a quote stays open")? + 2,
        None => 0,
    };
    let (before, rest) = text[name..].split_once('<').ok_or("`<` and `>` don't pair")?;
    let (uri, behind) = rest.split_once('>').ok_or("`<` and `>` don't pair")?;
    if before.contains(['"', '>']) || uri.contains(['<', '"']) {
        return Err("`<` and `>` don't pair");
    }
    if !behind.trim().is_empty() {
        return Err("what stands behind `>` is no part of the address: put parameters before the `>`");
    }
    Ok(uri)
}

/// The number without its visual separators; none for what is no number.
fn number(text: &str) -> Result<Option<String>, Ended> {
    let digits = text.strip_prefix('+').unwrap_or(text);
    let of_number = |c: char| c.is_ascii_digit() || matches!(c, '*' | '#') || SEPARATORS.contains(&c);
    let is_number = digits.chars().all(of_number) && digits.contains(|c: char| c.is_ascii_digit() || c == '*');
    if !is_number || text.parse::<IpAddr>().is_ok() {
        return Ok(None);
    }
    if text.starts_with('+') && text.contains("(0)") {
        return Err(refused(
            format!("`{}` can't be called: (0) is dialled inside the country alone, + from outside", shown(text)),
            "leave out the one that is not meant",
        ));
    }
    Ok(Some(text.chars().filter(|c| !SEPARATORS.contains(c)).collect()))
}

/// A name or number without a host, which an agent completes with the domain of its account.
pub fn is_bare(target: &str) -> bool {
    let host = target.split(';').next().unwrap_or_default();
    let is_address = host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok() || host.parse::<SocketAddr>().is_ok();
    !target.contains('@') && !target.starts_with("sip:") && !is_address
}

/// Refuses parameters and ports behind a number or name that is to be completed: they would become part of it.
///
/// # Errors
/// There are some.
pub fn without_parameters(target: &str) -> Result<(), Ended> {
    if is_bare(target) && target.contains(':') {
        return Err(refused(
            format!("`{}` can't be called: what stands behind the colon would become a password", shown(target)),
            "write the whole address, as in sip:pbx.example:5060",
        ));
    }
    let mut parameters = target.split(';').skip(1).filter_map(|parameter| parameter.split('=').next());
    match parameters.find(|name| OF_URIS.iter().any(|known| known.eq_ignore_ascii_case(name))) {
        Some(name) if is_bare(target) => Err(refused(
            format!("`{}` can't be called: {name} would become part of the number", shown(target)),
            "write the whole address, as in sip:1001@pbx.example;transport=tcp",
        )),
        _ => Ok(()),
    }
}

/// Takes what stands first in the parameters of a command: a name-addr whole, else the first word.
pub fn first(text: &str) -> (&str, &str) {
    let text = text.trim_start();
    let end = match (text.starts_with('"') || text.starts_with('<'), text.find('>')) {
        (true, Some(close)) => close + 1,
        _ => 0,
    };
    let end = text[end..].find(' ').map_or(text.len(), |blank| end + blank);
    (&text[..end], text[end..].trim_start())
}

/// A text of somebody else's, cut for a message.
fn shown(text: &str) -> String {
    const MOST: usize = 60;
    let plain: String = text.chars().filter(|c| !c.is_control()).take(MOST).collect();
    if text.chars().count() > MOST { format!("{plain}…") } else { plain }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_people_write_is_called_as_it_is_meant() {
        for (text, expected) in [
            ("1001", "1001"),
            ("*97", "*97"),
            ("#31#5551234", "#31#5551234"),
            ("+49 30 1234-5", "+493012345"),
            ("(030) 123.45", "03012345"),
            ("+49\u{a0}30", "+4930"),
            ("555-0100", "5550100"),
            ("tel:+15550100", "+15550100"),
            ("TEL:+1-555-0100", "+15550100"),
            ("<tel:+1 555>", "+1555"),
            ("127.0.0.1", "127.0.0.1"),
            ("127.0.0.1:5060", "127.0.0.1:5060"),
            ("bob", "bob"),
            ("bob@pbx.example", "bob@pbx.example"),
            ("SIP:bob@h;transport=tcp?X=1", "sip:bob@h;transport=tcp?X=1"),
            ("<sip:bob@h;transport=tcp>", "sip:bob@h;transport=tcp"),
            ("\"Bob <B>\" <sip:bob@h>", "sip:bob@h"),
            ("Bob B <sip:bob@h>", "sip:bob@h"),
            ("  bob  ", "bob"),
            ("100,200", "100,200"),
        ] {
            assert_eq!(plain(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_no_agent_calls_is_refused() {
        for (text, why) in [
            ("", "nobody to call"),
            ("   ", "nobody to call"),
            ("<>", "nobody to call"),
            ("bob smith", "a blank"),
            ("sip:bob smith@h", "a blank"),
            ("sip:", "no address"),
            ("sips:bob@h", "no sips:"),
            ("tel:bob", "no number"),
            ("tel:", "no number"),
            ("tel:1;ext=2", "parameters of a tel:"),
            ("+49 (0) 30", "inside the country"),
            ("\"Bob B\" sip:bob@h", "no address"),
            ("<sip:bob@h", "don't pair"),
            ("sip:bob@h>", "don't pair"),
            ("<sip:bob@h>;transport=tcp", "behind `>`"),
            ("\"Bob <sip:bob@h>", "quote stays open"),
            ("mailto:bob@h", "SIP alone"),
            ("bob\nhangup", "control character"),
        ] {
            let ended = plain(text).unwrap_err();
            // the blank behind (0) is a separator, too
            assert!(ended.message.contains(why) && ended.advice.is_some(), "{text}: {}", ended.message);
        }
    }

    #[test]
    fn what_is_completed_has_no_parameters() {
        for (target, bare) in [
            ("1001", true),
            ("bob", true),
            ("bob@h", false),
            ("sip:bob", false),
            ("10.0.0.1", false),
            ("10.0.0.1:5060", false),
        ] {
            assert_eq!(is_bare(target), bare, "{target}");
        }
        assert!(without_parameters("1001;transport=tcp").is_err());
        assert!(without_parameters("h:5060").is_err());
        assert!(without_parameters("sip:1001@h;transport=tcp").is_ok());
        assert!(without_parameters("1001;phone-context=x").is_ok());
    }

    #[test]
    fn a_name_with_an_address_is_one_word_of_a_command() {
        assert_eq!(first("\"Bob B\" <sip:b@h> hi you"), ("\"Bob B\" <sip:b@h>", "hi you"));
        assert_eq!(first("<sip:b@h>;x=1 hi"), ("<sip:b@h>;x=1", "hi"));
        assert_eq!(first("bob hi > you"), ("bob", "hi > you"));
        assert_eq!(first("bob"), ("bob", ""));
    }

    proptest! {
        #[test]
        fn what_is_called_is_one_word(text in "(\"|<|>|;|sip:|tel:|sips:|a@h|é| |\\+|[0-9]|-|\\(0\\)|\n){0,9}") {
            if let Ok(target) = plain(&text) {
                prop_assert!(!target.is_empty() && !target.contains(|c: char| c.is_whitespace() || "<>\"".contains(c)));
                prop_assert_eq!(plain(&target).unwrap(), target);
            }
        }
    }
}
