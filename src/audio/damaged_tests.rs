//! The table of damaged recordings: each fault is named, and clean sounds raise none.
use super::damage::{
    clipped, cut_out, delayed, gained, joined, mixed, reversed, silent, sine, speech, swapped_halves, white_noise,
    with_echo, with_loss, with_noise,
};
use super::fault::Fault;
use super::g711::{Law, through_g711};
use super::judge::{Expectation, Judgement, judge_sound};
use super::{Sound, Span};

const NAMES: [&str; 3] = ["alice", "bob", "charlie"];

/// Judges a sound by the speech of a voice, with the other two as prompts that may have been played instead.
fn judged(name: &str, received: &Sound) -> Judgement {
    let sounds = NAMES.map(speech);
    let place = NAMES.iter().position(|other| *other == name).unwrap();
    let others: Vec<(&str, &Sound)> =
        (0..3).filter(|other| *other != place).map(|other| (NAMES[other], &sounds[other])).collect();
    judge_sound(received, &Expectation { reference: &sounds[place], others: &others, expected_mos: Some(4.39) })
}

/// Where a gap hurts: its middle is the loudest tenth of a second.
fn gap(sound: &Sound, seconds: f64) -> Sound {
    let series = super::levels::level_series(sound, 100);
    // within the speech of each voice
    let (first, last) = ((seconds * 5.0 + 5.0) as usize, (36.0 - seconds * 5.0) as usize);
    let middle = 0.1 * (first..last).max_by(|a, b| series[*a].total_cmp(&series[*b])).unwrap() as f64 + 0.05;
    cut_out(sound, middle - seconds / 2.0, seconds)
}

fn from(sound: &Sound, seconds: f64) -> Sound {
    sound.part(Span { from: seconds, to: 99.0 })
}

/// What was done, the result, and the fault to name first.
fn damaged(name: &str) -> Vec<(&'static str, Sound, Fault)> {
    let sound = speech(name);
    let other = if name == "bob" { "charlie" } else { "bob" };
    let law = |sound: &Sound| through_g711(sound, Law::Mu);
    vec![
        ("gain -20 dB", law(&gained(&sound, -20.0)), Fault::TooQuiet),
        ("gain +10 dB, which clips", law(&gained(&sound, 10.0)), Fault::Clipped),
        ("gain +20 dB, which clips", law(&gained(&sound, 20.0)), Fault::Clipped),
        ("clipped by 12 dB", clipped(&sound, 12.0), Fault::Clipped),
        ("clipped by 20 dB", law(&clipped(&sound, 20.0)), Fault::Clipped),
        ("start cut by 0.5 s", law(&from(&sound, 0.5)), Fault::CutStart),
        ("start cut by 1 s", law(&from(&sound, 1.0)), Fault::CutStart),
        ("start muted for 1 s", law(&cut_out(&sound, 0.0, 1.0)), Fault::CutStart),
        ("end cut by 2 s", law(&sound.part(Span { from: 0.0, to: 2.85 })), Fault::CutEnd),
        ("gap of 0.2 s", law(&gap(&sound, 0.2)), Fault::Gap),
        ("gap of 0.5 s", law(&gap(&sound, 0.5)), Fault::Gap),
        ("gap of 1 s", law(&gap(&sound, 1.0)), Fault::Gap),
        ("gap of 2 s", law(&gap(&sound, 2.0)), Fault::Gap),
        ("halves swapped", law(&swapped_halves(&sound)), Fault::WrongOrder),
        ("another prompt", law(&speech(other)), Fault::WrongPrompt),
        ("another prompt in noise", law(&with_noise(&speech(other), -35.0)), Fault::WrongPrompt),
        ("reversed", law(&reversed(&sound)), Fault::NotTheReference),
        ("2 % slow", law(&sound.at_speed(0.98)), Fault::WrongSpeed),
        ("2 % fast", law(&sound.at_speed(1.02)), Fault::WrongSpeed),
        ("noise at -48 dBFS", law(&with_noise(&sound, -48.0)), Fault::Noisy),
        ("noise at -43 dBFS", law(&with_noise(&sound, -43.0)), Fault::Noisy),
        ("noise at -25 dBFS", law(&with_noise(&sound, -25.0)), Fault::Noisy),
        ("loss of 5 %, not concealed", law(&with_loss(&sound, 0.05, false, 1)), Fault::Dropouts),
        ("loss of 20 %, not concealed", law(&with_loss(&sound, 0.2, false, 1)), Fault::Dropouts),
        ("loss of 1 %, concealed", law(&with_loss(&sound, 0.01, true, 1)), Fault::PoorQuality),
        ("loss of 1 %, not concealed", law(&with_loss(&sound, 0.01, false, 1)), Fault::Dropouts),
        ("loss of 5 %, concealed", law(&with_loss(&sound, 0.05, true, 1)), Fault::PoorQuality),
        ("loss of 20 %, concealed", law(&with_loss(&sound, 0.2, true, 1)), Fault::PoorQuality),
        ("silence", silent(4.85), Fault::Silent),
        ("silence as A-law has it", through_g711(&silent(4.85), Law::A), Fault::Silent),
        ("comfort noise", law(&white_noise(-52.0, 4.85)), Fault::OnlyComfortNoise),
        ("loud noise alone", law(&white_noise(-30.0, 4.85)), Fault::TooNoisy),
        ("a tone alone", law(&sine(425.0, -16.0, 4.85)), Fault::SteadyTone),
        (
            "busy tone",
            law(&joined(&[0; 5].map(|_| joined(&[sine(425.0, -16.0, 0.48), silent(0.48)])))),
            Fault::SteadyTone,
        ),
        ("a tone on top, -29 dBFS", law(&mixed(&sound, &sine(1004.0, -29.0, 4.85))), Fault::SteadyTone),
        ("a tone on top, -33 dBFS", law(&mixed(&sound, &sine(425.0, -33.0, 4.85))), Fault::SteadyTone),
        ("echo of -10 dB after 200 ms", law(&with_echo(&sound, 0.2, -10.0)), Fault::Echo),
        ("echo of -15 dB after 80 ms", law(&with_echo(&sound, 0.08, -15.0)), Fault::Echo),
        ("echo of -12 dB after 400 ms", law(&with_echo(&sound, 0.4, -12.0)), Fault::Echo),
        ("gap of 1 s, late by 0.5 s", law(&delayed(&gap(&sound, 1.0), 0.5)), Fault::Gap),
        ("gain -20 dB, late by 0.8 s", law(&delayed(&gained(&sound, -20.0), 0.8)), Fault::TooQuiet),
    ]
}

