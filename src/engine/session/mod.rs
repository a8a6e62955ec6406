//! A script that a person writes line by line. Each line is checked and run statement by statement, and later lines see
//! its results.
//!
//! Each line is appended to one growing text, so that all places refer to the session. Each statement has its own
//! engine, with the same variables, functions, imports, agents and marks. A failed statement leaves nothing behind, and
//! the session continues.

pub mod value;
mod texts;

use crate::diagnostic::{Diagnostic, Place, Source};
use crate::engine::api::agent::AgentValue;
use crate::engine::api::shared::share_all;
use crate::engine::check::{self, CheckInputs};
use crate::engine::language::parser::{parse_text, parse_to_run};
use crate::engine::language::program::{Loader, Program};
use crate::engine::language::statements;
use crate::engine::running::ended;
use crate::engine::running::engine::{STACK, engine, internal_error};
use crate::engine::script::host::Host;
use crate::engine::script::run::{OnFailure, ScriptLimits, ScriptRun};
use crate::event::{Ended, How, Log, lock};
use crate::script::Script;
use rhai::{AST, Dynamic, EvalAltResult, Scope, Stmt};
use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use texts::{blank, declared, functions, without, without_statements};

/// The name of a session's text in places.
const NAME: &str = "session";

pub struct Session {
    host: Arc<dyn Host>,
    limits: ScriptLimits,
    files: Option<Loader>,
    origin: Arc<Script>,
    name: String,
    /// The text of all statements that succeeded, as Rhai, line by line, with empty lines for those that failed. Begins
    /// with the failed script if the session continues one.
    text: String,
    /// The text for checks: the functions and imports of that text, and its variables as they are now.
    before: String,
    variables: Scope<'static>,
    /// All functions and imports so far.
    known: AST,
    /// The functions that may be redefined: name and number of parameters → characters of the text.
    functions: HashMap<(String, usize), Range<usize>>,
    /// The run of the last statement. The next one takes over its marks and agents.
    run: Arc<ScriptRun>,
}

/// A statement that succeeded.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// As Rhai, with the semicolon that it needs.
    pub text: String,
    /// Its events in the log.
    pub events: Range<usize>,
    /// The numbers of the events that its awaits took.
    pub taken: Vec<u64>,
    /// Its value, in words.
    pub value: Option<String>,
    /// The functions that it defines: names with numbers of parameters.
    pub functions: BTreeSet<(String, usize)>,
}

/// The result of a line.
#[derive(Debug, Default)]
pub struct LineOutcome {
    /// The statements that succeeded, in order; all of them if there is no trouble.
    pub done: Vec<Statement>,
    pub trouble: Option<Trouble>,
}

/// Why a line failed.
#[derive(Debug)]
pub enum Trouble {
    /// Nothing was run.
    Text(Vec<Diagnostic>),
    /// It was run up to this place; the end of the run, and the same as a diagnostic.
    Ended(Ended, Diagnostic),
}

/// Calls `serve` with a session, in a thread with a stack for scripts, and returns its result. Blocks.
pub fn session(
    host: Arc<dyn Host>,
    limits: &ScriptLimits,
    files: Loader,
    serve: impl FnOnce(&mut Session) -> Ended + Send,
) -> Ended {
    std::thread::scope(|scope| {
        let talk = move || {
            let script = Script::rhai(Source::new(NAME, ""));
            let program = Program { files: Some(files), ..Program::new(&script, AST::empty()) };
            serve(&mut Session::new(ScriptRun::new(program, host, limits.clone()), Scope::new()))
        };
        let thread =
            std::thread::Builder::new().name("session".to_string()).stack_size(STACK).spawn_scoped(scope, talk);
        match thread.map(std::thread::ScopedJoinHandle::join) {
            Ok(Ok(ended)) => ended,
            Ok(Err(panic)) => internal_error(panic.as_ref()),
            Err(error) => Ended::error(format!("the session could not be started: {error}")),
        }
    })
}

