//! The thread that follows the sound of all calls, and says what it hears.

use super::ask::ListenAsk;
use super::message::{Message, now};
use super::stream::Stream;
use crate::audio::live::{Heard, KnownSound, Mark, Wanted};
use crate::audio::pilot::PERIOD_SECONDS;
use crate::audio::read::read_wav;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::fs::File;
use std::io::BufReader;
use std::sync::mpsc::Receiver;
use std::time::Duration;

/// How often what has come is looked at.
const PERIOD: Duration = Duration::from_millis(20);
/// What is asked for at the same time; the oldest is forgotten for more.
const MOST_ASKED: usize = 64;

/// Follows the sound until nobody can send any more.
pub fn run(messages: &Receiver<Message>) {
    let mut analysis = Analysis::default();
    loop {
        // without a call there is nothing to do until one comes
        if analysis.streams.is_empty() {
            let Ok(message) = messages.recv() else { return };
            analysis.take(message);
        }
        messages.try_iter().for_each(|message| analysis.take(message));
        analysis.wait();
        std::thread::sleep(PERIOD);
    }
}

#[derive(Default)]
struct Analysis {
    /// By their ears.
    streams: BTreeMap<u64, Stream>,
    asked: VecDeque<ListenAsk>,
}

impl Analysis {
    fn take(&mut self, message: Message) {
        match message {
            Message::Opened { ear, call, sent } => {
                let mut stream = Stream::new(call, sent, now());
                if !sent {
                    self.asked.iter().for_each(|ask| want(&mut stream, ask));
                }
                self.streams.insert(ear, stream);
            }
            Message::Frame { ear, rate, samples, arrived } => {
                let Some(stream) = self.streams.get_mut(&ear) else { return };
                let heard = stream.packet(rate, &samples, arrived);
                say(stream, &mut self.asked, heard);
            }
            Message::Closed { ear } => drop(self.streams.remove(&ear)),
            Message::Asked(ListenAsk::Forget { number }) => {
                self.asked.retain(|ask| number_of(ask) != number);
                self.streams.values_mut().for_each(|stream| stream.follower.forget(number));
            }
            Message::Asked(ask) => {
                for stream in self.streams.values_mut().filter(|stream| !stream.sent) {
                    want(stream, &ask);
                }
                if self.asked.len() == MOST_ASKED {
                    self.asked.pop_front();
                }
                self.asked.push_back(ask);
            }
        }
    }

    fn wait(&mut self) {
        let now = now();
        for stream in self.streams.values_mut() {
            let heard = stream.wait(now);
            say(stream, &mut self.asked, heard);
        }
    }
}

fn number_of(ask: &ListenAsk) -> u64 {
    match ask {
        ListenAsk::Silence { number, .. }
        | ListenAsk::Sound { number, .. }
        | ListenAsk::Prompt { number, .. }
        | ListenAsk::Agent { number, .. }
        | ListenAsk::Forget { number } => *number,
        ListenAsk::Pilot { .. } => u64::MAX,
    }
}

fn want(stream: &mut Stream, ask: &ListenAsk) {
    let wanted = match ask {
        ListenAsk::Silence { ms, .. } => Wanted::Silence(ms.saturating_mul(8)),
        ListenAsk::Sound { dbfs, .. } => Wanted::Sound(*dbfs),
        ListenAsk::Prompt { file, .. } => Wanted::Known(Mark::Sounds(known(file).into_iter().collect())),
        ListenAsk::Agent { pilot: Some(seed), .. } => Wanted::Known(Mark::Pilot(*seed)),
        ListenAsk::Agent { files, .. } => {
            Wanted::Known(Mark::Sounds(files.iter().filter_map(|file| known(file)).collect()))
        }
        ListenAsk::Forget { .. } | ListenAsk::Pilot { .. } => return,
    };
    stream.follower.want(number_of(ask), wanted);
}

/// The host has looked at the file before: it can be read.
fn known(file: &str) -> Option<KnownSound> {
    let read = read_wav(BufReader::new(File::open(file).ok()?)).ok()?;
    Some(KnownSound::new(&read.sound))
}

/// Says what was heard, as events of the call.
fn say(stream: &Stream, asked: &mut VecDeque<ListenAsk>, heard: Vec<Heard>) {
    for heard in heard {
        let Some(mut said) = describe(stream, asked, &heard) else { continue };
        if stream.sent {
            said.insert("sent".into(), true.into());
        }
        telefonist_baresip::say(&stream.call, &Value::Object(said).to_string());
    }
}

fn describe(stream: &Stream, asked: &VecDeque<ListenAsk>, heard: &Heard) -> Option<Map<String, Value>> {
    let time = |place: u64| milliseconds(stream.time(place as i64));
    let said = match heard {
        Heard::Speech { from } => json!({ "what": "speech", "began": time(*from) }),
        Heard::SpeechEnd { from, to } => json!({ "what": "speech_end", "began": time(*from), "ended": time(*to) }),
        // what is sent is known
        _ if stream.sent => return None,
        Heard::Tone { from, hz, dbfs } => {
            json!({ "what": "tone", "began": time(*from), "hz": tenths(hz), "dbfs": dbfs.round() })
        }
        Heard::ToneEnd { from, to, hz } => {
            json!({ "what": "tone_end", "began": time(*from), "ended": time(*to), "hz": tenths(hz) })
        }
        Heard::Digit { from, digit } => json!({ "what": "digit", "began": time(*from), "param": digit.to_string() }),
        Heard::Wanted { number, from, .. } => {
            let ask = asked.iter().find(|ask| number_of(ask) == *number)?;
            let began = stream.time(*from);
            let said = json!({ "number": number, "began": milliseconds(began) });
            let (what, param) = match ask {
                ListenAsk::Silence { .. } => ("silence", None),
                ListenAsk::Sound { .. } => ("sound", None),
                ListenAsk::Prompt { name, .. } => ("prompt", Some(name.clone())),
                ListenAsk::Agent { name, .. } => ("agent", Some(name.clone())),
                ListenAsk::Forget { .. } | ListenAsk::Pilot { .. } => return None,
            };
            let mut said = object(said);
            said.insert("what".into(), what.into());
            said.extend(param.map(|param| ("param".to_string(), param.into())));
            if let ListenAsk::Agent { pilot: Some(_), .. } = ask {
                let delay = began.rem_euclid(PERIOD_SECONDS * 1000.0);
                said.insert("delay".into(), milliseconds(delay));
                // where a period begins says nothing
                said.remove("began");
            }
            return Some(said);
        }
    };
    Some(object(said))
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

fn milliseconds(time: f64) -> Value {
    ((time * 10.0).round() / 10.0).into()
}

fn tenths(hz: &[f64]) -> Vec<f64> {
    hz.iter().map(|hz| (hz * 10.0).round() / 10.0).collect()
}
