//! What `telefonist repl` takes.

use super::{HostArguments, InputArguments, duration};

pub const EXAMPLES: &str = "\
At the prompt:
  let alice = agent(\"alice\")             an agent of this machine; agent(\"<sip:…>;auth_pass=…\") registers
  let bob = agent(\"bob\")
  alice.dial(bob)                        what comes of it is shown above the prompt
  await bob.event(\"CALL_INCOMING\")       waits; Ctrl-C ends the wait
  bob.accept()
  :ladder                                the SIP messages so far
  :save call.rhai                        the same as a test: telefonist run call.rhai
  :help                                  more

Lines of a testfile are understood as well: alice:dial bob|2s|alice:hangup, _define, uanew <sip:carol@127.0.0.1>;regint=0.

Without a terminal the lines come from a file or a pipe; the program then ends with 1 if an await or an assert failed,
2 if a line could not be read, 3 if something could not be carried out:
  telefonist repl < lines

On a server (telefonist serve), whose agents stay when you go:
  TELEFONIST_API_KEY=… telefonist repl --attach https://host:8080

The session is kept as a run: telefonist ladder last, telefonist export last --format pcap.";

#[derive(clap::Args, Debug)]
pub struct ReplArguments {
    /// Remember no lines beyond this session (they are kept in <data_dir>/repl-history)
    #[arg(long)]
    pub private: bool,
    /// Drive the agents of a server in place of your own: its http(s) URL, with a user's name if need be (https://bob@host:8080)
    #[arg(long, value_name = "URL", help_heading = "Server")]
    pub attach: Option<String>,
    /// A key of that server, with the scope run. Arguments show in `ps`: rather set TELEFONIST_API_KEY; without a key the password is asked for
    #[arg(long, value_name = "KEY", env = "TELEFONIST_API_KEY", hide_env_values = true, help_heading = "Server")]
    pub api_key: Option<String>,
    /// A file of certificates (PEM) that are trusted beside the system's
    #[arg(long, value_name = "FILE", requires = "attach", help_heading = "Server")]
    pub ca: Option<std::path::PathBuf>,
    /// The time limit of an await that names none
    #[arg(long, value_name = "DURATION", env = "TELEFONIST_TIMEOUT", default_value = "30s", value_parser = duration, help_heading = "Limits")]
    pub timeout: std::time::Duration,
    #[command(flatten)]
    pub inputs: InputArguments,
    #[command(flatten)]
    pub host: HostArguments,
}
