//! Every flag in each of its forms, and whose value counts.

use super::*;
use crate::cli::arguments::ServeArguments;
use crate::cli::arguments::Verb;
use crate::server::DEFAULT_PASSWORD;
use crate::store::Secret;
use std::fs;
use tempfile::TempDir;

/// The flags of the service, with a value that is not the default, as a key of the file holds it, and the default.
const FLAGS: [(&str, &str, &str); 26] = [
    ("data_dir", "\"/var/lib/t\"", "data"),
    ("ui_address", "\"127.0.0.1:99\"", "0.0.0.0:8080"),
    ("ui_admin_password", "\"-se cret\"", "telefonist"),
    ("ui_api_key", "\"mykey\"", ""),
    ("sip_listen", "\"127.0.0.1:6060\"", "0.0.0.0:5060"),
    ("ctrl_address", "\"127.0.0.2:5555\"", "127.0.0.1:4444"),
    ("max_calls", "3", "10"),
    ("use_alsa", "true", "false"),
    ("rtp_interface", "\"eth0\"", ""),
    ("rtp_ports", "\"20000-20100\"", "10000-11000"),
    ("rtp_timeout", "7", "10"),
    ("tls_cert", "\"cert.pem\"", ""),
    ("tls_key", "\"key.pem\"", ""),
    // beyond those of the README that this program began with
    ("baresip", "\"/usr/bin/baresip\"", ""),
    ("max_agents", "5", "100"),
    ("agent_start", "\"30s\"", "10s"),
    ("tls_ca", "\"ca.pem\"", ""),
    ("parallel_runs", "4", "1"),
    ("keep_runs", "0", ""),
    ("keep_days", "30", ""),
    ("timeout", "\"1500ms\"", "30s"),
    ("test_timeout", "\"2m\"", "600s"),
    ("log", "\"telefonist::agent=trace\"", ""),
    ("log_json", "true", "false"),
    ("config", "\"other.toml\"", ""),
    ("version", "", ""),
];

/// The flags that need no value.
const BOOLEANS: [&str; 2] = ["use_alsa", "log_json"];

fn flags() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    FLAGS.into_iter().filter(|(flag, ..)| !matches!(*flag, "config" | "version"))
}

/// As the command line has it.
fn bare(value: &str) -> &str {
    value.trim_matches('"')
}

/// What came of a flag, as text.
fn effective(arguments: &Arguments, flag: &str) -> String {
    let Verb::Serve(serve) = &arguments.verb else { panic!("{:?}", arguments.verb) };
    let ServeArguments { retention, limits, host, .. } = serve;
    let path = |path: &Option<PathBuf>| path.as_ref().map_or(String::new(), |path| path.display().to_string());
    let number = |number: Option<u32>| number.map_or(String::new(), |number| number.to_string());
    match flag {
        "log" => host.log.log.as_ref().map_or(String::new(), ToString::to_string),
        "log_json" => host.log.log_json.to_string(),
        "data_dir" => host.data.data_dir.display().to_string(),
        "ui_address" => serve.ui_address.to_string(),
        "ui_admin_password" => serve.ui_admin_password.as_ref().map_or(DEFAULT_PASSWORD, Secret::reveal).into(),
        "ui_api_key" => serve.ui_api_key.as_ref().map_or("", |key| key.reveal()).into(),
        "sip_listen" => host.sip_listen.to_string(),
        "ctrl_address" => host.ctrl_address.to_string(),
        "max_calls" => host.max_calls.to_string(),
        "use_alsa" => host.use_alsa.to_string(),
        "rtp_interface" => host.rtp_interface.clone(),
        "rtp_ports" => format!("{}-{}", host.rtp_ports.start(), host.rtp_ports.end()),
        "rtp_timeout" => host.rtp_timeout.to_string(),
        "tls_cert" => path(&serve.tls_cert),
        "tls_key" => path(&serve.tls_key),
        "baresip" => path(&host.baresip),
        "max_agents" => host.max_agents.to_string(),
        "agent_start" => format!("{:?}", host.agent_start),
        "tls_ca" => path(&host.tls_ca),
        "parallel_runs" => serve.parallel_runs.to_string(),
        "keep_runs" => number(retention.keep_runs),
        "keep_days" => number(retention.keep_days),
        "timeout" => format!("{:?}", limits.timeout).replace("1.5s", "1500ms"),
        "test_timeout" => format!("{:?}", limits.test_timeout).replace("120s", "2m"),
        flag => panic!("{flag}"),
    }
}

fn parsed(words: &[&str], variables: &[(&str, &str)]) -> Result<(Arguments, Option<Config>), String> {
    let words = ["telefonist"].iter().chain(words).map(OsString::from);
    let variable = |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into());
    arguments(words, &variable).map_err(|refused| match refused {
        Refused::Parser(error) => error.to_string(),
        Refused::Elsewhere(problems) => {
            let told = |problem: Diagnostic| format!("{}\n{}", problem.message, problem.advice.unwrap_or_default());
            problems.into_iter().map(told).collect::<Vec<_>>().join("\n")
        }
    })
}

