//! A recording for the page: its bytes as a data URI, and its loudness over time with silence and clipping marked.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hound::{SampleFormat, WavReader};
use std::fmt::Write;
use std::io::Cursor;

/// How many columns a waveform has.
const COLUMNS: usize = 240;
/// What never gets louder than that is silent.
const SILENT: f64 = 0.001;
/// A pause within a word is shorter, in seconds.
const SHORTEST_SILENCE: f64 = 0.2;
/// The end of the scale, but for what rounding takes.
const FULL: f64 = 0.985;
/// Half its height, in the units of the path.
const HALF: f64 = 24.0;

/// A recording that a browser can play.
#[derive(Debug, Clone, PartialEq)]
pub struct Sound {
    /// Seconds.
    pub seconds: f64,
    /// `2.0 s`
    pub length: String,
    /// `8 kHz, mono`
    pub format: String,
    /// The largest sample, 0 to 1.
    pub peak: f64,
    /// `peak -12 dB`, to full scale; `silent` for nothing but digital silence.
    pub loudness: String,
    /// An SVG path in a box of 240 × 48.
    pub path: String,
    /// Where nothing is heard for 0.2 s or longer, and where the sound reaches full scale: paths of areas in that box.
    pub silence: String,
    pub clipping: String,
    /// What these show, in words, if anything: `2.4 s without sound, reaches full scale`.
    pub marked: String,
    /// `data:audio/wav;base64,…`
    pub uri: String,
}

impl Sound {
    /// None for what is no WAV file with whole or floating samples.
    pub fn of(bytes: &[u8]) -> Option<Sound> {
        let mut reader = WavReader::new(Cursor::new(bytes)).ok()?;
        let spec = reader.spec();
        let frames = reader.duration() as usize;
        let channels = usize::from(spec.channels.max(1));
        let mut columns = vec![0.0f64; COLUMNS];
        let mut loudest = |index: usize, sample: f64| {
            let column = (index / channels).saturating_mul(COLUMNS) / frames.max(1);
            if let Some(column) = columns.get_mut(column) {
                *column = column.max(sample.abs().min(1.0));
            }
        };
        // a file that was cut short has fewer samples than its header says
        match spec.sample_format {
            SampleFormat::Int => {
                let full = f64::from(1u32 << u32::from(spec.bits_per_sample.clamp(1, 32) - 1));
                let samples = reader.samples::<i32>().map_while(Result::ok);
                samples.enumerate().for_each(|(index, sample)| loudest(index, f64::from(sample) / full));
            }
            SampleFormat::Float => {
                let samples = reader.samples::<f32>().map_while(Result::ok);
                samples.enumerate().for_each(|(index, sample)| loudest(index, f64::from(sample)));
            }
        }
        let channels = match spec.channels {
            1 => "mono".to_string(),
            2 => "stereo".to_string(),
            more => format!("{more} channels"),
        };
        let peak = columns.iter().copied().fold(0.0, f64::max);
        let seconds = frames as f64 / f64::from(spec.sample_rate.max(1));
        let shortest = (SHORTEST_SILENCE * COLUMNS as f64 / seconds.max(0.001)).ceil() as usize;
        let silences = runs(&columns, shortest.max(1), |loudness| loudness < SILENT);
        let clippings = runs(&columns, 1, |loudness| loudness >= FULL);
        Some(Sound {
            seconds,
            length: format!("{seconds:.1} s"),
            format: format!("{} kHz, {channels}", f64::from(spec.sample_rate) / 1000.0),
            peak,
            loudness: if peak < SILENT { "silent".into() } else { format!("peak {:.0} dB", 20.0 * peak.log10()) },
            path: path(&columns),
            marked: marked(&silences, !clippings.is_empty(), seconds),
            silence: areas(&silences),
            clipping: areas(&clippings),
            uri: format!("data:audio/wav;base64,{}", BASE64_STANDARD.encode(bytes)),
        })
    }

    pub fn is_silent(&self) -> bool {
        self.peak < SILENT
    }
}

/// A bar a column, around the middle; silence is a thin line.
fn path(columns: &[f64]) -> String {
    let mut path = String::with_capacity(columns.len() * 16);
    for (x, loudness) in columns.iter().enumerate() {
        let half = (loudness * (HALF - 1.0)).max(0.5);
        let _ = write!(path, "M{x}.5 {:.1}V{:.1}", HALF - half, HALF + half);
    }
    path
}

