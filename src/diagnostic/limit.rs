//! How many diagnostics are shown at once: a hostile file must not make a million of them.

use super::{Diagnostic, Severity};

/// The most errors, and the most warnings.
pub const MOST: usize = 100;

/// The first errors and the first warnings, in their order; in place of the rest, how many there are.
pub fn limited(mut diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let (mut errors, mut warnings) = (0, 0);
    diagnostics.retain(|one| {
        let seen = if one.is_error() { &mut errors } else { &mut warnings };
        *seen += 1;
        *seen <= MOST
    });
    let kinds = [(Severity::Error, errors, "errors"), (Severity::Warning, warnings, "warnings")];
    for (severity, seen, kind) in kinds.into_iter().filter(|(_, seen, _)| *seen > MOST) {
        let more = Diagnostic::error(format!("{} more {kind} are not shown", seen - MOST));
        diagnostics.push(Diagnostic { severity, ..more });
    }
    diagnostics
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_ones_are_told_and_how_many_more_there_are() {
        let few = vec![Diagnostic::error("a"); MOST];
        assert_eq!(limited(few.clone()), few);
        let mut many = vec![Diagnostic::warning("w"); MOST + 3];
        many.extend([Diagnostic::error("e"), Diagnostic::error("f")]);
        let told = limited(many);
        assert_eq!(told.len(), MOST + 3);
        assert_eq!(told.iter().filter(|one| one.is_error()).count(), 2);
        assert_eq!(told.last(), Some(&Diagnostic::warning("3 more warnings are not shown")));
    }
}
