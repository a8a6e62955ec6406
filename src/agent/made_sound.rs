//! Sounds that are made for a command: digits in band, and spoken words.

use crate::audio::Sound;
use crate::audio::dtmf::tones_of;
use crate::audio::read::read_wav;
use crate::event::Ended;
use std::f64::consts::TAU;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The rate of what is made, Hz.
const RATE: u32 = 8000;
/// How long a digit and the pause behind it last, ms (ITU-T Q.24: at least 40 each).
const DIGIT_MS: usize = 100;
/// The amplitude of each of a digit's tones: -13 dBFS.
const AMPLITUDE: f64 = 0.316;
/// What speaks.
const SPEAKER: &str = "espeak-ng";

/// A sound that a command asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MadeSound<'a> {
    /// `ausrc digits,123#`
    Digits(&'a str),
    /// `ausrc say,Welcome`
    Words(&'a str),
}

impl<'a> MadeSound<'a> {
    /// Of a command as it is written.
    pub fn of_command(text: &'a str) -> Option<MadeSound<'a>> {
        let source = text.trim().strip_prefix("ausrc ")?.trim_start();
        let digits = source.strip_prefix("digits,").map(MadeSound::Digits);
        digits.or_else(|| source.strip_prefix("say,").map(MadeSound::Words))
    }

    /// Makes it, as a file in a folder; the same sound is made once.
    ///
    /// # Errors
    /// No such digit; nobody here can speak; the folder can't be written.
    pub fn write_into(self, folder: &Path) -> Result<PathBuf, Ended> {
        let (kind, text) = match self {
            MadeSound::Digits(text) => ("digits", text),
            MadeSound::Words(text) => ("say", text),
        };
        let path = folder.join(format!("{kind}-{:016x}.wav", crate::audio::pilot::pilot_seed(text)));
        if path.is_file() {
            return Ok(path);
        }
        let broken = |why: String| Ended::error(format!("the sound can't be made in {}: {why}", folder.display()));
        std::fs::create_dir_all(folder).map_err(|error| broken(error.to_string()))?;
        let sound = match self {
            MadeSound::Digits(digits) => dial(digits)?,
            MadeSound::Words(words) => speak(SPEAKER, words, &path)?,
        };
        write(&sound, &path).map_err(|error| broken(error.to_string()))?;
        Ok(path)
    }
}

fn write(sound: &Sound, path: &Path) -> Result<(), hound::Error> {
    let (sample_rate, sample_format) = (sound.rate, hound::SampleFormat::Int);
    let spec = hound::WavSpec { channels: 1, sample_rate, bits_per_sample: 16, sample_format };
    let mut file = hound::WavWriter::create(path, spec)?;
    sound.to_pcm16().into_iter().try_for_each(|sample| file.write_sample(sample))?;
    file.finalize()
}

fn dial(digits: &str) -> Result<Sound, Ended> {
    let mut samples = vec![];
    let length = DIGIT_MS * RATE as usize / 1000;
    for digit in digits.chars() {
        let Some(hz) = tones_of(digit) else {
            let ended = Ended::error(format!("`{digit}` is no DTMF digit"));
            return Err(Ended { advice: Some("the digits are 0 to 9, *, #, and A to D".into()), ..ended });
        };
        let wave =
            |i: usize| hz.iter().map(|hz| (TAU * hz * i as f64 / f64::from(RATE)).sin() * AMPLITUDE).sum::<f64>();
        samples.extend((0..length).map(|i| wave(i) as f32));
        samples.resize(samples.len() + length, 0.0);
    }
    Ok(Sound::new(RATE, samples))
}

/// What espeak-ng says, in English.
fn speak(speaker: &str, words: &str, path: &Path) -> Result<Sound, Ended> {
    let spoken = path.with_extension("spoken");
    let advice = format!("install {SPEAKER} (Debian: apt-get install {SPEAKER}), or send a sound file");
    let refused =
        |why: String| Ended { advice: Some(advice.clone()), ..Ended::error(format!("nobody can say this: {why}")) };
    let mut command = Command::new(speaker);
    command.args(["-v", "en", "-w"]).arg(&spoken).arg("--").arg(words);
    let done = command.stdin(Stdio::null()).output();
    let done = done.map_err(|error| refused(format!("{speaker} can't be started: {error}")))?;
    if !done.status.success() {
        return Err(refused(String::from_utf8_lossy(&done.stderr).trim().to_string()));
    }
    let read = File::open(&spoken).map_err(|error| error.to_string());
    let read = read.and_then(|file| read_wav(BufReader::new(file)).map_err(|why| why.to_string()));
    let _ = std::fs::remove_file(&spoken);
    Ok(read.map_err(refused)?.sound.at_rate(RATE).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::dtmf::find_digits;
    use crate::audio::speech::find_speech;

    #[test]
    fn digits_are_made_as_they_are_heard() {
        let heard: String = find_digits(&dial("159*0#d").unwrap()).iter().map(|heard| heard.digit).collect();
        assert_eq!(heard, "159*0#D");
        assert!(dial("1x").unwrap_err().message.contains("`x` is no DTMF digit"));
    }

    #[test]
    fn words_are_spoken_once() {
        let folder = tempfile::tempdir().unwrap();
        let made = MadeSound::of_command("ausrc say,Welcome to the test").unwrap();
        let path = made.write_into(folder.path()).unwrap();
        let sound = read_wav(File::open(&path).unwrap()).unwrap().sound;
        assert!(sound.rate == RATE && !find_speech(&sound).is_empty());
        assert_eq!(made.write_into(folder.path()).unwrap(), path);
        assert_eq!(folder.path().read_dir().unwrap().count(), 1);
        assert_eq!(MadeSound::of_command("ausrc aufile,say,x"), None);
        let nobody = speak("no-such-speaker", "x", &path).unwrap_err();
        assert!(nobody.message.contains("can't be started") && nobody.advice.unwrap().contains("apt-get install"));
    }
}
