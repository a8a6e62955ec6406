//! How good speech sounds against what was sent: PESQ (ITU-T P.862).
use std::fmt;

use super::Sound;
use super::levels::measure_levels;
use super::silence::NOTHING_DBFS;

/// A score this far below what the codec gives with the same reference is poor. No absolute limit holds over codecs
/// (measured).
pub const POOR_BELOW_EXPECTED: f64 = 0.5;
/// The shortest and longest sound that is scored, in seconds. Below 5 s the error grows from ±0.15 to ±0.5; 60 s
/// take half a second.
const LENGTHS: (f64, f64) = (0.5, 60.0);

/// Why there is no score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum NoScore {
    /// The reference or the received sound (true) is shorter than 0.5 s.
    TooShort(bool),
    /// The reference or the received sound (true) is longer than 60 s.
    TooLong(bool),
    /// The reference is silent; PESQ would call any sound perfect.
    SilentReference,
    /// Nothing was received; PESQ would call it perfect.
    NothingReceived,
    /// PESQ finds nothing that it takes for speech.
    NoSpeech,
    /// Wide band needs both sounds at 16 kHz.
    NotWide,
}

impl fmt::Display for NoScore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let which = |received: &bool| if *received { "the received sound" } else { "the reference" };
        match self {
            NoScore::TooShort(received) => write!(formatter, "{} is shorter than 0.5 s", which(received)),
            NoScore::TooLong(received) => {
                write!(formatter, "{} is longer than 60 s: score a part of it", which(received))
            }
            NoScore::SilentReference => formatter.write_str("the reference is silent"),
            NoScore::NothingReceived => formatter.write_str("nothing was received"),
            NoScore::NoSpeech => formatter.write_str("there is no speech in one of the sounds"),
            NoScore::NotWide => formatter.write_str("wide band needs both sounds at 16 kHz"),
        }
    }
}

/// The quality of received speech against its reference as MOS-LQO (P.862.1), 1.0 to 4.55. The reference has to be
/// speech: with music G.711 alone gets 2.2. Use 5 to 12 s; a constant delay and a pause of some seconds cost nothing.
/// 12 s take 70 ms. Sounds at 8 kHz are scored as they are, others converted.
pub fn measure_quality(reference: &Sound, received: &Sound) -> Result<f64, NoScore> {
    check(reference, received)?;
    let raw = if reference.rate == 16000 && received.rate == 16000 {
        pesq::pesq(&reference.to_pcm16(), &received.to_pcm16())
    } else {
        pesq::pesq_8k(&reference.at_rate(8000).to_pcm16(), &received.at_rate(8000).to_pcm16())
    };
    raw.map(|raw| f64::from(pesq::score::mos_lqo(f64::from(raw)))).map_err(|_| NoScore::NoSpeech)
}

/// The same for wide band (P.862.2), 1.0 to 4.64. Not comparable with the narrow-band score.
pub fn measure_wideband_quality(reference: &Sound, received: &Sound) -> Result<f64, NoScore> {
    check(reference, received)?;
    if reference.rate != 16000 || received.rate != 16000 {
        return Err(NoScore::NotWide);
    }
    pesq::pesq_wb(&reference.to_pcm16(), &received.to_pcm16()).map(f64::from).map_err(|_| NoScore::NoSpeech)
}

fn check(reference: &Sound, received: &Sound) -> Result<(), NoScore> {
    for (sound, is_received) in [(reference, false), (received, true)] {
        if sound.seconds() < LENGTHS.0 {
            return Err(NoScore::TooShort(is_received));
        }
        if sound.seconds() > LENGTHS.1 {
            return Err(NoScore::TooLong(is_received));
        }
    }
    if measure_levels(reference).loudest_dbfs < NOTHING_DBFS {
        return Err(NoScore::SilentReference);
    }
    let heard = measure_levels(received).loudest_dbfs >= NOTHING_DBFS;
    if heard { Ok(()) } else { Err(NoScore::NothingReceived) }
}

