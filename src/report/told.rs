//! The explanation of a run, as lines: its reasons with place, details, difference and advice, and what its record shows of the cause.

use super::paint::{Paint, cut, safe};
use super::results::Attempt;
use crate::diagnostic::{Diagnostic, render};
use crate::event::At;
use crate::verdict::{Finding, Reason, Verdict};

/// How much the explanation has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// All of it.
    Whole,
    /// One screen: what is longer is cut, with a word on where the rest is.
    Screen,
}

/// The most lines of a reason's details, of its difference, and of a finding on one screen.
const LINES: usize = 16;
/// The most characters of a line there.
const LENGTH: usize = 300;

/// A reason, its first line after `head`.
pub(super) fn reason(reason: &Reason, head: &str, paint: Paint, extent: Extent) -> Vec<String> {
    // who writes `fail("a\nb")` wants two lines
    let mut message = reason.message.lines().map(|line| shortened(&safe(line), extent));
    let mut lines = vec![format!("{head}{}", message.next().unwrap_or_default())];
    lines.extend(indented(limited(message.collect(), extent)));
    lines.extend(reason.at.as_ref().map(|at| format!("  at {}", place(at))));
    let details = reason.details.iter().map(|detail| safe(detail)).collect();
    lines.extend(indented(limited(details, extent)));
    let diff = reason.diff.iter().flat_map(|diff| diff.lines()).map(safe).collect();
    lines.extend(indented(limited(diff, extent)).map(|line| format!("  {}", paint.diff(&line[2..]))));
    lines.extend(reason.advice.as_ref().map(|advice| format!("  {}{}", paint.cyan("help: "), safe(advice))));
    lines
}

/// A finding: what it is about, then its lines.
pub(super) fn finding(finding: &Finding, paint: Paint, extent: Extent) -> Vec<String> {
    let lines = finding.lines.iter().map(|line| safe(line)).collect();
    let colon = if finding.lines.is_empty() { "" } else { ":" };
    let head = format!("{}{colon}", paint.cyan(&safe(&finding.about)));
    std::iter::once(head).chain(indented(limited(lines, extent))).collect()
}

/// Everything that speaks for a verdict.
pub(super) fn verdict(verdict: &Verdict, paint: Paint, extent: Extent) -> Vec<String> {
    let reasons = verdict.reasons.iter().flat_map(|one| reason(one, "", paint, extent));
    reasons.chain(verdict.findings.iter().flat_map(|one| finding(one, paint, extent))).collect()
}

/// Whether [`Extent::Screen`] leaves something of it out.
pub(super) fn is_cut(told: &Verdict) -> bool {
    let lines = |extent| {
        let warnings = told.warnings.iter().flat_map(move |one| reason(one, "", Paint(false), extent));
        verdict(told, Paint(false), extent).into_iter().chain(warnings)
    };
    lines(Extent::Whole).ne(lines(Extent::Screen))
}

/// What is worth knowing of an attempt though it changes no verdict, without colours.
pub(super) fn warnings(attempt: &Attempt) -> Vec<String> {
    let of_verdict = attempt.verdict.warnings.iter().flat_map(|one| reason(one, "", Paint(false), Extent::Whole));
    of_verdict.chain(diagnostics(&attempt.warnings, Paint(false))).collect()
}

/// Diagnostics with their lines and carets.
pub(super) fn diagnostics(diagnostics: &[Diagnostic], paint: Paint) -> Vec<String> {
    let shown = render(diagnostics, paint.0);
    shown.lines().map(|line| if paint.0 { line.to_string() } else { safe(line) }).collect()
}

/// Why a test could not begin, in the form of a reason.
pub(super) fn problem(problem: &Diagnostic) -> Vec<String> {
    let mut lines: Vec<String> = problem.message.lines().map(safe).collect();
    lines.extend(problem.place.as_ref().map(|place| format!("  at {}", safe(&place.to_string()))));
    lines.extend(problem.label.iter().flat_map(|label| label.lines()).map(|line| format!("  {}", safe(line))));
    lines.extend(problem.advice.as_ref().map(|advice| format!("  help: {}", safe(advice))));
    lines
}

/// The first reason in short: `no CALL_ESTABLISHED at bob within 5 s (calls:7:1)`; empty where there is none.
pub(super) fn first(verdict: &Verdict) -> String {
    let Some(reason) = verdict.reasons.first() else { return String::new() };
    let place = reason.at.as_ref().map(|at| format!(" ({})", place(at))).unwrap_or_default();
    format!("{}{place}", cut(&safe(reason.message.lines().next().unwrap_or_default()), LENGTH))
}

/// `basic_call:3:1`, which editors and terminals make a link of.
pub(super) fn place(at: &At) -> String {
    safe(&format!("{}:{}:{}", at.source, at.line, at.column))
}

fn indented(lines: Vec<String>) -> impl Iterator<Item = String> {
    lines.into_iter().map(|line| format!("  {line}"))
}

fn shortened(line: &str, extent: Extent) -> String {
    match extent {
        Extent::Whole => line.to_string(),
        Extent::Screen => cut(line, LENGTH),
    }
}

fn limited(mut lines: Vec<String>, extent: Extent) -> Vec<String> {
    if extent == Extent::Whole {
        return lines;
    }
    let more = lines.len().saturating_sub(LINES);
    // a line that says that one line is missing would take its place
    if more > 1 {
        lines.truncate(LINES);
    }
    lines.iter_mut().for_each(|line| *line = cut(line, LENGTH));
    if more > 1 {
        lines.push(format!("… {more} lines more"));
    }
    lines
}
