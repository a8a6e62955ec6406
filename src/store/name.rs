//! Names of projects, tests and users: one rule, each with its own message. A name is also a file name, because a project can be
//! exported.

use super::problem::Problem;
use crate::diagnostic::{Diagnostic, is_invisible};
use std::path::Path;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The longest name in bytes: with an extension it is still a file's name everywhere.
const LONGEST: usize = 200;
/// What a name may hold beside letters and digits.
const SIGNS: &str = " -_.,+()[]&'@#=!";

/// What a test is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A testfile.
    Classic,
    /// A Rhai script.
    Rhai,
}

impl Kind {
    pub fn word(self) -> &'static str {
        match self {
            Kind::Classic => "classic",
            Kind::Rhai => "rhai",
        }
    }

    pub(super) fn from_word(word: &str) -> Kind {
        if word == "rhai" { Kind::Rhai } else { Kind::Classic }
    }

    /// The name of a test's file.
    pub fn file_name(self, test: &str) -> String {
        match self {
            Kind::Classic => test.to_string(),
            Kind::Rhai => format!("{test}.rhai"),
        }
    }
}

/// Which test a file is, by its name and kind: one without extension is a testfile, one with `.rhai` a script; a hidden file
/// and what every project has beside its tests is none.
pub fn test_of_file(path: &Path) -> Option<(&str, Kind)> {
    let name = path.file_name()?.to_str()?;
    if name.starts_with('.') || is_other(name) {
        return None;
    }
    match path.extension() {
        None => Some((name, Kind::Classic)),
        Some(extension) if extension == "rhai" => Some((name.strip_suffix(".rhai")?, Kind::Rhai)),
        Some(_) => None,
    }
}

/// Files without extension that are no tests wherever they lie.
fn is_other(name: &str) -> bool {
    ["LICENSE", "README", "Makefile"].contains(&name)
}

/// The name in its normal form (NFC), if it is one.
///
/// # Errors
/// What can't be in a name: it says so, and what can.
pub fn name(text: &str) -> Result<String, Problem> {
    let wrong = |message: String, advice: &str| Err(Problem::Invalid(Diagnostic::error(message).advice(advice)));
    let name: String = text.nfc().collect();
    let allowed = "letters and digits of any script, spaces, and - _ . , + ( ) [ ] & ' @ # = ! can be in a name";
    if name.is_empty() {
        return wrong("the name is empty".into(), "give it one");
    }
    if name.len() > LONGEST {
        return wrong(format!("the name has {} bytes, more than {LONGEST}", name.len()), "shorten it");
    }
    if let Some(bad) = name.chars().find(|c| !is_allowed(*c)) {
        let shown: String = if is_hidden(bad) { format!("U+{:04X}", bad as u32) } else { bad.to_string() };
        return wrong(format!("`{shown}` can't be in a name"), allowed);
    }
    if name.starts_with(is_combining_mark) {
        return wrong("the name begins with a mark that belongs to a letter before it".into(), "begin with a letter");
    }
    if name.starts_with(['.', '-', ' ']) {
        let first: String = name.chars().take(1).collect();
        return wrong(format!("the name begins with `{first}`"), "begin with a letter or a digit");
    }
    if name.ends_with(['.', ' ']) {
        let last: String = name.chars().rev().take(1).collect();
        return wrong(format!("the name ends with `{last}`"), "leave it out");
    }
    if name.contains("  ") {
        return wrong("there are two spaces in a row in the name".into(), "leave one out");
    }
    Ok(name)
}

/// The name of a test in its normal form: its file is found as that test again.
///
/// # Errors
/// As [`name`], and what would make another file of it.
pub fn test_name(text: &str, kind: Kind) -> Result<String, Problem> {
    let name = name(text)?;
    let wrong = |message: String, advice: &str| Err(Problem::Invalid(Diagnostic::error(message).advice(advice)));
    if name.to_lowercase().ends_with(".rhai") {
        return wrong(format!("`{name}` has an extension"), "leave `.rhai` out: the kind of the test says it");
    }
    if kind == Kind::Classic && name.contains('.') {
        let advice = "leave the dot out: what follows it is an extension, and a testfile has none";
        return wrong(format!("there is a `.` in the name `{name}` of a testfile"), advice);
    }
    if kind == Kind::Classic && is_other(&name) {
        return wrong(format!("a file `{name}` is never a test"), "take another name");
    }
    Ok(name)
}

/// What names may not share: the name without its case and without other forms of the same letters.
pub fn key(name: &str) -> String {
    let lower = name.nfkc().collect::<String>().to_lowercase();
    lower.to_uppercase().to_lowercase().nfkc().collect()
}

fn is_allowed(c: char) -> bool {
    !is_hidden(c) && (c.is_alphanumeric() || is_combining_mark(c) || SIGNS.contains(c))
}

