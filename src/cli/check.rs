//! `telefonist check` and `telefonist compile`: examine a test without placing a call.

use super::arguments::{CheckArguments, CheckFormat, CompileArguments};
use super::tell::complain;
use super::{inputs, settings};
use crate::diagnostic::{Diagnostic, Severity, json, printable};
use crate::pipeline;
use crate::verdict::{ExitCode, worst};
use std::io::Write;
use std::sync::Arc;

/// Checks every test of the paths: all errors of all of them.
pub fn check(arguments: &CheckArguments) -> ExitCode {
    let mut told = Told { format: arguments.format, diagnostics: vec![] };
    let code = check_all(arguments, &mut told).unwrap_or_else(|problems| {
        told.take(problems);
        ExitCode::Usage
    });
    if told.format == CheckFormat::Json {
        let _ = writeln!(std::io::stdout(), "{:#}", json(&told.diagnostics));
    }
    code
}

/// Where what is found goes: to people at once, to a program at the end.
struct Told {
    format: CheckFormat,
    diagnostics: Vec<Diagnostic>,
}

impl Told {
    fn take(&mut self, diagnostics: Vec<Diagnostic>) {
        match self.format {
            CheckFormat::Text => complain(&diagnostics),
            CheckFormat::Json => self.diagnostics.extend(diagnostics),
        }
    }
}

fn check_all(arguments: &CheckArguments, told: &mut Told) -> Result<ExitCode, Vec<Diagnostic>> {
    let tests = pipeline::find(&arguments.paths, &arguments.host.data.data_dir)?;
    let inputs = Arc::new(inputs::inputs(&arguments.inputs, &arguments.host.data.data_dir)?);
    let sounds = pipeline::sound_folders(&arguments.host.data.data_dir);
    let kind = match settings::workplace(&arguments.host).and_then(|workplace| workplace.supervisor()) {
        Ok(supervisor) => Some(supervisor.kind().clone()),
        Err(problem) => {
            told.take(vec![Diagnostic { severity: Severity::Warning, ..problem }]);
            None
        }
    };
    let mut codes = vec![ExitCode::Passed];
    for path in &tests {
        let checked = pipeline::load(path)
            .map(|source| pipeline::check(&source, &inputs, &pipeline::files(&source), &sounds, kind.as_ref()));
        let checked = checked.unwrap_or_else(|problem| pipeline::Checked::broken(vec![problem]));
        codes.push(checked.exit_code);
        let warnings = checked.diagnostics.iter().filter(|one| !one.is_error()).count();
        let word = match (checked.exit_code, warnings) {
            (ExitCode::Passed, 0) => "ok",
            (ExitCode::Passed, _) => "ok, but see the warnings",
            (ExitCode::Error, _) => "can't be run here",
            _ => "has errors",
        };
        told.take(checked.diagnostics);
        if told.format == CheckFormat::Text {
            let _ = writeln!(std::io::stdout(), "{}: {word}", printable(&path.display().to_string()));
        }
    }
    Ok(worst(codes))
}

/// Prints the Rhai script that a testfile becomes.
pub fn compile(arguments: &CompileArguments) -> ExitCode {
    let inputs = inputs::inputs(&arguments.inputs, std::path::Path::new("data"));
    let source = pipeline::load(&arguments.file).map_err(|problem| vec![problem]);
    match inputs.and_then(|inputs| {
        let source = source?;
        pipeline::compile(&source, &inputs, &pipeline::files(&source))
    }) {
        Ok(compiled) => {
            complain(&compiled.warnings);
            let _ = write!(std::io::stdout(), "{}", compiled.script().rhai);
            ExitCode::Passed
        }
        Err(problems) => {
            complain(&problems);
            ExitCode::Usage
        }
    }
}