/// Gets a session inside the failed script, with its variables, and how the script failed.
pub type Pause = Arc<dyn Fn(&mut Session, &Ended) + Send + Sync>;

/// The reaction of a run to a failed script: calls `pause` with a session.
pub fn pausing(pause: Pause) -> OnFailure {
    Box::new(move |run, variables, result| pause_inside(&pause, run, variables, result))
}

/// Calls `pause` with a session inside a failed script. The script stays failed.
fn pause_inside(pause: &Pause, run: &ScriptRun, variables: Scope<'static>, result: &Result<(), Box<EvalAltResult>>) {
    let ended = ended::describe_end_so_far(run, result, lock(&run.check_failed).clone());
    if !matches!(ended.how, How::Failed | How::Error) {
        return;
    }
    let mut inside = ScriptRun::new(run.program.clone(), run.host.clone(), run.limits.clone());
    take_over(&mut inside, run);
    inside.go_on();
    pause(&mut Session::new(inside, variables), &ended);
    run.log().stop(ended);
}

/// Moves what a run knows to the next one.
fn take_over(next: &mut ScriptRun, last: &ScriptRun) {
    *lock(&next.marks) = std::mem::take(&mut *lock(&last.marks));
    *lock(&next.shared) = lock(&last.shared).clone();
    *lock(&next.within) = *lock(&last.within);
    next.in_test.store(last.in_test.load(Relaxed), Relaxed);
    next.strict.store(last.strict.load(Relaxed), Relaxed);
}

impl Session {
    fn new(run: ScriptRun, variables: Scope<'static>) -> Session {
        let program = &run.program;
        // a testfile's places are not its own script's
        let inside = program.script.lines.is_empty().then_some(&program.script);
        let known = program.to_run().clone_functions_only();
        let imports = program.ast.statements().iter().filter(|statement| matches!(statement, Stmt::Import(..)));
        let known = AST::new(imports.cloned(), known.shared_lib().clone());
        let mut text = inside.map_or(String::new(), |script| script.rhai.clone());
        if !(text.ends_with('\n') || text.is_empty() && variables.is_empty()) {
            text.push('\n');
        }
        let before = format!("{}{}", declared(&variables), without_statements(&text));
        Session {
            host: run.host.clone(),
            limits: run.limits.clone(),
            files: program.files.clone(),
            origin: program.script.clone(),
            name: inside.map_or(NAME, |script| script.source.name.as_str()).to_string(),
            text,
            before,
            variables,
            known,
            functions: HashMap::new(),
            run: Arc::new(run),
        }
        .noting()
    }

    fn noting(self) -> Session {
        lock(&self.run.marks).taken = Some(vec![]);
        self
    }

    pub fn host(&self) -> &Arc<dyn Host> {
        &self.host
    }

    pub fn log(&self) -> &Log {
        self.host.log()
    }

    /// The text that the next line builds on, as Rhai, line by line.
    pub fn text(&self) -> String {
        let script = self.before.matches('\n').count();
        let rest = self.text.match_indices('\n').nth(script.wrapping_sub(1)).map_or(0, |(at, _)| at + 1);
        format!("{}{}", self.before, &self.text[rest..])
    }

    /// Whether there is a variable of this name.
    pub fn has_variable(&self, name: &str) -> bool {
        self.variables.contains(name)
    }

    /// The agents in variables: names of variables and agents, in the order of declaration.
    pub fn agents(&self) -> Vec<(String, Arc<str>)> {
        let agent =
            |(name, _, value): (&str, bool, Dynamic)| Some((name.to_string(), value.try_cast::<AgentValue>()?.name));
        self.variables.iter().filter_map(agent).collect()
    }

    fn take_taken(&self) -> Vec<u64> {
        lock(&self.run.marks).taken.replace(vec![]).unwrap_or_default()
    }

