//! The rules of the house, as tests: what may import what, what each file starts with, what nobody writes.
//!
//! Every rule looks at a path and a text and gives violations, each a line "path:line: what is wrong; what to do".

mod circles;
mod lengths;
mod wording;

use regex::Regex;
use std::path::Path;
use std::sync::LazyLock;

/// A module may import only those before it.
#[rustfmt::skip]
const MODULES: &[&str] = &[
    "diagnostic", "event", "sip", "testfile", "script", "audio", "flow", "calls", "agent", "engine", "run", "record",
    "validation", "verdict", "report", "export", "store", "notify", "pipeline", "repl", "jobs", "schedule", "server", "attach", "cli",
];
/// They compute: nothing they do can be seen from outside.
const PURE: &[&str] = &["diagnostic", "event", "sip", "testfile", "script", "audio", "flow", "calls", "verdict"];
/// They judge what is recorded and never see a live run, so that a replayed run is judged by the same code.
const BLIND: &[&str] = &["record", "flow", "verdict", "report", "export"];
/// Crates with one home each, so that none of their types crosses a border.
const HOMES: &[(&str, &[&str])] = &[
    ("rhai", &["engine"]),
    ("telefonist_baresip", &["agent", "cli"]),
    ("earshot", &["audio"]),
    ("pesq", &["audio"]),
    ("realfft", &["audio"]),
    ("rquickjs", &["validation"]),
    ("rusqlite", &["store"]),
    ("sqlx", &["store"]),
    ("cron", &["schedule"]),
    ("jiff", &["schedule"]),
];
const SURROUNDINGS: &[&str] = &["*", "var", "var_os", "vars", "vars_os", "args", "args_os", "temp_dir"];
const VAGUE_NAMES: &[&str] = &["util", "utils", "helper", "helpers", "common"];
const MAX_LINES: usize = 600;

/// A file under test: its text, its code (comments and literals blanked out), and the paths that the code names.
struct File<'a> {
    path: &'a str,
    text: &'a str,
    code: String,
    named: Vec<Named>,
    found: Vec<String>,
}

/// A line, and a path as it stands there, resolved from the crate's root: `["crate", "event", "Log"]`.
type Named = (usize, Vec<String>);

/// All violations of the file at `path`, which is relative to the repository.
fn check(path: &str, text: &str) -> Vec<String> {
    let code = if path.ends_with(".rs") { code_of(text) } else { String::new() };
    let named = paths_of(&code, &module_path(path));
    let mut file = File { path, text, code, named, found: Vec::new() };
    for rule in [shape, words, imports, homes, purity] {
        rule(&mut file);
    }
    file.found
}

impl<'a> File<'a> {
    fn wrong(&mut self, line: usize, message: impl std::fmt::Display) {
        self.found.push(format!("{}:{line}: {message}", self.path));
    }

    /// The module of `src/` that the file belongs to; none for lib.rs, main.rs and files elsewhere.
    fn module(&self) -> Option<&'a str> {
        let inside = self.path.strip_prefix("src/")?;
        let first = inside.split('/').next()?;
        (!matches!(inside, "lib.rs" | "main.rs")).then(|| first.strip_suffix(".rs").unwrap_or(first))
    }

    fn is_in(&self, modules: &[&str]) -> bool {
        self.module().is_some_and(|module| modules.contains(&module))
    }

    /// A violation for each named path that `wrong` objects to.
    fn each_path(&mut self, wrong: impl Fn(&[&str]) -> Option<String>) {
        let named = std::mem::take(&mut self.named);
        for (line, path) in &named {
            if let Some(message) = wrong(&path.iter().map(String::as_str).collect::<Vec<_>>()) {
                self.wrong(*line, message);
            }
        }
        self.named = named;
    }
}

/// Names, length, docs.
fn shape(file: &mut File) {
    let lines = file.text.lines().count();
    if lines > MAX_LINES {
        file.wrong(lines, format!("{lines} lines, more than {MAX_LINES}; split it by what its parts do"));
    }
    for part in file.path.split('/') {
        if VAGUE_NAMES.contains(&part.split('.').next().unwrap_or(part)) {
            file.wrong(1, format!("the name `{part}` says nothing; name what it holds"));
        }
    }
    let documented = ["src/", "vendor/baresip/src/", "tests/"].iter().any(|folder| file.path.starts_with(folder));
    if documented && file.path.ends_with(".rs") && !file.text.starts_with("//!") {
        file.wrong(1, "no module docs; begin with a `//!` line that says what the file gives");
    }
}

