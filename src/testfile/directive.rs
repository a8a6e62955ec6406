//! Directives: their names, and what their values may be.

use super::Piece;
use super::chain::trim;
use crate::event::{EVENT_NAMES, NEVER_IN_FLOW, SENT_NAMES};
use std::ops::Range;

/// What a flow calls `TRANSFER` and `TRANSFER_FAILED`.
const FLOWS_NAMES: &[&str] = &["CALL_TRANSFER", "CALL_TRANSFER_FAILED"];

/// How often `_run` may repeat a file.
const MAX_RUNS: u32 = 10_000;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Directive {
    /// The expected hash, as written: it need not be one (a placeholder fails the run with the hash to put there). Empty:
    /// the run shows the hash to copy.
    Hash(String),
    /// The name of a file in `<data_dir>/scripts/`.
    Include(String),
    /// Event names in upper case.
    Ignore(Vec<String>),
    /// Event names in upper case.
    Accept(Vec<String>),
    /// An `http` or `https` URL.
    Webhook(String),
    /// 0 skips the file.
    Run(u32),
    Strict,
    /// A name in the accounts file.
    Account(String),
    /// By which tests are picked.
    Tags(Vec<String>),
}

impl Directive {
    /// Whether a second one replaces the first; the others add up.
    pub fn counts_once(&self) -> bool {
        !matches!(
            self,
            Directive::Include(_)
                | Directive::Ignore(_)
                | Directive::Accept(_)
                | Directive::Account(_)
                | Directive::Tags(_)
        )
    }

    /// As it is written in a testfile.
    pub fn word(&self) -> &'static str {
        match self {
            Directive::Hash(_) => "_hash",
            Directive::Include(_) => "_include",
            Directive::Ignore(_) => "_ignore",
            Directive::Accept(_) => "_accept",
            Directive::Webhook(_) => "_webhook",
            Directive::Run(_) => "_run",
            Directive::Strict => "_strict",
            Directive::Account(_) => "_account",
            Directive::Tags(_) => "_tags",
        }
    }
}

/// All directives, as they are written.
pub const WORDS: &[&str] =
    &["_hash", "_include", "_ignore", "_accept", "_define", "_webhook", "_run", "_strict", "_account", "_tags"];

/// What is wrong with a value, without its place.
#[derive(Debug, PartialEq, Eq)]
pub struct Wrong {
    pub message: String,
    pub advice: String,
}

fn wrong<T>(message: impl Into<String>, advice: impl Into<String>) -> Result<T, Wrong> {
    Err(Wrong { message: message.into(), advice: advice.into() })
}

/// Reads a directive (not `_define`); `word` in lower case, the value trimmed. `None`: there is no such directive.
pub fn read(word: &str, value: &str) -> Option<Result<Directive, Wrong>> {
    Some(match word {
        "_hash" => Ok(Directive::Hash(value.to_string())),
        "_include" => include(value),
        "_ignore" => Ok(Directive::Ignore(names(value))),
        "_accept" => Ok(Directive::Accept(names(value))),
        "_webhook" => webhook(value),
        "_run" => run(value),
        "_strict" if value.is_empty() => Ok(Directive::Strict),
        "_strict" => wrong("`_strict` takes no value", "write `_strict` alone on its line"),
        "_account" => account(value),
        "_tags" => tags(value),
        _ => return None,
    })
}

fn include(value: &str) -> Result<Directive, Wrong> {
    let extension = value.rsplit_once('.').filter(|(name, _)| !name.is_empty()).map(|(_, extension)| extension);
    if value.contains(['/', '\\']) {
        wrong(
            "`_include` takes the name of a file, not a path",
            "put the script into <data_dir>/scripts/ and write its name alone, as in `_include check.rhai`",
        )
    } else if !matches!(extension, Some("rhai" | "js")) {
        wrong(
            "`_include` needs the name of a `.rhai` or `.js` file",
            "write a file of <data_dir>/scripts/, as in `_include check.rhai`",
        )
    } else {
        Ok(Directive::Include(value.to_string()))
    }
}

/// Never says the value: the path of a webhook is a secret.
fn webhook(value: &str) -> Result<Directive, Wrong> {
    let scheme = ["http://", "https://"]
        .into_iter()
        .find(|scheme| value.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)));
    let host = scheme.and_then(|scheme| value[scheme.len()..].split(['/', '?', '#']).next());
    match host {
        Some(host) if !host.is_empty() && !value.contains(|c: char| c.is_whitespace() || c.is_control()) => {
            Ok(Directive::Webhook(value.to_string()))
        }
        _ => wrong(
            "`_webhook` needs an http or https URL",
            "write the whole address, as in `_webhook https://host/path`; macros are not replaced in directives",
        ),
    }
}

fn run(value: &str) -> Result<Directive, Wrong> {
    let advice = format!("write how often the file is to be run, from 0 (not at all) to {MAX_RUNS}, as in `_run 3`");
    let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    match value.parse() {
        Ok(times) if digits && times <= MAX_RUNS => Ok(Directive::Run(times)),
        _ if digits => wrong(format!("`_run` repeats a file {MAX_RUNS} times at most"), advice),
        _ => wrong("`_run` needs a number", advice),
    }
}

