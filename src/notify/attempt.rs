//! One attempt to send a body to a receiver.

use crate::diagnostic::Diagnostic;
use chrono::DateTime;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::redirect::{Action, Attempt, Policy};
use reqwest::{Client, Response, StatusCode, Url};
use std::error::Error;
use std::time::Duration;
use tokio::time::timeout;

const REDIRECTS: usize = 3;

/// What a receiver makes of a body.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    Taken,
    /// It may take it another time: why, and how long it asks to be left alone.
    NotNow(String, Option<Duration>),
    /// It will not take it.
    Never(String),
}

impl Answer {
    /// Why it was not taken.
    pub fn problem(self) -> Option<String> {
        match self {
            Answer::Taken => None,
            Answer::NotNow(why, _) | Answer::Never(why) => Some(why),
        }
    }
}

/// What may be shown of a webhook's URL: scheme, host and port. What follows may let in whoever knows it.
///
/// # Errors
/// It is not an http or https URL.
pub fn address(url: &str) -> Result<String, Diagnostic> {
    parsed(url).map(|url| url.origin().ascii_serialization()).ok_or_else(|| {
        Diagnostic::error("the webhook's address is not an http or https URL")
            .advice("write the whole address, as in `https://host/path`")
    })
}

fn parsed(url: &str) -> Option<Url> {
    Url::parse(url).ok().filter(|url| matches!(url.scheme(), "http" | "https"))
}

/// Who sends: through no proxy, and each time by a connection of its own, as one that was kept may be dead. On a machine without
/// certificates nobody is trusted: what goes to https fails when it is sent.
///
/// # Errors
/// The system refuses what a client needs.
pub fn client() -> Result<Client, Diagnostic> {
    // whoever comes first decides; a second time is no error
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = || {
        Client::builder()
            .user_agent(concat!("telefonist/", env!("CARGO_PKG_VERSION")))
            .redirect(Policy::custom(redirect))
            .pool_max_idle_per_host(0)
            .no_proxy()
    };
    client().build().or_else(|_| client().tls_certs_only([]).build()).map_err(|error| {
        Diagnostic::error(format!("webhooks can't be sent to: {}", cause(error)))
            .advice("see that this machine has memory and files to open left")
    })
}

/// Posts a body of JSON; `headers` come with it. `limit` is for all of it. What is said of a failure shows nothing of the URL.
pub async fn post(client: &Client, url: &str, headers: HeaderMap, body: String, limit: Duration) -> Answer {
    let Some(url) = parsed(url) else {
        return Answer::Never("its address is not an http or https URL".into());
    };
    let request = client.post(url).headers(headers).header(CONTENT_TYPE, "application/json").body(body);
    match timeout(limit, request.send()).await {
        Err(_) => Answer::NotNow(format!("no answer within {limit:?}"), None),
        Ok(Err(error)) if error.is_redirect() || error.is_builder() => Answer::Never(cause(error)),
        Ok(Err(error)) => Answer::NotNow(cause(error), None),
        Ok(Ok(response)) => answer(&response),
    }
}

fn answer(response: &Response) -> Answer {
    let status = response.status();
    let why = format!("it answered {status}");
    match status {
        _ if status.is_success() => Answer::Taken,
        _ if status.is_redirection() => {
            Answer::Never(format!("{why}, by which a message is not passed on; 307 does that"))
        }
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => Answer::NotNow(why, asked(response)),
        _ if status.is_server_error() => Answer::NotNow(why, asked(response)),
        _ => Answer::Never(why),
    }
}

/// What `Retry-After` asks for; a date counts from the receiver's own.
fn asked(response: &Response) -> Option<Duration> {
    let header = |name| response.headers().get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    retry_after(header(RETRY_AFTER)?, header(reqwest::header::DATE))
}

fn retry_after(value: &str, date: Option<&str>) -> Option<Duration> {
    if let Ok(seconds) = value.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let time = |text: &str| DateTime::parse_from_rfc2822(text).ok();
    (time(value)? - time(date?)?).to_std().ok()
}

fn redirect(attempt: Attempt) -> Action {
    match refusal(attempt.status(), attempt.previous(), attempt.url()) {
        None => attempt.follow(),
        Some("") => attempt.stop(),
        Some(why) => attempt.error(why),
    }
}

/// Why a redirect is not followed; empty: it is an answer by itself.
fn refusal(status: StatusCode, previous: &[Url], next: &Url) -> Option<&'static str> {
    let left = previous.last().is_some_and(|url| url.scheme() == "https") && next.scheme() != "https";
    match status {
        // the others would make a GET without a body of it, which the next one might well answer with 200
        StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT => {}
        _ => return Some(""),
    }
    match () {
        () if left => Some("it redirects from https to http"),
        () if previous.len() > REDIRECTS => Some("too many redirects"),
        () => None,
    }
}

/// The innermost cause, which says most, without the URL.
fn cause(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut cause: &dyn Error = &error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_shows_nothing_that_may_be_a_secret() {
        assert_eq!(address("HTTPS://me:pw@Hooks.Example:443/T0/s?k=1#x").unwrap(), "https://hooks.example");
        assert_eq!(address("http://127.0.0.1:8080/s").unwrap(), "http://127.0.0.1:8080");
        for url in ["", "file:///etc/passwd", "pbx.example/hook", "http://"] {
            assert!(address(url).unwrap_err().message.contains("not an http or https URL"), "{url}");
        }
    }

    #[test]
    fn a_message_follows_few_redirects_and_never_out_of_tls() {
        let url = |text: &str| Url::parse(text).unwrap();
        let (plain, tls) = (url("http://a.example/"), url("https://a.example/"));
        let moved = StatusCode::TEMPORARY_REDIRECT;
        assert_eq!(refusal(moved, std::slice::from_ref(&plain), &tls), None);
        assert_eq!(refusal(moved, std::slice::from_ref(&tls), &plain), Some("it redirects from https to http"));
        assert_eq!(refusal(StatusCode::PERMANENT_REDIRECT, &vec![plain.clone(); 3], &plain), None);
        assert_eq!(refusal(moved, &vec![plain.clone(); 4], &plain), Some("too many redirects"));
        assert_eq!(refusal(StatusCode::FOUND, std::slice::from_ref(&plain), &tls), Some(""));
    }

    #[test]
    fn a_receiver_may_ask_for_time_in_seconds_or_by_a_date() {
        let (date, later) = ("Fri, 27 Nov 2026 02:30:00 GMT", "Fri, 27 Nov 2026 02:31:30 GMT");
        assert_eq!(retry_after(" 120 ", None), Some(Duration::from_secs(120)));
        assert_eq!(retry_after(later, Some(date)), Some(Duration::from_secs(90)));
        for (value, date) in [(later, None), (date, Some(later)), ("soon", Some(date)), ("-1", None)] {
            assert_eq!(retry_after(value, date), None, "{value}");
        }
    }
}
