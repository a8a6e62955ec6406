//! Facts about a script for planning its run: tags, accounts, agents, sounds.

use super::effort;
use crate::agent::Account;
use crate::diagnostic::{Diagnostic, Place};
use crate::engine::language::blocks;
use crate::engine::language::blocks::Block;
use crate::engine::language::positions::place;
use crate::engine::language::program::Program;
use rhai::{ASTNode, Expr, FnCallExpr, Position, Stmt};
use std::collections::HashMap;
use std::ops::RangeInclusive;

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ScriptFacts {
    /// The arguments of `tags(…)`, in the order of the text, without repetitions.
    pub tags: Vec<String>,
    /// The names in `account(…)`, each with the place of its first use.
    pub accounts: Vec<(String, Place)>,
    /// The number of agents in the text; a loop may create more.
    pub agents: usize,
    /// The place of `only()`, if the test has it.
    pub only: Option<Place>,
    /// The number of repetitions, if it is a literal; 1 if there is none.
    pub repetitions: Option<u32>,
    /// The files of `include(…)` and `validate(…)`, each with the place of its first use.
    validations: Vec<(String, Place)>,
    /// The sound files that agents send, if they are written out, each with the place of its first use.
    pub sounds: Vec<(String, Place)>,
    /// Tags, accounts and validations that are not written out, and therefore unknown.
    pub problems: Vec<Diagnostic>,
}

/// The facts outside of test blocks. Functions count as outside.
pub fn facts(program: &Program) -> ScriptFacts {
    FactsOfTests::new(program).outside
}

/// The facts of each test of a file, found by one walk for all of them.
pub struct FactsOfTests<'a> {
    outside: ScriptFacts,
    /// By the position of the test's name.
    calls: HashMap<Position, Vec<FactCall>>,
    /// The lines of each test's block, with the position of its name, in the order of the text.
    lines: Vec<(RangeInclusive<usize>, Position)>,
    reader: FactReader<'a>,
}

impl FactsOfTests<'_> {
    pub fn new(program: &Program) -> FactsOfTests<'_> {
        let reader = FactReader::new(program);
        let mut outside = ScriptFacts { repetitions: Some(1), ..ScriptFacts::default() };
        let mut calls: HashMap<_, Vec<_>> = HashMap::new();
        reader.calls(|block, call| match block {
            None => outside.note(&reader, &call),
            Some(block) => calls.entry(block).or_default().push(call),
        });
        let mut lines = vec![];
        program.ast.walk(&mut |path| {
            if let Some(ASTNode::Expr(expression)) = path.last()
                && let Some(("test", [name, Expr::Stmt(body)])) = blocks::block_of(expression)
            {
                let name = name.start_position();
                let end = body.span().end().line();
                lines.extend(name.line().zip(end).map(|(from, to)| (from..=to, name)));
            }
            true
        });
        lines.sort_by_key(|(lines, _)| *lines.start());
        FactsOfTests { outside, calls, lines, reader }
    }

    /// Whether a finding concerns a test: it is in its block, or outside of all blocks.
    pub fn concern(&self, test: &Block, found: &Diagnostic) -> bool {
        let Some(place) = &found.place else { return true };
        let line = place.line_column().0 as usize;
        let before = self.lines.partition_point(|(lines, _)| *lines.start() <= line);
        let block = before.checked_sub(1).map(|at| &self.lines[at]).filter(|(lines, _)| lines.contains(&line));
        block.is_none_or(|(_, name)| *name == test.position)
    }

    /// The facts outside of blocks together with those in the test's block.
    pub fn describe(&self, test: &Block) -> ScriptFacts {
        let mut facts = self.outside.clone();
        for call in self.calls.get(&test.position).into_iter().flatten() {
            effort::spend();
            facts.note(&self.reader, call);
        }
        facts
    }
}

/// All that a file says, in whichever of its tests.
fn all(program: &Program) -> ScriptFacts {
    let (mut facts, reader) = (ScriptFacts::default(), FactReader::new(program));
    reader.calls(|_, call| facts.note(&reader, &call));
    facts
}

/// Everything that is not written out, anywhere in the file.
pub fn problems(program: &Program) -> Vec<Diagnostic> {
    all(program).problems
}

/// The validation scripts that a file asks for, in whichever of its tests: their names, with the place of the first that does.
pub fn validations(program: &Program) -> Vec<(String, Place)> {
    all(program).validations
}

/// The calls that state a fact, including methods.
const TOLD: [&str; 11] =
    ["account", "agent", "audio", "cmd", "hears", "include", "only", "repeat", "tags", "uanew", "validate"];

/// A call that states a fact.
struct FactCall {
    is_method: bool,
    call: FnCallExpr,
    position: Position,
}

/// Reads the calls of a program.
struct FactReader<'a> {
    program: &'a Program,
    /// The variables of the top level whose `let` gives them a text; mostly accounts.
    texts: HashMap<&'a str, &'a str>,
}