/// Narrow-band scores to expect with the shipped speech, by codec (measured over eight synthetic voices with the
/// same noise floor, without loss). The shipped voices with PCMU and PCMA: within 0.15.
const EXPECTED: &[(&str, f64)] = &[
    ("PCMU", 4.39),
    ("PCMA", 4.39),
    ("G722", 4.30),
    ("opus 24 kbit/s", 4.39),
    ("opus 12 kbit/s", 3.69),
    ("opus 8 kbit/s", 3.34),
    ("GSM", 2.91),
    ("AMR 12.2", 3.45),
    ("AMR 4.75", 2.60),
    ("G726-32", 2.89),
    ("G726-16", 1.69),
];

/// The narrow-band score to expect of a codec with the shipped speech. Alarm [`POOR_BELOW_EXPECTED`] below it.
pub fn expected_quality(codec: &str) -> Option<f64> {
    EXPECTED.iter().find(|(known, _)| known.eq_ignore_ascii_case(codec)).map(|(_, score)| *score)
}

#[cfg(test)]
mod tests {
    use super::super::damage::{
        clipped, cut_out, delayed, reversed, silent, speech, white_noise, with_loss, with_noise,
    };
    use super::super::g711::{Law, through_g711};
    use super::*;

    #[test]
    fn g711_gets_what_is_expected_of_it() {
        for name in ["alice", "bob", "charlie"] {
            for (law, codec) in [(Law::Mu, "pcmu"), (Law::A, "pcma")] {
                let score = measure_quality(&speech(name), &through_g711(&speech(name), law)).unwrap();
                assert!((score - expected_quality(codec).unwrap()).abs() < 0.25, "{name} {codec} {score}");
            }
        }
    }

    #[test]
    fn the_score_falls_as_damage_rises() {
        let clean = through_g711(&speech("bob"), Law::A);
        let falls = |damage: &dyn Fn(f64) -> Sound, steps: &[f64]| {
            let scores: Vec<f64> =
                steps.iter().map(|step| measure_quality(&speech("bob"), &damage(*step)).unwrap()).collect();
            assert!(scores.windows(2).all(|pair| pair[0] > pair[1]), "{scores:?}");
        };
        falls(&|share| with_loss(&clean, share, true, 1), &[0.0, 0.03, 0.08, 0.2]);
        falls(&|share| with_loss(&clean, share, false, 1), &[0.0, 0.03, 0.08, 0.2]);
        falls(&|level| with_noise(&clean, level), &[-60.0, -50.0, -43.0, -33.0]);
        falls(&|db| clipped(&clean, db), &[0.0, 12.0, 20.0]);
        falls(&|seconds| cut_out(&clean, 1.2, seconds), &[0.0, 0.2, 0.6, 1.5]);
    }

    #[test]
    fn silence_gets_a_reason_and_no_score() {
        let whole = speech("alice");
        assert_eq!(measure_quality(&whole, &silent(4.85)), Err(NoScore::NothingReceived));
        assert_eq!(measure_quality(&silent(4.85), &whole), Err(NoScore::SilentReference));
        assert_eq!(measure_quality(&whole, &silent(0.1)), Err(NoScore::TooShort(true)));
        assert_eq!(measure_quality(&silent(61.0), &whole), Err(NoScore::TooLong(false)));
        assert_eq!(measure_wideband_quality(&whole, &whole), Err(NoScore::NotWide));
        assert!(NoScore::TooLong(true).to_string().starts_with("the received sound is longer"));
    }

    #[test]
    fn the_wrong_sound_gets_the_worst_score() {
        for wrong in [speech("bob"), reversed(&speech("alice")), white_noise(-30.0, 4.85)] {
            let score = measure_quality(&speech("alice"), &wrong).unwrap();
            assert!(score < 1.6, "{score}");
        }
    }

    #[test]
    fn delay_and_wide_band_are_no_loss() {
        let score = measure_quality(&speech("alice"), &delayed(&speech("alice"), 0.8)).unwrap();
        assert!(score > 4.4, "{score}");
        let wide = speech("alice").at_rate(16000).into_owned();
        assert!(measure_quality(&wide, &wide).unwrap() > 4.5 && measure_wideband_quality(&wide, &wide).unwrap() > 4.5);
        assert!(measure_quality(&speech("alice"), &wide).unwrap() > 4.4);
    }
}
