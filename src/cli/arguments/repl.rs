//! Arguments of `telefonist repl`.

use super::values::default_timeout;
use super::{HostArguments, InputArguments, duration};

pub const EXAMPLES: &str = "\
At the prompt:
  let alice = agent(\"alice\")             a local agent; agent(\"<sip:…>;auth_pass=…\") registers
  let bob = agent(\"bob\")
  alice.dial(bob)                        its events appear above the prompt
  await bob.event(\"CALL_INCOMING\")       waits; Ctrl-C ends the wait
  bob.accept()
  :ladder                                the SIP messages so far
  :save call.rhai                        save this session as a test
  :help                                  list all commands

The prompt also accepts lines of a testfile: alice:dial bob|2s|alice:hangup, _define, uanew <sip:carol@127.0.0.1>;regint=0.

Without a terminal, lines are read from standard input. The exit code is 1 if an await or an assert failed, 2 if a line
could not be parsed, 3 if something could not be carried out:
  telefonist repl < lines

On a server (telefonist serve), whose agents stay when you leave:
  TELEFONIST_API_KEY=… telefonist repl --attach https://host:8080

The session is kept as a run: telefonist ladder last, telefonist export last --format pcap.";

#[derive(clap::Args, Debug)]
pub struct ReplArguments {
    /// Do not save the lines of this session in <data_dir>/repl-history
    #[arg(long)]
    pub private: bool,
    /// Control the agents of a server instead of local ones: its URL, optionally with a user name (https://bob@host:8080)
    #[arg(long, value_name = "URL", help_heading = "Server")]
    pub attach: Option<String>,
    /// API key of that server, with the scope run (default: ask for the password). Visible in `ps`; prefer TELEFONIST_API_KEY
    #[arg(long, value_name = "KEY", env = "TELEFONIST_API_KEY", hide_env_values = true, help_heading = "Server")]
    pub api_key: Option<String>,
    /// File of additional CA certificates (PEM) to trust, besides the system's
    #[arg(long, value_name = "FILE", requires = "attach", help_heading = "Server")]
    pub ca: Option<std::path::PathBuf>,
    /// Default `await` limit
    #[arg(long, value_name = "DURATION", env = "TELEFONIST_TIMEOUT", default_value = default_timeout(), value_parser = duration, help_heading = "Limits")]
    pub timeout: std::time::Duration,
    #[command(flatten)]
    pub inputs: InputArguments,
    #[command(flatten)]
    pub host: HostArguments,
}
