//! What the server does by itself: jobs of schedules, messages to webhooks.

use super::Terminal;
use super::api::{delivery_view, schedule_order};
use super::app::now;
use super::hub::Hub;
use crate::diagnostic::Diagnostic;
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
    fn job(&self, schedule: &Schedule, _: f64) -> Result<NewJob, Problem> {
        let order = schedule_order(schedule, Trigger::Cron);
        let prepared = self.jobs.prepare(&order).map(|(job, _)| job);
        prepared.map_err(|refused| match refused {
            Refused::Store(problem) => *problem,
            _ => Problem::Invalid(Diagnostic::error("there is no test to run").advice("save one in the project")),
        })
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
