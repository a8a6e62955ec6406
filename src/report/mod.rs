//! Verdicts and records as text for people and for other programs; opens no files, changes no verdict.

mod comparison;
pub mod events;
mod github;
pub mod html;
mod json;
mod junit;
pub mod kept;
mod kind;
pub mod ladder;
mod paint;
pub mod results;
#[cfg(test)]
mod sample;
mod tap;
pub mod terminal;
pub mod told;

pub use comparison::{Side, comparison};
pub use kind::{Kind, Wanted, render};
