//! Splits a text into the statements of its top level, by brackets and semicolons; tells whether a text is complete.
//!
//! Rhai's parser does not give the ends of statements. It parses each statement that is found here separately, so that
//! a mistake here leads to an error and never to another meaning.

use super::parser::parse_text;
use rhai::ParseErrorType;
use std::ops::Range;

/// Statements that end with a block, not with a semicolon.
const WITH_BLOCK: [&str; 12] =
    ["if", "for", "while", "loop", "switch", "try", "fn", "private", "do", "test", "setup", "teardown"];

/// The tokens that matter for splitting.
#[derive(Debug, Clone, Copy, PartialEq)]
enum StatementToken<'a> {
    Semicolon,
    /// `{`
    Block,
    /// The `}` of a block.
    BlockEnd,
    Word(&'a str),
    Other,
}

/// A token, its bytes, and the number of open brackets after it.
type Scanned<'a> = (StatementToken<'a>, Range<usize>, usize);

/// The tokens of a text, and whether something is open at its end.
fn scan(text: &str) -> (Vec<Scanned<'_>>, bool) {
    let (mut tokens, mut open, mut at) = (vec![], vec![], 0);
    while let Some(c) = text[at..].chars().next() {
        let (rest, start) = (&text[at..], at);
        if c.is_whitespace() {
            at += c.len_utf8();
        } else if rest.starts_with("//") {
            at += rest.find('\n').unwrap_or(rest.len());
        } else if rest.starts_with("/*") {
            match comment(rest) {
                Some(length) => at += length,
                None => return (tokens, true),
            }
        } else {
            let token = read_token(text, &mut at, c, &mut open);
            tokens.push((token, start..at, open.len()));
        }
    }
    (tokens, !open.is_empty())
}

/// Reads the token at `at`, which begins with `c`, and moves `at` behind it. `open`: the open brackets.
fn read_token<'a>(text: &'a str, at: &mut usize, c: char, open: &mut Vec<char>) -> StatementToken<'a> {
    let (rest, start) = (&text[*at..], *at);
    let word = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
    *at += c.len_utf8();
    match c {
        '"' | '\'' => *at = start + quoted(rest, c),
        '#' if raw(rest).is_some() => *at = start + raw(rest).unwrap_or(1),
        '`' => {
            open.push('`');
            *at = start + 1 + until_code(&text[*at..]);
            closed_text(text, at, open);
        }
        '#' if rest.starts_with("#{") => {
            *at += 1;
            open.push('#');
        }
        '{' => {
            open.push('{');
            return StatementToken::Block;
        }
        '(' | '[' => open.push(c),
        '}' if open.last() == Some(&'$') => {
            open.pop();
            *at += until_code(&text[*at..]);
            closed_text(text, at, open);
        }
        '}' => return if open.pop() == Some('{') { StatementToken::BlockEnd } else { StatementToken::Other },
        ')' | ']' => drop(open.pop()),
        ';' => return StatementToken::Semicolon,
        _ if word > 0 => {
            *at = start + word;
            return StatementToken::Word(&rest[..word]);
        }
        _ => {}
    }
    StatementToken::Other
}

/// The length of a block comment, which may contain others; none if it does not end.
fn comment(text: &str) -> Option<usize> {
    let (mut depth, mut at) = (0, 0);
    loop {
        let rest = &text[at..];
        let step = match rest {
            _ if rest.starts_with("/*") => {
                depth += 1;
                2
            }
            _ if rest.starts_with("*/") => {
                depth -= 1;
                2
            }
            _ => rest.chars().next()?.len_utf8(),
        };
        at += step;
        if depth == 0 {
            return Some(at);
        }
    }
}

/// The length of a text in quotes; an open one ends with its line.
fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            '\n' if !escaped => return at,
            _ if c == quote && !escaped => return at + 1,
            _ => escaped = c == '\\' && !escaped,
        }
    }
    text.len()
}

