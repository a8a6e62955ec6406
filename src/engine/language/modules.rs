//! Finds the text that an `import` names.

use super::program::Program;
use super::stdlib;
use crate::diagnostic::nearest;

/// The full name of a module, which is the same for all importers: `std/calls`, or the path of its file, named like the
/// script's own.
pub fn full_name(program: &Program, importer: Option<&str>, path: &str) -> Result<String, String> {
    if path == "std" || path.starts_with("std/") {
        return match stdlib::module_text(path) {
            Some(_) => Ok(path.to_string()),
            None => {
                let names = stdlib::MODULES.iter().map(|(name, _)| *name);
                let meant = match nearest(path, names.clone()) {
                    Some(near) => format!("did you mean \"{near}\"?"),
                    None => format!("there are: {}", names.collect::<Vec<_>>().join(", ")),
                };
                Err(format!("there is no module \"{path}\"; {meant}"))
            }
        };
    }
    let normal = |part: &str| !matches!(part, "" | "." | "..") && !part.contains(['\\', ':', '\0']);
    if !path.split('/').all(normal) {
        return Err(format!(
            "\"{path}\" can't be imported: a path goes down from the file's own folder, by plain names"
        ));
    }
    let main = program.script.source.name.as_str();
    let folder = match importer.filter(|importer| !stdlib::is_std(importer)).unwrap_or(main).rsplit_once('/') {
        Some((folder, _)) => format!("{folder}/"),
        None => String::new(),
    };
    let extension = if path.ends_with(".rhai") { "" } else { ".rhai" };
    Ok(format!("{folder}{path}{extension}"))
}

/// Reads a module by its full name.
pub fn read_module(program: &Program, name: &str) -> Result<String, String> {
    if let Some(text) = stdlib::module_text(name) {
        return Ok(text.to_string());
    }
    let main = program.script.source.name.as_str();
    let root = main.rsplit_once('/').map_or("", |(folder, _)| folder);
    let relative = name.strip_prefix(root).unwrap_or(name).trim_start_matches('/');
    match &program.files {
        Some(load) => load(relative).map_err(|why| format!("`{name}` can't be imported: {why}")),
        None => Err(format!("`{name}` can't be imported: only the std/… modules are at hand here")),
    }
}
