//! A walk over a script's syntax tree that follows scopes, and types if it is sure of them.

use super::functions::ImportedModule;
use super::kinds::{MAKERS, ValueKind};
use super::scope::{KnownNames, SeenVariable};
use crate::diagnostic::{Diagnostic, Place};
use crate::engine::language::blocks;
use crate::engine::language::functions::{Function, own_functions};
use crate::engine::language::positions::place;
use crate::script::Script;
use rhai::{AST, ASTNode, Expr, Position, Stmt};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::rc::Rc;

pub struct Walk<'a> {
    pub script: &'a Script,
    pub diagnostics: Vec<Diagnostic>,
    /// Commands that the script is known to send.
    pub commands: Vec<(String, Place)>,
    /// The events of agents that are waited for.
    pub events: Vec<(&'static str, Place)>,
    /// The script's own functions, including closures.
    pub functions: BTreeMap<String, Vec<Rc<Function>>>,
    pub modules: BTreeMap<String, Option<ImportedModule>>,
    /// Properties of maps in the script: they may be called as methods.
    pub properties: HashSet<String>,
    ast: &'a AST,
    pub scope: KnownNames,
    /// What the file declares at its top level, and where.
    pub top_level: BTreeMap<String, TopLevelName>,
    /// The kinds of the elements of lists that are written out, by the lists' positions.
    pub lists: HashMap<Position, Vec<ValueKind>>,
    /// The words in texts of the script, with the number of texts that contain each: a word may name an agent.
    pub texts: HashMap<String, usize>,
    /// The top level's variables that a function uses, by its name.
    pub used_by: HashMap<String, Rc<BTreeSet<String>>>,
    /// The positions of the blocks of the top level: `test`, `setup`, `teardown`.
    pub blocks_at_top: HashSet<Position>,
    pub in_function: bool,
    /// Whether the file has test blocks, and whether one of them is walked.
    pub has_tests: bool,
    pub in_test: bool,
    /// Of `setup` and `teardown`, those that were met; the tests by their names, and where those stand.
    pub words: HashSet<&'static str>,
    pub test_names: BTreeMap<String, Position>,
    /// The number of calls and waits so far that may be steps of a test.
    pub steps: usize,
    /// The names of the tests without one, and whether `setup` has one.
    pub empty_tests: Vec<Position>,
    pub setup_acts: bool,
    pub piece: bool,
    /// Whether the operand of an `await` is walked.
    pub awaited: bool,
    /// Whether the script is a validation.
    pub validation: bool,
    /// Whether the closure of a `where(…)` is walked.
    pub in_condition: bool,
    /// The line whose variables are wanted, and the variables after the last statement up to it, with its line.
    pub watched: Option<u32>,
    pub seen: (u32, Vec<SeenVariable>),
}

/// A variable of the top level.
pub struct TopLevelName {
    pub position: Position,
    /// Whether functions see it.
    pub is_agent: bool,
    pub is_constant: bool,
    /// Whether a function uses it, or `global::…` names it.
    pub used_elsewhere: bool,
}

