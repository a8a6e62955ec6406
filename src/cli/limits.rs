//! What the operating system allows: open files.

/// The files that the host has open for an agent: its control connection, two pipes, its process, its ports' lease.
const FILES_OF_AN_AGENT: u64 = 8;
/// What it has open besides.
const OTHER_FILES: u64 = 100;

/// How many agents there may be at once: as many as wanted, or fewer where their files would not do. The soft limit of open files is
/// raised to the hard one, which costs nothing.
pub fn agents(wanted: u16) -> usize {
    // SAFETY: a plain C struct, which the call fills
    let mut limit: libc::rlimit = unsafe { std::mem::zeroed() };
    // SAFETY: a valid pointer to it
    if unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit) } != 0 {
        return wanted.into();
    }
    let raised = libc::rlimit { rlim_cur: limit.rlim_max, ..limit };
    // SAFETY: a valid pointer to an initialised struct
    if limit.rlim_cur < limit.rlim_max && unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raised) } == 0 {
        limit = raised;
    }
    let possible = limit.rlim_cur.saturating_sub(OTHER_FILES) / FILES_OF_AN_AGENT;
    usize::from(wanted).min(usize::try_from(possible).unwrap_or(usize::MAX).max(2))
}
