//! The path of a Rhai error through functions and modules.

use super::site::Site;
use crate::engine::language::stdlib;
use rhai::{EvalAltResult, Position};

/// An error's path through functions and modules.
pub struct Trace<'a> {
    /// The innermost call last.
    pub sites: Vec<Site>,
    pub cause: &'a EvalAltResult,
}

impl Trace<'_> {
    pub fn follow(error: &EvalAltResult) -> Trace<'_> {
        let mut sites = vec![];
        let (mut source, mut cause) = (None::<String>, error);
        loop {
            let position = cause.position();
            if !position.is_none() {
                sites.push(Site::new(source.as_deref(), position));
            }
            match cause {
                EvalAltResult::ErrorInFunctionCall(_, inside, inner, _) => {
                    source = Some(inside.clone()).filter(|inside| !inside.is_empty()).or(source);
                    cause = inner;
                }
                EvalAltResult::ErrorInModule(name, inner, _) => {
                    source = Some(name.clone());
                    cause = inner;
                }
                _ => return Trace { sites, cause },
            }
        }
    }

    /// The places in the user's own scripts, innermost first.
    pub fn users(&self) -> impl Iterator<Item = &Site> {
        self.sites.iter().rev().filter(|site| !site.source.as_deref().is_some_and(stdlib::is_std))
    }
}

/// Where an error began. This place stays the same while the error travels.
pub fn origin(error: &EvalAltResult) -> Position {
    Trace::follow(error).cause.position()
}
