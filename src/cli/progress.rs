//! Progress on a terminal: a line for each running test, with what it waits for. The lines disappear at the end.

use super::logging;
use crate::event::{Body, Log, Note, lock};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The time that a line shows goes on while nothing happens.
const TICK: Duration = Duration::from_millis(500);

pub struct Progress {
    shown: bool,
    bars: MultiProgress,
    /// By the number of the unit.
    tests: Mutex<BTreeMap<usize, ProgressBar>>,
}

impl Progress {
    /// Shows nothing where stderr is no terminal, or where nothing is `wanted`.
    pub fn new(wanted: bool) -> Progress {
        let shown =
            wanted && std::io::stderr().is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb");
        let target = if shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bars = MultiProgress::with_draw_target(target);
        if shown {
            logging::print_above(&bars);
        }
        Progress { shown, bars, tests: Mutex::default() }
    }

    fn tests(&self) -> std::sync::MutexGuard<'_, BTreeMap<usize, ProgressBar>> {
        lock(&self.tests)
    }

    /// A run begins: its line shows what its log says that it waits for.
    pub fn begins(&self, unit: usize, name: String, log: &Arc<Log>) {
        if !self.shown {
            return;
        }
        let style = ProgressStyle::with_template("{elapsed:>4} {prefix:.bold}  {wide_msg:.dim}");
        let bar = ProgressBar::new_spinner().with_prefix(name).with_message("starting");
        let bar = self.bars.add(bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner())));
        bar.enable_steady_tick(TICK);
        if let Some(before) = self.tests().insert(unit, bar.clone()) {
            before.finish_and_clear();
        }
        let log = log.clone();
        std::thread::spawn(move || follow(&log, &bar));
    }

    /// The unit is over.
    pub fn ends(&self, unit: usize) {
        if let Some(bar) = self.tests().remove(&unit) {
            bar.finish_and_clear();
        }
    }

    /// Prints without the lines in between.
    pub fn aside(&self, print: impl FnOnce()) {
        self.bars.suspend(print);
    }
}

fn follow(log: &Log, bar: &ProgressBar) {
    let mut seen = 0;
    while let Some(events) = log.follow(seen) {
        seen = events.last().map_or(seen, |last| last.n as usize + 1);
        let word = events.iter().rev().find_map(|event| match &event.body {
            Body::Note(Note::Waiting { what, limit, .. }) if what == "sleep" => Some(format!("waits {}", time(*limit))),
            Body::Note(Note::Waiting { what, limit, .. }) => Some(format!("waits {} for {what}", time(*limit))),
            Body::Note(Note::StepsDone) => Some("stops its agents".into()),
            Body::Command(command) => Some(format!("{}: {}", event.agent.as_deref().unwrap_or_default(), command.text)),
            _ => None,
        });
        if let Some(word) = word {
            bar.set_message(word.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>());
        }
    }
}

fn time(milliseconds: f64) -> String {
    if milliseconds < 1000.0 { format!("{milliseconds} ms") } else { format!("{} s", milliseconds / 1000.0) }
}
