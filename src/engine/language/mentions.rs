//! All texts of a program: its own, and those of the modules that it imports.

use super::program::Program;
use super::{modules, stdlib};
use regex::Regex;
use std::collections::HashSet;
use std::sync::LazyLock;

/// More modules are not looked at.
const MOST: usize = 100;

static IMPORT: LazyLock<Regex> = LazyLock::new(|| Regex::new(r#"\bimport\s*"([^"]*)""#).expect("a fixed pattern"));

impl Program {
    /// Its text and those of the files that it imports, one after another; the standard library does not count. A
    /// word that is not in it is not in the program.
    pub fn all_texts(&self) -> String {
        let mut all = String::new();
        let mut texts = vec![(None, self.script.rhai.clone())];
        let mut known = HashSet::new();
        while let Some((name, text)) = texts.pop() {
            for import in IMPORT.captures_iter(&text) {
                let Ok(full) = modules::full_name(self, name.as_deref(), &import[1]) else { continue };
                let is_new = !stdlib::is_std(&full) && known.len() < MOST && known.insert(full.clone());
                // the import itself reports what can't be read
                if let (true, Ok(text)) = (is_new, modules::read_module(self, &full)) {
                    texts.push((Some(full), text));
                }
            }
            all.push_str(&text);
            all.push('\n');
        }
        all
    }
}
