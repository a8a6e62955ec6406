//! Modules that agents load where a test asks for them: levels of the sound, DTMF as tones, presence.

use crate::support::odd_peer::OddPeer;
use crate::support::{ESTABLISHED, OLD_BARESIP, Telefonist};

fn run(script: &str) -> Telefonist {
    Telefonist::new("run t.rhai").file("t.rhai", script)
}

fn names(test: &Telefonist, name: &str) -> usize {
    test.events().iter().filter(|event| event["type"] == name).count()
}

#[test]
fn levels_come_where_a_test_names_them() {
    let call = ESTABLISHED.replace("agent(\"alice\")", "agent(\"alice\", #{ audio: \"alice.wav\" })");
    let script = format!(
        "{call}await bob.event(\"VU_RX_REPORT\").where(|e| parse_float(e.param) > -60.0) within 20s;\n\
         await alice.event(\"VU_TX_REPORT\").where(|e| parse_float(e.param) > -60.0) within 20s;\n\
         // bob sends silence\nawait alice.event(\"VU_RX_REPORT\").where(|e| parse_float(e.param) < -80.0) within 20s;\n"
    );
    let test = run(&script);
    test.run().exits(0);
    assert!(names(&test, "VU_RX_REPORT") > 0 && names(&test, "VU_TX_REPORT") > 0);
    let flow = std::fs::read_to_string(test.run_folder().join("flow.txt")).expect("the flow");
    assert!(!flow.contains("VU_"), "{flow}");
    // in a module
    let library = "fn loud(agent) { await agent.event(\"VU_RX_REPORT\") within 20s }\n";
    let imported = format!("import \"lib/levels\" as levels;\n{ESTABLISHED}levels::loud(bob);\n");
    run(&imported).file("lib/levels.rhai", library).run().exits(0);
    // not asked for, or by a name that nobody can read before
    let test = run(&format!("{ESTABLISHED}await bob.event(\"CALL_RTCP\") within 20s;\nsleep(1s);\n"));
    test.run().exits(0);
    assert_eq!(names(&test, "VU_RX_REPORT"), 0);
    let built = format!("{ESTABLISHED}await bob.event(\"VU_\" + \"RX_REPORT\") within 20s;\n");
    run(&built).run().exits(3).says("`VU_RX_REPORT` has to stand in the test's text").says("at t.rhai:7:");
}

#[test]
fn an_old_baresip_measures_its_sound_too() {
    let script = format!("{ESTABLISHED}await bob.event(\"VU_RX_REPORT\") within 20s;\n");
    run(&script).argument("--baresip").argument(OLD_BARESIP).run().exits(0);
}

#[test]
fn digits_are_sent_and_heard_as_tones() {
    let with_tones = |text: &str, name: &str| {
        text.replace(&format!("agent(\"{name}\")"), &format!("agent(\"{name}\", #{{ inband_dtmf: true }})"))
    };
    let script = format!(
        "{}alice.cmd(\"in_band_dtmf_send 12#\");\nawait bob.dtmf(\"12#\") within 20s;\n",
        with_tones(&with_tones(ESTABLISHED, "alice"), "bob")
    );
    let test = run(&script);
    test.run().exits(0);
    // as tones, not as events of RTP
    let events = test.events();
    let digits: Vec<_> = events.iter().filter(|event| event["type"] == "CALL_DTMF_START").collect();
    assert!(digits.iter().all(|digit| digit["agent"] == "bob"), "{digits:?}");
    let plain = format!("{ESTABLISHED}alice.cmd(\"in_band_dtmf_send 1\");\n");
    run(&plain).run().exits(3).says("alice has no option inband_dtmf").says("#{ inband_dtmf: true }");
    let old = run(&script).argument("--baresip").argument(OLD_BARESIP).run().exits(3);
    old.says("inband_dtmf needs the module in_band_dtmf: baresip 1.0.0");
}

#[test]
fn an_account_publishes_its_presence() {
    let peer = OddPeer::new();
    let script = format!(
        "let alice = agent(\"<sip:alice@{}>;regint=0;pubint=600\");\nawait alice.sip(200, \"PUBLISH\") within 20s;\n\
         alice.cmd(\"presence online\");\nawait alice.sip(200, \"PUBLISH\") within 20s;\n",
        peer.address()
    );
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for (status, tag) in [("unknown", "one"), ("open", "two")] {
                let publish = peer.receive("PUBLISH");
                assert_eq!(publish.header("Event"), "presence");
                assert!(publish.text.contains(&format!("<basic>{status}</basic>")), "{}", publish.text);
                peer.respond_with(&publish, "200 OK", tag, &format!("SIP-ETag: {tag}\r\nExpires: 600\r\n"), "");
            }
        });
        run(&script).run().exits(0);
    });
}

#[test]
fn an_agent_tells_its_presence_to_who_subscribes() {
    let script = "let bob = agent(\"bob\");\nlet carol = agent(\"carol\");\nbob.cmd(\"uuid\");\n\
        carol.cmd(`addcontact \"Bob\" <sip:bob@${bob.address}>;presence=p2p`);\n\
        let first = await carol.sip(\"NOTIFY\") within 20s;\nassert(!first.body.contains(\"open\"), first.body);\n\
        bob.cmd(\"presence online\");\nlet second = await carol.sip(\"NOTIFY\") within 20s;\n\
        assert(second.body.contains(\"<basic>open</basic>\"), second.body);\n";
    run(script).run().exits(0);
}
