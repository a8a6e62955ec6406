//! Whether a program's text has a word in it, or that of a module that it imports.

use super::program::Program;
use super::{modules, stdlib};
use regex::Regex;
use std::collections::HashSet;
use std::sync::LazyLock;

/// More modules are not looked at.
const MOST: usize = 100;

static IMPORT: LazyLock<Regex> = LazyLock::new(|| Regex::new(r#"\bimport\s*"([^"]*)""#).expect("a fixed pattern"));

impl Program {
    /// Whether one of the words, in any case, stands in the text, or in a file that it imports; the standard library does not count.
    pub fn mentions(&self, words: &[&str]) -> bool {
        let words: Vec<String> = words.iter().map(|word| word.to_ascii_lowercase()).collect();
        let mut texts = vec![(None, self.script.rhai.clone())];
        let mut known = HashSet::new();
        while let Some((name, text)) = texts.pop() {
            let lower = text.to_ascii_lowercase();
            if words.iter().any(|word| lower.contains(word)) {
                return true;
            }
            for import in IMPORT.captures_iter(&text) {
                let Ok(full) = modules::full_name(self, name.as_deref(), &import[1]) else { continue };
                let is_new = !stdlib::is_std(&full) && known.len() < MOST && known.insert(full.clone());
                // the import itself reports what can't be read
                if let (true, Ok(text)) = (is_new, modules::read_module(self, &full)) {
                    texts.push((Some(full), text));
                }
            }
        }
        false
    }
}
