//! The compiled script does what the testfile says: real Rhai runs it, and what it sends is what plain text
//! substitution, written here once more in the simplest way, sends.

use proptest::prelude::*;
use rhai::{Array, Engine};
use std::sync::{Arc, Mutex};
use telefonist::diagnostic::Source;
use telefonist::script::{self, Script};
use telefonist::testfile;

fn compile(text: &str) -> Option<Script> {
    testfile::parse(&Source::new("calls", text), &[]).ok().map(|file| script::compile(&file))
}

#[derive(Clone)]
struct On(String);

/// Runs the script with functions that only write down what they are asked.
fn run(script: &Script) -> Vec<String> {
    let done = Arc::new(Mutex::new(Vec::new()));
    let mut engine = Engine::new();
    for name in ["hash", "include", "webhook", "account", "fail_on", "uanew", "uafind", "sleep"] {
        let done = done.clone();
        engine.register_fn(name, move |value: &str| done.lock().unwrap().push(format!("{name} {value}")));
    }
    for name in ["accept", "ignore"] {
        let done = done.clone();
        engine.register_fn(name, move |names: Array| done.lock().unwrap().push(format!("{name} {names:?}")));
    }
    for name in ["uadelall", "strict"] {
        let done = done.clone();
        engine.register_fn(name, move || done.lock().unwrap().push(name.to_string()));
    }
    engine.register_fn("repeat", |_: i64| ());
    engine.register_fn("on", |alias: &str| On(alias.to_string()));
    let send = {
        let done = done.clone();
        move |on: On, command: String| done.lock().unwrap().push(format!("{}: {command}", on.0))
    };
    engine.register_fn("cmd", {
        let send = send.clone();
        move |on: On, word: &str| send(on, word.to_string())
    });
    engine.register_fn("cmd", move |on: On, word: &str, params: &str| send(on, format!("{word} {params}")));
    // duration literals are the host's own syntax
    let rhai: String = script.rhai.lines().map(|line| format!("{}\n", quote_duration(line))).collect();
    if let Err(error) = engine.run(&rhai) {
        panic!("{error}\n{rhai}");
    }
    let done = done.lock().unwrap();
    done.clone()
}

fn quote_duration(line: &str) -> String {
    match line.strip_prefix("sleep(").and_then(|rest| rest.strip_suffix(");")) {
        Some(duration) => format!("sleep(\"{duration}\");"),
        None => line.to_string(),
    }
}

/// What a testfile of `_define`s and chains sends. Knows neither bars in passwords nor errors.
fn expected(text: &str) -> Vec<String> {
    let mut macros: Vec<(&str, &str)> = Vec::new();
    let mut agents: Vec<String> = Vec::new();
    let mut active = String::new();
    let mut done = vec!["fail_on REGISTER_FAIL".to_string()];
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some((name, value)) = line.strip_prefix("_define ").and_then(|rest| rest.trim().split_once(' ')) {
            match macros.iter_mut().find(|(known, _)| *known == name) {
                Some(known) => known.1 = value.trim(),
                None => macros.push((name, value.trim())),
            }
            macros.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
            continue;
        }
        let line = macros.iter().fold(line.to_string(), |line, (name, value)| line.replace(name, value));
        let parts: Vec<&str> = line.split('|').map(str::trim).filter(|part| !part.is_empty()).collect();
        for part in &parts {
            let (word, params) = part.split_once(' ').map_or((*part, ""), |(word, params)| (word, params.trim()));
            if is_wait(part) {
                done.push(format!("sleep {part}"));
            } else if word == "uanew" {
                active = params.trim_start_matches('<').split([';', '>']).next().unwrap().to_string();
                agents.push(active.clone());
                done.push(format!("uanew {params}"));
            } else if let Some((agent, command)) = word
                .rsplit_once(':')
                .map(|(agent, command)| (agent.split(';').next().unwrap_or(""), command))
                .filter(|(agent, _)| agents.iter().any(|known| known == agent))
            {
                done.push(format!("{agent}: {command} {params}").trim_end().to_string());
            } else {
                done.push(format!("{active}: {word} {params}").trim_end().to_string());
            }
        }
        if parts.last().is_some_and(|part| !is_wait(part)) {
            done.push("sleep 1s".into());
        }
    }
    done
}

fn is_wait(part: &str) -> bool {
    ["ms", "s", "m"].iter().any(|unit| {
        part.strip_suffix(unit).is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|c| c.is_ascii_digit()))
    })
}

#[test]
fn the_script_sends_what_the_testfile_says() {
    let text = r#"
_define ua1 sip:alice@127.0.0.1
_define ua2 sip:bob@127.0.0.1
_define USER "Bob \ ${x}"
uanew <ua1;transport=udp>;auth_pass=x
uanew <ua2>;regint=0
ua1:dial ua2 | 2s | ua2:accept | 500ms
message USER	é漢
ua1:hangup
_define ua1 ua2
dial ua1
uadelall
hangup"#;
    let done = run(&compile(text).unwrap());
    let sent = [
        "fail_on REGISTER_FAIL",
        "uanew <sip:alice@127.0.0.1;transport=udp>;auth_pass=x",
        "sleep 1s",
        "uanew <sip:bob@127.0.0.1>;regint=0",
        "sleep 1s",
        "sip:alice@127.0.0.1: dial sip:bob@127.0.0.1",
        "sleep 2s",
        "sip:bob@127.0.0.1: accept",
        "sleep 500ms",
        "sip:bob@127.0.0.1: message \"Bob \\ ${x}\"\té漢",
        "sleep 1s",
        "sip:alice@127.0.0.1: hangup",
        "sleep 1s",
        "sip:bob@127.0.0.1: dial sip:bob@127.0.0.1",
        "sleep 1s",
        "uadelall",
        "sleep 1s",
        ": hangup",
        "sleep 1s",
    ];
    assert_eq!(done, sent);
}

#[test]
fn the_largest_testfile_stays_within_rhais_positions() {
    let chain = "x|".repeat(50);
    let text = format!("uanew <sip:a@h>\n{}", format!("# a comment\n{chain}\n").repeat(1150));
    let script = compile(&text).unwrap();
    assert!(script.lines.len() > 58_000 && script.lines.len() < 65_000, "{}", script.lines.len());
    let text = format!("uanew <sip:a@h>\n{}{}", "#\n".repeat(20_000), "x|".repeat(59_000));
    let script = compile(&text).unwrap();
    assert!(script.lines.len() < 60_000, "comments are left out where they do not fit");
    assert!(!script.rhai.contains("//"));
}

/// Lines of a small language that macros, targets and awkward characters meet in.
fn testfiles() -> impl Strategy<Value = String> {
    let value = "[a-cé\"\\\\${}']{0,4}[a-c\"\\\\]";
    let line = prop_oneof![
        2 => ("(a|b|ab|U1|let)", value).prop_map(|(name, value)| format!("_define {name} {value}")),
        1 => "(a|b|U1)".prop_map(|name| format!("uanew <sip:{name}@h>")),
        3 => "((sip:(a|b|U1)@h:)?(dial|hold) (a|b|ab|U1|let|x\"y|\\\\)( z)?\\|?(10s)?\\|?){1,3}",
    ];
    proptest::collection::vec(line, 1..12).prop_map(|lines| format!("uanew <sip:x@h>\n{}\n", lines.join("\n")))
}

proptest! {
    #[test]
    fn compiled_and_substituted_text_send_the_same(text in testfiles()) {
        let script = compile(&text).unwrap();
        prop_assert_eq!(run(&script), expected(&text), "{}\n{}", text, script.rhai);
    }
}
