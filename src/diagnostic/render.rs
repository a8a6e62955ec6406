//! Diagnostics as text for a terminal.

use super::{Diagnostic, Place, Severity, Source, is_invisible, mask_secrets};
use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents, SourceCode, SourceSpan,
    SpanContents,
};
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// Columns of a report; longer messages are wrapped, longer source lines cut.
const WIDTH: usize = 100;
/// How much of a long line is shown before the caret.
const BEFORE: usize = 40;

/// All diagnostics as a person reads them: message, line with caret, advice. Secrets in the shown lines are masked.
/// Without colour it is plain ASCII, but for what the user wrote.
pub fn render(diagnostics: &[Diagnostic], colour: bool) -> String {
    let theme = if colour { GraphicalTheme::unicode() } else { GraphicalTheme::none() };
    let handler = GraphicalReportHandler::new_themed(theme).with_width(WIDTH).with_links(false);
    let mut masked: Option<(Arc<Source>, String)> = None;
    let mut out = String::new();
    for (n, diagnostic) in diagnostics.iter().enumerate() {
        let excerpt = diagnostic.place.as_ref().map(|place| {
            let text = match &masked {
                Some((source, text)) if Arc::ptr_eq(source, &place.source) => text,
                _ => &masked.insert((place.source.clone(), mask_secrets(&place.source.text))).1,
            };
            Excerpt::new(place, text, if colour { "…" } else { "..." })
        });
        if n > 0 {
            out.push('\n');
        }
        let report = Report { diagnostic, excerpt };
        if handler.render_report(&mut out, &report).is_err() {
            out.push_str(&report.to_string());
        }
    }
    // miette pads what it draws
    out.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// The line that a diagnostic is about: masked, made safe for a terminal, cut to the width of a report.
#[derive(Debug)]
struct Excerpt {
    name: String,
    /// Both from 0.
    line: usize,
    column: usize,
    text: String,
    span: SourceSpan,
}

impl Excerpt {
    fn new(place: &Place, masked: &str, dots: &str) -> Excerpt {
        let (line, column) = place.line_column();
        let within = place.source.line_span(line);
        let start = place.span.start.clamp(within.start, within.end);
        let end = place.span.end.clamp(start, within.end);
        let [before, marked, after] =
            [within.start..start, start..end, end..within.end].map(|part| printable(slice(masked, part)));

        let skipped = before.chars().count().saturating_sub(BEFORE);
        let mut text = if skipped > 0 { dots.to_string() } else { String::new() };
        text.extend(before.chars().skip(skipped));
        let room = WIDTH.saturating_sub(text.chars().count());
        let offset = text.len();
        text.extend(marked.chars().take(room));
        if marked.is_empty() && after.is_empty() {
            // the caret needs something to stand under
            text.push(' ');
        }
        let span = SourceSpan::from(offset..text.len());
        let left = room.saturating_sub(marked.chars().count());
        text.extend(after.chars().take(left));
        if after.chars().count() > left || marked.chars().count() > room {
            text.push_str(dots);
        }
        let name = printable(&place.source.name);
        Excerpt { name, line: line as usize - 1, column: column as usize - 1, text, span }
    }
}

/// Masked text has the byte length of the original, but not always its character boundaries.
fn slice(text: &str, span: Range<usize>) -> &str {
    let boundary = |mut at: usize| {
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    &text[boundary(span.start.min(text.len()))..boundary(span.end.min(text.len()))]
}

/// A text, or a file's name, without what could write over the terminal that shows it.
pub fn printable(text: &str) -> String {
    text.chars().map(|c| if is_invisible(c) && c != '\t' { '\u{fffd}' } else { c }).collect()
}

impl SourceCode for Excerpt {
    fn read_span<'a>(
        &'a self,
        _: &SourceSpan,
        _: usize,
        _: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let whole = SourceSpan::from(0..self.text.len());
        let bytes = self.text.as_bytes();
        Ok(Box::new(MietteSpanContents::new_named(self.name.clone(), bytes, whole, self.line, self.column, 1)))
    }
}

/// A diagnostic in miette's terms.
#[derive(Debug)]
struct Report<'a> {
    diagnostic: &'a Diagnostic,
    excerpt: Option<Excerpt>,
}

