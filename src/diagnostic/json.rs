//! Diagnostics as JSON, for editors and other programs.

use super::{Diagnostic, Severity, mask_secrets};
use serde_json::{Value, json};

/// `severity` (`error` or `warning`), `message`, `file`, `line` and `column` (from 1, the column in characters), `label`,
/// `advice`; what is not known is null. Secrets are masked.
pub fn to_json(diagnostic: &Diagnostic) -> Value {
    let position = diagnostic.place.as_ref().map(|place| place.line_column());
    json!({
        "severity": match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        },
        "message": mask_secrets(&diagnostic.message),
        "file": diagnostic.place.as_ref().map(|place| place.source.name.as_str()),
        "line": position.map(|(line, _)| line),
        "column": position.map(|(_, column)| column),
        "label": diagnostic.label.as_deref().map(mask_secrets),
        "advice": diagnostic.advice.as_deref().map(mask_secrets),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Place, Source};

    #[test]
    fn everything_that_is_known_is_named() {
        let source = Source::new("calls", "# é\né _acept A\n");
        let warning =
            Diagnostic::warning("unknown `_acept`").at(Place { source, span: 8..14 }).advice("write `_accept`");
        assert_eq!(
            to_json(&warning),
            json!({"severity": "warning", "message": "unknown `_acept`", "file": "calls", "line": 2, "column": 3,
                   "label": null, "advice": "write `_accept`"})
        );
        assert_eq!(to_json(&Diagnostic::error("auth_pass=abc"))["message"], "auth_pass=***");
    }
}