/// Columns in a row that are alike, as their first and how many there are.
fn runs(columns: &[f64], shortest: usize, alike: impl Fn(f64) -> bool) -> Vec<(usize, usize)> {
    let mut first = 0;
    let parts = columns.chunk_by(|a, b| alike(*a) == alike(*b)).map(|part| {
        first += part.len();
        (first - part.len(), part.len(), alike(part[0]))
    });
    parts.filter(|(_, count, is)| *is && *count >= shortest).map(|(first, count, _)| (first, count)).collect()
}

fn areas(runs: &[(usize, usize)]) -> String {
    runs.iter().map(|(first, count)| format!("M{first} 0h{count}v{0}h-{count}z", 2.0 * HALF)).collect()
}

fn marked(silences: &[(usize, usize)], clipped: bool, seconds: f64) -> String {
    let columns: usize = silences.iter().map(|(_, count)| count).sum();
    let silent = columns as f64 * seconds / COLUMNS as f64;
    let silence = (columns > 0).then(|| format!("{silent:.1} s without sound"));
    let clipping = clipped.then(|| "reaches full scale".to_string());
    silence.into_iter().chain(clipping).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use hound::{WavSpec, WavWriter};
    use proptest::prelude::*;

    fn wav(spec: WavSpec, write: impl Fn(&mut WavWriter<Cursor<&mut Vec<u8>>>)) -> Vec<u8> {
        let mut bytes = vec![];
        let mut writer = WavWriter::new(Cursor::new(&mut bytes), spec).unwrap();
        write(&mut writer);
        writer.finalize().unwrap();
        bytes
    }

    const PHONE: WavSpec =
        WavSpec { channels: 1, sample_rate: 8000, bits_per_sample: 16, sample_format: SampleFormat::Int };

    #[test]
    fn a_second_of_a_tone_after_a_second_of_silence() {
        let bytes = wav(PHONE, |writer| {
            (0..8000).for_each(|_| writer.write_sample(0i16).unwrap());
            (0..8000).for_each(|n| writer.write_sample(if n % 8 < 4 { 16384i16 } else { -16384 }).unwrap());
        });
        let sound = Sound::of(&bytes).unwrap();
        assert_eq!((sound.seconds, sound.peak, sound.format.as_str()), (2.0, 0.5, "8 kHz, mono"));
        assert_eq!((sound.length.as_str(), sound.loudness.as_str()), ("2.0 s", "peak -6 dB"));
        assert!(sound.path.starts_with("M0.5 23.5V24.5M1.5 23.5V24.5"), "{}", sound.path);
        assert!(sound.path.ends_with("M239.5 12.5V35.5"), "{}", sound.path);
        assert!(sound.uri.starts_with("data:audio/wav;base64,UklGR"));
        assert!(!sound.is_silent());
        assert_eq!((sound.silence.as_str(), sound.clipping.as_str()), ("M0 0h120v48h-120z", ""));
        assert_eq!(sound.marked, "1.0 s without sound");
    }

    #[test]
    fn clipping_and_silences_are_marked_and_short_pauses_are_not() {
        let bytes = wav(PHONE, |writer| {
            for n in 0..24_000 {
                let loud = n < 1600 || (2400..8000).contains(&n) || n >= 16_000;
                writer.write_sample(if n >= 23_900 { i16::MIN } else { 8000 * i16::from(loud) }).unwrap();
            }
        });
        let sound = Sound::of(&bytes).unwrap();
        assert_eq!((sound.silence.as_str(), sound.clipping.as_str()), ("M80 0h80v48h-80z", "M239 0h1v48h-1z"));
        assert_eq!(sound.marked, "1.0 s without sound, reaches full scale");
    }

    #[test]
    fn other_formats_and_torn_files() {
        let float =
            WavSpec { channels: 2, sample_rate: 48000, bits_per_sample: 32, sample_format: SampleFormat::Float };
        let bytes = wav(float, |writer| (0..96).for_each(|_| writer.write_sample(0.25f32).unwrap()));
        let sound = Sound::of(&bytes).unwrap();
        assert_eq!((sound.seconds, sound.peak, sound.format.as_str()), (0.001, 0.25, "48 kHz, stereo"));
        let bytes = wav(PHONE, |writer| (0..8000).for_each(|_| writer.write_sample(0i16).unwrap()));
        assert!(Sound::of(&bytes).unwrap().is_silent());
        assert!(Sound::of(&bytes[..5000]).is_some());
        assert_eq!(Sound::of(b"RIFF"), None);
        assert_eq!(Sound::of(b"<script>alert(1)</script>"), None);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), damage in 0usize..60, value: u8) {
            Sound::of(&bytes);
            let mut bytes = wav(PHONE, |writer| (0..20).for_each(|n| writer.write_sample(n as i16 * 1000).unwrap()));
            bytes[damage] = value;
            Sound::of(&bytes);
        }
    }
}