/// What nobody writes. The marks count in comments too, and stand here in parts, as this file is checked as well.
fn words(file: &mut File) {
    let marks = concat!(r"\b(FIX", r"ME|XX", r"X)\b");
    let vague = format!(r"\bmod\s+({})\b", VAGUE_NAMES.join("|"));
    let code = std::mem::take(&mut file.code);
    let mut rules = vec![
        (file.text, marks, "do it now, or open an issue"),
        (&code, r"\b(todo|unimplemented|dbg)\s*!|#\[\s*ignore\b", "unfinished, or hidden; finish it or take it out"),
        (&code, &vague, "a module name that says nothing; name what it holds"),
    ];
    let program = file.path.starts_with("src/") || file.path.starts_with("vendor/baresip/src/");
    if program && file.path != "src/main.rs" && !file.is_in(&["cli", "repl"]) {
        rules.push((&code, r"\be?print(ln)?\s*!", "printed past the caller; give it back, only cli and repl print"));
    }
    for (text, pattern, advice) in rules {
        let pattern = Regex::new(pattern).unwrap();
        for (index, line) in text.lines().enumerate() {
            if let Some(hit) = pattern.find(line) {
                file.wrong(index + 1, format!("`{}`: {advice}", hit.as_str()));
            }
        }
    }
}

/// Data flows one way: a module names only modules above it.
fn imports(file: &mut File) {
    let place = |name: &str| MODULES.iter().position(|module| *module == name);
    if file.path == "src/main.rs" {
        return file.each_path(|path| match path {
            ["telefonist", "cli", ..] => None,
            ["telefonist" | "crate", ..] => Some(format!("main.rs names `{}`; it only calls cli", path.join("::"))),
            _ => None,
        });
    }
    let Some(module) = file.module() else { return };
    let Some(here) = place(module) else {
        return file.wrong(1, format!("`{module}` is not in the order of modules; put it into one of them"));
    };
    let blind = BLIND.contains(&module);
    file.each_path(|path| match path {
        ["crate", other, ..] if *other == module => None,
        ["crate", "run", ..] if blind => Some(format!("`{module}` names `run`; it judges records, never a live run")),
        ["crate", other, ..] => match place(other) {
            Some(there) if there < here => None,
            Some(_) => Some(format!("`{module}` names `{other}`, which stands below it; move what both need up")),
            None => Some(format!("`crate::{other}` is no module; name each thing by the module it lives in")),
        },
        _ => None,
    });
}

fn homes(file: &mut File) {
    if !file.path.starts_with("src/") {
        return;
    }
    let module = file.module().unwrap_or_default();
    let has_the_clock = file.path == "src/event/clock.rs";
    file.each_path(|path| {
        if path.contains(&"SystemTime") && !has_the_clock {
            return Some(format!("`{}`: the wall clock jumps; ask `event::Clock`, which does not", path.join("::")));
        }
        let home = HOMES.iter().find(|(name, _)| path[0] == *name);
        if let Some((name, homes)) = home.filter(|(_, homes)| !homes.contains(&module)) {
            return Some(format!("`{name}` named outside {}; ask that module for what you need", homes.join(" and ")));
        }
        let surroundings = path.windows(2).any(|pair| pair[0] == "env" && SURROUNDINGS.contains(&pair[1]));
        (surroundings && module != "cli")
            .then(|| format!("`{}`: only cli reads the environment; take it as an argument", path.join("::")))
    });
}

fn purity(file: &mut File) {
    if !file.is_in(PURE) {
        return;
    }
    file.each_path(|path| {
        let impure = match path {
            ["tokio", ..] | ["std", "fs" | "process", ..] | ["std", "*"] => true,
            ["std", "net", kind, ..] => kind.starts_with("Tcp") || kind.starts_with("Udp") || *kind == "*",
            _ => false,
        };
        impure.then(|| format!("`{}` in a pure module; let the caller do it and pass the data in", path.join("::")))
    });
}

