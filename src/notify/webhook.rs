//! A test's result as a MessageCard, as MS Teams takes it, posted to a webhook.

use crate::diagnostic::{Diagnostic, mask_secrets};
use crate::verdict::{Status, Verdict};
use reqwest::blocking::Client;
use reqwest::redirect::Policy;
use reqwest::{StatusCode, Url};
use serde_json::{Value, json};
use std::error::Error;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

/// The time that all of it may take, name resolution and redirects included.
const LIMIT: Duration = Duration::from_secs(10);
const REDIRECTS: usize = 3;

/// The card of a result: title with the testfile, PASS green or FAIL (or ERROR, CANCELLED) red, the first reason, project,
/// hash and run id. Secrets are masked.
pub fn card(test: &str, project: Option<&str>, run: &str, verdict: &Verdict) -> Value {
    let colour = if verdict.status == Status::Pass { "2EB886" } else { "D00000" };
    let title = mask_secrets(&format!("{}: {test}", verdict.status));
    let reason = verdict.reasons.first().map(|reason| reason.message.as_str());
    let facts = [("Project", project), ("Reason", reason), ("Hash", Some(verdict.hash.as_str())), ("Run", Some(run))];
    let fact = |(name, value): (&str, Option<&str>)| Some(json!({"name": name, "value": mask_secrets(value?)}));
    json!({
        "@type": "MessageCard",
        "@context": "https://schema.org/extensions",
        "themeColor": colour,
        "summary": title,
        "title": title,
        "sections": [{"facts": facts.into_iter().filter_map(fact).collect::<Vec<_>>(), "markdown": false}],
    })
}

/// Posts a card; a warning if that did not work. Takes ten seconds at most. The URL's path may be a secret: messages show
/// its scheme and host only.
pub fn send(url: &str, card: &Value) -> Option<Diagnostic> {
    send_within(url, card, LIMIT)
}

fn send_within(url: &str, card: &Value, limit: Duration) -> Option<Diagnostic> {
    let url = match Url::parse(url) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => url,
        _ => {
            return Some(
                Diagnostic::warning("the webhook's address is not an http or https URL: the result was not sent")
                    .advice("write the whole address, as in `_webhook https://host/path`"),
            );
        }
    };
    let shown = format!("{}://{}", url.scheme(), url.host_str().unwrap_or_default());
    let (sender, receiver) = mpsc::channel();
    // a thread of its own: a name resolution that hangs cannot be ended, only left behind
    let thread = thread::Builder::new().name("webhook".into()).spawn({
        let body = card.to_string();
        move || sender.send(post(url, body, limit))
    });
    let late = || format!("no answer within {} s", limit.as_secs());
    let wrong = match thread {
        Err(error) => error.to_string(),
        Ok(_) => match receiver.recv_timeout(limit) {
            Ok(Ok(status)) if status.is_success() => return None,
            Ok(Ok(status)) => format!("it answered {status}"),
            Ok(Err(error)) if error.is_timeout() => late(),
            Ok(Err(error)) => cause(error),
            Err(RecvTimeoutError::Timeout) => late(),
            Err(RecvTimeoutError::Disconnected) => "the thread that sends it failed".into(),
        },
    };
    let message = format!("the result could not be sent to the webhook at {shown}: {wrong}");
    Some(Diagnostic::warning(message).advice("see that the address is right and can be reached from here"))
}

