//! An agent's account: what the user wrote, checked, and what baresip is told.
//!
//! `"Name" <sip:user@host;transport=tcp>;key=value;…`, as baresip's accounts file has it. A bare name makes a local agent.

use super::Kind;
use super::address::with_port;
use crate::diagnostic::nearest;
use crate::event::Ended;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

#[derive(Debug, Clone, PartialEq)]
pub struct Account {
    /// What the run calls it when it is given no other name: the user part.
    pub name: String,
    /// The address as written between `<` and `>`, up to the first `;`.
    pub alias: String,
    /// `scheme:user@host`, without port.
    pub aor: String,
    /// It has no registrar, and lives on a loopback address of this machine.
    pub local: bool,
    /// Of its address; lower case.
    pub transport: Option<String>,
    display: String,
    host: String,
    /// The parameters of the address, each with its `;`.
    address_parameters: String,
    parameters: Vec<(String, Option<String>)>,
}

/// What the host adds when an account becomes baresip's.
pub struct Surroundings<'a> {
    /// The leased SIP port, for a local agent's address.
    pub port: u16,
    pub sounds: &'a [PathBuf],
    /// Where an `audio_player` writes to.
    pub recordings: &'a Path,
}

const ANSWER_MODES: [&str; 5] = ["manual", "early", "auto", "early-audio", "early-video"];
const DTMF_MODES: [&str; 3] = ["rtpevent", "info", "auto"];
const TRANSPORTS: [&str; 5] = ["udp", "tcp", "tls", "ws", "wss"];
/// The value of `mediaenc`, and the module that has it.
const ENCRYPTIONS: [(&str, &str); 6] = [
    ("srtp", "srtp"),
    ("srtp-mand", "srtp"),
    ("srtp-mandf", "srtp"),
    ("dtls_srtp", "dtls_srtp"),
    ("zrtp", "zrtp"),
    ("gzrtp", "gzrtp"),
];
const TRAVERSALS: [&str; 3] = ["stun", "turn", "ice"];

fn refused(message: String, advice: &str) -> Ended {
    Ended { advice: Some(advice.into()), ..Ended::error(message) }
}

impl Account {
    /// Reads an account line or a bare name, with options (`audio`, `transport`, or any account parameter) put on top.
    ///
    /// # Errors
    /// An address that is none, a parameter with an unknown value, a module that the agent lacks.
    pub fn new(text: &str, options: &[(String, String)], kind: &Kind) -> Result<Account, Ended> {
        let mut account =
            if is_name(text) { parse(&format!("<sip:{text}@127.0.0.1>;regint=0"))? } else { parse(text)? };
        for (key, value) in options {
            if value.contains([';', '\n', '\r', '"']) && key != "auth_pass" {
                return Err(refused(
                    format!("the option `{key}` has a value with `;` or `\"`"),
                    "such values can't be told to baresip",
                ));
            }
            match key.as_str() {
                "audio" => account.set("input_wav", value),
                "transport" => account.transport = Some(value.to_lowercase()),
                "auth_pass" => account.set(key, &format!("\"{value}\"")),
                _ => account.set(key, value),
            }
        }
        account.local = account.is_local();
        account.check(kind)?;
        Ok(account)
    }

    fn set(&mut self, key: &str, value: &str) {
        self.parameters.retain(|(known, _)| !known.eq_ignore_ascii_case(key));
        self.parameters.push((key.to_string(), Some(value.to_string())));
    }

    /// A parameter's value without quotes.
    pub fn parameter(&self, key: &str) -> Option<&str> {
        let found = self.parameters.iter().find(|(known, _)| known.eq_ignore_ascii_case(key))?;
        Some(found.1.as_deref().unwrap_or_default().trim_matches('"'))
    }

    /// The password.
    pub fn secret(&self) -> Option<&str> {
        self.parameter("auth_pass").filter(|secret| !secret.is_empty())
    }

    /// Whether the word names this account: its name, alias, or address of record, with or without scheme.
    pub fn is(&self, word: &str) -> bool {
        let bare = |text: &'_ str| text.split_once(':').map_or(text.to_string(), |(_, rest)| rest.to_string());
        word == self.name || word == self.alias || word == self.aor || (word.contains('@') && word == bare(&self.alias))
    }