/// The length of a raw text, `#"…"#`, if there is one.
fn raw(text: &str) -> Option<usize> {
    let hashes = text.len() - text.trim_start_matches('#').len();
    let inside = text[hashes..].strip_prefix('"')?;
    let end = format!("\"{}", &text[..hashes]);
    Some(inside.find(&end).map_or(text.len(), |at| hashes + 1 + at + end.len()))
}

/// The length of a text in backticks, up to its end or up to the `${` of code in it.
fn until_code(text: &str) -> usize {
    let end = [text.find('`').map(|at| at + 1), text.find("${").map(|at| at + 2)].into_iter().flatten().min();
    end.unwrap_or(text.len())
}

/// Notes what [`until_code`] has reached.
fn closed_text(text: &str, at: &mut usize, open: &mut Vec<char>) {
    match text.as_bytes()[..*at].last() {
        Some(b'`') => drop(open.pop()),
        Some(b'{') => open.push('$'),
        _ => {}
    }
}

/// The statements of a text, with the comments before them. Together they are the whole text, except for comments after
/// the last one.
pub fn split(text: &str) -> Vec<Range<usize>> {
    let (tokens, _) = scan(text);
    let (mut statements, mut start, mut first) = (vec![], 0, None);
    for (n, (token, span, depth)) in tokens.iter().enumerate() {
        let begun = *first.get_or_insert(*token);
        let ends = match token {
            StatementToken::Semicolon => true,
            StatementToken::BlockEnd => {
                ends_with_block(begun) && !goes_on(begun, tokens.get(n + 1).map(|(next, ..)| *next))
            }
            _ => false,
        };
        if ends && *depth == 0 {
            statements.push(start..span.end);
            (start, first) = (span.end, None);
        }
    }
    if let (Some(_), Some((_, last, _))) = (first, tokens.last()) {
        statements.push(start..last.end);
    }
    statements
}

/// Adds a semicolon to a statement if another statement could not follow without one.
pub fn closed(statement: &str) -> String {
    let (tokens, _) = scan(statement);
    let is_block = tokens.first().is_some_and(|(first, ..)| ends_with_block(*first)) && statement.ends_with('}');
    let mark = if statement.ends_with(';') || is_block { "" } else { ";" };
    format!("{statement}{mark}")
}

fn ends_with_block(first: StatementToken) -> bool {
    matches!(first, StatementToken::Word(word) if WITH_BLOCK.contains(&word)) || first == StatementToken::Block
}

/// Whether a statement continues after the end of a block.
fn goes_on(first: StatementToken, next: Option<StatementToken>) -> bool {
    match next {
        Some(StatementToken::Word("else" | "catch")) => true,
        Some(StatementToken::Word("while" | "until")) => first == StatementToken::Word("do"),
        _ => false,
    }
}

/// The content of the parentheses that a text begins with; none if they are not closed.
pub fn in_parentheses(text: &str) -> Option<&str> {
    let (tokens, _) = scan(text);
    let end = tokens.iter().find(|(_, _, open)| *open == 0)?.1.start;
    text.strip_prefix('(')?.get(..end - 1)
}

/// The places where a text closes brackets that it does not open.
fn unopened_in(text: &str) -> impl Iterator<Item = usize> {
    let mut before = 0;
    let closes = move |(_, span, open): Scanned| {
        let closes = std::mem::replace(&mut before, open) == 0 && text[span.clone()].starts_with([')', ']', '}']);
        closes.then_some(span.start)
    };
    scan(text).0.into_iter().filter_map(closes)
}

/// The number of brackets that a text closes and does not open.
pub fn unopened(text: &str) -> usize {
    unopened_in(text).count()
}

