//! An agent's account: what the user wrote, checked, and what baresip gets.
//!
//! `"Name" <sip:user@host;transport=tcp>;key=value;…`, as baresip's accounts file has it. A bare name makes a local agent.

mod check;
mod parse;

pub use check::option;

use super::options::Options;
use super::refusal::refused;
use super::{Kind, address, sound};
use crate::event::Ended;
use crate::sip::uri::Uri;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};

/// An account that an agent of this host can have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// What the run calls it when it is given no other name: the user part.
    pub name: String,
    /// The address as written between `<` and `>`, up to the first `;`.
    pub alias: String,
    /// `scheme:user@host`, without port, in lower case but for the user.
    pub aor: String,
    /// It has no registrar, and lives on a loopback address of this machine.
    pub local: bool,
    /// Of its address, lower case: `udp`, `tcp`, `tls`…
    pub transport: Option<String>,
    /// What the host carries out for it.
    pub options: Options,
    /// What stands before the `<`, as written.
    display: String,
    host: String,
    /// The other parameters of the address.
    address_parameters: Vec<String>,
    /// Those of the account, in order, values without quotes.
    parameters: Vec<(String, Option<String>)>,
}

/// What an agent's voice is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// None was asked for.
    Silence,
    File(PathBuf),
    /// Another of baresip's own, which the account names.
    Other,
}

impl Account {
    /// Reads an account line or a bare name, with options put on top: `audio` (a sound file), `transport`, any account parameter, or
    /// one of [`Options`].
    ///
    /// # Errors
    /// An address that is none; a parameter that baresip would ignore or misunderstand in silence; a module that the agent
    /// lacks.
    pub fn new(text: &str, options: &[(String, String)], kind: &Kind) -> Result<Account, Ended> {
        let account = Account::with_options(text, options)?;
        check::check(&account, Some(kind))?;
        Ok(account)
    }

    /// What is wrong with an account at any agent, whatever its version and modules.
    ///
    /// # Errors
    /// As those of [`Account::new`].
    pub fn check(text: &str, options: &[(String, String)]) -> Result<(), Ended> {
        check::check(&Account::with_options(text, options)?, None)
    }

    fn with_options(text: &str, options: &[(String, String)]) -> Result<Account, Ended> {
        let mut account = parse::account(text)?;
        for (key, value) in options {
            if value.contains(|c: char| c == '"' || c.is_control()) {
                return Err(refused(
                    format!("the value of the option `{key}` holds a quote or a control character"),
                    "baresip can't be given such a value: take it out",
                ));
            }
            match key.as_str() {
                "audio" => account.set("input_wav", value),
                "transport" => account.transport = Some(value.to_lowercase()),
                _ => account.set(key, value),
            }
        }
        account.options = Options::take(&mut account.parameters)?;
        account.local = account.is_local();
        Ok(account)
    }

    fn set(&mut self, key: &str, value: &str) {
        self.parameters.retain(|(known, _)| !known.eq_ignore_ascii_case(key));
        self.parameters.push((key.to_string(), Some(value.to_string())));
    }

    /// A parameter's value, its name in any case; empty for one without.
    pub fn parameter(&self, key: &str) -> Option<&str> {
        let (_, value) = self.parameters.iter().find(|(known, _)| known.eq_ignore_ascii_case(key))?;
        Some(value.as_deref().unwrap_or_default())
    }

    /// The password, which nobody may see.
    pub fn secret(&self) -> Option<&str> {
        self.parameter("auth_pass").filter(|secret| !secret.is_empty())
    }

    /// Whether the word names this account: its name, alias, or address of record, with or without scheme.
    pub fn is(&self, word: &str) -> bool {
        let word = word.trim_start_matches('<').split([';', '>']).next().unwrap_or_default();
        word == self.name || address::is(word, &self.alias) || address::is(word, &self.aor)
    }

    fn is_local(&self) -> bool {
        let loopback = self.host.eq_ignore_ascii_case("localhost") || self.address().is_some_and(|ip| ip.is_loopback());
        loopback && !self.registers() && !self.has_proxy()
    }

    /// Whether it registers: `regint=0` says that it does not.
    pub fn registers(&self) -> bool {
        self.parameter("regint").is_none_or(|seconds| seconds.trim().parse() != Ok(0))
    }

    fn has_proxy(&self) -> bool {
        ["outbound", "outbound1", "outbound2"].iter().any(|key| self.parameter(key).is_some())
    }

    /// Whether its address names a port.
    pub fn has_port(&self) -> bool {
        Uri::parse(&self.alias).is_some_and(|uri| uri.port.is_some())
    }

    /// Whether it talks TLS to its registrar or proxy.
    pub fn is_secured(&self) -> bool {
        let secured = |transport: &str| matches!(transport, "tls" | "wss");
        let proxies = ["outbound", "outbound1", "outbound2"].iter().filter_map(|key| self.parameter(key));
        let mut proxies = proxies.filter_map(|uri| Uri::parse(uri.trim_matches(['<', '>'])));
        self.transport.as_deref().is_some_and(secured)
            || proxies.any(|uri| uri.param("transport").is_some_and(|name| secured(&name.to_lowercase())))
    }

