//! The address of a server, as a person writes it.

use crate::diagnostic::Diagnostic;
use reqwest::Url;

/// The first user of a server.
const USER: &str = "telefonist";

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// `https://host:8080`, without a slash at its end.
    pub base: String,
    /// Who is to log in, where no key is given.
    pub user: String,
}

impl Address {
    /// Reads `http(s)://[user@]host[:port][/path]`; ws and wss mean the same.
    ///
    /// # Errors
    /// It is no such URL, or holds a password.
    pub fn read(text: &str) -> Result<Address, Diagnostic> {
        let wrong = |why: &str, advice: &str| Err(Diagnostic::error(why.to_string()).advice(advice));
        const FORM: &str = "write it so: --attach http://host:8080";
        let Ok(url) = Url::parse(text) else { return wrong("--attach wants the URL of a server", FORM) };
        let scheme = match url.scheme() {
            "http" | "ws" => "http",
            "https" | "wss" => "https",
            _ => return wrong("--attach takes http, https, ws and wss", FORM),
        };
        if url.password().is_some() {
            return wrong(
                "the URL holds a password, which all of this machine can see",
                "leave it out: it is asked for",
            );
        }
        let Some(host) = url.host_str() else { return wrong("--attach wants the URL of a server", FORM) };
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        let path = url.path().trim_end_matches('/').trim_end_matches("/ws");
        let user = if url.username().is_empty() { USER } else { url.username() };
        Ok(Address { base: format!("{scheme}://{host}{port}{path}"), user: user.to_string() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_named_in_several_ways() {
        let base = |text: &str| Address::read(text).map(|address| (address.base, address.user));
        let plain = Ok(("http://h:8080".to_string(), "telefonist".to_string()));
        for text in ["http://h:8080", "http://h:8080/", "ws://h:8080/ws"] {
            assert_eq!(base(text), plain, "{text}");
        }
        assert_eq!(base("wss://bob@[::1]/pbx/"), Ok(("https://[::1]/pbx".to_string(), "bob".to_string())));
        for (text, word) in [("h:8080", "takes http"), ("", "wants the URL"), ("http://a:sesame@h", "holds a password")]
        {
            let problem = base(text).unwrap_err();
            assert!(problem.message.contains(word) && !problem.message.contains("sesame"), "{problem:?}");
        }
    }
}
