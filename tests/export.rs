//! What other tools read in exports of real runs; captures message by message, by tshark.

use crate::peers::sipp;
use crate::support::Telefonist;
use serde_json::Value;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// One message as a line: time in microseconds, addresses, method or status, Call-ID, CSeq.
type Line = (u64, String, String, String, String, String);

pub fn tshark(capture: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new("tshark");
    // a leased port may be that of another protocol
    for setting in ["tcp.try_heuristic_first", "udp.try_heuristic_first"] {
        command.args(["-o", &format!("{setting}:TRUE")]);
    }
    for protocol in ["ip", "udp", "tcp"] {
        command.args(["-o", &format!("{protocol}.check_checksum:TRUE")]);
    }
    let output = command.arg("-r").arg(capture).args(arguments).output().expect("tshark (apt-get install tshark)");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// What tshark finds of SIP.
fn read(capture: &Path) -> Vec<Line> {
    let fields = "frame.time_epoch ip.src ipv6.src udp.srcport tcp.srcport ip.dst ipv6.dst udp.dstport tcp.dstport \
                  sip.Method sip.Status-Code sip.Call-ID sip.CSeq";
    let mut arguments = vec!["-Y", "sip", "-T", "fields"];
    fields.split_whitespace().for_each(|field| arguments.extend(["-e", field]));
    let text = tshark(capture, &arguments);
    let lines = text.lines().map(|line| {
        let field: Vec<&str> = line.split('\t').collect();
        let host = |v4: &str, v6: &str| if v6.is_empty() { v4.to_string() } else { format!("[{v6}]") };
        let microseconds = (field[0].parse::<f64>().unwrap() * 1e6).round() as u64;
        let src = format!("{}:{}{}", host(field[1], field[2]), field[3], field[4]);
        let dst = format!("{}:{}{}", host(field[5], field[6]), field[7], field[8]);
        let what = format!("{}{}", field[9], field[10]);
        (microseconds, src, dst, what, field[11].to_string(), field[12].to_string())
    });
    lines.collect()
}

/// The record's messages: the nth time that one end sent something is the nth time that the other end got it.
fn recorded(test: &Telefonist) -> Vec<Line> {
    let mut ends: HashMap<(String, String, String), [Vec<Line>; 2]> = HashMap::new();
    for event in test.events().iter().filter(|event| event["kind"] == "sip") {
        let text = |name: &str| event[name].as_str().unwrap_or_default().to_string();
        let what = event["status"].as_u64().map_or(text("method"), |status| status.to_string());
        let microseconds = (event["time"].as_f64().unwrap() * 1000.0).round() as u64;
        let line = (microseconds, text("src"), text("dst"), what, text("call_id"), text("cseq"));
        let key = (text("src"), text("dst"), text("param"));
        ends.entry(key).or_default()[usize::from(event["direction"] == "IN")].push(line);
    }
    let mut lines: Vec<Line> = vec![];
    for [sent, came] in ends.into_values() {
        for n in 0..sent.len().max(came.len()) {
            lines.extend([sent.get(n), came.get(n)].into_iter().flatten().min().cloned());
        }
    }
    lines.sort();
    lines
}

/// Exports the test's run and compares; `at_least` messages must be there.
#[track_caller]
fn same_in_tshark(test: &Telefonist, at_least: usize) -> PathBuf {
    let capture = test.folder.path().join("run.pcap");
    test.then("export last --format pcap --output run.pcap").exits(0).says("wrote run.pcap");
    let mut found = read(&capture);
    found.sort();
    let expected = recorded(test);
    assert!(expected.len() >= at_least, "{expected:?}");
    assert_eq!(found.len(), expected.len(), "{found:#?}\n{expected:#?}");
    for (found, expected) in found.iter().zip(&expected) {
        // the time passed through a decimal number
        assert!(found.0.abs_diff(expected.0) <= 1, "{found:?} {expected:?}");
        let rest = |line: &Line| (line.1.clone(), line.2.clone(), line.3.clone(), line.4.clone(), line.5.clone());
        assert_eq!(rest(found), rest(expected));
    }
    let experts = tshark(&capture, &["-q", "-z", "expert,note"]);
    assert!(experts.trim().is_empty(), "{experts}");
    assert_eq!(
        tshark(&capture, &["-Y", "_ws.malformed || tcp.analysis.flags", "-T", "fields", "-e", "frame.number"]),
        ""
    );
    capture
}

fn call(host: &str, parameters: &str) -> String {
    format!(
        "_define ua1 sip:alice@{host}\n_define ua2 sip:bob@{host}\n\
         uanew <ua1{parameters}>;regint=0;input_wav=alice.wav\nuanew <ua2{parameters}>;regint=0;input_wav=bob.wav\n\
         ua1:dial ua2|100ms|ua2:accept|300ms|ua1:hangup|200ms\n"
    )
}

/// A call over each transport, on the embedded agent.
#[track_caller]
fn over_all_transports(host: &str) {
    for parameters in ["", ";transport=tcp", ";transport=tls"] {
        let test = Telefonist::new("run call").file("call", &call(host, parameters));
        test.run().exits(0);
        same_in_tshark(&test, 6);
    }
}

#[test]
fn tshark_reads_calls_over_ipv4() {
    over_all_transports("127.0.0.1");
}

#[test]
fn tshark_reads_calls_over_ipv6() {
    over_all_transports("[::1]");
}

#[test]
fn what_is_sent_again_is_in_the_capture_each_time_and_marked_in_the_ladder() {
    // sipp's client scenario answers no INVITE
    let deaf = sipp(&["-sn", "uac", "127.0.0.1:9"]);
    let script = format!(
        "let alice = agent(\"alice\");\nalice.dial(\"sip:nobody@127.0.0.1:{}\");\nawait alice.event(\"CALL_ESTABLISHED\") within 1800ms;\n",
        deaf.port
    );
    let test = Telefonist::new("run call.rhai").file("call.rhai", &script);
    test.run().exits(1);
    same_in_tshark(&test, 3);
    let ladder = test.then("ladder last").exits(0).says("FAIL  call.rhai").says(&format!("127.0.0.1:{}", deaf.port));
    assert!(ladder.stdout.matches("╌ ↻ INVITE (SDP) ╌").count() >= 2, "{}", ladder.stdout);
    ladder.says("✗ ").says("(call.rhai:3)").says("sent again (↻)");
    test.then("export last --format sip -o -").exits(0).says("sent again");
}

#[test]
fn all_formats_of_one_run() {
    let test = Telefonist::new("run call").file("call", &call("127.0.0.1", ""));
    test.run().exits(0);
    let kept = |name: &str| std::fs::read(test.run_folder().join(name)).unwrap();
    let flow = test.then("export last --format flow -o -").exits(0);
    assert_eq!(flow.stdout.as_bytes(), kept("flow.txt"));
    let json: Value = serde_json::from_str(&test.then("export last --format json -o -").exits(0).stdout).unwrap();
    assert_eq!((&json["format"], &json["version"]), (&"telefonist-export".into(), &1.into()));
    assert_eq!((&json["verdict"]["status"], &json["header"]["file"]), (&"pass".into(), &"call".into()));
    assert_eq!(json["events"], Value::Array(test.events()));
    test.then("export last --format log -o -").exits(0).says(" alice info: baresip is ready.");
    test.then("export call --format wav").exits(0).says(".recordings.zip");
    test.then("export last --format wav -o x.wav").exits(2).says("come as a zip file");
    let id = test.run_folder().file_name().unwrap().to_str().unwrap().to_string();
    test.then("export last --format zip").exits(0).says(&format!("wrote {id}.zip"));
    // a default name overwrites nothing, a name that is given does
    test.then("export last --format zip").exits(2).says("is there already").says("--output");
    test.then(&format!("export last --format zip --output {id}.zip")).exits(0);
    let mut archive =
        zip::ZipArchive::new(std::fs::File::open(test.folder.path().join(format!("{id}.zip"))).unwrap()).unwrap();
    let mut wav = vec![];
    std::io::copy(&mut archive.by_name(&format!("{id}/recordings/alice-1.wav")).unwrap(), &mut wav).unwrap();
    assert_eq!(wav, kept("recordings/alice-1.wav"));
}

#[test]
fn runs_that_are_not_there_and_outputs_that_can_not_be() {
    let test = Telefonist::new("run call").file("call", &call("127.0.0.1", ""));
    test.then("ladder last").exits(2).says("no run is kept in data/runs");
    test.run().exits(0);
    test.then("ladder nothing").exits(2).says("no run in data/runs has `nothing` in its id");
    test.then("ladder ../..").exits(2).says("../.. is no folder of a run");
    test.then("export last --format mp3").exits(2).says("[possible values: pcap, flow");
    test.then("export last --format pcap -o data").exits(2).says("data is a folder").says("--output data/2");
    test.then("export last --format pcap -o nowhere/x.pcap")
        .exits(3)
        .says("cannot write nowhere/x.pcap")
        .never_says(".tmp");
    let events = test.run_folder().join("events.jsonl");
    std::fs::write(&events, "{\"format\":\"other\"}\n").unwrap();
    test.then("export last --format pcap -o x.pcap").exits(3).says("this is not the event file");
    test.then("ladder last").exits(3).says("this is not the event file");
    assert!(!test.folder.path().join("x.pcap").exists(), "written whole or not at all");
}