/// The operand of a comparison at the beginning of a text; none if the text does not contain its end.
pub fn operand(text: &str) -> Option<&str> {
    let end = unopened_in(text).next();
    let (tokens, _) = scan(&text[..end.unwrap_or(text.len())]);
    let next = |(_, span, open): &Scanned| {
        let rest = &text[span.start..];
        *open == 0 && (rest.starts_with(',') || rest.starts_with("&&") || rest.starts_with("||"))
    };
    let length = tokens.iter().position(next);
    if length.is_none() && end.is_none() {
        return None;
    }
    text.get(..tokens[..length.unwrap_or(tokens.len())].last()?.1.end)
}

/// Whether a text is incomplete, so that more lines have to follow.
pub fn is_unfinished(text: &str) -> bool {
    if scan(text).1 {
        return true;
    }
    let Err(error) = parse_text(text, "") else { return false };
    let last = text.lines().count();
    // a position at the end of the text is empty, or after its last character
    let is_end = |position: rhai::Position| match (position.line(), position.position()) {
        (Some(line), Some(column)) => {
            line > last
                || line == last && column > text.lines().last().map_or(0, |line| line.trim_end().chars().count())
        }
        _ => true,
    };
    match error.err_type() {
        ParseErrorType::UnexpectedEOF => true,
        ParseErrorType::MissingToken(..) | ParseErrorType::PropertyExpected => is_end(error.position()),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn texts(text: &str) -> Vec<&str> {
        split(text).into_iter().map(|part| text[part].trim()).collect()
    }

    #[test]
    fn a_text_is_split_at_semicolons_and_behind_blocks() {
        for (text, expected) in [
            ("let a = 1; let b = 2", &["let a = 1;", "let b = 2"][..]),
            ("if a { x(); } else { y(); } z()", &["if a { x(); } else { y(); }", "z()"]),
            ("do { x } while y; z;", &["do { x } while y;", "z;"]),
            ("if a { } while b { }", &["if a { }", "while b { }"]),
            ("fn f(x) { x; } fn g() {}\nf(1);", &["fn f(x) { x; }", "fn g() {}", "f(1);"]),
            ("try { a; } catch (e) { b; }", &["try { a; } catch (e) { b; }"]),
            ("for x in #{ a: 1 }.keys() { y; } z", &["for x in #{ a: 1 }.keys() { y; }", "z"]),
            ("let f = || { a; }; f.call()", &["let f = || { a; };", "f.call()"]),
            (
                "a(\"x;}\"); `;${ b(\"}\"); `;` };`; 'c'; #\";\"#; c",
                &["a(\"x;}\");", "`;${ b(\"}\"); `;` };`;", "'c';", "#\";\"#;", "c"],
            ),
            ("// a; b\nx; /* y; /* z; */ */ w // v", &["// a; b\nx;", "/* y; /* z; */ */ w"]),
            ("", &[]),
            (" // nothing", &[]),
        ] {
            assert_eq!(texts(text), expected, "{text}");
        }
    }

    #[test]
    fn a_statement_is_closed_where_it_has_to_be() {
        for (text, expected) in [
            ("a", "a;"),
            ("a;", "a;"),
            ("if a { }", "if a { }"),
            ("let a = #{}", "let a = #{};"),
            ("// x\nfn f() {}", "// x\nfn f() {}"),
        ] {
            assert_eq!(closed(text), expected);
        }
    }

    #[test]
    fn what_is_not_whole_wants_more_lines() {
        for text in ["fn f(a) {", "a(", "let x =", "/* a", "`a", "`a ${ b", "await a.event(\"X\") within", "a.", "[1,"]
        {
            assert!(is_unfinished(text), "{text}");
        }
        for text in
            ["", "a", "let x = 5", "a.dial(b)", "\"a", "a)", "let 5 = x", "dial 5", "if x { }", "await a.closed()"]
        {
            assert!(!is_unfinished(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_taken_apart(text in "([a-z;(){}\\[\\]\"'`#/*\\n é]|\\$\\{|if |do |fn ){0,60}") {
            let mut last = 0;
            for part in split(&text) {
                prop_assert!(part.start == last && part.end > part.start);
                prop_assert!(text.is_char_boundary(part.end));
                last = part.end;
            }
        }
    }
}
