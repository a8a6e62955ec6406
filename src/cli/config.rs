//! telefonist.toml: flags as keys.

use crate::diagnostic::{Diagnostic, Source, nearest};
use clap::builder::{OsStr, Resettable, ValueParser};
use clap::{Arg, Command};
use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use toml::de::{DeTable, DeValue};

/// The most bytes that are read.
const LONGEST: u64 = 1024 * 1024;

/// The values that a file gives, all of them allowed.
#[derive(Debug)]
pub struct Config {
    path: PathBuf,
    /// By the ids of the flags.
    values: BTreeMap<String, String>,
    secrets: Vec<String>,
}

impl Config {
    /// # Errors
    /// The file can't be read; all that is wrong in it, each with line and column. No value of a password or key is shown, nor the
    /// line of any, which could hold one.
    pub fn read(path: &Path, settings: &BTreeMap<String, Arg>) -> Result<Config, Vec<Diagnostic>> {
        let unreadable = |why: String| {
            let message = format!("the file {} can't be read: {why}", path.display());
            vec![Diagnostic::error(message).advice("name another one with --config")]
        };
        let file = path.metadata().map_err(|error| unreadable(error.to_string()))?;
        if !file.is_file() || file.len() > LONGEST {
            return Err(unreadable(format!("it is no file of {LONGEST} bytes at most")));
        }
        let text = fs::read_to_string(path).map_err(|error| unreadable(error.to_string()))?;
        let source = Source::new(path.display().to_string(), text);
        let (values, problems) = values(&source, settings);
        let secrets = values.keys().filter(|id| settings.get(*id).is_some_and(is_secret)).cloned().collect();
        match problems.is_empty() {
            true => Ok(Config { path: path.to_path_buf(), values, secrets }),
            false => Err(problems),
        }
    }

    /// What it says of a flag.
    pub fn value(&self, id: &str) -> Option<&str> {
        self.values.get(id).map(String::as_str)
    }

    /// That others may read what they should not.
    pub fn warning(&self) -> Option<Diagnostic> {
        let mode = self.path.metadata().ok()?.permissions().mode();
        let path = self.path.display();
        (mode & 0o077 != 0 && !self.secrets.is_empty()).then(|| {
            let message = format!("{path} holds {}, and other users can read it", self.secrets.join(" and "));
            Diagnostic::warning(message).advice(format!("let only yourself read it: chmod 600 {path}"))
        })
    }
}

fn values(source: &Arc<Source>, settings: &BTreeMap<String, Arg>) -> (BTreeMap<String, String>, Vec<Diagnostic>) {
    let (mut values, mut problems) = (BTreeMap::new(), vec![]);
    let mut wrong = |offset: usize, message: String, advice: Option<String>| {
        let (line, column) = source.line_column(offset);
        let diagnostic = Diagnostic::error(format!("{}:{line}:{column}: {message}", source.name));
        problems.push((offset, Diagnostic { advice, ..diagnostic }));
    };
    let (table, errors) = DeTable::parse_recoverable(&source.text);
    for error in errors {
        wrong(error.span().map_or(0, |span| span.start), error.message().to_string(), None);
    }
    // as they stand in the file: of two, the second is one too many
    let mut entries: Vec<_> = table.get_ref().iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    for (key, value) in entries {
        let id = key.get_ref().replace('-', "_");
        let shown = key.get_ref().escape_debug();
        let Some(setting) = settings.get(&id).filter(|_| id != "config") else {
            let known = settings.keys().map(String::as_str).filter(|id| *id != "config");
            let advice = match nearest(&id, known.clone()) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("keys are the flags: {}", known.collect::<Vec<_>>().join(", ")),
            };
            wrong(key.span().start, format!("there is no key `{shown}`"), Some(advice));
            continue;
        };
        let due = Due::of(setting);
        let offset = value.span().start;
        let Some(text) = due.text(value.get_ref()) else {
            let message = format!("`{shown}` can't be of the type {}", value.get_ref().type_str());
            wrong(offset, message, Some(format!("write {}", due.words(&id))));
            continue;
        };
        if let Err(why) = allowed(setting, &text) {
            let value = if is_secret(setting) { "***".into() } else { text.escape_debug().to_string() };
            wrong(offset, format!("`{shown}` can't be `{value}`: {why}"), None);
        } else if values.insert(id, text).is_some() {
            wrong(key.span().start, format!("`{shown}` is there twice, once with `-` and once with `_`"), None);
        }
    }
    problems.sort_by_key(|(offset, _)| *offset);
    (values, problems.into_iter().map(|(_, problem)| problem).collect())
}

/// The type of a value.
#[derive(Clone, Copy)]
enum Due {
    Number,
    Boolean,
    Text,
}

impl Due {
    fn of(setting: &Arg) -> Due {
        let is = |parser: ValueParser| parser.type_id() == setting.get_value_parser().type_id();
        match () {
            () if is(clap::value_parser!(u16).into()) || is(clap::value_parser!(u32).into()) => Due::Number,
            () if is(ValueParser::bool()) => Due::Boolean,
            () => Due::Text,
        }
    }

    /// The value as the command line would have it; none for another type.
    fn text(self, value: &DeValue) -> Option<String> {
        match (self, value) {
            (Due::Number, DeValue::Integer(number)) => {
                // one that is too large is so for every flag
                let number = i128::from_str_radix(number.as_str(), number.radix()).unwrap_or(i128::MAX);
                Some(number.to_string())
            }
            (Due::Boolean, DeValue::Boolean(value)) => Some(value.to_string()),
            (Due::Text, DeValue::String(text)) => Some(text.to_string()),
            _ => None,
        }
    }

    fn words(self, id: &str) -> String {
        match self {
            Due::Number => format!("a whole number: {id} = 10"),
            Due::Boolean => format!("true or false: {id} = true"),
            Due::Text => format!("a text in quotes: {id} = \"…\""),
        }
    }
}

/// What the flag with that value says to it.
///
/// # Errors
/// What is allowed.
pub fn allowed(setting: &Arg, value: &str) -> Result<(), String> {
    let flag = setting.get_long().unwrap_or_default();
    let alone = Command::new("").no_binary_name(true).arg(without_variable(setting.clone()));
    match alone.try_get_matches_from([format!("--{flag}={value}")]) {
        Ok(_) => Ok(()),
        Err(error) => Err(error.source().map_or_else(|| "that is not allowed".into(), |why| why.to_string())),
    }
}

pub fn without_variable(argument: Arg) -> Arg {
    argument.env(Resettable::<OsStr>::Reset)
}

/// Whether a setting's value may be shown to nobody.
pub fn is_secret(setting: &Arg) -> bool {
    setting.get_value_parser().type_id() == clap::builder::ValueParser::new(super::arguments::key).type_id()
}