    fn is_local(&self) -> bool {
        let loopback = self.host == "localhost" || self.interface().is_some_and(|address| address.is_loopback());
        let registers = self.parameter("regint").is_none_or(|seconds| seconds.trim().parse() != Ok(0));
        loopback && !registers && self.parameter("outbound").is_none()
    }

    /// The address that a local agent lives at.
    pub fn interface(&self) -> Option<IpAddr> {
        if self.host == "localhost" {
            return Some(IpAddr::from([127, 0, 0, 1]));
        }
        self.host.trim_matches(['[', ']']).parse().ok()
    }

    /// Whom it talks to first: host and port of its outbound proxy, else of its domain.
    pub fn first_hop(&self) -> (String, u16) {
        let outbound = self.parameter("outbound").map(|uri| uri.trim_start_matches('<'));
        let target = outbound.unwrap_or(&self.alias);
        let target = target.split([';', '>']).next().unwrap_or_default();
        let target = target.rsplit('@').next().unwrap_or_default();
        let target = target.strip_prefix("sip:").or_else(|| target.strip_prefix("sips:")).unwrap_or(target);
        match target.rsplit_once(':').filter(|(host, _)| !host.contains(':') || host.ends_with(']')) {
            Some((host, port)) => (host.trim_matches(['[', ']']).into(), port.parse().unwrap_or(5060)),
            None => (target.trim_matches(['[', ']']).into(), 5060),
        }
    }

    /// The module that its media encryption needs.
    pub fn encryption_module(&self) -> Option<&'static str> {
        let wanted = self.parameter("mediaenc")?;
        ENCRYPTIONS.iter().find(|(name, _)| *name == wanted).map(|(_, module)| *module)
    }

    fn check(&self, kind: &Kind) -> Result<(), Ended> {
        let known = |key: &str, values: &[&str]| match self.parameter(key) {
            Some(value) if !values.contains(&value) => {
                let near = nearest(value, values.iter().copied())
                    .map_or(String::new(), |near| format!("did you mean `{near}`? "));
                let advice = format!("{near}known are: {}", values.join(" "));
                Err(refused(format!("the account parameter {key} has the unknown value `{value}`"), &advice))
            }
            _ => Ok(()),
        };
        known("answermode", &ANSWER_MODES)?;
        known("dtmfmode", &DTMF_MODES)?;
        known("medianat", &TRAVERSALS)?;
        known("mediaenc", &ENCRYPTIONS.map(|(name, _)| name))?;
        if let Some(transport) = self.transport.as_deref().filter(|name| !TRANSPORTS.contains(name)) {
            return Err(refused(format!("`{transport}` is no SIP transport"), "known are: udp tcp tls ws wss"));
        }
        let needs = [("mediaenc", self.encryption_module()), ("medianat", self.parameter("medianat"))];
        for (key, module) in needs {
            if let Some(module) = module.filter(|module| !kind.has(module)) {
                let value = self.parameter(key).unwrap_or_default();
                let advice = "use another value, or an agent that has the module (`telefonist doctor` lists them)";
                return Err(refused(
                    format!("{key}={value} needs the module {module}, which the agent lacks: {kind}"),
                    advice,
                ));
            }
        }
        Ok(())
    }

    /// The line that `uanew` takes.
    ///
    /// # Errors
    /// A sound file that is not there, or whose name has a path in it.
    pub fn line(&self, around: &Surroundings) -> Result<String, Ended> {
        let address = if self.local { with_port(&self.alias, around.port) } else { self.alias.clone() };
        let transport = self.transport.as_ref().map(|name| format!(";transport={name}")).unwrap_or_default();
        let mut line = format!("{}<{address}{transport}{}>", self.display, self.address_parameters);
        for (key, value) in &self.parameters {
            let value = value.as_deref().unwrap_or_default();
            match key.to_ascii_lowercase().as_str() {
                "input_wav" => line += &format!(";audio_source=aufile,{}", sound(value, around.sounds)?.display()),
                "wav" => {
                    let file = value.strip_suffix('/').unwrap_or(value);
                    line += &format!(";audio_source=aufile,{}", sound(file, around.sounds)?.display());
                    line += &format!(";audio_player=aufile,{}/", around.recordings.display());
                }
                _ if value.is_empty() => line += &format!(";{key}"),
                _ => line += &format!(";{key}={value}"),
            }
        }
        // baresip strips the outer quotes of a line that begins and ends with one: an unknown parameter is harmless to it
        if line.starts_with('"') && line.ends_with('"') {
            line += ";end";
        }
        Ok(line)
    }
}

