//! Removes what can't be parsed from a text with a syntax error, so that the rest can be checked.
//!
//! Removed pieces leave their line ends, so that all places stay the same. The smallest piece that lets the parser get
//! further is removed: the line of the error, the line before, or the statement of the top level around it.

use super::parser::parse_text;
use regex::Regex;
use rhai::{AST, ParseError, ParseErrorType};
use std::collections::HashSet;
use std::ops::Range;
use std::sync::LazyLock;

/// What was removed from a text.
#[derive(Debug, Default)]
pub struct LeftOut {
    /// All words of the removed pieces.
    words: HashSet<String>,
    /// Words that the removed pieces may have declared: variables, functions, parameters, modules.
    declared: HashSet<String>,
}

static WORD: LazyLock<Regex> = LazyLock::new(|| pattern(r"[A-Za-z_]\w*"));
static DECLARED: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\b(?:let|const|fn|as|for)\s+\(?(\w+)|\(([\w\s,]*)\)\s*(?:in\b|\{)|\|([\w\s,]*)\|"));
/// A line that assigns a variable.
static LET: LazyLock<Regex> = LazyLock::new(|| pattern(r"^\s*((?:let|const)\s+[A-Za-z_]\w*|[A-Za-z_]\w*)\s*=[^=>]"));
/// The beginning of a statement of the top level, in a text with usual indentation.
static BEGINS: LazyLock<Regex> = LazyLock::new(|| pattern(r#"^[A-Za-z_(\[`"]"#));

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a fixed pattern")
}

impl LeftOut {
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    pub fn add(&mut self, text: &str) {
        self.words.extend(WORD.find_iter(text).map(|word| word.as_str().to_string()));
        let lists = DECLARED.captures_iter(text).flat_map(|found| found.iter().skip(1).flatten().collect::<Vec<_>>());
        self.declared
            .extend(lists.flat_map(|list| WORD.find_iter(list.as_str())).map(|word| word.as_str().to_string()));
    }

    /// Whether a finding about a word may be caused by the removed pieces. `code`: the kind of the finding.
    pub fn explains(&self, code: Option<&str>, word: &str) -> bool {
        match code {
            Some("unused" | "used-before-made") => self.words.contains(word),
            Some("empty-test") => !self.is_empty(),
            Some(
                "unknown-variable" | "unknown-function" | "unknown-method" | "unknown-module" | "unknown-constant"
                | "argument-count" | "top-level-assigned",
            ) => self.declared.contains(word),
            _ => false,
        }
    }
}

/// A text without the removed pieces.
pub struct Shorter {
    pub text: String,
    pub left_out: String,
    /// The parser's result for it.
    pub read: Result<AST, ParseError>,
}

impl Shorter {
    fn read(text: String, left_out: String) -> Shorter {
        let read = parse_text(&text, "");
        Shorter { text, left_out, read }
    }

    /// The line that the parser reached.
    fn reaches(&self) -> usize {
        match &self.read {
            Ok(_) => usize::MAX,
            Err(error) => error.position().line().unwrap_or(usize::MAX - 1),
        }
    }
}

/// Removes the piece where the parser failed; none if removing does not help.
pub fn without(text: &str, error: &ParseError) -> Option<Shorter> {
    let lines: Vec<&str> = text.split('\n').collect();
    let line = error.position().line().unwrap_or(lines.len()).clamp(1, lines.len()) - 1;
    let before = (0..line).rev().find(|at| !lines[*at].trim().is_empty());
    let mut best: Option<Shorter> = None;
    let near = [Some(line..line + 1), before.map(|at| at..at + 1), before.map(|at| at..line + 1)];
    for piece in near.into_iter().flatten() {
        let has_variable = LET.is_match(lines[piece.start]);
        for keeps in [true, false].into_iter().filter(|keeps| has_variable || !keeps) {
            let Some(shorter) = take_out(&lines, piece.clone(), keeps, false) else { continue };
            // an error that only moves to the next line is the same error
            if shorter.reaches() > line + 1 && !follows(&shorter, error, &lines, line) {
                let further = best.as_ref().is_none_or(|best| shorter.reaches() > best.reaches());
                if further {
                    best = Some(shorter);
                }
                break;
            }
        }
        if best.as_ref().is_some_and(|best| best.read.is_ok()) {
            return best;
        }
    }
    if best.is_some() {
        return best;
    }
    let unbalanced = unbalanced(&lines);
    let closed = unbalanced.clone().and_then(|piece| close(&lines, piece));
    let whole = [statement_around(&lines, line), unbalanced].into_iter().flatten();
    let without = whole.filter_map(|piece| take_out(&lines, piece, true, true));
    // nothing is further than the text's end
    closed.filter(|shorter| shorter.read.is_ok()).or_else(|| without.into_iter().find(|one| one.reaches() > line + 1))
}

/// Whether the same bracket is still missing, now on the next line.
fn follows(shorter: &Shorter, before: &ParseError, lines: &[&str], line: usize) -> bool {
    let Err(error) = &shorter.read else { return false };
    let next = (line + 1..lines.len()).find(|at| !lines[*at].trim().is_empty());
    let missing = |error: &ParseError| match error.err_type() {
        ParseErrorType::MissingToken(token, _) => token != ";",
        _ => false,
    };
    missing(before) && missing(error) && error.position().line() == next.map(|at| at + 1)
}

/// The text without some lines, except for braces that other lines need. `keeps`: a variable that these lines declare
/// stays, with an unknown value. `whole`: no other line needs their braces.
fn take_out(lines: &[&str], piece: Range<usize>, keeps: bool, whole: bool) -> Option<Shorter> {
    let taken = lines[piece.clone()].join("\n");
    if taken.trim().trim_matches(';').is_empty() {
        return None;
    }
    let braces = if whole { String::new() } else { braces(&taken) };
    let variable = LET.captures(lines[piece.start]).filter(|_| keeps).map(|found| found[1].to_string());
    let first = match variable {
        Some(variable) => format!("{variable} = switch 0 {{ _ => () }};{braces}"),
        None => header(&taken, &braces, piece.start).unwrap_or_else(|| format!(";{braces}")),
    };
    let mut rest: Vec<&str> = lines.to_vec();
    rest[piece.start] = &first;
    rest[piece.start + 1..piece.end].fill("");
    Some(Shorter::read(rest.join("\n"), taken))
}

/// The beginning of a block that replaces a line which can't be parsed, so that the block keeps its meaning.
fn header(line: &str, braces: &str, number: usize) -> Option<String> {
    let before = braces.strip_suffix('{')?;
    let words: Vec<&str> = WORD.find_iter(line).map(|word| word.as_str()).collect();
    let after = |word: &str| words.iter().position(|known| *known == word).map(|at| &words[at + 1..]);
    let name = |words: &[&str]| words.first().map_or_else(|| "_left_out".to_string(), |word| word.to_string());
    let begins = match (*words.first()?, before) {
        ("fn" | "private", "") => {
            let (name, parameters) = after("fn")?.split_first()?;
            let parameters: HashSet<&str> = parameters.iter().copied().collect();
            format!("fn {name}({}) {{", parameters.into_iter().collect::<Vec<_>>().join(", "))
        }
        ("test", "") => format!("test \"{number}\" {{"),
        ("setup", "") => "setup {".to_string(),
        ("teardown", "") => "teardown {".to_string(),
        ("for", "") => format!("for {} in [] {{", name(after("for")?)),
        ("while", "") => "while false {".to_string(),
        ("if", "") => "if true {".to_string(),
        ("else", "}") if words.get(1) == Some(&"if") => "} else if true {".to_string(),
        ("else", "}") => "} else {".to_string(),
        ("catch", "}") => format!("}} catch ({}) {{", name(after("catch")?)),
        _ => return None,
    };
    Some(begins)
}

/// The unbalanced braces of a piece.
fn braces(text: &str) -> String {
    let (mut closing, mut opening) = (0_usize, 0_usize);
    let mut quote = None;
    let mut escaped = false;
    for line in text.lines() {
        // a text in double quotes ends with its line
        quote = quote.filter(|quote| *quote == '`');
        let mut last = ' ';
        for c in line.chars() {
            match (quote, c) {
                (None, '"' | '`') => quote = Some(c),
                (None, '/') if last == '/' => break,
                (None, '{') => opening += 1,
                (None, '}') if opening > 0 => opening -= 1,
                (None, '}') => closing += 1,
                (Some(open), c) if c == open && !escaped => quote = None,
                _ => {}
            }
            escaped = c == '\\' && !escaped && quote.is_some();
            last = c;
        }
    }
    "}".repeat(closing) + "{".repeat(opening).as_str()
}

/// The lines of the statements of the top level, found by indentation.
fn statements(lines: &[&str]) -> Vec<Range<usize>> {
    let mut starts: Vec<usize> = (0..lines.len()).filter(|at| BEGINS.is_match(lines[*at])).collect();
    starts.push(lines.len());
    starts.windows(2).map(|pair| pair[0]..pair[1]).collect()
}

fn statement_around(lines: &[&str], line: usize) -> Option<Range<usize>> {
    statements(lines).into_iter().find(|statement| statement.contains(&line))
}

/// The first statement that does not close what it opens.
fn unbalanced(lines: &[&str]) -> Option<Range<usize>> {
    statements(lines).into_iter().find(|statement| !braces(&lines[statement.clone()].join("\n")).is_empty())
}

/// The text with the open braces of a piece closed at the piece's end.
fn close(lines: &[&str], piece: Range<usize>) -> Option<Shorter> {
    let missing = braces(&lines[piece.clone()].join("\n")).matches('{').count();
    let last = piece.clone().rev().find(|at| !lines[*at].trim().is_empty())?;
    let comment = lines[last].trim_start().starts_with("//");
    let closed = format!("{}{}", if comment { "" } else { lines[last] }, "}".repeat(missing));
    let mut rest: Vec<&str> = lines.to_vec();
    rest[last] = &closed;
    // only the end is missing: the content counts
    (missing > 0).then(|| Shorter::read(rest.join("\n"), String::new()))
}
