//! Which file of `src/` names which: no circle of files, and inside `engine` a room names only rooms before it.
//!
//! A folder's `mod.rs` names its own files, and these may name it: that is no circle. A re-exported name counts as one of the file that
//! it comes from. Tests count as little as comments do.

use super::{Named, code_of, collect, module_path, paths_of};
use regex::Regex;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// A room of `src/engine/` may name only those before it; its `mod.rs` names all, and no room names that.
const ROOMS: &[&str] =
    &["rules", "language", "script", "api", "check", "running", "session", "runner", "validation", "editor"];

/// Circles that are known: the folder that holds all of one, and how many files it has. They may only become smaller.
const KNOWN: &[(&str, usize)] = &[
    // natural: a walk over a tree, where each kind of node leads to the others
    ("src/engine/check/", 7),
];

/// The files of `src/`, by their paths, and what each of them names.
#[derive(Default)]
struct Sources {
    named: BTreeMap<String, Vec<Named>>,
    /// `["crate", "event", "log"]` → `src/event/log.rs`
    files: BTreeMap<Vec<String>, String>,
    /// A name that a module has from elsewhere → its path there.
    exported: BTreeMap<Vec<String>, Vec<String>>,
}

impl Sources {
    fn new(texts: &[(&str, &str)]) -> Sources {
        let mut sources = Sources::default();
        let tests = Regex::new(r"(?s)#\[cfg\(test\)\]\s*(?:pub )?mod \w+ \{.*").unwrap();
        // `pub(in crate::engine)` names nothing
        let within = Regex::new(r"\bpub\(in [^)]*\)").unwrap();
        let exports = Regex::new(r"\bpub(?:\([^)]*\))?\s+use\s[^;]+;").unwrap();
        for (path, text) in texts {
            let (home, code) = (module_path(path), code_of(text));
            let code = within.replace_all(tests.replace(&code, "").as_ref(), "pub").into_owned();
            for statement in exports.find_iter(&code) {
                for (_, target) in paths_of(statement.as_str(), &home) {
                    let name = home.iter().chain(target.last()).cloned().collect();
                    sources.exported.insert(name, target);
                }
            }
            sources.named.insert(path.to_string(), paths_of(&code, &home));
            sources.files.insert(home, path.to_string());
        }
        sources
    }

    /// All files that a file names, with the line of the first time.
    fn named_by(&self, path: &str) -> BTreeMap<&str, usize> {
        let home = module_path(path);
        let mut found = BTreeMap::new();
        for (line, named) in &self.named[path] {
            let Some(module) = self.module_of(named, &home) else { continue };
            if module.len() > 1 && !module.starts_with(&home) {
                found.entry(self.files[&module].as_str()).or_insert(*line);
            }
        }
        found
    }

    /// The module that a path leads to.
    fn module_of(&self, named: &[String], home: &[String]) -> Option<Vec<String>> {
        let mut path = self.whole_path(named, home)?;
        // a name may be handed on more than once, but not for ever
        for _ in 0..5 {
            let exported = (1..=path.len()).find_map(|end| {
                let target = self.exported.get(&path[..end]).filter(|_| !self.files.contains_key(&path[..end]))?;
                Some([self.whole_path(target, &path[..end - 1])?.as_slice(), &path[end..]].concat())
            });
            match exported {
                Some(target) if target != path => path = target,
                _ => break,
            }
        }
        (1..=path.len()).rev().map(|end| path[..end].to_vec()).find(|module| self.files.contains_key(module))
    }

    fn whole_path(&self, named: &[String], home: &[String]) -> Option<Vec<String>> {
        let below = [home, &named[..1]].concat();
        match named[0].as_str() {
            "crate" => Some(named.to_vec()),
            _ if self.files.contains_key(&below) => Some([home, named].concat()),
            _ => None,
        }
    }

    /// Sets of files each of which leads to all others of its set.
    fn circles(&self) -> Vec<Vec<&str>> {
        let direct: BTreeMap<&str, Vec<&str>> =
            self.named.keys().map(|path| (path.as_str(), self.named_by(path).into_keys().collect())).collect();
        let reached: BTreeMap<&str, BTreeSet<&str>> = direct.keys().map(|path| (*path, reach(path, &direct))).collect();
        let mut circles = BTreeSet::new();
        for (path, all) in reached.iter().filter(|(path, all)| all.contains(*path)) {
            circles.insert(all.iter().copied().filter(|other| reached[other].contains(path)).collect::<Vec<_>>());
        }
        circles.into_iter().collect()
    }

    /// Where a room of the engine names one that stands behind it.
    fn arrows_back(&self) -> Vec<String> {
        let mut found = vec![];
        for path in self.named.keys() {
            let Some(here) = room(path) else { continue };
            for (other, line) in self.named_by(path) {
                if other == "src/engine/mod.rs" {
                    found.push(format!("{path}:{line}: names `engine` itself; name the file that has it"));
                } else if room(other).is_some_and(|there| there > here) {
                    let (here, there) = (ROOMS[here], ROOMS[room(other).unwrap()]);
                    let advice = "move what both need into a room before both";
                    found.push(format!("{path}:{line}: `{here}` names `{there}`, which stands behind it; {advice}"));
                }
            }
        }
        found
    }
}

