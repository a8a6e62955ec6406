//! Finds tests that do nothing and therefore always pass.

use super::walk::Walk;
use std::path::{Component, Path};

/// Functions that describe a test or return a value: they are no steps.
const DECLARING: [&str; 20] = [
    "accept",
    "account",
    "agent",
    "debug",
    "fail_on",
    "hash",
    "ignore",
    "include",
    "is_def_fn",
    "is_def_var",
    "on",
    "only",
    "param",
    "repeat",
    "secret",
    "strict",
    "tags",
    "timeout",
    "uafind",
    "webhook",
];

impl Walk<'_> {
    /// Notes a call that may be a step.
    pub fn called(&mut self, name: &str) {
        if !DECLARING.contains(&name) {
            self.steps += 1;
        }
    }

    /// Reports tests without steps. Called after all blocks, because a setup may do what a test needs, and may come
    /// after it.
    pub fn without_steps(&mut self, top_level: usize) {
        if self.piece || self.validation {
            return;
        }
        let message = |what: &str| format!("{what} does nothing, and passes whatever the system does");
        let advice = "write its steps, such as alice.dial(bob); or skip(\"why\") as long as there are none";
        if self.has_tests {
            let empty = if self.setup_acts { vec![] } else { std::mem::take(&mut self.empty_tests) };
            for position in empty {
                self.warn("empty-test", position, message("the test"), Some(advice.to_string()));
            }
            return;
        }
        if top_level > 0 {
            return;
        }
        let functions = self.functions.keys().any(|name| !name.starts_with("anon$"));
        let start = rhai::Position::new(1, 1);
        match functions {
            false => self.warn("empty-test", start, message("the file"), Some(advice.to_string())),
            true if !is_library(&self.script.source.name) => {
                let advice = "call one of them behind the last: run_test();".to_string();
                let message = "the file only defines functions: as a test it does nothing".to_string();
                self.warn("empty-test", start, message, Some(advice));
            }
            true => {}
        }
    }
}

/// Whether a file exists only to be imported.
fn is_library(name: &str) -> bool {
    Path::new(name).components().any(|part| matches!(part, Component::Normal(part) if part == "lib" || part == "std"))
}