    fn address(&self) -> Option<IpAddr> {
        self.host.trim_matches(['[', ']']).parse().ok()
    }

    /// The address that a local agent lives at.
    pub fn loopback(&self) -> IpAddr {
        self.address().unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST))
    }

    /// Whom it talks to first: host and port of its outbound proxy, else of its domain.
    pub fn first_hop(&self) -> (String, u16) {
        let outbound = ["outbound", "outbound1"].iter().find_map(|key| self.parameter(key));
        let outbound = outbound.map(|uri| uri.trim_matches(['<', '>']));
        let uri = outbound.and_then(Uri::parse).or_else(|| Uri::parse(&self.alias));
        let (host, port) = uri.map_or((self.host.as_str(), None), |uri| (uri.host, uri.port));
        (host.trim_matches(['[', ']']).to_string(), port.unwrap_or(5060))
    }

    /// For how long it asks to be registered, in seconds.
    pub fn interval(&self) -> u32 {
        let asked = self.parameter("regint").and_then(|seconds| seconds.trim().parse().ok());
        asked.filter(|seconds| *seconds > 0).unwrap_or(3600)
    }

    /// The module that its media encryption needs.
    pub fn encryption_module(&self) -> Option<&'static str> {
        check::encryption_module(self.parameter("mediaenc")?)
    }

    /// The modules that its `audio_codecs` need.
    pub fn codec_modules(&self) -> Vec<&'static str> {
        self.parameter("audio_codecs").map(check::codec_modules).unwrap_or_default()
    }

    /// The sound file that it names.
    fn sound(&self) -> Option<&str> {
        let file = self.parameter("input_wav").or_else(|| self.parameter("wav"))?;
        Some(file.strip_suffix('/').unwrap_or(file))
    }

    /// The sound file that an account line names, where the line can be read.
    pub fn sound_of(text: &str) -> Option<String> {
        parse::account(text).ok()?.sound().map(str::to_string)
    }

    /// What it sends when it is in a call.
    ///
    /// # Errors
    /// A sound file that is in none of the folders, or whose name has a path in it.
    pub fn source(&self, folders: &[PathBuf]) -> Result<Source, Ended> {
        if let Some(file) = self.sound() {
            return sound::find(file, folders).map(Source::File);
        }
        match self.parameter("audio_source").map(|source| source.split_once(',').unwrap_or((source, ""))) {
            None => Ok(Source::Silence),
            Some(("aufile", path)) if Path::new(path).is_file() => Ok(Source::File(path.into())),
            Some(("aufile", path)) => Err(refused(
                format!("audio_source=aufile: there is no file `{path}`"),
                "name one that is there, or one of the sounds folder with input_wav=",
            )),
            Some(_) => Ok(Source::Other),
        }
    }

    /// The line that `uanew` takes, for an agent whose SIP port is `port` and whose voice is `source`.
    ///
    /// The shortcuts `input_wav` and `wav` become the source. `wav` asks for a recording too, which every agent makes: baresip's
    /// own file player takes no folder, and ends a call in which it is given one.
    pub fn line(&self, port: u16, source: &Source) -> String {
        // one with a port is another's: a trunk on this machine, which completes the numbers that are dialled
        let own = self.local && !self.has_port();
        let alias = if own { address::with_port(&self.alias, port) } else { self.alias.clone() };
        let transport = self.transport.iter().map(|name| format!(";transport={name}"));
        let others = self.address_parameters.iter().map(|parameter| format!(";{parameter}"));
        let address: String = std::iter::once(alias).chain(transport).chain(others).collect();
        let mut line = format!("{}<{address}>", self.display);
        for (key, value) in &self.parameters {
            match key.to_ascii_lowercase().as_str() {
                "input_wav" | "wav" => {
                    if let Source::File(path) = source {
                        line += &format!(";audio_source={}", quoted(&format!("aufile,{}", path.display())));
                    }
                }
                "audio_codecs" => line += &format!(";audio_codecs={}", check::codecs(value.as_deref().unwrap_or(""))),
                _ => {
                    let value = value.as_ref().map(|value| format!("={}", quoted(value)));
                    line += &format!(";{key}{}", value.unwrap_or_default());
                }
            }
        }
        // baresip strips the outer quotes of a line that begins and ends with one
        if line.starts_with('"') && line.ends_with('"') {
            line += ";end";
        }
        line
    }
}

/// The value as baresip takes it whole: without quotes it would end at white space or `;`.
fn quoted(value: &str) -> String {
    if value.contains([' ', '\t', ';']) { format!("\"{value}\"") } else { value.to_string() }
}

#[cfg(test)]
mod tests;
