//! baresip's commands: which version has which, and what they take.
//!
//! From the commands' own listings of 1.0.0 and 4.10 and the project's history between them.

use super::Kind;
use super::version::{Version, version_text};

struct Command {
    name: &'static str,
    since: Version,
    /// The first version without it.
    until: Option<Version>,
    /// Its parameters name somebody to reach.
    takes_uri: bool,
}

const fn always(name: &'static str) -> Command {
    Command { name, since: (0, 0, 0), until: None, takes_uri: false }
}

const fn since(name: &'static str, since: Version) -> Command {
    Command { name, since, until: None, takes_uri: false }
}

const fn until(name: &'static str, until: Version) -> Command {
    Command { name, since: (0, 0, 0), until: Some(until), takes_uri: false }
}

const fn to_uri(command: Command) -> Command {
    Command { takes_uri: true, ..command }
}

const COMMANDS: &[Command] = &[
    since("100rel", (2, 6, 0)),
    always("about"),
    always("accept"),
    since("acceptdir", (1, 1, 0)),
    since("addcontact", (3, 21, 0)),
    always("answermode"),
    always("apistate"),
    since("atransferabort", (2, 0, 0)),
    since("atransferexec", (2, 0, 0)),
    to_uri(since("atransferstart", (2, 0, 0))),
    always("aubitrate"),
    always("audio_debug"),
    since("aufileinfo", (1, 1, 0)),
    always("auplay"),
    always("ausrc"),
    always("callfind"),
    always("callstat"),
    since("clrcontacts", (3, 21, 0)),
    always("conf_reload"),
    // of the module mixminus
    always("conference"),
    always("config"),
    always("contact_next"),
    always("contact_prev"),
    always("contacts"),
    to_uri(always("dial")),
    always("dialcontact"),
    to_uri(since("dialdir", (1, 1, 0))),
    since("dnd", (1, 1, 0)),
    since("entransp", (2, 0, 0)),
    always("hangup"),
    since("hangupall", (1, 1, 0)),
    always("help"),
    always("hold"),
    always("insmod"),
    always("line"),
    always("listcalls"),
    always("loglevel"),
    always("main"),
    since("medialdir", (2, 0, 0)),
    always("memstat"),
    to_uri(always("message")),
    always("modules"),
    always("mute"),
    always("netstat"),
    to_uri(always("options")),
    always("play"),
    until("prevhold", (1, 1, 0)),
    until("prevresume", (1, 1, 0)),
    always("quit"),
    to_uri(since("refer", (2, 8, 0))),
    always("reginfo"),
    always("reinvite"),
    always("resume"),
    since("rmcontact", (3, 21, 0)),
    always("rmmod"),
    since("setadelay", (1, 1, 0)),
    since("setansval", (2, 0, 0)),
    always("sipstat"),
    since("siptrace", (3, 23, 0)),
    always("sndcode"),
    always("statmode"),
    since("stopringing", (2, 0, 0)),
    always("sysinfo"),
    always("timers"),
    to_uri(always("transfer")),
    since("uaaddheader", (2, 0, 1)),
    always("uadel"),
    since("uadelall", (1, 1, 0)),
    always("uafind"),
    always("uanew"),
    until("uanext", (1, 1, 0)),
    since("uareg", (2, 0, 0)),
    since("uarmheader", (2, 0, 1)),
    always("uastat"),
    always("uuid"),
    always("video_debug"),
    until("video_dir", (1, 1, 0)),
    since("videodir", (1, 1, 0)),
    always("vidsrc"),
];

fn find(word: &str) -> Option<&'static Command> {
    COMMANDS.iter().find(|command| command.name == word)
}

/// All command words, of any version.
pub fn names() -> impl Iterator<Item = &'static str> {
    COMMANDS.iter().map(|command| command.name)
}

/// Whether some version has the command. An agent may still have one that is not known here, from a module of its own.
pub fn is_known(word: &str) -> bool {
    find(word).is_some()
}

/// Whether its parameters name somebody to reach, as in `dial URI`.
pub fn takes_uri(word: &str) -> bool {
    find(word).is_some_and(|command| command.takes_uri)
}

/// The first version whose `hangup` takes a code and a reason.
const HANGUP_CODE: Version = (3, 19, 0);

/// Why this agent can't carry out a command that others can; none where it can, or nobody can.
pub fn missing(text: &str, kind: &Kind) -> Option<String> {
    let (word, parameters) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let command = find(word)?;
    // 486 is what they say, whatever they are asked for
    let is_other = parameters.contains("scode=") && parameters.trim() != "scode=486";
    if word == "hangup" && is_other && kind.version < HANGUP_CODE {
        return Some(format!(
            "rejecting a call with a code or reason of one's own needs baresip {} or newer; the agent is {kind}, and says 486 to any",
            version_text(HANGUP_CODE)
        ));
    }
    if kind.version < command.since {
        return Some(format!(
            "the command `{word}` needs baresip {} or newer; the agent is {kind}",
            version_text(command.since)
        ));
    }
    let until = command.until.filter(|until| kind.version >= *until)?;
    Some(format!("the command `{word}` is gone since baresip {}; the agent is {kind}", version_text(until)))
}

/// The command as a version takes it: what rejects with 486 by itself is not given that code.
pub fn for_version<'a>(text: &'a str, kind: &Kind) -> &'a str {
    if text == "hangup scode=486" && kind.version < HANGUP_CODE { "hangup" } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_has_no_word_twice() {
        let words: Vec<_> = names().collect();
        assert!(words.is_sorted_by(|a, b| a < b), "{words:?}");
    }

    #[test]
    fn a_command_is_missing_before_its_first_version_and_after_its_last() {
        let old = Kind::for_tests((1, 0, 0));
        let new = Kind::for_tests((4, 12, 0));
        assert!(missing("atransferstart", &old).unwrap().contains("needs baresip 2.0 or newer"));
        assert_eq!(missing("atransferstart", &new), None);
        assert!(missing("uanext", &new).is_some());
        assert_eq!(missing("nonsense", &old), None);
        assert!(missing("hangup scode=480", &old).unwrap().contains("needs baresip 3.19 or newer"));
        assert_eq!((missing("hangup scode=486", &old), missing("hangup scode=480", &new)), (None, None));
        assert!(missing("hangup scode=486 reason=Busy", &old).is_some());
        assert!(takes_uri("dial") && !takes_uri("accept") && is_known("sndcode") && !is_known("dail"));
    }
}
