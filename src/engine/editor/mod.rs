//! Answers for editors: completion ([`complete`]) and hover ([`hover`]) at a position of a script.
//!
//! Returns data only. Lines and columns count from 1, columns in characters, as everywhere. For classic testfiles see
//! `testfile::suggest`.

use super::api::methods::{METHODS, meaning_of};
use super::api::{agent, call, names};
use super::check::{self, SeenVariable, ValueKind};
use super::language::stdlib::StdFunction;
use super::language::{docs, program, stdlib};
use crate::diagnostic::{Sort, Source, Suggestion};
use crate::event::{EVENT_NAMES, SENT_NAMES, fields, meaning};
use crate::script::Script;
use regex::Regex;
use std::any::TypeId;
use std::sync::LazyLock;

/// The position of the cursor.
enum CursorSite {
    /// Between the quotes of a call: `event("CALL_`.
    Quotes(String),
    /// After `module::`.
    Module(String),
    /// After a dot: the text before it.
    Dot(String),
    /// At the beginning of a name.
    Name,
    /// In a comment, or in a text without a meaning here.
    Nothing,
}

/// The unfinished word, and the text before it.
static BEFORE: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(?<before>.*?)(?<word>[A-Za-z_]\w*)?$"));
static ALIAS: LazyLock<Regex> = LazyLock::new(|| pattern(r"(\w+)::$"));
/// `alice`, `up[0]`, `alice.event("X")`, `(await bob.closed())`.
static RECEIVER: LazyLock<Regex> =
    LazyLock::new(|| pattern(r#"((?:\w+|\((?:[^()]|\([^()]*\))*\))(?:\[\w*\]|\((?:[^()"]|"[^"]*")*\)|\.\w+)*)\.$"#));
static CALLED: LazyLock<Regex> = LazyLock::new(|| pattern(r#"(\w+)\s*\(?\s*\[?(?:\s*"[^"]*"\s*,)*\s*$"#));
static CONDITION: LazyLock<Regex> = LazyLock::new(|| pattern(r"\.where\(\s*\|\s*(\w+)\s*\|[^|]*$"));
static IMPORT: LazyLock<Regex> = LazyLock::new(|| pattern(r#"(?m)^\s*import\s+"([^"]+)"\s+as\s+(\w+)"#));

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a fixed pattern")
}

/// Suggestions for a position, beginning with the unfinished word, in alphabetical order. `commands`: the commands of
/// `alice.cmd("…")`.
pub fn complete(script: &Script, line: u32, column: u32, commands: &[String]) -> Vec<Suggestion> {
    let source = &script.source;
    let offset = source.offset(line, column);
    let start = source.line_span(line).start;
    let written = &source.text[start.min(offset)..offset];
    let Some(found) = BEFORE.captures(written) else { return vec![] };
    let (before, word) = (&found["before"], found.name("word").map_or("", |word| word.as_str()));
    // the whole text in quotes counts: `std/calls` is more than a word
    let word = match open_quote(written) {
        Some(Open::Quote(at)) => &written[at + 1..],
        _ => word,
    };
    Suggestion::beginning_with(at(script, line, before, commands), word)
}

/// Describes what is at a position; none if it is unknown.
pub fn hover(script: &Script, line: u32, column: u32) -> Option<Suggestion> {
    let source = &script.source;
    let span = source.line_span(line);
    let text = &source.text[span.clone()];
    let here = source.offset(line, column) - span.start;
    let part = |c: char| c.is_alphanumeric() || c == '_';
    let behind = |at: usize| at + text[at..].chars().next().map_or(0, char::len_utf8);
    let from = text[..here].rfind(|c| !part(c)).map_or(0, behind);
    let to = text[here..].find(|c| !part(c)).map_or(text.len(), |length| here + length);
    let word = &text[from..to];
    if word.is_empty() {
        return None;
    }
    at(script, line, &text[..from], &[]).into_iter().find(|one| one.text == word)
}

/// Suggestions after the beginning of a line.
fn at(script: &Script, line: u32, before: &str, commands: &[String]) -> Vec<Suggestion> {
    match site(before) {
        CursorSite::Nothing => vec![],
        CursorSite::Quotes(call) => in_quotes(&call, commands),
        CursorSite::Module(alias) => module(script, &alias),
        CursorSite::Dot(receiver) => members(kind_of(script, line, before, &receiver)),
        CursorSite::Name => names_in_sight(script, line),
    }
}

fn site(before: &str) -> CursorSite {
    if let Some(open) = open_quote(before) {
        return match open {
            Open::Comment => CursorSite::Nothing,
            Open::Quote(at) => match CALLED.captures(&before[..at]) {
                Some(call) => CursorSite::Quotes(call[1].to_string()),
                None => CursorSite::Nothing,
            },
        };
    }
    if let Some(alias) = ALIAS.captures(before) {
        return CursorSite::Module(alias[1].to_string());
    }
    match RECEIVER.captures(before) {
        Some(receiver) => CursorSite::Dot(receiver[1].to_string()),
        None if before.ends_with('.') && !before.ends_with("..") => CursorSite::Dot(String::new()),
        None => CursorSite::Name,
    }
}

enum Open {
    Comment,
    /// The position of the opening quote.
    Quote(usize),
}

/// What is open at the end of a line.
fn open_quote(line: &str) -> Option<Open> {
    let mut open = None;
    let mut escaped = false;
    let mut last = ' ';
    for (at, c) in line.char_indices() {
        match (open, c) {
            (None, '"') => open = Some(at),
            (None, '/') if last == '/' => return Some(Open::Comment),
            (Some(_), '"') if !escaped => open = None,
            _ => {}
        }
        escaped = c == '\\' && !escaped;
        last = c;
    }
    open.map(Open::Quote)
}

fn in_quotes(call: &str, commands: &[String]) -> Vec<Suggestion> {
    match call {
        "event" | "quiet" | "fail_on" => EVENT_NAMES.iter().map(|name| event(name)).collect(),
        "accept" | "ignore" => {
            let sent = |name: &&str| Suggestion::new(name, Sort::Event, "", OF_A_FLOW);
            EVENT_NAMES.iter().map(|name| event(name)).chain(SENT_NAMES.iter().map(sent)).collect()
        }
        "cmd" => {
            let command = |word: &String| Suggestion::new(word, Sort::Command, "", "A command of baresip's.");
            commands.iter().map(command).collect()
        }
        "import" => {
            let module = |(name, _): &(&str, &str)| Suggestion::new(name, Sort::Module, "", "");
            stdlib::MODULES.iter().map(module).collect()
        }
        _ => vec![],
    }
}

/// What a line of a flow tells that no event does.
const OF_A_FLOW: &str = "A request of the agent's own, as a flow has it.";

fn event(name: &str) -> Suggestion {
    let carried = fields::of(Some(name)).map(|field| field.name).collect::<Vec<_>>().join(", ");
    let meaning = meaning(name).unwrap_or_default();
    Suggestion::new(name, Sort::Event, "", &format!("{name}: {meaning}. It carries: {carried}."))
}

/// The functions of an imported module with their docs; nothing for the user's own files.
fn module(script: &Script, alias: &str) -> Vec<Suggestion> {
    let path =
        IMPORT.captures_iter(&script.rhai).find(|import| &import[2] == alias).map(|import| import[1].to_string());
    let Some(text) = path.as_deref().and_then(stdlib::module_text) else { return vec![] };
    functions(text, &format!("{alias}::"))
}

/// The functions of a text, as called after `prefix`.
fn functions(text: &str, prefix: &str) -> Vec<Suggestion> {
    let script = Script::rhai(Source::new("", text));
    let Some(ast) = program::parse_lines(&script).ast else { return vec![] };
    let told = |function: StdFunction| {
        let usage = format!("{prefix}{}({})", function.name, function.parameters.join(", "));
        Suggestion::new(&function.name, Sort::Function, &usage, &function.about)
    };
    stdlib::functions(&ast, text).into_iter().map(told).collect()
}

/// Fields and methods of a kind of value.
fn members(kind: ValueKind) -> Vec<Suggestion> {
    let mut all = vec![];
    if let ValueKind::Event(of) = kind {
        let field = |field: &fields::Field| {
            Suggestion::new(field.name, Sort::Field, &format!("a field of {}", field.carriers()), field.meaning)
        };
        all.extend(fields::of(of).map(field));
    }
    let properties: &[(&str, &str)] = match kind {
        ValueKind::Agent => &[
            ("name", "The agent's name."),
            ("aor", "Its address of record."),
            ("address", "`host:port` of its SIP socket."),
        ],
        ValueKind::Call => &[
            ("id", "baresip's id of the call."),
            ("agent", "The agent that has it."),
            ("ok", "Whether the agent took the `dial`."),
            ("data", "What it answered to the `dial`."),
            ("time", "When `dial` was sent: milliseconds since the epoch."),
        ],
        ValueKind::Reply => &[
            ("ok", "Whether the agent took the command."),
            ("data", "What it answered."),
            ("time", "When the command was sent: milliseconds since the epoch."),
        ],
        _ => &[],
    };
    all.extend(properties.iter().map(|(name, doc)| Suggestion::new(name, Sort::Field, "", doc)));
    let Some(native) = kind.native() else { return all };
    let fits = |first| kind.fits(first);
    for name in names::methods(native).filter(|name| !matches!(*name, "to_string" | "to_debug")) {
        let usage = names::usage(name, Some(&fits)).unwrap_or_default();
        all.push(Suggestion::new(name, Sort::Method, &usage, meaning_of(name).unwrap_or_default()));
    }
    all
}

/// The methods of agents as rows of a Markdown table: how each is called, what it does, its command, and whether calls have it.
pub fn methods_in_markdown() -> impl Iterator<Item = String> {
    METHODS.iter().map(|method| {
        let usage = names::usage(method.name, Some(&|of| of == TypeId::of::<agent::AgentValue>())).unwrap_or_default();
        let usage = usage.replace("agent.", "").replace(" or ", "`, `");
        let command = method.word().map(|word| format!("`{word}`")).unwrap_or_default();
        let of_calls = names::methods(TypeId::of::<call::CallValue>()).any(|name| name == method.name);
        format!("| `{usage}` | {} | {command} | {} |", method.meaning, if of_calls { "yes" } else { "" })
    })
}

/// The kind of the value before a dot.
fn kind_of(script: &Script, line: u32, before: &str, receiver: &str) -> ValueKind {
    // in `….where(|e| e.` the line is incomplete, and `e` is an event of the waiter's type
    if let Some(condition) = CONDITION.captures(before)
        && &condition[1] == receiver
    {
        let waiter = &before[..condition.get(0).map_or(0, |found| found.start())];
        let waiter = RECEIVER.captures(&format!("{waiter}.")).map(|found| found[1].to_string()).unwrap_or_default();
        return match with_line(script, line, &format!("let it = await {waiter};")).last().map(|seen| seen.kind) {
            Some(kind @ ValueKind::Event(_)) => kind,
            _ => ValueKind::Event(None),
        };
    }
    let seen = with_line(script, line, &format!("let it = {receiver};"));
    seen.last().filter(|seen| seen.name == "it").map_or(ValueKind::Unknown, |seen| seen.kind)
}

/// The variables in scope at a line, without that line: it is unfinished.
fn with_line(script: &Script, line: u32, text: &str) -> Vec<SeenVariable> {
    let span = script.source.line_span(line);
    let (before, after) = (&script.source.text[..span.start], &script.source.text[span.end..]);
    let changed = Script::rhai(Source::new(script.source.name.as_str(), format!("{before}{text}{after}")));
    let whole = check::seen_at(&changed, line);
    // the following lines may not make sense yet: use the lines before
    whole.unwrap_or_else(|| {
        let open = before.matches('{').count().saturating_sub(before.matches('}').count());
        let cut = Script::rhai(Source::new(script.source.name.as_str(), format!("{before}{text}{}", "}".repeat(open))));
        check::seen_at(&cut, line).unwrap_or_default()
    })
}

/// Variables, functions and words.
fn names_in_sight(script: &Script, line: u32) -> Vec<Suggestion> {
    let variable = |seen: SeenVariable| Suggestion::new(&seen.name, Sort::Variable, seen.kind.in_words(), "");
    let seen = check::seen_at(script, line).unwrap_or_else(|| with_line(script, line, "();"));
    let mut all: Vec<_> = seen.into_iter().rev().map(variable).collect();
    all.extend(functions(&script.rhai, ""));
    for (name, doc) in docs::FUNCTIONS {
        all.push(Suggestion::new(name, Sort::Function, &names::usage(name, None).unwrap_or_default(), doc));
    }
    for (word, doc) in docs::WORDS {
        all.push(Suggestion::new(word, Sort::Word, "", doc));
    }
    let module = |import: regex::Captures| Suggestion::new(&import[2], Sort::Module, &import[1], "");
    all.extend(IMPORT.captures_iter(&script.rhai).map(module));
    all
}
