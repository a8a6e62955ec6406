//! Plain English: words that are hard to read, each with the better wording, and pages that leave something out.

use super::collect;
use regex::Regex;
use std::path::Path;

/// What nobody writes in code, docs, pages and tests, and what to write instead. Parts keep this list from finding itself.
const WORDS: [(&str, &str); 10] = [
    (concat!(r"\bso ", r"many\b"), "name the number: `N tests`, `this number of`, `maximum number of`"),
    (concat!(r"\ban", r"ew\b"), "again, or the verb for it: rebuild, reload, restart, redefine"),
    (concat!(r"\btold ", r"of\b"), "say who reports what: `the agent reported it`, `the client is notified`"),
    (
        concat!(r"\b(is|are|be|been|being) ", r"told\b"),
        "reported, shown, printed, passed to, notified; or say who does it",
    ),
    (concat!(r"\bsays ", r"not\b"), "`does not say`; for a setting, `if unset`"),
    (concat!(r"\bnames ", r"none\b"), "`without a …`, `if it has none`; for a setting, `default …`"),
    (concat!(r"\bcounts? ", r"before\b"), "overrides; for several sources, `Precedence: first, second, third`"),
    (concat!(r"\bbelongs? ", r"into\b"), "belongs in"),
    (concat!(r"\bholds? ", r"no more\b"), "is no longer valid, is not comparable"),
    (concat!(r"\bdoes ", r"not be\b"), "is not"),
];
/// Their texts are read by people, besides those that `collect` gives for the other rules.
const TEXTS: &[&str] = &["md", "toml", "svelte", "ts", "js", "mjs", "html", "css", "err"];

/// The list, ready to be looked for: one pattern that finds all words, and one for each.
struct Finder(Regex, Vec<(Regex, &'static str)>);

impl Finder {
    fn new() -> Finder {
        let pattern = |pattern: &str| Regex::new(&format!("(?i){pattern}")).expect("a pattern");
        let all = WORDS.map(|(word, _)| format!("(?:{word})")).join("|");
        Finder(pattern(&all), WORDS.map(|(word, better)| (pattern(word), better)).to_vec())
    }

    /// The places where a text has one of the words.
    fn places(&self, path: &str, text: &str) -> Vec<String> {
        let hits = self.0.find_iter(text).filter(|hit| !distinguishes(&text[hit.end()..]));
        let place = |hit: regex::Match| {
            let line = text[..hit.start()].matches('\n').count() + 1;
            let better = self.1.iter().find(|(word, _)| word.is_match(hit.as_str())).map_or("", |(_, better)| better);
            format!("{path}:{line}: `{}`: write {better}", hit.as_str())
        };
        hits.map(place).collect()
    }
}

/// "told apart" and "told from" are plain English, and so is "was told to".
fn distinguishes(rest: &str) -> bool {
    [" apart", " from", " to "].iter().any(|word| rest.starts_with(word))
}

/// The links of a page to files that do not exist.
fn dead_links(root: &Path, path: &str, text: &str) -> Vec<String> {
    let link = Regex::new(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)").unwrap();
    let folder = root.join(path).parent().expect("a folder").to_path_buf();
    let dead = |target: &&str| !folder.join(target).exists();
    let targets = link.captures_iter(text).map(|hit| hit.get(1).unwrap().as_str()).filter(dead);
    targets.map(|target| format!("{path}: the link to `{target}` leads nowhere; name a file that exists")).collect()
}

/// The names in a manifest's sections whose headings `is_section` accepts.
fn dependencies(manifest: &str, is_section: fn(&str) -> bool, name: &str) -> Vec<String> {
    let name = Regex::new(name).unwrap();
    let mut inside = false;
    let mut found = Vec::new();
    for line in manifest.lines() {
        let heading = line.starts_with('[') || line.trim_end().ends_with('{') || line.trim().starts_with('}');
        if heading {
            inside = is_section(line);
        } else if inside && let Some(hit) = name.captures(line) {
            found.push(hit[1].to_string());
        }
    }
    found
}

#[test]
fn nobody_writes_unusual_words() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (finder, mut files) = (Finder::new(), Vec::new());
    collect(root, root, TEXTS, &mut files);
    let found: Vec<String> = files
        .iter()
        .filter(|path| *path != "CHANGELOG.md")
        .flat_map(|path| finder.places(path, &std::fs::read_to_string(root.join(path)).unwrap_or_default()))
        .collect();
    assert!(found.is_empty(), "{} places to reword:\n{}", found.len(), found.join("\n"));
}

#[test]
fn an_unusual_word_is_found_and_the_usual_ones_are_not() {
    let line = concat!("Run so ", "many tests an", "ew; the user is ", "told why.");
    let finder = Finder::new();
    let found = finder.places("a.md", line);
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(found[0].starts_with("a.md:1: `so "), "{found:?}");
    assert!(finder.places("a.md", "They can be told apart. Alice was told to hang up. A manewer.").is_empty());
}

#[test]
fn the_pages_lead_somewhere_and_leave_nothing_out() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: &str| std::fs::read_to_string(root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    let mut pages = Vec::new();
    collect(root, root, &["md"], &mut pages);
    pages.retain(|path| path.ends_with(".md"));
    let mut found: Vec<String> = pages.iter().flat_map(|path| dead_links(root, path, &read(path))).collect();

    let index = read("docs/README.md");
    let own = pages.iter().filter_map(|path| path.strip_prefix("docs/")).filter(|page| *page != "README.md");
    let missing = own.filter(|page| !index.contains(&format!("]({page})")));
    found.extend(missing.map(|page| format!("docs/README.md: `{page}` is missing; add a line for it")));

    let libraries = read("docs/libraries.md");
    let crates = ["Cargo.toml", "vendor/baresip/Cargo.toml"].map(read);
    let crates =
        crates.iter().flat_map(|text| dependencies(text, |line| line.contains("dependencies]"), r"^([\w-]+) = "));
    let packages = ["ui/package.json", "tests/ui/package.json", "tests/browser/package.json"].map(read);
    let section = |line: &str| line.contains("ependencies\"");
    let packages = packages.iter().flat_map(|text| dependencies(text, section, r#"^\s+"([^"]+)": "[^~0-9]*\d"#));
    let words: Vec<&str> = libraries.split(|c: char| !(c.is_alphanumeric() || "@/-_".contains(c))).collect();
    let missing = crates.chain(packages).filter(|name| !words.contains(&name.as_str()));
    found.extend(missing.map(|name| format!("docs/libraries.md: `{name}` is missing; say why we use it")));
    assert!(found.is_empty(), "{} places to mend:\n{}", found.len(), found.join("\n"));
}
