//! Describes Rhai's syntax errors in plain words, with places in the user's text.

use super::syntax_slips::{Around, slip};
use crate::diagnostic::{Diagnostic, nearest};
use crate::script::Script;
use rhai::{LexError, ParseError, ParseErrorType};

/// The reserved words of the language, for "did you mean".
const KEYWORDS: [&str; 20] = [
    "let", "const", "if", "else", "switch", "while", "loop", "do", "until", "for", "in", "fn", "return", "break",
    "continue", "throw", "try", "catch", "import", "await",
];

/// Converts a syntax error to a diagnostic.
pub fn diagnostic(error: &ParseError, script: &Script) -> Diagnostic {
    let (line, column) = (error.position().line(), error.position().position());
    let text = line.and_then(|line| script.rhai.lines().nth(line - 1));
    let told = trap(error.err_type(), text, column, statement(&script.rhai, line, column));
    let (message, advice, column) = told.unwrap_or_else(|| {
        let (message, advice) = in_words(error.err_type(), text, column);
        (message, advice, column)
    });
    let mut diagnostic = Diagnostic::error(message).code("syntax");
    diagnostic.place = line.map(|line| script.place(line as u32, column.unwrap_or(1) as u32));
    diagnostic.advice = advice;
    diagnostic
}

fn in_words(error: &ParseErrorType, line: Option<&str>, column: Option<usize>) -> (String, Option<String>) {
    use ParseErrorType::*;
    let plain = |message: &str| (message.to_string(), None);
    let advised = |message: String, advice: &str| (message, Some(advice.to_string()));
    match error {
        UnexpectedEOF => {
            advised("the script ends in the middle of something".into(), "close what is still open: ), ], } or a text")
        }
        BadInput(bad) => bad_input(bad),
        MissingToken(token, _) if token == ";" => missing_semicolon(line, column),
        MissingToken(token, what) => (format!("`{token}` is missing {what}"), None),
        MissingSymbol(what) if !what.is_empty() => (decapitalized(what), None),
        Reserved(word) => {
            advised(format!("`{word}` is a word of the language and can't be a name"), "choose another name")
        }
        VariableExpected => plain("the name of a variable is due here"),
        PropertyExpected => match word_at(line, column).1.as_str() {
            "curry" => plain("`curry` can't be used in a test"),
            _ => plain("the name of a property is due here"),
        },
        VariableUndefined(name) => (format!("there is no variable `{name}`"), None),
        ModuleUndefined(name) => (format!("there is no module `{name}`"), None),
        AssignmentToConstant(name) => (format!("`{name}` is a constant and can't be changed"), None),
        AssignmentToInvalidLHS(_) => plain("nothing can be assigned to this"),
        MismatchedType(wanted, given) => (format!("{wanted} is due here, not {given}"), None),
        ExprExpected(what) => (format!("{what} expression is due here"), None),
        DuplicatedProperty(name) => (format!("`{name}` stands twice in this map"), None),
        LoopBreak => plain("`break` and `continue` stand in a loop only"),
        WrongFnDefinition => {
            advised("a function can't be defined here".into(), "define it at the top level of the file")
        }
        FnDuplicatedDefinition(name, count) => (format!("`{name}` with {count} parameters is defined twice"), None),
        FnMissingName => plain("the function's name is missing"),
        FnMissingParams(name) => (format!("the parameters of `{name}` are missing: fn {name}() {{ … }}"), None),
        ExprTooDeep => advised("this is nested too deeply".into(), "give its parts names with `let`"),
        other => (decapitalized(&other.to_string()), None),
    }
}

/// Describes what Rhai's lexer can't read.
fn bad_input(error: &LexError) -> (String, Option<String>) {
    let advised = |message: String, advice: &str| (message, Some(advice.to_string()));
    match error {
        LexError::UnterminatedString => {
            advised("this text is not closed".into(), "close it with the sign that it was opened with")
        }
        LexError::ImproperSymbol(symbol, why) => match why.is_empty() {
            true => (format!("`{symbol}` can't stand here"), None),
            false if why.ends_with("is disabled") => (format!("`{symbol}` can't be used in a test"), None),
            // Rhai names the word that it suspects
            false if why.starts_with('\'') || why.contains("typo of") => {
                let meant = why.trim_start_matches(&format!("'{symbol}'")).split('\'').nth(1);
                (format!("`{symbol}` can't stand here"), meant.map(|meant| format!("did you mean `{meant}`?")))
            }
            false => (why.clone(), None),
        },
        LexError::UnexpectedInput(what) => {
            let foreign = !what.is_ascii();
            let advice = "a name is made of the letters a to z, digits and `_`".to_string();
            (format!("`{what}` can't stand here"), foreign.then_some(advice))
        }
        LexError::MalformedEscapeSequence(what) => {
            advised(format!("`{what}` means nothing in a text"), "write a backslash as `\\\\`")
        }
        LexError::MalformedChar(what) => {
            advised(format!("'{what}' is no single character"), "a text stands in double quotes")
        }
        other => (decapitalized(&other.to_string()), None),
    }
}

/// Words of other languages, and the words of this one.
const FOREIGN: &[(&str, &str)] = &[
    ("elif", "else if"),
    ("elseif", "else if"),
    ("elsif", "else if"),
    ("def", "fn"),
    ("func", "fn"),
    ("function", "fn"),
    ("sub", "fn"),
    ("int", "let"),
    ("string", "let"),
    ("and", "&&"),
    ("or", "||"),
    ("not", "!"),
];

