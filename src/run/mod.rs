//! One run: the script above, the agents below, the log between them.
//!
//! The script asks through [`Host`]; the agents answer through [`Sink`]; both ends meet in the run's log, which only the run
//! writes. What must end a run before its script does (a failed registration, Ctrl-C) is decided here,
//! by stopping the log: every wait of the script ends with that reason.

mod agents;
mod call_files;
mod call_sound;
mod collect;
mod host;
mod inputs;
mod listening;
mod policy;
mod recordings;
mod underway;
mod validations;

use crate::agent::{Asked, Supervisor};
use crate::engine::{self, Loader, Program, ScriptLimits, Session};
use crate::event::{Body, Clock, Ended, How, Log, Note, Secrets, Sink, lock};
use crate::sip::Pairing;
use agents::Agents;
pub use collect::Collecting;
pub use inputs::{Inputs, Lookup, is_name};
use policy::Policy;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};
use underway::Underway;
pub use validations::Validator;

/// How long a run waits at its end for what its agents still owe it: the reports of calls that have closed.
const REPORTS: Duration = Duration::from_millis(500);
/// And for answers to what they have sent: no longer, whatever they send meanwhile.
const SETTLED: Duration = Duration::from_secs(3);

/// A run that is going on. Made before the engine starts, so that readers can follow its log from the first event on.
pub struct Run {
    log: Arc<Log>,
    secrets: Secrets,
    supervisor: Arc<Supervisor>,
    /// Each agent gets a folder of its own below it: configuration and recordings.
    folder: PathBuf,
    agents: Agents,
    policy: Policy,
    underway: Underway,
    /// Locked within the log's lock only.
    pairing: Mutex<Pairing>,
    inputs: Arc<Inputs>,
    /// Whether agents are asked is changed by one at a time: who stops the run, and who goes on all the same.
    asking: Mutex<()>,
    /// Where the result is to be sent; the log has these URLs without their secret parts.
    webhooks: Mutex<Vec<String>>,
    /// The validations that the script has included, each once.
    includes: Mutex<Vec<String>>,
    validator: OnceLock<Arc<dyn Validator>>,
    /// What it asks all its agents for.
    asked: OnceLock<Asked>,
}

impl Run {
    /// `folder` exists, belongs to this run alone and is an absolute path. `clock` is the only one that the run asks.
    pub fn new(supervisor: Arc<Supervisor>, folder: PathBuf, inputs: Arc<Inputs>, clock: Clock) -> Arc<Run> {
        let log = Arc::new(Log::new(clock));
        let (secrets, agents, policy) = (Secrets::default(), Agents::default(), Policy::default());
        let underway = Underway::default();
        // a value of a file of secrets may stand in a testfile as a macro, which nobody asks for by name
        inputs.secrets.values().for_each(|value| secrets.add(value));
        let (webhooks, asking, includes) = (Mutex::default(), Mutex::default(), Mutex::default());
        let (validator, asked) = (OnceLock::new(), OnceLock::new());
        let run = Run {
            log,
            secrets,
            supervisor,
            folder,
            agents,
            policy,
            underway,
            pairing: Mutex::default(),
            inputs,
            asking,
            webhooks,
            includes,
            validator,
            asked,
        };
        let run = Arc::new(run);
        run.abandon_on_stop();
        run
    }

    /// A command that waits for its answer is no wait on the log.
    fn abandon_on_stop(self: &Arc<Run>) {
        let waiting = Arc::downgrade(self);
        self.log.on_stop(move || {
            let Some(run) = waiting.upgrade() else { return };
            let _one = lock(&run.asking);
            // the script may have gone on already
            if run.log.stopped().is_some() {
                run.agents.live().iter().for_each(|agent| agent.abandon());
            }
        });
    }

    pub fn log(&self) -> &Arc<Log> {
        &self.log
    }

    /// Runs the program to its end, stops the agents, and closes the log. Blocks the calling thread. `steps_done` is called when
    /// nothing is left to do but to stop the agents: whoever waits for this test's turn need not wait for that.
    pub fn execute(self: &Arc<Run>, program: &Program, limits: &ScriptLimits, steps_done: &dyn Fn(&Ended)) -> Ended {
        self.asked.get_or_init(|| Asked::by(&program.all_texts()));
        self.conduct(|host| engine::run(program, host, limits, self.inputs.pause.clone()), steps_done)
    }

    /// The same with whoever `serve` takes statements from in place of a script.
    pub fn converse(
        self: &Arc<Run>,
        limits: &ScriptLimits,
        files: Loader,
        serve: impl FnOnce(&mut Session) -> Ended + Send,
    ) -> Ended {
        self.asked.get_or_init(|| Asked::ALL);
        self.conduct(|host| engine::session(host, limits, files, serve), &|_| {})
    }

