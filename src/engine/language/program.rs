//! Compiles a script's text to a program.

use super::blocks::{self, TestSelection};
use super::functions::with_shared;
use super::recovery::{self, LeftOut};
use super::{parser, syntax_errors};
use crate::diagnostic::Diagnostic;
use crate::script::Script;
use rhai::{AST, ASTNode, Expr, Stmt};
use std::fmt;
use std::sync::{Arc, OnceLock};

/// Reads a file of the user's library. Gets a path of normal components, relative to the script's folder
/// (`lib/pbx.rhai`); returns its text, or an error in plain words. The caller makes sure that no link leads out of the
/// folder.
pub type Loader = Arc<dyn Fn(&str) -> Result<String, String> + Send + Sync>;

/// A compiled script.
#[derive(Clone)]
pub struct Program {
    pub(in crate::engine) script: Arc<Script>,
    pub(in crate::engine) ast: Arc<AST>,
    /// The syntax tree for a run, made at the first run.
    pub(in crate::engine) to_run: Arc<OnceLock<AST>>,
    pub(in crate::engine) files: Option<Loader>,
    pub(in crate::engine) selection: TestSelection,
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Program").field("source", &self.script.source.name).finish_non_exhaustive()
    }
}

impl Program {
    /// Lets the script import files. Without a loader, it can only import `std/…`.
    pub fn with_files(self, files: Loader) -> Program {
        Program { files: Some(files), ..self }
    }

    /// The syntax tree for a run.
    pub(in crate::engine) fn to_run(&self) -> &AST {
        self.to_run.get_or_init(|| match parser::parse_to_run(&self.script.rhai, &self.script.source.name) {
            Ok(ast) => with_shared(&ast),
            Err(_) => (*self.ast).clone(),
        })
    }

    pub fn script(&self) -> &Script {
        &self.script
    }

    /// The variables of the top level, for "did you mean".
    pub(in crate::engine) fn variables(&self) -> Vec<String> {
        let named = |statement: &Stmt| match statement {
            Stmt::Var(var, ..) => Some(var.0.name.to_string()),
            _ => None,
        };
        self.ast.statements().iter().filter_map(named).collect()
    }
}

/// The largest line and column that Rhai counts.
const LAST_LINE: usize = 65_534;

impl Program {
    /// A script and its syntax tree.
    pub(in crate::engine) fn new(script: &Script, ast: AST) -> Program {
        let (script, ast) = (Arc::new(script.clone()), Arc::new(ast));
        Program { script, ast, to_run: Arc::default(), files: None, selection: TestSelection::Whole }
    }

    /// The program as it is to run.
    pub(in crate::engine) fn with_functions_that_see_the_top_level(self) -> Program {
        Program { ast: Arc::new(with_shared(&self.ast)), ..self }
    }
}

/// Compiles a script. Returns all errors that can be told apart, in the order of the text.
pub fn compile(script: &Script) -> Result<Program, Vec<Diagnostic>> {
    match parse_lines(script) {
        Parsed { ast: Some(ast), errors, .. } if errors.is_empty() => {
            Ok(Program::new(script, ast).with_functions_that_see_the_top_level())
        }
        Parsed { errors, .. } => Err(errors),
    }
}

/// The most errors; nobody reads more at once.
const MOST_ERRORS: usize = 20;

/// The parts of a text that could be parsed.
pub struct Parsed {
    /// The text without lines with errors; none if these can't be told apart from the rest.
    pub ast: Option<AST>,
    pub errors: Vec<Diagnostic>,
    /// What was left out because of the errors.
    pub left_out: LeftOut,
}

/// Parses a text. After an error, parses again without the piece that can't be parsed, as long as that gets further.
pub fn parse_lines(script: &Script) -> Parsed {
    if let Some(error) = too_long(script) {
        return Parsed { ast: None, errors: vec![error], left_out: LeftOut::default() };
    }
    let mut text = script.rhai.clone();
    let mut parsed = Parsed { ast: None, errors: vec![], left_out: LeftOut::default() };
    let mut read = parser::parse_text(&text, &script.source.name);
    loop {
        let error = match read {
            Ok(ast) => return Parsed { ast: Some(ast), ..parsed },
            Err(error) => error,
        };
        parsed.errors.push(syntax_errors::diagnostic(&error, script));
        if parsed.errors.len() == MOST_ERRORS {
            return parsed;
        }
        let Some(shorter) = recovery::without(&text, &error) else { return parsed };
        parsed.left_out.add(&shorter.left_out);
        (text, read) = (shorter.text, shorter.read);
    }
}

fn too_long(script: &Script) -> Option<Diagnostic> {
    let lines = script.rhai.lines().count();
    if lines > LAST_LINE {
        let message = format!("the script has {lines} lines; the most is {LAST_LINE}");
        return Some(Diagnostic::error(message).advice("split it into several files").code("syntax"));
    }
    let long = script.rhai.lines().position(|line| line.len() > LAST_LINE && line.chars().count() > LAST_LINE)?;
    let error = Diagnostic::error(format!("the line is longer than {LAST_LINE} characters"));
    Some(error.at(script.place(long as u32 + 1, 1)).advice("split it into several lines").code("syntax"))
}

impl Program {
    /// Whether the file holds tests in blocks, be it in a loop.
    pub fn has_tests(&self) -> bool {
        let mut found = false;
        self.ast.walk(&mut |path| {
            found |= matches!(path.last(), Some(ASTNode::Expr(one)) if blocks::block_of(one).is_some_and(|(word, _)| word == "test"));
            !found
        });
        found
    }

    /// The same program, restricted to one test.
    pub fn of_test(&self, name: &Arc<str>) -> Program {
        Program { selection: TestSelection::One(name.clone()), ..self.clone() }
    }

    /// The block of the top level with this word.
    pub(in crate::engine) fn around(&self, wanted: &str) -> Option<Expr> {
        self.ast.statements().iter().find_map(|statement| {
            let Stmt::Expr(expression) = statement else { return None };
            let (word, inputs) = blocks::block_of(expression)?;
            (word == wanted).then(|| inputs.first().cloned()).flatten()
        })
    }
}
