//! What the script asks of the run, done.

use super::Run;
use crate::agent::{Account, PeerAddress, commands, rewrite};
use crate::engine::{AgentAsk, Host, Pause, Reply};
use crate::event::{At, Ended, Log, Note};
use std::sync::{Arc, mpsc};

/// The run, as its script sees it.
pub struct ScriptHost(pub Arc<Run>);

/// The reason with a place, where it has none of its own.
fn at(place: &At) -> impl Fn(Ended) -> Ended + '_ {
    move |ended| Ended { at: ended.at.or_else(|| Some(place.clone())), ..ended }
}

impl ScriptHost {
    /// Starts the process of an agent if it has none; does not wait for it.
    fn launch(&self, name: &Arc<str>, place: &At) -> Result<(), Ended> {
        let Run { supervisor, folder, agents, .. } = &*self.0;
        let sink = self.0.clone();
        let started = agents.start(name, |known| {
            supervisor.start(known.name.clone(), &known.account, folder, sink).map_err(at(&known.at))
        });
        match started.map_err(at(place))? {
            Some(_) => Ok(()),
            None => Err(at(place)(self.0.agents.unknown(name))),
        }
    }
}

impl Host for ScriptHost {
    fn log(&self) -> &Log {
        &self.0.log
    }

    fn declare(&self, ask: AgentAsk, place: &At) -> Result<Arc<str>, Ended> {
        let run = &*self.0;
        let account = Account::new(&ask.account, &ask.options, run.supervisor.kind()).map_err(at(place))?;
        if let Some(secret) = account.secret() {
            run.secrets.add(secret);
        }
        if account.options.tls_unverified {
            let message = format!("{} takes any certificate (tls_verify): nobody knows whom it talks to", account.name);
            run.note(Note::Warning { message, at: Some(place.clone()) });
        }
        if !ask.uanew {
            let (plain, meant) = (account.name.clone(), account.local && ask.name.is_none());
            let name = run.agents.declare(account, ask.name, place)?;
            if meant && *name != *plain {
                let message = format!(
                    "there is an agent `{plain}` already: this is another one, called `{name}`; \
                     where that is meant, name it: agent(\"{plain}\", #{{ name: \"desk\" }})"
                );
                run.note(Note::Warning { message, at: Some(place.clone()) });
            }
            return Ok(name);
        }
        for replaced in run.agents.retire_alias(&account) {
            replaced.stop();
        }
        let name = run.agents.declare(account, ask.name, place)?;
        self.launch(&name, place)?;
        Ok(name)
    }

    fn start(&self, names: &[Arc<str>], place: &At) -> Result<(), Ended> {
        for name in names {
            self.launch(name, place)?;
        }
        // those that were started without waiting (`uanew`) are waited for as well: a command may dial them
        for agent in self.0.agents.live() {
            agent.ready().map_err(at(place))?;
        }
        Ok(())
    }

    fn find(&self, alias: &str) -> Option<Arc<str>> {
        self.0.agents.find(alias)
    }

    fn command_in(&self, name: &Arc<str>, call: Option<&str>, text: &str, place: &At) -> Result<Reply, Ended> {
        let run = &*self.0;
        let mut needed = vec![name.clone()];
        let word = text.split_whitespace().next().unwrap_or_default();
        if commands::takes_uri(word) {
            needed.extend(run.agents.named_in(text));
        }
        self.start(&needed, place)?;
        let known = run.agents.get(name).and_then(|known| known.agent);
        let agent = known.ok_or_else(|| at(place)(run.agents.unknown(name)))?;
        let text = rewrite(text, &run.agents.peers());
        let time = run.log.now();
        let answer = agent.command_in(call, &text, Some(place.clone())).map_err(at(place))?;
        Ok(Reply { ok: answer.ok, data: answer.data, time })
    }

    fn stop_agents(&self, _place: &At) -> Result<(), Ended> {
        self.0.settle();
        self.0.stop_agents();
        Ok(())
    }

    fn reach(&self, peer: &str, place: &At) -> Result<(), Ended> {
        let run = &*self.0;
        let address = PeerAddress::parse(peer).map_err(|why| at(place)(Ended::error(why)))?;
        let (tell, told) = mpsc::channel();
        let stop = tell.clone();
        run.supervisor.probe(address, move |found| drop(tell.send(Some(found))));
        // a run that has to end waits no longer
        run.log.on_stop(move || drop(stop.send(None)));
        match told.recv().ok().flatten() {
            Some(found) => found.map_err(at(place)),
            None => Err(at(place)(Ended::error("the run ends"))),
        }
    }

    fn param(&self, name: &str) -> Option<String> {
        self.0.inputs.param(name)
    }

    fn secret(&self, name: &str) -> Option<String> {
        self.0.inputs.secret(name).inspect(|value| self.0.secrets.add(value))
    }

    fn account(&self, name: &str) -> Option<String> {
        self.0.inputs.accounts.get(name).cloned()
    }

    fn validate(&self, file: &str, _place: &At) -> Ended {
        self.0.validate_so_far(file)
    }

    fn note(&self, note: Note) {
        self.0.note(note);
    }

    fn resume(&self) {
        self.0.resume();
    }

    fn pause(&self) -> Option<Pause> {
        self.0.inputs.pause.clone()
    }
}
