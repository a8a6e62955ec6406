//! Where sound files are looked for: the user's folder first, then those that the program carries.

use std::io;
use std::path::{Path, PathBuf};

/// The sounds in the binary: file name and WAV bytes (8 kHz mono PCM16).
const BUILT_IN: [(&str, &[u8]); 3] = [
    ("alice.wav", include_bytes!("../../data/sounds/alice.wav")),
    ("bob.wav", include_bytes!("../../data/sounds/bob.wav")),
    ("charlie.wav", include_bytes!("../../data/sounds/charlie.wav")),
];

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
        let partial = folder.join(format!(".{name}.{}", std::process::id()));
        std::fs::write(&partial, bytes)?;
        std::fs::rename(&partial, folder.join(name))?;
    }
    Ok(())
}
