//! The program as a test's subject: run in a data folder of its own, with its whole output.

pub mod golden;
pub mod killed;
pub mod odd_peer;
pub mod receiver;
pub mod server;
mod serving;
pub mod socket;
pub mod stun_server;
pub mod tones;

pub use serving::Serving;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use tempfile::TempDir;

/// Debian's baresip 1.0.0, which `make test` installs.
pub const OLD_BARESIP: &str = "/usr/bin/baresip";

/// What a script begins with that has a call of two agents.
pub const ESTABLISHED: &str = r#"let alice = agent("alice");
let bob = agent("bob");
alice.dial(bob);
await bob.event("CALL_INCOMING") within 20s;
bob.accept();
await all([alice.event("CALL_ESTABLISHED"), bob.event("CALL_ESTABLISHED")]) within 20s;
"#;

/// A program call in the making.
pub struct Telefonist {
    pub folder: TempDir,
    /// How many times faster its clock goes, and what it waits for comes.
    pub faster: Option<u32>,
    arguments: Vec<String>,
}

/// Gives a program clocks of its own (libfaketime).
pub fn fake_time(command: &mut Command) -> &mut Command {
    let folders = "/usr/lib/x86_64-linux-gnu/faketime:/usr/lib/aarch64-linux-gnu/faketime";
    command.env("LD_PRELOAD", "libfaketime.so.1").env("LD_LIBRARY_PATH", folders)
}

impl Telefonist {
    /// `words` are the arguments, separated by white space.
    pub fn new(words: &str) -> Telefonist {
        let folder = tempfile::tempdir().expect("a folder for the test");
        Telefonist { folder, faster: None, arguments: words.split_whitespace().map(str::to_string).collect() }
    }

    pub fn argument(mut self, word: impl Into<String>) -> Telefonist {
        self.arguments.push(word.into());
        self
    }

    /// A file in the test's folder, which is the program's working directory.
    pub fn file(self, name: &str, text: &str) -> Telefonist {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder for the file");
        std::fs::write(path, text).expect("the file is written");
        self
    }

    /// The repository's examples, as a user would have them.
    pub fn example(self, name: &str) -> Telefonist {
        let text = std::fs::read_to_string(repository().join("examples").join(name)).expect("the example");
        self.file(name, &text)
    }

    pub fn command(&self) -> Command {
        let words: Vec<&str> = self.arguments.iter().map(String::as_str).collect();
        self.command_with(&words)
    }

    /// In the same folder, with other arguments.
    pub fn command_with(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_telefonist"));
        command.args(words).current_dir(self.folder.path()).stdin(Stdio::null());
        // on a build server it is set
        command.env_remove("CI").env_remove("TELEFONIST_BARESIP").env("NO_COLOR", "1");
        if let Some(faster) = self.faster {
            fake_time(&mut command).env("FAKETIME", format!("+0 x{faster}"));
        }
        command
    }

    pub fn run(&self) -> Done {
        Done::from(self.command().output().expect("the program starts"))
    }

    /// Another call of the program in the same folder.
    pub fn then(&self, words: &str) -> Done {
        let mut command = Command::new(env!("CARGO_BIN_EXE_telefonist"));
        command.args(words.split_whitespace()).current_dir(self.folder.path()).stdin(Stdio::null());
        Done::from(command.env("NO_COLOR", "1").output().expect("the program starts"))
    }

    /// Starts it and gives its output as it comes.
    pub fn start(&self) -> Child {
        self.command().stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts")
    }

    /// The only run in the data folder.
    pub fn run_folder(&self) -> PathBuf {
        let runs = self.folder.path().join("data/runs");
        let mut runs: Vec<_> = runs.read_dir().expect("runs are kept").map(|run| run.expect("a run").path()).collect();
        runs.sort();
        runs.pop().expect("a run is kept")
    }

    /// All events of the last run, without the header.
    pub fn events(&self) -> Vec<serde_json::Value> {
        let text = std::fs::read_to_string(self.run_folder().join("events.jsonl")).expect("the events are kept");
        text.lines().skip(1).map(|line| serde_json::from_str(line).expect("an event is JSON")).collect()
    }
}