/// Message, advice, and the column.
type Trap = (String, Option<String>, Option<usize>);

/// Recognizes habits from other languages, and wrong spacing.
fn trap(error: &ParseErrorType, line: Option<&str>, column: Option<usize>, statement: &str) -> Option<Trap> {
    use ParseErrorType::*;
    let (at_line, word) = word_at(line, column);
    let before = at_line.trim_end();
    let before_word = before.rsplit(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
    let here = |message: String, advice: &str| Some((message, Some(advice.to_string()), column));
    let rest = line.unwrap_or_default().chars().skip(column.unwrap_or(1).saturating_sub(1)).collect::<String>();
    let around = Around { before: at_line, statement, before_word, word: &word, rest: &rest };
    if let Some((message, advice)) = slip(error, &around) {
        return here(message, advice);
    }
    match error {
        MissingToken(..) => missing_token(&around, column),
        Reserved(word) => match word.as_str() {
            "null" | "nil" | "void" => here(format!("there is no `{word}`"), "the empty value is written ()"),
            "var" | "static" => here(format!("`{word}` is a word that the language keeps"), "write `let`"),
            "#" => here("`#` can't stand here".into(), "a comment begins with //; a map is written #{ name: value }"),
            "match" | "case" if !before.ends_with("let") => {
                here(format!("`{word}` is a word that the language keeps"), "write `switch`")
            }
            _ => None,
        },
        UnknownOperator(sign) => match sign.as_str() {
            "++" | "--" => here(format!("there is no `{sign}`"), &format!("write: i {}= 1", &sign[..1])),
            "?" => here("there is no `? :`".into(), "write: if … { … } else { … }"),
            _ => None,
        },
        BadInput(LexError::ImproperSymbol(sign, _)) if sign == "->" || sign == "=>" => {
            here(format!("`{sign}` can't stand here"), "a closure is written |x| x + 1")
        }
        _ => None,
    }
}

/// Describes a missing token.
fn missing_token(at: &Around, column: Option<usize>) -> Option<Trap> {
    let (before, before_word, word, rest) = (at.before.trim_end(), at.before_word, at.word, at.rest);
    let column_before = Some(before.chars().count() + 1 - before_word.chars().count());
    let here = |message: String, advice: &str| Some((message, Some(advice.to_string()), column));
    let foreign = |word: &str| FOREIGN.iter().find(|(foreign, _)| *foreign == word).map(|(_, ours)| *ours);
    let no_word =
        |word: &str, ours: &str| (format!("`{word}` is no word of the language"), Some(format!("write `{ours}`")));
    let number: String = before.chars().rev().take_while(char::is_ascii_digit).collect();
    if matches!(word, "s" | "ms" | "m") && !number.is_empty() {
        let number: String = number.chars().rev().collect();
        let advice = format!("write it without the space: {number}{word}");
        return here(format!("`{number} {word}` is no duration"), &advice);
    }
    if let Some(ours) = foreign(word) {
        let (message, advice) = no_word(word, ours);
        return Some((message, advice, column));
    }
    if let Some(ours) = foreign(before_word) {
        let (message, advice) = no_word(before_word, ours);
        return Some((message, advice, column_before));
    }
    if rest.starts_with("=>") {
        return here("`=>` can't stand here".into(), "a closure is written |x| x + 1");
    }
    if rest.starts_with(':') && before.strip_suffix(before_word).is_some_and(|open| open.trim_end().ends_with('{')) {
        return here("this is no map".into(), "a map is written #{ name: value }");
    }
    None
}

/// The text before a place, from the end of the previous statement on.
fn statement(text: &str, line: Option<usize>, column: Option<usize>) -> &str {
    let Some(line) = line.and_then(|line| line.checked_sub(1)) else { return "" };
    let start = text.split_inclusive('\n').take(line).map(str::len).sum::<usize>();
    let rest = text.get(start..).unwrap_or_default();
    let within = rest.char_indices().nth(column.unwrap_or(1).saturating_sub(1)).map_or(rest.len(), |(at, _)| at);
    let before = &text[..start + within];
    &before[before.rfind([';', '{', '}']).map_or(0, |end| end + 1)..]
}

/// Describes a missing semicolon.
fn missing_semicolon(line: Option<&str>, column: Option<usize>) -> (String, Option<String>) {
    let (before, word) = word_at(line, column);
    let before_word = before.trim_end().rsplit(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
    let near = nearest(before_word, KEYWORDS).filter(|near| before_word.len() > 2 && *near != before_word);
    match (near, word.as_str()) {
        (Some(near), _) => {
            (format!("`{before_word}` is no word of the language"), Some(format!("did you mean `{near}`?")))
        }
        (None, "for") if before.contains("await") => (
            "`for` can't stand here".to_string(),
            Some("end the statement before with `;`, or say `during`".to_string()),
        ),
        _ => ("a `;` is missing before this".to_string(), Some("end the statement before with `;`".to_string())),
    }
}

/// The text before a column, and the word at it.
fn word_at(line: Option<&str>, column: Option<usize>) -> (&str, String) {
    let line = line.unwrap_or_default();
    let at = line.char_indices().nth(column.unwrap_or(1).saturating_sub(1)).map_or(line.len(), |(at, _)| at);
    let (before, rest) = line.split_at(at);
    (before, rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect())
}

fn decapitalized(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map(|first| first.to_lowercase().chain(characters).collect()).unwrap_or_default()
}
