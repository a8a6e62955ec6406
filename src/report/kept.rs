//! Kept runs as a list for a terminal, and as JSON.

use super::json::text;
use super::paint::{Paint, cut, milliseconds, safe, seconds};
use crate::event::Time;
use crate::record::Header;
use crate::verdict::Status;
use chrono::TimeZone;
use serde_json::{Value, json};
use std::fmt::{Display, Write};
use std::time::Duration;

/// What `format` says in the JSON.
const FORMAT: &str = "telefonist-runs";
/// The version of that JSON.
const VERSION: u32 = 1;
/// The most characters of a test's name in the list.
const NAME: usize = 60;

/// One folder below `<data_dir>/runs`.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptRun {
    /// The folder's name: the run's id.
    pub id: String,
    pub state: State,
    /// None where it can't be read.
    pub header: Option<Header>,
    /// From the run's start to its last event.
    pub duration: Option<Duration>,
}

/// What is known of how a run ended.
#[derive(Debug, Clone, PartialEq)]
pub enum State {
    Judged(Status),
    /// Somebody is writing it.
    GoingOn,
    /// Its host was killed before it could judge.
    BrokenOff,
    /// It can't be read, or is no run; why.
    Damaged(String),
}

impl State {
    /// The word for it in lists, in filters and in JSON, there in lower case.
    pub fn word(&self) -> String {
        match self {
            State::Judged(status) => status.to_string(),
            State::GoingOn => "RUNNING".into(),
            State::BrokenOff => "BROKEN".into(),
            State::Damaged(_) => "DAMAGED".into(),
        }
    }

    fn colour(&self) -> &'static str {
        match self {
            State::Judged(Status::Pass) => "32",
            State::Judged(Status::Fail) => "31",
            State::Judged(Status::Error) | State::BrokenOff | State::Damaged(_) => "35",
            State::Judged(Status::Cancelled) => "33",
            State::Judged(Status::Skipped) | State::GoingOn => "36",
        }
    }
}

/// A line for each run in the order given: status, when, duration, test with repetition and attempt, id. Times are those of `zone`.
pub fn list<Z: TimeZone>(runs: &[KeptRun], zone: &Z, colour: bool) -> String
where
    Z::Offset: Display,
{
    let names: Vec<String> = runs.iter().map(name).collect();
    let width = names.iter().map(|name| name.chars().count()).max().unwrap_or_default();
    let mut text = String::new();
    for (run, name) in runs.iter().zip(&names) {
        let status = Paint(colour).with(run.state.colour(), &format!("{:<9}", run.state.word()));
        let time = run.header.as_ref().and_then(|header| when(header.time, zone)).unwrap_or_default();
        let duration = run.duration.map(seconds).unwrap_or_default();
        let id = safe(&run.id);
        let line = format!("{status}  {time:<19}  {duration:>10}  {name:<width$}  {id}");
        let _ = writeln!(text, "{}", line.trim_end());
        if let State::Damaged(why) = &run.state {
            let _ = writeln!(text, "           {}", safe(why));
        }
    }
    text
}

/// The test, and which of its runs it is.
fn name(run: &KeptRun) -> String {
    let Some(header) = &run.header else { return String::new() };
    let mut name = cut(&safe(&header.name()), NAME);
    if header.of > 1 {
        let _ = write!(name, " ({} of {})", header.repetition, header.of);
    }
    if header.attempt > 1 {
        let _ = write!(name, " attempt {}", header.attempt);
    }
    name
}

/// `2026-11-23 23:11:05`; none for a time that no calendar has.
fn when<Z: TimeZone>(time: Time, zone: &Z) -> Option<String>
where
    Z::Offset: Display,
{
    Some(time.utc()?.with_timezone(zone).format("%Y-%m-%d %H:%M:%S").to_string())
}

/// The same for programs; docs/reports.md tells what is in it.
pub fn json(runs: &[KeptRun]) -> String {
    text(json!({ "format": FORMAT, "version": VERSION, "runs": runs.iter().map(run).collect::<Vec<_>>() }))
}

fn run(run: &KeptRun) -> Value {
    let mut value = json!({ "run": run.id, "status": run.state.word().to_lowercase() });
    if let State::Damaged(why) = &run.state {
        value["problem"] = why.as_str().into();
    }
    if let Some(header) = &run.header {
        value["test"] = header.test.as_str().into();
        value["file"] = header.file.as_str().into();
        value["tags"] = header.tags.clone().into();
        value["repetition"] = header.repetition.into();
        value["repetitions"] = header.of.into();
        value["attempt"] = header.attempt.into();
        value["started"] = header.time.into();
        value["host"] = header.host.as_str().into();
        value["agent"] = header.agent.as_str().into();
    }
    if let Some(duration) = run.duration {
        value["duration"] = milliseconds(duration).into();
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{FixedOffset, Utc};

    fn kept(id: &str, state: State) -> KeptRun {
        let header = Header::new(id, "call", "tests/call", Time(1_795_475_465_247.125), "baresip 4.12.0 (embedded)");
        KeptRun { id: id.into(), state, header: Some(header), duration: Some(Duration::from_millis(4210)) }
    }

    #[test]
    fn a_run_is_a_line() {
        let mut again = kept("b", State::Judged(Status::Fail));
        again.header = again.header.map(|header| Header { of: 3, repetition: 2, attempt: 2, ..header });
        let foreign = KeptRun { header: None, duration: None, ..kept("x\u{1b}", State::Damaged("no run".into())) };
        let runs = [kept("a", State::Judged(Status::Pass)), again, foreign];
        let expected = "\
PASS       2026-11-24 00:11:05       4.2 s  tests/call                     a
FAIL       2026-11-24 00:11:05       4.2 s  tests/call (2 of 3) attempt 2  b
DAMAGED                                                                    x\\u{1b}
           no run
";
        assert_eq!(list(&runs, &FixedOffset::east_opt(3600).unwrap(), false), expected);
        assert!(list(&runs, &Utc, true).starts_with("\x1b[32mPASS     \x1b[0m  2026-11-23 23:11:05"));
        assert_eq!(list(&[], &Utc, true), "");
    }

    #[test]
    fn the_json_says_what_it_is() {
        let value: Value = serde_json::from_str(&json(&[kept("a", State::BrokenOff)])).unwrap();
        assert_eq!((&value["format"], &value["version"]), (&"telefonist-runs".into(), &1.into()));
        assert_eq!((&value["runs"][0]["status"], &value["runs"][0]["duration"]), (&"broken".into(), &4210.0.into()));
    }
}
