//! Waiting for what is heard in a call: `bob.tone(425)`, `bob.speech()`, `bob.silence(2s)`, `bob.hears(alice)`,
//! `bob.quiet_line()`.

use super::agent::AgentValue;
use super::method::Method;
use super::party::{Party, raised};
use super::waiter::{self, Waiter};
use crate::engine::language::duration::Millis;
use crate::engine::language::words::plain_type;
use crate::engine::rules::heard::{HeardAsk, HeardPattern};
use crate::engine::rules::pattern::Pattern;
use crate::engine::script::failure::{Fallible, wrong};
use crate::engine::script::native::register;
use crate::engine::script::run::ScriptRun;
use crate::engine::script::site::Site;
use rhai::{Dynamic, Module, NativeCallContext};
use std::sync::Arc;

/// The frequencies of a tone, Hz: those that go through a telephone.
const TONES: std::ops::RangeInclusive<f64> = 100.0..=3900.0;
/// The longest silence that is awaited, and the shortest, ms.
const SILENCE_MS: std::ops::RangeInclusive<f64> = 100.0..=3_600_000.0;
/// The levels of a quiet line, dBFS.
const LEVELS: std::ops::RangeInclusive<f64> = -90.0..=0.0;
/// Below this a line is quiet, dBFS.
const QUIET_DBFS: f64 = crate::audio::live::SOUND_DBFS;

fn waits<T: Party>(context: &NativeCallContext, party: &T, heard: HeardPattern) -> Fallible<Waiter> {
    raised(context, heard.event)?;
    Ok(party.waiter(Waiter::new(party.agent(), Pattern::Heard(heard))))
}

/// `tone(425)`, `tone(350, 440)`, any tone.
pub fn tone<T: Party>(module: &mut Module, method: &'static Method) {
    fn of<T: Party>(context: &NativeCallContext, party: &T, hz: &[Dynamic]) -> Fallible<Waiter> {
        let mut hz = hz.iter().map(frequency).collect::<Fallible<Vec<f64>>>()?;
        hz.sort_by(f64::total_cmp);
        waits(context, party, HeardPattern { hz, ..HeardPattern::of_event("HEARD_TONE") })
    }
    register(module, method.name, |context: NativeCallContext, party: &mut T| of(&context, party, &[]));
    register(module, method.name, |context: NativeCallContext, party: &mut T, hz: Dynamic| of(&context, party, &[hz]));
    register(module, method.name, |context: NativeCallContext, party: &mut T, low: Dynamic, high: Dynamic| {
        of(&context, party, &[low, high])
    });
}

fn number(value: &Dynamic) -> Option<f64> {
    value.as_float().ok().or_else(|| value.as_int().ok().map(|whole| whole as f64))
}

fn frequency(value: &Dynamic) -> Fallible<f64> {
    match number(value) {
        Some(hz) if TONES.contains(&hz) => Ok(hz),
        Some(hz) => Err(wrong(format!("no tone of {hz} Hz can be heard in a call: 100 to 3900 Hz"))),
        None => {
            let kind = plain_type(value.type_name());
            Err(wrong(format!("tone(…) takes a frequency in Hz, or two that sound together, not {kind}: tone(425)")))
        }
    }
}

pub fn speech<T: Party>(module: &mut Module, method: &'static Method) {
    register(module, method.name, |context: NativeCallContext, party: &mut T| {
        waits(&context, party, HeardPattern::of_event("HEARD_SPEECH"))
    });
}

/// `silence(2s)`.
pub fn silence<T: Party>(module: &mut Module, method: &'static Method) {
    register(module, method.name, |context: NativeCallContext, party: &mut T, time: Dynamic| -> Fallible<Waiter> {
        let time = Millis::from_script(&time).map_err(wrong)?;
        if !SILENCE_MS.contains(&time.0) {
            return Err(wrong(format!("a silence of {} can't be awaited: 100 ms to an hour", time.in_words())));
        }
        waits(&context, party, HeardPattern::asked(HeardAsk::Silence(time.0)))
    });
}

/// `hears(alice)`, `hears("welcome.wav")`.
pub fn hears<T: Party>(module: &mut Module, method: &'static Method) {
    register(module, method.name, |context: NativeCallContext, party: &mut T, what: Dynamic| -> Fallible<Waiter> {
        let ask = if let Some(agent) = what.read_lock::<AgentValue>() {
            if agent.name == party.agent().name {
                return Err(wrong(format!("{} does not hear itself: name another agent, or a sound file", agent.name)));
            }
            HeardAsk::Agent(agent.name.clone())
        } else if let Ok(file) = what.clone().into_string() {
            HeardAsk::Prompt(file)
        } else {
            let kind = plain_type(what.type_name());
            return Err(wrong(format!("hears(…) takes an agent or a sound file, not {kind}: hears(\"welcome.wav\")")));
        };
        waits(&context, party, HeardPattern::asked(ask))
    });
}

/// `quiet_line()`, `quiet_line(-40)`.
pub fn quiet_line<T: Party>(module: &mut Module, method: &'static Method) {
    fn below<T: Party>(context: &NativeCallContext, party: &T, dbfs: f64) -> Fallible<Waiter> {
        if !LEVELS.contains(&dbfs) {
            return Err(wrong(format!("a line is quiet below a level of -90 to 0 dBFS, not {dbfs}: quiet_line(-50)")));
        }
        waiter::quiet(context, waits(context, party, HeardPattern::asked(HeardAsk::Sound(dbfs)))?)
    }
    register(module, method.name, |context: NativeCallContext, party: &mut T| below(&context, party, QUIET_DBFS));
    register(module, method.name, |context: NativeCallContext, party: &mut T, dbfs: Dynamic| {
        let level = number(&dbfs).ok_or_else(|| wrong("quiet_line(…) takes a level in dBFS: quiet_line(-50)"))?;
        below(&context, party, level)
    });
}

/// What agents were asked to listen for; they forget it when this is dropped.
pub struct Listening<'a> {
    run: &'a ScriptRun,
    asked: Vec<(Arc<str>, u64)>,
}

/// Has the agents of a waiter listen for what it waits for; returns the waiter for what they will say.
pub fn begin<'a>(run: &'a ScriptRun, waiter: &Waiter, site: &Site) -> Fallible<(Waiter, Listening<'a>)> {
    let mut waiter = waiter.clone();
    let mut listening = Listening { run, asked: vec![] };
    for member in waiter.want.members_mut() {
        let Pattern::Heard(HeardPattern { ask: Some((ask, number)), .. }) = &mut member.pattern else { continue };
        let asked = run.host.listen(&member.agent, ask, &run.at(site)).map_err(|ended| run.refuse(ended, site))?;
        *number = Some(asked);
        listening.asked.push((member.agent.clone(), asked));
    }
    Ok((waiter, listening))
}

impl Drop for Listening<'_> {
    fn drop(&mut self) {
        for (agent, number) in &self.asked {
            self.run.host.forget_asked(agent, *number);
        }
    }
}