    /// The script that the session continues; empty if there is none.
    pub fn origin(&self) -> &Script {
        &self.origin
    }

    /// Whether a text can be parsed as Rhai.
    pub fn is_rhai(&self, text: &str) -> bool {
        parse_text(text, &self.name).is_ok()
    }

    /// Runs what a person wrote. `rhai`: its translation if it is not Rhai; one line for each of its lines.
    pub fn enter(&mut self, text: &str, rhai: Option<&str>) -> LineOutcome {
        let first = self.text.matches('\n').count();
        let code = rhai.unwrap_or(text);
        let lines = code.matches('\n').count() + 1;
        let script = self.script_with(text, rhai);
        let own = match self.checked(&script, code, first) {
            Ok(own) => own,
            Err(problems) => {
                self.text.extend(std::iter::repeat_n('\n', lines));
                return LineOutcome { done: vec![], trouble: Some(Trouble::Text(problems)) };
            }
        };
        self.redefine(&own);
        self.known = self.known.merge(&own.clone_functions_only());
        let (mut outcome, mut kept, start) = (LineOutcome::default(), String::new(), self.text.chars().count());
        for (part, ast) in self.parts(code, own, first) {
            let defines: BTreeSet<_> = functions(&ast).collect();
            let is_definition = ast.statements().is_empty() && !defines.is_empty();
            // statements after a failure are not run
            if outcome.trouble.is_some() && !is_definition {
                kept.push_str(&blank(&code[part]));
                continue;
            }
            if is_definition {
                let at = start + kept.chars().count();
                let range = at..at + code[part.clone()].chars().count();
                self.functions.extend(defines.iter().map(|function| (function.clone(), range.clone())));
            }
            let begin = self.log().len();
            match self.run(&script, ast) {
                Ok(value) => {
                    kept.push_str(&statements::closed(&code[part.clone()]));
                    let text = statements::closed(code[part].trim());
                    let (events, value) = (begin..self.log().len(), value::in_words(&value));
                    let taken = self.take_taken();
                    outcome.done.push(Statement { text, events, taken, value, functions: defines });
                }
                Err(ended) => {
                    self.take_taken();
                    kept.push_str(&blank(&code[part]));
                    let problem = self.diagnostic(&ended, &script);
                    outcome.trouble = Some(Trouble::Ended(ended, problem));
                }
            }
        }
        self.text.push_str(&kept);
        self.text.extend(std::iter::repeat_n('\n', lines - kept.matches('\n').count()));
        outcome
    }

    /// The statements, each at its place; all together if they can't be told apart.
    fn parts(&self, code: &str, own: AST, first: usize) -> Vec<(Range<usize>, AST)> {
        let parse = |part: Range<usize>| {
            let padded = format!("{}{}{}", "\n".repeat(first), blank(&code[..part.start]), &code[part.clone()]);
            parse_to_run(&padded, &self.name).ok().map(|ast| (part, ast))
        };
        let parts: Option<Vec<_>> = statements::split(code).into_iter().map(parse).collect();
        parts.unwrap_or_else(|| vec![(0..code.len(), own)])
    }

    /// All lines so far and the new ones, as the engine and as the user see them.
    fn script_with(&self, text: &str, rhai: Option<&str>) -> Script {
        let source = Source::new(self.name.as_str(), format!("{}{text}\n", self.text));
        match rhai {
            None => Script::rhai(source),
            Some(rhai) => {
                let rhai = format!("{}{rhai}\n", self.text);
                let lines = (1..=rhai.lines().count() as u32).collect();
                Script { source, rhai, lines, commands: vec![] }
            }
        }
    }

