//! Lines of the classic testfile language in a session: which they are, and the Rhai that they become.

use crate::agent::commands;
use crate::diagnostic::{Diagnostic, Source};
use crate::script;
use crate::testfile::{self, DIRECTIVES, TestFile};
use regex::Regex;
use std::sync::{Arc, LazyLock};

/// `ua1:dial ua2`, `<sip:a@h;transport=tls>:hangup`, `500ms | hangup`.
static TARGETED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"^(?:[^\s"'(){}]+:[A-Za-z]\w*(?:\s|\||$)|\d+(?:ms|s|m)\s*\|)"#).expect("a fixed pattern")
});
/// `_define x`, `dial`, `hangup | 2s`.
static WORD: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^(\w+)(\s*\||\s+[^\s=(.;]|\s*$)").expect("a fixed pattern"));
/// What acts in the host.
const OF_HOST: [&str; 3] = ["uanew", "uafind", "uadelall"];

fn is_directive(word: &str) -> bool {
    let word = word.to_lowercase();
    word == "_define" || DIRECTIVES.contains(&word.as_str())
}

/// The classic lines of a session. Its macros, its agents and the current one are those of all lines so far.
#[derive(Debug, Default)]
pub struct Classic {
    /// What a test that failed was before.
    before: String,
    /// Line for line as the session; empty where a line is Rhai.
    lines: Vec<String>,
    /// Agents that it knows of.
    agents: Vec<String>,
    defines: Vec<(String, String)>,
}

impl Classic {
    /// `before` is a testfile whose macros and agents hold; `defines` are macros given from outside.
    pub fn new(before: &str, defines: &[(String, String)]) -> Classic {
        Classic { before: before.to_string(), defines: defines.to_vec(), ..Classic::default() }
    }

    /// Whether a line is one of a testfile: by how it begins, and by not being Rhai where it could be both.
    pub fn is_classic(&self, line: &str, has_variable: &dyn Fn(&str) -> bool, is_rhai: &dyn Fn(&str) -> bool) -> bool {
        let line = line.trim();
        if line.contains('\n') {
            return false;
        }
        if TARGETED.is_match(line) && !line.contains("::") {
            return true;
        }
        let Some(word) = WORD.captures(line).map(|found| found[1].to_string()) else { return false };
        if is_directive(&word) || OF_HOST.contains(&word.as_str()) {
            return true;
        }
        let known = commands::is_known(&word) || self.is_macro(&word);
        known && !has_variable(&word) && (word == line || !is_rhai(line) || line.contains('|'))
    }

    fn is_macro(&self, word: &str) -> bool {
        let defined = self.before.lines().chain(self.lines.iter().map(String::as_str));
        defined
            .filter_map(|line| line.trim().strip_prefix("_define "))
            .any(|rest| rest.split_whitespace().next() == Some(word))
    }

    /// The line as Rhai, on one line; `number` is its number in the session, from 1.
    ///
    /// # Errors
    /// What is wrong with it; also what a testfile is only warned of: a person can write it again.
    pub fn compile(&self, line: &str, number: usize) -> Result<String, Vec<Diagnostic>> {
        let source = self.with(line, number);
        let number = self.offset() + number as u32;
        let mine = |problem: &Diagnostic| problem.place.as_ref().is_some_and(|place| place.line_column().0 == number);
        let file = testfile::parse(&source, &self.defines)?;
        let problems: Vec<Diagnostic> = file.warnings.iter().filter(|problem| mine(problem)).cloned().collect();
        if !problems.is_empty() {
            return Err(problems);
        }
        let lines = file.lines.into_iter().filter(|line| line.number == number).collect();
        let script = script::compile(&TestFile { source, lines, warnings: vec![] });
        let own =
            script.rhai.lines().zip(&script.lines).filter(|(text, line)| **line == number && !text.starts_with("//"));
        Ok(own.map(|(text, _)| text).collect::<Vec<_>>().join(" "))
    }

    fn offset(&self) -> u32 {
        self.before.lines().count() as u32
    }

    /// All lines so far as a testfile, with this one.
    pub fn with(&self, line: &str, number: usize) -> Arc<Source> {
        let mut text: String = self.before.lines().flat_map(|line| [line, "\n"]).collect();
        for n in 1..number {
            text.extend([self.lines.get(n - 1).map_or("", String::as_str), "\n"]);
        }
        text.push_str(line);
        Source::new("session", text)
    }

    /// The line counts from now on.
    pub fn keep(&mut self, line: &str, number: usize) {
        self.lines.resize(self.lines.len().max(number), String::new());
        self.lines[number - 1] = line.to_string();
    }

    /// Agents that Rhai lines have made take classic commands too; the newest is the current one.
    pub fn know(&mut self, agents: &[(String, Arc<str>)], number: usize) {
        for (_, name) in agents {
            if !self.agents.iter().any(|known| **known == **name) && !name.contains(['|', ' ', '<', ';']) {
                self.agents.push(name.to_string());
                self.keep(&format!("uanew {name}"), number);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_classic(line: &str) -> bool {
        let mut classic = Classic::new("", &[]);
        classic.keep("_define FOO dial", 1);
        classic.is_classic(line, &|name| name == "accept", &|text| !text.contains(' ') || text.contains('='))
    }

    #[test]
    fn a_testfiles_lines_are_told_from_rhai() {
        for line in [
            "ua1:dial ua2",
            "<sip:a@h;transport=tls>:hangup",
            "sip:a@h:hangup|2s",
            "uanew <sip:a@h>;regint=0",
            "uadelall",
            "_define ua1 sip:alice@127.0.0.1",
            "_accept CALL_CLOSED",
            "dial sip:b@h | 2s",
            "hangup",
            "500ms | hangup",
            "FOO 5",
        ] {
            assert!(is_classic(line), "{line}");
        }
        for line in [
            "ua1.dial(ua2)",
            "uanew(\"<sip:a@h>\")",
            "accept",
            "let x = 5",
            "dial = 5",
            "calls::establish(a, b)",
            "5s",
            "x",
            "#{a:1}",
            "hangup();",
            "dail ua2",
            "",
        ] {
            assert!(!is_classic(line), "{line}");
        }
    }

    #[test]
    fn macros_agents_and_the_current_one_are_those_of_all_lines() {
        let mut classic = Classic::new("", &[]);
        for (n, line) in (1..).zip(["_define ua1 sip:alice@127.0.0.1", "uanew <ua1>;regint=0 | 0s"]) {
            classic.compile(line, n).unwrap();
            classic.keep(line, n);
        }
        classic.know(&[("b".into(), "bob".into())], 3);
        assert_eq!(
            classic.compile("ua1:dial bob|2s", 4).unwrap(),
            "on(\"sip:alice@127.0.0.1\").cmd(\"dial\", \"bob\"); sleep(2s);"
        );
        assert_eq!(classic.compile("accept", 9).unwrap(), "on(\"bob\").cmd(\"accept\"); sleep(1s);");
        let problems = classic.compile("bobb:accept", 5).unwrap_err();
        assert_eq!(problems[0].place.as_ref().unwrap().to_string(), "session:5:1");
        assert!(problems[0].advice.as_ref().unwrap().contains("`bob`"), "{problems:?}");
        assert!(classic.compile("_acept X", 5).is_err());
    }

    #[test]
    fn a_test_that_failed_gives_its_macros_and_agents() {
        let classic = Classic::new("_define ua1 sip:alice@127.0.0.1\nuanew <ua1>;regint=0\n", &[]);
        assert_eq!(
            classic.compile("ua1:hangup|0s", 1).unwrap(),
            "on(\"sip:alice@127.0.0.1\").cmd(\"hangup\"); sleep(0s);"
        );
    }
}
