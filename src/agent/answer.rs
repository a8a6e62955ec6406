//! What baresip answers.

/// What baresip says to a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub ok: bool,
    pub data: String,
}