fn effective_of(words: &[&str], variables: &[(&str, &str)], flag: &str) -> String {
    let (arguments, _) = parsed(words, variables).unwrap_or_else(|error| panic!("{words:?}: {error}"));
    effective(&arguments, flag)
}

fn variable(flag: &str) -> String {
    format!("TELEFONIST_{}", flag.to_uppercase())
}

/// A file of that text, and the word that names it.
fn file(text: &str) -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("telefonist.toml");
    fs::write(&path, text).unwrap();
    (folder, format!("--config={}", path.display()))
}

#[test]
fn every_flag_in_every_form() {
    for (flag, value, default) in flags() {
        let (long, bare) = (flag.replace('_', "-"), bare(value));
        assert_eq!(effective_of(&[], &[], flag), default, "{flag}");
        let mut forms = vec![format!("-{flag}={bare}"), format!("--{flag}={bare}"), format!("--{long}={bare}")];
        if BOOLEANS.contains(&flag) {
            forms.extend([format!("-{flag}"), format!("--{long}")]);
        }
        for form in forms {
            assert_eq!(effective_of(&[&form], &[], flag), bare, "{form}");
            assert_eq!(effective_of(&["serve", &form], &[], flag), bare, "serve {form}");
        }
        if !BOOLEANS.contains(&flag) {
            for name in [format!("-{flag}"), format!("--{long}")] {
                assert_eq!(effective_of(&[&name, bare], &[], flag), bare, "{name} {bare}");
            }
        }
        assert_eq!(effective_of(&[], &[(&variable(flag), bare)], flag), bare, "{}", variable(flag));
        for key in [flag, &long] {
            let (_folder, config) = file(&format!("{key} = {value}\n"));
            assert_eq!(effective_of(&[&config], &[], flag), bare, "{key} = {value}");
        }
    }
}

#[test]
fn the_command_line_counts_before_the_environment_and_that_before_the_file() {
    let (_folder, config) = file("max_calls = 1\nrtp_timeout = 1\nmax_agents = 1\nuse_alsa = true\n");
    let variables = [
        ("TELEFONIST_CONFIG", config.strip_prefix("--config=").unwrap()),
        ("TELEFONIST_MAX_CALLS", "2"),
        ("TELEFONIST_RTP_TIMEOUT", "2"),
        // as good as none
        ("TELEFONIST_MAX_AGENTS", ""),
    ];
    let words = ["-max_calls=3", "-use_alsa=false"];
    for (flag, counts) in [("max_calls", "3"), ("rtp_timeout", "2"), ("max_agents", "1"), ("use_alsa", "false")] {
        assert_eq!(effective_of(&words, &variables, flag), counts, "{flag}");
    }
    // what does not count is not looked at
    let wrong = [("TELEFONIST_MAX_CALLS", "many"), ("TELEFONIST_UI_ADDRESS", "x")];
    assert_eq!(effective_of(&["-max_calls=3", "-ui_address=:1"], &wrong, "max_calls"), "3");
    assert!(parsed(&["runs"], &wrong).is_ok());
    // the other verbs have the same sources
    let (arguments, _) = parsed(&["run", "x"], &variables).unwrap();
    let Verb::Run(run) = arguments.verb else { panic!() };
    assert_eq!((run.host.max_calls, run.host.rtp_timeout, run.host.max_agents), (2, 2, 1));
}

#[test]
fn flags_variables_and_keys_have_one_name() {
    let command = Arguments::command();
    let settings = settings(&command);
    let named: Vec<&str> = settings.keys().map(String::as_str).collect();
    let mut known: Vec<&str> = FLAGS.iter().map(|(flag, ..)| *flag).filter(|flag| *flag != "version").collect();
    known.sort_unstable();
    assert_eq!(named, known);
    for (id, setting) in &settings {
        assert_eq!(setting.get_env().unwrap().to_str(), Some(variable(id).as_str()));
        assert_eq!(setting.get_long().unwrap(), id.replace('_', "-"));
        assert!(setting.get_help_heading().is_some(), "--help has {id} in no group");
    }
    for verb in command.get_subcommands() {
        for argument in verb.get_arguments().filter(|argument| settings.contains_key(argument.get_id().as_str())) {
            assert!(argument.get_env().is_some(), "{} {} has no variable", verb.get_name(), argument.get_id());
        }
    }
}

