//! What can be known of a script before it runs, for whoever plans runs: its tags, the accounts that it needs, its agents.

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
    /// How often the script says that it is to be run, where it says so in a number, or not at all (1).
    pub repetitions: Option<u32>,
    /// The files of `include(…)` and `validate(…)`, each once, with the place of the first.
    pub validations: Vec<(String, Place)>,
    /// A tag, an account or a validation that is not written out, and so can't be known.
    pub problems: Vec<Diagnostic>,
}

/// Looks for the calls in the whole text, functions included.
pub fn facts(program: &Program) -> Facts {
    let mut facts = Facts { repetitions: Some(1), ..Facts::default() };
    program.ast.walk(&mut |path| {
        let call = match path.last() {
            Some(ASTNode::Expr(Expr::FnCall(call, position))) => Some((call, *position)),
            Some(ASTNode::Stmt(Stmt::FnCall(call, position))) => Some((call, *position)),
            _ => None,
        };
        if let Some((call, position)) = call.filter(|(call, _)| call.namespace.is_empty()) {
            facts.call(program, call, position);
        }
        true
    });
    facts
}

impl Facts {
    fn call(&mut self, program: &Program, call: &FnCallExpr, position: Position) {
        let place = || place(&program.script, position);
        match call.name.as_str() {
            "agent" | "uanew" => self.agents += 1,
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
            "account" => match texts(&call.args).as_deref() {
                Some([name]) => {
                    if !self.accounts.iter().any(|(known, _)| known == name) {
                        self.accounts.push((name.clone(), place()));
                    }
                }
                _ => self.problems.push(
                    Diagnostic::error("the account's name is not written out")
                        .at(place())
                        .advice("it is kept for this test before it begins: write a text, as in account(\"trunk\")"),
                ),
            },
            "include" | "validate" => match texts(&call.args).as_deref() {
                Some([name]) => {
                    if !self.validations.iter().any(|(known, _)| known == name) {
                        self.validations.push((name.clone(), place()));
                    }
                }
                _ => self.problems.push(
                    Diagnostic::error("the validation's name is not written out")
                        .at(place())
                        .advice("it is read before the test begins: write a text, as in validate(\"calls.rhai\")"),
                ),
            },
            _ => {}
        }
    }
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
