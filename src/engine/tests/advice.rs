//! An advice names only what there is: each function, method and module in one is looked up.

use crate::engine::STD_MODULES;
use crate::engine::api::names;
use crate::engine::language::docs;
use regex::Regex;

/// Where advices are written.
const TEXTS: [&str; 24] = [
    include_str!("../running/blocks.rs"),
    include_str!("../check/accounts.rs"),
    include_str!("../check/arguments.rs"),
    include_str!("../check/awaits.rs"),
    include_str!("../check/blocks.rs"),
    include_str!("../check/calls.rs"),
    include_str!("../check/empty.rs"),
    include_str!("../check/functions.rs"),
    include_str!("../check/habits.rs"),
    include_str!("../check/in_place.rs"),
    include_str!("../check/library.rs"),
    include_str!("../check/operators.rs"),
    include_str!("../check/reasons.rs"),
    include_str!("../check/scope.rs"),
    include_str!("../check/statements.rs"),
    include_str!("../check/validation.rs"),
    include_str!("../running/ended.rs"),
    include_str!("../check/facts.rs"),
    include_str!("../language/stdlib.rs"),
    include_str!("../language/grammar.rs"),
    include_str!("../language/modules.rs"),
    include_str!("../language/syntax_errors.rs"),
    include_str!("../language/syntax_slips.rs"),
    include_str!("../language/tokens.rs"),
];

/// Names that stand for the user's own: functions, and what another program has.
const EXAMPLES: [&str; 6] = ["f", "fn", "name", "ring", "run_test", "if"];

/// The texts in double quotes of a Rust file, without its tests.
fn quoted(rust: &str) -> Vec<String> {
    let code = rust.split("#[cfg(test)]").next().unwrap_or_default();
    let code: String = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    let text = Regex::new(r#""((?:[^"\\]|\\.)*)""#).unwrap();
    // a lone quote sign as a character would turn texts inside out
    let code = code.replace("'\"'", "");
    text.captures_iter(&code).map(|found| found[1].replace("\\\"", "\"")).collect()
}

#[test]
fn what_an_advice_names_is_there() {
    let called = Regex::new(r"(?<before>[\w.:]*?)(?<name>[a-z_]\w*)\(").unwrap();
    let module = Regex::new(r#""?std/([a-z_]+)"#).unwrap();
    let known = |name: &str| STD_MODULES.iter().find(|(path, _)| path.trim_start_matches("std/") == name);
    let (mut wrong, mut seen) = (vec![], 0);
    for text in TEXTS.iter().flat_map(|rust| quoted(rust)) {
        // parts of patterns, and names that are filled in
        if text.contains('\\') && text.contains("\\s") || text.contains("\\b") {
            continue;
        }
        for found in module.captures_iter(&text).filter(|found| known(&found[1]).is_none()) {
            wrong.push(format!("std/{} in: {text}", &found[1]));
        }
        for found in called.captures_iter(&text) {
            let (before, name) = (&found["before"], &found["name"]);
            seen += 1;
            let is_there = match before.strip_suffix("::") {
                Some(alias) => known(alias).is_some_and(|(_, text)| text.contains(&format!("\nfn {name}("))),
                None if before.ends_with('.') && before.starts_with("telefonist") => ["assert", "fail"].contains(&name),
                None if before.ends_with('.') => {
                    names::signatures(name).iter().any(|known| !known.parameters.is_empty()) || name == "call"
                }
                None => !names::signatures(name).is_empty() || EXAMPLES.contains(&name),
            };
            if !is_there {
                wrong.push(format!("{before}{name}(…) in: {text}"));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert!(seen > 100, "{seen}");
    assert!(docs::FUNCTIONS.len() > 20);
}
