//! The commands of the prompt, besides statements: `:ladder`, `:save FILE`.

use crate::diagnostic::{Diagnostic, nearest};
use std::path::PathBuf;

/// Name, arguments, what it does.
pub const COMMANDS: [(&str, &str, &str); 9] = [
    ("agents", "", "the agents, where they are, and whether they are registered"),
    ("calls", "", "the calls that are up"),
    ("help", "", "this"),
    ("ladder", "", "the SIP messages so far: who sent what to whom"),
    ("quit", "", "end the session (Ctrl-D too); agents are stopped"),
    ("record", "FILE", "what has happened so far: x.jsonl, x.json, x.pcap, x.sip or x.log"),
    ("save", "FILE", "the session as a test: what succeeded, with the waits that were needed"),
    ("script", "", "the same on the screen"),
    ("show", "WHAT", "which events are shown: events sip commands log notes all nothing, agents, names of events"),
];

#[derive(Debug, PartialEq)]
pub enum Command {
    Agents,
    Calls,
    Help,
    Ladder,
    Quit,
    /// A file, and whether it may be overwritten.
    Record(PathBuf, bool),
    Save(PathBuf, bool),
    Script,
    /// Empty: what is shown now.
    Show(String),
}

impl Command {
    /// Reads what stands behind the colon.
    ///
    /// # Errors
    /// There is no such command, or it wants something else.
    pub fn read(text: &str) -> Result<Command, Diagnostic> {
        let (name, rest) =
            text.trim().split_once(char::is_whitespace).map_or((text.trim(), ""), |(a, b)| (a, b.trim()));
        let (name, over) = name.strip_suffix('!').map_or((name, false), |name| (name, true));
        let file =
            |make: fn(PathBuf, bool) -> Command| match rest.is_empty() {
                true => Err(Diagnostic::error(format!("`:{name}` wants the name of a file"))
                    .advice(if name == "save" { ":save call.rhai" } else { ":record call.pcap" })),
                false => Ok(make(rest.into(), over)),
            };
        let plain = |command: Command| match rest.is_empty() && !over {
            true => Ok(command),
            false => Err(Diagnostic::error(format!("`:{name}` stands alone")).advice(format!(":{name}"))),
        };
        match name {
            "agents" => plain(Command::Agents),
            "calls" => plain(Command::Calls),
            "help" | "h" | "?" => plain(Command::Help),
            "ladder" => plain(Command::Ladder),
            "quit" | "q" | "exit" => plain(Command::Quit),
            "record" => file(Command::Record),
            "save" => file(Command::Save),
            "script" => plain(Command::Script),
            "show" => Ok(Command::Show(rest.to_string())),
            _ => {
                let known = COMMANDS.iter().map(|(name, ..)| *name);
                let shown: String = name.chars().filter(|c| !crate::diagnostic::is_invisible(*c)).take(40).collect();
                Err(Diagnostic::error(format!("there is no command `:{shown}`")).advice(match nearest(name, known) {
                    Some(near) => format!("did you mean `:{near}`?"),
                    None => ":help says what there is".to_string(),
                }))
            }
        }
    }
}

/// One screen that teaches.
pub fn help() -> String {
    let mut text = String::from(
        "\
A call by hand:
  let alice = agent(\"alice\")                  two phones on this machine; <sip:…>;auth_pass=… registers
  let bob = agent(\"bob\")
  alice.dial(bob)                             each command of baresip's is a method
  await bob.event(\"CALL_INCOMING\") within 5s  wait for what comes; Ctrl-C stops a wait
  bob.accept()
  alice.hangup()
Every statement of a test is one here: loops, functions, import \"std/calls\" as calls. A value is shown.
Lines of a testfile too: alice:dial bob|2s|alice:hangup, uanew <sip:carol@127.0.0.1>. A chain that does not end with a
wait waits a second, as in a testfile; |0s at its end goes on at once.

",
    );
    for (name, arguments, about) in COMMANDS {
        text.push_str(&format!("  {:14} {about}\n", format!(":{name} {arguments}")));
    }
    text.push_str(
        "\n`:save! FILE` overwrites. Tab completes, Up brings lines back, Ctrl-R looks for one; a line that
begins with a space, or holds a password, is not remembered. `telefonist stdlib` lists the library.\n",
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_read_and_mistakes_told() {
        assert_eq!(Command::read("ladder ").unwrap(), Command::Ladder);
        assert_eq!(Command::read("save! a b.rhai").unwrap(), Command::Save("a b.rhai".into(), true));
        assert_eq!(Command::read("show").unwrap(), Command::Show(String::new()));
        for (text, message, advice) in [
            ("laddr", "there is no command `:laddr`", "did you mean `:ladder`?"),
            ("save", "`:save` wants the name of a file", ":save call.rhai"),
            ("calls now", "`:calls` stands alone", ":calls"),
            ("", "there is no command `:`", ":help says what there is"),
        ] {
            let problem = Command::read(text).unwrap_err();
            assert_eq!((problem.message.as_str(), problem.advice.as_deref()), (message, Some(advice)));
        }
        let help = help();
        assert!(COMMANDS.iter().all(|(name, ..)| help.contains(&format!(":{name}"))));
        assert!(help.lines().count() <= 24 && help.lines().all(|line| line.chars().count() <= 124), "{help}");
    }
}