    /// The syntax tree of the new lines, at their place; or all mistakes found in them.
    fn checked(&self, script: &Script, code: &str, first: usize) -> Result<AST, Vec<Diagnostic>> {
        let new = |problem: &Diagnostic| {
            let is_here = problem.place.as_ref().is_none_or(|place| place.line_column().0 as usize > first);
            is_here && problem.is_error()
        };
        let padded = format!("{}{code}", "\n".repeat(first));
        let script_of = |rhai: String| Script { rhai, ..script.clone() };
        let Ok(own) = parse_to_run(&padded, &self.name) else {
            let alone = script_of(padded);
            return Err(crate::engine::compile(&alone).err().unwrap_or_default());
        };
        // a redefined function is not a duplicate
        let mut before = self.text();
        let moved = before.chars().count() as isize - self.text.chars().count() as isize;
        for range in functions(&own).filter_map(|function| self.functions.get(&function)) {
            before = without(&before, range.start.saturating_add_signed(moved)..range.end.saturating_add_signed(moved));
        }
        let known = CheckInputs { files: self.files.clone(), piece: true, ..CheckInputs::default() };
        let found = check::check(&script_of(format!("{before}{code}\n")), &known);
        let found: Vec<Diagnostic> = found.into_iter().filter(new).collect();
        if found.is_empty() { Ok(own) } else { Err(found) }
    }

    /// Removes the old definition of a redefined function.
    fn redefine(&mut self, own: &AST) {
        for function in functions(own) {
            if let Some(range) = self.functions.remove(&function) {
                self.text = without(&self.text, range);
            }
        }
    }

    fn run(&mut self, script: &Script, ast: AST) -> Result<Dynamic, Ended> {
        let import = ast.statements().iter().any(|statement| matches!(statement, Stmt::Import(..)));
        let mut whole = self.known.merge(&ast);
        whole.set_source(self.name.as_str());
        let program = Program { files: self.files.clone(), ..Program::new(script, whole) };
        let mut run = ScriptRun::new(program, self.host.clone(), self.limits.clone());
        take_over(&mut run, &self.run);
        run.go_on();
        let run = Arc::new(run);
        self.run = run.clone();
        let engine = engine(&run);
        share_all(&mut self.variables, &run);
        let before = self.variables.len();
        let result = catch_unwind(AssertUnwindSafe(|| {
            engine.eval_ast_with_scope::<Dynamic>(&mut self.variables, &run.program.ast)
        }));
        let (value, ended) = match result {
            Ok(Ok(value)) => (value, ended::describe_end(&run, Ok(()))),
            Ok(Err(error)) => (Dynamic::UNIT, ended::describe_end(&run, Err(error))),
            Err(panic) => (Dynamic::UNIT, internal_error(panic.as_ref())),
        };
        run.go_on();
        if ended.how == How::Finished {
            if import {
                self.known = self.known.merge(&ast);
            }
            return Ok(value);
        }
        self.variables.rewind(before);
        Err(ended)
    }

    /// Describes how the script failed that the session continues, with a place.
    pub fn diagnostic_of(&self, ended: &Ended) -> Diagnostic {
        let at = ended.at.as_ref().filter(|at| *at.source == *self.origin.source.name);
        let mut problem = self.diagnostic(&Ended { at: None, ..ended.clone() }, &self.origin);
        problem.place = at.map(|at| Place::line(&self.origin.source, at.line));
        problem
    }

    fn diagnostic(&self, ended: &Ended, script: &Script) -> Diagnostic {
        let lines: Vec<&str> = std::iter::once(&ended.message).chain(&ended.details).map(String::as_str).collect();
        let mut problem = Diagnostic::error(lines.join("\n"));
        problem.advice = ended.advice.clone();
        if let Some(at) = &ended.at {
            match *at.source == *self.name && !script.source.text.is_empty() {
                true if script.lines.is_empty() => problem = problem.at(script.place(at.line, at.column)),
                true => problem = problem.at(Place::line(&script.source, at.line)),
                false => problem.message.push_str(&format!("\nat {}:{}:{}", at.source, at.line, at.column)),
            }
        }
        problem
    }
}
