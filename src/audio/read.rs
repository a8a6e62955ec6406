//! A sound from a WAV file.
use std::fmt;
use std::io::ErrorKind;
use std::path::Path;

use hound::{SampleFormat, WavReader};

use super::Sound;

/// The most samples per channel that are read: 2 hours at 8 kHz, 1 hour at 16 kHz, 20 minutes at 48 kHz (230 MB).
pub const MAX_SAMPLES: u32 = 57_600_000;
/// The rates that are read, in samples per second.
const RATES: std::ops::RangeInclusive<u32> = 8000..=48000;

/// A sound as read, and what the file is.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadSound {
    /// The sound; two channels are mixed into one.
    pub sound: Sound,
    /// Channels in the file.
    pub channels: u16,
    /// Bits of a sample in the file.
    pub bits: u16,
    /// Whether the file ends before the length that its header gives.
    pub is_cut: bool,
}

/// Why a file is no sound for us. Its text says what to do.
#[derive(Debug, Clone, PartialEq)]
pub enum ReadError {
    /// There is no such file.
    Missing,
    /// The file cannot be read: the system's reason.
    Unreadable(String),
    /// The file is no WAV file.
    NotWav,
    /// The file ends within its header.
    CutHeader,
    /// The format is none that is read: bits, and whether they are floating point.
    Format(u16, bool),
    /// A rate outside 8 to 48 kHz.
    Rate(u32),
    /// More than two channels, or none.
    Channels(u16),
    /// No samples.
    Empty,
    /// Longer than [`MAX_SAMPLES`]: its length in seconds, and the greatest at its rate.
    TooLong(u64, u64),
}

impl fmt::Display for ReadError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let minutes = |seconds: &u64| format!("{} min {} s", seconds / 60, seconds % 60);
        match self {
            ReadError::Missing => formatter.write_str("there is no such file: check its name and folder"),
            ReadError::Unreadable(why) => write!(formatter, "cannot read the file: {why}"),
            ReadError::NotWav => {
                formatter.write_str("not a WAV file: convert it, for instance `sox OLD -r 8000 -c 1 -b 16 NEW.wav`")
            }
            ReadError::CutHeader => formatter.write_str("the file ends within its header: copy or record it again"),
            ReadError::Format(bits, floating) => {
                let kind = if *floating { "floating point" } else { "integer" };
                write!(
                    formatter,
                    "its format ({bits} bits, {kind}) is not read: convert it with `sox OLD -b 16 NEW.wav`"
                )
            }
            ReadError::Rate(rate) => {
                write!(
                    formatter,
                    "its rate is {rate} Hz; 8000 to 48000 Hz are read: convert it with `sox OLD -r 16000 NEW.wav`"
                )
            }
            ReadError::Channels(count) => {
                write!(
                    formatter,
                    "it has {count} channels; one or two are read: pick one with `sox OLD NEW.wav remix 1`"
                )
            }
            ReadError::Empty => formatter.write_str("it holds no samples: record it again"),
            ReadError::TooLong(seconds, most) => {
                let (length, most_length) = (minutes(seconds), minutes(most));
                write!(
                    formatter,
                    "it lasts {length}; at its rate at most {most_length} are read: cut it with `sox OLD NEW.wav trim 0 {most}`"
                )
            }
        }
    }
}

impl std::error::Error for ReadError {}

/// Reads a WAV file: 8 to 32 bits or 32-bit floating point, 8 to 48 kHz, one or two channels. Memory is bounded by
/// [`MAX_SAMPLES`], whatever the header says.
pub fn read_wav(path: &Path) -> Result<ReadSound, ReadError> {
    let mut reader = WavReader::open(path).map_err(|error| problem(path, error))?;
    let spec = reader.spec();
    if !(1..=2).contains(&spec.channels) {
        return Err(ReadError::Channels(spec.channels));
    }
    if !RATES.contains(&spec.sample_rate) {
        return Err(ReadError::Rate(spec.sample_rate));
    }
    let (length, rate) = (reader.duration(), u64::from(spec.sample_rate));
    if length > MAX_SAMPLES {
        return Err(ReadError::TooLong(u64::from(length) / rate, u64::from(MAX_SAMPLES) / rate));
    }
    let samples: Vec<f32> = match (spec.sample_format, spec.bits_per_sample) {
        (SampleFormat::Float, 32) => reader.samples::<f32>().map_while(Result::ok).collect(),
        (SampleFormat::Int, bits @ (8 | 16 | 24 | 32)) => {
            let full = 2_f32.powi(i32::from(bits) - 1);
            reader.samples::<i32>().map_while(Result::ok).map(|value| value as f32 / full).collect()
        }
        (format, bits) => return Err(ReadError::Format(bits, format == SampleFormat::Float)),
    };
    let channels = usize::from(spec.channels);
    let mixed: Vec<f32> =
        samples.chunks_exact(channels).map(|frame| frame.iter().sum::<f32>() / channels as f32).collect();
    if mixed.is_empty() {
        return Err(ReadError::Empty);
    }
    let is_cut = (mixed.len() as u64) < u64::from(length);
    Ok(ReadSound {
        sound: Sound::new(spec.sample_rate, mixed),
        channels: spec.channels,
        bits: spec.bits_per_sample,
        is_cut,
    })
}

fn problem(path: &Path, error: hound::Error) -> ReadError {
    match error {
        hound::Error::IoError(error) if error.kind() == ErrorKind::NotFound => ReadError::Missing,
        // a folder, for instance
        hound::Error::IoError(error) if error.raw_os_error().is_some() => ReadError::Unreadable(error.to_string()),
        hound::Error::IoError(_) if begins_as_wav(path) => ReadError::CutHeader,
        hound::Error::Unsupported | hound::Error::InvalidSampleFormat | hound::Error::TooWide => {
            ReadError::Format(0, false)
        }
        _ => ReadError::NotWav,
    }
}

