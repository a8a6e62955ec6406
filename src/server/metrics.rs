//! Figures for Prometheus, counted since the start.

use crate::calls;
use crate::event::Events;
use crate::record::Kept;
use crate::store::Run;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use std::path::Path;

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ByStatus {
    status: String,
}

pub struct Metrics {
    registry: Registry,
    runs: Family<ByStatus, Counter>,
    durations: Histogram,
    calls: Counter,
    post_dial: Histogram,
    mos: Histogram,
    agents: Gauge,
    going_on: Gauge,
    waiting: Gauge,
}

impl Default for Metrics {
    fn default() -> Metrics {
        let metrics = Metrics {
            registry: Registry::with_prefix("telefonist"),
            runs: Family::default(),
            durations: Histogram::new([0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0]),
            calls: Counter::default(),
            post_dial: Histogram::new([0.01, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0]),
            mos: Histogram::new([1.5, 2.0, 2.5, 3.0, 3.5, 3.8, 4.0, 4.2, 4.4]),
            agents: Gauge::default(),
            going_on: Gauge::default(),
            waiting: Gauge::default(),
        };
        metrics.registered()
    }
}

impl Metrics {
    fn registered(mut self) -> Metrics {
        let all = &mut self.registry;
        all.register("runs", "Runs that ended, by result", self.runs.clone());
        all.register_with_unit("run_duration", "How long runs took", Unit::Seconds, self.durations.clone());
        all.register("calls", "Calls at one agent, of runs that ended", self.calls.clone());
        let words = "From the INVITE to the first ringing, of outgoing calls";
        all.register_with_unit("post_dial_delay", words, Unit::Seconds, self.post_dial.clone());
        all.register("mos", "Mean opinion score of received audio, at the end of calls", self.mos.clone());
        all.register("agents", "Agents at work", self.agents.clone());
        all.register("runs_going_on", "Runs that go on", self.going_on.clone());
        all.register("queue_length", "Jobs that wait", self.waiting.clone());
        self
    }

    /// A run has ended.
    pub fn ran(&self, run: &Run, data_dir: &Path) {
        self.runs.get_or_create(&ByStatus { status: run.status.word().into() }).inc();
        run.duration.into_iter().for_each(|duration| self.durations.observe(duration / 1000.0));
        let mut calls = calls::Builder::default();
        let events = Kept(data_dir.join("runs").join(&run.id).join("events.jsonl"));
        // one that is gone by now counts without its calls
        let _ = events.each(&mut |event| calls.event(event));
        for call in &calls.calls {
            self.calls.inc();
            call.post_dial_delay().into_iter().for_each(|delay| self.post_dial.observe(delay / 1000.0));
            call.audio.mos.into_iter().for_each(|mos| self.mos.observe(mos));
        }
    }

    /// All of it, in the OpenMetrics text format.
    pub fn text(&self, agents: usize, going_on: usize, waiting: usize) -> String {
        self.agents.set(agents as i64);
        self.going_on.set(going_on as i64);
        self.waiting.set(waiting as i64);
        let mut text = String::new();
        // a String takes all
        let _ = encode(&mut text, &self.registry);
        text
    }
}
