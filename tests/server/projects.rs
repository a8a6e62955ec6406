//! Projects and their tests: saved, renamed, cloned, restored; out to a zip file and back.

use crate::support::repository;
use crate::support::server::{Answer, Ask, Server};
use serde_json::{Value, json};
use std::io::{Cursor, Read, Write};
use std::net::TcpStream;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

/// A server with a project `PBX`.
fn with_project() -> Server {
    let server = Server::start();
    server.post("projects", json!({ "name": "PBX" })).is(201);
    server
}

fn save(server: &Server, test: &str, text: &str, based_on: u32) -> Answer {
    server.put(&format!("projects/PBX/tests/{test}"), json!({ "text": text, "based_on": based_on }))
}

fn create(server: &Server, name: &str, kind: &str, text: &str) -> Answer {
    server.post("projects/PBX/tests", json!({ "name": name, "kind": kind, "text": text }))
}

/// The names in a list of objects.
fn names(list: &Value) -> Vec<String> {
    let objects = list.as_array().expect("a list").iter();
    objects.map(|one| one["name"].as_str().expect("a name").to_string()).collect()
}

fn zip_of(files: &[(&str, &str)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(vec![]));
    for (name, text) in files {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn import(server: &Server, path: &str, zip: Vec<u8>) -> Answer {
    server.request("POST", path).header("Content-Type", "application/zip").body(zip).answer()
}

#[test]
fn a_save_that_comes_too_late_is_refused_with_what_was_saved_meanwhile() {
    let server = with_project();
    let made = create(&server, "call", "testfile", "wait 1\n").is(201).json();
    assert_eq!(
        (&made["version"], &made["kind"], &made["author"]),
        (&json!(1), &json!("testfile"), &json!("admin key"))
    );
    assert_eq!(save(&server, "call", "wait 2\n", 1).is(200).json()["version"], 2);
    let late = save(&server, "call", "wait 3\n", 1).is(409);
    assert_eq!(late.kind, "application/problem+json");
    let current = &late.json()["current"];
    assert_eq!((&current["version"], &current["text"]), (&json!(2), &json!("wait 2\n")));
    assert!(current["saved"].is_f64() && current["author"] == "admin key", "{current}");
    // the same text again is no conflict, and no version
    assert_eq!(save(&server, "call", "wait 2\n", 1).is(200).json()["version"], 2);
    let versions = server.get("projects/PBX/tests/call/versions").is(200).json();
    let numbers: Vec<_> = versions["versions"].as_array().unwrap().iter().map(|one| one["version"].clone()).collect();
    assert_eq!((numbers, &versions["versions"][1]["size"]), (vec![json!(2), json!(1)], &json!(7)));
    assert_eq!(server.get("projects/PBX/tests/call/versions/1").is(200).json()["text"], "wait 1\n");
    server.get("projects/PBX/tests/call/versions/3").is(404);
    let restore =
        |based_on: u32| server.post("projects/PBX/tests/call/versions/1/restore", json!({ "based_on": based_on }));
    restore(1).is(409);
    assert_eq!(restore(2).is(200).json()["version"], 3);
    assert_eq!(server.get("projects/pbx/tests/CALL").is(200).json()["text"], "wait 1\n");
}

#[test]
fn projects_and_tests_are_renamed_cloned_and_deleted() {
    let server = with_project();
    create(&server, "call", "rhai", "tags([\"smoke\"]);\n").is(201);
    server.post("projects", json!({ "name": "pbx" })).is(409);
    create(&server, "CALL", "testfile", "").is(409);
    server.post("projects/PBX/tests/call/clone", json!({ "name": "call 2" })).is(201);
    server.patch("projects/PBX/tests/call%202", json!({ "name": "größe" })).is(200);
    assert_eq!(server.post("projects/PBX/clone", json!({ "name": "Büro +1" })).is(201).json()["tests"], 2);
    let listed = server.get("projects/B%C3%BCro%20%2B1/tests").is(200).json();
    assert_eq!(names(&listed["tests"]), ["call", "größe"]);
    let first = &listed["tests"][0];
    let expected = (&json!(["smoke"]), &json!([]), &json!([]), &json!(null), &json!("rhai"));
    assert_eq!((&first["tags"], &first["blocks"], &first["last"], &first["job"], &first["kind"]), expected);
    server.post("projects/PBX/tests/call/clone", json!({ "name": "call", "project": "Büro +1" })).is(409);
    server.post("projects/PBX/tests/call/clone", json!({ "name": "there", "project": "Büro +1" })).is(201);
    server.patch("projects/PBX", json!({ "name": "Trunk" })).is(200);
    server.get("projects/PBX").is(404);
    server.delete("projects/Trunk/tests/call").is(204);
    server.delete("projects/Trunk/tests/call").is(404);
    let projects = server.get("projects").is(200).json();
    assert_eq!(names(&projects["projects"]), ["Büro +1", "Trunk"]);
    assert_eq!(projects["projects"][0]["last"], json!({ "pass": 0, "fail": 0, "error": 0, "never": 3 }));
    server.delete("projects/Trunk").is(204);
    server.get("projects/Trunk/tests").is(404);
}

#[test]
fn a_project_goes_through_a_zip_file_and_back() {
    let server = with_project();
    create(&server, "call", "testfile", "wait 1\n").is(201);
    create(&server, "größe", "rhai", "sleep(1ms);\n").is(201);
    let zip = server.request("GET", "projects/PBX/export").answer().is(200);
    assert_eq!(zip.kind, "application/zip");
    let mut archive = ZipArchive::new(Cursor::new(&zip.bytes)).unwrap();
    let mut text = String::new();
    archive.by_name("PBX/größe.rhai").unwrap().read_to_string(&mut text).unwrap();
    assert_eq!(text, "sleep(1ms);\n");
    // as it was
    let same = import(&server, "projects/PBX/import", zip.bytes.clone()).is(200).json();
    assert_eq!((&same["same"], &same["created"]), (&json!(["call", "größe"]), &json!([])));
    let new = import(&server, "projects/Copy/import", zip.bytes).is(200).json();
    assert_eq!(new["created"], json!(["call", "größe"]));
    // what is there stays, unless it is to be replaced
    let other = || zip_of(&[("x/call", "wait 2\n"), ("x/new.rhai", ""), ("x/sound.wav", "")]);
    let kept = import(&server, "projects/PBX/import", other()).is(200).json();
    assert_eq!((&kept["skipped"], &kept["created"]), (&json!(["call"]), &json!(["new"])));
    assert_eq!(kept["absent"], json!(["größe"]));
    assert!(kept["left_out"][0].as_str().unwrap().starts_with("sound.wav: "), "{kept}");
    assert_eq!(server.get("projects/PBX/tests/call").json()["version"], 1);
    let replaced = import(&server, "projects/PBX/import?replace=true", other()).is(200).json();
    assert_eq!((&replaced["changed"], &replaced["same"]), (&json!(["call"]), &json!(["new"])));
    assert_eq!(server.get("projects/PBX/tests/call").json()["text"], "wait 2\n");
}

/// The most memory that a process ever had, in bytes.
fn peak(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}

#[test]
fn a_large_archive_is_taken_without_being_held_in_memory() {
    let server = with_project();
    let mut zip = ZipWriter::new(Cursor::new(vec![]));
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    zip.start_file("picture.png", stored).unwrap();
    zip.write_all(&vec![7; 60 << 20]).unwrap();
    zip.start_file("call", stored).unwrap();
    zip.write_all(b"wait 1\n").unwrap();
    let zip = zip.finish().unwrap().into_inner();
    let before = peak(server.child.id());
    let done = import(&server, "projects/PBX/import", zip).is(200).json();
    assert_eq!(done["created"], json!(["call"]));
    let grown = peak(server.child.id()).saturating_sub(before);
    assert!(grown < 30 << 20, "{grown} bytes more");
}

#[test]
fn archives_that_mean_harm_change_nothing() {
    let server = with_project();
    for (files, said) in [
        (&[("call", "wait 1\n"), ("../evil", "wait 1\n")][..], "leads out of it"),
        (&[("/etc/evil", "wait 1\n")], "leads out of it"),
        (&[("call", "wait 1\n"), ("CALL", "wait 2\n")], "another one is the test"),
        (&[("a\u{202e}b", "wait 1\n")], "can't be in a name"),
        (&[("lib/call", "wait 1\n"), ("other/call", "wait 1\n")], "there is no test"),
    ] {
        let refused = import(&server, "projects/PBX/import", zip_of(files)).is(400);
        assert!(refused.text().contains(said), "{}", refused.text());
    }
    import(&server, "projects/PBX/import", b"PK no zip".to_vec()).is(400);
    // a small file of 80 MB of tests
    let mut zip = ZipWriter::new(Cursor::new(vec![]));
    for n in 0..80 {
        zip.start_file(format!("t{n}"), SimpleFileOptions::default()).unwrap();
        zip.write_all(&vec![b'#'; 1024 * 1024]).unwrap();
    }
    let bomb = zip.finish().unwrap().into_inner();
    assert!(bomb.len() < 1024 * 1024, "{}", bomb.len());
    assert!(import(&server, "projects/PBX/import", bomb).is(400).text().contains("bytes in all"));
    assert_eq!(server.get("projects/PBX").is(200).json()["tests"], 0);
}

#[test]
fn names_that_play_tricks_are_refused() {
    let server = with_project();
    create(&server, "call", "testfile", "").is(201);
    let tricks = [
        "",
        ".",
        "..",
        "../x",
        "a/b",
        "a\\b",
        "a\0b",
        "a\nb",
        "-x",
        ".x",
        "x.",
        " x",
        "x  y",
        "a\u{202e}b",
        "a\u{200b}b",
        "\u{301}a",
        "a:b",
        "<a>",
        &"ä".repeat(101),
    ];
    for name in tricks {
        let refused = [
            server.post("projects", json!({ "name": name })),
            server.patch("projects/PBX", json!({ "name": name })),
            server.post("projects/PBX/clone", json!({ "name": name })),
            create(&server, name, "rhai", ""),
            server.patch("projects/PBX/tests/call", json!({ "name": name })),
            server.post("projects/PBX/tests/call/clone", json!({ "name": name })),
        ];
        for refused in refused {
            assert_eq!(refused.is(400).json()["title"], "Bad Request", "{name:?}");
        }
    }
    create(&server, "a.rhai", "rhai", "").is(400);
    // one letter, written in two ways, and in wide letters
    create(&server, "größe", "testfile", "").is(201);
    for same in ["gro\u{308}ße", "GRÖSSE", "ＣＡＬＬ"] {
        create(&server, same, "testfile", "").is(409);
    }
    // in the path: no such thing, and never a file
    for path in
        ["projects/..%2F..%2Fetc", "projects/PBX/tests/..%2F..%2Fpasswd", "projects/PBX/tests/%00", "projects/%2e%2e"]
    {
        let status = server.get(path).status;
        assert!(matches!(status, 400 | 404), "{path}: {status}");
    }
    server.get("projects/%FF").is(400);
}

#[test]
fn bodies_are_bounded_and_must_be_what_they_should_be() {
    let server = with_project();
    let text = "#".repeat(1024 * 1024);
    create(&server, "long", "testfile", &text).is(201);
    create(&server, "longer", "testfile", &format!("{text}#")).is(400);
    create(&server, "zero", "testfile", "a\0b").is(400);
    create(&server, "far longer", "testfile", &text.repeat(3)).is(413);
    let raw = |kind: &str, body: &'static str| {
        server.request("POST", "projects").header("Content-Type", kind).body(body).answer()
    };
    raw("text/plain", "{}").is(415);
    raw("application/json", "{").is(400);
    raw("application/json", "{}").is(422);
    server.request("TRACE", "projects").answer().is(405);
    // 300 MB are refused before they are here
    for path in ["/api/v1/projects/PBX/import", "/api/v1/sounds/a.wav", "/api/v1/projects"] {
        let method = if path.contains("sounds") { "PUT" } else { "POST" };
        let answer = flood(&server, &format!("{method} {path}"), 300 * 1024 * 1024);
        assert!(answer.starts_with("HTTP/1.1 413 "), "{path}: {answer}");
    }
    server.get("projects/PBX").is(200);
}

/// Sends a body of zeros as far as it is taken; gives the answer.
fn flood(server: &Server, request: &str, size: usize) -> String {
    let mut stream = TcpStream::connect(server.base.trim_start_matches("http://")).unwrap();
    let head = format!(
        "{request} HTTP/1.1\r\nHost: x\r\nX-API-Key: {}\r\nContent-Type: application/json\r\nContent-Length: {size}\r\n\r\n",
        server.key
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut writer = stream.try_clone().unwrap();
    let block = vec![b' '; 1024 * 1024];
    let sent =
        std::thread::spawn(move || (0..size / block.len()).take_while(|_| writer.write_all(&block).is_ok()).count());
    let (mut answer, mut part) = (vec![], [0; 4096]);
    // it may end with a reset, as not all was read
    while let Ok(read @ 1..) = stream.read(&mut part) {
        answer.extend_from_slice(&part[..read]);
    }
    let sent = sent.join().unwrap();
    assert!(sent < 100, "{sent} MiB were taken");
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn all_examples_come_as_tests_without_a_mistake() {
    let server = with_project();
    let own = "uanew <sip:a@127.0.0.1>;regint=0 | 0s\n";
    create(&server, "soak", "testfile", own).is(201);
    let created = server.post("projects/PBX/examples", json!({})).is(201).json();
    let folder = repository().join("examples").read_dir().unwrap().map(|entry| entry.unwrap().file_name());
    let files = folder.filter(|name| !["peers", "basic_call.flow"].contains(&name.to_str().unwrap())).count();
    // that one is there already and stays
    assert_eq!(created["created"].as_array().map(Vec::len), Some(files - 1));
    assert_eq!(server.get("projects/PBX/tests/soak").json()["text"], own);
    let listed = server.get("projects/PBX/tests").is(200).json();
    for test in listed["tests"].as_array().unwrap() {
        let path = format!("projects/PBX/tests/{}", test["name"].as_str().unwrap());
        let text = server.get(&path).is(200).json()["text"].clone();
        let body = json!({ "kind": test["kind"], "text": text, "name": test["name"], "project": "PBX" });
        let found = server.post("check", body).is(200).json();
        assert_eq!(found["diagnostics"], json!([]), "{path}");
    }
    let several = listed["tests"].as_array().unwrap().iter().find(|test| test["name"] == "several_tests").unwrap();
    assert!(several["blocks"].as_array().is_some_and(|blocks| blocks.len() >= 2), "{several}");
    assert_eq!(server.post("projects/PBX/examples", json!({})).is(201).json()["created"], json!([]));
}
