//! Sounds that are no files: `alice.audio(tone(440))`, `silence()`, `dtmf("123#")`, `say("Welcome")`.

use super::agent::command_word;
use crate::engine::language::words::plain_type;
use crate::engine::script::failure::{Fallible, wrong};
use crate::engine::script::native::register;
use rhai::{Dynamic, Module};

/// The frequencies that a telephone passes, Hz.
const TONES: std::ops::RangeInclusive<i64> = 50..=3900;
/// The longest text that is spoken, and the most digits, in characters.
const MOST_WORDS: usize = 500;
const MOST_DIGITS: usize = 100;

/// A sound to send, as the command `ausrc` names it.
#[derive(Debug, Clone, PartialEq)]
pub struct SoundValue(pub String);

/// What `audio` was given, as the command `ausrc` names it.
pub fn source_of(value: &Dynamic) -> Fallible<String> {
    if let Some(sound) = value.read_lock::<SoundValue>() {
        return Ok(sound.0.clone());
    }
    let Ok(file) = value.clone().into_string() else {
        let kind = plain_type(value.type_name());
        return Err(wrong(format!("audio(…) takes a sound file or a sound such as tone(440), not {kind}")));
    };
    if file.contains(['/', '\\']) {
        return Err(wrong(format!(
            "`{file}`: a sound is named without a folder; it is looked for in the sounds folder"
        )));
    }
    Ok(format!("aufile,{file}"))
}

fn tone(hz: i64) -> Fallible<SoundValue> {
    match TONES.contains(&hz) {
        true => Ok(SoundValue(format!("ausine,{hz}"))),
        false => Err(wrong(format!("a tone of {hz} Hz does not go through a call: 50 to 3900 Hz"))),
    }
}

fn digits(digits: Dynamic) -> Fallible<SoundValue> {
    let digits = command_word(&digits)?;
    let known = |c: char| c.is_ascii_digit() || "*#ABCDabcd".contains(c);
    match digits.chars().find(|c| !known(*c)) {
        Some(other) => Err(wrong(format!("`{other}` is no DTMF digit: 0 to 9, *, #, A to D"))),
        None if digits.is_empty() || digits.len() > MOST_DIGITS => {
            Err(wrong(format!("dtmf(…) takes 1 to {MOST_DIGITS} digits")))
        }
        None => Ok(SoundValue(format!("digits,{digits}"))),
    }
}

fn say(words: &str) -> Fallible<SoundValue> {
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    match words.chars().count() {
        0 => Err(wrong("say(…) needs words to say: say(\"Welcome\")")),
        1..=MOST_WORDS if !words.contains(char::is_control) => Ok(SoundValue(format!("say,{words}"))),
        _ => Err(wrong(format!("say(…) takes up to {MOST_WORDS} characters, without control characters"))),
    }
}

pub fn register_into(module: &mut Module) {
    module.set_custom_type::<SoundValue>("Sound");
    register(module, "tone", tone);
    register(module, "silence", || SoundValue("silence,nil".into()));
    register(module, "dtmf", digits);
    register(module, "say", say);
    register(module, "to_string", |sound: &mut SoundValue| sound.0.clone());
    register(module, "to_debug", |sound: &mut SoundValue| sound.0.clone());
}
