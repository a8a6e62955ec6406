//! What the host asks an agent to listen for: the parameter of the command `listen`, as JSON.

use serde::{Deserialize, Serialize};

/// The command.
const COMMAND: &str = "listen";

/// Something to listen for. The number stands in the event that says it was heard.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum ListenAsk {
    /// Nothing louder than -50 dBFS for this time, in a call.
    Silence { number: u64, ms: u64 },
    /// Something louder than this, dBFS.
    Sound { number: u64, dbfs: f64 },
    /// A sound file, in the agent's folder.
    Prompt { number: u64, name: String, file: String },
    /// An agent: the sound files that it may send, in the agent's folder, or its watermark.
    Agent { number: u64, name: String, files: Vec<String>, pilot: Option<u64> },
    /// It is not listened for any more.
    Forget { number: u64 },
    /// The seed of the watermark that the agent itself sends.
    Pilot { seed: u64 },
}

impl ListenAsk {
    /// The command's parameter.
    pub fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The whole command.
    pub fn command(&self) -> String {
        format!("{COMMAND} {}", self.text())
    }

    /// # Errors
    /// What is wrong with the text.
    pub fn parse(text: &str) -> Result<ListenAsk, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_is_read_again() {
        for ask in [
            ListenAsk::Silence { number: 3, ms: 2000 },
            ListenAsk::Agent { number: 4, name: "al ice".into(), files: vec!["sounds/a.wav".into()], pilot: None },
            ListenAsk::Pilot { seed: u64::MAX },
        ] {
            assert_eq!(ListenAsk::parse(&ask.text()), Ok(ask));
        }
        assert!(ListenAsk::parse("{\"silence\":{\"number\":3}}").unwrap_err().contains("ms"));
        // a value in baresip's configuration ends at white space
        assert!(!ListenAsk::Pilot { seed: 1 }.text().contains(' '));
    }
}
