//! G.711 for the tests: what a round trip leaves of a sound (ITU-T G.711).
use super::Sound;

/// One of the two laws.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Law {
    /// PCMU.
    Mu,
    /// PCMA.
    A,
}

/// A sound as it comes out of an encoder and a decoder.
pub fn through_g711(sound: &Sound, law: Law) -> Sound {
    let through = |value: i16| match law {
        Law::Mu => through_mu(value),
        Law::A => through_a(value),
    };
    Sound::from_pcm16(sound.rate, &sound.to_pcm16().into_iter().map(through).collect::<Vec<i16>>())
}

/// 14 bits in 16 segments of 16 steps: the decoder gives the middle of each step.
fn through_mu(value: i16) -> i16 {
    let size = (i32::from(value).abs() / 4).min(8158) + 33;
    let segment = (31 - size.leading_zeros() as i32) - 5;
    let step = (size >> (segment + 1)) & 15;
    let decoded = (((2 * step + 33) << segment) - 33) * 4;
    (if value < 0 { -decoded } else { decoded }).clamp(-32768, 32767) as i16
}

/// 13 bits in 14 segments of 16 steps, the lowest two of one size; zero is no value.
fn through_a(value: i16) -> i16 {
    let size = if value < 0 { (-1 - i32::from(value)) / 16 } else { i32::from(value) / 16 };
    let segment = if size < 32 { 0 } else { (31 - size.leading_zeros() as i32) - 4 };
    let width = 1 << segment;
    let decoded = (size / width * width) * 16 + width * 8;
    (if value < 0 { -decoded } else { decoded }) as i16
}

#[cfg(test)]
mod tests {
    use super::super::damage::speech;
    use super::super::levels::{dbfs, mean_power};
    use super::*;

    /// The steps and their ends as the tables of G.711 have them, times 4 (µ) and 16 (A).
    #[test]
    fn values_of_the_tables_come_back() {
        let mu: [(i16, i16); 6] = [(0, 0), (7, 8), (-7, -8), (124, 132), (32767, 32124), (-32768, -32124)];
        mu.into_iter().for_each(|(value, decoded)| assert_eq!(through_mu(value), decoded, "{value}"));
        let a: [(i16, i16); 6] = [(0, 8), (-1, -8), (16, 24), (1023, 1008), (32767, 32256), (-32768, -32256)];
        a.into_iter().for_each(|(value, decoded)| assert_eq!(through_a(value), decoded, "{value}"));
    }

    #[test]
    fn speech_keeps_about_37_db_over_its_noise() {
        for law in [Law::Mu, Law::A] {
            let (sound, coded) = (speech("alice"), through_g711(&speech("alice"), law));
            let noise: Vec<f32> = sound.samples.iter().zip(&coded.samples).map(|(a, b)| a - b).collect();
            let snr = dbfs(mean_power(&sound.samples)) - dbfs(mean_power(&noise));
            assert!((34.0..40.0).contains(&snr), "{law:?} {snr}");
        }
    }
}
