//! The figures of a kept run, read once: its hash, its agents, how its calls sounded.

use crate::calls::{Builder, Call};
use crate::event::lock;
use crate::record::Record;
use crate::verdict::stored_verdict;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex};

/// The most that are remembered; beyond that, all are read again.
const MOST: usize = 10_000;
/// Larger records are not read for a list, in bytes.
const LARGEST: u64 = 8 * 1024 * 1024;

/// By the runs' ids.
#[derive(Default)]
pub struct AllFigures(Mutex<BTreeMap<String, Arc<Figures>>>);

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Figures {
    /// None where the run is not judged.
    pub hash: Option<String>,
    /// How many agents it had; none where its record is too large for a list, or can't be read.
    pub agents: Option<usize>,
    /// None where no call says anything of it.
    pub quality: Option<Quality>,
}

/// Over all calls of a run.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Quality {
    pub mos_min: Option<f64>,
    pub mos_avg: Option<f64>,
    /// Milliseconds.
    pub jitter_max: Option<f64>,
    /// Packets.
    pub loss_max: Option<f64>,
    /// The longest, in milliseconds.
    pub post_dial_delay: Option<f64>,
}

impl AllFigures {
    /// Those of a run whose folder that is.
    pub fn of(&self, run: &str, folder: &Path) -> Arc<Figures> {
        if let Some(known) = lock(&self.0).get(run) {
            return known.clone();
        }
        let figures = Arc::new(Figures::read(folder));
        // what is not judged may still change
        if figures.hash.is_some() {
            let mut all = lock(&self.0);
            if all.len() >= MOST {
                all.clear();
            }
            all.insert(run.to_string(), figures.clone());
        }
        figures
    }
}

impl Figures {
    fn read(folder: &Path) -> Figures {
        let Some(Ok(verdict)) = stored_verdict(folder) else { return Figures::default() };
        let hash = Some(verdict.hash).filter(|hash| !hash.is_empty());
        let events = folder.join("events.jsonl");
        let small = events.metadata().is_ok_and(|file| file.len() <= LARGEST);
        let Some(record) = small.then(|| Record::open(&events).ok()).flatten() else {
            return Figures { hash, ..Figures::default() };
        };
        let (mut calls, mut agents) = (Builder::default(), BTreeSet::new());
        for event in record.map_while(Result::ok) {
            agents.extend(event.agent.clone());
            calls.event(&event);
        }
        Figures { hash, agents: Some(agents.len()), quality: quality(&calls.calls) }
    }
}

fn quality(calls: &[Call]) -> Option<Quality> {
    let most = |of: &dyn Fn(&Call) -> Option<f64>| calls.iter().filter_map(of).max_by(f64::total_cmp);
    let scores: Vec<f64> = calls.iter().filter_map(|call| call.audio.mos).collect();
    let larger = |both: Option<(f64, f64)>| both.map(|(tx, rx)| tx.max(rx));
    let quality = Quality {
        mos_min: scores.iter().copied().min_by(f64::total_cmp),
        mos_avg: (!scores.is_empty()).then(|| scores.iter().sum::<f64>() / scores.len() as f64),
        jitter_max: most(&|call| larger(call.audio.jitter)),
        loss_max: most(&|call| larger(call.audio.lost)),
        post_dial_delay: most(&Call::post_dial_delay),
    };
    (quality != Quality::default()).then_some(quality)
}