#[test]
fn each_damage_is_named() {
    let mut wrong = Vec::new();
    let mut count = 0;
    // each damage is done to one voice, in turn
    for (voice, name) in NAMES.into_iter().enumerate() {
        for (what, received, fault) in damaged(name).into_iter().skip(voice).step_by(3) {
            let judged = judged(name, &received);
            count += 1;
            let first = judged.findings.first().map(|finding| finding.fault);
            // concealment fades to silence when several packets are lost in a row
            let loss = fault == Fault::PoorQuality && first == Some(Fault::Dropouts);
            if first != Some(fault) && !loss {
                wrong.push(format!(
                    "{name}, {what}: not {fault:?}, but {:?}\n   {:?}",
                    judged.findings,
                    judged.prompt.map(|p| (p.score, p.heard, p.missing, p.speed, p.gain_db))
                ));
            }
        }
    }
    assert_eq!(count, 41);
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
}

/// What a good connection does to a sound, and by how much it delays it.
fn clean(name: &str) -> Vec<(&'static str, Sound, f64)> {
    let sound = speech(name);
    let (mu, a) = (|sound: &Sound| through_g711(sound, Law::Mu), |sound: &Sound| through_g711(sound, Law::A));
    let around = |sound: Sound| joined(&[white_noise(-60.0, 3.0), sound, white_noise(-60.0, 4.0)]);
    vec![
        ("untouched", sound.clone(), 0.0),
        ("PCMU", mu(&sound), 0.0),
        ("PCMA", a(&sound), 0.0),
        ("PCMU, PCMA, PCMU", mu(&a(&mu(&sound))), 0.0),
        ("16 kHz and back", sound.at_rate(16000).at_rate(8000).into_owned(), 0.0),
        ("late by 50 ms", mu(&delayed(&sound, 0.05)), 0.05),
        ("late by 150 ms", a(&delayed(&sound, 0.15)), 0.15),
        ("late by 300 ms", mu(&delayed(&sound, 0.3)), 0.3),
        ("late by 800 ms", a(&delayed(&sound, 0.8)), 0.8),
        ("in a longer recording", mu(&around(sound.clone())), 3.0),
        ("6 dB quieter", mu(&gained(&sound, -6.0)), 0.0),
        ("4 dB louder", mu(&gained(&sound, 4.0)), 0.0),
        ("3 dB quieter", a(&gained(&sound, -3.0)), 0.0),
        ("a little noise", a(&with_noise(&sound, -58.0)), 0.0),
    ]
}

