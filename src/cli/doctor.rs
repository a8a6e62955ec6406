//! `telefonist doctor`: checks whether tests can run on this machine, and says what to do if not.

use super::arguments::HostArguments;
use super::settings;
use super::tell::{colours, complain};
use crate::agent::{Kind, Settings, Supervisor, commands, free_ports};
use crate::diagnostic::Diagnostic;
use crate::pipeline::Workplace;
use crate::verdict::ExitCode;
use std::io::Write;
use std::path::PathBuf;

/// A finding: fine, or not and what to do.
enum Finding {
    Good(String),
    Bad(String, String),
}

/// Prints all findings. 0 when tests can run, 3 when not.
pub fn doctor(arguments: &HostArguments) -> ExitCode {
    let workplace = match settings::workplace(arguments) {
        Ok(workplace) => workplace,
        Err(problem) => {
            complain(&[problem]);
            return ExitCode::Error;
        }
    };
    let supervisor = workplace.supervisor();
    let mut findings = vec![agent_in_use(&supervisor)];
    if let Ok(supervisor) = &supervisor {
        findings.extend(abilities(supervisor.kind()));
    }
    findings.extend(other_agents(&workplace));
    findings.extend(ports(workplace.settings()));
    findings.push(sounds(&workplace));
    let stdout = std::io::stdout();
    let colour = colours(&stdout);
    let mut stdout = stdout.lock();
    for finding in &findings {
        let _ = stdout.write_all(shown(finding, colour).as_bytes());
    }
    let well = !findings.iter().any(is_bad);
    let verdict = if well { "Tests can run here." } else { "Tests can't run here yet: see what is marked with !" };
    let _ = writeln!(stdout, "{verdict}");
    if well { ExitCode::Passed } else { ExitCode::Error }
}

fn is_bad(finding: &Finding) -> bool {
    matches!(finding, Finding::Bad(..))
}

fn shown(finding: &Finding, colour: bool) -> String {
    let paint = |code: &str, text: &str| if colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_string() };
    match finding {
        Finding::Good(what) => format!("{} {what}\n", paint("32", "+")),
        Finding::Bad(what, advice) => format!("{} {what}\n    {advice}\n", paint("31", "!")),
    }
}

fn agent_in_use(supervisor: &Result<std::sync::Arc<Supervisor>, Diagnostic>) -> Finding {
    match supervisor {
        Ok(supervisor) => Finding::Good(format!("agent: {}", supervisor.kind())),
        Err(problem) => Finding::Bad(format!("agent: {}", problem.message), problem.advice.clone().unwrap_or_default()),
    }
}

/// What the agent has, and what tests that need more would be refused for.
fn abilities(kind: &Kind) -> Vec<Finding> {
    let mut modules: Vec<_> = kind.modules.iter().map(String::as_str).collect();
    modules.sort_unstable();
    let missing: Vec<_> = commands::names().filter(|word| commands::missing(word, kind).is_some()).collect();
    let missing = match missing.is_empty() {
        true => "missing commands: none".to_string(),
        false => format!("missing commands (tests that use them are refused): {}", missing.join(" ")),
    };
    vec![Finding::Good(format!("modules: {}", modules.join(" "))), Finding::Good(missing)]
}

/// The agents that could be used instead.
fn other_agents(workplace: &Workplace) -> Vec<Finding> {
    let path = std::env::var_os("PATH");
    let folders = path.iter().flat_map(std::env::split_paths);
    let found: Option<PathBuf> = folders.map(|folder| folder.join("baresip")).find(|program| program.is_file());
    let Some(program) = found.filter(|program| workplace.settings().baresip.as_ref() != Some(program)) else {
        return vec![Finding::Good("other agents: none in PATH".into())];
    };
    match Kind::of(&Settings { baresip: Some(program.clone()), ..workplace.settings().clone() }) {
        Ok(kind) => vec![Finding::Good(format!("other agents: {kind} (use it with --baresip {})", program.display()))],
        Err(problem) => {
            vec![Finding::Good(format!("other agents: {} can't be used: {}", program.display(), problem.message))]
        }
    }
}

fn ports(settings: &Settings) -> Vec<Finding> {
    let free = free_ports(settings);
    let finding = |what: &str, agents: usize, flag: &str| match agents {
        0 => Finding::Bad(format!("{what}: none free"), format!("name others with {flag}, or end what uses them")),
        agents => Finding::Good(format!("{what}: enough for {agents} agents")),
    };
    vec![
        finding("SIP ports", free.sip, "--sip-listen ADDRESS:PORT"),
        finding("control ports", free.control, "--ctrl-address ADDRESS:PORT"),
        finding("RTP ports", free.rtp, "--rtp-ports FIRST-LAST"),
    ]
}

fn sounds(workplace: &Workplace) -> Finding {
    if let Err(problem) = workplace.prepare() {
        return Finding::Bad(problem.message, problem.advice.unwrap_or_default());
    }
    let mut files: Vec<String> = vec![];
    for folder in &workplace.settings().sounds {
        let entries = folder.read_dir().into_iter().flatten().filter_map(Result::ok);
        let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
        files.extend(names.filter(|name| name.ends_with(".wav")));
    }
    files.sort();
    files.dedup();
    let folder = workplace.data_dir().join("sounds");
    Finding::Good(format!("sounds: {} (put your own into {})", files.join(" "), folder.display()))
}
