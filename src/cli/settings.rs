//! Arguments → the settings of the stages.

use super::arguments::HostArguments;
use super::check::complain;
use crate::agent;
use crate::diagnostic::Diagnostic;
use crate::export::Format;
use crate::pipeline::{self, Workplace};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

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

/// Whether this is a build server, by the variable that all of them set.
pub fn is_ci() -> bool {
    std::env::var("CI").is_ok_and(|ci| !matches!(ci.as_str(), "" | "0" | "false"))
}

/// A range of ports: `10000-11000`.
pub fn ports(text: &str) -> Result<RangeInclusive<u16>, String> {
    let port = |text: &str| text.trim().parse::<u16>().ok().filter(|port| *port > 0);
    let range = text.split_once('-').and_then(|(first, last)| Some((port(first)?, port(last)?)));
    match range {
        Some((first, last)) if first < last => Ok(first..=last),
        _ => Err("a port range is two ports, the lower one first: 10000-11000".into()),
    }
}

/// A format of `telefonist export`.
pub fn format() -> impl TypedValueParser<Value = Format> {
    PossibleValuesParser::new(Format::ALL.map(Format::name)).try_map(|name| name.parse::<Format>())
}

/// The place where the runs of this invocation happen.
pub fn workplace(arguments: &HostArguments) -> Result<Workplace, Diagnostic> {
    let data_dir = std::path::absolute(&arguments.data_dir).map_err(|error| {
        Diagnostic::error(format!("the data folder `{}` can't be used: {error}", arguments.data_dir.display()))
    })?;
    let baresip = arguments.baresip.clone().filter(|program| !program.as_os_str().is_empty());
    let (max_agents, fewer) = super::limits::agents(arguments.max_agents)?;
    complain(fewer.as_slice());
    let settings = agent::Settings {
        baresip: baresip.map(|program| found(program, std::env::var_os("PATH"))).transpose()?,
        own_program: super::alone::own_program(),
        ctrl_address: arguments.ctrl_address,
        sip_listen: arguments.sip_listen,
        rtp_ports: arguments.rtp_ports.clone(),
        rtp_interface: Some(arguments.rtp_interface.clone()).filter(|name| !name.is_empty()),
        rtp_timeout: arguments.rtp_timeout,
        max_calls: arguments.max_calls,
        max_agents,
        use_alsa: arguments.use_alsa,
        sounds: pipeline::sound_folders(&data_dir),
        lease_file: std::env::temp_dir().join("telefonist-ports"),
    };
    Ok(Workplace::new(data_dir, settings))
}

/// `PATH` means: the `baresip` that a shell would find.
fn found(program: PathBuf, path: Option<std::ffi::OsString>) -> Result<PathBuf, Diagnostic> {
    if program.as_os_str() != "PATH" {
        // agents run in folders of their own, and a path is meant from here
        return Ok(if program.components().count() > 1 {
            std::path::absolute(&program).unwrap_or(program)
        } else {
            program
        });
    }
    let folders = path.iter().flat_map(std::env::split_paths);
    folders.map(|folder| folder.join("baresip")).find(|candidate| candidate.is_file()).ok_or_else(|| {
        Diagnostic::error("no `baresip` in any folder of PATH")
            .advice("install it (Debian: apt-get install baresip-core), name it with --baresip /path/to/baresip, or leave --baresip out to use the embedded agent")
    })
}
