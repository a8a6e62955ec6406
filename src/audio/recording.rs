//! Recordings of a call: a sound, and when it was.
use std::io::{Cursor, Read};

use super::read::{MAX_SAMPLES, ReadError, read_wav_part};
use super::{Sound, Span};

/// The most samples of a recording that are analysed: half an hour at 8 kHz, 5 minutes at 48 kHz.
pub const ANALYSED_SAMPLES: u32 = MAX_SAMPLES / 4;
/// The recorder's chunk in the header, and its length.
const CHUNK: &[u8] = b"time";
const HEADER: usize = 192;
/// Where it stands, in the recorder's files.
const PLACE: usize = 36;
const HOLES: usize = 16;

/// One recording of one direction of a call.
#[derive(Debug, Clone, PartialEq)]
pub struct Recording {
    /// The time of its first sample, in milliseconds since the epoch; none where the file does not say.
    pub begins: Option<f64>,
    /// Where no sound came, in seconds from its first sample.
    pub holes: Vec<Span>,
    /// Its beginning, [`ANALYSED_SAMPLES`] at most.
    pub sound: Sound,
    /// The length of all of it.
    pub seconds: f64,
}

/// Reads a recording: a WAV file of our recorder, or of another.
///
/// # Errors
/// It is no sound that can be read.
pub fn read_recording(mut source: impl Read) -> Result<Recording, ReadError> {
    let mut header = Vec::new();
    source.by_ref().take(HEADER as u64).read_to_end(&mut header)?;
    let (begins, holes) = times(&header);
    let (read, samples) = read_wav_part(Cursor::new(header).chain(source), ANALYSED_SAMPLES)?;
    let rate = f64::from(read.sound.rate);
    let span = |(from, length): (u32, u32)| Span {
        from: f64::from(from) / rate,
        to: (f64::from(from) + f64::from(length)) / rate,
    };
    let holes = holes.into_iter().map(span).collect();
    Ok(Recording { begins, holes, seconds: f64::from(samples) / rate, sound: read.sound })
}

/// What the recorder's chunk says: the beginning, and the holes as first sample and number of samples.
fn times(header: &[u8]) -> (Option<f64>, Vec<(u32, u32)>) {
    let chunk = header.get(PLACE..).filter(|rest| rest.len() >= 20 && rest.starts_with(CHUNK));
    let Some(chunk) = chunk.map(|chunk| &chunk[8..]) else { return (None, vec![]) };
    let word =
        |at: usize| chunk.get(at..at + 4).map(|bytes| u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]));
    let (low, high) = (word(0).unwrap_or(0), word(4).unwrap_or(0));
    let microseconds = (u64::from(high) << 32) | u64::from(low);
    let count = (word(8).unwrap_or(0) as usize).min(HOLES);
    let holes = (0..count).filter_map(|hole| Some((word(12 + 8 * hole)?, word(16 + 8 * hole)?))).collect();
    ((microseconds > 0).then_some(microseconds as f64 / 1000.0), holes)
}

/// All recordings of one direction of a call, in their order: each hold begins another one.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Track(pub Vec<Recording>);

impl Track {
    /// The time of its first sample, in milliseconds since the epoch.
    pub fn begins(&self) -> Option<f64> {
        self.0.first()?.begins
    }

    /// Where each recording begins, in milliseconds from the first sample of all.
    pub fn starts(&self) -> Vec<f64> {
        let first = self.begins();
        let mut end = 0.0;
        let place = |recording: &Recording| {
            let start = recording.begins.zip(first).map_or(end, |(begins, first)| begins - first);
            end = start + recording.seconds * 1000.0;
            start
        };
        self.0.iter().map(place).collect()
    }

    /// Its longest part between two times in milliseconds since the epoch, and when that begins. None where nothing of
    /// it is known to be then.
    pub fn part(&self, from: f64, to: f64) -> Option<(f64, Sound)> {
        let parts = self.0.iter().filter_map(|recording| {
            let begins = recording.begins?;
            let start = from.max(begins);
            let span = Span { from: (start - begins) / 1000.0, to: (to - begins) / 1000.0 };
            let part = recording.sound.part(span);
            (!part.samples.is_empty()).then_some((start, part))
        });
        parts.max_by(|(_, one), (_, other)| one.seconds().total_cmp(&other.seconds()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file as our recorder writes it: 8 kHz, mono.
    fn recorded(begins: u64, holes: &[(u32, u32)], count: usize) -> Vec<u8> {
        let mut file = b"RIFF....WAVEfmt ".to_vec();
        file.extend([16, 0, 0, 0, 1, 0, 1, 0, 0x40, 0x1f, 0, 0, 0x80, 0x3e, 0, 0, 2, 0, 16, 0]);
        file.extend(b"time");
        file.extend(140_u32.to_le_bytes());
        file.extend(begins.to_le_bytes());
        file.extend((holes.len() as u32).to_le_bytes());
        holes.iter().for_each(|(from, length)| file.extend([from.to_le_bytes(), length.to_le_bytes()].concat()));
        file.resize(36 + 8 + 140, 0);
        file.extend(b"data");
        file.extend((2 * count as u32).to_le_bytes());
        file.extend([0, 64].repeat(count));
        file
    }

    #[test]
    fn a_recording_says_when_it_was() {
        let file = recorded(1_700_000_000_123_456, &[(4000, 2000)], 8000);
        assert_eq!(file.len(), HEADER + 16_000);
        let read = read_recording(file.as_slice()).unwrap();
        assert_eq!(read.begins, Some(1_700_000_000_123.456));
        assert_eq!(read.holes, [Span { from: 0.5, to: 0.75 }]);
        assert_eq!((read.seconds, read.sound.samples.len(), read.sound.samples[0]), (1.0, 8000, 0.5));
        // however many it claims to have
        let mut many = file.clone();
        many[52..56].copy_from_slice(&u32::MAX.to_le_bytes());
        assert_eq!(read_recording(many.as_slice()).unwrap().holes.len(), HOLES);
        for length in 0..HEADER {
            assert!(read_recording(&file[..length]).is_err(), "{length}");
        }
    }

    #[test]
    fn another_recorders_file_has_no_time() {
        let mut file = std::io::Cursor::new(Vec::new());
        let spec = hound::WavSpec {
            channels: 1,
            sample_rate: 8000,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut writer = hound::WavWriter::new(&mut file, spec).unwrap();
        (0..4000).for_each(|_| writer.write_sample(100_i16).unwrap());
        writer.finalize().unwrap();
        let read = read_recording(file.into_inner().as_slice()).unwrap();
        assert_eq!((read.begins, read.holes.len(), read.seconds), (None, 0, 0.5));
    }

    #[test]
    fn a_track_knows_its_parts_by_the_clock() {
        let recording = |begins: f64, seconds: usize| Recording {
            begins: Some(begins),
            holes: vec![],
            sound: Sound::new(8000, vec![0.1; seconds * 8000]),
            seconds: seconds as f64,
        };
        let track = Track(vec![recording(1000.0, 2), recording(6000.0, 3)]);
        assert_eq!(track.starts(), [0.0, 5000.0]);
        let (start, part) = track.part(2500.0, 8000.0).unwrap();
        assert_eq!((start, part.seconds()), (6000.0, 2.0));
        let (start, part) = track.part(500.0, 1500.0).unwrap();
        assert_eq!((start, part.seconds()), (1000.0, 0.5));
        assert_eq!(track.part(3500.0, 5000.0), None);
    }
}
