//! What may stand where a person is writing: completion, hints, and whether a text is whole. Pure.

use super::command::COMMANDS;
use super::shown::KINDS;
use crate::agent::commands;
use crate::diagnostic::{Sort, Source, Suggestion};
use crate::engine::{self, is_unfinished};
use crate::event::{EVENT_NAMES, lock};
use crate::script::Script;
use crate::testfile;
use std::sync::Arc;

/// The session so far, as an editor sees it.
#[derive(Debug, Default, Clone)]
pub struct Sight {
    /// As Rhai.
    pub text: String,
    /// As a testfile, with an end of line.
    pub classic: String,
    pub agents: Vec<String>,
}

impl Sight {
    /// What may stand at a byte of what is being written, and where the word begins that it completes.
    pub fn complete(&self, line: &str, at: usize) -> (usize, Vec<Suggestion>) {
        let before = &line[..at];
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        let word =
            before.rfind(|c| !is_part(c)).map_or(0, |end| end + before[end..].chars().next().map_or(0, char::len_utf8));
        if let Some(command) = before.trim_start().strip_prefix(':') {
            return (word, of_command(command, &self.agents, &before[word..]));
        }
        // in quotes, a path is one word: std/calls
        let quote = before.rfind('"').filter(|_| before.matches('"').count() % 2 == 1).map(|at| at + 1);
        let start = quote.unwrap_or(word);
        let names: Vec<String> = commands::names().map(str::to_string).collect();
        let mut found = self.at(&self.text, before, |text, line, column| {
            engine::complete(&Script::rhai(Source::new("session", text)), line, column, &names)
        });
        let first = before.trim_start();
        if quote.is_none() && (first.starts_with('_') || !first.contains(['(', '.', '='])) {
            let classic = self.at(&self.classic, before, |text, line, column| {
                testfile::suggest::complete(&Source::new("session", text), line, column, &names)
            });
            // in Rhai a command is a word among others: at the begin of a line, or behind an agent
            let classic = classic.into_iter().filter(|_| first.contains(':') || first == &before[word..]);
            found.extend(classic.filter(|_| !before[word..].is_empty() || first.ends_with(':')));
        }
        found.sort_by(|a, b| a.text.cmp(&b.text));
        found.dedup_by(|a, b| a.text == b.text);
        (start, found)
    }

    fn at<T>(&self, text: &str, before: &str, ask: impl Fn(String, u32, u32) -> T) -> T {
        let whole = format!("{text}{before}");
        let line = whole.matches('\n').count() as u32 + 1;
        let column = whole.rsplit('\n').next().unwrap_or_default().chars().count() as u32 + 1;
        ask(whole, line, column)
    }

    /// What is shown behind the cursor at the end of a line: the rest of the only word that fits, or how the function is called whose
    /// arguments are due. The first is what the right arrow takes over.
    pub fn hint(&self, line: &str) -> Option<(String, bool)> {
        let last = line.chars().last()?;
        if let Some(call) = line.strip_suffix('(') {
            let hovered = self.at(&self.text, call, |text, line, column| {
                engine::hover(&Script::rhai(Source::new("session", text)), line, column.saturating_sub(1))
            });
            let usage = hovered.map(|one| one.usage).filter(|usage| !usage.is_empty())?;
            return Some((format!("    {usage}"), false));
        }
        if !last.is_alphanumeric() && last != '_' {
            return None;
        }
        let (start, found) = self.complete(line, line.len());
        match &found[..] {
            [one] => one
                .text
                .strip_prefix(&line[start..])
                .filter(|rest| !rest.is_empty())
                .map(|rest| (rest.to_string(), true)),
            _ => None,
        }
    }
}

