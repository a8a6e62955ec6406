//! The compiler: a testfile → Rhai text that a person would have written, one statement a line.
//!
//! Directives come first, as they hold for the whole file; then the steps, chain by chain. A macro becomes a variable
//! where it is a whole argument; anywhere else its value is written out.

use super::Script;
use super::syntax::{comment, is_variable_name, literal};
use crate::diagnostic::Place;
use crate::testfile::{Content, Directive, Line, Piece, Step, TestFile, To};
use std::collections::{HashMap, HashSet};

/// Rhai's positions end at line 65,535; a larger script gets no comments and no blank lines.
const MAX_LINES: usize = 65_000;
/// How much of a chain is repeated in a comment, in characters.
const MAX_COMMENT: usize = 100;

/// Compiles a testfile.
pub fn compile(file: &TestFile) -> Script {
    let used = used_macros(file);
    let text = write(file, &used, true);
    let text = if text.lines.len() > MAX_LINES { write(file, &used, false) } else { text };
    let place = |piece: &Piece| Place { source: file.source.clone(), span: piece.span.clone() };
    let commands = file.steps().filter_map(|step| match step {
        Step::Command(command) => {
            let params = command.params.iter().map(|params| format!(" {}", params.text));
            Some((std::iter::once(command.word.text.clone()).chain(params).collect(), place(&command.word)))
        }
        _ => None,
    });
    Script { source: file.source.clone(), rhai: text.rhai, lines: text.lines, commands: commands.collect() }
}

/// The macros that hold at a line of a testfile and may be variables.
struct Variables<'a> {
    source: &'a str,
    /// By name: the value, and the line of the `_define`.
    known: HashMap<&'a str, (&'a str, u32)>,
}

impl<'a> Variables<'a> {
    fn new(file: &'a TestFile) -> Variables<'a> {
        Variables { source: &file.source.text, known: HashMap::new() }
    }

    fn define(&mut self, name: &'a str, value: &'a str, line: u32) {
        if is_variable_name(name) {
            self.known.insert(name, (value, line));
        }
    }

    /// The macro that makes the whole of an argument, and the line of its `_define`. A value that contains other
    /// macros' names is not what the argument became, so it does not count.
    fn holding(&self, argument: &Piece) -> Option<(&'a str, u32)> {
        let name = self.source.get(argument.span.clone())?;
        let (value, line) = self.known.get(name)?;
        (*value == argument.text).then_some((name, *line))
    }

    fn argument(&self, argument: &Piece) -> String {
        self.holding(argument).map_or_else(|| literal(&argument.text), |(name, _)| name.to_string())
    }
}

/// The lines of the `_define`s that are worth a variable.
fn used_macros(file: &TestFile) -> HashSet<u32> {
    let mut variables = Variables::new(file);
    let mut used = HashSet::new();
    for line in &file.lines {
        match &line.content {
            Content::Define { name, value } => variables.define(name, value, line.number),
            Content::Chain(steps) => {
                let arguments = steps.iter().flat_map(arguments);
                used.extend(arguments.filter_map(|piece| variables.holding(piece)).map(|(_, line)| line));
            }
            _ => {}
        }
    }
    used
}

fn arguments(step: &Step) -> Vec<&Piece> {
    match step {
        Step::Create { named: Some(_), .. } => vec![],
        Step::Create { account: argument, .. } | Step::Find { alias: argument } => vec![argument],
        Step::Command(command) => {
            let named = if let To::Named(alias) = &command.to { Some(alias) } else { None };
            named.into_iter().chain(&command.params).collect()
        }
        Step::Wait(_) | Step::DeleteAll => vec![],
    }
}

/// Rhai lines, and the line of the testfile that each comes from.
#[derive(Default)]
struct Text {
    rhai: String,
    lines: Vec<u32>,
}

impl Text {
    fn line(&mut self, text: &str, number: u32) {
        self.rhai.push_str(text);
        self.rhai.push('\n');
        self.lines.push(number);
    }

    /// A blank line, unless there is one already.
    fn gap(&mut self) {
        if !self.rhai.is_empty() && !self.rhai.ends_with("\n\n") {
            self.line("", 0);
        }
    }

    /// A comment of the user's; what stood apart from the one before it still does.
    fn comment(&mut self, text: &str, number: u32) {
        if self.lines.last().is_some_and(|last| last + 1 < number) {
            self.gap();
        }
        self.line(&comment(text), number);
    }

