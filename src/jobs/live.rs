//! The active runs of this process, for those who watch.

use crate::event::{Body, Ended, Event, How, Log, Note, Time, lock};
use crate::record::Header;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::sync::watch;

/// An agent at work.
#[derive(Debug, Clone, PartialEq)]
pub struct LiveAgent {
    pub name: Arc<str>,
    pub aor: String,
    /// `127.0.0.1:5060`
    pub address: String,
    /// `baresip 4.12.0 (embedded)`
    pub baresip: String,
    /// The id of its run.
    pub run: String,
    pub since: Time,
}

/// A run as it goes on.
#[derive(Clone)]
pub struct LiveRun {
    pub header: Arc<Header>,
    pub log: Arc<Log>,
    /// How many events there are; whoever waits for more waits for a change. The sender goes when the log is closed.
    pub events: watch::Receiver<usize>,
    /// It is somebody's session, no test.
    pub session: bool,
}

/// All of them. Each has a thread that follows its log, so that any number of readers costs the run nothing.
#[derive(Clone, Default)]
pub struct Live(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    runs: BTreeMap<String, LiveRun>,
    agents: Vec<LiveAgent>,
    /// How often a run came or went.
    changes: watch::Sender<u64>,
}

/// Called when an agent comes (true) or goes (false).
pub type AgentNews = Arc<dyn Fn(&LiveAgent, bool) + Send + Sync>;

impl Live {
    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.0)
    }

    fn changed(&self, change: impl FnOnce(&mut BTreeMap<String, LiveRun>)) {
        let mut state = self.state();
        change(&mut state.runs);
        state.changes.send_modify(|changes| *changes += 1);
    }

    /// Changes whenever a run begins or is over.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.state().changes.subscribe()
    }

    /// A run begins.
    pub fn begins(&self, header: &Header, log: &Arc<Log>, session: bool, told: AgentNews) {
        let (sender, events) = watch::channel(0);
        let run = header.run.clone();
        let entry = LiveRun { header: Arc::new(header.clone()), log: log.clone(), events, session };
        self.changed(|runs| drop(runs.insert(run.clone(), entry)));
        let (live, log) = (self.clone(), log.clone());
        let follow = move || {
            let mut next = 0;
            while let Some(events) = log.follow(next) {
                events.iter().for_each(|event| live.agents_of(&run, event, &told));
                next = events.last().map_or(next, |event| event.n as usize + 1);
                sender.send_replace(next);
            }
            live.leave(&run, &told);
        };
        // without a thread nobody can look on, which is no reason not to run
        let _ = std::thread::Builder::new().name("looker-on".into()).spawn(follow);
    }

    fn agents_of(&self, run: &str, event: &Event, told: &AgentNews) {
        let Some(name) = &event.agent else { return };
        match &event.body {
            Body::Note(Note::AgentStarting { aor, address, baresip, .. }) => {
                let agent = LiveAgent {
                    name: name.clone(),
                    aor: aor.clone(),
                    address: address.clone(),
                    baresip: baresip.clone(),
                    run: run.to_string(),
                    since: event.time,
                };
                self.state().agents.push(agent.clone());
                told(&agent, true);
            }
            Body::Note(Note::AgentStopped { .. } | Note::AgentLost { .. }) => {
                let mut state = self.state();
                let gone = state.agents.iter().position(|agent| agent.run == run && agent.name == *name);
                let gone = gone.map(|gone| state.agents.remove(gone));
                drop(state);
                gone.iter().for_each(|agent| told(agent, false));
            }
            _ => {}
        }
    }

    fn leave(&self, run: &str, told: &AgentNews) {
        let mut state = self.state();
        let (gone, left) =
            std::mem::take(&mut state.agents).into_iter().partition(|agent: &LiveAgent| agent.run == run);
        state.agents = left;
        drop(state);
        let gone: Vec<LiveAgent> = gone;
        gone.iter().for_each(|agent| told(agent, false));
    }

    /// It is judged: what is to be known of it stands in its folder.
    pub fn over(&self, run: &str) {
        self.changed(|runs| drop(runs.remove(run)));
    }

    pub fn run(&self, run: &str) -> Option<LiveRun> {
        self.state().runs.get(run).cloned()
    }

    pub fn runs(&self) -> Vec<LiveRun> {
        self.state().runs.values().cloned().collect()
    }

    /// The agents of all runs, in the order in which they were started.
    pub fn agents(&self) -> Vec<LiveAgent> {
        self.state().agents.clone()
    }

    /// Ends a run as cancelled; false where it does not go on here, or is a session, which whoever conducts it ends.
    pub fn stop(&self, run: &str) -> bool {
        let run = self.run(run).filter(|run| !run.session);
        if let Some(run) = &run {
            run.log.stop(Ended { how: How::Cancelled, message: "stopped".into(), ..Ended::finished() });
        }
        run.is_some()
    }
}