/// What a program call gave.
#[derive(Debug)]
pub struct Done {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl From<Output> for Done {
    fn from(output: Output) -> Done {
        Done {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Done {
    /// Fails the test with the whole output when the exit code is another.
    #[track_caller]
    pub fn exits(self, code: i32) -> Done {
        assert_eq!(self.code, Some(code), "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    #[track_caller]
    pub fn says(self, text: &str) -> Done {
        let said = self.stdout.contains(text) || self.stderr.contains(text);
        assert!(said, "`{text}` is missing\nstdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    #[track_caller]
    pub fn never_says(self, text: &str) -> Done {
        let said = self.stdout.contains(text) || self.stderr.contains(text);
        assert!(!said, "`{text}` must not be there\nstdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// The hash that the report shows.
    #[track_caller]
    pub fn hash(&self) -> String {
        let word = |line: &str| {
            line.split_whitespace()
                .skip_while(|word| *word != "hash")
                .nth(1)
                .map(|hash| hash.trim_end_matches(';').to_string())
        };
        self.stdout.lines().find_map(word).unwrap_or_else(|| panic!("no hash in:\n{}{}", self.stdout, self.stderr))
    }
}

pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The processes below another one, by /proc.
pub fn children(parent: u32) -> Vec<u32> {
    let processes = Path::new("/proc").read_dir().expect("/proc").filter_map(|entry| entry.ok());
    let ids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    ids.filter(|id| parent_of(*id) == Some(parent)).collect()
}

/// The process of the agent of that name, by its folder, at a running program.
pub fn agent_process(program: u32, name: &str) -> Option<u32> {
    let is_it = |process: &u32| {
        let folder = std::fs::read_link(format!("/proc/{process}/cwd"));
        let name_and_port = folder.ok().and_then(|folder| Some(folder.file_name()?.to_str()?.to_string()));
        name_and_port.is_some_and(|folder| folder.rsplit_once('-').is_some_and(|(agent, _)| agent == name))
    };
    children(program).into_iter().find(is_it)
}

fn parent_of(process: u32) -> Option<u32> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // the name in parentheses may hold anything
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

/// Whether this process is that of the test alone, whose memory, files and threads are then the test's own. Where it is not, the test
/// is run in a process of its own first, and fails as it does there.
pub fn is_alone(test: &str) -> bool {
    const ALONE: &str = "TELEFONIST_TEST_ALONE";
    if std::env::var_os(ALONE).is_some() {
        return true;
    }
    let mut alone = Command::new(std::env::current_exe().expect("the tests"));
    let output = alone.args(["--exact", test]).env(ALONE, "1").stdin(Stdio::null()).output().expect("the test starts");
    let said = [output.stdout, output.stderr].map(|said| String::from_utf8_lossy(&said).into_owned()).concat();
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
    false
}

/// Follows a file of the run folder that the program is writing until a line has all of the words; gives that line.
pub fn wait_for_event(child: &mut Child, data_dir: &Path, words: &[&str]) -> String {
    let start = std::time::Instant::now();
    let limit = std::time::Duration::from_secs(20);
    let mut events = None;
    while start.elapsed() < limit {
        assert!(child.try_wait().expect("the program's state").is_none(), "the program ended before {words:?}");
        if events.is_none() {
            let run = data_dir.join("runs").read_dir().ok().and_then(|mut runs| runs.next()?.ok());
            events = run.and_then(|run| std::fs::File::open(run.path().join("events.jsonl")).ok()).map(BufReader::new);
        }
        let mut line = String::new();
        while events.as_mut().is_some_and(|events| events.read_line(&mut line).is_ok_and(|read| read > 0)) {
            if words.iter().all(|word| line.contains(word)) {
                return line;
            }
            line.clear();
        }
        std::thread::yield_now();
    }
    panic!("{words:?} did not come")
}