fn account(value: &str) -> Result<Directive, Wrong> {
    if value.is_empty() || value.contains(char::is_whitespace) {
        return wrong(
            "`_account` needs the name of one account",
            "write a name of the accounts file, as in `_account trunk`; each account has a line of its own",
        );
    }
    Ok(Directive::Account(value.to_string()))
}

fn tags(value: &str) -> Result<Directive, Wrong> {
    let tags: Vec<String> = name_ranges(value).map(|range| value[range].to_string()).collect();
    if tags.is_empty() || tags.iter().any(|tag| tag.contains(char::is_whitespace)) {
        return wrong(
            "`_tags` needs names, separated by commas",
            "write words by which tests are picked (`--tag smoke`), as in `_tags smoke, transfer`",
        );
    }
    Ok(Directive::Tags(tags))
}

fn names(value: &str) -> Vec<String> {
    name_ranges(value).map(|range| value[range].to_uppercase()).collect()
}

/// Where the event names of `_accept` and `_ignore` stand in the value.
fn name_ranges(value: &str) -> impl Iterator<Item = Range<usize>> {
    let starts = std::iter::once(0).chain(value.match_indices(',').map(|(at, _)| at + 1));
    let ends = value.match_indices(',').map(|(at, _)| at).chain(std::iter::once(value.len()));
    starts.zip(ends).map(|(start, end)| trim(value, start..end)).filter(|range| !range.is_empty())
}

/// The event names of `_accept` and `_ignore`, in upper case. `offset` is where the value stands in the source.
pub fn event_names(value: &str, offset: usize) -> impl Iterator<Item = Piece> {
    name_ranges(value).map(move |range| Piece {
        text: value[range.clone()].to_uppercase(),
        span: offset + range.start..offset + range.end,
    })
}

/// Whether there is such an event, or kind of event.
pub fn is_event_name(name: &str) -> bool {
    [EVENT_NAMES, NEVER_IN_FLOW, FLOWS_NAMES, SENT_NAMES].iter().any(|names| names.contains(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(word: &str, value: &str) -> String {
        read(word, value).unwrap().unwrap_err().message
    }

    #[test]
    fn every_directive_is_read() {
        let cases = [
            ("_hash", "0123456789abcdef", Directive::Hash("0123456789abcdef".into())),
            ("_hash", "", Directive::Hash(String::new())),
            ("_hash", "Actual hash", Directive::Hash("Actual hash".into())),
            ("_include", "a b.rhai", Directive::Include("a b.rhai".into())),
            ("_include", "check.js", Directive::Include("check.js".into())),
            ("_ignore", "call_closed", Directive::Ignore(vec!["CALL_CLOSED".into()])),
            ("_accept", " A ,, b,", Directive::Accept(vec!["A".into(), "B".into()])),
            ("_accept", "", Directive::Accept(vec![])),
            ("_webhook", "HTTPS://h/p?q", Directive::Webhook("HTTPS://h/p?q".into())),
            ("_run", "0", Directive::Run(0)),
            ("_run", "10000", Directive::Run(10_000)),
            ("_strict", "", Directive::Strict),
            ("_account", "trunk", Directive::Account("trunk".into())),
            ("_tags", "smoke, blind-transfer", Directive::Tags(vec!["smoke".into(), "blind-transfer".into()])),
        ];
        for (word, value, directive) in cases {
            assert_eq!(read(word, value), Some(Ok(directive)), "{word} {value}");
        }
        assert_eq!(read("_acept", "A"), None);
        for word in WORDS.iter().filter(|word| **word != "_define") {
            assert!(read(word, "").is_some(), "{word}");
        }
    }

    #[test]
    fn bad_values_are_refused() {
        for value in ["", "a/b.rhai", "../x.js", "a\\b.js", "x.lua", ".js", "x"] {
            message("_include", value);
        }
        for value in ["", "host", "ftp://h/", "https://", "http:///x", "https://h/a b", "httpé://h"] {
            message("_webhook", value);
        }
        for value in ["", "three", "-1", "+1", "1.5", "1 2", "٣"] {
            assert_eq!(message("_run", value), "`_run` needs a number", "{value}");
        }
        for value in ["10001", "99999999999999999999"] {
            assert_eq!(message("_run", value), "`_run` repeats a file 10000 times at most");
        }
        message("_strict", "yes");
        message("_account", "");
        message("_account", "a b");
    }

    #[test]
    fn event_names_have_a_place() {
        let names: Vec<Piece> = event_names("call_closed, Call_Closd,BLAH", 10).collect();
        let expected = [("CALL_CLOSED", 10..21), ("CALL_CLOSD", 23..33), ("BLAH", 34..38)];
        assert_eq!(names, expected.map(|(text, span)| Piece { text: text.into(), span }));
        assert_eq!(names.iter().map(|name| is_event_name(&name.text)).collect::<Vec<_>>(), [true, false, false]);
        for name in ["TRANSFER", "CALL_TRANSFER", "TRANSFER_FAILED", "AUDIO_REPORT", "MESSAGE", "SIP"] {
            assert!(is_event_name(name), "{name}");
        }
    }
}
