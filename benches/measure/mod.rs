//! What a command costs: seconds on the wall and of processor, memory.

use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// How often memory is looked at.
const LOOK: Duration = Duration::from_millis(5);

/// One run of a command: seconds on the wall, processor of the host alone and of its agents, memory.
#[derive(Clone, Copy, Default)]
pub struct Cost {
    pub wall: f64,
    pub host: f64,
    pub agents: f64,
    /// Of all its processes at once, in MB (PSS).
    pub peak: f64,
    /// Of an agent, in MB (PSS): the mean of its agents, and of the looks at them the median.
    pub agent: f64,
}

/// Runs a command in a folder to its end. Memory is sampled only where it is asked for: it disturbs what is measured.
pub fn measured(program: &Path, folder: &Path, words: &[&str], memory: bool) -> Cost {
    let begun = Instant::now();
    let mut command = Command::new(program);
    command.args(words).current_dir(folder).env_remove("TELEFONIST_BARESIP");
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let pid = child.expect("the program starts").id();
    let (mut cost, mut looks) = (Cost::default(), vec![]);
    while memory && !ended(pid, true) {
        let each: Vec<f64> = children(pid).into_iter().map(pss).filter(|size| *size > 0.0).collect();
        let all: f64 = each.iter().sum();
        cost.peak = cost.peak.max(pss(pid) + all);
        looks.extend((!each.is_empty()).then(|| all / each.len() as f64));
        std::thread::sleep(LOOK);
    }
    cost.agent = if looks.is_empty() { 0.0 } else { median(looks) };
    ended(pid, false);
    cost.wall = begun.elapsed().as_secs_f64();
    // the kernel answers for the process alone until it is waited for, and then with its children's time in it
    cost.host = own_time(pid);
    let (status, all) = wait(pid);
    cost.agents = all - cost.host;
    assert!(status.success(), "{words:?}: {status}");
    cost
}

/// Waits for a child's end without taking its exit status; or looks only whether it has ended.
fn ended(pid: u32, look: bool) -> bool {
    let options = libc::WEXITED | libc::WNOWAIT | if look { libc::WNOHANG } else { 0 };
    // SAFETY: a plain C struct, which the call fills
    let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
    // SAFETY: a child of this process, and a valid pointer
    unsafe { libc::waitid(libc::P_PID, pid, &mut info, options) };
    // SAFETY: the call has filled it
    unsafe { info.si_pid() != 0 }
}

/// Seconds of processor that a process took itself.
fn own_time(pid: u32) -> f64 {
    let (mut clock, mut time) = (0, libc::timespec { tv_sec: 0, tv_nsec: 0 });
    // SAFETY: valid pointers, which the calls fill
    let failed = unsafe {
        libc::clock_getcpuclockid(pid as libc::pid_t, &mut clock) != 0 || libc::clock_gettime(clock, &mut time) != 0
    };
    assert!(!failed, "the process has a clock");
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// Takes a child's exit status, and the seconds of processor that it and its children took.
fn wait(pid: u32) -> (ExitStatus, f64) {
    // SAFETY: a plain C struct, which the call fills
    let (mut status, mut usage): (libc::c_int, libc::rusage) = (0, unsafe { std::mem::zeroed() });
    // SAFETY: a child of this process, and valid pointers
    let waited = unsafe { libc::wait4(pid as libc::pid_t, &mut status, 0, &mut usage) };
    assert!(waited == pid as libc::pid_t, "it ends");
    let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 / 1e6;
    (ExitStatus::from_raw(status), seconds(usage.ru_utime) + seconds(usage.ru_stime))
}

fn children(pid: u32) -> Vec<u32> {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let lists = tasks.filter_map(|task| std::fs::read_to_string(task.path().join("children")).ok());
    lists.flat_map(|list| list.split_whitespace().filter_map(|pid| pid.parse().ok()).collect::<Vec<u32>>()).collect()
}

fn pss(pid: u32) -> f64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:"));
    line.and_then(|kb| kb.split_whitespace().next()?.parse::<f64>().ok()).unwrap_or_default() / 1024.0
}

pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
