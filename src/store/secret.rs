//! Secrets that only their owner may know: random, stored as a hash, never shown.

use super::problem::Problem;
use crate::diagnostic::Diagnostic;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use std::fmt;

/// A text that no log and no message shows.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: impl Into<String>) -> Secret {
        Secret(text.into())
    }

    /// A text of this many letters and digits, up to 43, that nobody guesses.
    ///
    /// # Errors
    /// The system gives no random numbers.
    pub fn random(length: usize) -> Result<Secret, Problem> {
        let text: String = random()?.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { 'x' }).collect();
        Ok(Secret(text.chars().take(length).collect()))
    }

    /// The text itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

/// 256 random bits as 43 letters, digits, `-` and `_`.
pub(super) fn random() -> Result<String, Problem> {
    let mut bytes = [0u8; 32];
    getrandom::fill(&mut bytes).map_err(|error| {
        Problem::Broken(Diagnostic::error(format!("the system gives no random numbers: {error}")).advice("try again"))
    })?;
    Ok(BASE64_URL_SAFE_NO_PAD.encode(bytes))
}

/// What is kept of a random text. It needs no salt and no slow hash: nobody guesses 256 bits.
pub(super) fn hash(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}