/// The file in the first folder that has it.
pub fn sound(file: &str, folders: &[PathBuf]) -> Result<PathBuf, Ended> {
    if file.is_empty() || file.contains(['/', '\\']) || file == ".." {
        let advice = "name a file of the sounds folder, without a path: input_wav=alice.wav";
        return Err(refused(format!("`{file}` is not the name of a sound file"), advice));
    }
    let found = folders.iter().map(|folder| folder.join(file)).find(|path| path.is_file());
    found.ok_or_else(|| {
        let folders: Vec<_> = folders.iter().map(|folder| folder.display().to_string()).collect();
        refused(format!("there is no sound file `{file}`"), &format!("put it into one of {}", folders.join(", ")))
    })
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "_-.+".contains(c))
}

fn parse(text: &str) -> Result<Account, Ended> {
    let shown = crate::diagnostic::mask_secrets(text);
    let wrong = |what: &str| {
        refused(
            format!("`{shown}` is no account: {what}"),
            "write it like <sip:alice@pbx.example;transport=tcp>;auth_pass=…, or a bare name for a local agent",
        )
    };
    if text.contains(['\n', '\r', '\0']) {
        return Err(wrong("it has a line end in it"));
    }
    let (display, uri, rest) = match (text.find('<'), text.find('>')) {
        (Some(open), Some(close)) if open < close => (&text[..open], &text[open + 1..close], &text[close + 1..]),
        (None, None) => {
            let end = text.find(';').unwrap_or(text.len());
            ("", text[..end].trim(), &text[end..])
        }
        _ => return Err(wrong("`<` and `>` don't pair")),
    };
    let (alias, address_parameters) = uri.split_at(uri.find(';').unwrap_or(uri.len()));
    let (scheme, address) = alias.split_once(':').unwrap_or(("", alias));
    if !matches!(scheme, "sip" | "sips") {
        return Err(wrong("its address does not begin with sip:"));
    }
    let (user, hostport) = address.rsplit_once('@').ok_or_else(|| wrong("its address has no user@"))?;
    let host = match hostport.rfind(':').filter(|colon| !hostport[*colon..].contains(']')) {
        Some(colon) => &hostport[..colon],
        None => hostport,
    };
    if user.is_empty() || host.is_empty() || alias.contains(char::is_whitespace) {
        return Err(wrong("its address is not sip:user@host"));
    }
    let mut transport = None;
    let mut others = String::new();
    for parameter in address_parameters.split(';').filter(|parameter| !parameter.is_empty()) {
        match parameter.split_once('=') {
            Some((key, value)) if key.eq_ignore_ascii_case("transport") => transport = Some(value.to_lowercase()),
            _ => others += &format!(";{parameter}"),
        }
    }
    Ok(Account {
        name: user.to_string(),
        alias: alias.to_string(),
        aor: format!("{scheme}:{user}@{host}"),
        local: false,
        transport,
        display: display.to_string(),
        host: host.to_string(),
        address_parameters: others,
        parameters: parameters(rest),
    })
}

