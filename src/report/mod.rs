//! Verdicts and records as text for people and for other programs; opens no files, changes no verdict.

pub mod ladder;
pub mod results;
pub mod terminal;
pub mod told;
