//! A script: Rhai text, and which line of the user's file each of its lines comes from. Runs nothing, knows no engine.

mod compile;
mod syntax;

use crate::diagnostic::{Place, Source};
use crate::event::At;
use std::sync::Arc;

pub use compile::compile;

/// What the engine runs.
#[derive(Debug, Clone)]
pub struct Script {
    /// The file that the user wrote: a testfile or a Rhai script.
    pub source: Arc<Source>,
    /// The Rhai text; for a Rhai script the source's own.
    pub rhai: String,
    /// For a compiled testfile: the testfile's line for each line of `rhai` (0 where there is none). Empty for a Rhai script.
    pub lines: Vec<u32>,
    /// The commands that it is known to send, with what they are given and their places: for checks before any agent starts.
    pub commands: Vec<(String, Place)>,
}

impl Script {
    /// A Rhai script as the user wrote it.
    pub fn rhai(source: Arc<Source>) -> Script {
        Script { rhai: source.text.clone(), source, lines: vec![], commands: vec![] }
    }

    /// The place in the user's file of a position in `rhai` (from 1); for a line that the compiler added, the start of the file.
    pub fn place(&self, line: u32, column: u32) -> Place {
        match self.lines.get(line.saturating_sub(1) as usize) {
            Some(0) => Place { source: self.source.clone(), span: 0..0 },
            Some(line) => Place::line(&self.source, *line),
            None => {
                let offset = self.source.offset(line, column);
                let rest = &self.source.text[offset..];
                Place { source: self.source.clone(), span: offset..offset + length_of_word(rest) }
            }
        }
    }

    /// The same as plain data, for events.
    pub fn at(&self, line: u32, column: u32) -> At {
        let (line, column) = self.place(line, column).line_column();
        At { source: self.source.name.as_str().into(), line, column }
    }
}

/// How many bytes belong to what a text begins with: a word, a text in quotes on one line, or any one character.
fn length_of_word(text: &str) -> usize {
    let quoted = || {
        let line = text.strip_prefix('"')?.lines().next()?;
        line.find('"').map(|end| end + 2)
    };
    let word = text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').map(char::len_utf8).sum::<usize>();
    quoted().unwrap_or_else(|| word.max(text.chars().next().map_or(0, char::len_utf8)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testfile;
    use proptest::prelude::*;

    #[test]
    fn the_commands_of_a_script_have_places() {
        let file =
            testfile::parse(&Source::new("calls", "_define D dial x\nuanew a\nD | 2s | b:hangup\n"), &[]).unwrap();
        let commands = compile(&file).commands;
        let places: Vec<_> = commands.iter().map(|(word, place)| (word.as_str(), place.to_string())).collect();
        assert_eq!(places, [("dial x", "calls:3:1".to_string()), ("b:hangup", "calls:3:10".to_string())]);
    }

    proptest! {
        #[test]
        fn each_line_of_a_script_has_its_place_in_the_source(text in "(_define [a-c] [a-c]\n|uanew <sip:[a-c]@h>\n|[a-c:| ]{0,9}(1s)?\n|\\PC{0,9}\n){0,9}") {
            let source = Source::new("calls", text);
            if let Ok(file) = testfile::parse(&source, &[]) {
                let script = compile(&file);
                prop_assert_eq!(script.lines.len(), script.rhai.lines().count());
                for line in 1..=script.lines.len() as u32 {
                    prop_assert!(script.place(line, 1).span.end <= source.text.len());
                }
            }
        }
    }
}