/// `;key=value;key="a;b"` in order.
fn parameters(text: &str) -> Vec<(String, Option<String>)> {
    let mut quoted = false;
    let parts = text.split(|c: char| {
        quoted ^= c == '"';
        c == ';' && !quoted
    });
    let parts = parts.map(str::trim).filter(|part| !part.is_empty());
    parts
        .map(|part| {
            part.split_once('=').map_or((part.into(), None), |(key, value)| (key.trim().into(), Some(value.into())))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(text: &str) -> Result<Account, Ended> {
        Account::new(text, &[], &Kind::for_tests((4, 12, 0)))
    }

    fn line(account: &Account) -> String {
        let sounds = [concat!(env!("CARGO_MANIFEST_DIR"), "/data/sounds").into()];
        let around = Surroundings { port: 5062, sounds: &sounds, recordings: Path::new("/rec") };
        account.line(&around).unwrap().replace(env!("CARGO_MANIFEST_DIR"), "")
    }

    #[test]
    fn a_name_is_a_local_agent_with_the_leased_port() {
        let alice = account("alice").unwrap();
        assert!(alice.local && alice.is("alice") && alice.is("sip:alice@127.0.0.1") && alice.is("alice@127.0.0.1"));
        assert_eq!(line(&alice), "<sip:alice@127.0.0.1:5062>;regint=0");
    }

    #[test]
    fn an_account_with_a_registrar_is_left_as_it_is() {
        let text =
            "\"Al\" <sip:alice@pbx.example:5070;transport=TLS;lr>;auth_pass=\"a;b\";outbound=\"sip:proxy:5080;lr\"";
        let alice = account(text).unwrap();
        assert!(!alice.local);
        assert_eq!(
            (alice.aor.as_str(), alice.secret(), alice.transport.as_deref()),
            ("sip:alice@pbx.example", Some("a;b"), Some("tls"))
        );
        assert_eq!(alice.first_hop(), ("proxy".into(), 5080));
        let expected =
            "\"Al\" <sip:alice@pbx.example:5070;transport=tls;lr>;auth_pass=\"a;b\";outbound=\"sip:proxy:5080;lr\";end";
        assert_eq!(line(&alice), expected);
    }

    #[test]
    fn wav_shortcuts_become_source_and_player() {
        assert_eq!(
            line(&account("<sip:a@127.0.0.1>;regint=0;Input_Wav=alice.wav").unwrap()),
            "<sip:a@127.0.0.1:5062>;regint=0;audio_source=aufile,/data/sounds/alice.wav"
        );
        assert_eq!(
            line(&account("<sip:a@127.0.0.1>;wav=bob.wav/;regint=0").unwrap()),
            "<sip:a@127.0.0.1:5062>;audio_source=aufile,/data/sounds/bob.wav;audio_player=aufile,/rec/;regint=0"
        );
        for bad in ["../alice.wav", "/etc/passwd", "missing.wav", ""] {
            assert!(sound(bad, &["/nowhere".into()]).is_err());
        }
    }

    #[test]
    fn what_baresip_would_ignore_in_silence_is_refused() {
        let cases = [
            ("garbage words", "no account"),
            ("<sip:a@h", "don't pair"),
            ("<tel:123>", "begin with sip:"),
            ("<sip:h>", "no user@"),
            ("<sip:a@h>;mediaenc=zrtp", "zrtp"),
            ("<sip:a@h>;answermode=atuo", "answermode"),
            ("<sip:a@h;transport=utp>", "utp"),
            ("<sip:a@h>\n;x", "line end"),
        ];
        for (text, expected) in cases {
            let refused = account(text).unwrap_err();
            assert!(refused.message.contains(expected) && refused.advice.is_some(), "{text}: {refused:?}");
        }
        let shown = account("<sip:a@>;auth_pass=topsecret").unwrap_err();
        assert!(!shown.message.contains("topsecret"));
    }

    #[test]
    fn options_go_on_top() {
        let options = [
            ("audio".to_string(), "bob.wav".to_string()),
            ("transport".into(), "tcp".into()),
            ("mediaenc".into(), "srtp".into()),
        ];
        let bob = Account::new("bob", &options, &Kind::for_tests((4, 12, 0))).unwrap();
        assert_eq!(
            line(&bob),
            "<sip:bob@127.0.0.1:5062;transport=tcp>;regint=0;audio_source=aufile,/data/sounds/bob.wav;mediaenc=srtp"
        );
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_an_account_or_an_error(text in "\\PC{0,60}") {
            let _ = account(&text);
        }
    }
}
