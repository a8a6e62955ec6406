//! The inputs of tests: `--define`, `--env-file`, the accounts file.

use super::arguments::{InputArguments, define};
use crate::diagnostic::Diagnostic;
use crate::pipeline;
use crate::run::Inputs;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// Reads what the arguments name.
///
/// # Errors
/// All that is wrong with the files, with its place; no value is shown.
pub fn inputs(arguments: &InputArguments, data_dir: &Path) -> Result<Inputs, Vec<Diagnostic>> {
    let mut problems = vec![];
    let mut secrets = BTreeMap::new();
    for file in &arguments.env_file {
        match pipeline::load(file).map_err(|problem| vec![problem]).and_then(|file| pairs(&file.name, &file.text)) {
            Ok(pairs) => secrets.extend(pairs),
            Err(found) => problems.extend(found),
        }
    }
    let usual = data_dir.join("accounts");
    let accounts = match &arguments.accounts {
        Some(file) => pipeline::read_accounts(file),
        None if usual.is_file() => pipeline::read_accounts(&usual),
        None => Ok(BTreeMap::new()),
    };
    let accounts = accounts.unwrap_or_else(|found| {
        problems.extend(found);
        BTreeMap::new()
    });
    if !problems.is_empty() {
        return Err(problems);
    }
    // a test's author does not get the passwords of whoever runs the service
    let environment: crate::run::Lookup =
        Arc::new(|name| std::env::var(name).ok().filter(|_| !name.starts_with("TELEFONIST_")));
    let scripts = Some(data_dir.join("scripts"));
    let environment = Some(environment);
    Ok(Inputs { defines: arguments.define.clone(), secrets, accounts, scripts, environment, pause: None })
}

/// The lines `NAME=VALUE` of a file; `export` before the name, quotes around the value and `#` comments are understood.
fn pairs(name: &str, text: &str) -> Result<Vec<(String, String)>, Vec<Diagnostic>> {
    let (mut pairs, mut problems) = (vec![], vec![]);
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        match define(line.strip_prefix("export ").unwrap_or(line)) {
            Ok((name, value)) => pairs.push((name, unquoted(value.trim()).to_string())),
            Err(why) => problems.push(Diagnostic::error(format!("{name}:{number}: {why}"))),
        }
    }
    if problems.is_empty() { Ok(pairs) } else { Err(problems) }
}

fn unquoted(value: &str) -> &str {
    let inside = |quote: char| value.strip_prefix(quote)?.strip_suffix(quote);
    inside('"').or_else(|| inside('\'')).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_env_file_is_read_and_its_mistakes_are_told_without_values() {
        let text = "# c\nA=1\nexport B_2=\"x y\"\n C = 'z'\n\nD=a=b\n";
        let expected = [("A", "1"), ("B_2", "x y"), ("C", "z"), ("D", "a=b")];
        assert_eq!(pairs("f", text).unwrap(), expected.map(|(name, value)| (name.to_string(), value.to_string())));
        let problems = pairs("f", "A=1\nsecret\n2x=secret\n").unwrap_err();
        let told: Vec<_> = problems.iter().map(|problem| problem.message.as_str()).collect();
        assert_eq!(told.len(), 2);
        assert!(told[0].starts_with("f:2: a name, `=` and a value") && told[1].starts_with("f:3: `2x` is not a name"));
        assert!(!told.concat().contains("secret"), "{told:?}");
    }
}
