//! Where sound files are looked for: the user's folder first, then those that the program carries.

use super::replace::replace_by;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The sounds in the binary: file name and WAV bytes (mono PCM16; 8 kHz, `_16k` 16 kHz).
pub const BUILT_IN: [(&str, &[u8]); 9] = [
    ("alice.wav", include_bytes!("../../data/sounds/alice.wav")),
    ("bob.wav", include_bytes!("../../data/sounds/bob.wav")),
    ("charlie.wav", include_bytes!("../../data/sounds/charlie.wav")),
    ("alice_speech.wav", include_bytes!("../../data/sounds/alice_speech.wav")),
    ("bob_speech.wav", include_bytes!("../../data/sounds/bob_speech.wav")),
    ("charlie_speech.wav", include_bytes!("../../data/sounds/charlie_speech.wav")),
    ("alice_speech_16k.wav", include_bytes!("../../data/sounds/alice_speech_16k.wav")),
    ("bob_speech_16k.wav", include_bytes!("../../data/sounds/bob_speech_16k.wav")),
    ("charlie_speech_16k.wav", include_bytes!("../../data/sounds/charlie_speech_16k.wav")),
];

/// What agents send that are given no sound.
pub const SILENCE: &str = "silence.wav";

/// Long enough for any call without sound on a baresip that ends a call with its file.
const SILENCE_SECONDS: u32 = 300;

/// `<data_dir>/sounds`, then the folder of the built-in ones.
pub fn sound_folders(data_dir: &Path) -> Vec<PathBuf> {
    vec![data_dir.join("sounds"), data_dir.join("built-in/sounds")]
}

/// Writes the built-in sounds that neither folder has: agents read files. Two hosts may do so at once: a file appears whole.
pub fn materialise(data_dir: &Path) -> io::Result<()> {
    let folders = sound_folders(data_dir);
    for (name, bytes) in BUILT_IN {
        let there = |folder: &PathBuf| folder.join(name).metadata().is_ok_and(|file| file.len() > 0);
        if folders.iter().any(there) {
            continue;
        }
        let folder = &folders[1];
        std::fs::create_dir_all(folder)?;
        replace_by(&folder.join(name), |file| file.write_all(bytes))?;
    }
    silence(&folders)
}

/// What an agent sends that is given no sound: a file of zeros, which takes no room on the disk.
fn silence(folders: &[PathBuf]) -> io::Result<()> {
    let path = folders[1].join(SILENCE);
    if path.is_file() {
        return Ok(());
    }
    std::fs::create_dir_all(&folders[1])?;
    let spec =
        hound::WavSpec { channels: 1, sample_rate: 8000, bits_per_sample: 16, sample_format: hound::SampleFormat::Int };
    let bytes = SILENCE_SECONDS * 8000 * 2;
    let mut header = io::Cursor::new(vec![]);
    hound::WavWriter::new(&mut header, spec).and_then(hound::WavWriter::finalize).map_err(io::Error::other)?;
    let mut header = header.into_inner();
    // the sizes of the RIFF and of its data chunk, which is the last
    let length = header.len();
    header[4..8].copy_from_slice(&(length as u32 - 8 + bytes).to_le_bytes());
    header[length - 4..].copy_from_slice(&bytes.to_le_bytes());
    replace_by(&path, |file| {
        file.write_all(&header)?;
        file.set_len(length as u64 + u64::from(bytes))
    })
}
