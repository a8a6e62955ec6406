//! What an editor asks.

use crate::support::Telefonist;
use crate::support::server::Server;
use serde_json::json;

#[test]
fn errors_are_told_with_their_places() {
    let server = Server::start();
    let check = |kind: &str, text: &str| {
        server.post("check", json!({ "kind": kind, "text": text, "name": "call" })).is(200).json()["diagnostics"]
            .clone()
    };
    assert_eq!(check("testfile", "uanew <sip:a@127.0.0.1>;regint=0 | 0s\n"), json!([]));
    let found = check("testfile", "# a call\n_nothing\n");
    assert_eq!(
        (&found[0]["line"], &found[0]["severity"], &found[0]["file"]),
        (&json!(2), &json!("error"), &json!("call"))
    );
    let found = check("rhai", "let a = 1;\nprint(a + alise);\n");
    let told = (&found[0]["line"], &found[0]["column"], &found[0]["code"], &found[0]["file"]);
    assert_eq!(told, (&json!(2), &json!(11), &json!("unknown-variable"), &json!("call.rhai")));
    server.post("check", json!({ "kind": "perl", "text": "" })).is(422);
    server.post("check", json!({ "kind": "rhai", "text": "", "project": "none" })).is(404);
    // what a project's scripts import is there
    server.post("projects", json!({ "name": "PBX" })).is(201);
    let library = json!({ "name": "lib", "kind": "rhai", "text": "fn two() { 2 }\n" });
    server.post("projects/PBX/tests", library).is(201);
    let importing = "import \"lib.rhai\" as lib;\nassert_eq(lib::two(), 2);\n";
    let check = |project: Option<&str>| {
        let body = json!({ "kind": "rhai", "text": importing, "project": project });
        server.post("check", body).is(200).json()["diagnostics"].as_array().map(Vec::len)
    };
    assert_eq!((check(Some("pbx")), check(None)), (Some(0), Some(1)));
}

#[test]
fn words_are_completed_and_told_of() {
    let server = Server::start();
    // at the last line
    let ask = |what: &str, kind: &str, text: &str, column: u32| {
        let line = text.lines().count();
        server.post(what, json!({ "kind": kind, "text": text, "line": line, "column": column })).is(200).json()
    };
    let items = ask("complete", "testfile", "_acc", 5);
    assert_eq!((&items["items"][0]["text"], &items["items"][0]["sort"]), (&json!("_accept"), &json!("directive")));
    let items = ask("complete", "rhai", "let a = agent(\"a\");\na.di", 5);
    assert!(items["items"].as_array().unwrap().iter().any(|item| item["text"] == "dial"), "{items}");
    assert_eq!(ask("hover", "rhai", "agent(\"a\")", 2)["item"]["text"], "agent");
    assert_eq!(ask("hover", "testfile", "# x", 3)["item"], json!(null));
    // no place is too far
    ask("complete", "rhai", "é", u32::MAX);
    server.post("complete", json!({ "kind": "rhai", "text": "", "line": -1, "column": 1 })).is(422);
}

#[test]
fn a_testfile_becomes_a_script_whose_lines_are_known() {
    let server = Server::start();
    let compile = |text: &str| server.post("compile", json!({ "kind": "testfile", "text": text }));
    let compiled = compile("# a call\nuanew <sip:a@127.0.0.1>;regint=0 | 1500ms\n").is(200).json();
    let lines: Vec<&str> = compiled["rhai"].as_str().unwrap().lines().collect();
    let [line, own] = &compiled["lines"].as_array().unwrap().last().unwrap().as_array().unwrap()[..] else {
        panic!("no pair: {compiled}")
    };
    assert_eq!(own, 2);
    assert!(lines[line.as_u64().unwrap() as usize - 1].contains("sleep"), "{compiled}");
    let refused = compile("_nothing\n").is(422).json();
    assert_eq!(refused["errors"][0]["line"], 1);
}

#[test]
fn a_text_that_is_only_looked_at_never_sees_a_secret() {
    let host = Telefonist::new("serve --ui-address 127.0.0.1:0 --env-file secrets");
    let server = Server::start_as(host.file("secrets", "PASSWORD=hush-hush-hush\n"));
    let mut said = vec![];
    for (kind, text) in [
        ("testfile", "PASSWORD 5\n"),
        ("rhai", "throw secret(\"PASSWORD\");\ntest \"a\" { }\n"),
        ("rhai", "test secret(\"PASSWORD\") { }\n"),
        ("rhai", "test param(\"PASSWORD\", \"\") { }\n"),
    ] {
        let body = json!({ "kind": kind, "text": text, "name": "t" });
        said.push(server.post("check", body.clone()).text());
        said.push(server.post("compile", body).text());
        server.post("projects", json!({ "name": "P" }));
        server
            .post("projects/P/tests", json!({ "name": format!("t{}", said.len()), "kind": kind, "text": text }))
            .is(201);
    }
    said.push(server.get("projects/P/tests").is(200).text());
    // the answer has its place in the text
    assert!(said.concat().contains("***"), "{said:?}");
    assert!(!said.concat().contains("hush"), "{said:?}");
}

#[test]
fn hostile_texts_end_and_nobody_else_waits_for_them() {
    let server = Server::start();
    let check = |text: &str| server.post("check", json!({ "kind": "rhai", "text": text }));
    for (open, close) in
        [("(", ")"), ("[", "]"), ("{", "}"), ("-", "1"), ("if true {", "}"), ("|x| ", "x"), ("#{a:", "1}")]
    {
        let deep = format!("let a = {}{};", open.repeat(20_000), close.repeat(20_000));
        check(&deep).is(200);
    }
    check(&"f(1);\n".repeat(60_000)).is(200);
    // a top level without end, four times: the others are answered meanwhile
    let endless =
        || server.request("POST", "check").json(&json!({ "kind": "rhai", "text": "loop { }\ntest \"a\" { }\n" }));
    std::thread::scope(|scope| {
        let asked: Vec<_> = (0..4).map(|_| scope.spawn(|| endless().send().unwrap().status().as_u16())).collect();
        server.get("vocabulary").is(200);
        server.post("projects", json!({ "name": "PBX" })).is(201);
        assert!(asked.into_iter().all(|asked| asked.join().unwrap() == 200));
    });
    server.post("check", json!({ "kind": "testfile", "text": "#".repeat(1024 * 1024 + 1) })).is(413);
}

#[test]
fn the_words_of_both_languages_are_told() {
    let server = Server::start();
    let words = server.get("vocabulary").is(200).json();
    let named = |list: &str, name: &str| {
        words[list].as_array().unwrap().iter().find(|word| word["name"] == name).cloned().unwrap_or_default()
    };
    assert!(named("events", "CALL_CLOSED")["meaning"].as_str().is_some_and(|meaning| !meaning.is_empty()));
    assert!(named("events", "CALL_INCOMING")["fields"].as_array().is_some_and(|fields| !fields.is_empty()));
    assert_eq!(named("stdlib", "calls::establish")["signature"], "calls::establish(caller, callee)");
    assert_eq!(named("directives", "_run")["signature"], "_run N");
    assert!(words["commands"].as_array().unwrap().contains(&json!("dial")));
}
