//! A sound from the bytes of a WAV file.
use std::fmt;
use std::io::{Cursor, Error, ErrorKind, Read};

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
    /// The format is none that is read: compressed, for instance.
    OtherFormat,
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
            ReadError::OtherFormat => {
                formatter.write_str("its format is not read: convert it with `sox OLD -e signed -b 16 NEW.wav`")
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

impl From<Error> for ReadError {
    /// Of a file that could not be opened or read.
    fn from(error: Error) -> ReadError {
        match error.kind() {
            ErrorKind::NotFound => ReadError::Missing,
            _ => ReadError::Unreadable(error.to_string()),
        }
    }
}

/// Reads the bytes of a WAV file: 8 to 32 bits or 32-bit floating point, 8 to 48 kHz, one or two channels. Memory is
/// bounded by [`MAX_SAMPLES`], whatever the header says. An opened file should be buffered.
pub fn read_wav(source: impl Read) -> Result<ReadSound, ReadError> {
    let reader = open_wav(source)?;
    let (length, rate) = (reader.duration(), u64::from(reader.spec().sample_rate));
    if length > MAX_SAMPLES {
        return Err(ReadError::TooLong(u64::from(length) / rate, u64::from(MAX_SAMPLES) / rate));
    }
    read_samples(reader, MAX_SAMPLES)
}

/// Reads at most that many samples of each channel, from the beginning; also gives how many there are.
pub fn read_wav_part(source: impl Read, most: u32) -> Result<(ReadSound, u32), ReadError> {
    let reader = open_wav(source)?;
    let length = reader.duration();
    let read = read_samples(reader, most)?;
    // a file that is cut holds less than its header says
    let there = if read.is_cut { read.sound.samples.len() as u32 } else { length };
    Ok((read, there))
}

/// The header of a file that we read.
fn open_wav<R: Read>(mut source: R) -> Result<WavReader<impl Read>, ReadError> {
    let mut begin = Vec::new();
    source.by_ref().take(4).read_to_end(&mut begin)?;
    if begin.is_empty() || !b"RIFF".starts_with(&begin) {
        return Err(ReadError::NotWav);
    }
    let reader = WavReader::new(Cursor::new(begin).chain(source)).map_err(problem)?;
    let spec = reader.spec();
    if !(1..=2).contains(&spec.channels) {
        return Err(ReadError::Channels(spec.channels));
    }
    if !RATES.contains(&spec.sample_rate) {
        return Err(ReadError::Rate(spec.sample_rate));
    }
    Ok(reader)
}

fn read_samples(mut reader: WavReader<impl Read>, most: u32) -> Result<ReadSound, ReadError> {
    let spec = reader.spec();
    let channels = usize::from(spec.channels);
    let (length, most) = (reader.duration().min(most), most as usize * channels);
    let samples: Vec<f32> = match (spec.sample_format, spec.bits_per_sample) {
        (SampleFormat::Float, 32) => reader.samples::<f32>().map_while(Result::ok).take(most).collect(),
        (SampleFormat::Int, bits @ (8 | 16 | 24 | 32)) => {
            let full = 2_f32.powi(i32::from(bits) - 1);
            reader.samples::<i32>().map_while(Result::ok).take(most).map(|value| value as f32 / full).collect()
        }
        (format, bits) => return Err(ReadError::Format(bits, format == SampleFormat::Float)),
    };
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

fn problem(error: hound::Error) -> ReadError {
    match error {
        hound::Error::IoError(error) if error.raw_os_error().is_some() => error.into(),
        hound::Error::IoError(_) => ReadError::CutHeader,
        hound::Error::Unsupported | hound::Error::InvalidSampleFormat | hound::Error::TooWide => ReadError::OtherFormat,
        _ => ReadError::NotWav,
    }
}

#[cfg(test)]
mod tests {
    use hound::{WavSpec, WavWriter};

    use super::*;

    fn spec(rate: u32, channels: u16, bits: u16, sample_format: SampleFormat) -> WavSpec {
        WavSpec { channels, sample_rate: rate, bits_per_sample: bits, sample_format }
    }

    fn int(rate: u32, channels: u16) -> WavSpec {
        spec(rate, channels, 16, SampleFormat::Int)
    }

    /// The bytes of a file with this number of samples of 0.5 in each channel.
    fn written(spec: WavSpec, count: usize) -> Vec<u8> {
        let mut file = Cursor::new(Vec::new());
        let mut writer = WavWriter::new(&mut file, spec).unwrap();
        for _ in 0..count * usize::from(spec.channels) {
            match spec.sample_format {
                SampleFormat::Float => writer.write_sample(0.5_f32).unwrap(),
                SampleFormat::Int => writer.write_sample(1_i32 << (spec.bits_per_sample - 2)).unwrap(),
            }
        }
        writer.finalize().unwrap();
        file.into_inner()
    }

    fn read(bytes: &[u8]) -> Result<ReadSound, ReadError> {
        read_wav(bytes)
    }

    #[test]
    fn all_formats_are_read_to_the_same_level() {
        for (bits, format) in
            [8, 16, 24, 32].map(|bits| (bits, SampleFormat::Int)).into_iter().chain([(32, SampleFormat::Float)])
        {
            for (rate, channels) in [(8000, 1), (16000, 2), (44100, 1), (48000, 2)] {
                let read = read(&written(spec(rate, channels, bits, format), 1000)).unwrap();
                assert_eq!((read.sound.rate, read.channels, read.bits, read.is_cut), (rate, channels, bits, false));
                assert_eq!(read.sound.samples, vec![0.5; 1000], "{bits} {format:?}");
            }
        }
    }

    #[test]
    fn each_bad_file_gets_its_own_reason() {
        let refused = |what: WavSpec, count: usize| read(&written(what, count)).unwrap_err();
        assert_eq!(refused(int(8000, 1), 0), ReadError::Empty);
        assert_eq!(refused(int(96000, 1), 10), ReadError::Rate(96000));
        assert_eq!(refused(int(4000, 1), 10), ReadError::Rate(4000));
        assert_eq!(refused(int(8000, 6), 10), ReadError::Channels(6));
        assert_eq!(ReadError::from(Error::from(ErrorKind::NotFound)), ReadError::Missing);
        assert!(matches!(ReadError::from(Error::from(ErrorKind::IsADirectory)), ReadError::Unreadable(_)));
        let mut compressed = written(int(8000, 1), 10);
        compressed[20] = 7; // G.711 µ
        assert_eq!(read(&compressed), Err(ReadError::OtherFormat));
        for error in [
            ReadError::Missing,
            ReadError::Empty,
            ReadError::Rate(96000),
            ReadError::TooLong(10800, 7200),
            ReadError::NotWav,
        ] {
            assert!(error.to_string().contains(": "), "{error} says what to do");
        }
    }

    #[test]
    fn a_header_alone_decides_that_three_hours_are_too_long() {
        let mut bytes = written(int(8000, 1), 10);
        bytes[40..44].copy_from_slice(&(3 * 3600 * 16000_u32).to_le_bytes());
        assert_eq!(read(&bytes), Err(ReadError::TooLong(10800, 7200)));
    }

    #[test]
    fn files_that_are_cut_or_no_sound_are_told_apart() {
        let whole = written(int(8000, 1), 100);
        for length in 1..44 {
            let error = read(&whole[..length]).unwrap_err();
            assert!(matches!(error, ReadError::CutHeader | ReadError::Empty), "{length}: {error:?}");
        }
        let cut = read(&whole[..whole.len() - 51]).unwrap();
        assert!(cut.is_cut && cut.sound.samples.len() == 74, "{}", cut.sound.samples.len());
        for other in [b"".as_slice(), b"ID3\x04 an MP3 file, for instance, of some length", &[0xff; 500]] {
            assert_eq!(read(other), Err(ReadError::NotWav), "{}", other.len());
        }
    }

    /// No byte of a header makes it panic or take much memory.
    #[test]
    fn any_header_is_read_or_refused() {
        let whole = written(int(8000, 1), 20);
        for place in 0..44 {
            for value in 0..=255 {
                let mut bytes = whole.clone();
                bytes[place] = value;
                if let Ok(read) = read(&bytes) {
                    assert!(read.sound.samples.len() <= 40, "byte {place} = {value}");
                }
            }
        }
    }
}
