//! The side of the audio threads: samples are passed on, or dropped, without waiting.

use super::analysis;
use super::ask::ListenAsk;
use super::message::{Message, now};
use super::pilot_mixer::PilotMixer;
use crate::event::lock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Mutex, OnceLock};
use telefonist_baresip::{Ear, Listener};

/// Frames that may wait for the analysis: some 10 s of ten calls. More are dropped.
const MOST_WAITING: usize = 10_000;

/// Listens to all calls of this process.
#[derive(Default)]
pub struct Post {
    /// Of the thread, which begins with the first call that is listened to.
    analysis: OnceLock<SyncSender<Message>>,
    ears: AtomicU64,
    /// The seed of the watermark that this agent sends.
    pilot: Mutex<Option<u64>>,
}

impl Post {
    fn analysis(&self) -> &SyncSender<Message> {
        self.analysis.get_or_init(|| {
            let (analysis, messages) = sync_channel(MOST_WAITING);
            std::thread::spawn(move || analysis::run(&messages));
            analysis
        })
    }
}

impl Listener for Post {
    fn open(&self, call: &str, sent: bool) -> Box<dyn Ear> {
        let number = self.ears.fetch_add(1, Relaxed);
        let _ = self.analysis().try_send(Message::Opened { ear: number, call: call.to_string(), sent });
        let pilot = lock(&self.pilot).filter(|_| sent).map(PilotMixer::new);
        Box::new(StreamEar { number, analysis: self.analysis().clone(), pilot })
    }

    fn command(&self, text: &str) -> Result<(), String> {
        match ListenAsk::parse(text)? {
            ListenAsk::Pilot { seed } => *lock(&self.pilot) = Some(seed),
            ask => {
                let told = self.analysis().try_send(Message::Asked(ask));
                told.map_err(|_| "the analysis of the sound is far behind: the machine is too busy".to_string())?;
            }
        }
        Ok(())
    }
}

/// One direction of a call.
struct StreamEar {
    number: u64,
    analysis: SyncSender<Message>,
    pilot: Option<PilotMixer>,
}

impl Ear for StreamEar {
    fn hear(&mut self, samples: &mut [i16], rate: u32, channels: u8, muted: bool) {
        let arrived = now();
        let channels = usize::from(channels).max(1);
        if let Some(pilot) = self.pilot.as_mut().filter(|_| !muted) {
            pilot.mix(samples, rate, channels, arrived);
        }
        let mono = match channels {
            1 => samples.to_vec(),
            // the first two: more have no meaning in a call
            _ => samples.chunks_exact(channels).map(|frame| i16::midpoint(frame[0], frame[1])).collect(),
        };
        let _ = self.analysis.try_send(Message::Frame { ear: self.number, rate, samples: mono, arrived });
    }
}

impl Drop for StreamEar {
    fn drop(&mut self) {
        let _ = self.analysis.try_send(Message::Closed { ear: self.number });
    }
}
