//! The language as text: its grammar, its errors, its docs, its modules. Knows no run.

pub mod docs;
pub mod duration;
pub mod grammar;
pub mod program;
pub mod recovery;
pub mod statements;
pub mod stdlib;
pub mod syntax_errors;
pub mod syntax_slips;
