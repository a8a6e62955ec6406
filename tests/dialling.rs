//! Whom a `dial` reaches, and what a peer gets of the headers that a test adds.

use crate::support::odd_peer::OddPeer;
use crate::support::{Done, OLD_BARESIP, Telefonist};
use std::process::{Child, Command};

/// The INVITE that the peer gets from a running test, which is refused. `{peer}` in the script is the peer's address.
fn invite(script: &str) -> (String, Done) {
    let peer = OddPeer::new();
    let test = Telefonist::new("run call.rhai").file("call.rhai", &script.replace("{peer}", &peer.address()));
    invited(&peer, test.start())
}

fn invited(peer: &OddPeer, program: Child) -> (String, Done) {
    let invite = peer.receive("INVITE");
    peer.respond(&invite, "404 Not Found", "1", "");
    let text = invite.text.clone();
    (text, Done::from(program.wait_with_output().expect("it ends")))
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[test]
fn a_trunk_on_this_machine_gets_the_numbers_that_are_dialled() {
    let trunk = "let trunk = agent(\"<sip:trunk@{peer}>;regint=0\");\n";
    for (to, user) in [
        ("1001", "1001"),
        ("+49 30 1234-5", "+493012345"),
        ("(030) 123 45", "03012345"),
        ("tel:+1-555-0100", "+15550100"),
        ("*97", "*97"),
        ("100,200", "100,200"),
    ] {
        let script = format!("{trunk}trunk.dial({});\nawait trunk.closed(404) within 30s;\n", quoted(to));
        let peer = OddPeer::new();
        let test = Telefonist::new("run call.rhai").file("call.rhai", &script.replace("{peer}", &peer.address()));
        let (invite, done) = invited(&peer, test.start());
        done.exits(0);
        assert!(invite.starts_with(&format!("INVITE sip:{user}@{} SIP/2.0\r\n", peer.address())), "{to}: {invite}");
        assert!(invite.contains(&format!("From: <sip:trunk@{}>", peer.address())), "{invite}");
    }
    // in a testfile, too, whatever its account has
    let peer = OddPeer::new();
    let text = format!("uanew <sip:trunk@{}>;regint=0;rtp_timeout=20\ndial +49 30 1\n1s\n", peer.address());
    let (invite, done) = invited(&peer, Telefonist::new("run call").file("call", &text).start());
    done.exits(0);
    assert!(invite.starts_with(&format!("INVITE sip:+49301@{} ", peer.address())), "{invite}");
}

#[test]
fn a_trunk_is_reached_by_the_agents_of_its_test() {
    let script = r#"
        let trunk = agent("<sip:trunk@127.0.0.1:9>;regint=0");
        let alice = agent("alice");
        alice.dial(trunk);
        await trunk.event("CALL_INCOMING") within 30s;
        trunk.accept();
        await alice.established() within 30s;
        alice.hangup();
    "#;
    Telefonist::new("run call.rhai").file("call.rhai", script).run().exits(0);
}

#[test]
fn an_address_is_called_whatever_stands_around_it() {
    for to in ["\"Bob B\" <sip:bob@{peer}>", "Bob <sip:bob@{peer}>", "<sip:bob@{peer}>", "SIP:bob@{peer}", "bob@{peer}"]
    {
        let script = format!("let a = agent(\"a\");\na.dial({});\nawait a.closed(404) within 30s;\n", quoted(to));
        let (invite, done) = invite(&script);
        done.exits(0);
        assert!(invite.starts_with("INVITE sip:bob@127.0.0.1:"), "{to}: {invite}");
    }
}

#[test]
fn what_can_not_be_called_is_refused_by_check_and_by_the_run() {
    for (to, why) in [
        ("", "there is nobody to call"),
        ("sips:bob@127.0.0.1", "baresip has no sips: URIs"),
        ("tel:+15550100;ext=2", "the parameters of a tel: URI are not carried"),
        ("+49 (0)30 1234", "(0) is dialled inside the country alone"),
        ("mailto:bob@127.0.0.1", "agents speak SIP alone"),
        ("<sip:bob@127.0.0.1>;transport=tcp", "what stands behind `>` is no part of"),
    ] {
        let script = format!("let a = agent(\"a\");\na.dial({});\n", quoted(to));
        let test = Telefonist::new("check call.rhai").file("call.rhai", &script);
        test.run().exits(2).says(why).says("call.rhai:2");
        // a value that only the run knows
        let script = format!("let a = agent(\"a\");\nlet to = param(\"TO\", {});\na.dial(to);\n", quoted(to));
        let test = Telefonist::new("run call.rhai").file("call.rhai", &script);
        test.run().exits(3).says(why).says("call.rhai:3");
        assert!(!test.events().iter().any(|event| event["kind"] == "sip"), "{to}: something was sent");
        let text = format!("uanew <sip:a@127.0.0.1>;regint=0\ndial {to}\n");
        Telefonist::new("check call").file("call", &text).run().exits(2).says(why).says("call:2");
    }
    let script = "let a = agent(\"a\");\nlet to = \"bob smith\";\na.dial(to);\n";
    let test = Telefonist::new("run call.rhai").file("call.rhai", script);
    test.run().exits(3).says("it has a blank in it, and is neither a number nor an agent of the test");
}

#[test]
fn an_agent_that_would_call_itself_says_so() {
    let script = "let a = agent(\"a\");\na.dial(\"1001\");\nawait a.closed(404) within 30s;\n";
    let test = Telefonist::new("run call.rhai").file("call.rhai", script);
    test.run().exits(0).says("`1001` is no agent of this test").says("call.rhai:2");
}

#[test]
fn passwords_that_an_agent_can_not_be_given_are_named() {
    for (password, why) in [("semi;colon", "`colon` is no account parameter"), ("qu\"ote", "has a double quote in it")]
    {
        let text = format!("uanew <sip:u@127.0.0.1:9>;auth_pass={password};regint=60\n1s\n");
        Telefonist::new("check call").file("call", &text).run().exits(2).says(why);
        Telefonist::new("run call").file("call", &text).run().exits(2).says(why);
    }
    Telefonist::new("check call").file("call", "uanew <sip:u@127.0.0.1:9>;auth_pass=\"semi;colon\"\n").run().exits(0);
}

#[test]
fn an_agent_has_the_port_that_it_is_given_or_none() {
    let port = crate::peers::free_port();
    let script = format!("let a = agent(\"a\", #{{ port: {port} }});\nassert_eq(a.address, \"127.0.0.1:{port}\");\n");
    let test = Telefonist::new("run call.rhai").file("call.rhai", &script);
    test.run().exits(0);
    let _taken = std::net::UdpSocket::bind(("127.0.0.1", port)).unwrap();
    test.run().exits(3).says(&format!("the SIP port {port} is taken")).says("call.rhai:1");
}

#[test]
fn a_header_arrives_as_it_is_written() {
    const VALUES: [&str; 12] = [
        "plain",
        "two words; a=b",
        "\"Bob B, Sales\" <sip:bob@pbx.example;user=phone>",
        "a,b;c<d>e=f:g?h&i/j+k",
        "100% of %41",
        "back\\slash 'single' `tick`",
        "jürgen ☎ 号",
        "x=1;y=\"2; 3\"",
        "{json: [1, 2], \"k\": null}",
        "#31#*97",
        "|~^@$!",
        "a  b",
    ];
    let mut script = "let a = agent(\"a\");\n".to_string();
    for (n, value) in VALUES.iter().enumerate() {
        script += &format!("a.header(\"X-Test-{n}\", {});\n", quoted(value));
    }
    script +=
        "a.header(\"P-Asserted-Identity\", \"\\\"Bob B\\\" <sip:bob@pbx.example>\");\na.header(\"X-Number\", 42);\n";
    script += "a.dial(\"sip:bob@{peer}\");\nawait a.closed(404) within 30s;\n";
    let (invite, done) = invite(&script);
    done.exits(0);
    let has = |line: &str| assert!(invite.contains(&format!("\r\n{line}\r\n")), "{line}\n{invite}");
    for (n, value) in VALUES.iter().enumerate() {
        has(&format!("X-Test-{n}: {value}"));
    }
    has("P-Asserted-Identity: \"Bob B\" <sip:bob@pbx.example>");
    has("X-Number: 42");
}

#[test]
fn a_header_that_would_break_a_message_is_refused() {
    for (header, why) in [
        (r#""X-A", "a\r\nX-B: b""#, "has a control character in it"),
        (r#""X-A", "a\tb""#, "has a control character in it"),
        (r#""X A", "a""#, "is no name of a header"),
        (r#""X-A:", "a""#, "is no name of a header"),
        (r#""", "a""#, "is no name of a header"),
        (r#""Call-ID", "a""#, "the agent writes the header Call-ID itself"),
        (r#""X-A", """#, "has no value"),
    ] {
        let script = format!("let a = agent(\"a\");\na.header({header});\n");
        let test = Telefonist::new("run call.rhai").file("call.rhai", &script);
        test.run().exits(3).says(why).says("call.rhai:2");
    }
}

#[test]
fn agents_stop_and_start_again() {
    let script = r#"
        let alice = agent("alice");
        let bob = agent("bob");
        alice.dial(bob);
        await bob.event("CALL_INCOMING") within 30s;
        bob.accept();
        await all([alice.established(), bob.established()]) within 30s;
        let address = bob.address;
        bob.stop();
        await alice.closed() within 30s;
        // another agent starts beside one that has ended
        let carol = agent("carol");
        alice.dial(carol);
        await carol.event("CALL_INCOMING") within 30s;
        carol.hangup(486);
        await alice.closed(486) within 30s;
        bob.restart();
        assert_eq(bob.address, address);
        alice.dial(bob);
        await bob.event("CALL_INCOMING") within 30s;
        bob.accept();
        await bob.established() within 30s;
        // one that runs, in a call
        bob.restart();
        await alice.closed() within 30s;
        bob.cmd("quit");
        let dave = agent("dave");
        dave.dial(carol);
        await carol.event("CALL_INCOMING") within 30s;
        carol.stop();
        await dave.closed() within 30s;
    "#;
    Telefonist::new("run call.rhai").file("call.rhai", script).run().exits(0);
}

#[test]
fn a_stopped_agent_takes_no_commands() {
    let script = "let bob = agent(\"bob\");\nbob.options(\"sip:x@127.0.0.1:9\");\nbob.stop();\nbob.register();\n";
    let test = Telefonist::new("run call.rhai").file("call.rhai", script);
    test.run()
        .exits(3)
        .says("agent `bob` has been stopped; no command reaches it before its restart()")
        .says("call.rhai:4");
    let script = "let bob = agent(\"bob\");\nbob.stop();\n";
    let test = Telefonist::new("run call.rhai").file("call.rhai", script);
    test.run().exits(3).says("agent `bob` can't be stopped: it does not run").says("call.rhai:2");
    let file = "let bob = agent(\"bob\");\nbob.restart();\ntest \"a\" { bob.restart(); }\n";
    let test = Telefonist::new("check call.rhai").file("call.rhai", file);
    test.run().exits(2).says("commands and waits belong in a test").says("call.rhai:2");
}

#[test]
fn an_agent_takes_settings_and_limits_of_its_own() {
    let script = r#"
        let alice = agent("alice");
        let bob = agent("bob", #{ max_calls: 1, config: #{ "call_local_timeout": 1 } });
        alice.dial(bob);
        await bob.event("CALL_INCOMING") within 30s;
        // the second call is one too many
        agent("carol").dial(bob);
        await on("carol").closed(486) within 30s;
        // nobody answers within a second
        await bob.closed() within 30s;
    "#;
    Telefonist::new("run call.rhai").file("call.rhai", script).run().exits(0);
    for (option, why) in [
        ("config: #{ \"module_path\": \"/tmp\" }", "reaches files or loads modules"),
        ("config: #{ \"audio_bufer\": 1 }", "did you mean `audio_buffer`?"),
        ("config: #{ \"sip_listen\": \"x\" }", "telefonist sets `sip_listen` itself"),
        ("config: #{ \"audio_buffer\": \"a b\" }", "can't be set to"),
        ("max_calls: 0", "from 1 to 1000"),
        ("port: 80", "from 1024 to 65534"),
    ] {
        let script = format!("let a = agent(\"a\", #{{ {option} }});\na.register();\n");
        let test = Telefonist::new("check call.rhai").file("call.rhai", &script);
        test.run().exits(2).says(why).says("call.rhai:1");
    }
}

/// An agent that is killed ends its run, but not what the run does afterwards.
#[test]
fn a_prompt_goes_on_with_other_agents_after_one_was_killed() {
    let test = Telefonist::new("repl").file("lines", "");
    let mut command: Command = test.command();
    let lines = "let alice = agent(\"alice\")\nalice.register()\nalice.cmd(\"quit\")\nlet bob = agent(\"bob\")\nbob.options(\"sip:x@127.0.0.1:9\")\nalice.restart()\nprint(alice.address.contains(\"127.0.0.1\"))\n";
    std::fs::write(test.folder.path().join("lines"), lines).unwrap();
    command.stdin(std::fs::File::open(test.folder.path().join("lines")).unwrap());
    Done::from(command.output().unwrap()).exits(0).says("true");
}

/// The next response that the peer gets to an INVITE, but for those that say that it is under way.
fn refusal(peer: &OddPeer) -> String {
    loop {
        let response = peer.receive("SIP/2.0 ");
        if response.header("CSeq").ends_with("INVITE") && response.text[8..].starts_with(['2', '3', '4', '5', '6']) {
            return response.text;
        }
    }
}

#[test]
fn of_two_calls_that_ring_the_newest_is_meant() {
    for command in ["accept()", "hangup(480)"] {
        let peer = OddPeer::new();
        let script = format!(
            "let alice = agent(\"alice\");\nalice.options(\"sip:peer@{0}\");\n\
             await alice.event(\"CALL_INCOMING\").count(2) within 30s;\nalice.{command};\nawait alice.sip(\"OPTIONS\") within 30s;\n",
            peer.address()
        );
        let program = Telefonist::new("run call.rhai").file("call.rhai", &script);
        let child = program.start();
        let options = peer.receive("OPTIONS");
        peer.respond(&options, "200 OK", "1", "");
        for call in ["older", "newer"] {
            peer.request("INVITE", call, "Content-Type: application/sdp\r\n", &peer.sdp(), options.from);
            while !peer.receive("SIP/2.0 180").text.contains(&format!("Call-ID: {call}\r\n")) {}
        }
        let first = refusal(&peer);
        assert!(first.contains("Call-ID: newer\r\n"), "{command}: {first}");
        let expected = if command == "accept()" { "SIP/2.0 200" } else { "SIP/2.0 480" };
        assert!(first.starts_with(expected), "{first}");
        peer.request("OPTIONS", "end", "", "", options.from);
        Done::from(child.wait_with_output().unwrap()).exits(0);
    }
}

#[test]
fn a_hold_that_would_do_nothing_is_refused() {
    let script = r#"
        let alice = agent("alice");
        let bob = agent("bob");
        alice.dial(bob);
        await bob.event("CALL_INCOMING") within 30s;
        bob.accept();
        await all([alice.established(), bob.established()]) within 30s;
        let refused = alice.resume();
        assert(!refused.ok && refused.data.contains("on hold"), refused.data);
        assert(alice.hold().ok, "held");
        await bob.event("CALL_HOLD") within 30s;
        // the re-INVITE is over
        await bob.sip("ACK").count(2) within 30s;
        let refused = alice.hold();
        assert(!refused.ok && refused.data.contains("on hold already"), refused.data);
        assert(alice.resume().ok, "resumed");
        await bob.event("CALL_RESUME") within 30s;
        alice.hangup();
        await bob.closed() within 30s;
    "#;
    Telefonist::new("run call.rhai").file("call.rhai", script).run().exits(0);
}

#[test]
fn what_a_version_lacks_is_refused_before_a_call() {
    let old = format!("--baresip {OLD_BARESIP}");
    for (step, why) in [
        ("b.hangup(480);", "rejecting a call with a code or reason of one's own needs baresip 3.19 or newer"),
        ("b.hangup(486, \"Busy\");", "needs baresip 3.19 or newer"),
        ("await b.event(\"CALL_HOLD\");", "the event CALL_HOLD needs baresip 3.7 or newer"),
        ("await b.quiet(\"CALL_HOLD\") during 1s;", "the event CALL_HOLD needs baresip 3.7 or newer"),
    ] {
        let script = format!("let b = agent(\"b\");\n{step}\n");
        let test = Telefonist::new(&format!("run call.rhai {old}")).file("call.rhai", &script);
        test.run().exits(3).says(why).says("call.rhai:2");
        assert!(!test.folder.path().join("data/runs").exists(), "an agent was started");
    }
    let text = "uanew <sip:a@127.0.0.1>;regint=0\nhangup scode=480\n";
    Telefonist::new(&format!("check call {old}")).file("call", text).run().exits(3).says("needs baresip 3.19");
    // where only the run knows
    let script = "let b = agent(\"b\");\nlet name = param(\"E\", \"CALL_HOLD\");\nawait b.event(name);\n";
    let test = Telefonist::new(&format!("run call.rhai {old}")).file("call.rhai", script);
    test.run().exits(3).says("needs baresip 3.7 or newer").says("call.rhai:3");
}
