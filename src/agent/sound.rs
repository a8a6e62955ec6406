//! The sound files that agents send.

use crate::event::Ended;
use std::path::{Path, PathBuf};

/// baresip resamples by whole numbers only, and its codecs have multiples of it, Hz. From any other rate it sends nothing.
const RATES: u32 = 8000;

/// How the samples of a file lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Format {
    /// Hz.
    pub rate: u32,
    pub channels: u16,
}

fn refused(message: String, advice: String) -> Ended {
    Ended { advice: Some(advice), ..Ended::error(message) }
}

/// The file in the first folder that has it.
///
/// # Errors
/// A name with a path in it; no folder has it.
pub fn find(file: &str, folders: &[PathBuf]) -> Result<PathBuf, Ended> {
    if file.is_empty() || file.contains(['/', '\\']) || file == ".." {
        let advice = "name a file of the sounds folder, without a path: input_wav=alice.wav".to_string();
        return Err(refused(format!("`{file}` is not the name of a sound file"), advice));
    }
    let found = folders.iter().map(|folder| folder.join(file)).find(|path| path.is_file());
    found.ok_or_else(|| {
        let folders: Vec<_> = folders.iter().map(|folder| folder.display().to_string()).collect();
        refused(format!("there is no sound file `{file}`"), format!("put it into one of {}", folders.join(", ")))
    })
}

/// The format of a file that the agent can send.
///
/// # Errors
/// It is no WAV file of 16-bit samples, or has a rate that baresip can't change: the call would have no audio, or would end
/// at once.
pub fn format(path: &Path) -> Result<Format, Ended> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let convert = format!("convert it: sox {name} -r 8000 -c 1 -b 16 new.wav");
    let unusable = |why: String| refused(format!("the sound file `{}` can't be sent: {why}", path.display()), convert);
    let spec = match hound::WavReader::open(path) {
        Ok(reader) => reader.spec(),
        Err(error) => return Err(unusable(error.to_string())),
    };
    if spec.sample_format != hound::SampleFormat::Int || spec.bits_per_sample != 16 || spec.channels > 2 {
        return Err(unusable("it is not a WAV file with 16-bit samples, mono or stereo".into()));
    }
    if !spec.sample_rate.is_multiple_of(RATES) {
        return Err(unusable(format!("baresip takes multiples of {RATES} Hz only, not {}", spec.sample_rate)));
    }
    Ok(Format { rate: spec.sample_rate, channels: spec.channels })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wav(path: &Path, sample_rate: u32, bits_per_sample: u16) {
        let sample_format = hound::SampleFormat::Int;
        let spec = hound::WavSpec { channels: 1, sample_rate, bits_per_sample, sample_format };
        hound::WavWriter::create(path, spec).unwrap().finalize().unwrap();
    }

    #[test]
    fn names_are_looked_up_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let folders = ["one", "two"].map(|name| folder.path().join(name)).to_vec();
        folders.iter().for_each(|folder| std::fs::create_dir(folder).unwrap());
        wav(&folders[1].join("a.wav"), 8000, 16);
        assert_eq!(find("a.wav", &folders).unwrap(), folders[1].join("a.wav"));
        wav(&folders[0].join("a.wav"), 8000, 16);
        assert_eq!(find("a.wav", &folders).unwrap(), folders[0].join("a.wav"));
        for bad in ["../a.wav", "/etc/passwd", "missing.wav", "", "..", "."] {
            assert!(find(bad, &folders).unwrap_err().advice.is_some(), "{bad}");
        }
    }

    #[test]
    fn what_would_give_no_audio_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        for (rate, bits, usable) in [(8000, 16, true), (48_000, 16, true), (44_100, 16, false), (8000, 24, false)] {
            let path = folder.path().join("x.wav");
            wav(&path, rate, bits);
            assert_eq!(format(&path).is_ok(), usable, "{rate} {bits}");
        }
        let text = folder.path().join("text.wav");
        std::fs::write(&text, "no audio").unwrap();
        assert!(format(&text).unwrap_err().message.contains("text.wav"));
    }
}
