//! The call of an attended transfer with its target.

use crate::event::AgentEvent;

/// An external baresip refers to the call that is current when `atransferexec` comes: where the first call's hold is answered
/// after the second call, that is the wrong one, and the peer is asked to call itself. So the right one is made current before.
#[derive(Debug, Default)]
pub enum Consultation {
    #[default]
    None,
    /// `atransferstart` has been sent.
    Asked,
    Call(String),
}

impl Consultation {
    pub fn event(&mut self, event: &AgentEvent) {
        if let (Consultation::Asked, "CALL_OUTGOING", Some(id)) = (&self, event.name.as_str(), &event.call) {
            *self = Consultation::Call(id.clone());
        }
    }

    /// The call that has to be current before this command is sent.
    pub fn call_before(&mut self, word: &str) -> Option<String> {
        match (word, std::mem::take(self)) {
            ("atransferstart", _) => *self = Consultation::Asked,
            ("atransferexec", Consultation::Call(id)) => return Some(id),
            (_, unchanged) => *self = unchanged,
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_call_to_the_target_is_remembered_until_it_is_referred_to() {
        let outgoing =
            |id: &str| AgentEvent { name: "CALL_OUTGOING".into(), call: Some(id.into()), ..AgentEvent::default() };
        let mut consultation = Consultation::default();
        consultation.event(&outgoing("first"));
        assert_eq!(consultation.call_before("atransferexec"), None);
        assert_eq!(consultation.call_before("atransferstart"), None);
        consultation.event(&outgoing("second"));
        consultation.event(&outgoing("third"));
        assert_eq!(consultation.call_before("hold"), None);
        assert_eq!(consultation.call_before("atransferexec"), Some("second".into()));
        assert_eq!(consultation.call_before("atransferexec"), None);
    }
}
