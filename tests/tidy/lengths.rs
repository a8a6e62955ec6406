//! No long file and no long function in `src/`.

use super::{code_of, collect};
use regex::Regex;
use std::path::Path;
use std::sync::LazyLock;

const MOST_LINES_OF_A_FILE: usize = 400;
const MOST_LINES_OF_A_FUNCTION: usize = 60;

/// Those that are longer: path, function (none: the file), lines. They may only become shorter.
const LONG: &[(&str, &str, usize)] = &[
    ("src/flow/tests/mod.rs", "", 445),
    ("src/flow/tests/sent.rs", "an_agents_own_requests_and_what_became_of_them", 61),
    ("src/validation/tests.rs", "", 432),
];

static BEGIN: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^(\s*)(?:pub(?:\([^)]*\))? )?(?:(?:async|const|unsafe|extern) )*fn (\w+)").unwrap());

/// Files and functions that are too long: name of the function (empty: the file), and the lines.
fn long(text: &str) -> Vec<(String, usize)> {
    let all = text.lines().count();
    let file = (all > MOST_LINES_OF_A_FILE).then(|| (String::new(), all));
    file.into_iter().chain(functions(text).into_iter().filter(|(_, lines)| *lines > MOST_LINES_OF_A_FUNCTION)).collect()
}

/// The functions of a text that rustfmt has formatted: their end is the first `}` as far in as their begin.
fn functions(text: &str) -> Vec<(String, usize)> {
    let code = code_of(text);
    let lines: Vec<_> = code.lines().collect();
    let mut found = vec![];
    for (n, line) in lines.iter().enumerate() {
        let Some(hit) = BEGIN.captures(line) else { continue };
        let end = format!("{}}}", &hit[1]);
        let is_end = |line: &&str| line.trim_end() == end;
        let length = match line.trim_end().ends_with(['}', ';']) {
            true => 1,
            false => lines[n..].iter().position(is_end).map_or(1, |length| length + 1),
        };
        found.push((hit[2].to_string(), length));
    }
    found
}

#[test]
fn files_and_functions_are_short() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut paths, mut found, mut known) = (vec![], vec![], LONG.to_vec());
    collect(root, &root.join("src"), &[], &mut paths);
    for path in paths.iter().filter(|path| path.ends_with(".rs")) {
        for (name, lines) in long(&std::fs::read_to_string(root.join(path)).unwrap()) {
            let one = known.iter().position(|(file, function, _)| *file == path && *function == name);
            let most = one.map_or(0, |one| known.swap_remove(one).2);
            if lines > most {
                let what = if name.is_empty() { "the file".to_string() } else { format!("`{name}`") };
                found.push(format!("{path}: {what} has {lines} lines; split it by what its parts do"));
            }
        }
    }
    found.extend(known.iter().map(|(path, name, _)| format!("{path} {name} is short now: take it out of LONG")));
    assert!(found.is_empty(), "{} places to tidy:\n{}", found.len(), found.join("\n"));
}

#[test]
fn a_function_ends_where_its_brace_does() {
    let text = "pub(super) async fn a() {\n    fn b(\n        x: u8,\n    ) {\n        \"}\";\n    }\n}\nfn c() {}\n";
    assert_eq!(functions(text), [("a".into(), 7), ("b".into(), 5), ("c".into(), 1)]);
    assert_eq!(long(&format!("fn f() {{\n{}}}\n", "x;\n".repeat(59))), [("f".to_string(), 61)]);
    assert_eq!(long(&format!("fn f() {{\n{}}}\n", "x;\n".repeat(58))), []);
    assert_eq!(long(&"\n".repeat(401)), [(String::new(), 401)]);
}
