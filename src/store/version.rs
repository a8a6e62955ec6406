//! A saved text of a test.

use crate::event::Time;

/// A saved text of a test.
#[derive(Debug, Clone, PartialEq)]
pub struct Version {
    pub number: u32,
    pub text: String,
    /// Who saved it, where that is known.
    pub author: Option<String>,
    pub time: Time,
}
