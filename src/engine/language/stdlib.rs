//! The embedded modules of the standard library (`import "std/calls" as calls;`), and their docs.

use super::parser;
use crate::diagnostic::nearest;
use rhai::{AST, FnAccess};

/// Name and text of each module.
pub const MODULES: &[(&str, &str)] = &[
    ("std/audio", include_str!("../../../stdlib/audio.rhai")),
    ("std/calls", include_str!("../../../stdlib/calls.rhai")),
    ("std/dtmf", include_str!("../../../stdlib/dtmf.rhai")),
    ("std/messages", include_str!("../../../stdlib/messages.rhai")),
    ("std/registration", include_str!("../../../stdlib/registration.rhai")),
    ("std/retry", include_str!("../../../stdlib/retry.rhai")),
    ("std/sip", include_str!("../../../stdlib/sip.rhai")),
    ("std/stats", include_str!("../../../stdlib/stats.rhai")),
    ("std/transfers", include_str!("../../../stdlib/transfers.rhai")),
];

/// Whether a source is an embedded module. Users can't fix errors there.
pub fn is_std(source: &str) -> bool {
    module_text(source).is_some()
}

pub fn module_text(name: &str) -> Option<&'static str> {
    MODULES.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

/// Advice for a module that a script uses without importing it.
pub fn how_to_import(alias: &str) -> String {
    let import = |name: &str| format!("import \"std/{name}\" as {name};");
    let names = || MODULES.iter().map(|(path, _)| path.trim_start_matches("std/"));
    if names().any(|name| name == alias) {
        return format!("import it first: {}", import(alias));
    }
    match (nearest(alias, names()), alias) {
        (Some(near), _) => format!("did you mean `{near}`? it is imported by: {}", import(near)),
        (None, "http" | "https" | "curl" | "requests" | "net" | "socket" | "fs" | "io" | "os") => {
            "a test reaches the world by its agents alone; where its result is sent says webhook(\"https://…\")"
                .to_string()
        }
        (None, _) => {
            let all = names().collect::<Vec<_>>().join(", ");
            format!("the standard library has: {all}; a file of your own: import \"lib/{alias}\" as {alias};")
        }
    }
}

/// The docs of a module, from its doc comments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StdModule {
    /// Without `std/`: `calls`.
    pub name: &'static str,
    /// Markdown.
    pub about: String,
    /// In the order of the text.
    pub functions: Vec<StdFunction>,
}

/// A function of a module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StdFunction {
    /// `establish`
    pub name: String,
    pub parameters: Vec<String>,
    /// Markdown, its example as a block between lines of three backquotes.
    pub about: String,
}

impl StdFunction {
    /// Its first sentence.
    pub fn summary(&self) -> &str {
        let paragraph = self.about.split("\n\n").next().unwrap_or_default();
        paragraph.split_once(". ").map_or(paragraph, |(first, _)| first).trim_end_matches('.')
    }

    /// The script of its example.
    pub fn example(&self) -> Option<&str> {
        self.about.split_once("```\n")?.1.split_once("```").map(|(example, _)| example)
    }
}

/// All modules, in alphabetical order.
pub fn documentation() -> Vec<StdModule> {
    MODULES.iter().map(|(path, text)| module(path, text)).collect()
}

fn module(path: &'static str, text: &str) -> StdModule {
    // they compile; a test makes sure of that
    let ast = parser::parse_text(text, path).unwrap_or_default();
    let functions = functions(&ast, text);
    let about = without_marks(&[ast.doc()], "//!");
    StdModule { name: path.trim_start_matches("std/"), about, functions }
}

/// The public functions of a text with their doc comments, in the order of the text.
pub fn functions(ast: &AST, text: &str) -> Vec<StdFunction> {
    // closures are functions too, with internal names
    let public = ast.iter_functions().filter(|f| f.access == FnAccess::Public && !f.name.starts_with("anon$"));
    let mut functions: Vec<_> = public
        .map(|function| StdFunction {
            name: function.name.to_string(),
            parameters: function.params.iter().map(|name| name.to_string()).collect(),
            about: without_marks(&function.comments, "///"),
        })
        .collect();
    // Rhai gives them in no order
    functions.sort_by_key(|function| text.find(&format!("\nfn {}({})", function.name, function.parameters.join(", "))));
    functions
}

/// The lines of doc comments without their marks.
fn without_marks(comments: &[impl AsRef<str>], mark: &str) -> String {
    let lines = comments.iter().flat_map(|comment| comment.as_ref().lines());
    let lines = lines.map(|line| line.strip_prefix(mark).unwrap_or(line));
    lines.map(|line| line.strip_prefix(' ').unwrap_or(line)).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_function_says_what_it_does_and_has_an_example_that_calls_it() {
        let modules = documentation();
        assert!(modules.is_sorted_by_key(|module| module.name));
        for module in &modules {
            assert!(!module.about.is_empty() && !module.functions.is_empty(), "{}", module.name);
            for function in &module.functions {
                let called = format!("{}::{}(", module.name, function.name);
                let example = function.example().unwrap_or_else(|| panic!("{called} has no example"));
                assert!(example.contains(&called), "the example of {called} does not call it");
                assert!(!function.summary().is_empty() && !function.summary().contains('\n'), "{called}");
            }
        }
        let calls = modules.iter().find(|module| module.name == "calls").unwrap();
        assert_eq!(calls.functions[0].parameters, ["caller", "callee"]);
        assert!(calls.functions[0].about.starts_with("The caller dials"), "{}", calls.functions[0].about);
    }
}
