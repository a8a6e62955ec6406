//! Validation scripts and sounds, put and taken by name.

use crate::support::server::{Answer, Ask, Server};
use hound::{SampleFormat, WavSpec, WavWriter};
use serde_json::json;
use std::io::Cursor;
use std::os::unix::fs::symlink;

fn put(server: &Server, path: &str, body: impl Into<reqwest::blocking::Body>) -> Answer {
    server.request("PUT", path).body(body).answer()
}

fn wav(bits: u16, samples: usize) -> Vec<u8> {
    let spec = WavSpec { channels: 1, sample_rate: 8000, bits_per_sample: bits, sample_format: SampleFormat::Int };
    let mut bytes = Cursor::new(vec![]);
    let mut writer = WavWriter::new(&mut bytes, spec).unwrap();
    (0..samples).for_each(|n| writer.write_sample((n % 100) as i32).unwrap());
    writer.finalize().unwrap();
    bytes.into_inner()
}

#[test]
fn scripts_are_kept_by_name_and_nothing_else_is_reached() {
    let server = Server::start();
    assert_eq!(server.get("scripts").is(200).json(), json!({ "scripts": [] }));
    put(&server, "scripts/loss%20rate.js", "// é\n").is(204);
    let listed = server.get("scripts").is(200).json();
    assert_eq!((&listed["scripts"][0]["name"], &listed["scripts"][0]["size"]), (&json!("loss rate.js"), &json!(6)));
    let read = server.get("scripts/loss%20rate.js").is(200);
    assert_eq!((read.text().as_str(), read.kind.as_str()), ("// é\n", "text/plain; charset=utf-8"));
    assert_eq!(std::fs::read(server.data_dir().join("scripts/loss rate.js")).unwrap(), "// é\n".as_bytes());
    put(&server, "scripts/a.js", &b"\xff"[..]).is(400);
    put(&server, "scripts/a.js", vec![b' '; 256 * 1024 + 1]).is(413);
    symlink("../telefonist.db", server.data_dir().join("scripts/link.js")).unwrap();
    server.get("scripts/link.js").is(404);
    for name in [
        "..%2Ftelefonist.js",
        "%2Fetc%2Fx.js",
        "a%00.js",
        ".js",
        ".a.js",
        "telefonist.db",
        "a%E2%80%AE.js",
        "a.JS",
        "a",
    ] {
        let path = format!("scripts/{name}");
        for answer in [server.get(&path), server.delete(&path), put(&server, &path, "x")] {
            assert_eq!(answer.status, 400, "{name}: {}", answer.text());
        }
    }
    server.delete("scripts/loss%20rate.js").is(204);
    server.delete("scripts/loss%20rate.js").is(404);
    // nothing was left beside it
    let left: Vec<_> =
        server.data_dir().join("scripts").read_dir().unwrap().map(|one| one.unwrap().file_name()).collect();
    assert_eq!(left, ["link.js"]);
}

#[test]
fn sounds_have_to_be_wav_files_that_can_be_sent() {
    let server = Server::start();
    let sounds = || server.get("sounds").is(200).json()["sounds"].as_array().unwrap().clone();
    let built_in = sounds();
    assert!(built_in.len() >= 3 && built_in.iter().all(|sound| sound["built_in"] == true), "{built_in:?}");
    assert!(
        built_in.iter().all(|sound| sound["seconds"].as_f64().is_some_and(|seconds| seconds > 0.5)),
        "{built_in:?}"
    );
    put(&server, "sounds/alice.wav", wav(16, 4000)).is(204);
    let own = sounds().into_iter().find(|sound| sound["name"] == "alice.wav").unwrap();
    assert_eq!((&own["built_in"], &own["seconds"], sounds().len()), (&json!(false), &json!(0.5), built_in.len()));
    let whole = wav(16, 8000);
    for (bytes, said) in [
        (b"RIFF".to_vec(), "no WAV file"),
        (wav(24, 100), "24 bits"),
        (wav(16, 0), "no sound in it"),
        (whole[..whole.len() / 2].to_vec(), "no WAV file"),
    ] {
        let refused = put(&server, "sounds/bad.wav", bytes).is(400);
        assert!(refused.text().contains(said), "{}", refused.text());
    }
    put(&server, "sounds/a.mp3", wav(16, 10)).is(400);
    put(&server, "sounds/..%2Fa.wav", wav(16, 10)).is(400);
    server.delete("sounds/alice.wav").is(204);
    // the one that the program has is there again, and stays
    assert_eq!(sounds(), built_in);
    server.delete("sounds/alice.wav").is(404);
}

#[test]
fn sounds_are_heard_and_drawn_whole_and_in_part_and_no_other_file_is() {
    let server = Server::start();
    // the program's own, before any agent needed it; then the user's of that name
    let built_in = server.get("sounds/alice.wav").is(200);
    assert_eq!(built_in.kind, "audio/wav");
    assert_eq!(server.get("sounds/alice.wav/peaks?width=50").is(200).json()["peaks"].as_array().unwrap().len(), 50);
    put(&server, "sounds/alice.wav", wav(16, 4000)).is(204);
    assert_eq!(server.get("sounds/alice.wav").is(200).bytes, wav(16, 4000));
    let peaks = server.get("sounds/alice.wav/peaks?width=4").is(200).json();
    assert_eq!(
        (&peaks["seconds"], &peaks["rate"], peaks["peaks"].as_array().unwrap().len()),
        (&json!(0.5), &json!(8000), 4)
    );
    let part = server.request("GET", "sounds/alice.wav").header("Range", "bytes=0-3").answer().is(206);
    assert_eq!(part.bytes, b"RIFF");
    std::fs::write(server.data_dir().join("sounds/broken.wav"), "no sound").unwrap();
    server.get("sounds/broken.wav/peaks").is(409);
    symlink("../telefonist.db", server.data_dir().join("sounds/link.wav")).unwrap();
    for (name, status) in [
        ("link.wav", 404),
        ("none.wav", 404),
        ("..%2Ftelefonist.db", 400),
        ("..%2Fa.wav", 400),
        ("%2Fetc%2Fpasswd", 400),
        ("a.mp3", 400),
    ] {
        for path in [format!("sounds/{name}"), format!("sounds/{name}/peaks")] {
            assert_eq!(server.get(&path).status, status, "{path}");
        }
    }
    let run = server.post("keys", json!({ "name": "runner", "scopes": ["run"] })).is(201).json();
    let key = run["key"].as_str().unwrap();
    server.anonymous("GET", "sounds/alice.wav").header("X-API-Key", key).answer().is(403);
    server.anonymous("GET", "sounds/alice.wav").answer().is(401);
}