#[test]
fn a_wrong_value_names_where_it_stands_and_what_is_allowed() {
    let due = "a whole number from 1 to 65535 is due here";
    let message = parsed(&["-parallel_runs=0"], &[]).unwrap_err();
    assert!(message.contains(&format!("invalid value '0' for '--parallel-runs <N>': {due}")), "{message}");
    let message = parsed(&[], &[("TELEFONIST_PARALLEL_RUNS", "many")]).unwrap_err();
    assert!(message.contains(&format!("TELEFONIST_PARALLEL_RUNS can't be `many`: {due}")), "{message}");
    let (_folder, config) = file("# mine\n  parallel_runs = 0x1_0000\n");
    let message = parsed(&[&config], &[]).unwrap_err();
    assert!(message.contains(&format!("toml:2:19: `parallel_runs` can't be `65536`: {due}")), "{message}");
    for (flag, wrong, says) in [
        ("data_dir", "", "a value is required"),
        ("ui_address", "8080", "0.0.0.0:8080, [::1]:8080"),
        ("ui_admin_password", "", "of one character at least"),
        ("sip_listen", "x:y:z", "an address and a port"),
        ("ctrl_address", "1.2.3.4", "an address and a port"),
        ("max_calls", "-1", "from 0 to 4294967295"),
        ("use_alsa", "yes", "true or false"),
        ("rtp_ports", "9-1", "the lower one first"),
        ("rtp_timeout", "10s", "a whole number"),
        ("keep_days", "1.5", "a whole number"),
        ("timeout", "10", "500ms, 10s, 2m"),
    ] {
        let message = parsed(&[&format!("-{flag}={wrong}")], &[]).unwrap_err();
        let long = format!("--{}", flag.replace('_', "-"));
        assert!(message.contains(says) && message.contains(&long), "{flag}: {message}");
        if !wrong.is_empty() {
            assert!(message.contains(wrong), "{flag}: {message}");
            let message = parsed(&[], &[(&variable(flag), wrong)]).unwrap_err();
            assert!([says, &variable(flag), wrong].iter().all(|word| message.contains(word)), "{flag}: {message}");
        }
    }
}

#[test]
fn a_wrong_file_is_told_whole_and_no_secret_is() {
    let text = "ui_adress = \"x\"\nui_api_key = 4711\nui_admin_password = \"\"\nrtp-timeout = \"5\"\nmax_calls = 1\nmax-calls = 2\n\
                [server]\npassword = \"hush\"\n";
    let (_folder, config) = file(text);
    let message = parsed(&[&config], &[]).unwrap_err();
    let mut places: Vec<&str> = vec![];
    for (place, says) in [
        (":1:1: ", "there is no key `ui_adress`\ndid you mean `ui_address`?"),
        (":2:14: ", "`ui_api_key` can't be of the type integer\nwrite a text in quotes: ui_api_key = \"…\""),
        (":3:21: ", "`ui_admin_password` can't be `***`: a password is due here"),
        (":4:15: ", "`rtp-timeout` can't be of the type string\nwrite a whole number: rtp_timeout = 10"),
        (":6:1: ", "`max-calls` is there twice"),
        (":7:2: ", "there is no key `server`\nkeys are the flags: agent_start, baresip, ctrl_address, "),
    ] {
        assert!(message.contains(&format!("{place}{says}")), "{place}{says}\n{message}");
        places.push(place);
    }
    let at: Vec<_> = places.iter().map(|place| message.find(place)).collect();
    assert!(at.is_sorted(), "{message}");
    assert!(!message.contains("4711") && !message.contains("hush"), "{message}");

    let (_folder, config) = file("max_calls = 1\nui_api_key = \"hush\n");
    let message = parsed(&[&config], &[]).unwrap_err();
    assert!(message.contains(":2:") && !message.contains("hush"), "{message}");
    let (folder, config) = file("");
    fs::write(folder.path().join("telefonist.toml"), b"\xff").unwrap();
    assert!(parsed(&[&config], &[]).unwrap_err().contains("can't be read"));
    assert!(parsed(&["--config=/nowhere.toml"], &[]).unwrap_err().contains("the file /nowhere.toml can't be read"));
    // help is given all the same
    assert!(parsed(&["--config=/nowhere.toml", "run", "--help"], &[]).unwrap_err().contains("Usage: telefonist run"));
    // nor does a slip of the fingers show one
    for word in ["-ui_api_keey=hush", "--ui-admin-pasword=hush", "-ui-api-key-hush"] {
        let message = parsed(&[word], &[]).unwrap_err();
        assert!(!message.contains("=hush"), "{message}");
    }
}

#[test]
fn who_else_can_read_a_secret_is_told() {
    use std::os::unix::fs::PermissionsExt;
    for (text, mode, warns) in [
        ("ui_api_key = \"k\"\n", 0o644, true),
        ("ui_api_key = \"k\"\n", 0o600, false),
        ("max_calls = 1\n", 0o644, false),
    ] {
        let (folder, word) = file(text);
        let path = folder.path().join("telefonist.toml");
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let warning = parsed(&[&word], &[]).unwrap().1.and_then(|config| config.warning());
        assert_eq!(warning.is_some(), warns, "{text} {mode:o}");
        assert!(
            warning.is_none_or(|warning| warning.message.ends_with("holds ui_api_key, and other users can read it"))
        );
    }
}

#[test]
fn help_shows_variables_and_no_secret() {
    let secrets =
        [("TELEFONIST_UI_ADMIN_PASSWORD", "hush"), ("TELEFONIST_UI_API_KEY", "hush"), ("TELEFONIST_MAX_CALLS", "77")];
    let help = parsed(&["serve", "--help"], &secrets).unwrap_err();
    for word in ["Server:", "Agents:", "Host:", "Limits:", "Kept runs:", "TELEFONIST_UI_API_KEY", "[default: 77]"] {
        assert!(help.contains(word), "{word}\n{help}");
    }
    assert!(!help.contains("hush"), "{help}");
}
