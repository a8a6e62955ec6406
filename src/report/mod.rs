//! A verdict for people. Pure: texts come out, nothing is printed.

pub mod terminal;
