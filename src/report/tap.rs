//! The report for TAP consumers: the Test Anything Protocol, version 14, with a YAML block of diagnostics for each test.
//!
//! The YAML is of a kind that every consumer understands, Perl's YAMLish too: maps, lists, numbers and quoted strings.

use super::paint::{Paint, milliseconds, safe};
use super::results::{Attempt, Results, TestResult};
use super::told::{self, Extent};
use crate::verdict::TestStatus;
use std::fmt::Write;

/// All tests. Those that were not come to are planned, and so missing.
pub fn report(results: &Results) -> String {
    let planned = results.tests.len() + results.left_out;
    let mut text = format!("TAP version 14\n# {}, {}\n1..{planned}\n", safe(&results.host), safe(&results.agent));
    for (n, test) in results.tests.iter().enumerate() {
        let _ = writeln!(text, "{}", point(n + 1, test));
        let _ = write!(text, "  ---\n{}  ...\n", block(test));
    }
    if results.left_out > 0 {
        let _ = writeln!(text, "# not run: {}", results.left_out);
    }
    text
}

/// `not ok 3 - examples/basic_call`
fn point(n: usize, test: &TestResult) -> String {
    let ok = match test.status {
        TestStatus::Pass | TestStatus::Flaky | TestStatus::Skipped => "ok",
        TestStatus::Fail | TestStatus::Error | TestStatus::Cancelled => "not ok",
    };
    let directive = match (test.status, test.last()) {
        (TestStatus::Skipped, Some(last)) => format!(" # SKIP {}", described(&told::first(&last.verdict))),
        (TestStatus::Skipped, None) => " # SKIP".into(),
        _ => String::new(),
    };
    format!("{ok} {n} - {}{directive}", described(&safe(&test.name)))
}

/// A text that no directive can be taken for.
fn described(text: &str) -> String {
    text.replace('\\', "\\\\").replace('#', "\\#")
}

fn block(test: &TestResult) -> String {
    let mut yaml = String::new();
    entry(&mut yaml, "  ", "status", &quoted(&test.status.to_string()));
    entry(&mut yaml, "  ", "file", &quoted(&test.file));
    list(&mut yaml, "  ", "tags", test.tags.iter().map(|tag| safe(tag)).collect());
    if test.repetitions > 1 {
        entry(&mut yaml, "  ", "repetition", &test.repetition.to_string());
        entry(&mut yaml, "  ", "repetitions", &test.repetitions.to_string());
    }
    entry(&mut yaml, "  ", "duration_ms", &milliseconds(test.duration()).to_string());
    if let Some(at) = test.last().and_then(|last| last.verdict.reasons.first()?.at.as_ref()) {
        entry(&mut yaml, "  ", "at", &quoted(&told::place(at)));
    }
    list(&mut yaml, "  ", "problems", test.problems.iter().flat_map(told::problem).collect());
    if !test.attempts.is_empty() {
        yaml.push_str("  attempts:\n");
    }
    test.attempts.iter().for_each(|one| attempt(&mut yaml, one));
    yaml
}

fn attempt(yaml: &mut String, attempt: &Attempt) {
    let verdict = &attempt.verdict;
    entry(yaml, "    - ", "status", &quoted(&verdict.status.to_string()));
    entry(yaml, "      ", "run", &quoted(&attempt.run));
    entry(yaml, "      ", "hash", &quoted(&verdict.hash));
    if let Some(expected) = &verdict.expected {
        entry(yaml, "      ", "expected", &quoted(expected));
    }
    entry(yaml, "      ", "duration_ms", &milliseconds(attempt.duration).to_string());
    if let Some(folder) = &attempt.folder {
        entry(yaml, "      ", "folder", &quoted(&folder.display().to_string()));
    }
    list(yaml, "      ", "why", told::verdict(verdict, Paint(false), Extent::Whole));
    list(yaml, "      ", "warnings", told::warnings(attempt));
}

fn entry(yaml: &mut String, indent: &str, key: &str, value: &str) {
    let _ = writeln!(yaml, "{indent}{key}: {value}");
}

/// A list of texts; nothing where there is none.
fn list(yaml: &mut String, indent: &str, key: &str, items: Vec<String>) {
    if items.is_empty() {
        return;
    }
    let _ = writeln!(yaml, "{indent}{key}:");
    for text in items {
        let _ = writeln!(yaml, "{indent}  - {}", item(&text));
    }
}

/// A double-quoted string of YAML, which is one of JSON.
fn quoted(text: &str) -> String {
    serde_json::Value::from(safe(text)).to_string()
}

/// The same as an item of a list, where Perl's parser takes a first word with a colon after it for a key, even in quotes.
fn item(text: &str) -> String {
    let mut json = quoted(text);
    while let Some(at) = key_colon(&json) {
        json.replace_range(at..=at, "\\x3a");
    }
    json
}

/// The colon right after the first word, or after the space behind it, that a space follows.
fn key_colon(json: &str) -> Option<usize> {
    let word = json.find(' ')?;
    let next = word + (json[word..].len() - json[word..].trim_start().len());
    [word - 1, next].into_iter().find(|at| json.get(*at..).is_some_and(|rest| rest.starts_with(": ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_is_no_key() {
        let cases = [
            ("bob: no answer", r#""bob\x3a no answer""#),
            ("bob : no: answer", r#""bob \x3a no: answer""#),
            ("bob says: no", r#""bob says: no""#),
            ("  help: \"x\"", r#""  help: \"x\"""#),
            ("é:", r#""é:""#),
            (": : !", r#""\x3a \x3a !""#),
            (" : x", r#"" \x3a x""#),
            ("", r#""""#),
        ];
        for (text, expected) in cases {
            assert_eq!(item(text), expected);
        }
    }
}
