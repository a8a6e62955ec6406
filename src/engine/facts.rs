//! What can be known of a script before it runs, for whoever plans runs: its tags, the accounts that it needs, its agents.

use super::blocks::{self, Block};
use super::check::place;
use super::program::Program;
use crate::diagnostic::{Diagnostic, Place};
use rhai::{ASTNode, Expr, FnCallExpr, Position, Stmt};

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Facts {
    /// What `tags(…)` says, in the order of the text, each once.
    pub tags: Vec<String>,
    /// The names that `account(…)` asks for, each once, with the place of the first.
    pub accounts: Vec<(String, Place)>,
    /// How many agents the text makes; a loop may make more.
    pub agents: usize,
    /// Where it says that only it is to be run (`only()`).
    pub only: Option<Place>,
    /// How often the script says that it is to be run, where it says so in a number, or not at all (1).
    pub repetitions: Option<u32>,
    /// The files of `include(…)` and `validate(…)`, each once, with the place of the first.
    validations: Vec<(String, Place)>,
    /// A tag, an account or a validation that is not written out, and so can't be known.
    pub problems: Vec<Diagnostic>,
}

/// What the whole file says outside of its test blocks; functions count as outside.
pub fn facts(program: &Program) -> Facts {
    let mut facts = Facts { repetitions: Some(1), ..Facts::default() };
    facts.look(program, |block| block.is_none());
    facts
}

/// What holds for one test of a file with several: what stands outside of the blocks, and in its own.
pub fn facts_of(program: &Program, test: &Block) -> Facts {
    let mut facts = facts(program);
    facts.look(program, |block| block == Some(test.position));
    facts
}

/// What is not written out, wherever it stands.
pub fn problems(program: &Program) -> Vec<Diagnostic> {
    let mut facts = Facts::default();
    facts.look(program, |_| true);
    facts.problems
}

/// The validation scripts that a file asks for, in whichever of its tests: their names, with the place of the first that does.
pub fn validations(program: &Program) -> Vec<(String, Place)> {
    let mut facts = Facts::default();
    facts.look(program, |_| true);
    facts.validations
}

/// Where the name of the test stands whose block an element of the tree is in.
fn block_of(path: &[ASTNode]) -> Option<Position> {
    path.iter().find_map(|node| match node {
        ASTNode::Expr(expression) => match blocks::of(expression)? {
            ("test", [name, _]) => Some(name.start_position()),
            _ => None,
        },
        _ => None,
    })
}

impl Facts {
    /// Notes the calls of the blocks that are asked for; none stands for what is in no block.
    fn look(&mut self, program: &Program, counts: impl Fn(Option<Position>) -> bool) {
        program.ast.walk(&mut |path| {
            let call = match path.last() {
                Some(ASTNode::Expr(Expr::FnCall(call, position))) => Some((call, *position)),
                Some(ASTNode::Stmt(Stmt::FnCall(call, position))) => Some((call, *position)),
                _ => None,
            };
            if let Some((call, position)) = call.filter(|(call, _)| call.namespace.is_empty())
                && counts(block_of(path))
            {
                self.call(program, call, position);
            }
            true
        });
    }

    fn call(&mut self, program: &Program, call: &FnCallExpr, position: Position) {
        let place = || place(&program.script, position);
        match call.name.as_str() {
            "agent" | "uanew" => self.agents += 1,
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

/// Notes the name that a call is given, once; a problem where it is not written out.
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
