//! A recorded run, shown and judged again by the code that judges a live one.

use super::judged::judged;
use crate::diagnostic::Diagnostic;
use crate::event::Event;
use crate::flow::Flow;
use crate::record::{Header, Kept, Record, is_going_on, text};
use crate::report::results::{Attempt, TestResult};
use crate::verdict::stored_verdict;
use crate::verdict::{Judged, Verdict};
use std::path::Path;
use std::time::Duration;

/// What a recorded run comes to now.
pub struct Replayed {
    pub header: Header,
    pub verdict: Verdict,
    pub flow: Flow,
    /// Nothing but the hash, if anything, speaks against it.
    pub sound: bool,
    /// From the run's start to its last event.
    pub duration: Duration,
    /// What is not as it should be: the kept verdict is another one, there is none, the record is torn.
    pub warnings: Vec<Diagnostic>,
}

/// Judges a run's folder again; `shown` is given each event in order.
///
/// # Errors
/// The record can't be read.
pub fn replay(folder: &Path, shown: &mut dyn FnMut(&Header, &Event)) -> Result<Replayed, Diagnostic> {
    let events = Kept(folder.join("events.jsonl"));
    let mut record = Record::open(&events.0)?;
    let mut last = record.header.time;
    while let Some(event) = record.next() {
        let event = event?;
        shown(&record.header, &event);
        last = event.time;
    }
    let torn = record.torn();
    let header = record.header;
    let baseline = text(&folder.join("baseline.txt")).and_then(Result::ok);
    let Judged { verdict, flow, sound, .. } = judged(&header, &events, baseline.as_deref())?;
    let duration = header.until(last);
    let mut warnings: Vec<_> = against_stored(folder, &verdict).into_iter().collect();
    warnings.extend(torn.map(|line| {
        Diagnostic::warning(format!("line {line} of the events is torn: the host was killed while it wrote"))
    }));
    Ok(Replayed { header, verdict, flow, sound, duration, warnings })
}

/// The flow of a recorded run.
///
/// # Errors
/// The record can't be read.
pub fn flow_of(folder: &Path) -> Result<(Header, Flow), Diagnostic> {
    let events = Kept(folder.join("events.jsonl"));
    Ok((Header::read(&events.0)?, Flow::of(&events)?))
}

/// How the kept verdict differs from this one.
fn against_stored(folder: &Path, verdict: &Verdict) -> Option<Diagnostic> {
    let stored = match stored_verdict(folder) {
        Some(Ok(stored)) => stored,
        Some(Err(problem)) => return Some(Diagnostic::warning(problem.message)),
        None if is_going_on(folder) => {
            return Some(Diagnostic::warning("the run is going on: this is what there is of it so far"));
        }
        None => return Some(Diagnostic::warning("no verdict was kept: the host was killed before it could judge")),
    };
    let what = match () {
        () if stored.status != verdict.status => format!("it says {}, now it is {}", stored.status, verdict.status),
        () if stored.hash != verdict.hash => format!("its hash is {}, now it is {}", stored.hash, verdict.hash),
        () if stored.reasons != verdict.reasons => "it gives other reasons".into(),
        () if stored != *verdict => "it says other things of its warnings or of the cause".into(),
        () => return None,
    };
    let advice = "the record was changed after the run, or another version of telefonist judged it";
    Some(Diagnostic::warning(format!("the kept verdict differs: {what}")).advice(advice))
}

impl Replayed {
    /// As the reports show it.
    pub fn result(self, folder: &Path) -> TestResult {
        let header = self.header;
        let name = match header.of {
            0 | 1 => header.name(),
            of => format!("{} (repetition {} of {of})", header.name(), header.repetition),
        };
        TestResult {
            name,
            file: header.file,
            tags: header.tags,
            repetition: header.repetition,
            repetitions: header.of,
            status: self.verdict.status.into(),
            attempts: vec![Attempt {
                run: header.run,
                started: header.time,
                duration: self.duration,
                verdict: self.verdict,
                flow: self.flow.text().to_string(),
                folder: Some(folder.to_path_buf()),
                warnings: self.warnings,
            }],
            problems: vec![],
        }
    }
}
