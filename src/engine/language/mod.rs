//! The language as text: its grammar, its errors, its docs, its modules. Knows no run.

pub mod blocks;
pub mod claims;
pub mod docs;
pub mod duration;
pub mod functions;
pub mod grammar;
pub mod mentions;
pub mod modules;
pub mod parser;
pub mod positions;
pub mod program;
pub mod recovery;
pub mod statements;
pub mod stdlib;
pub mod syntax_errors;
pub mod syntax_slips;
pub mod tokens;
pub mod words;
