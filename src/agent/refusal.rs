//! Refusals of what a test asks an agent for.

use crate::event::Ended;

/// What a test asked for is refused, with what to do instead.
pub(super) fn refused(message: String, advice: impl Into<String>) -> Ended {
    Ended { advice: Some(advice.into()), ..Ended::error(message) }
}