/// ARCHITECTURE.md stays short enough to be read in one sitting, and its list of modules is the one of lib.rs: the `pub mod` lines, and the list
/// in the docs. rustfmt sorts the `pub mod` lines, so theirs is the only order that does not count.
fn architecture(picture: &str, lib: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut wrong = |line: usize, message: String| found.push(format!("ARCHITECTURE.md:{line}: {message}"));
    let lines = picture.lines().count();
    if !(1..=160).contains(&lines) {
        wrong(lines, format!("{lines} lines, not 1 to 160; draw how the program hangs together, and no more"));
    }
    for (index, line) in picture.lines().enumerate().filter(|(_, line)| line.chars().count() > 140) {
        wrong(index + 1, format!("{} characters, more than 140; wrap it", line.chars().count()));
    }
    let names = |pattern: &str, text: &str| -> Vec<String> {
        Regex::new(pattern).unwrap().captures_iter(text).map(|hit| hit[1].to_string()).collect()
    };
    let mut modules = names(r"(?m)^pub mod (\w+);", lib);
    modules.sort_by_key(|name| MODULES.iter().position(|module| module == name));
    let section = Regex::new(r"(?m)^#+ .*[Mm]odules.*\n").unwrap().splitn(picture, 2).nth(1).unwrap_or_default();
    let section = section.split("\n#").next().unwrap_or_default();
    let listed = names(r"(?m)^(?:[-*|]|\d+\.) *(?:\d+ *\|)? *\**`(\w+)/?`", section);
    let documented = names(r"(?m)^//! - \[`(\w+)`\]", lib);
    for (file, list) in [("ARCHITECTURE.md", listed), ("src/lib.rs", documented)] {
        if list != modules {
            found.push(format!(
                "{file}:1: its list of modules is {list:?}; make it {modules:?}, a line \"- `name`\" each"
            ));
        }
    }
    found
}

/// The code without comments and with empty literals, line for line.
fn code_of(text: &str) -> String {
    static UNREAD: LazyLock<Regex> = LazyLock::new(|| {
        let comment = r"//[^\n]*|(?s:/\*.*?\*/)";
        let raw = ["", "#", "##", "###"].map(|marks| format!(r#"\bb?r{marks}"(?s:.*?)"{marks}"#)).join("|");
        let literal = r#""(?:[^"\\]|\\(?s:.))*"|'(?:[^'\\\n]|\\(?:u\{\w+\}|x\w\w|.))'"#;
        Regex::new(&format!("{comment}|{raw}|{literal}")).unwrap()
    });
    let blank = |hit: &regex::Captures| format!(" {} ", "\n".repeat(hit[0].matches('\n').count()));
    UNREAD.replace_all(text, blank).into_owned()
}

/// Where in the crate a file's code lives: `src/event/log.rs` is `["crate", "event", "log"]`.
fn module_path(path: &str) -> Vec<String> {
    let inside = path.strip_prefix("src/").unwrap_or_default().trim_end_matches(".rs");
    let parts = inside.split('/').filter(|part| !matches!(*part, "" | "mod" | "lib" | "main"));
    std::iter::once("crate").chain(parts).map(String::from).collect()
}

/// All paths with `::` in them and all of `use`, groups unfolded, `self` and `super` resolved.
fn paths_of(code: &str, home: &[String]) -> Vec<Named> {
    static TOKEN: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\w+|::|[^\w\s]").unwrap());
    let tokens: Vec<(usize, &str)> = code
        .lines()
        .enumerate()
        .flat_map(|(index, line)| TOKEN.find_iter(line).map(move |hit| (index + 1, hit.as_str())))
        .collect();
    let at = |place: usize| tokens.get(place).map_or("", |(_, token)| *token);
    // Inline modules deepen what `super` starts from: (name, the depth of braces it began at).
    let (mut inline, mut depth) = (Vec::<(&str, usize)>::new(), 0);
    let (mut named, mut i) = (Vec::new(), 0);
    while i < tokens.len() {
        match at(i) {
            "mod" if at(i + 2) == "{" => inline.push((at(i + 1), depth)),
            "{" => depth += 1,
            "}" => {
                depth = usize::saturating_sub(depth, 1);
                inline.pop_if(|(_, began)| *began == depth);
            }
            start if start == "use" || (is_word(start) && at(i + 1) == "::") => {
                let home: Vec<_> =
                    home.iter().cloned().chain(inline.iter().map(|(name, _)| name.to_string())).collect();
                i = unfold(&tokens, i + usize::from(start == "use"), &[], &home, &mut named);
                continue;
            }
            _ => {}
        }
        i += 1;
    }
    named
}

fn is_word(token: &str) -> bool {
    token.starts_with(|first: char| first.is_alphanumeric() || first == '_')
}

/// Reads one path or tree from token `i` on, after `prefix`; gives the place behind it.
fn unfold(tokens: &[(usize, &str)], mut i: usize, prefix: &[String], home: &[String], named: &mut Vec<Named>) -> usize {
    let mut prefix = prefix.to_vec();
    let Some(&(line, _)) = tokens.get(i) else { return i };
    let at = |place: usize| tokens.get(place).map_or("", |(_, token)| *token);
    loop {
        match at(i) {
            "self" if prefix.is_empty() => prefix = home.to_vec(),
            "self" | "::" => {}
            "super" if prefix.is_empty() => prefix.extend_from_slice(&home[..home.len().saturating_sub(1)]),
            "super" => drop(prefix.pop()),
            "{" => {
                i += 1;
                while !matches!(at(i), "}" | "") {
                    let end = unfold(tokens, i, &prefix, home, named);
                    i = end + usize::from(at(end) == "," || end == i);
                }
                return i + 1;
            }
            word if word == "*" || is_word(word) => prefix.push(word.to_string()),
            _ => break,
        }
        i += 1;
        if at(i) != "::" && at(i - 1) != "::" {
            break;
        }
    }
    if at(i) == "as" {
        i += 2;
    }
    if !prefix.is_empty() {
        named.push((line, prefix));
    }
    i
}

/// The files that the rules are for, below `folder`: code, scripts, and files with one of these further extensions.
fn collect(root: &Path, folder: &Path, further: &[&str], files: &mut Vec<String>) {
    let mut entries: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let below = path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
        let made = ["target", "node_modules", "dist", "corpus", "artifacts"].contains(&name.as_str());
        if path.is_dir() && !made && below != "data/runs" && (!name.starts_with('.') || name == ".ci") {
            collect(root, &path, further, files);
        } else if path.is_file() {
            let kind = path.extension().unwrap_or_default().to_string_lossy();
            let script = name == "Makefile" || below.starts_with(".ci/");
            if script || ["rs", "rhai", "c", "h", "py", "sh"].iter().chain(further).any(|wanted| *wanted == kind) {
                files.push(below);
            }
        }
    }
}

#[test]
fn the_repository_is_tidy() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: &str| std::fs::read_to_string(root.join(path)).unwrap_or_default();
    let mut files = Vec::new();
    collect(root, root, &[], &mut files);
    assert!(files.iter().any(|path| path == "src/lib.rs"), "the walk went astray: {files:?}");
    let mut found: Vec<String> = files.iter().flat_map(|path| check(path, &read(path))).collect();
    found.extend(architecture(&read("ARCHITECTURE.md"), &read("src/lib.rs")));
    assert!(found.is_empty(), "{} places to tidy:\n{}", found.len(), found.join("\n"));
}

