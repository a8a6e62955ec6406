//! Speech, tones, digits, silence and known sounds, as packets of 20 ms.
use super::super::damage;
use super::super::{Sound, TELEPHONE_RATE};
use super::*;
use std::f64::consts::TAU;

fn speech(name: &str) -> Vec<f32> {
    damage::speech(name).samples
}

fn tone(hz: &[f64], seconds: f64) -> Vec<f32> {
    let wave = |i: usize| hz.iter().map(|hz| (TAU * hz * i as f64 / 8000.0).sin() * 0.1).sum::<f64>() as f32;
    (0..(seconds * 8000.0) as usize).map(wave).collect()
}

fn silence(seconds: f64) -> Vec<f32> {
    vec![0.0; (seconds * 8000.0) as usize]
}

/// What is heard, each with the place where it was said.
fn follow(follower: &mut Follower, samples: &[f32]) -> Vec<(u64, Heard)> {
    let mut all = vec![];
    for packet in samples.chunks(160) {
        let heard = follower.hear(packet);
        all.extend(heard.into_iter().map(|heard| (follower.length(), heard)));
    }
    all
}

fn ms(samples: u64) -> i64 {
    (samples / 8) as i64
}

#[test]
fn speech_begins_and_ends_where_it_does() {
    let sound = [silence(1.0), speech("alice"), silence(1.0)].concat();
    let whole = super::super::speech::find_speech(&Sound::new(TELEPHONE_RATE, sound.clone()));
    let all = follow(&mut Follower::default(), &sound);
    let (first_said, first) = all
        .iter()
        .find_map(|(at, heard)| match heard {
            Heard::Speech { from } => Some((*at, *from)),
            _ => None,
        })
        .unwrap();
    let expected = (whole[0].from * 1000.0) as i64;
    assert!((ms(first) - expected).abs() <= 30 && ms(first_said) - expected < 200, "{first} {first_said} {expected}");
    let (said, last) = all
        .iter()
        .rev()
        .find_map(|(at, heard)| match heard {
            Heard::SpeechEnd { to, .. } => Some((*at, *to)),
            _ => None,
        })
        .unwrap();
    let expected = (whole.last().unwrap().to * 1000.0) as i64;
    assert!((ms(last) - expected).abs() <= 30 && ms(said) - expected < 320, "{last} {said} {expected}");
    assert!(all.iter().all(|(_, heard)| matches!(heard, Heard::Speech { .. } | Heard::SpeechEnd { .. })), "{all:?}");
}

#[test]
fn a_tone_is_told_by_its_frequencies_and_is_no_speech() {
    for (hz, seconds) in [(vec![425.0], 0.5), (vec![440.0], 2.0), (vec![350.0, 440.0], 0.5), (vec![2100.0], 0.4)] {
        let all = follow(&mut Follower::default(), &[silence(0.5), tone(&hz, seconds), silence(0.6)].concat());
        let [(said, Heard::Tone { from, hz: found, .. }), (_, Heard::ToneEnd { to, .. })] = &all[..] else {
            panic!("{all:?}")
        };
        assert_eq!(found.len(), hz.len(), "{found:?}");
        assert!(found.iter().zip(&hz).all(|(found, hz)| (found - hz).abs() < 2.0), "{found:?}");
        assert!((ms(*from) - 500).abs() <= 48 && ms(*said) < 850, "{from} {said}");
        assert!((ms(*to) - 500 - (seconds * 1000.0) as i64).abs() <= 64, "{to}");
    }
}

#[test]
fn digits_are_heard_once_each() {
    let keys = [([697.0, 1209.0], '1'), ([697.0, 1209.0], '1'), ([770.0, 1336.0], '5'), ([941.0, 1477.0], '#')];
    let sound: Vec<f32> = keys.iter().flat_map(|(hz, _)| [tone(hz, 0.06), silence(0.05)].concat()).collect();
    let all = follow(&mut Follower::default(), &[silence(0.3), sound, silence(0.5)].concat());
    let digits: String = all
        .iter()
        .filter_map(|(_, heard)| match heard {
            Heard::Digit { digit, .. } => Some(*digit),
            _ => None,
        })
        .collect();
    assert_eq!(digits, "115#", "{all:?}");
    assert!(!all.iter().any(|(_, heard)| matches!(heard, Heard::Speech { .. })), "{all:?}");
}

#[test]
fn silence_and_sound_come_when_they_last_long_enough() {
    let mut follower = Follower::default();
    follower.hear(&[tone(&[1000.0], 1.0), silence(0.3)].concat());
    follower.want(7, Wanted::Silence(4000));
    follower.want(8, Wanted::Sound(SOUND_DBFS));
    let all = follow(&mut follower, &silence(1.0));
    let [(said, Heard::Wanted { number: 7, from, .. })] = &all[..] else { panic!("{all:?}") };
    assert_eq!((ms(*said), *from), (1500, 8000));
    let all = follow(&mut follower, &tone(&[1000.0], 0.2));
    let [(said, Heard::Wanted { number: 8, from, .. })] = &all[..] else { panic!("{all:?}") };
    assert_eq!((ms(*said), from / 8), (2360, 2300));
    // once more, after the sound; not after it was forgotten
    let all = follow(&mut follower, &silence(0.6));
    assert!(matches!(&all[..], [.., (_, Heard::Wanted { number: 7, .. })]), "{all:?}");
    follower.forget(7);
    assert!(
        !follow(&mut follower, &[tone(&[1000.0], 0.2), silence(0.6)].concat())
            .iter()
            .any(|(_, heard)| matches!(heard, Heard::Wanted { .. }))
    );
}

#[test]
fn a_known_sound_is_told_from_another() {
    let known = |name: &str| Mark::Sounds(vec![KnownSound::new(&Sound::new(TELEPHONE_RATE, speech(name)))]);
    let mut follower = Follower::default();
    follower.want(1, Wanted::Known(known("alice")));
    follower.want(2, Wanted::Known(known("bob")));
    follow(&mut follower, &silence(0.7));
    let all = follow(&mut follower, &speech("bob"));
    let wanted: Vec<_> = all
        .iter()
        .filter_map(|(at, heard)| match heard {
            Heard::Wanted { number, from, .. } => Some((*at, *number, *from)),
            _ => None,
        })
        .collect();
    let [(at, 2, from)] = &wanted[..] else { panic!("{wanted:?}") };
    assert!((from / 8 - 700).abs() <= 1 && ms(*at) < 2700, "{at} {from}");
}

#[test]
fn streams_of_other_rates_keep_level_and_frequency() {
    for rate in RATES {
        let wave = |i: usize| ((TAU * 1000.0 * i as f64 / f64::from(rate)).sin() * 0.5) as f32;
        let sound: Vec<f32> = (0..rate as usize).map(wave).collect();
        let mut down = Downsampler::new(rate).unwrap();
        let low: Vec<f32> = sound.chunks(rate as usize / 50).flat_map(|packet| down.push(packet)).collect();
        assert!((low.len() as i64 - 8000).abs() <= 1, "{rate}: {}", low.len());
        let level = super::super::levels::dbfs(super::super::levels::mean_power(&low[400..]));
        assert!((level + 9.03).abs() < 0.1, "{rate}: {level}");
    }
    assert!(Downsampler::new(11_025).is_none());
}