/// All that a file leads to, over others too.
fn reach<'a>(path: &str, direct: &BTreeMap<&'a str, Vec<&'a str>>) -> BTreeSet<&'a str> {
    let (mut reached, mut open) = (BTreeSet::new(), direct[path].clone());
    while let Some(next) = open.pop() {
        if reached.insert(next) {
            open.extend(&direct[next]);
        }
    }
    reached
}

fn room(path: &str) -> Option<usize> {
    let name = path.strip_prefix("src/engine/")?.split('/').next()?.trim_end_matches(".rs");
    ROOMS.iter().position(|room| *room == name)
}

/// What is wrong with the circles, but for those that are known.
fn surprises(circles: &[Vec<&str>], known: &[(&str, usize)]) -> Vec<String> {
    let mut found = vec![];
    for circle in circles {
        let known = known.iter().find(|(folder, _)| circle.iter().all(|path| path.starts_with(folder)));
        if known.is_none_or(|(_, most)| circle.len() > *most) {
            found.push(format!("a circle: {}; move what two of them need into a file of its own", circle.join(", ")));
        }
    }
    for (folder, files) in known {
        let largest = circles.iter().filter(|circle| circle.iter().all(|path| path.starts_with(folder)));
        let largest = largest.map(Vec::len).max().unwrap_or_default();
        if largest < *files {
            found.push(format!("{folder} has a circle of {largest} files now, not of {files}: say so in KNOWN"));
        }
    }
    found
}

#[test]
fn no_file_leads_back_to_itself() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = vec![];
    collect(root, &root.join("src"), &[], &mut paths);
    let is_test = |path: &str| path.contains("/tests/") || path.ends_with("tests.rs");
    paths.retain(|path| path.ends_with(".rs") && !is_test(path) && path != "src/main.rs");
    let texts: Vec<_> = paths.iter().map(|path| std::fs::read_to_string(root.join(path)).unwrap()).collect();
    let texts: Vec<_> = paths.iter().map(String::as_str).zip(texts.iter().map(String::as_str)).collect();
    let sources = Sources::new(&texts);
    let rooms: BTreeSet<_> = paths.iter().filter_map(|path| room(path)).collect();
    assert_eq!(rooms.len(), ROOMS.len(), "a room that is not there");
    let mut found = surprises(&sources.circles(), KNOWN);
    found.extend(sources.arrows_back());
    assert!(found.is_empty(), "{} places to tidy:\n{}", found.len(), found.join("\n"));
}

#[test]
fn circles_are_found_wherever_they_hide() {
    let mend = "use crate::a::c::X;";
    for (first, circle) in [
        // by `use`, by a path in the code, by `super`
        ("use crate::a::b::Y;", true),
        ("fn f() { crate::a::b::y() }", true),
        ("use super::b::{self, Y};", true),
        // by a name that the folder hands on
        ("use super::Y;", true),
        ("use super::Z;", false),
        ("// use super::b;", false),
        ("#[cfg(test)]\nmod tests { use super::super::b::Y; }", false),
    ] {
        let texts = [
            ("src/lib.rs", "pub mod a;"),
            ("src/a/mod.rs", "mod b; mod c; pub use b::Y; use c::X; struct Z;"),
            ("src/a/b.rs", mend),
            ("src/a/c.rs", first),
        ];
        let sources = Sources::new(&texts);
        let expected = if circle { vec![vec!["src/a/b.rs", "src/a/c.rs"]] } else { vec![] };
        assert_eq!(sources.circles(), expected, "{first}");
        assert_eq!(surprises(&sources.circles(), &[]).len(), usize::from(circle));
        assert_eq!(surprises(&sources.circles(), &[("src/a/", 2)]).len(), usize::from(!circle));
    }
}

#[test]
fn a_room_names_no_room_behind_it() {
    for (path, code, told) in [
        ("src/engine/rules/a.rs", "use crate::engine::api::x;", "`rules` names `api`"),
        ("src/engine/api/a.rs", "use crate::engine::rules::x;", ""),
        ("src/engine/runner.rs", "use super::editor::x;", "`runner` names `editor`"),
        ("src/engine/rules/a.rs", "fn f() { super::super::run() }", "names `engine` itself"),
    ] {
        let texts = [
            (path, code),
            ("src/engine/mod.rs", "pub fn run() {}"),
            ("src/engine/api/mod.rs", ""),
            ("src/engine/editor/mod.rs", ""),
            ("src/engine/rules/mod.rs", ""),
        ];
        let found = Sources::new(&texts).arrows_back().join("\n");
        assert!(found.contains(told) && found.is_empty() == told.is_empty(), "{code}: {found}");
    }
}