impl<'a> Walk<'a> {
    pub fn new(script: &'a Script, ast: &'a AST, modules: BTreeMap<String, Option<ImportedModule>>) -> Walk<'a> {
        let mut walk = Walk {
            script,
            ast,
            functions: own_functions(ast),
            modules,
            diagnostics: vec![],
            commands: vec![],
            events: vec![],
            properties: HashSet::new(),
            scope: KnownNames::default(),
            top_level: BTreeMap::new(),
            lists: HashMap::new(),
            texts: HashMap::new(),
            used_by: HashMap::new(),
            blocks_at_top: HashSet::new(),
            in_function: false,
            has_tests: false,
            in_test: false,
            words: HashSet::new(),
            test_names: BTreeMap::new(),
            steps: 0,
            empty_tests: vec![],
            setup_acts: false,
            piece: false,
            awaited: false,
            validation: false,
            in_condition: false,
            watched: None,
            seen: (0, vec![]),
        };
        walk.look_ahead();
        walk
    }

    /// Collects what matters independent of its place.
    fn look_ahead(&mut self) {
        for statement in self.ast.statements() {
            if let Stmt::Var(var, flags, _) = statement {
                let is_agent = matches!(&var.1, Expr::FnCall(call, _) if MAKERS.contains(&call.name.as_str()));
                let is_constant = flags.intersects(rhai::ASTFlags::CONSTANT);
                let declared = TopLevelName { position: var.0.pos, is_agent, is_constant, used_elsewhere: false };
                self.top_level.entry(var.0.name.to_string()).or_insert(declared);
            }
            if let Stmt::Expr(expression) = statement
                && let Some((_, inputs)) = blocks::block_of(expression)
            {
                self.blocks_at_top.extend(inputs.last().map(Expr::start_position));
            }
        }
        let (properties, texts, has_tests) = (&mut self.properties, &mut self.texts, &mut self.has_tests);
        self.ast.walk(&mut |path| {
            match path.last() {
                Some(ASTNode::Expr(Expr::Map(map, _))) => {
                    properties.extend(map.0.iter().map(|(name, _)| name.name.to_string()));
                }
                Some(ASTNode::Expr(Expr::Property(property, _))) => {
                    properties.insert(property.2.to_string());
                }
                Some(ASTNode::Expr(Expr::StringConstant(text, _))) => {
                    let words = text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty());
                    for word in words.collect::<HashSet<_>>() {
                        *texts.entry(word.to_string()).or_default() += 1;
                    }
                }
                Some(ASTNode::Expr(custom @ Expr::Custom(..))) => *has_tests |= blocks::block_of(custom).is_some(),
                _ => {}
            }
            true
        });
    }

    /// Walks the whole script: its statements, then its functions.
    pub fn program(&mut self) {
        self.statements(self.ast.statements(), false);
        self.without_steps(self.steps);
        let top_level = std::mem::take(&mut self.scope);
        self.in_function = true;
        let named = self.functions.iter().filter(|(name, _)| !name.starts_with("anon$"));
        let each = named.flat_map(|(name, all)| all.iter().map(|one| (name.clone(), one.clone())));
        for (name, function) in each.collect::<Vec<_>>() {
            self.shadowing(&name, &function);
            let parameters = function.params.iter().map(|name| (name.clone(), ValueKind::Unknown)).collect();
            self.function(&function, parameters);
        }
        self.scope = top_level;
        self.close(0);
    }

    /// Remembers the variables in scope after a statement, unless a statement closer to the watched line was seen.
    pub fn watch(&mut self, statement: Position) {
        let line = statement.line().unwrap_or_default() as u32;
        if self.watched.is_some_and(|watched| line <= watched && line >= self.seen.0) {
            let top = self.top_level.iter().filter(|_| self.in_function);
            let kind = |top: &TopLevelName| if top.is_agent { ValueKind::Agent } else { ValueKind::Unknown };
            let top = top.map(|(name, top)| SeenVariable { name: name.clone(), kind: kind(top) });
            self.seen = (line, top.chain(self.scope.in_sight()).collect());
        }
    }

    pub fn error(&mut self, code: &'static str, position: Position, message: String, advice: Option<String>) {
        let error = Diagnostic::error(message).at(place(self.script, position)).code(code);
        self.diagnostics.push(Diagnostic { advice, ..error });
    }

    /// Adds a warning. A compiled testfile gets none: nobody wrote it.
    pub fn warn(&mut self, code: &'static str, position: Position, message: String, advice: Option<String>) {
        if self.script.lines.is_empty() {
            let warning = Diagnostic::warning(message).at(place(self.script, position)).code(code);
            self.diagnostics.push(Diagnostic { advice, ..warning });
        }
    }

    pub fn line_of(&self, position: Position) -> u32 {
        place(self.script, position).line_column().0
    }
}
