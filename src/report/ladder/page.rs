//! A run's ladder with its verdict: what `telefonist ladder` prints.

use super::columns::wrapped;
use super::{Ladder, draw};
use crate::record::Header;
use crate::verdict::{Status, Verdict};

/// The ladder below the run's verdict, and below it why the run did not pass. As wide as `width` columns at most.
pub fn page(header: &Header, verdict: Option<&Verdict>, ladder: &Ladder, width: usize, colour: bool) -> String {
    let paint = |code: &str, text: &str| if colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_string() };
    let (code, status) = match verdict.map(|verdict| verdict.status) {
        Some(status @ Status::Pass) => ("1;32", status.to_string()),
        Some(status @ Status::Skipped) => ("36", status.to_string()),
        Some(status) => ("1;31", status.to_string()),
        None => ("1;33", "NO VERDICT".into()),
    };
    let title = wrapped(&format!("{} ({})", header.name(), header.run), width.saturating_sub(status.len() + 2));
    let mut text = format!("{}  {}\n\n", paint(code, &status), title.join("\n      "));
    text.push_str(&draw::draw(ladder, width, colour));
    for reason in verdict.iter().flat_map(|verdict| &verdict.reasons) {
        let place = reason.at.as_ref().map(|at| format!(" ({}:{})", at.source, at.line)).unwrap_or_default();
        text.push('\n');
        for line in wrapped(&format!("{}{place}", reason.message), width) {
            text.push_str(&paint("31", &line));
            text.push('\n');
        }
        for line in reason.details.iter().flat_map(|detail| wrapped(detail, width.saturating_sub(2))) {
            text.push_str(&format!("  {line}\n"));
        }
    }
    text
}
