//! Parses the text of an account.

use super::super::refusal::refused;
use super::{Account, Options};
use crate::diagnostic::mask_secrets;
use crate::event::Ended;
use crate::sip::uri::Uri;

/// An account line, or a bare name.
pub fn account(text: &str) -> Result<Account, Ended> {
    let text = text.trim();
    if is_name(text) {
        return line(&format!("<sip:{text}@127.0.0.1>;regint=0"));
    }
    line(text)
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || "_-.+".contains(c))
}

fn line(text: &str) -> Result<Account, Ended> {
    let wrong = |what: &str| {
        let advice = "write it like <sip:alice@pbx.example;transport=tcp>, its parameters behind it, or a bare name for a local agent";
        refused(format!("`{}` is no account: {what}", mask_secrets(text)), advice)
    };
    if text.contains(char::is_control) {
        return Err(wrong("it has a control character or a line end in it"));
    }
    // a display name in quotes may hold anything
    let display_end = match text.strip_prefix('"') {
        Some(rest) => rest.find('"').ok_or_else(|| wrong("a quote stays open"))? + 2,
        None => 0,
    };
    let address = &text[display_end..];
    let (display, uri, rest) = match (address.find('<'), address.find('>')) {
        (Some(open), Some(close)) if open < close => {
            (&text[..display_end + open], &address[open + 1..close], &address[close + 1..])
        }
        (None, None) if display_end == 0 => {
            let (uri, _) = text.split_once(';').unwrap_or((text, ""));
            ("", uri.trim(), &text[uri.len()..])
        }
        _ => return Err(wrong("`<` and `>` don't pair")),
    };
    let (alias, address_parameters) = uri.split_once(';').unwrap_or((uri, ""));
    let parsed = Uri::parse(alias).ok_or_else(|| wrong("its address is not sip:user@host"))?;
    if parsed.scheme.eq_ignore_ascii_case("sips") {
        return Err(refused(
            format!("`{}` can't be an agent's address: baresip has no sips: URIs", mask_secrets(alias)),
            "write sip: and the transport, as in <sip:alice@pbx.example;transport=tls>",
        ));
    }
    if parsed.scheme != "sip" {
        return Err(wrong("its address does not begin with sip:"));
    }
    let user = parsed.user.ok_or_else(|| wrong("its address has no user@"))?;
    let mut transport = None;
    let mut others = vec![];
    for parameter in address_parameters.split(';').filter(|parameter| !parameter.is_empty()) {
        match parameter.split_once('=') {
            Some((key, value)) if key.eq_ignore_ascii_case("transport") => transport = Some(value.to_lowercase()),
            _ => others.push(parameter.to_string()),
        }
    }
    Ok(Account {
        name: user.to_string(),
        alias: alias.to_string(),
        aor: parsed.aor(),
        local: false,
        options: Options::default(),
        transport,
        display: display.to_string(),
        host: parsed.host.to_string(),
        address_parameters: others,
        parameters: parameters(rest).map_err(|()| wrong("a quote stays open"))?,
    })
}

/// `;key=value;key="a;b";flag` in order.
fn parameters(text: &str) -> Result<Vec<(String, Option<String>)>, ()> {
    let mut quoted = false;
    let mut parts = vec![String::new()];
    for (at, c) in text.char_indices() {
        match c {
            // only at the ends of a value: a password may have one within
            '"' if !quoted && text[..at].ends_with('=') => quoted = text[at + 1..].contains('"'),
            '"' if quoted && (text[at + 1..].starts_with(';') || text[at + 1..].is_empty()) => quoted = false,
            ';' if !quoted => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        parts.last_mut().ok_or(())?.push(c);
    }
    if quoted {
        return Err(());
    }
    let parts = parts.iter().map(|part| part.trim()).filter(|part| !part.is_empty());
    Ok(parts
        .map(|part| match part.split_once('=') {
            Some((key, value)) => (key.trim().to_string(), Some(unquoted(value.trim()).to_string())),
            None => (part.to_string(), None),
        })
        .collect())
}

fn unquoted(value: &str) -> &str {
    value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value)
}
