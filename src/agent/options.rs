//! Options of an agent besides its account: the host carries them out, because baresip's `uanew` does not know them.
//!
//! A script gives them as `agent("alice", #{ port: 5070 })`, a testfile behind the account, as in `uanew <sip:…>;port=5070`.

use super::baresip_settings;
use super::refusal::refused;
use crate::event::Ended;
use std::path::PathBuf;

/// Calls of one agent at once: each needs two RTP ports of the range.
const MOST_CALLS: u32 = 1000;
/// A day, in seconds.
const LONGEST_TIMEOUT: u32 = 86_400;
/// Ports below are the system's.
const FIRST_PORT: u16 = 1024;

/// The names of the options; `config.KEY` stands for each of baresip's settings.
pub const NAMES: [&str; 9] =
    ["config", "inband_dtmf", "max_calls", "on_end", "port", "rtp_timeout", "tls_ca", "tls_verify", "watermark"];

/// What may follow the end of a sound.
const ENDS: [&str; 3] = ["silence", "again", "hangup"];
/// What stands before the name of one of baresip's settings.
pub const CONFIG: &str = "config.";

/// The options of one agent; what is not given is as the host has it for all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// Its SIP port, over UDP and TCP; TLS has the next one.
    pub port: Option<u16>,
    /// Calls at once.
    pub max_calls: Option<u32>,
    /// Seconds without incoming RTP after which it ends a call; 0: never.
    pub rtp_timeout: Option<u32>,
    /// What follows the end of its sound: `silence`, `again` or `hangup`.
    pub on_end: Option<&'static str>,
    /// A file of certificates that it trusts beside the system's.
    pub tls_ca: Option<PathBuf>,
    /// It takes any certificate.
    pub tls_unverified: bool,
    /// It sends and hears DTMF as tones of the sound, too.
    pub inband_dtmf: bool,
    /// What it sends carries a watermark that tells who it is.
    pub watermark: bool,
    /// baresip's own settings.
    pub config: Vec<(String, String)>,
}

/// Whether a parameter of an account is one of these.
pub fn is_option(key: &str) -> bool {
    NAMES.contains(&key) || key.starts_with(CONFIG)
}

impl Options {
    /// Takes the options out of an account's parameters.
    ///
    /// # Errors
    /// A value that an option does not take; a setting that baresip does not have, or that would reach files.
    pub fn take(parameters: &mut Vec<(String, Option<String>)>) -> Result<Options, Ended> {
        let mut options = Options::default();
        let (own, others) = std::mem::take(parameters).into_iter().partition(|(key, _)| is_option(key));
        *parameters = others;
        let own: Vec<(String, Option<String>)> = own;
        for (key, value) in own {
            options.set(&key, value.as_deref().unwrap_or_default())?;
        }
        Ok(options)
    }

    fn set(&mut self, key: &str, value: &str) -> Result<(), Ended> {
        let value = value.trim();
        match key {
            "port" => self.port = Some(number(key, value, FIRST_PORT.into(), u32::from(u16::MAX) - 1)? as u16),
            "max_calls" => self.max_calls = Some(number(key, value, 1, MOST_CALLS)?),
            "rtp_timeout" => self.rtp_timeout = Some(number(key, value, 0, LONGEST_TIMEOUT)?),
            "on_end" => {
                let known = ENDS.into_iter().find(|word| *word == value);
                self.on_end = Some(known.ok_or_else(|| {
                    refused(format!("on_end can't be `{value}`"), "it is one of silence, again, hangup")
                })?);
            }
            "tls_ca" if value.is_empty() => {
                return Err(refused("tls_ca names no file".into(), "name a file of certificates (PEM)"));
            }
            "tls_ca" => self.tls_ca = Some(value.into()),
            "tls_verify" => {
                self.tls_unverified = !boolean(key, value, "false: take any certificate")?;
            }
            "watermark" => self.watermark = boolean(key, value, "true: who hears the agent knows who it is")?,
            "inband_dtmf" => self.inband_dtmf = boolean(key, value, "true: send and hear DTMF as tones, too")?,
            _ => match key.strip_prefix(CONFIG) {
                Some(setting) => self.config.push(baresip_settings::checked(setting, value)?),
                None => {
                    return Err(refused(
                        "config takes a map of baresip's settings".into(),
                        "write it like config: #{ \"audio_buffer\": \"20-160\" }, or config.audio_buffer=20-160 in a testfile",
                    ));
                }
            },
        }
        Ok(())
    }
}

fn boolean(key: &str, value: &str, advice: &str) -> Result<bool, Ended> {
    match value {
        "true" | "yes" => Ok(true),
        "false" | "no" => Ok(false),
        other => Err(refused(format!("{key} is true or false, not `{other}`"), advice)),
    }
}

fn number(key: &str, value: &str, least: u32, most: u32) -> Result<u32, Ended> {
    let parsed = value.parse().ok().filter(|number| (least..=most).contains(number));
    parsed.ok_or_else(|| {
        refused(format!("{key} can't be `{value}`"), format!("it takes a whole number from {least} to {most}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(text: &[(&str, &str)]) -> Result<Options, Ended> {
        Options::take(&mut text.iter().map(|(key, value)| (key.to_string(), Some(value.to_string()))).collect())
    }

    #[test]
    fn options_are_taken_out_of_the_parameters() {
        let mut parameters = vec![("regint".to_string(), Some("0".to_string())), ("port".into(), Some("5070".into()))];
        assert_eq!(Options::take(&mut parameters).unwrap().port, Some(5070));
        assert_eq!(parameters, [("regint".to_string(), Some("0".to_string()))]);
        let many = options(&[
            ("max_calls", "50"),
            ("rtp_timeout", "0"),
            ("on_end", "again"),
            ("tls_ca", "/ca.pem"),
            ("tls_verify", "false"),
            ("inband_dtmf", "true"),
            ("watermark", "yes"),
            ("config.audio_buffer", "20-160"),
        ]);
        let expected = Options {
            port: None,
            max_calls: Some(50),
            rtp_timeout: Some(0),
            on_end: Some("again"),
            tls_ca: Some("/ca.pem".into()),
            tls_unverified: true,
            inband_dtmf: true,
            watermark: true,
            config: vec![("audio_buffer".into(), "20-160".into())],
        };
        assert_eq!(many.unwrap(), expected);
    }

    #[test]
    fn values_out_of_bounds_are_refused_with_the_bounds() {
        for (key, value, advice) in [
            ("port", "80", "from 1024 to 65534"),
            ("on_end", "stop", "silence, again, hangup"),
            ("port", "65535", "from 1024 to 65534"),
            ("port", "x", "from 1024 to 65534"),
            ("max_calls", "0", "from 1 to 1000"),
            ("max_calls", "99999999999", "from 1 to 1000"),
            ("rtp_timeout", "-1", "from 0 to 86400"),
            ("tls_verify", "maybe", "take any certificate"),
            ("inband_dtmf", "12", "as tones"),
            ("tls_ca", "", "PEM"),
            ("config", "x", "#{"),
        ] {
            let ended = options(&[(key, value)]).unwrap_err();
            assert!(ended.message.contains(key), "{}", ended.message);
            assert!(ended.advice.unwrap().contains(advice), "{key}={value}");
        }
    }
}
