//! A test's second process, which works in a data directory until it is killed.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

/// Says to this program, when a test starts it once more, in which data directory it is to write until it is killed.
const WRITER: &str = "TELEFONIST_TEST_WRITER";

/// The same test in a process of its own.
pub fn writer(test: &str, data_dir: &Path) -> (Child, BufReader<ChildStdout>) {
    let program = std::env::current_exe().expect("this program");
    let mut command = Command::new(program);
    command.args([test, "--exact", "--nocapture"]).env(WRITER, data_dir);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it starts");
    let stdout = BufReader::new(child.stdout.take().expect("its output"));
    (child, stdout)
}

/// The data directory, in such a process.
pub fn as_writer() -> Option<std::path::PathBuf> {
    std::env::var_os(WRITER).map(Into::into)
}

pub fn say(word: &str) {
    let mut stdout = std::io::stdout();
    writeln!(stdout, "\nsaid {word}").and_then(|()| stdout.flush()).expect("the other one listens");
}

/// What the writer said, one after another, until it is dead.
pub fn said(stdout: &mut impl BufRead) -> Option<String> {
    stdout.lines().map_while(Result::ok).find_map(|line| line.strip_prefix("said ").map(String::from))
}

pub fn kill(mut child: Child) {
    child.kill().expect("it is killed");
    child.wait().expect("it is dead");
}