fn post(url: Url, body: String, limit: Duration) -> reqwest::Result<StatusCode> {
    // whoever comes first decides; a second time is no error
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = Client::builder().timeout(limit).redirect(Policy::limited(REDIRECTS)).no_proxy().build()?;
    Ok(client.post(url).header("content-type", "application/json").body(body).send()?.status())
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
    use crate::verdict::Reason;
    use std::io::{BufRead, BufReader, Read, Write};
    use std::net::TcpListener;
    use std::thread::JoinHandle;

    fn verdict(status: Status) -> Verdict {
        let reasons = if status == Status::Pass { vec![] } else { vec![Reason::new("no answer")] };
        Verdict { status, reasons, hash: "0123456789abcdef".into(), expected: None, warnings: vec![], findings: vec![] }
    }

    /// A server that gives one answer per connection and returns the requests: first line and body.
    fn server(answers: Vec<String>) -> (String, JoinHandle<Vec<(String, String)>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://127.0.0.1:{}/hook/s3cret", listener.local_addr().unwrap().port());
        let serve = move |answer: String| {
            let (mut stream, _) = listener.accept().unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let mut head = vec![];
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                match line.trim_end() {
                    "" => break,
                    line => head.push(line.to_lowercase()),
                }
            }
            let length = head.iter().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            let end = "content-length: 0\r\nconnection: close\r\n\r\n";
            stream.write_all(format!("HTTP/1.1 {answer}\r\n{end}").as_bytes()).unwrap();
            (head.swap_remove(0), String::from_utf8(body).unwrap())
        };
        (url, thread::spawn(move || answers.into_iter().map(serve).collect()))
    }

    #[test]
    fn a_card_says_what_came_out() {
        let card = card("basic_call", Some("pbx"), "20261123-231105-basic_call-3f2a", &verdict(Status::Fail));
        assert_eq!(card["title"], "FAIL: basic_call");
        assert_eq!(card["themeColor"], "D00000");
        let facts = json!([
            {"name": "Project", "value": "pbx"},
            {"name": "Reason", "value": "no answer"},
            {"name": "Hash", "value": "0123456789abcdef"},
            {"name": "Run", "value": "20261123-231105-basic_call-3f2a"},
        ]);
        assert_eq!(card["sections"][0]["facts"], facts);
        assert_eq!(self::card("x", None, "r", &verdict(Status::Pass))["themeColor"], "2EB886");
    }

    #[test]
    fn the_card_is_posted_as_json() {
        let card = card("basic_call", None, "id", &verdict(Status::Pass));
        let (url, server) = server(vec!["200 OK".into()]);
        assert_eq!(send(&url, &card), None);
        let requests = server.join().unwrap();
        assert_eq!(requests[0].0, "post /hook/s3cret http/1.1");
        assert_eq!(serde_json::from_str::<Value>(&requests[0].1).unwrap(), card);
    }

    #[test]
    fn redirects_are_followed_but_not_for_ever() {
        let moved = || "307 Temporary Redirect\r\nlocation: /hook/s3cret".to_string();
        let (url, server) = server(vec![moved(), "200 OK".into()]);
        assert_eq!(send(&url, &json!({})), None);
        assert_eq!(server.join().unwrap().len(), 2);
        let (url, server) = self::server(vec![moved(); REDIRECTS + 1]);
        assert!(send(&url, &json!({})).unwrap().message.contains("too many redirects"));
        assert_eq!(server.join().unwrap().len(), REDIRECTS + 1);
    }

    #[test]
    fn what_goes_wrong_is_a_warning_without_the_path() {
        let (url, server) = server(vec!["404 Not Found".into()]);
        let warning = send(&url, &json!({})).unwrap();
        assert!(!warning.is_error());
        assert_eq!(
            warning.message,
            "the result could not be sent to the webhook at http://127.0.0.1: it answered 404 Not Found"
        );
        server.join().unwrap();
        // the server is gone
        let refused = send(&url, &json!({})).unwrap().message;
        assert!(refused.contains("refused") && !refused.contains("s3cret"), "{refused}");
        for url in ["", "file:///etc/passwd", "pbx.example/hook", "http://"] {
            assert!(send(url, &json!({})).unwrap().message.contains("not an http or https URL"), "{url}");
        }
    }

    #[test]
    fn a_server_that_never_answers_is_left() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let warning = send_within(&url, &json!({}), Duration::from_millis(50)).unwrap();
        assert!(warning.message.ends_with("no answer within 0 s"), "{}", warning.message);
    }

    #[test]
    fn a_server_that_does_not_speak_tls_is_a_warning() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let https = format!("https://{}/", listener.local_addr().unwrap());
        let answer =
            thread::spawn(move || listener.accept().map(|(mut stream, _)| stream.write_all(b"HTTP/1.1 400 \r\n\r\n")));
        assert!(send(&https, &json!({})).unwrap().message.contains("https://127.0.0.1"));
        assert!(answer.join().unwrap().is_ok());
    }
}