fn begins_as_wav(path: &Path) -> bool {
    let mut begin = Vec::new();
    let read = std::fs::File::open(path)
        .and_then(|file| std::io::Read::read_to_end(&mut std::io::Read::take(file, 12), &mut begin));
    read.is_ok() && b"RIFF".starts_with(&begin[..begin.len().min(4)]) && !begin.is_empty()
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use hound::{WavSpec, WavWriter};

    use super::*;

    fn spec(rate: u32, channels: u16, bits: u16, sample_format: SampleFormat) -> WavSpec {
        WavSpec { channels, sample_rate: rate, bits_per_sample: bits, sample_format }
    }

    fn in_folder(name: &str, test: impl FnOnce(PathBuf)) {
        let folder = std::env::temp_dir().join(format!("audio-read-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        test(folder.join("sound.wav"));
        std::fs::remove_dir_all(&folder).unwrap();
    }

    fn write(path: &Path, spec: WavSpec, count: usize) {
        let mut writer = WavWriter::create(path, spec).unwrap();
        for _ in 0..count * usize::from(spec.channels) {
            match spec.sample_format {
                SampleFormat::Float => writer.write_sample(0.5_f32).unwrap(),
                SampleFormat::Int => writer.write_sample(1_i32 << (spec.bits_per_sample - 2)).unwrap(),
            }
        }
        writer.finalize().unwrap();
    }

    #[test]
    fn all_formats_are_read_to_the_same_level() {
        for (bits, format) in [
            (8, SampleFormat::Int),
            (16, SampleFormat::Int),
            (24, SampleFormat::Int),
            (32, SampleFormat::Int),
            (32, SampleFormat::Float),
        ] {
            for (rate, channels) in [(8000, 1), (16000, 2), (44100, 1), (48000, 2)] {
                in_folder("formats", |path| {
                    write(&path, spec(rate, channels, bits, format), 1000);
                    let read = read_wav(&path).unwrap();
                    assert_eq!((read.sound.rate, read.channels, read.bits, read.is_cut), (rate, channels, bits, false));
                    assert_eq!(read.sound.samples, vec![0.5; 1000], "{bits} {format:?}");
                });
            }
        }
    }

    #[test]
    fn each_bad_file_gets_its_own_reason() {
        let int = |rate, channels| spec(rate, channels, 16, SampleFormat::Int);
        let refused = |what: WavSpec, count: usize| {
            let mut found = None;
            in_folder("bad", |path| {
                write(&path, what, count);
                found = read_wav(&path).err();
            });
            found.unwrap()
        };
        assert_eq!(refused(int(8000, 1), 0), ReadError::Empty);
        assert_eq!(refused(int(96000, 1), 10), ReadError::Rate(96000));
        assert_eq!(refused(int(4000, 1), 10), ReadError::Rate(4000));
        assert_eq!(refused(int(8000, 6), 10), ReadError::Channels(6));
        assert_eq!(read_wav(Path::new("/nowhere/a.wav")), Err(ReadError::Missing));
        assert!(matches!(read_wav(&std::env::temp_dir()), Err(ReadError::Unreadable(_))));
        for text in [ReadError::Empty, ReadError::Rate(96000), ReadError::TooLong(10800, 7200), ReadError::NotWav]
            .map(|error| error.to_string())
        {
            assert!(text.contains(':'), "{text} says what to do");
        }
    }

    #[test]
    fn a_header_alone_decides_that_three_hours_are_too_long() {
        in_folder("long", |path| {
            write(&path, spec(8000, 1, 16, SampleFormat::Int), 10);
            let mut bytes = std::fs::read(&path).unwrap();
            bytes[40..44].copy_from_slice(&(3 * 3600 * 16000_u32).to_le_bytes());
            std::fs::write(&path, bytes).unwrap();
            assert_eq!(read_wav(&path), Err(ReadError::TooLong(10800, 7200)));
        });
    }

    #[test]
    fn files_that_are_cut_or_no_sound_are_told_apart() {
        in_folder("cut", |path| {
            write(&path, spec(8000, 1, 16, SampleFormat::Int), 100);
            let whole = std::fs::read(&path).unwrap();
            for length in 1..44 {
                std::fs::write(&path, &whole[..length]).unwrap();
                let error = read_wav(&path).unwrap_err();
                assert!(matches!(error, ReadError::CutHeader | ReadError::Empty), "{length}: {error:?}");
            }
            std::fs::write(&path, &whole[..whole.len() - 51]).unwrap();
            let read = read_wav(&path).unwrap();
            assert!(read.is_cut && read.sound.samples.len() == 74, "{}", read.sound.samples.len());
            for other in [b"".as_slice(), b"ID3\x04 an MP3 file, for instance, of some length", &[0xff; 500]] {
                std::fs::write(&path, other).unwrap();
                assert_eq!(read_wav(&path), Err(ReadError::NotWav), "{}", other.len());
            }
        });
    }

    /// No byte of a header makes it panic or take much memory.
    #[test]
    fn any_header_is_read_or_refused() {
        in_folder("any", |path| {
            write(&path, spec(8000, 1, 16, SampleFormat::Int), 20);
            let whole = std::fs::read(&path).unwrap();
            for place in 0..44 {
                for value in [0, 1, 0x7f, 0x80, 0xff] {
                    let mut bytes = whole.clone();
                    bytes[place] = value;
                    std::fs::write(&path, &bytes).unwrap();
                    if let Ok(read) = read_wav(&path) {
                        assert!(read.sound.samples.len() <= 40, "byte {place} = {value}");
                    }
                }
            }
        });
    }
}
