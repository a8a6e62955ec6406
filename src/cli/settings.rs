//! Turns arguments into the settings of the stages.

use super::arguments::{DataArguments, HostArguments};
use super::tell::complain;
use crate::agent;
use crate::diagnostic::Diagnostic;
use crate::pipeline::{self, Workplace};
use crate::store::{Problem, Store};
use std::ffi::OsString;
use std::path::PathBuf;

/// Whether this is a build server, by the variable that all of them set.
pub fn is_ci() -> bool {
    std::env::var("CI").is_ok_and(|ci| !matches!(ci.as_str(), "" | "0" | "false"))
}

/// The place where the runs of this invocation happen.
pub fn workplace(arguments: &HostArguments) -> Result<Workplace, Diagnostic> {
    let data_dir = std::path::absolute(&arguments.data.data_dir).map_err(|error| {
        Diagnostic::error(format!("the data folder `{}` can't be used: {error}", arguments.data.data_dir.display()))
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
        agent_start: arguments.agent_start,
        tls_ca: arguments
            .tls_ca
            .as_ref()
            .filter(|file| !file.as_os_str().is_empty())
            .map(std::path::absolute)
            .transpose()
            .map_err(|error| Diagnostic::error(format!("--tls-ca: {error}")))?,
        use_alsa: arguments.use_alsa,
        sounds: pipeline::sound_folders(&data_dir),
        hidden: std::env::vars_os().map(|(name, _)| name).filter(is_own).collect(),
        lease_file: lease_file(),
    };
    agent::check_trust(&settings)?;
    complain(agent::too_few_rtp_ports(&settings.rtp_ports, settings.max_calls).as_slice());
    Ok(Workplace::new(data_dir, settings))
}

/// Whether a variable is the program's own: no test and no agent learns those. Agents are given the others, which baresip, sound cards and
/// the resolver may need.
fn is_own(name: &OsString) -> bool {
    name.as_encoded_bytes().starts_with(b"TELEFONIST_")
}

/// Where the machine's ports are leased: in /tmp, whatever TMPDIR a job has for itself, for hosts that look elsewhere would meet.
fn lease_file() -> PathBuf {
    let shared = PathBuf::from("/tmp");
    let folder = if tempfile::tempfile_in(&shared).is_ok() { shared } else { std::env::temp_dir() };
    folder.join("telefonist-ports")
}

/// What a data folder that is there holds.
pub fn store(arguments: &DataArguments) -> Result<Store, Problem> {
    let folder = &arguments.data_dir;
    if !folder.is_dir() {
        let problem = Diagnostic::error(format!("there is no data folder {}", folder.display()));
        return Err(Problem::Invalid(problem.advice("name it with --data-dir")));
    }
    Store::open(folder).map_err(Problem::Broken)
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
