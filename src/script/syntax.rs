//! Rhai's syntax, as far as the compiler writes it: string literals, and which names a variable may have.

use crate::diagnostic::is_invisible;
use std::fmt::Write;

/// Words that Rhai keeps for itself, now or later.
const RESERVED: &[&str] = &[
    "Fn",
    "as",
    "async",
    "await",
    "break",
    "call",
    "case",
    "catch",
    "const",
    "continue",
    "curry",
    "debug",
    "default",
    "do",
    "else",
    "eval",
    "exit",
    "export",
    "false",
    "fn",
    "for",
    "global",
    "go",
    "goto",
    "if",
    "import",
    "in",
    "is",
    "is_def_fn",
    "is_def_var",
    "is_shared",
    "let",
    "loop",
    "match",
    "module",
    "new",
    "nil",
    "null",
    "package",
    "print",
    "private",
    "protected",
    "public",
    "return",
    "shared",
    "spawn",
    "static",
    "super",
    "switch",
    "sync",
    "this",
    "thread",
    "throw",
    "true",
    "try",
    "type_of",
    "until",
    "use",
    "var",
    "void",
    "while",
    "with",
    "yield",
];

/// The words of the test language: a variable of that name would only confuse.
const OURS: &[&str] = &[
    "accept",
    "account",
    "agent",
    "all",
    "any",
    "assert",
    "assert_eq",
    "check",
    "during",
    "fail",
    "fail_on",
    "hash",
    "ignore",
    "include",
    "on",
    "parallel",
    "param",
    "repeat",
    "secret",
    "setup",
    "skip",
    "sleep",
    "step",
    "strict",
    "tags",
    "teardown",
    "test",
    "timeout",
    "uadelall",
    "uafind",
    "uanew",
    "webhook",
    "within",
];

/// Whether a variable may have that name.
pub fn is_variable_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && !RESERVED.contains(&name)
        && !OURS.contains(&name)
}

/// A string literal of that value, on one line; what a terminal would not show as it is, is escaped.
pub fn literal(value: &str) -> String {
    let mut out = String::with_capacity(value.len() + 2);
    out.push('"');
    for c in value.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            '\n' => out.push_str("\\n"),
            c if is_invisible(c) => {
                // writing to a string does not fail
                let _ = match c as u32 {
                    code @ 0..=0xff => write!(out, "\\x{code:02x}"),
                    code @ 0..=0xffff => write!(out, "\\u{code:04x}"),
                    code => write!(out, "\\U{code:08x}"),
                };
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A comment of that text, on one line.
pub fn comment(text: &str) -> String {
    let text: String = text.trim().chars().map(|c| if is_invisible(c) { ' ' } else { c }).collect();
    format!("// {text}").trim_end().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_escaped() {
        assert_eq!(literal(r#"a "b" \c ${d} `e` é漢"#), r#""a \"b\" \\c ${d} `e` é漢""#);
        assert_eq!(literal("\t\r\n\u{0}\u{7f}\u{9f}\u{202e}\u{feff}"), r#""\t\r\n\x00\x7f\x9f\u202e\ufeff""#);
        assert_eq!(comment(" a\u{1b}[31m\rb "), "// a [31m b");
        assert_eq!(comment(""), "//");
    }

    #[test]
    fn only_plain_names_become_variables() {
        for name in ["ua1", "UA", "a_b", "s", "ms"] {
            assert!(is_variable_name(name), "{name}");
        }
        for name in ["", "1a", "_a", "a-b", "ä", "a b", "sip:a", "let", "call", "await", "hash", "test"] {
            assert!(!is_variable_name(name), "{name}");
        }
    }
}
