//! `telefonist check` and `telefonist compile`: what can be known of a test without a call.

use super::arguments::{CheckArguments, CompileArguments};
use super::{colours, settings};
use crate::diagnostic::{Diagnostic, render};
use crate::pipeline;
use crate::verdict::exit;
use std::io::Write;

/// Prints diagnostics where errors belong.
pub fn complain(diagnostics: &[Diagnostic]) {
    if !diagnostics.is_empty() {
        let stderr = std::io::stderr();
        let _ = write!(stderr.lock(), "{}", render(diagnostics, colours(&stderr)));
    }
}

/// Checks every test of the paths: all errors of all of them.
pub fn check(arguments: &CheckArguments) -> u8 {
    let found = pipeline::find(&arguments.paths);
    let tests = match found {
        Ok(tests) => tests,
        Err(problems) => {
            complain(&problems);
            return exit::USAGE;
        }
    };
    let kind = match settings::workplace(&arguments.host).and_then(|workplace| workplace.supervisor()) {
        Ok(supervisor) => Some(supervisor.kind().clone()),
        Err(problem) => {
            complain(&[Diagnostic { severity: crate::diagnostic::Severity::Warning, ..problem }]);
            None
        }
    };
    let mut codes = vec![exit::PASSED];
    for path in &tests {
        let checked = pipeline::load(path).map(|source| pipeline::check(&source, kind.as_ref()));
        let checked = checked.unwrap_or_else(|problem| pipeline::Checked::broken(vec![problem]));
        complain(&checked.diagnostics);
        codes.push(checked.exit_code);
        let word = if checked.exit_code == exit::PASSED { "ok" } else { "has errors" };
        let _ = writeln!(std::io::stdout(), "{}: {word}", path.display());
    }
    exit::worst(codes)
}

/// Prints the Rhai script that a testfile becomes.
pub fn compile(arguments: &CompileArguments) -> u8 {
    let compiled = pipeline::load(&arguments.file).map_err(|problem| vec![problem]);
    match compiled.and_then(|source| pipeline::compile(&source)) {
        Ok(compiled) => {
            complain(&compiled.warnings);
            let _ = write!(std::io::stdout(), "{}", compiled.script.rhai);
            exit::PASSED
        }
        Err(problems) => {
            complain(&problems);
            exit::USAGE
        }
    }
}
