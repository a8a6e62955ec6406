//! Secret values of a run, masked wherever a text leaves it.

use std::sync::RwLock;

/// The values that must never be seen. Grows while the run goes on.
#[derive(Debug, Default)]
pub struct Secrets(RwLock<Vec<String>>);

impl Secrets {
    /// Values under three characters are not masked: they would tear ordinary text apart.
    pub fn add(&self, value: &str) {
        if value.chars().count() < 3 {
            return;
        }
        let mut values = self.0.write().unwrap_or_else(|poisoned| poisoned.into_inner());
        if !values.iter().any(|known| known == value) {
            values.push(value.to_string());
            // the longest first: a secret may contain another
            values.sort_by_key(|value| std::cmp::Reverse(value.len()));
        }
    }

    /// The text with every secret value replaced by `***`.
    pub fn mask(&self, text: &str) -> String {
        let values = self.0.read().unwrap_or_else(|poisoned| poisoned.into_inner());
        let mut masked = text.to_string();
        for value in values.iter() {
            if masked.contains(value.as_str()) {
                masked = masked.replace(value.as_str(), "***");
            }
        }
        masked
    }

    pub fn is_empty(&self) -> bool {
        self.0.read().unwrap_or_else(|poisoned| poisoned.into_inner()).is_empty()
    }
}
