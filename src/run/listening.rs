//! What agents are asked to listen for, and the sounds that they send: the script's words as the agent takes them.

use super::Run;
use crate::agent::{Account, Agent, ListenAsk, MadeSound, pilot_of, sound};
use crate::engine::HeardAsk;
use crate::event::Ended;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// The numbers of what was asked, in this process.
static NUMBERS: AtomicU64 = AtomicU64::new(1);

impl Run {
    /// Has a running agent listen for something; returns the number that its event will have.
    pub(super) fn listen(&self, agent: &Agent, ask: &HeardAsk) -> Result<u64, Ended> {
        let number = NUMBERS.fetch_add(1, Relaxed);
        agent.listen(&match ask {
            HeardAsk::Silence(ms) => ListenAsk::Silence { number, ms: ms.round() as u64 },
            HeardAsk::Sound(dbfs) => ListenAsk::Sound { number, dbfs: *dbfs },
            HeardAsk::Prompt(name) => {
                let file = agent.link_sound(&self.supervisor.find_sound(name)?)?;
                ListenAsk::Prompt { number, name: name.clone(), file }
            }
            HeardAsk::Agent(heard) => self.ask_for_agent(agent, heard, number)?,
        })?;
        Ok(number)
    }

    /// The sound file that a command has an agent send, if it does that.
    pub(super) fn sound_of_command(&self, account: &Account, text: &str) -> Result<Option<PathBuf>, Ended> {
        if let Some(made) = MadeSound::of_command(text) {
            if !self.supervisor.kind().embedded {
                let advice = "leave --baresip out to use the embedded agent, or send a sound file";
                let message = format!("only the embedded agent sends dtmf(…) and say(…): {}", self.supervisor.kind());
                return Err(Ended { advice: Some(advice.into()), ..Ended::error(message) });
            }
            return made.write_into(&self.folder.join("agents")).map(Some);
        }
        sound::of_command(text).map(|file| self.supervisor.sound(account, file)).transpose()
    }

    /// Looks for an agent by its watermark, or by the sounds that it sends.
    fn ask_for_agent(&self, agent: &Agent, heard: &Arc<str>, number: u64) -> Result<ListenAsk, Ended> {
        let known = self.agents.get(heard).ok_or_else(|| self.agents.unknown(heard))?;
        let name = heard.to_string();
        if known.account.options.watermark {
            return Ok(ListenAsk::Agent { number, pilot: Some(pilot_of(&name)), name, files: vec![] });
        }
        let advice = format!("give it a watermark: agent(\"{heard}\", #{{ watermark: true }})");
        let refused = |message: String| Err(Ended { advice: Some(advice.clone()), ..Ended::error(message) });
        let sounds = self.sounds_of(heard)?;
        if sounds.is_empty() {
            return refused(format!("nobody can be sure to hear {heard}, which sends no sound file"));
        }
        for other in self.agents.names().into_iter().filter(|other| other != heard) {
            if self.sounds_of(&other)?.iter().any(|sound| sounds.contains(sound)) {
                return refused(format!("{heard} and {other} send the same sound: nobody can tell one from the other"));
            }
        }
        let files = sounds.iter().map(|sound| agent.link_sound(sound)).collect::<Result<_, _>>()?;
        Ok(ListenAsk::Agent { number, name, files, pilot: None })
    }

    /// The sound files that an agent may be sending.
    fn sounds_of(&self, name: &str) -> Result<Vec<PathBuf>, Ended> {
        let Some(known) = self.agents.get(name) else { return Ok(vec![]) };
        let played = known.agent.map(|agent| agent.played()).unwrap_or_default();
        let declared = self.supervisor.sound_of(&known.account)?;
        Ok(declared.into_iter().chain(played).collect())
    }
}