/// What leaves no ink, or changes how the rest is shown: two names could look the same.
fn is_hidden(c: char) -> bool {
    let ignorable = matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}');
    ignorable || is_invisible(c) || (c.is_whitespace() && c != ' ')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::path::Component;

    fn refused(text: &str) -> String {
        name(text).map(|name| panic!("`{name}` is taken")).unwrap_err().diagnostic().message
    }

    #[test]
    fn plain_names_are_taken_and_each_trick_is_told() {
        for good in ["my_project", "Basic call 2", "größe", "通话", "вызов", "a.b", "x (copy)", "+49-30", "0", "हिन्दी"]
        {
            assert_eq!(name(good).unwrap(), good);
        }
        // the same in one letter
        assert_eq!(name("gro\u{308}ße").unwrap(), "größe");
        assert_eq!(refused(""), "the name is empty");
        assert_eq!(refused(&"ä".repeat(101)), "the name has 202 bytes, more than 200");
        for bad in
            ["a/b", "a\\b", "../a", "a:b", "a*b", "a?b", "<b>", "a|b", "a\"b", "a`b", "a;b", "a$b", "a%b", "a~b", "☎"]
        {
            assert!(refused(bad).contains("can't be in a name"), "{bad}");
        }
        assert_eq!(refused("a\nb"), "`U+000A` can't be in a name");
        assert_eq!(refused("a\0b"), "`U+0000` can't be in a name");
        assert_eq!(refused("a\u{202e}b"), "`U+202E` can't be in a name");
        for hidden in
            ['\u{200b}', '\u{ad}', '\u{3164}', '\u{fe0f}', '\u{e0041}', '\u{a0}', '\u{2009}', '\u{feff}', '\u{85}']
        {
            assert!(refused(&format!("a{hidden}b")).starts_with("`U+"), "{hidden:?}");
        }
        assert_eq!(refused("\u{301}a"), "the name begins with a mark that belongs to a letter before it");
        for (bad, message) in [
            (".", "the name begins with `.`"),
            ("..", "the name begins with `.`"),
            (".git", "the name begins with `.`"),
            ("-rf", "the name begins with `-`"),
            (" a", "the name begins with ` `"),
            ("a ", "the name ends with ` `"),
            ("a.", "the name ends with `.`"),
            ("a  b", "there are two spaces in a row in the name"),
        ] {
            assert_eq!(refused(bad), message);
        }
    }

    #[test]
    fn a_tests_name_leads_to_a_file_that_is_that_test() {
        assert_eq!(test_name("v1.2", Kind::Rhai).unwrap(), "v1.2");
        for (bad, kind) in [("v1.2", Kind::Classic), ("a.Rhai", Kind::Rhai), ("README", Kind::Classic)] {
            assert!(matches!(test_name(bad, kind), Err(Problem::Invalid(_))), "{bad}");
        }
        assert_eq!(test_of_file(Path::new("x/a.rhai")), Some(("a", Kind::Rhai)));
        for none in ["a.txt", ".a", ".rhai", "Makefile", "..", ""] {
            assert_eq!(test_of_file(Path::new(none)), None, "{none}");
        }
    }

    #[test]
    fn case_and_form_do_not_tell_names_apart() {
        for (one, other) in
            [("Call", "cALL"), ("STRASSE", "straße"), ("ＡＢ", "ab"), ("οδος", "ΟΔΟΣ"), ("ﬁn", "FIN"), ("ẞ", "ss")]
        {
            assert_eq!(key(one), key(other), "{one} {other}");
        }
        assert_ne!(key("a b"), key("ab"));
    }

    fn any_name() -> impl Strategy<Value = String> {
        prop_oneof!["[a-zA-Z0-9 ._-]{0,12}", "\\PC{0,8}", ".{0,6}", "[\\p{L}\\p{M}\\p{N} .]{1,10}"]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn a_name_is_one_part_of_a_path_and_stays_as_it_is(text in any_name()) {
            if let Ok(taken) = name(&text) {
                let parts: Vec<_> = Path::new(&taken).components().collect();
                prop_assert_eq!(parts, vec![Component::Normal(taken.as_ref())]);
                prop_assert!(!taken.chars().any(|c| is_invisible(c) || c == '/' || c == '\\'));
                prop_assert_eq!(&name(&taken).unwrap(), &taken);
            }
        }

        #[test]
        fn a_key_is_the_same_in_every_case_and_of_itself(text in any_name()) {
            if let Ok(taken) = name(&text) {
                let wanted = key(&taken);
                prop_assert_eq!(&key(&wanted), &wanted);
                for other in [taken.to_uppercase(), taken.to_lowercase(), taken.nfd().collect()] {
                    prop_assert_eq!(&key(&other), &wanted, "{}", other);
                }
            }
        }

        #[test]
        fn a_test_is_found_again_by_its_files_name(text in any_name(), rhai in any::<bool>()) {
            let kind = if rhai { Kind::Rhai } else { Kind::Classic };
            if let Ok(taken) = test_name(&text, kind) {
                let file = kind.file_name(&taken);
                prop_assert_eq!(test_of_file(Path::new(&file)), Some((taken.as_str(), kind)));
            }
        }
    }
}
