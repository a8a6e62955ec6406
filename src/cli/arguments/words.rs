//! Rewrites a command line for the parser: flags in Go's form (`-data_dir x`, `-data_dir=x`, `-version`) get two dashes, and
//! `serve` becomes the verb if there is none.

use clap::{ArgAction, Command};
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};

/// Rewrites the flags; values stay unchanged.
pub fn plain(command: &Command, words: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let flags = flags(command);
    let mut words = words.into_iter();
    let mut plain: Vec<OsString> = words.next().into_iter().collect();
    let (mut verb, mut help, mut version) = (false, false, false);
    while let Some(word) = words.next() {
        if word == "--" {
            plain.push(word);
            plain.extend(words);
            break;
        }
        let flag = word.to_str().and_then(|word| flag(word, &flags));
        help |= word == "-h" || flag.as_deref() == Some("--help");
        version |= word == "-V" || flag.as_deref() == Some("--version");
        verb |= !word.as_encoded_bytes().starts_with(b"-");
        let takes_next = flag.as_deref().and_then(|flag| flags.get(flag.get(2..)?)) == Some(&true);
        plain.push(flag.map_or(word, OsString::from));
        if takes_next {
            plain.extend(words.next());
        }
    }
    match verb {
        true => {}
        // as Go's programs do, whatever the other flags are
        false if help || version => {
            plain.truncate(1);
            plain.push(if help { "--help" } else { "--version" }.into());
        }
        false => plain.insert(plain.len().min(1), "serve".into()),
    }
    plain
}

/// The value of a flag in a rewritten command line.
pub fn value_of<'a>(words: &'a [OsString], flag: &str) -> Option<&'a OsStr> {
    let words = words.split(|word| word == "--").next()?;
    words.iter().enumerate().find_map(|(n, word)| {
        if word == flag {
            return words.get(n + 1).map(OsString::as_os_str);
        }
        Some(OsStr::new(word.to_str()?.strip_prefix(flag)?.strip_prefix('=')?))
    })
}

/// All long flags without their dashes, and whether the next word is their value.
fn flags(command: &Command) -> BTreeMap<String, bool> {
    let mut flags = BTreeMap::from([("help".to_string(), false), ("version".to_string(), false)]);
    for argument in command.get_arguments() {
        let takes_next =
            !argument.is_require_equals_set() && matches!(argument.get_action(), ArgAction::Set | ArgAction::Append);
        flags.extend(argument.get_long().map(|long| (long.to_string(), takes_next)));
    }
    for verb in command.get_subcommands() {
        for (flag, takes_next) in self::flags(verb) {
            *flags.entry(flag).or_default() |= takes_next;
        }
    }
    flags
}

/// A flag with two dashes, and dashes instead of Go's underscores; `None` for other words and short flags.
fn flag(word: &str, flags: &BTreeMap<String, bool>) -> Option<String> {
    let text = word.strip_prefix("--").or_else(|| word.strip_prefix('-')).filter(|text| !text.is_empty())?;
    let (name, value) = text.split_once('=').map_or((text, None), |(name, value)| (name, Some(value)));
    let long = name.replace('_', "-");
    // for an unknown flag, the parser suggests a similar one
    let known = flags.contains_key(&long) || name.contains('_') || word.starts_with("--");
    known.then(|| value.map_or(format!("--{long}"), |value| format!("--{long}={value}")))
}

#[cfg(test)]
mod tests {
    use super::super::Arguments;
    use super::*;
    use clap::CommandFactory;

    fn plain_of(line: &str) -> String {
        let words = line.split_whitespace().map(OsString::from);
        let plain = plain(&Arguments::command(), words);
        plain.into_iter().map(|word| word.into_string().unwrap()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn flags_of_one_dash_and_underscores_are_understood() {
        for (line, expected) in [
            ("t run -data_dir d -rtp_ports=1-2 --max_calls=3 x", "t run --data-dir d --rtp-ports=1-2 --max-calls=3 x"),
            ("t run -j 4 -v data_dir", "t run -j 4 -v data_dir"),
            ("t run -use_alsa x -use_alsa=false", "t run --use-alsa x --use-alsa=false"),
            ("t run --define -a_b=c -- -data_dir", "t run --define -a_b=c -- -data_dir"),
            ("t export x -o - -format wav", "t export x -o - --format wav"),
            ("t serve -ui_admin_password -my_own", "t serve --ui-admin-password -my_own"),
            // unknown flags stay, so that the parser reports them
            ("t serve -ui_adress=:80 -x", "t serve --ui-adress=:80 -x"),
        ] {
            assert_eq!(plain_of(line), expected);
        }
    }

    #[test]
    fn without_a_verb_it_serves() {
        for (line, expected) in [
            ("t", "t serve"),
            ("t -ui_address=:8080 -data_dir x", "t serve --ui-address=:8080 --data-dir x"),
            ("t --config x run y", "t --config x run y"),
            ("t -data_dir run", "t serve --data-dir run"),
            ("t -version", "t --version"),
            ("t -data_dir x -version", "t --version"),
            ("t -V", "t --version"),
            ("t -help", "t --help"),
            ("t run -h", "t run -h"),
        ] {
            assert_eq!(plain_of(line), expected);
        }
    }

    #[test]
    fn a_flags_value_is_found() {
        let words = ["t", "run", "--config=a=b", "--data-dir", "d", "--", "--timeout", "1"].map(OsString::from);
        assert_eq!(value_of(&words, "--config"), Some(OsStr::new("a=b")));
        assert_eq!(value_of(&words, "--data-dir"), Some(OsStr::new("d")));
        assert_eq!(value_of(&words, "--timeout"), None);
    }
}