    fn conduct(
        self: &Arc<Run>,
        script: impl FnOnce(Arc<dyn engine::Host>) -> Ended,
        steps_done: &dyn Fn(&Ended),
    ) -> Ended {
        let mut ended = script(Arc::new(host::ScriptHost(self.clone())));
        // an agent that nothing was asked of must have got ready all the same
        let unready = |run: &Run| run.agents.live().iter().find_map(|agent| agent.failed());
        if let (How::Finished, Some(why)) = (ended.how, unready(self)) {
            ended = why;
        }
        if matches!(ended.how, How::Finished | How::Failed) {
            self.settle();
        }
        for hangs in self.agents.live().iter().filter_map(|agent| agent.hangs()) {
            match ended.how {
                How::Finished => ended = hangs,
                // more likely the cause than the test's own reason
                How::Failed => self.note(Note::Warning { message: hangs.message, at: None }),
                _ => {}
            }
        }
        self.note(Note::StepsDone);
        // what the settling brought to light still counts, and so does an agent that was lost in the last step
        if let (How::Finished, Some(stop)) = (ended.how, self.log.stopped()) {
            ended = stop;
        }
        if let (How::Finished | How::Failed, Some(lost)) = (ended.how, self.policy.unknown_loss()) {
            let failed = (ended.how == How::Failed).then(|| format!("the test had failed: {}", ended.message));
            ended = Ended { details: failed.into_iter().collect(), ..lost };
        }
        ended.message = self.secrets.mask(&ended.message);
        ended.details = ended.details.iter().map(|line| self.secrets.mask(line)).collect();
        self.note(Note::Ended(ended.clone()));
        self.stop_agents();
        let retired = self.agents.retired();
        // another test may use the same account: what is still registered would get its calls
        let disturbs = retired.iter().any(|agent| !agent.is_local());
        if !disturbs {
            steps_done(&ended);
        }
        retired.iter().for_each(|agent| agent.stopped());
        if disturbs {
            steps_done(&ended);
        }
        recordings::collect(self);
        self.agents.forget();
        // what a test that failed lacks, a validation would stumble over
        if ended.how == How::Finished {
            self.validate_included();
        }
        self.log.close();
        ended
    }

    /// Asks the agents again, whoever was about to stop that.
    fn resume(self: &Arc<Run>) {
        let one = lock(&self.asking);
        if self.log.stopped().is_none() {
            self.agents.live().iter().for_each(|agent| agent.resume());
        }
        drop(one);
        self.abandon_on_stop();
    }

    fn asked(&self) -> Asked {
        self.asked.get().copied().unwrap_or_default()
    }

    /// How many agents it has had.
    pub fn agents(&self) -> usize {
        self.agents.started()
    }

    /// The URLs that the result is to be sent to.
    pub fn webhooks(&self) -> Vec<String> {
        lock(&self.webhooks).clone()
    }

    fn includes(&self) -> Vec<String> {
        lock(&self.includes).clone()
    }

    fn include(&self, files: &[String]) {
        let mut known = lock(&self.includes);
        let new = files.iter().filter(|file| !known.contains(file)).cloned().collect::<Vec<_>>();
        known.extend(new);
    }

    /// What follows the host in a webhook's URL is what lets one post there.
    fn keep_webhooks(&self, urls: &[String]) {
        for url in urls {
            let host = url.find("://").map_or(0, |scheme| scheme + 3);
            let path = url[host..].find(['/', '?', '#']).map_or("", |path| &url[host + path + 1..]);
            self.secrets.add(path);
            lock(&self.webhooks).push(url.clone());
        }
    }

    fn note(&self, note: Note) {
        self.push(None, Body::Note(note));
    }

    /// Waits until everything that the last step set off has arrived, so that the flow does not depend on chance. What an
    /// agent sent before it answered a command lies in its peer's socket by then: each round of questions takes it one hop further,
    /// until one brings nothing new. What goes through other programs is waited for until it is answered.
    fn settle(&self) {
        let live = self.agents.live();
        // all at once: those that hang are known after one silence, however many they are, and asked nothing more
        let questions: Vec<_> = live.iter().filter_map(|agent| agent.question()).collect();
        questions.into_iter().for_each(|question| drop(question.blocking_recv()));
        let until = Instant::now() + SETTLED;
        let mut round = 0;
        while Instant::now() < until {
            round += 1;
            let before = self.underway.heard();
            live.iter().for_each(|agent| agent.barrier());
            // a request, its response and the acknowledgement
            let is_over = round >= 3 && self.underway.heard() == before;
            // nobody compares the flow of a run that was stopped, so answers are not waited for
            if is_over && (self.log.stopped().is_some() || !self.underway.wait(until)) {
                break;
            }
        }
        for agent in &live {
            agent.wait_reports(REPORTS);
        }
    }

    /// Begins to stop every agent; the flow of each ends here, before any of them hangs up on another.
    fn stop_agents(&self) {
        let agents = self.agents.retire_all();
        agents.iter().for_each(|agent| agent.ends_flow());
        agents.iter().for_each(|agent| agent.stop());
    }
}

impl Sink for Run {
    fn push_all(&self, agent: Option<&Arc<str>>, mut bodies: Vec<Body>) -> u64 {
        let mut stop = None;
        for body in &mut bodies {
            if let Body::Note(Note::Directive { name, values, .. }) = body {
                match name.as_str() {
                    "webhook" => self.keep_webhooks(values),
                    "include" => self.include(values),
                    _ => {}
                }
            }
            if !self.secrets.is_empty() {
                policy::mask(body, &self.secrets);
            }
            stop = stop.or(self.policy.judge(agent, body));
        }
        self.underway.note(agent, &bodies);
        // The log takes them one by one under its lock, so that messages are numbered in its order. The pairing is
        // unlocked after each: hooks and other threads push too.
        let numbered = bodies.into_iter().map(|mut body| {
            if let Some(agent) = agent {
                lock(&self.pairing).number(agent, &mut body);
            }
            body
        });
        self.log.push_and_stop(agent, numbered, stop)
    }

    fn mask(&self, text: &str) -> String {
        self.secrets.mask(text)
    }
}

#[cfg(test)]
mod tests;
