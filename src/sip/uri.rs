//! SIP URIs and name-addrs (RFC 3261 sections 19.1 and 20.10), borrowed from the text that they stand in.

/// `sip:user:password@host:port;params?headers`; also `sips:` and `tel:`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Uri<'a> {
    /// As written: `sip`, `sips`, `tel`.
    pub scheme: &'a str,
    /// Without the password. The number of a `tel:` URI.
    pub user: Option<&'a str>,
    pub password: Option<&'a str>,
    /// A name or an address, an IPv6 one in its brackets; empty in a `tel:` URI.
    pub host: &'a str,
    pub port: Option<u16>,
    /// What follows the first `;`, without it.
    params: &'a str,
    /// What follows the `?`, without it.
    pub headers: &'a str,
}

impl<'a> Uri<'a> {
    /// None when there is no scheme, no host or no valid port, or when there is white space within.
    pub fn parse(text: &'a str) -> Option<Uri<'a>> {
        let text = text.trim();
        let (scheme, rest) = text.split_once(':')?;
        let letters = scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
        if !scheme.starts_with(|c: char| c.is_ascii_alphabetic()) || !letters {
            return None;
        }
        if text.contains(|c: char| c.is_whitespace() || c.is_control() || "<>\"".contains(c)) {
            return None;
        }
        if scheme.eq_ignore_ascii_case("tel") {
            let (number, params) = rest.split_once(';').unwrap_or((rest, ""));
            let uri = Uri { scheme, user: Some(number), password: None, host: "", port: None, params, headers: "" };
            return (!number.is_empty()).then_some(uri);
        }
        // a user may hold `;` and `?`, and carelessly written ones an `@`; headers may hold an `@` too
        let query = rest.find('@').map_or(0, |at| at + 1);
        let query = rest[query..].find('?').map_or(rest.len(), |at| query + at);
        let (userinfo, rest) = match rest[..query].rfind('@') {
            Some(at) => (Some(&rest[..at]), &rest[at + 1..]),
            None => (None, rest),
        };
        let (rest, headers) = rest.split_once('?').unwrap_or((rest, ""));
        let (host_port, params) = rest.split_once(';').unwrap_or((rest, ""));
        let (host, port) = split_port(host_port)?;
        let (user, password) = match userinfo.map(|info| info.split_once(':').unwrap_or((info, ""))) {
            Some(("", _)) => (None, None),
            Some((user, "")) => (Some(user), None),
            Some((user, password)) => (Some(user), Some(password)),
            None => (None, None),
        };
        Some(Uri { scheme, user, password, host, port, params, headers })
    }

    /// Name and value of each parameter; a flag's value is empty.
    pub fn params(&self) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        split_params(self.params)
    }

    /// A parameter's value, its name in any case.
    pub fn param(&self, name: &str) -> Option<&'a str> {
        find_param(self.params, name)
    }

    /// The address of record, `scheme:user@host`, without port and parameters; scheme and host in lower case.
    pub fn aor(&self) -> String {
        let scheme = self.scheme.to_ascii_lowercase();
        let host = self.host.to_ascii_lowercase();
        match self.user {
            Some(user) if host.is_empty() => format!("{scheme}:{user}"),
            Some(user) => format!("{scheme}:{user}@{host}"),
            None => format!("{scheme}:{host}"),
        }
    }
}

/// Splits `host:port`, where the host may be an IPv6 address in brackets.
fn split_port(text: &str) -> Option<(&str, Option<u16>)> {
    let end = if text.starts_with('[') { text.find(']')? + 1 } else { text.find(':').unwrap_or(text.len()) };
    let (host, port) = text.split_at(end);
    if host.is_empty() {
        return None;
    }
    match port.strip_prefix(':') {
        None if port.is_empty() => Some((host, None)),
        None => None,
        Some("") => Some((host, None)),
        Some(port) => Some((host, Some(port.parse().ok()?))),
    }
}

/// The value of From, To, Contact, Refer-To…: `"Display" <uri>;tag=…`, or the URI alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NameAddr<'a> {
    /// Without its quotes, with its backslashes; none where it is empty.
    pub display: Option<&'a str>,
    /// The text of the URI.
    pub uri: &'a str,
    params: &'a str,
}

impl<'a> NameAddr<'a> {
    /// None when a quote or a bracket stays open, or when nothing stands where the URI should.
    pub fn parse(text: &'a str) -> Option<NameAddr<'a>> {
        let text = text.trim();
        let (display, rest) = match text.strip_prefix('"') {
            Some(quoted) => {
                let end = closing_quote(quoted)?;
                (&quoted[..end], quoted[end + 1..].trim_start())
            }
            None => {
                let bracket = text.find('<').unwrap_or(0);
                (text[..bracket].trim(), &text[bracket..])
            }
        };
        let (uri, params) = match rest.strip_prefix('<') {
            Some(rest) => rest.split_once('>')?,
            // without brackets all parameters are the header's (RFC 3261 section 20.10)
            None => rest.split_at(rest.find(';').unwrap_or(rest.len())),
        };
        let params = params.trim_start().strip_prefix(';').unwrap_or("");
        let uri = uri.trim();
        (!uri.is_empty()).then_some(NameAddr { display: Some(display).filter(|d| !d.is_empty()), uri, params })
    }

    /// A header parameter's value, its name in any case.
    pub fn param(&self, name: &str) -> Option<&'a str> {
        find_param(self.params, name)
    }

    pub fn tag(&self) -> Option<&'a str> {
        self.param("tag")
    }

    /// The URI's address of record, if it is a URI.
    pub fn aor(&self) -> Option<String> {
        Some(Uri::parse(self.uri)?.aor())
    }
}

/// Where the quoted text ends: the first quote that no backslash escapes.
fn closing_quote(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.bytes().position(|byte| {
        let closes = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        closes
    })
}

fn split_params(params: &str) -> impl Iterator<Item = (&str, &str)> {
    let params = params.split(';').map(str::trim).filter(|param| !param.is_empty());
    params.map(|param| param.split_once('=').map_or((param, ""), |(name, value)| (name.trim(), value.trim())))
}

fn find_param<'a>(params: &'a str, name: &str) -> Option<&'a str> {
    split_params(params).find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

#[cfg(test)]
#[path = "uri_tests.rs"]
mod tests;
