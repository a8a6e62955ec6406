//! Whose sound was received: compared with what agents sent at that time.
use super::align::{Delay, find_delay};
use super::recording::Track;
use super::track::{is_silent, sounding_share};
use super::{Sound, Span, TELEPHONE_RATE};
use crate::event::HeardAgent;

/// What is compared at once, in seconds: enough for a sure match (measured: 2 s), and cheap.
const WINDOW: f64 = 3.0;
/// Places in a recording that are compared.
const WINDOWS: usize = 4;
/// Shorter sounds cannot be compared, in seconds.
const SHORTEST: f64 = 0.5;
/// The share of a window that has to sound.
const LEAST_HEARD: f64 = 0.25;
/// Sound may come this much later, and clocks differ by this much, in milliseconds.
const LATEST: f64 = 1500.0;
const EARLIEST: f64 = -50.0;
/// Of a weaker match than this share of the best one, nothing is said: sounds may resemble each other.
const LEAST_OF_BEST: f64 = 0.4;

/// The candidates whose sound is in what was received, in their order, with the delay. Two agents that send the same
/// sound at the same time cannot be told apart. Costs about 3 ms for each candidate and window of 3 s, of which there
/// are four at most.
pub fn find_senders(received: &Track, candidates: &[(&str, &Track)]) -> Vec<HeardAgent> {
    let sounding = |track: &Track| track.0.iter().any(|recording| !is_silent(&recording.sound));
    let candidates: Vec<_> = candidates.iter().filter(|(_, track)| sounding(track)).collect();
    let mut delays: Vec<Vec<Option<f64>>> = vec![vec![]; candidates.len()];
    if candidates.is_empty() {
        return vec![];
    }
    for (begins, window) in windows(received) {
        let matches: Vec<Option<(f64, Option<f64>)>> =
            candidates.iter().map(|(_, sent)| matching(begins, &window, sent)).collect();
        let best = matches.iter().flatten().map(|(strength, _)| *strength).fold(0.0, f64::max);
        for (found, delays) in matches.into_iter().zip(&mut delays) {
            delays.extend(found.filter(|(strength, _)| *strength >= LEAST_OF_BEST * best).map(|(_, delay)| delay));
        }
    }
    let named = candidates.iter().zip(delays).filter(|(_, delays)| !delays.is_empty());
    named.map(|((agent, _), delays)| HeardAgent { agent: (*agent).to_string(), delay: median(delays) }).collect()
}

fn median(delays: Vec<Option<f64>>) -> Option<f64> {
    let mut known: Vec<f64> = delays.into_iter().flatten().collect();
    known.sort_by(f64::total_cmp);
    known.get(known.len() / 2).map(|delay| (delay * 10.0).round() / 10.0)
}

/// Windows in which something sounds, spread over all of it, with the time of each.
fn windows(track: &Track) -> Vec<(Option<f64>, Sound)> {
    let mut all = vec![];
    for recording in track.0.iter().filter(|recording| !is_silent(&recording.sound)) {
        let seconds = recording.sound.seconds();
        let count = ((seconds / WINDOW).floor() as usize).max(1);
        for n in 0..count {
            let span = Span { from: n as f64 * WINDOW, to: (n + 1) as f64 * WINDOW };
            let window = recording.sound.part(span);
            if window.seconds() >= SHORTEST && sounding_share(&window) >= LEAST_HEARD {
                all.push((recording.begins.map(|begins| begins + span.from * 1000.0), window));
            }
        }
    }
    let step = all.len().div_ceil(WINDOWS).max(1);
    all.into_iter()
        .step_by(step)
        .map(|(begins, window)| (begins, window.at_rate(TELEPHONE_RATE).into_owned()))
        .collect()
}

/// How sure it is that the window holds what was sent, and how much later.
fn matching(begins: Option<f64>, window: &Sound, sent: &Track) -> Option<(f64, Option<f64>)> {
    let (sent_at, sent) = match begins {
        Some(begins) => {
            let (start, part) = sent.part(begins - LATEST, begins + window.seconds() * 1000.0 - EARLIEST)?;
            (Some(start), part)
        }
        None => (None, sent.0.first()?.sound.part(Span { from: 0.0, to: 10.0 * WINDOW })),
    };
    if is_silent(&sent) || sent.seconds() < SHORTEST {
        return None;
    }
    let found = find_delay(&sent, window).filter(Delay::is_related)?;
    let delay = begins.zip(sent_at).map(|(begins, sent_at)| begins - sent_at + found.seconds * 1000.0);
    let plausible = delay.is_none_or(|delay| (EARLIEST..=LATEST).contains(&delay));
    plausible.then_some((found.over_rms, delay))
}

#[cfg(test)]
mod tests {
    use super::super::damage::{delayed, mixed, silent, speech};
    use super::super::g711::{Law, through_g711};
    use super::super::read::read_wav;
    use super::super::recording::Recording;
    use super::*;

    fn track(begins: Option<f64>, sound: Sound) -> Track {
        let seconds = sound.seconds();
        Track(vec![Recording { begins, holes: vec![], sound, seconds }])
    }

    fn names(found: &[HeardAgent]) -> Vec<&str> {
        found.iter().map(|one| one.agent.as_str()).collect()
    }

    #[test]
    fn the_sender_is_named_with_its_delay() {
        let sent = ["alice", "bob", "charlie"].map(|name| (name, track(Some(5000.0), speech(name))));
        let candidates = sent.each_ref().map(|(name, track)| (*name, track));
        for (name, _) in &sent {
            let sound = through_g711(&delayed(&speech(name), 0.15), Law::A);
            let found = find_senders(&track(Some(5010.0), sound), &candidates);
            assert_eq!(names(&found), [*name]);
            assert!((found[0].delay.unwrap() - 160.0).abs() < 0.2, "{found:?}");
        }
        let both = mixed(&speech("alice"), &speech("bob"));
        assert_eq!(names(&find_senders(&track(Some(5000.0), both), &candidates)), ["alice", "bob"]);
        assert_eq!(find_senders(&track(Some(5000.0), silent(5.0)), &candidates), []);
        // the same sound, a minute later: somebody else played it
        assert_eq!(find_senders(&track(Some(65_000.0), speech("alice")), &candidates), []);
        let unknown = find_senders(&track(None, speech("bob")), &candidates);
        assert_eq!((names(&unknown), unknown[0].delay), (vec!["bob"], None));
    }

    /// The music of alice, bob and charlie has steady tones, which resemble each other more than speech does.
    #[test]
    fn music_has_its_sender_too() {
        let files: [(&str, &[u8]); 3] = [
            ("alice", include_bytes!("../../data/sounds/alice.wav")),
            ("bob", include_bytes!("../../data/sounds/bob.wav")),
            ("charlie", include_bytes!("../../data/sounds/charlie.wav")),
        ];
        let sounds = files.map(|(name, bytes)| (name, read_wav(bytes).unwrap().sound));
        let music = |name: &str| sounds.iter().find(|(known, _)| *known == name).unwrap().1.clone();
        let sent = ["alice", "bob", "charlie"].map(|name| (name, track(Some(0.0), music(name))));
        let candidates = sent.each_ref().map(|(name, track)| (*name, track));
        for (name, _) in &sent {
            let part = music(name).part(Span { from: 2.0, to: 11.0 });
            let found = find_senders(&track(Some(2040.0), through_g711(&part, Law::Mu)), &candidates);
            assert_eq!(names(&found), [*name]);
            assert!((found[0].delay.unwrap() - 40.0).abs() < 0.5, "{found:?}");
        }
    }
}
