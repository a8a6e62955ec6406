//! Completion and hover for a classic testfile.

use crate::diagnostic::{Sort, Source, Suggestion};
use crate::event::{EVENT_NAMES, SENT_NAMES, meaning};

/// Each directive: how it is written, and what it does.
const DIRECTIVES: &[(&str, &str, &str)] = &[
    ("_accept", "_accept A,B", "Only these events enter the flow."),
    ("_account", "_account NAME", "The test needs this account of the accounts file to itself."),
    ("_define", "_define NAME value", "A macro for the lines after it."),
    ("_hash", "_hash HEX", "The expected hash of the flow; empty: the run shows it."),
    ("_ignore", "_ignore A,B", "These events don't enter the flow."),
    ("_include", "_include FILE", "A validation script of <data_dir>/scripts/."),
    ("_run", "_run N", "Repeats the test; 0 skips it."),
    ("_strict", "_strict", "A command that an agent answers with an error fails the test."),
    ("_tags", "_tags A,B", "Names by which tests are picked."),
    ("_webhook", "_webhook URL", "Where the result is sent."),
];

/// All directives, in the order of the alphabet.
pub fn directives() -> impl Iterator<Item = Suggestion> {
    DIRECTIVES.iter().map(|(word, usage, doc)| Suggestion::new(word, Sort::Directive, usage, doc))
}

/// What somebody meant by a command word that no agent has: advice, where it looks like something else of a testfile.
pub fn meant(word: &str) -> Option<String> {
    let bare = word.trim_start_matches(['@', '-', '_']).trim_end_matches(':').to_lowercase();
    let directive = DIRECTIVES.iter().map(|(word, ..)| *word).find(|directive| directive[1..] == bare);
    if let Some(directive) = directive {
        return Some(format!("did you mean `{directive}`?"));
    }
    let advice = if word.starts_with(|c: char| c.is_ascii_digit()) {
        "a wait is digits and a unit without a space: 10s, 500ms, 2m"
    } else if word.starts_with("//") || word.starts_with("--") {
        "a comment begins with `#`"
    } else if matches!(word, "let" | "await" | "fn" | "import" | "test") || word.contains('(') {
        "a Rhai script is a file whose name ends in .rhai"
    } else if matches!(word, "sleep" | "wait" | "delay" | "pause") {
        "a wait stands alone between two `|`: |5s|"
    } else {
        return None;
    };
    Some(advice.to_string())
}

/// What may stand at a position (line and column from 1), beginning with what is already written there; in the order of
/// the alphabet. `commands`: all command words.
pub fn complete(source: &Source, line: u32, column: u32, commands: &[String]) -> Vec<Suggestion> {
    let offset = source.offset(line, column);
    let written = &source.text[source.line_span(line).start.min(offset)..offset];
    let start = written.rfind(|c| !is_part(c)).map_or(0, |at| at + width(written, at));
    Suggestion::beginning_with(at(source, line, &written[..start], commands), &written[start..])
}

/// What stands at a position; none where nothing is known of it.
pub fn hover(source: &Source, line: u32, column: u32) -> Option<Suggestion> {
    let span = source.line_span(line);
    let text = &source.text[span.clone()];
    let here = source.offset(line, column) - span.start;
    let from = text[..here].rfind(|c| !is_part(c)).map_or(0, |before| before + width(text, before));
    let to = text[here..].find(|c| !is_part(c)).map_or(text.len(), |length| here + length);
    at(source, line, &text[..from], &[]).into_iter().find(|one| one.text.eq_ignore_ascii_case(&text[from..to]))
}

fn is_part(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn width(text: &str, at: usize) -> usize {
    text[at..].chars().next().map_or(0, char::len_utf8)
}

fn at(source: &Source, line: u32, before: &str, commands: &[String]) -> Vec<Suggestion> {
    let before = before.trim_start().to_lowercase();
    let mut all = vec![];
    match before.split([' ', '\t']).next().unwrap_or_default() {
        comment if comment.starts_with('#') => {}
        "_accept" | "_ignore" => {
            let about = |name| meaning(name).unwrap_or("a request of the agent's own, as a flow has it");
            let names = EVENT_NAMES.iter().chain(SENT_NAMES);
            all.extend(names.map(|name| Suggestion::new(name, Sort::Event, "", about(name))));
        }
        directive if directive.starts_with('_') => {}
        first => {
            all.extend(directives().filter(|_| first.is_empty()));
            all.extend(commands.iter().map(|word| Suggestion::new(word, Sort::Command, "", "A command of baresip's.")));
            all.extend(macros(source, line));
        }
    }
    all
}

/// What the lines before define.
fn macros(source: &Source, line: u32) -> Vec<Suggestion> {
    let before = source.text.lines().take(line.saturating_sub(1) as usize);
    let defined = before.filter_map(|text| {
        let mut words = text.trim().splitn(3, [' ', '\t']);
        let directive = words.next().filter(|word| word.eq_ignore_ascii_case("_define"));
        directive.and(words.next())
    });
    // its value may be a secret
    defined.map(|name| Suggestion::new(name, Sort::Variable, "a macro", "")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testfile::directive::WORDS;
    use proptest::prelude::*;

    fn completed(line: &str) -> Vec<String> {
        let source = Source::new("calls", format!("_define ua1 sip:a@127.0.0.1\n{line}"));
        let commands = ["dial", "dialdir"].map(String::from);
        complete(&source, 2, line.chars().count() as u32 + 1, &commands).into_iter().map(|one| one.text).collect()
    }

    #[test]
    fn directives_events_commands_and_macros_are_completed() {
        for (line, expected) in [
            ("_ac", &["_accept", "_account"][..]),
            ("_ACC", &["_accept", "_account"]),
            ("_accept CALL_CLOSED,CALL_INC", &["CALL_INCOMING"]),
            ("_ignore SENT_RE", &["SENT_REFER", "SENT_REGISTER", "SENT_RESUME"]),
            ("_hash C", &[]),
            ("ua1:di", &["dial", "dialdir"]),
            ("dial u", &["ua1"]),
            ("dial _", &[]),
            ("# _a", &[]),
        ] {
            assert_eq!(completed(line), expected, "{line}");
        }
    }

    #[test]
    fn hover_tells_what_a_word_is() {
        let source = Source::new("calls", "_define ua1 sip:a@h;auth_pass=x\n_Run 5\nua1:dial 5\n");
        assert_eq!(hover(&source, 2, 2).unwrap().doc, "Repeats the test; 0 skips it.");
        assert_eq!(hover(&source, 3, 1).unwrap().usage, "a macro");
        assert_eq!(hover(&source, 2, 6), None);
    }

    #[test]
    fn every_directive_is_told_of() {
        let mut words = WORDS.to_vec();
        words.sort_unstable();
        assert_eq!(DIRECTIVES.iter().map(|(word, ..)| *word).collect::<Vec<_>>(), words);
    }

    proptest! {
        #[test]
        fn any_place_of_any_text_is_answered(text in "([a-c_ ,:|#é\n]|_define |_accept ){0,40}", line in 0u32..8, column in 0u32..60) {
            let source = Source::new("calls", text);
            complete(&source, line, column, &["a".to_string()]);
            hover(&source, line, column);
        }
    }
}
