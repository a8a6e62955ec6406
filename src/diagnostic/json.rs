//! Diagnostics as JSON, for editors and other programs (docs/check.md).

use super::render::message;
use super::{Diagnostic, Severity};
use serde_json::{Value, json};

/// An array of objects: `file`, `line`, `column`, `end` (`line` and `column` of the first character behind it),
/// `severity`, `message`, `advice`, `code`. Lines and columns count from 1, columns in characters; what is not known is
/// `null`. Secrets are masked.
pub fn json(diagnostics: &[Diagnostic]) -> Value {
    diagnostics.iter().map(one).collect()
}

fn one(diagnostic: &Diagnostic) -> Value {
    let place = diagnostic.place.as_ref();
    let start = place.map(|place| place.line_column());
    let end = place.map(|place| place.source.line_column(place.span.end));
    json!({
        "file": place.map(|place| message(&place.source.name)),
        "line": start.map(|(line, _)| line),
        "column": start.map(|(_, column)| column),
        "end": end.map(|(line, column)| json!({ "line": line, "column": column })),
        "severity": match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        },
        "message": message(&diagnostic.message),
        "advice": diagnostic.advice.as_deref().map(message),
        "code": diagnostic.code,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Place, Source};

    #[test]
    fn what_is_known_is_there_and_secrets_and_control_characters_are_not() {
        let source = Source::new("a.rhai", "é alise\n");
        let found =
            Diagnostic::error("no\u{1b} auth_pass=hush;").at(Place { source, span: 3..8 }).code("unknown-variable");
        let expected = json!([
            { "file": "a.rhai", "line": 1, "column": 3, "end": { "line": 1, "column": 8 }, "severity": "error",
              "message": "no\u{fffd} auth_pass=****;", "advice": null, "code": "unknown-variable" },
            { "file": null, "line": null, "column": null, "end": null, "severity": "warning", "message": "m",
              "advice": "a", "code": null },
        ]);
        assert_eq!(json(&[found, Diagnostic::warning("m").advice("a")]), expected);
    }
}
