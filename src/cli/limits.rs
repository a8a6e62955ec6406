//! Limits of the operating system: open files.

#![expect(unsafe_code, reason = "reads and raises the limit of open files")]

use crate::diagnostic::Diagnostic;

/// The files that the host has open for an agent: its control connection, four for its two pipes, its process, and one while a port is
/// tried.
const FILES_OF_AN_AGENT: u64 = 7;
/// What it has open besides.
const OTHER_FILES: u64 = 100;
/// What a single test with two agents needs.
const FEWEST_FILES: u64 = 48;

/// How many agents there may be at once: as many as wanted, or fewer where their files would not do, with a warning that says so. The
/// soft limit of open files is raised to the hard one, which costs nothing.
///
/// # Errors
/// So few files may be open that no call can be made.
pub fn agents(wanted: u16) -> Result<(usize, Option<Diagnostic>), Diagnostic> {
    // SAFETY: a plain C struct, which the call fills
    let mut limit: libc::rlimit = unsafe { std::mem::zeroed() };
    // SAFETY: a valid pointer to it
    if unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit) } != 0 {
        return Ok((wanted.into(), None));
    }
    let raised = libc::rlimit { rlim_cur: limit.rlim_max, ..limit };
    // SAFETY: a valid pointer to an initialised struct
    if limit.rlim_cur < limit.rlim_max && unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raised) } == 0 {
        limit = raised;
    }
    share(wanted, limit.rlim_cur)
}

fn share(wanted: u16, files: u64) -> Result<(usize, Option<Diagnostic>), Diagnostic> {
    let advice =
        "raise the limit: `ulimit -Hn` shows it, /etc/security/limits.conf or LimitNOFILE= of a service sets it";
    if files < FEWEST_FILES {
        let message = format!("no call can be made with {files} open files: {FEWEST_FILES} are needed at least");
        return Err(Diagnostic::error(message).advice(advice));
    }
    let possible = (files.saturating_sub(OTHER_FILES) / FILES_OF_AN_AGENT).max(2);
    if possible >= u64::from(wanted) {
        return Ok((wanted.into(), None));
    }
    let message = format!("{files} files may be open: {possible} agents at once, not {wanted}; further tests wait");
    Ok((
        possible as usize,
        Some(Diagnostic::warning(message).advice(format!("{advice}; or ask for fewer with --max-agents"))),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_as_many_agents_as_open_files_do_for() {
        let shared = |wanted, files| share(wanted, files).map(|(agents, warning)| (agents, warning.is_some()));
        assert_eq!(shared(100, 20_000), Ok((100, false)));
        assert_eq!(shared(100, 1024), Ok((100, false)));
        assert_eq!(shared(200, 1024), Ok((132, true)));
        assert_eq!(shared(100, 64), Ok((2, true)));
        assert_eq!(shared(2, 64), Ok((2, false)));
        assert!(share(2, 47).unwrap_err().message.contains("48 are needed"));
        assert_eq!(shared(100, u64::MAX), Ok((100, false)));
    }
}
