//! A bounded map that forgets the entries that were changed least recently: names come from outside, without limit.

use std::collections::HashMap;

/// Keeps at least the newest [`Recent::MOST`] entries, and at most twice as many.
#[derive(Debug)]
pub struct Recent<V> {
    new: HashMap<String, V>,
    old: HashMap<String, V>,
}

impl<V> Default for Recent<V> {
    fn default() -> Recent<V> {
        Recent { new: HashMap::new(), old: HashMap::new() }
    }
}

impl<V: Default> Recent<V> {
    pub const MOST: usize = 10_000;

    pub fn get(&self, key: &str) -> Option<&V> {
        self.new.get(key).or_else(|| self.old.get(key))
    }

    /// The entry of this name; creates it if there is none.
    pub fn entry(&mut self, key: &str) -> &mut V {
        if !self.new.contains_key(key) {
            let value = self.old.remove(key).unwrap_or_default();
            if self.new.len() >= Self::MOST {
                self.old = std::mem::take(&mut self.new);
            }
            self.new.insert(key.to_string(), value);
        }
        self.new.entry(key.to_string()).or_default()
    }

    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.new.len() + self.old.len()
    }
}
