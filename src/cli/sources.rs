//! Where the value of a flag comes from: the command line, else the environment, else telefonist.toml, else its default.

use super::arguments::{Arguments, plain, value_of};
use super::config::{Config, allowed, is_secret, without_variable};
use crate::diagnostic::Diagnostic;
use clap::error::{ContextKind, ContextValue};
use clap::{Arg, Command, CommandFactory, FromArgMatches};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The file that is read where none is named.
const USUAL: &str = "telefonist.toml";

/// Why there are no arguments.
pub enum Refused {
    /// Help, the version, or what is wrong with the command line.
    Parser(clap::Error),
    /// What is wrong with a variable or the file.
    Elsewhere(Vec<Diagnostic>),
}

/// What a variable of the environment holds.
pub type Variables<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// What is asked for, and the file that had a part in it. An empty variable counts as none.
///
/// # Errors
/// A wrong value, whose message names the flag, the variable, or the file with line and column; a wrong word; help.
pub fn arguments(
    words: impl IntoIterator<Item = OsString>,
    variables: Variables,
) -> Result<(Arguments, Option<Config>), Refused> {
    let variables = &|name: &str| variables(name).filter(|value| !value.is_empty());
    let command = Arguments::command();
    let words = plain(&command, words);
    let settings = settings(&command);
    let config = config_file(&words, variables).map(|path| Config::read(&path, &settings)).transpose();
    let known = config.as_ref().ok().and_then(Option::as_ref);
    let parsed = with_values(command, variables, known).try_get_matches_from(&words);
    let parsed = parsed.and_then(|matches| Arguments::from_arg_matches(&matches));
    match (parsed, config) {
        // asked for, whatever the file says
        (Err(error), _) if !error.use_stderr() => Err(Refused::Parser(error)),
        (_, Err(problems)) => Err(Refused::Elsewhere(problems)),
        (Err(error), Ok(_)) => Err(match wrong_variable(&error, &settings, &words, variables) {
            Some(problem) => Refused::Elsewhere(vec![problem]),
            None => Refused::Parser(error),
        }),
        (Ok(arguments), Ok(config)) => Ok((arguments, config)),
    }
}

/// The flags of all verbs that have a variable, and with that a key in the file, by their ids.
pub fn settings(command: &Command) -> BTreeMap<String, Arg> {
    // the file is a server's: what a client shows it is none of its keys
    let is_setting = |argument: &&Arg| argument.get_env().is_some() && argument.get_id() != "api_key";
    let own = command.get_arguments().filter(is_setting);
    let own = own.map(|argument| (argument.get_id().to_string(), argument.clone()));
    command.get_subcommands().flat_map(settings).chain(own).collect()
}

/// The values of the environment and of the file in place of the defaults, so that only those are looked at that count.
fn with_values(command: Command, variables: Variables, config: Option<&Config>) -> Command {
    let command = command.mut_args(|argument| {
        let Some(variable) = argument.get_env().and_then(|name| name.to_str()).map(String::from) else {
            return argument;
        };
        let help = argument.get_help().map(|help| format!("{help} [env: {variable}]"));
        let argument = without_variable(argument).help(help.unwrap_or_default());
        let written = || config?.value(argument.get_id().as_str()).map(OsString::from);
        match variables(&variable).or_else(written) {
            Some(value) => argument.default_value(value),
            None => argument,
        }
    });
    command.mut_subcommands(|verb| with_values(verb, variables, config))
}

fn config_file(words: &[OsString], variables: Variables) -> Option<PathBuf> {
    let named = value_of(words, "--config").map(OsString::from).or_else(|| variables("TELEFONIST_CONFIG"));
    let usual = || Path::new(USUAL).symlink_metadata().is_ok().then(|| USUAL.into());
    named.map(PathBuf::from).or_else(usual)
}

/// The variable whose value the parser did not like.
fn wrong_variable(
    error: &clap::Error,
    settings: &BTreeMap<String, Arg>,
    words: &[OsString],
    variables: Variables,
) -> Option<Diagnostic> {
    let Some(ContextValue::String(flag)) = error.get(ContextKind::InvalidArg) else { return None };
    let flag = flag.split([' ', '=', '[']).next()?;
    if value_of(words, flag).is_some() {
        return None;
    }
    let setting = settings.values().find(|setting| setting.get_long() == flag.strip_prefix("--"))?;
    let variable = setting.get_env()?.to_str()?;
    let value = variables(variable)?.into_string().ok();
    let why =
        value.as_ref().map_or("that is no UTF-8".into(), |value| allowed(setting, value).err().unwrap_or_default());
    let shown = if is_secret(setting) { "***".into() } else { value.unwrap_or_default() };
    let advice = format!("mend the variable, take it out, or say {flag}");
    Some(Diagnostic::error(format!("the variable {variable} can't be `{shown}`: {why}")).advice(advice))
}

#[cfg(test)]
mod tests;
