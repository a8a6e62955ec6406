//! How ringo-core compiled the C files of baresip and libre, read from what cmake wrote down.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// The files that were compiled, each with its command.
pub struct Commands {
    entries: Vec<(PathBuf, String)>,
}

impl Commands {
    /// Reads the `compile_commands.json` of each of the folders.
    pub fn read(folders: &[&Path]) -> Commands {
        let mut entries = Vec::new();
        for path in folders.iter().map(|folder| folder.join("compile_commands.json")) {
            let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("cannot read {}: {e}", path.display()));
            let list: Vec<Value> =
                serde_json::from_str(&text).unwrap_or_else(|e| panic!("{} is no list in JSON: {e}", path.display()));
            entries.extend(list.iter().filter_map(|entry| {
                Some((PathBuf::from(entry["file"].as_str()?), entry["command"].as_str()?.to_string()))
            }));
        }
        Commands { entries }
    }

    /// The first file that is as wanted, with its flags.
    pub fn find(&self, wanted: impl Fn(&Path) -> bool) -> Option<(&Path, Flags)> {
        let (file, command) = self.entries.iter().find(|(file, _)| wanted(file))?;
        Some((file, Flags::of(command)))
    }
}

/// The flags of one file that decide what its code means; how it is optimised is cargo's.
pub struct Flags {
    arguments: Vec<String>,
}

impl Flags {
    fn of(command: &str) -> Flags {
        let mut arguments = Vec::new();
        let mut words = words(command).into_iter();
        while let Some(word) = words.next() {
            if word == "-isystem" {
                arguments.push(word);
                arguments.extend(words.next());
            } else if ["-D", "-I", "-std="].iter().any(|start| word.starts_with(start)) {
                arguments.push(word);
            }
        }
        Flags { arguments }
    }

    /// baresip's version.
    pub fn version(&self) -> &str {
        self.arguments
            .iter()
            .find_map(|a| a.strip_prefix("-DVERSION=\"")?.strip_suffix('"'))
            .unwrap_or_else(|| panic!("baresip's version is not among its compiler flags: {:?}", self.arguments))
    }

    /// A compiler with these flags.
    pub fn build(&self) -> cc::Build {
        let mut build = cc::Build::new();
        build.cargo_metadata(false);
        for argument in &self.arguments {
            build.flag(argument);
        }
        build
    }
}

/// A shell command's words; cmake writes backslashes and double quotes.
fn words(command: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted, mut started) = (Vec::new(), String::new(), false, false);
    let mut chars = command.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => word.extend(chars.next()),
            '"' => (quoted, started) = (!quoted, true),
            ' ' if !quoted => {
                if started || !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                started = false;
            }
            _ => word.push(c),
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}