fn of_command(command: &str, agents: &[String], word: &str) -> Vec<Suggestion> {
    let plain = |text: &str, doc: &str| Suggestion::new(text, Sort::Word, "", doc);
    let all = match command.split_once(' ').map(|(name, _)| name) {
        None => COMMANDS.iter().map(|(name, _, doc)| plain(name, doc)).collect(),
        Some("show") => {
            let kinds = KINDS.iter().map(|(kind, doc)| plain(kind, doc));
            let events = EVENT_NAMES.iter().map(|name| plain(name, ""));
            let words = ["all", "nothing", "default"].iter().map(|word| plain(word, ""));
            kinds.chain(words).chain(agents.iter().map(|agent| plain(agent, ""))).chain(events).collect()
        }
        Some(_) => vec![],
    };
    Suggestion::beginning_with(all, word)
}

/// Whether more lines are due. What a prompt's commands and testfiles say is always one line.
pub fn wants_more(text: &str) -> bool {
    let first = text.trim_start();
    !first.starts_with([':', '_', '#']) && !first.starts_with("uanew ") && is_unfinished(text)
}

/// Says what may stand where a person is writing: see [`Sight::complete`] and [`Sight::hint`].
pub trait Completes: Send + Sync {
    fn complete(&self, line: &str, at: usize) -> (usize, Vec<Suggestion>);
    fn hint(&self, line: &str) -> Option<(String, bool)>;
}

impl Completes for std::sync::Mutex<Sight> {
    fn complete(&self, line: &str, at: usize) -> (usize, Vec<Suggestion>) {
        lock(self).complete(line, at)
    }

    fn hint(&self, line: &str) -> Option<(String, bool)> {
        lock(self).hint(line)
    }
}

/// Shared by who edits and who runs.
pub type Shared = Arc<std::sync::Mutex<Sight>>;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sight() -> Sight {
        Sight {
            text: "let alice = agent(\"alice\");\nimport \"std/calls\" as calls;\n".into(),
            classic: "uanew alice\n_define target sip:x@h\n".into(),
            agents: vec!["alice".into()],
        }
    }

    fn words(line: &str) -> Vec<String> {
        sight().complete(line, line.len()).1.into_iter().map(|one| one.text).collect()
    }

    #[test]
    fn words_are_completed_in_rhai_in_testfile_lines_and_in_commands() {
        for (line, expected) in [
            ("ali", &["alice"][..]),
            ("alice.hang", &["hangup"]),
            ("if true {\n    alice.acc", &["accept"]),
            ("await alice.event(\"CALL_INC", &["CALL_INCOMING"]),
            ("import \"std/cal", &["std/calls"]),
            ("calls::estab", &["establish"]),
            ("alice:uareg", &["uareg"]),
            ("_defi", &["_define"]),
            (":lad", &["ladder"]),
            (":show CALL_INC", &["CALL_INCOMING"]),
            (":show al", &["alice", "all"]),
        ] {
            let found = words(line);
            assert!(expected.iter().all(|word| found.contains(&word.to_string())), "{line}: {found:?}");
        }
        assert!(words("hang").contains(&"hangup".to_string()));
        assert_eq!(sight().complete("import \"std/cal", 15).0, 8);
    }

    #[test]
    fn the_only_word_and_a_functions_use_are_hinted_at() {
        assert_eq!(sight().hint("alice.hangu"), Some(("p".into(), true)));
        let (usage, is_text) = sight().hint("alice.dial(").unwrap();
        assert!(usage.contains("agent.dial(") && !is_text, "{usage}");
        assert_eq!(sight().hint("alice.h"), None);
        assert_eq!(sight().hint(""), None);
    }

    #[test]
    fn only_rhai_has_several_lines() {
        assert!(
            wants_more("fn f() {")
                && !wants_more(":show {")
                && !wants_more("_define A (")
                && !wants_more("uanew <sip:a@h>(")
        );
    }

    proptest! {
        #[test]
        fn any_text_is_answered(line in "([a-c_.:(){}\"é\n ]|alice|await ){0,30}") {
            sight().complete(&line, line.len());
            sight().hint(&line);
        }
    }
}
