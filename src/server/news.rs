//! Sends the news of jobs to clients that watch.

use super::api::{job_view, run_row};
use super::clock::now;
use super::hub::Hub;
use super::metrics::Metrics;
use super::terminal::Terminal;
use crate::diagnostic::Diagnostic;
use crate::jobs::{Jobs, Listener, News};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel as pipe};

/// What is sent comes out of the other end; the sender never waits.
pub fn channel() -> (Listener, Receiver<News>) {
    let (sender, receiver) = pipe();
    // the server's end is the end of the other one
    (Arc::new(move |news| drop(sender.send(news))), receiver)
}

/// Whom the news go to.
pub struct Spread {
    pub jobs: Jobs,
    pub hub: Hub,
    pub metrics: Arc<Metrics>,
    pub terminal: Arc<dyn Terminal>,
}

/// Makes messages of the news, on a thread of its own.
///
/// # Errors
/// There is no thread.
pub fn spread(heard: Receiver<News>, to: Spread) -> Result<(), Diagnostic> {
    let spread = move || heard.iter().for_each(|news| to.tell(&news));
    let thread = std::thread::Builder::new().name("news".into()).spawn(spread);
    thread.map(drop).map_err(|error| Diagnostic::error(format!("no thread for the news: {error}")))
}

impl Spread {
    fn tell(&self, news: &News) {
        let Spread { jobs, hub, metrics, terminal } = self;
        let everywhere = |project: Option<&str>, kind: &str, fields: Value| {
            if let Some(project) = project {
                hub.tell(&format!("project:{project}"), kind, fields.clone(), now());
            }
            hub.tell("jobs", kind, fields, now());
        };
        match news {
            News::Job(id) | News::JobEnded(id) => {
                let Ok(view) = jobs.job(*id) else { return };
                let kind = match (view.is_over(), view.job.started, view.done) {
                    (true, ..) => "job.end",
                    (_, None, _) => "job.queued",
                    (_, Some(_), 0) => "job.start",
                    _ => "job.progress",
                };
                let project = view.job.project.and_then(|project| jobs.store().project(project).ok());
                let name = project.map(|project| project.name);
                everywhere(name.as_deref(), kind, json!({ "job": job_view(jobs, view) }));
            }
            News::RunBegan(run) | News::RunEnded(run) => {
                let kind = if matches!(news, News::RunBegan(_)) { "run.start" } else { "run.end" };
                let Ok(run) = jobs.store().run(run) else { return };
                if matches!(news, News::RunEnded(_)) {
                    metrics.ran(&run, jobs.store().data_dir());
                }
                let project = run.project.clone();
                everywhere(project.as_deref(), kind, json!({ "run": run_row(run) }));
            }
            News::AgentStarted(agent) | News::AgentStopped(agent) => {
                let kind = if matches!(news, News::AgentStarted(_)) { "agent.start" } else { "agent.stop" };
                let agent = json!({ "name": agent.name, "aor": agent.aor, "address": agent.address, "baresip": agent.baresip, "run": agent.run, "since": agent.since });
                hub.tell("agents", kind, json!({ "agent": agent }), now());
            }
            News::Trouble(problem) => terminal.trouble(problem),
        }
    }
}
