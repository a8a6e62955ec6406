//! The inputs that the caller gives the scripts of its runs.

use crate::engine::Pause;
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// Where a secret is looked for that no file gives: the environment of the program.
pub type Lookup = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// Whether something may have that name: letters, digits, `_`, `-` and `.`, a letter or `_` first.
pub fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))
}

#[derive(Clone, Default)]
pub struct Inputs {
    /// `--define NAME=VALUE`, in the order given: parameters of a script, macros of a testfile.
    pub defines: Vec<(String, String)>,
    /// `--env-file`: as `defines`, and never shown.
    pub secrets: BTreeMap<String, String>,
    /// The accounts file: name → account line.
    pub accounts: BTreeMap<String, String>,
    /// The folder of validation scripts; without one they are not read.
    pub scripts: Option<PathBuf>,
    /// Secrets that no file gives.
    pub environment: Option<Lookup>,
    /// What happens inside a script that has failed, before its run ends.
    pub pause: Option<Pause>,
}

impl Inputs {
    pub fn param(&self, name: &str) -> Option<String> {
        let defined = self.defines.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value);
        defined.or_else(|| self.secrets.get(name)).cloned()
    }

    pub fn secret(&self, name: &str) -> Option<String> {
        let given = self.secrets.get(name).cloned().or_else(|| self.param(name));
        given.or_else(|| self.environment.as_ref()?(name))
    }

    /// What replaces macros of these names in testfiles, whatever they say themselves.
    pub fn macros(&self) -> Vec<(String, String)> {
        let secrets = self.secrets.iter().map(|(name, value)| (name.clone(), value.clone()));
        secrets.chain(self.defines.iter().cloned()).collect()
    }
}

impl fmt::Debug for Inputs {
    /// The names alone.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.defines.iter().map(|(name, _)| name).chain(self.secrets.keys()).chain(self.accounts.keys());
        f.debug_list().entries(names).finish()
    }
}