impl<'a> FactReader<'a> {
    fn new(program: &'a Program) -> FactReader<'a> {
        let mut texts = HashMap::new();
        for statement in program.ast.statements() {
            match statement {
                Stmt::Var(var, ..) => match &var.1 {
                    Expr::StringConstant(text, _) => drop(texts.insert(var.0.name.as_str(), text.as_str())),
                    _ => drop(texts.remove(var.0.name.as_str())),
                },
                Stmt::Assignment(assignment) => {
                    if let Expr::Variable(name, ..) = &assignment.1.lhs {
                        texts.remove(name.1.as_str());
                    }
                }
                _ => {}
            }
        }
        FactReader { program, texts }
    }

    /// The calls that state facts, each with the position of the name of the test that contains it.
    fn calls(&self, mut each: impl FnMut(Option<Position>, FactCall)) {
        self.program.ast.walk(&mut |path| {
            effort::spend();
            let (is_method, call, position) = match path.last() {
                Some(ASTNode::Expr(Expr::FnCall(call, position))) => (false, call, *position),
                Some(ASTNode::Stmt(Stmt::FnCall(call, position))) => (false, call, *position),
                Some(ASTNode::Expr(Expr::MethodCall(call, position))) => (true, call, *position),
                _ => return true,
            };
            if call.namespace.is_empty() && TOLD.contains(&call.name.as_str()) {
                each(block_of(path), FactCall { is_method, call: (**call).clone(), position });
            }
            true
        });
    }

    /// An argument that is a text, or a variable with a known text.
    fn text<'t>(&'t self, argument: &'t Expr) -> Option<(&'t str, Position)> {
        match argument {
            Expr::StringConstant(text, position) => Some((text, *position)),
            Expr::Variable(name, _, position) => Some((self.texts.get(name.1.as_str())?, *position)),
            _ => None,
        }
    }
}

/// The position of the name of the test that contains an element of the tree.
fn block_of(path: &[ASTNode]) -> Option<Position> {
    path.iter().find_map(|node| match node {
        ASTNode::Expr(expression) => match blocks::block_of(expression)? {
            ("test", [name, _]) => Some(name.start_position()),
            _ => None,
        },
        _ => None,
    })
}

impl ScriptFacts {
    fn note(&mut self, reader: &FactReader, call: &FactCall) {
        match call.is_method {
            true => self.method(reader, &call.call),
            false => self.call(reader, &call.call, call.position),
        }
    }

    fn call(&mut self, reader: &FactReader, call: &FnCallExpr, position: Position) {
        let place = || place(&reader.program.script, position);
        match call.name.as_str() {
            "agent" | "uanew" => {
                self.agents += 1;
                self.sound_of(reader, call);
            }
            "only" => self.only = self.only.take().or_else(|| Some(place())),
            "tags" => match texts(&call.args) {
                Some(tags) => {
                    for tag in tags.into_iter().filter(|tag| !tag.is_empty()) {
                        if !self.tags.contains(&tag) {
                            self.tags.push(tag);
                        }
                    }
                }
                None => self.problems.push(
                    Diagnostic::error("tags are not written out")
                        .at(place())
                        .advice("tests are picked by them before they run: write texts, as in tags(\"smoke\")"),
                ),
            },
            "repeat" => {
                self.repetitions = match &call.args[..] {
                    [Expr::IntegerConstant(count, _)] => u32::try_from(*count).ok(),
                    _ => None,
                }
            }
            "account" => {
                let advice = "it is kept for this test before it begins: write a text, as in account(\"trunk\")";
                self.problems.extend(note_name(&mut self.accounts, call, place(), "account", advice));
            }
            "include" | "validate" => {
                let advice = "it is read before the test begins: write a text, as in validate(\"calls.rhai\")";
                self.problems.extend(note_name(&mut self.validations, call, place(), "validation", advice));
            }
            _ => {}
        }
    }
}

impl ScriptFacts {
    /// Notes the sound of a new agent. An option takes precedence over the account line.
    fn sound_of(&mut self, reader: &FactReader, call: &FnCallExpr) {
        let option = match call.args.get(1) {
            Some(Expr::Map(options, _)) => options.0.iter().find(|(key, _)| key.name == "audio"),
            _ => None,
        };
        if let Some((_, value)) = option {
            if let Some((file, position)) = reader.text(value) {
                self.sound(reader, file, position);
            }
        } else if let Some((account, position)) = call.args.first().and_then(|account| reader.text(account))
            && let Some(file) = Account::sound_of(account)
        {
            self.sound(reader, &file, position);
        }
    }

    /// Notes the sound of `alice.audio("x.wav")` and `bob.hears("x.wav")`, and of the same as a baresip command.
    fn method(&mut self, reader: &FactReader, call: &FnCallExpr) {
        let Some((text, position)) = call.args.last().and_then(|last| reader.text(last)) else { return };
        let word = |argument| reader.text(argument).map(|(word, _)| word.trim());
        let file = match (call.name.as_str(), &call.args[..]) {
            ("audio" | "hears", [_]) => Some(text),
            ("cmd", [_]) => text.trim().strip_prefix("ausrc aufile,"),
            ("cmd", [command, _]) if word(command) == Some("ausrc") => text.trim().strip_prefix("aufile,"),
            _ => None,
        };
        if let Some(file) = file {
            self.sound(reader, file.trim(), position);
        }
    }

    fn sound(&mut self, reader: &FactReader, file: &str, position: Position) {
        if !self.sounds.iter().any(|(known, _)| known == file) {
            self.sounds.push((file.to_string(), place(&reader.program.script, position)));
        }
    }
}

/// Notes the name in a call, once; a problem if it is not written out.
fn note_name(
    known: &mut Vec<(String, Place)>,
    call: &FnCallExpr,
    place: Place,
    what: &str,
    advice: &str,
) -> Option<Diagnostic> {
    let names = texts(&call.args);
    let Some([name]) = names.as_deref() else {
        let problem = Diagnostic::error(format!("the {what}'s name is not written out"));
        return Some(problem.at(place).advice(advice));
    };
    if !known.iter().any(|(known, _)| known == name) {
        known.push((name.clone(), place));
    }
    None
}

/// The arguments, if all of them are texts, or one list of texts.
fn texts(arguments: &[Expr]) -> Option<Vec<String>> {
    match arguments {
        [Expr::Array(list, _)] => texts(list),
        list => list
            .iter()
            .map(|argument| match argument {
                Expr::StringConstant(text, _) => Some(text.to_string()),
                _ => None,
            })
            .collect(),
    }
}
