//! `telefonist stdlib`: the docs of the standard library, from its doc comments.

use super::arguments::StdlibArguments;
use super::tell::complain;
use crate::diagnostic::{Diagnostic, nearest};
use crate::engine::{StdFunction, StdModule, std_documentation};
use crate::verdict::ExitCode;
use std::fmt::Write as _;
use std::io::Write;

/// Prints the list of all functions, or the docs of one module or one function.
pub fn stdlib(arguments: &StdlibArguments) -> ExitCode {
    let modules = std_documentation();
    let text = match &arguments.name {
        None => Ok(list(&modules)),
        Some(name) => docs(&modules, name),
    };
    match text {
        Ok(text) => {
            let _ = std::io::stdout().write_all(text.as_bytes());
            ExitCode::Passed
        }
        Err(problem) => {
            complain(&[problem]);
            ExitCode::Usage
        }
    }
}

/// `calls::hangup(agent, peer)`
fn signature(module: &StdModule, function: &StdFunction) -> String {
    format!("{}::{}({})", module.name, function.name, function.parameters.join(", "))
}

fn list(modules: &[StdModule]) -> String {
    let mut text = String::new();
    for module in modules {
        let _ = writeln!(text, "import \"std/{0}\" as {0};", module.name);
        for function in &module.functions {
            let _ = writeln!(text, "  {}\n      {}", signature(module, function), function.summary());
        }
        text.push('\n');
    }
    text.push_str("telefonist stdlib MODULE or MODULE::FUNCTION shows more, with examples.\n");
    text
}

/// Markdown: of a module (`calls`, `std/calls`) with all its functions, or of one function (`calls::establish`).
fn docs(modules: &[StdModule], name: &str) -> Result<String, Diagnostic> {
    let name = name.strip_prefix("std/").unwrap_or(name);
    let (wanted, function) = name.split_once("::").map_or((name, None), |(module, function)| (module, Some(function)));
    let Some(module) = modules.iter().find(|module| module.name == wanted) else {
        return Err(unknown(modules, name));
    };
    let Some(function) = function else {
        let functions: Vec<_> = module.functions.iter().map(|function| function_docs(module, function)).collect();
        let head = format!("## {0}\n`import \"std/{0}\" as {0};`\n\n{1}\n", module.name, module.about);
        return Ok(format!("{head}\n{}", functions.join("\n")));
    };
    let found: Vec<_> = module.functions.iter().filter(|known| known.name == function).collect();
    match found.is_empty() {
        true => Err(unknown(modules, name)),
        false => Ok(found.iter().map(|function| function_docs(module, function)).collect::<Vec<_>>().join("\n")),
    }
}

fn function_docs(module: &StdModule, function: &StdFunction) -> String {
    // the example is marked as what it is, for those who colour it
    let about = function.about.replacen("```\n", "```rhai\n", 1);
    format!("### {}\n{about}\n", signature(module, function))
}

/// There is no such name: the nearest, of the modules, of all functions with their modules, or of functions alone.
fn unknown(modules: &[StdModule], name: &str) -> Diagnostic {
    let functions = || modules.iter().flat_map(|module| module.functions.iter().map(move |f| (module.name, &*f.name)));
    let whole: Vec<String> = functions().map(|(module, function)| format!("{module}::{function}")).collect();
    let alone = functions().find(|(_, function)| *function == name).map(|(module, _)| format!("{module}::{name}"));
    let known = modules.iter().map(|module| module.name).chain(whole.iter().map(String::as_str));
    let near = alone.or_else(|| nearest(name, known).map(str::to_string));
    let advice = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("the modules are: {}", modules.iter().map(|m| m.name).collect::<Vec<_>>().join(", ")),
    };
    let shown: String = name.chars().filter(|c| !c.is_control()).collect();
    Diagnostic::error(format!("the standard library has no `{shown}`")).advice(advice)
}