/// A message of ours, masked and safe; its line breaks stay.
pub fn message(text: &str) -> String {
    mask_secrets(text).split('\n').map(printable).collect::<Vec<_>>().join("\n")
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&message(&self.diagnostic.message))
    }
}

impl std::error::Error for Report<'_> {}

impl miette::Diagnostic for Report<'_> {
    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.diagnostic.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(message(self.diagnostic.advice.as_deref()?)))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.excerpt.as_ref().map(|excerpt| excerpt as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let label = self.diagnostic.label.as_deref().map(message);
        let span = self.excerpt.as_ref()?.span;
        Some(Box::new(std::iter::once(LabeledSpan::new_primary_with_span(label, span))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn place(text: &str, span: Range<usize>) -> Place {
        Place { source: Source::new("dir/calls", text), span }
    }

    #[test]
    fn a_report_has_message_place_line_caret_label_and_advice() {
        let typo = Diagnostic::error("unknown directive `_acept`")
            .at(place("# one\r\n  _acept CALL_CLOSED\r\n", 9..15))
            .label("no such directive")
            .advice("did you mean `_accept`?");
        let plain = Diagnostic::warning("nothing to do").advice("write a step");
        let expected = "  x unknown directive `_acept`
   ,-[dir/calls:2:3]
 2 |   _acept CALL_CLOSED
   :   ^^^|^^
   :      `-- no such directive
   `----
  help: did you mean `_accept`?

  ! nothing to do
  help: write a step
";
        assert_eq!(render(&[typo.clone(), plain], false), expected);
        let coloured = render(&[typo], true);
        assert!(coloured.contains("\u{1b}[31m×\u{1b}[0m") && coloured.contains("╰──"), "{coloured}");
    }

    #[test]
    fn columns_are_characters_and_secrets_and_control_characters_are_not_shown() {
        let text = "é\u{1b}[31m x;auth_pass=gehéim;y";
        let found = Diagnostic::error("bad\u{7} auth_pass=gehéim;").at(place(text, 8..9));
        let shown = render(&[found], false);
        let expected = "  x bad\u{fffd} auth_pass=*******;
   ,-[dir/calls:1:8]
 1 | é\u{fffd}[31m x;auth_pass=*******;y
   :        ^
   `----
";
        assert_eq!(shown, expected);
    }

    #[test]
    fn a_long_line_is_cut_around_the_caret() {
        let text = format!("{}HERE{}", "a".repeat(5000), "b".repeat(5000));
        let shown = render(&[Diagnostic::error("x").at(place(&text, 5000..5004))], false);
        let line = shown.lines().nth(2).unwrap();
        assert!(line.contains("| ...aaa") && line.contains("aHEREb") && line.ends_with("b..."), "{shown}");
        assert!(line.len() < 120);
        assert!(shown.contains("dir/calls:1:5001"));
    }

    #[test]
    fn an_empty_place_has_a_caret() {
        for (at, position) in [(0, "1:1"), (1, "1:2"), (3, "1:4"), (4, "2:1"), (9, "2:1")] {
            let shown = render(&[Diagnostic::error("x").at(place("abc\n", at..at))], false);
            assert!(shown.contains(&format!("dir/calls:{position}]")) && shown.contains('^'), "{shown}");
        }
    }

    proptest! {
        #[test]
        fn any_place_can_be_shown(
            text in "(auth_pass=|[a-zé\t\r\n;\"\u{1b}漢]){0,200}", start in 0usize..300, length in 0usize..300, colour: bool
        ) {
            render(&[Diagnostic::error(&text).label(&text).advice(&text).at(place(&text, start..start + length))], colour);
        }
    }
}
