//! What the server does without a request: jobs of schedules, messages to webhooks.

use super::api::{delivery_view, schedule_order};
use super::clock::now;
use super::hub::Hub;
use super::terminal::Terminal;
use crate::diagnostic::Diagnostic;
use crate::event::Time;
use crate::jobs::{Jobs, Refused};
use crate::notify::Watcher;
use crate::record::Trigger;
use crate::schedule::{Fire, Told};
use crate::store::{Delivery, NewJob, Problem, Schedule};
use serde_json::json;
use std::sync::Arc;

/// Has the jobs of schedules queued.
pub struct Fires {
    pub jobs: Jobs,
    pub hub: Hub,
    pub terminal: Arc<dyn Terminal>,
}

impl Fire for Fires {
    fn job(&self, schedule: &Schedule, _: Time) -> Result<NewJob, Problem> {
        let order = schedule_order(schedule, Trigger::Cron);
        let prepared = self.jobs.prepare(&order).map(|(job, _)| job);
        prepared.map_err(|refused| match refused {
            Refused::Store(problem) => *problem,
            _ => Problem::Invalid(Diagnostic::error("there is no test to run").advice("save one in the project")),
        })
    }

    fn daily(&self) {
        // the end of a job does the same
        if self.jobs.live().runs().is_empty() {
            self.jobs.prune();
        }
    }

    fn told(&self, told: Told) {
        let (kind, fields) = match told {
            Told::Fired { schedule, due, job } => {
                // the store has it, whatever is wrong now
                let _ = self.jobs.queued(job);
                ("schedule.fired", json!({ "schedule": schedule, "due": due, "job": job }))
            }
            Told::Missed { schedule, due } => ("schedule.missed", json!({ "schedule": schedule, "due": due })),
        };
        self.hub.tell("schedules", kind, fields, now());
    }

    fn report(&self, problem: Diagnostic) {
        self.terminal.trouble(&problem);
    }
}

/// Tells what becomes of messages.
pub struct Deliveries {
    pub hub: Hub,
    pub terminal: Arc<dyn Terminal>,
}

impl Watcher for Deliveries {
    fn changed(&self, delivery: &Delivery) {
        self.hub.tell("webhooks", "delivery.changed", json!({ "delivery": delivery_view(delivery.clone()) }), now());
    }

    fn warn(&self, warning: Diagnostic) {
        self.terminal.trouble(&warning);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::Settings as Agents;
    use crate::event::Clock;
    use crate::jobs::{Live, Settings};
    use crate::pipeline::{Plan, Workplace};
    use crate::record::{Header, RunFolder};
    use crate::store::{Retention, Store};

    struct Silent;

    impl Terminal for Silent {
        fn started(&self, _: &super::super::Started) {}
        fn trouble(&self, _: &Diagnostic) {}
        fn new_certificate(&self, _: &std::path::Path) {}
    }

    #[test]
    fn an_idle_server_deletes_what_has_become_too_old() {
        let data = tempfile::tempdir().unwrap();
        let run = |days: f64| {
            let time = Clock::system().now() - days * 86_400_000.0;
            let folder = RunFolder::create(data.path(), "x.rhai", time).unwrap();
            let header = Header::new(folder.id(), "x.rhai", "x.rhai", time, "baresip");
            let end = format!(r#"{{"n":0,"time":{time:.1},"kind":"note","type":"STEPS_DONE"}}"#);
            std::fs::write(folder.events(), format!("{}\n{end}\n", serde_json::to_string(&header).unwrap())).unwrap();
            folder.path().to_path_buf()
        };
        let (old, new) = (run(3.0), run(1.0));
        let store = Arc::new(Store::open(data.path()).unwrap());
        let workplace = Workplace::new(data.path().to_path_buf(), Agents::for_tests(data.path(), 29_000));
        let settings = Settings { places: 1, retention: Retention::default(), plan: Plan::default() };
        let (jobs, workers) =
            Jobs::start(store.clone(), Arc::new(workplace), settings, Live::default(), Arc::new(|_| {})).unwrap();
        let fires = Fires { jobs, hub: Hub::default(), terminal: Arc::new(Silent) };
        fires.daily();
        assert!(old.exists() && new.exists());
        store.set_retention(Retention { runs: None, days: Some(2) }).unwrap();
        fires.daily();
        assert!(!old.exists() && new.exists());
        fires.jobs.end();
        workers.join();
    }
}
