//! Jobs: what a server runs, one after another or some at once. A job is queued with its texts pinned and its runs' ids planned
//! ([`Jobs::submit`]), taken out by a worker, run by `pipeline`, and kept with its reports. Who wants to look on asks [`Live`].

mod cases;
mod list;
mod live;
mod order;
mod view;
mod worker;

use crate::diagnostic::Diagnostic;
use crate::event::{Clock, Log, Time, lock};
use crate::pipeline::{Interrupt, Plan, Workplace};
use crate::record::{Header, Trigger};
use crate::store::{Host, NewJob, Problem, Queued, Retention, Store};
pub use cases::file;
pub use live::{Live, LiveAgent, LiveRun};
pub use order::{Options, Order, Planned, What};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::JoinHandle;
pub use view::{JobRun, JobView, Told};

/// What happens to jobs, as it happens.
#[derive(Debug, Clone, PartialEq)]
pub enum News {
    /// A job was queued, began, or has done another of its tests.
    Job(i64),
    /// A job is over.
    JobEnded(i64),
    /// A run of a job has begun; its id.
    RunBegan(String),
    /// A run is judged and in the index.
    RunEnded(String),
    AgentStarted(LiveAgent),
    AgentStopped(LiveAgent),
    /// Something could not be kept; the job goes on.
    Trouble(Diagnostic),
}

/// Gets the news, from several threads; it must not block for long.
pub type Listener = Arc<dyn Fn(News) + Send + Sync>;

/// How many jobs run at once, and what they leave.
#[derive(Clone)]
pub struct Settings {
    /// At least one.
    pub places: u32,
    /// If unset, the store's setting applies.
    pub retention: Retention,
    /// For each job: limits, mainly.
    pub plan: Plan,
}

/// Why nothing was queued.
#[derive(Debug)]
pub enum Refused {
    /// All places are taken.
    Busy,
    /// The store's words: no such project, test or run.
    Store(Box<Problem>),
    /// There is no test in it.
    Nothing,
    /// None of the texts can be run: why, test by test.
    Broken(Vec<Told>),
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Refused {
        Refused::Store(Box::new(problem))
    }
}

/// All jobs of this process. Its methods block.
#[derive(Clone)]
pub struct Jobs(Arc<Inner>);

struct Inner {
    store: Arc<Store>,
    workplace: Arc<Workplace>,
    settings: Settings,
    host: Host,
    live: Live,
    listener: Listener,
    state: Mutex<State>,
    changed: Condvar,
    /// Held while runs are deleted that are not to be kept.
    pruning: Mutex<()>,
}

#[derive(Default)]
struct State {
    running: BTreeMap<i64, Arc<Running>>,
    /// Ids that were promised to runs that have not begun, with their jobs.
    promised: BTreeMap<String, i64>,
    /// Jobs that are over or under way change it: a worker looks for work, a waiter at its job.
    changes: u64,
    ending: bool,
}

/// A job at work.
struct Running {
    interrupt: Arc<Interrupt>,
    progress: Mutex<Progress>,
}

#[derive(Default, Clone)]
struct Progress {
    runs: Vec<JobRun>,
    problems: Vec<Told>,
    done: usize,
    total: usize,
}

fn now() -> Time {
    Clock::system().now()
}

/// The threads of the queue.
pub struct Workers(Vec<JoinHandle<()>>);

impl Jobs {
    /// Ends the jobs of hosts that are gone, and goes on with what waits. `live` is where runs of others are seen, too.
    ///
    /// # Errors
    /// The store or the data directory can't be written; the system gives no thread.
    pub fn start(
        store: Arc<Store>,
        workplace: Arc<Workplace>,
        settings: Settings,
        live: Live,
        listener: Listener,
    ) -> Result<(Jobs, Workers), Diagnostic> {
        let host = Host::take(store.data_dir())?;
        store.recover_jobs(now())?;
        store.rebuild_runs()?;
        let mut state = State::default();
        for job in store.jobs()? {
            let runs = view::planned(&job).into_iter().filter_map(|planned| planned.run);
            state.promised.extend(runs.map(|run| (run, job.id)));
        }
        let (state, changed, pruning) = (Mutex::new(state), Condvar::new(), Mutex::default());
        let places = settings.places.max(1);
        let inner = Inner { store, workplace, settings, host, live, listener, state, changed, pruning };
        let jobs = Jobs(Arc::new(inner));
        let worker = |n| {
            let jobs = jobs.clone();
            std::thread::Builder::new().name(format!("worker-{n}")).spawn(move || worker::work(&jobs))
        };
        let threads: std::io::Result<Vec<JoinHandle<()>>> = (1..=places).map(worker).collect();
        let threads = threads
            .map_err(|error| Diagnostic::error(format!("no thread for the queue: {error}")).advice("see ulimit -u"))?;
        Ok((jobs, Workers(threads)))
    }

