//! Parsers for the values of flags. An error says what is allowed.

use crate::agent::has_room_for_rtp;
use crate::engine::ScriptLimits;
use crate::export::Format;
use crate::run::is_name;
use crate::store::Secret;
use clap::builder::{OsStringValueParser, PossibleValuesParser, TypedValueParser};
use std::fmt::Display;
use std::net::{Ipv4Addr, SocketAddr, ToSocketAddrs};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;
use tracing_subscriber::filter::{LevelFilter, Targets};

/// The program's own module, above all others.
const PROGRAM: &str = "telefonist";
const LEVELS: [(&str, LevelFilter); 6] = [
    ("error", LevelFilter::ERROR),
    ("warn", LevelFilter::WARN),
    ("info", LevelFilter::INFO),
    ("debug", LevelFilter::DEBUG),
    ("trace", LevelFilter::TRACE),
    ("off", LevelFilter::OFF),
];

/// A duration as testfiles write it: `500ms`, `10s`, `2m`.
pub fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let factor = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        _ => return Err("a duration is a number and ms, s or m: 500ms, 10s, 2m".into()),
    };
    let number: u64 = number.parse().map_err(|_| "a duration begins with a number: 10s".to_string())?;
    number.checked_mul(factor).map(Duration::from_millis).ok_or_else(|| "that is too long".into())
}

/// A range of ports: `10000-11000`.
pub fn ports(text: &str) -> Result<RangeInclusive<u16>, String> {
    let port = |text: &str| text.trim().parse::<u16>().ok().filter(|port| *port > 0);
    let range = text.split_once('-').and_then(|(first, last)| Some((port(first)?, port(last)?)));
    match range {
        Some((first, last)) if first < last && !has_room_for_rtp(&(first..=last)) => {
            Err("an agent needs four ports, the first of them even, and two for each of its --max-calls: 10000-11000"
                .into())
        }
        Some((first, last)) if first < last => Ok(first..=last),
        _ => Err("a port range is two ports, the lower one first: 10000-11000".into()),
    }
}

/// An address with its port. Without an address it means all of IPv4 (`:8080`); a host name is resolved here, once.
pub fn address(text: &str) -> Result<SocketAddr, String> {
    let due = "an address and a port are due here: 0.0.0.0:8080, [::1]:8080, localhost:8080 or :8080";
    if let Ok(address) = text.parse() {
        return Ok(address);
    }
    let (host, port) = text.rsplit_once(':').ok_or(due)?;
    let port: u16 = port.parse().map_err(|_| due)?;
    if host.is_empty() {
        return Ok((Ipv4Addr::UNSPECIFIED, port).into());
    }
    if host.contains([':', '[', ']', '/', '@']) {
        return Err(due.into());
    }
    let found: Vec<SocketAddr> = match (host, port).to_socket_addrs() {
        Ok(found) => found.collect(),
        Err(error) => return Err(format!("the host `{host}` is not known here ({error}); {due}")),
    };
    let address = found.iter().find(|address| address.is_ipv4()).or(found.first());
    address.copied().ok_or_else(|| format!("the host `{host}` has no address; {due}"))
}

/// A whole number in that range.
pub fn number<N>(allowed: RangeInclusive<N>) -> impl Fn(&str) -> Result<N, String> + Clone
where
    N: FromStr + PartialOrd + Display + Clone,
{
    move |text| {
        let number = text.parse().ok().filter(|number| allowed.contains(number));
        number.ok_or_else(|| format!("a whole number from {} to {} is due here", allowed.start(), allowed.end()))
    }
}

/// A boolean, as Go's flags write it.
pub fn boolean(text: &str) -> Result<bool, String> {
    match text {
        "true" | "True" | "TRUE" | "t" | "T" | "1" => Ok(true),
        "false" | "False" | "FALSE" | "f" | "F" | "0" => Ok(false),
        _ => Err("true or false is due here".into()),
    }
}

/// The default of `--timeout`, which is the engine's.
pub fn default_timeout() -> String {
    format!("{}s", ScriptLimits::default().within.as_secs())
}

/// The default of `--test-timeout`, which is the engine's.
pub fn default_test_timeout() -> String {
    format!("{}m", ScriptLimits::default().test.as_secs() / 60)
}

/// What is logged: a level for the whole program, levels of its modules (`telefonist::agent=trace`), or both. Libraries are never
/// logged: some of them log the passwords that they send.
pub fn log_filter(text: &str) -> Result<Targets, String> {
    text.split(',').try_fold(Targets::new(), |targets, part| {
        let (module, level) = part.split_once('=').unwrap_or((PROGRAM, part));
        let is_ours = module == PROGRAM || module.strip_prefix(PROGRAM).is_some_and(|rest| rest.starts_with("::"));
        if !is_ours {
            return Err(format!("`{module}` is no module of telefonist; write one such as telefonist::agent=debug"));
        }
        match LEVELS.iter().find(|(name, _)| name.eq_ignore_ascii_case(level)) {
            Some((_, level)) => Ok(targets.with_target(module, *level)),
            None => Err(format!("`{level}` is no level; write error, warn, info, debug, trace or off")),
        }
    })
}

/// A key, which may be empty.
pub fn key(text: &str) -> Result<Secret, String> {
    Ok(Secret::new(text))
}

pub fn password(text: &str) -> Result<Secret, String> {
    match text.is_empty() {
        true => Err("a password is due here, of one character at least".into()),
        false => Ok(Secret::new(text)),
    }
}

/// A file's path, which may be empty.
pub fn file() -> impl TypedValueParser<Value = PathBuf> {
    OsStringValueParser::new().map(PathBuf::from)
}

/// A format of `telefonist export`.
pub fn format() -> impl TypedValueParser<Value = Format> {
    PossibleValuesParser::new(Format::ALL.map(Format::name)).try_map(|name| name.parse::<Format>())
}

/// `NAME=VALUE`.
///
/// # Errors
/// What is wrong, in words that do not hold the value.
pub fn define(text: &str) -> Result<(String, String), String> {
    let Some((name, value)) = text.split_once('=') else {
        return Err("a name, `=` and a value are due here: NAME=VALUE".into());
    };
    let name = name.trim();
    match is_name(name) {
        true => Ok((name.to_string(), value.to_string())),
        false => Err(format!("`{name}` is not a name: letters, digits, `_`, `-` and `.`, a letter first")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_all_forms() {
        for (text, meant) in [
            ("0.0.0.0:8080", "0.0.0.0:8080"),
            (":8080", "0.0.0.0:8080"),
            ("[::1]:0", "[::1]:0"),
            ("localhost:80", "127.0.0.1:80"),
        ] {
            assert_eq!(address(text).unwrap().to_string(), meant, "{text}");
        }
        for text in
            ["", "8080", "localhost", "localhost:", "a:b", ":65536", "::1:80", "[::1:80", "http://x:80", "u@h:1"]
        {
            assert!(address(text).unwrap_err().starts_with("an address and a port are due here"), "{text}");
        }
        assert!(address("no.such.host.invalid:80").unwrap_err().starts_with("the host `no.such.host.invalid`"));
    }

    #[test]
    fn numbers_and_yes_and_no_say_what_is_allowed() {
        assert_eq!(number(1..=9u16)("9"), Ok(9));
        for text in ["0", "10", "-1", "", "x", "1.5", "99999999999"] {
            assert_eq!(number(1..=9u16)(text).unwrap_err(), "a whole number from 1 to 9 is due here", "{text}");
        }
        assert_eq!((boolean("T"), boolean("0")), (Ok(true), Ok(false)));
        assert!(boolean("yes").is_err() && password("").is_err());
    }
}
