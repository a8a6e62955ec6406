//! Runs a program: its modules, its tests, how it ended.

pub mod blocks;
pub mod ended;
pub mod engine;
pub mod resolver;