    pub fn live(&self) -> &Live {
        &self.0.live
    }

    pub fn store(&self) -> &Arc<Store> {
        &self.0.store
    }

    pub fn workplace(&self) -> &Arc<Workplace> {
        &self.0.workplace
    }

    pub fn places(&self) -> u32 {
        self.0.settings.places.max(1)
    }

    /// Deletes the runs that are not to be kept, as at the end of each job; what can't be deleted is reported as trouble.
    pub fn prune(&self) {
        let _alone = lock(&self.0.pruning);
        let store = &self.0.store;
        let pruned = store.retention().and_then(|set| store.prune_runs(self.0.settings.retention.or(set), now()));
        let troubles = match pruned {
            Ok((_, problems)) => problems,
            Err(problem) => vec![problem.diagnostic()],
        };
        troubles.into_iter().for_each(|trouble| self.tell(News::Trouble(trouble)));
    }

    fn tell(&self, news: News) {
        (self.0.listener)(news);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.0.state)
    }

    /// Somebody who waits looks again.
    fn changed(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.state();
        change(&mut state);
        state.changes += 1;
        self.0.changed.notify_all();
    }

    /// Queues an order.
    ///
    /// # Errors
    /// Why it is not queued. An order of a schedule is queued even if none of its texts can be run: that is its result.
    pub fn submit(&self, order: &Order) -> Result<JobView, Refused> {
        let (new, problems) = self.prepare(order)?;
        let queued = match order.may_wait {
            true => self.0.store.queue_job(&new, now())?,
            false => self.0.store.queue_job_if_free(&new, self.places(), now())?,
        };
        let id = match queued {
            Queued::Busy => return Err(Refused::Busy),
            Queued::WaitsAlready(id) => return Ok(self.job(id)?),
            Queued::Waits(id) => id,
        };
        let mut view = self.queued(id)?;
        view.problems = problems;
        Ok(view)
    }

    /// What an order puts into the queue, and why some of its tests can't be run. Once it is there, [`Jobs::queued`] has to know.
    ///
    /// # Errors
    /// As [`Jobs::submit`].
    pub fn prepare(&self, order: &Order) -> Result<(NewJob, Vec<Told>), Refused> {
        let (project, payload) = self.payload(order)?;
        if payload.texts.is_empty() {
            return Err(Refused::Nothing);
        }
        let workplace = self.workplace_of(&payload, order.trigger);
        let mut cases = self.cases(&workplace, project, &payload);
        let problems = cases::problems(&cases);
        if order.schedule.is_none() && cases.iter().all(|(_, case)| case.compiled.is_err()) {
            return Err(Refused::Broken(problems));
        }
        let plan = json(&self.plan(&mut cases));
        let (payload, trigger, schedule) = (json(&payload), order.trigger, order.schedule);
        Ok((NewJob { project, payload, plan, trigger, schedule }, problems))
    }

    /// A job is in the queue: its runs' ids are given away, and a worker may take it.
    ///
    /// # Errors
    /// There is no such job.
    pub fn queued(&self, id: i64) -> Result<JobView, Problem> {
        let runs = view::planned(&self.0.store.job(id)?).into_iter().filter_map(|planned| planned.run);
        self.changed(|state| state.promised.extend(runs.map(|run| (run, id))));
        self.tell(News::Job(id));
        self.job(id)
    }

    /// Gives ids to the runs that can be.
    fn plan(&self, cases: &mut [(String, crate::pipeline::Case)]) -> Vec<Planned> {
        let (time, data_dir) = (now(), self.0.workplace.data_dir());
        let promised = self.state().promised.clone();
        let mut mine = BTreeSet::new();
        let plan = |(test, case): &mut (String, crate::pipeline::Case)| {
            let block = case.test.block.as_deref().map(str::to_string);
            if case.compiled.is_ok() {
                let taken = |id: &str| promised.contains_key(id) || mine.contains(id);
                let name = case.run_name();
                let run = crate::record::RunFolder::plan(data_dir, &name, time, taken);
                mine.insert(run.clone());
                case.run = Some(run).filter(|run| !run.is_empty());
            }
            Planned { test: test.clone(), block, run: case.run.clone() }
        };
        cases.iter_mut().map(plan).collect()
    }

    /// Ends a job: one that waits leaves the queue, one that runs ends as cancelled.
    ///
    /// # Errors
    /// There is no such job, it is over, or it runs elsewhere.
    pub fn stop(&self, id: i64) -> Result<JobView, Problem> {
        let running = self.state().running.get(&id).cloned();
        match running {
            Some(running) => running.interrupt.request(),
            None => {
                self.0.store.cancel_job(id, now())?;
                self.over(id);
            }
        }
        self.job(id)
    }

    /// Lets others look on at a run that begins.
    fn begins(&self, header: &Header, log: &Arc<Log>, session: bool) {
        let agents = self.0.listener.clone();
        let told = move |agent: &LiveAgent, came: bool| {
            agents(if came { News::AgentStarted(agent.clone()) } else { News::AgentStopped(agent.clone()) });
        };
        self.0.live.begins(header, log, session, Arc::new(told));
        self.trouble(self.0.store.index_begun(header));
        self.tell(News::RunBegan(header.run.clone()));
    }

    /// A run is judged.
    fn ended(&self, run: &str) {
        self.trouble(self.0.store.index_run(run));
        self.0.live.over(run);
        self.tell(News::RunEnded(run.to_string()));
    }

    fn trouble(&self, done: Result<(), Problem>) {
        if let Err(problem) = done {
            self.tell(News::Trouble(problem.diagnostic()));
        }
    }

    /// A run begins that is of no job: somebody conducts it.
    pub fn session_begins(&self, header: &Header, log: &Arc<Log>) {
        self.begins(header, log, true);
    }

    /// It is judged; `warnings` are reported as troubles.
    pub fn session_ended(&self, run: &str, warnings: Vec<Diagnostic>) {
        self.ended(run);
        warnings.into_iter().for_each(|warning| self.tell(News::Trouble(warning)));
    }

    /// Ends a run as cancelled, its job goes on; false where it does not go on here.
    pub fn stop_run(&self, run: &str) -> bool {
        self.0.live.stop(run)
    }

    /// Ends what runs as cancelled, leaves what waits in the queue, and lets the workers go.
    pub fn end(&self) {
        self.changed(|state| state.ending = true);
        let running: Vec<Arc<Running>> = self.state().running.values().cloned().collect();
        running.iter().for_each(|running| running.interrupt.request());
    }

    /// A job is over: nobody waits for it or its runs any more.
    fn over(&self, id: i64) {
        self.changed(|state| {
            state.running.remove(&id);
            state.promised.retain(|_, job| *job != id);
        });
        self.tell(News::JobEnded(id));
    }

    /// The job that a run belongs to which was promised and has not begun.
    pub fn promised(&self, run: &str) -> Option<i64> {
        self.state().promised.get(run).copied()
    }

    /// The workplace of a job.
    fn workplace_of(&self, payload: &order::Payload, trigger: Trigger) -> Workplace {
        let mut inputs = (**self.0.workplace.inputs()).clone();
        inputs.defines.extend(payload.options.defines.iter().cloned());
        self.0.workplace.of_job(payload.project.clone(), trigger, inputs)
    }
}

impl Workers {
    /// Comes back when all is kept; somebody has called [`Jobs::end`].
    pub fn join(self) {
        self.0.into_iter().for_each(|thread| drop(thread.join()));
    }
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
