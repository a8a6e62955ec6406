//! The sound files that agents send.

use crate::audio::read::{ReadError, read_wav};
use crate::event::Ended;
use std::os::unix::fs::symlink;
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

/// Of silence from a file.
pub const PLAIN: Format = Format { rate: 8000, channels: 1 };

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

/// The file that a command has the agent send: of `ausrc aufile,FILE`, as it is written.
pub fn of_command(text: &str) -> Option<&str> {
    let (word, source) = text.trim().split_once(char::is_whitespace)?;
    let (driver, file) = source.trim_start().split_once(',')?;
    (word == "ausrc" && driver.eq_ignore_ascii_case("aufile")).then_some(file)
}

/// Where an agent finds the sounds that a command names, from its own folder.
const LINKS: &str = "sounds";
/// baresip cuts the name of a source at 127 bytes.
const LONGEST: usize = 127;

/// The command `ausrc` for a file, which becomes known in the agent's folder: baresip cuts long paths.
///
/// # Errors
/// The name is too long; the folder can't be written.
pub fn linked(file: &Path, folder: &Path) -> Result<String, Ended> {
    Ok(format!("ausrc aufile,{}", link(file, folder)?))
}

/// Whether a file is a sound that can be looked for in a call.
///
/// # Errors
/// Why it is none, and what to do.
pub fn check_readable(file: &Path) -> Result<(), Ended> {
    let read = std::fs::File::open(file).map_err(ReadError::from);
    match read.and_then(|file| read_wav(std::io::BufReader::new(file))) {
        Ok(_) => Ok(()),
        Err(why) => Err(Ended::error(format!("the sound file `{}` can't be looked for: {why}", file.display()))),
    }
}

/// Makes a file known in the agent's folder; returns its path there.
///
/// # Errors
/// The name is too long; the folder can't be written.
pub fn link(file: &Path, folder: &Path) -> Result<String, Ended> {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let source = format!("{LINKS}/{name}");
    if source.len() > LONGEST {
        let message = format!("the name of the sound file `{name}` is too long: baresip cuts it");
        return Err(refused(message, "give the file a shorter name".into()));
    }
    let links = folder.join(LINKS);
    let link = links.join(&*name);
    let made = std::fs::create_dir_all(&links).and_then(|()| match std::fs::read_link(&link) {
        Ok(known) if known == file => Ok(()),
        Ok(_) => std::fs::remove_file(&link).and_then(|()| symlink(file, &link)),
        Err(_) => symlink(file, &link),
    });
    made.map_err(|error| Ended::error(format!("the agent can't be given the sound file `{name}`: {error}")))?;
    Ok(source)
}

/// Why baresip did not change its source or player: it answers ok all the same.
pub fn refusal(answer: &str) -> bool {
    const WORDS: [&str; 4] = ["no such ", "failed to set ", "Format should be", "no config object"];
    answer.lines().any(|line| WORDS.iter().any(|words| line.trim_start().starts_with(words)))
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
    fn a_command_names_a_file() {
        for text in ["ausrc aufile,a b.wav", " ausrc  aufile,a b.wav", "ausrc AUFILE,a b.wav"] {
            assert_eq!(of_command(text), Some("a b.wav"), "{text}");
        }
        for text in ["ausrc", "ausrc aufile", "ausrc ausine,440", "auplay aufile,a.wav", "dial aufile,a.wav"] {
            assert_eq!(of_command(text), None, "{text}");
        }
    }

    #[test]
    fn a_sound_is_known_in_the_folder_of_the_agent() {
        let folder = tempfile::tempdir().unwrap();
        for file in ["/one/a.wav", "/one/a.wav", "/two/a.wav"] {
            assert_eq!(linked(Path::new(file), folder.path()).as_deref(), Ok("ausrc aufile,sounds/a.wav"));
            assert_eq!(std::fs::read_link(folder.path().join("sounds/a.wav")).unwrap(), Path::new(file));
        }
        let long = PathBuf::from(format!("/one/{}.wav", "a".repeat(120)));
        assert!(linked(&long, folder.path()).unwrap_err().message.contains("too long"));
    }

    #[test]
    fn an_answer_may_be_a_refusal() {
        assert!(refusal("no such audio-source: nonsense\n"));
        assert!(refusal("switch audio device: ausine,x\nfailed to set audio-source (Invalid argument)\n"));
        assert!(refusal("\rFormat should be: driver,device\n"));
        assert!(!refusal("switch audio device: aufile,no such failed to set .wav\n"));
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
