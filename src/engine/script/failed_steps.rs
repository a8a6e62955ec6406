//! The steps that an error passed through.

use rhai::Position;

/// The steps that an error passed through, outermost first.
#[derive(Debug, Default)]
pub struct FailedSteps {
    /// Where the error began.
    origin: Option<Position>,
    names: Vec<String>,
}

impl FailedSteps {
    /// Notes that an error leaves a step.
    pub fn leave(&mut self, step: &str, origin: Position) {
        let origin = Some(origin);
        if self.origin != origin {
            *self = FailedSteps { origin, names: vec![] };
        }
        self.names.insert(0, step.to_string());
    }

    /// Describes the steps if this error passed through them.
    pub fn describe(&self, origin: Position) -> Option<String> {
        in_words(&self.names).filter(|_| self.origin == Some(origin))
    }
}

/// Describes steps: `in the step "both talk" › "alice holds"`
pub fn in_words(steps: &[String]) -> Option<String> {
    let names: Vec<String> = steps.iter().map(|name| format!("\"{name}\"")).collect();
    (!names.is_empty()).then(|| format!("in the step {}", names.join(" › ")))
}