#[test]
fn clean_sounds_raise_no_alarm() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for name in NAMES {
        for (what, received, delay) in clean(name) {
            let judged = judged(name, &received);
            count += 1;
            let found = judged.delay.map_or(f64::NAN, |delay| delay.seconds);
            let good = judged.findings.is_empty() && judged.not_analysed.is_empty() && (found - delay).abs() < 2e-4;
            if !good {
                wrong.push(format!(
                    "{name}, {what}: {:?} {:?} {found} {:?}",
                    judged.findings, judged.not_analysed, judged.mos
                ));
            }
        }
    }
    assert_eq!(count, 42);
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn what_cannot_be_analysed_is_said() {
    let (sound, none) = (speech("alice"), Sound::new(8000, Vec::new()));
    let judge = |reference: &Sound, received: &Sound| {
        judge_sound(received, &Expectation { reference, others: &[], expected_mos: None })
    };
    assert!(judge(&silent(3.0), &sound).not_analysed[0].contains("the reference is silent"));
    assert!(judge(&sound, &none).has(Fault::Silent));
    assert!(judge(&none, &sound).not_analysed.len() == 1);
    assert!(judge(&sound, &sound.part(Span { from: 1.0, to: 1.1 })).not_analysed[0].contains("0.2 s"));
    let short = sound.part(Span { from: 1.0, to: 1.4 });
    assert!(judge(&short, &short).not_analysed.iter().any(|text| text.contains("shorter than 0.5 s")));
}

/// All that the module does with one sound.
fn analyse(sound: &Sound) {
    use super::*;
    let speech = speech("bob");
    levels::measure_levels(sound);
    silence::find_silence(sound, -64.0, 0.1);
    silence::find_abrupt_gaps(sound);
    silence::starts_abruptly(sound);
    cadence::name_tones(sound);
    tones::find_tone(sound, &[425.0]);
    dtmf::find_digits(sound);
    steady::find_steady_tones(sound);
    steady::find_hum(sound);
    speech::find_speech(sound);
    align::delay_by_second(sound, sound, 0.0);
    align::find_own_echo(sound, &speech);
    pilot::PilotDetector::new(&[1, 2]).find_pilots(sound);
    pilot::mix_pilot(sound, 1);
    let _ = quality::measure_wideband_quality(sound, sound);
    for (reference, received) in [(sound, &speech), (&speech, sound)] {
        let others = [("other", sound)];
        judge_sound(received, &Expectation { reference, others: &others, expected_mos: Some(4.0) });
    }
}

#[test]
fn no_sound_makes_it_panic() {
    let kinds: [fn(usize) -> f32; 6] = [
        |_| 0.0,
        |_| 1.0,
        |i| if i % 2 == 0 { 1.0 } else { -1.0 },
        |i| if i == 20 { 1.0 } else { 0.0 },
        |i| (i as f32 * 12.9898).sin() * 0.5,
        |i| f32::NAN.max(if i % 3000 < 20 { -1.0 } else { 1e-30 }),
    ];
    let lengths = [0, 1, 255, 257, 513, 1601, 4001, 8300];
    let rates = [8000, 1, 16000, 7999, 48000, 11025, u32::MAX];
    for (place, length) in lengths.into_iter().enumerate() {
        for (number, kind) in kinds.iter().enumerate() {
            let rate = rates[(place + number) % rates.len()];
            let length = if rate > 8000 { 2 * length } else { length };
            analyse(&Sound::new(rate, (0..length).map(kind).collect()));
        }
    }
}