/// Samples that break one rule each, and what the violation says; code samples follow a line of docs.
const CROOKED: &[(&str, &str, &str)] = &[
    ("src/agent/mod.rs", "use crate::run::Run;", "src/agent/mod.rs:2: `agent` names `run`, which stands below it"),
    ("src/sip.rs", "use crate::{event::{Log, Body},\n verdict as v};", "`sip` names `verdict`"),
    ("src/event/log.rs", "fn f() {}\nuse super::super::run;", "src/event/log.rs:3: `event` names `run`"),
    ("src/event/log.rs", "mod tests { use super::super::super::cli; }", "`event` names `cli`"),
    ("src/event/mod.rs", "mod tests {}\nuse super::{sip::Message};", "`event` names `sip`"),
    ("src/flow/mod.rs", "fn f() { \"{\"; let x = <u8 as crate::cli::X>::y(); }", "`flow` names `cli`"),
    ("src/run/mod.rs", "use crate::*;", "`crate::*` is no module"),
    ("src/verdict/mod.rs", "use crate::run::Run;", "judges records, never a live run"),
    ("src/surprise/mod.rs", "", "`surprise` is not in the order of modules"),
    ("src/main.rs", "fn main() { telefonist::run::main() }", "main.rs names `telefonist::run::main`"),
    ("tests/calls.rs", "\0fn f() {}", "tests/calls.rs:1: no module docs"),
    ("vendor/baresip/src/x.rs", "\0", "no module docs"),
    ("stdlib/calls.rhai", "LONG", "stdlib/calls.rhai:601: 601 lines"),
    ("src/run/helpers.rs", "", "the name `helpers.rs` says nothing"),
    ("src/run/mod.rs", "mod common {}", "`mod common`: a module name that says nothing"),
    ("src/run/mod.rs", "fn f() {\n todo!() }", "src/run/mod.rs:3: `todo!`"),
    ("tests/calls.rs", "fn f() { unimplemented!(); }", "`unimplemented!`"),
    ("tests/calls.rs", "fn f() { dbg!(1); }", "`dbg!`"),
    ("tests/calls.rs", "#[ignore = \"slow\"]", "`#[ignore`"),
    ("Makefile", concat!("all:\n# FIX", "ME"), "Makefile:3: `FIX"),
    (".ci/run", concat!("# XX", "X: later"), "do it now"),
    ("src/run/mod.rs", "fn f() { eprintln!() }", "`eprintln!`: printed past the caller"),
    ("src/run/mod.rs", "use rhai::Engine;", "`rhai` named outside engine"),
    ("src/run/mod.rs", "fn f() { telefonist_baresip::main() }", "outside agent and cli"),
    ("src/report/mod.rs", "use rusqlite as sql;", "outside store"),
    ("src/agent/mod.rs", "use std::{env::{self, temp_dir}, fs};", "`std::env::temp_dir`: only cli"),
    ("src/agent/mod.rs", "fn f() { env::var(X) }", "`env::var`: only cli"),
    ("src/run/mod.rs", "fn f() { SystemTime::now() }", "`SystemTime::now`: the wall clock jumps"),
    ("src/event/mod.rs", "use std::{fs, io};", "`std::fs` in a pure module"),
    ("src/sip/mod.rs", "#[tokio::test] fn f() {}", "`tokio::test` in a pure module"),
    ("src/audio/mod.rs", "use std::net::{IpAddr, UdpSocket};", "`std::net::UdpSocket` in a pure module"),
    ("src/flow/mod.rs", "fn f() { std::process::exit(1) }", "`std::process::exit` in a pure module"),
];