    fn append(&mut self, other: Text) {
        self.rhai.push_str(&other.rhai);
        self.lines.extend(other.lines);
    }
}

/// `roomy`: with comments and blank lines.
fn write(file: &TestFile, used: &HashSet<u32>, roomy: bool) -> Text {
    let mut variables = Variables::new(file);
    let (mut head, mut body, mut comments) = (Text::default(), Text::default(), Text::default());
    let mut after_chain = false;
    if roomy {
        head.line(&comment(&format!("{}, compiled to Rhai by telefonist", file.source.name)), 0);
        head.gap();
    }
    for line in &file.lines {
        let number = line.number;
        match &line.content {
            Content::Comment(text) if roomy => comments.comment(text, number),
            Content::Comment(_) => {}
            Content::Directive(directive, _) => {
                head.append(std::mem::take(&mut comments));
                if let Some(text) = directive_call(directive) {
                    head.line(&text, number);
                }
            }
            Content::Define { name, value } => {
                if used.contains(&number) {
                    if roomy && after_chain {
                        body.gap();
                    }
                    after_chain = false;
                    body.append(std::mem::take(&mut comments));
                    variables.define(name, value, number);
                    body.line(&format!("let {name} = {};", literal(value)), number);
                }
            }
            Content::Chain(steps) => {
                if roomy {
                    body.gap();
                    body.append(std::mem::take(&mut comments));
                    body.append(original(file, line));
                }
                after_chain = true;
                for step in steps {
                    body.line(&statement(step, &variables), number);
                }
            }
        }
    }
    head.line("fail_on(\"REGISTER_FAIL\");", 0);
    if roomy {
        head.gap();
    }
    head.append(body);
    if roomy && !comments.lines.is_empty() {
        head.gap();
    }
    head.append(comments);
    head
}

/// A chain as the user wrote it, if it has several parts: they are not one line any more. Not with a password in it:
/// cut, it might not be recognised as one.
fn original(file: &TestFile, line: &Line) -> Text {
    let mut text = Text::default();
    let chain = &file.source.text[line.span.clone()];
    if chain.contains('|') && !chain.to_ascii_lowercase().contains("auth_pass") {
        let cut: String = chain.chars().take(MAX_COMMENT).collect();
        let dots = if cut.len() < chain.len() { "…" } else { "" };
        text.line(&comment(&format!("line {}: {cut}{dots}", line.number)), line.number);
    }
    text
}

/// Nothing for a directive that says nothing.
fn directive_call(directive: &Directive) -> Option<String> {
    let names = |names: &[String]| names.iter().map(|name| literal(name)).collect::<Vec<_>>().join(", ");
    Some(match directive {
        Directive::Hash(hash) if hash.is_empty() => return None,
        Directive::Accept(events) | Directive::Ignore(events) if events.is_empty() => return None,
        Directive::Hash(hash) => format!("hash({});", literal(hash)),
        Directive::Include(file) => format!("include({});", literal(file)),
        Directive::Ignore(events) => format!("ignore([{}]);", names(events)),
        Directive::Accept(events) => format!("accept([{}]);", names(events)),
        Directive::Webhook(url) => format!("webhook({});", literal(url)),
        Directive::Run(times) => format!("repeat({times});"),
        Directive::Strict => "strict();".into(),
        Directive::Account(name) => format!("account({});", literal(name)),
        Directive::Tags(tags) => format!("tags([{}]);", names(tags)),
    })
}

fn statement(step: &Step, variables: &Variables<'_>) -> String {
    match step {
        Step::Wait(wait) => format!("sleep({}{});", wait.amount, wait.unit),
        Step::Create { account, named: Some(name) } => {
            let line = match &account.text[name.len()..] {
                "" => format!("account({})", literal(name)),
                parameters => format!("account({}) + {}", literal(name), literal(parameters)),
            };
            format!("uanew({line}, {});", literal(name))
        }
        Step::Create { account, named: None } => format!("uanew({});", variables.argument(account)),
        Step::Find { alias } => format!("uafind({});", variables.argument(alias)),
        Step::DeleteAll => "uadelall();".into(),
        Step::Command(command) => {
            let to = match &command.to {
                To::Named(alias) => variables.argument(alias),
                To::Active(alias) => literal(alias),
                To::Nobody => literal(""),
            };
            let word = literal(&command.word.text);
            match &command.params {
                Some(params) => format!("on({to}).cmd({word}, {});", variables.argument(params)),
                None => format!("on({to}).cmd({word});"),
            }
        }
    }
}
