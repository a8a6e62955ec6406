//! The calls of an agent as it lists them (`listcalls`), and what a command for one of them comes to.

/// A call in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub id: String,
    /// It takes the commands that name no call.
    pub is_current: bool,
    /// baresip's word: `INCOMING`, `RINGING`, `ESTABLISHED`…
    pub state: String,
    /// By this side.
    pub on_hold: bool,
}

/// What is to become of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It is sent as it is.
    Sent,
    /// It is sent for this call.
    SentFor(String),
    /// What it asks for is done already.
    Done(&'static str),
    /// The agent would say ok and do nothing, or something else.
    Refused(&'static str),
}

/// Reads a list: lines like `> [line 1, id 0a1b]  0:00:02  ESTABLISHED  (on hold)  sip:bob@h`. None where it has another form, as
/// old versions give it.
pub fn read(text: &str) -> Option<Vec<Listed>> {
    let lines = text.lines().filter(|line| line.contains("[line "));
    let call = |line: &str| {
        let (mark, rest) = line.split_once("[line ")?;
        let (head, rest) = rest.split_once(']')?;
        let (_, id) = head.split_once(", id ")?;
        // a peer's URI may hold anything: only the words before it count
        let mut words = rest.split_whitespace().skip(1);
        let state = words.next()?.to_string();
        let on_hold = words.next() == Some("(on") && words.next() == Some("hold)");
        Some(Listed { id: id.trim().to_string(), is_current: mark.contains('>'), state, on_hold })
    };
    lines.map(call).collect()
}

/// Whether a command's fate depends on the agent's calls.
pub fn concerns(text: &str) -> bool {
    let (word, parameters) = text.split_once(' ').unwrap_or((text, ""));
    match word {
        "accept" | "hold" | "resume" => parameters.trim().is_empty(),
        "hangup" => {
            parameters.trim().is_empty() || parameters.starts_with("scode=") || parameters.starts_with("reason=")
        }
        _ => false,
    }
}

/// What a command comes to. `named` is the call that it is for, where one is named; `came`: the ids of the calls that came in, in
/// their order, each with whether it was accepted by a command.
pub fn fate(text: &str, named: Option<&str>, calls: &[Listed], came: &[(String, bool)]) -> Fate {
    let word = text.split(' ').next().unwrap_or_default();
    let find = |id: &str| calls.iter().find(|call| call.id == id);
    let meant = match named {
        Some(id) => find(id),
        None => calls.iter().find(|call| call.is_current),
    };
    let rings = |call: &&Listed| call.state == "INCOMING";
    let newest = || came.iter().rev().find_map(|(id, _)| find(id).filter(rings));
    match word {
        "hold" if meant.is_some_and(|call| call.on_hold) => Fate::Refused("the call is on hold already"),
        "hold" if meant.is_some_and(|call| call.state != "ESTABLISHED") => {
            Fate::Refused("the call is not established: only one that is can be held")
        }
        "resume" if named.is_some() && meant.is_some_and(|call| !call.on_hold) => {
            Fate::Refused("the call is not on hold")
        }
        "resume" if !calls.is_empty() && !calls.iter().any(|call| call.on_hold) => {
            Fate::Refused("the call is not on hold")
        }
        // an INVITE with Replaces is taken without a command
        "accept" if !calls.iter().any(|call| rings(&call)) => {
            let last = named.map_or_else(|| came.last(), |id| came.iter().find(|(known, _)| known == id));
            match last.and_then(|(id, accepted)| Some((find(id)?, *accepted))) {
                Some((call, false)) if call.state == "ESTABLISHED" => Fate::Done("the call was answered already"),
                _ => Fate::Sent,
            }
        }
        "accept" if named.is_some() => match meant {
            Some(call) if !rings(&call) => Fate::Refused("this call does not ring"),
            _ => Fate::Sent,
        },
        // the newest of those that ring
        "accept" | "hangup" if named.is_none() => match (newest(), meant) {
            (Some(_), _) if word == "accept" && calls.iter().filter(rings).count() == 1 => Fate::Sent,
            (Some(newest), meant)
                if !newest.is_current && (word == "accept" || meant.is_some_and(|call| rings(&call))) =>
            {
                Fate::SentFor(newest.id.clone())
            }
            _ => Fate::Sent,
        },
        _ => Fate::Sent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LIST: &str = "\nUser-Agent: alice@127.0.0.1\n--- Active calls (2) ---\n\
         > [line 1, id aa]  0:00:02  ESTABLISHED  (on hold)  sip:bob@h\n  [line 2, id bb]  0:00:00    INCOMING             sip:(on hold)@h\n\n";

    fn listed(id: &str, state: &str, on_hold: bool, is_current: bool) -> Listed {
        Listed { id: id.into(), is_current, state: state.into(), on_hold }
    }

    #[test]
    fn a_list_is_read() {
        let calls = [listed("aa", "ESTABLISHED", true, true), listed("bb", "INCOMING", false, false)];
        assert_eq!(read(LIST).unwrap(), calls);
        assert_eq!(read("\n--- Active calls (0) ---\n"), Some(vec![]));
        assert_eq!(read("  [line 1]  0:00:02  ESTABLISHED  sip:bob@h\n"), None);
    }

    #[test]
    fn commands_that_would_do_nothing_are_refused() {
        let one = |state, on_hold| [listed("aa", state, on_hold, true)];
        let refused = |text, calls: &[Listed]| matches!(fate(text, None, calls, &[]), Fate::Refused(_));
        assert!(refused("hold", &one("ESTABLISHED", true)) && refused("hold", &one("INCOMING", false)));
        assert!(refused("resume", &one("ESTABLISHED", false)));
        assert!(!refused("hold", &one("ESTABLISHED", false)) && !refused("resume", &one("ESTABLISHED", true)));
        // the agent has its own words where there is no call
        assert!(!refused("hold", &[]) && !refused("resume", &[]));
        let two = [listed("aa", "ESTABLISHED", true, false), listed("bb", "ESTABLISHED", false, true)];
        assert_eq!(fate("resume", Some("bb"), &two, &[]), Fate::Refused("the call is not on hold"));
        assert_eq!(fate("resume", Some("aa"), &two, &[]), Fate::Sent);
        assert_eq!(fate("resume", None, &two, &[]), Fate::Sent);
    }

    #[test]
    fn of_calls_that_ring_the_newest_is_meant() {
        let came = ["bb", "aa"].map(|id| (id.to_string(), false));
        let two = [listed("aa", "INCOMING", false, false), listed("bb", "INCOMING", false, true)];
        for command in ["accept", "hangup", "hangup scode=486"] {
            assert_eq!(fate(command, None, &two, &came), Fate::SentFor("aa".into()), "{command}");
            assert_eq!(fate(command, Some("bb"), &two, &came), Fate::Sent, "{command}");
        }
        let talks = [listed("aa", "INCOMING", false, false), listed("bb", "ESTABLISHED", false, true)];
        assert_eq!(
            (fate("accept", None, &talks, &came), fate("hangup", None, &talks, &came)),
            (Fate::Sent, Fate::Sent)
        );
        assert_eq!(fate("accept", Some("bb"), &talks, &came), Fate::Refused("this call does not ring"));
    }

    #[test]
    fn a_call_that_was_answered_without_a_command_needs_none() {
        let up = [listed("aa", "ESTABLISHED", false, true)];
        assert!(matches!(fate("accept", None, &up, &[("aa".into(), false)]), Fate::Done(_)));
        assert_eq!(fate("accept", None, &up, &[("aa".into(), true)]), Fate::Sent);
        assert_eq!(fate("accept", None, &up, &[]), Fate::Sent);
    }

    proptest! {
        #[test]
        fn never_panics(text in "(>| |\\[line |1|, id |a|\\]|INCOMING|\\(on hold\\)|\n){0,20}", command in "(accept|hold|resume|hangup)( scode=4)?") {
            if let Some(calls) = read(&text) {
                fate(&command, None, &calls, &[("a".into(), false)]);
            }
        }
    }
}