#[test]
fn each_rule_fires() {
    for (path, sample, expected) in CROOKED {
        let text = match sample.strip_prefix('\0') {
            Some(bare) => bare.to_string(),
            None if *sample == "LONG" => "\n".repeat(601),
            None => format!("//! Docs.\n{sample}"),
        };
        let found = check(path, &text);
        assert!(found.len() == 1 && found[0].contains(expected), "{path}: {sample}\n{found:#?}");
    }
}

#[test]
fn what_is_allowed_stays_quiet() {
    let code = r###"//! Docs, which may say crate::cli, todo!() and std::fs::read.
    pub(in crate::sip) use crate::{diagnostic::Diagnostic, event::{self, Log}};
    fn f<'a>(x: &'a str) -> char { /* use crate::run; */ g("crate::run", r#"" rhai::Engine "#, '"', '\'', "\" tokio::x"); 'x' }
    mod tests { use super::*; use super::super::event::Log as L; use std::net::IpAddr; }"###;
    assert_eq!(check("src/sip/mod.rs", code), [""; 0]);
    assert_eq!(check("src/cli/mod.rs", "//! D\nfn f() { println!(); std::env::args(); crate::run::f() }"), [""; 0]);
    assert_eq!(check("tests/x.rs", "//! D\nfn f() { println!(); std::env::temp_dir(); rhai::Engine::new() }"), [""; 0]);
}

#[test]
fn the_picture_is_the_codes() {
    let lib = "//! - [`sip`]: a\n//! - [`agent`]: b\npub mod agent;\npub mod sip;\n";
    let good = "# X\n- `other`\n## The modules\n- `sip`: a\n- **`agent`**: b\n\n## More\n- `run`\n";
    assert_eq!(architecture(good, lib), [""; 0]);
    let wrong = |picture: &str, lib: &str, expected: &str| {
        let found = architecture(picture, lib);
        assert!(found.len() == 1 && found[0].contains(expected), "{found:#?}");
    };
    assert!(architecture("", "")[0].contains("ARCHITECTURE.md:0: 0 lines"));
    wrong(&good.replace("- `sip`: a\n", ""), lib, r#"its list of modules is ["agent"]"#);
    wrong(&format!("{good}{}", "\n".repeat(160)), lib, "168 lines, not 1 to 160");
    wrong(&format!("{good}{}", "ä".repeat(141)), lib, "ARCHITECTURE.md:9: 141 characters");
    wrong(good, &lib.replace("[`sip`]", "[`run`]"), "src/lib.rs:1: its list of modules is");
}
