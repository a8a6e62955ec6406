//! The agents of a run: who is declared, who runs, who is being stopped.

use crate::agent::{Account, Agent, Kept, Peer};
use crate::event::{At, Ended, lock};
use std::sync::{Arc, Mutex, MutexGuard};

/// An agent that the script has declared.
#[derive(Clone)]
pub struct Declared {
    /// What the script, the log and the flow call it.
    pub name: Arc<str>,
    pub account: Account,
    /// Where the script declares it.
    pub at: At,
    /// Its process, once it has been started.
    pub agent: Option<Arc<Agent>>,
    /// The port of one that was stopped, for its return.
    pub kept: Option<Arc<Kept>>,
}

impl Declared {
    /// As other agents' commands may name it; none before its process has its ports.
    fn peer(&self) -> Option<Peer> {
        let port = self.agent.as_ref()?.sip().port();
        let Account { alias, local, transport, .. } = self.account.clone();
        Some(Peer { name: self.name.to_string(), alias, port: local.then_some(port), transport })
    }
}

#[derive(Default)]
struct State {
    declared: Vec<Declared>,
    /// Being stopped, or gone.
    retired: Vec<Declared>,
    /// How many processes there were.
    started: usize,
}

#[derive(Default)]
pub struct Agents(Mutex<State>);

impl Agents {
    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.0)
    }

    /// Adds an agent under a name of its own: the wanted one, or, where an account's user part is taken, its address of record.
    pub fn declare(&self, account: Account, wanted: Option<String>, at: &At) -> Result<Arc<str>, Ended> {
        let mut state = self.state();
        let taken = |name: &str| state.declared.iter().any(|known| &*known.name == name);
        let name = match wanted {
            Some(name) if taken(&name) => return Err(name_taken(&name, at)),
            Some(name) => name,
            None if !taken(&account.name) => account.name.clone(),
            None if taken(&account.aor) => return Err(name_taken(&account.name, at)),
            None => account.aor.clone(),
        };
        let name: Arc<str> = name.into();
        state.declared.push(Declared { name: name.clone(), account, at: at.clone(), agent: None, kept: None });
        Ok(name)
    }

    /// The agent of that name, alias or address of record.
    pub fn find(&self, alias: &str) -> Option<Arc<str>> {
        let state = self.state();
        let named = state.declared.iter().find(|known| &*known.name == alias);
        named.or_else(|| state.declared.iter().find(|known| known.account.is(alias))).map(|known| known.name.clone())
    }

    pub fn get(&self, name: &str) -> Option<Declared> {
        self.state().declared.iter().find(|known| &*known.name == name).cloned()
    }

    /// The names of those that are declared.
    pub fn names(&self) -> Vec<Arc<str>> {
        self.state().declared.iter().map(|known| known.name.clone()).collect()
    }

    /// Why there is no agent of that name.
    pub fn unknown(&self, name: &str) -> Ended {
        let was = self.state().retired.iter().any(|known| &*known.name == name);
        let (message, advice) = match was {
            true => (
                format!("agent `{name}` has been ended by an earlier step"),
                "make a new one first: `uanew <sip:alice@host>;…` in a testfile, `bob = agent(\"bob\")` in a script",
            ),
            false => (
                format!("there is no agent `{name}`"),
                "start one before it: `uanew <sip:alice@host>;…` in a testfile, `agent(\"alice\")` in a script",
            ),
        };
        Ended { advice: Some(advice.into()), ..Ended::error(message) }
    }

    /// Runs `start` for an agent that has no process yet and keeps what it gives.
    pub fn start(
        &self,
        name: &str,
        start: impl FnOnce(&Declared) -> Result<Arc<Agent>, Ended>,
    ) -> Result<Option<Arc<Agent>>, Ended> {
        let mut state = self.state();
        let Some(known) = state.declared.iter_mut().find(|known| &*known.name == name) else { return Ok(None) };
        if known.agent.is_none() {
            known.agent = Some(start(known)?);
            let agent = known.agent.clone();
            state.started += 1;
            return Ok(agent);
        }
        Ok(known.agent.clone())
    }

    /// Keeps the port of an agent that was stopped.
    pub fn keep(&self, name: &str, kept: Option<Kept>) {
        if let Some(known) = self.state().declared.iter_mut().find(|known| &*known.name == name) {
            known.kept = kept.map(Arc::new);
        }
    }

    /// Runs `start` in place of the process that an agent had, which is remembered for its recordings.
    pub fn replace(&self, name: &str, start: impl FnOnce(&Declared) -> Result<Arc<Agent>, Ended>) -> Result<(), Ended> {
        let mut state = self.state();
        let Some(place) = state.declared.iter().position(|known| &*known.name == name) else { return Ok(()) };
        state.declared[place].kept = None;
        let agent = start(&state.declared[place])?;
        let before = state.declared[place].clone();
        state.declared[place].agent = Some(agent);
        state.started += 1;
        if before.agent.is_some() {
            state.retired.push(before);
        }
        Ok(())
    }

    /// All processes that have been started.
    pub fn live(&self) -> Vec<Arc<Agent>> {
        self.state().declared.iter().filter_map(|known| known.agent.clone()).collect()
    }

    /// The declared agents whose name, alias or address of record is one of the words.
    pub fn named_in(&self, text: &str) -> Vec<Arc<str>> {
        let words: Vec<&str> = text.split([' ', '<', '>', ';', ',', '?']).collect();
        let state = self.state();
        let named = |known: &&Declared| words.iter().any(|word| *word == &*known.name || known.account.is(word));
        state.declared.iter().filter(named).map(|known| known.name.clone()).collect()
    }

    /// How commands may name the agents that run.
    pub fn peers(&self) -> Vec<Peer> {
        self.state().declared.iter().filter_map(Declared::peer).collect()
    }

    /// Forgets the agents that `which` picks and gives those that have a process.
    fn retire(&self, which: impl Fn(&Declared) -> bool) -> Vec<Arc<Agent>> {
        let mut state = self.state();
        let (gone, kept) = std::mem::take(&mut state.declared).into_iter().partition(|known| which(known));
        state.declared = kept;
        let agents = gone.iter().filter_map(|known: &Declared| known.agent.clone()).collect();
        state.retired.extend(gone);
        agents
    }

    pub fn retire_all(&self) -> Vec<Arc<Agent>> {
        self.retire(|_| true)
    }

    /// Forgets an agent of that name whose process has ended: another one may have its name.
    pub fn retire_ended(&self, name: &str) {
        self.retire(|known| &*known.name == name && known.agent.as_ref().is_some_and(|agent| agent.is_gone()));
    }

    pub fn retire_alias(&self, account: &Account) -> Vec<Arc<Agent>> {
        self.retire(|known| known.account.alias == account.alias)
    }

    /// How many processes have been started.
    pub fn started(&self) -> usize {
        self.state().started
    }

    /// Lets go of all agents once they are gone. Each of them holds the run, which holds them: neither would ever be freed.
    pub fn forget(&self) {
        let mut state = self.state();
        let agents = (std::mem::take(&mut state.declared), std::mem::take(&mut state.retired));
        drop(state);
        drop(agents);
    }

    /// The processes whose stopping has begun.
    pub fn retired(&self) -> Vec<Arc<Agent>> {
        self.state().retired.iter().filter_map(|known| known.agent.clone()).collect()
    }
}

fn name_taken(name: &str, at: &At) -> Ended {
    Ended {
        at: Some(at.clone()),
        advice: Some("give one of them another name: agent(account, #{ name: \"desk\" })".into()),
        ..Ended::error(format!("two agents are called `{name}`"))
    }
}
