//! Carries out what the script asks of the run.

use super::Run;
use crate::agent::{Account, ListenAsk, PeerAddress, commands, events, is_completed, rewrite};
use crate::engine::{AgentAsk, HeardAsk, Host, Reply};
use crate::event::{At, Ended, Log, Note};
use serde_json::Value;
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
            supervisor
                .start(known.name.clone(), &known.account, folder, sink, None, self.0.asked())
                .map_err(at(&known.at))
        });
        match started.map_err(at(place))? {
            Some(_) => Ok(()),
            None => Err(at(place)(self.0.agents.unknown(name))),
        }
    }
}

impl ScriptHost {
    /// Warns where a number is completed with the address of an agent that has no server behind it: it would call itself.
    fn completed_by_nobody(&self, name: &Arc<str>, text: &str, place: &At) {
        let Some(target) = text.strip_prefix("dial ").filter(|target| is_completed(target)) else { return };
        if self.0.agents.get(name).is_some_and(|known| known.account.local && !known.account.has_port()) {
            let message = format!(
                "`{target}` is no agent of this test, and {name} has no server that knows it: {name} calls itself; \
                 write sip:{target}@HOST, or give {name} an account at a server"
            );
            self.0.note(Note::Warning { message, at: Some(place.clone()) });
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
            run.agents.retire_ended(ask.name.as_deref().unwrap_or(&account.name));
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
            let needed = names.contains(agent.name());
            // one that has ended concerns those alone that need it
            if needed || !agent.has_ended() {
                agent.ready().map_err(at(place))?;
            }
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
        if let Some(lacks) = commands::missing(text, run.supervisor.kind()) {
            return Err(at(place)(Ended::error(lacks)));
        }
        let text = commands::for_version(text, run.supervisor.kind());
        let known = run.agents.get(name).and_then(|known| Some((known.agent?, known.account)));
        let (agent, account) = known.ok_or_else(|| at(place)(run.agents.unknown(name)))?;
        let text = match text {
            // `register()` asks for as long as the account says
            "uareg account 0" => format!("uareg {} 0", account.interval()),
            text => rewrite(text, &run.agents.peers()).map_err(at(place))?,
        };
        if word == "in_band_dtmf_send" && !account.options.inband_dtmf {
            let advice =
                format!("give it to the agents that send or hear tones: agent(\"{name}\", #{{ inband_dtmf: true }})");
            let ended = Ended::error(format!("{name} has no option inband_dtmf, which `{word}` needs"));
            return Err(at(place)(Ended { advice: Some(advice), ..ended }));
        }
        self.completed_by_nobody(name, &text, place);
        let sound = run.sound_of_command(&account, &text).map_err(at(place))?;
        let time = run.log.now();
        let answer = match sound {
            Some(file) => agent.play(call, &text, &file, Some(place.clone())),
            None => agent.command_in(call, &text, Some(place.clone())),
        };
        let answer = answer.map_err(at(place))?;
        Ok(Reply { ok: answer.ok, data: answer.data, time })
    }

    fn listen(&self, name: &Arc<str>, ask: &HeardAsk, place: &At) -> Result<u64, Ended> {
        let run = &*self.0;
        let agent = run.agents.get(name).and_then(|known| known.agent);
        let agent = agent.ok_or_else(|| at(place)(run.agents.unknown(name)))?;
        run.listen(&agent, ask).map_err(at(place))
    }

    fn forget_asked(&self, name: &Arc<str>, number: u64) {
        if let Some(agent) = self.0.agents.get(name).and_then(|known| known.agent).filter(|agent| !agent.has_ended()) {
            // one that is gone listens no more
            let _ = agent.listen(&ListenAsk::Forget { number });
        }
    }

    fn next_loss(&self, known: usize) -> Option<Ended> {
        self.0.policy.next_loss(known)
    }

    fn lacks_event(&self, name: &str) -> Option<String> {
        events::missing(name, self.0.supervisor.kind()).or_else(|| self.0.asked().lacks(name))
    }

    fn stop(&self, name: &Arc<str>, place: &At) -> Result<(), Ended> {
        let run = &*self.0;
        let known = run.agents.get(name).ok_or_else(|| at(place)(run.agents.unknown(name)))?;
        let agent = known.agent.filter(|agent| !agent.has_ended() || agent.is_lost()).ok_or_else(|| {
            at(place)(Ended {
                advice: Some(
                    "an agent starts with its first command or wait; restart() starts one that has ended".into(),
                ),
                ..Ended::error(format!("agent `{name}` can't be stopped: it does not run"))
            })
        })?;
        agent.ready().map_err(at(place))?;
        run.settle();
        agent.stop();
        agent.stopped();
        run.agents.keep(name, run.supervisor.keep(agent.sip().port()));
        Ok(())
    }

    fn restart(&self, name: &Arc<str>, place: &At) -> Result<(), Ended> {
        let run = &*self.0;
        // not the whole of it: its port is kept by that
        let before = run.agents.get(name).ok_or_else(|| at(place)(run.agents.unknown(name)))?.agent;
        let port = before.as_ref().map(|agent| agent.sip().port());
        match before {
            Some(agent) if agent.has_ended() => agent.stopped(),
            Some(_) => self.stop(name, place)?,
            None => {}
        }
        run.agents.replace(name, |known| {
            let started = run.supervisor.start(
                known.name.clone(),
                &known.account,
                &run.folder,
                self.0.clone(),
                port,
                run.asked(),
            );
            started.map_err(at(place))
        })?;
        self.start(std::slice::from_ref(name), place)
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
            Some(found) => {
                let warning = found.map_err(at(place))?;
                if let Some(message) = warning {
                    run.note(Note::Warning { message, at: Some(place.clone()) });
                }
                Ok(())
            }
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

    fn call_audio(&self, agent: &Arc<str>, call: Option<&str>) -> Result<Value, Ended> {
        self.0.call_audio(agent, call)
    }

    fn heard_agents(&self, agent: &Arc<str>, call: Option<&str>) -> Result<Vec<String>, Ended> {
        self.0.heard_agents(agent, call)
    }

    fn sound_quality(&self, agent: &Arc<str>, call: Option<&str>, file: &str) -> Result<Value, Ended> {
        self.0.sound_quality(agent, call, file)
    }

    fn note(&self, note: Note) {
        self.0.note(note);
    }

    fn resume(&self) {
        self.0.resume();
    }
}
