//! Flows of the event sequences that real agents gave, and what must and must not change a hash.

mod properties;
mod sent;

use super::*;
use crate::event::{AgentEvent, Command, Response, SipEvent, Time};
use serde_json::{Map, json};

/// A run being written down: agents with ports that are different in every run.
struct Run {
    port: u16,
    id: u32,
    time: Time,
    events: Vec<Event>,
}

impl Run {
    fn new(port: u16, id: u32) -> Run {
        Run { port, id, time: Time(1_795_469_001_763.0 + f64::from(id)), events: vec![] }
    }

    /// With alice, bob and carol started, in that order.
    fn of_three(port: u16, id: u32) -> Run {
        let mut run = Run::new(port, id);
        ["alice", "bob", "carol"].iter().for_each(|name| run.start(name));
        run
    }

    fn push(&mut self, agent: &str, body: Body) -> u64 {
        let n = self.events.len() as u64;
        self.time += 1.0 + f64::from(self.id % 7);
        self.events.push(Event { n, time: self.time, agent: Some(agent.into()).filter(|_| !agent.is_empty()), body });
        n
    }

    fn address(&self, name: &str) -> String {
        let place = ["alice", "bob", "carol"].iter().position(|known| *known == name).unwrap_or(9);
        format!("127.0.0.1:{}", self.port + 2 * place as u16)
    }

    fn uri(&self, name: &str) -> String {
        format!("sip:{name}@{}", self.address(name))
    }

    fn start(&mut self, name: &str) {
        let (aor, address) = (format!("sip:{name}@127.0.0.1"), self.address(name));
        let note = Note::AgentStarting { aor, address, local: true, baresip: "4.12.0".into() };
        self.push(name, Body::Note(note));
    }

    fn note(&mut self, agent: &str, note: Note) {
        self.push(agent, Body::Note(note));
    }

    fn directive(&mut self, name: &str, values: &[&str]) {
        let event = directive(name, values);
        self.push("", event.body);
    }

    /// The script waited for the last event of that name at an agent.
    fn awaited(&mut self, agent: &str, name: &str) {
        let is_it = |event: &&Event| {
            let said = matches!(&event.body, Body::Event(said) if said.name == name);
            said && event.agent.as_deref() == Some(agent)
        };
        let n = self.events.iter().rev().find(is_it).expect(name).n;
        self.note("", Note::Awaited { events: vec![n] });
    }

    /// A message of call 1 of this run, as `OUT INVITE 2 - SDP`: direction, method, CSeq, status with its phrase, direction of the
    /// sound in its description.
    fn sip(&mut self, agent: &str, line: &str) -> &mut Run {
        let parts: Vec<&str> = line.split(' ').collect();
        let [direction, method, number, status, sound] = parts[..] else { panic!("{line}") };
        let (status, phrase) = status.split_once('=').unwrap_or((status, ""));
        let body = if sound == "-" {
            String::new()
        } else {
            format!("v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio 4000 RTP/AVP 0\r\na={sound}\r\n")
        };
        let call_id = if method == "MESSAGE" { "m".into() } else { format!("{:08x}1", self.id) };
        let message = SipEvent {
            direction: direction.into(),
            method: method.into(),
            status: status.parse().ok(),
            reason: Some(phrase.replace('_', " ")),
            call_id,
            cseq: format!("{number} {method}"),
            to: "<sip:peer@198.51.100.7:5080>;tag=1".into(),
            headers: vec![("Content-Type".into(), "application/sdp".into())],
            body,
            ..SipEvent::default()
        };
        self.push(agent, Body::Sip(Box::new(message)));
        self
    }

    fn command(&mut self, agent: &str, text: &str) -> u64 {
        self.push(agent, Body::Command(Command { text: text.into(), at: None }))
    }

    /// Lines as `alice out bob 1 CALL_RINGING param`: agent, direction, peer, the call's number in this run, type;
    /// `-` for a call without an id. A name in `{}` is its URI.
    fn events(&mut self, lines: &str) -> &mut Run {
        for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (agent, body) = self.event(line);
            self.push(&agent, body);
        }
        self
    }

    fn event(&self, line: &str) -> (String, Body) {
        let parts: Vec<&str> = line.splitn(6, ' ').collect();
        let mut param = parts.get(5).unwrap_or(&"").to_string();
        for name in ["alice", "bob", "carol", "nobody"] {
            param = param.replace(&format!("{{{name}}}"), &self.uri(name));
        }
        let event = AgentEvent {
            name: parts[4].into(),
            call: (parts[3] != "-").then(|| format!("{:08x}{}", self.id, parts[3])),
            direction: Some(if parts[1] == "in" { "incoming" } else { "outgoing" }.to_string()),
            peer: Some(self.uri(parts[2])),
            param,
            fields: Map::new(),
        };
        (parts[0].into(), Body::Event(event))
    }

    fn flow(&self) -> Flow {
        Flow::of(&self.events[..]).unwrap()
    }
}

fn directive(name: &str, values: &[&str]) -> Event {
    let values = values.iter().map(|value| value.to_string()).collect();
    let note = Note::Directive { name: name.into(), values, at: None };
    Event { n: 0, time: Time(0.0), agent: None, body: Body::Note(note) }
}

const BASIC: &str = "
    alice out bob 1 CALL_OUTGOING {bob}
    bob in alice - CALL_REMOTE_SDP offer
    bob in alice 1 CALL_INCOMING {alice}
    alice out bob 1 CALL_LOCAL_SDP offer
    alice out bob 1 CALL_RINGING {bob}
    bob in alice 1 CALL_LOCAL_SDP answer
    alice out bob 1 CALL_ANSWERED {bob}
    bob in alice 1 CALL_RTCP audio
    alice out bob 1 CALL_ESTABLISHED {bob}
    bob in alice 1 CALL_ESTABLISHED {alice}
    alice out bob 1 CALL_RTPESTAB audio
    bob in alice 1 CALL_RTPESTAB audio
    alice out bob 1 CALL_CLOSED Rejected by user
    bob in alice 1 CALL_CLOSED Connection reset by peer [104]";

#[test]
fn a_basic_call() {
    let mut run = Run::of_three(30000, 1);
    run.command("alice", "dial sip:bob@127.0.0.1:30002");
    run.events(BASIC);
    for (agent, codec) in [("alice", "PCMU"), ("bob", "PCMU")] {
        let (_, mut body) = run.event("x out bob 1 AUDIO_REPORT");
        if let Body::Event(event) = &mut body {
            let fields = json!({"tx": true, "rx": true, "protocol": "RTP/AVP", "codec": codec, "packets_tx": 351});
            event.fields = fields.as_object().unwrap().clone();
            event.direction = None;
        }
        run.push(agent, body);
    }
    let expected = "\
alice
  call 1, outgoing, bob
    CALL_RINGING
    CALL_ESTABLISHED
    CALL_CLOSED local
bob
  call 1, incoming, alice
    CALL_INCOMING
    CALL_ESTABLISHED
    CALL_CLOSED remote
";
    // what only the sound brings is chance, until the script has waited for it
    assert_eq!(run.flow().text(), expected);
    run.awaited("alice", "CALL_RTPESTAB");
    let awaited = expected.replace("local\n", "local\n    media\n      CALL_RTPESTAB audio\n");
    assert_eq!(run.flow().text(), awaited);
    assert_eq!(run.flow().hash().len(), 16);
    // what the agents say while they are stopped does not count
    run.note("", Note::StepsDone);
    run.events("alice out bob 2 CALL_CLOSED Rejected by user");
    run.awaited("bob", "CALL_RTPESTAB");
    assert_eq!(run.flow().text(), awaited);
    // what is asked for counts, awaited or not
    run.events.insert(0, directive("accept", &["AUDIO_REPORT", "CALL_RTPESTAB"]));
    let expected = "\
alice
  call 1, outgoing, bob
    media
      AUDIO_REPORT tx rx RTP/AVP PCMU
      CALL_RTPESTAB audio
bob
  call 1, incoming, alice
    media
      AUDIO_REPORT tx rx RTP/AVP PCMU
      CALL_RTPESTAB audio
";
    assert_eq!(run.flow().text(), expected);
}

#[test]
fn the_same_call_on_baresip_1_0_0_has_the_same_flow() {
    let mut new = Run::of_three(30000, 1);
    new.events(BASIC);
    let mut old = Run::of_three(20000, 2);
    old.command("alice", "dial sip:bob@127.0.0.1:20002");
    old.events(
        "alice out bob - CALL_LOCAL_SDP offer
        bob in alice 1 CALL_INCOMING {alice}
        alice out bob 1 CALL_RINGING {bob}
        bob in alice 1 CALL_REMOTE_SDP offer
        alice out bob 1 CALL_RTCP audio
        alice out bob 1 CALL_ESTABLISHED {bob}
        bob in alice 1 CALL_RTPESTAB audio
        bob in alice 1 CALL_ESTABLISHED {alice}
        alice out bob 1 CALL_RTPESTAB audio
        bob in alice 1 CALL_CLOSED Connection reset by peer
        alice out bob 1 CALL_CLOSED Connection reset by user",
    );
    assert_eq!(old.flow().text(), new.flow().text());
}

#[test]
fn rejected_cancelled_and_refused_calls() {
    let mut run = Run::of_three(30000, 1);
    run.command("bob", "hangup scode=603 reason=Decline now");
    run.events(
        "bob in alice 1 CALL_INCOMING {alice}
        alice out bob 1 CALL_CLOSED 603 Decline
        bob in alice 1 CALL_CLOSED Decline
        bob in alice 5 CALL_CLOSED Decline now
        bob in alice - CALL_CLOSED No common audio or video codecs
        alice out bob 2 CALL_CLOSED 488 Not Acceptable Here
        alice out nobody 3 CALL_CLOSED refused [111]
        alice out bob 4 CALL_REDIRECT 302,{carol}
        alice out bob 4 CALL_CLOSED 302 Moved Temporarily",
    );
    let expected = "\
alice
  call 1, outgoing, bob
    CALL_CLOSED 603 Decline
  call 2, outgoing, bob
    CALL_CLOSED 488 Not Acceptable Here
  call 3, outgoing, bob
    CALL_REDIRECT 302 to carol
    CALL_CLOSED 302 Moved Temporarily
  call 1, outgoing, nobody@127.0.0.1
    CALL_CLOSED refused
bob
  call 1, incoming, alice
    CALL_INCOMING
    CALL_CLOSED local
  call 2, incoming, alice
    CALL_CLOSED local
  call 3, incoming, alice
    CALL_CLOSED no codec
";
    assert_eq!(run.flow().text(), expected);
}

#[test]
fn an_attended_transfer() {
    let mut run = Run::of_three(30000, 1);
    run.events(
        "alice out bob 1 CALL_RINGING
        bob in alice 1 CALL_HOLD
        alice out carol 2 CALL_RINGING
        carol in alice 2 CALL_INCOMING
        carol in alice 2 CALL_ESTABLISHED
        bob out carol 3 CALL_OUTGOING
        bob in alice 1 MODULE menu,transfer,target 3
        bob in alice 1 TRANSFER <{carol}?Replaces=d9c7%3Bto-tag%3D6b66%3Bfrom-tag%3D63d0>
        carol in alice 2 CALL_HOLD
        carol in alice 2 CALL_CLOSED d9c7;to-tag=6b66;from-tag=63d0 replaced
        bob out carol 3 CALL_RINGING
        carol in bob 3 CALL_INCOMING
        alice out carol 2 CALL_CLOSED Connection reset by peer [104]
        alice out bob 1 CALL_CLOSED Call transfered
        bob in alice 1 CALL_TRANSFER_FAILED 486 Busy Here",
    );
    let expected = "\
alice
  call 1, outgoing, bob
    CALL_RINGING
    CALL_CLOSED transferred
  call 1, outgoing, carol
    CALL_RINGING
    CALL_CLOSED remote
bob
  call 1, incoming, alice
    CALL_HOLD
    CALL_TRANSFER to carol, replacing a call
    CALL_TRANSFER_FAILED 486 Busy Here
  call 1, outgoing, carol
    CALL_RINGING
carol
  call 1, incoming, alice
    CALL_INCOMING
    CALL_ESTABLISHED
    CALL_HOLD
    CALL_CLOSED replaced
  call 1, incoming, bob
    CALL_INCOMING
";
    assert_eq!(run.flow().text(), expected);
}

#[test]
fn digits_messages_and_registrations() {
    let mut run = Run::of_three(30000, 1);
    run.events(
        "bob in alice 1 CALL_DTMF_START 1
        bob in alice 1 CALL_DTMF_START #
        bob in alice 1 CALL_DTMF_END
        bob in alice 1 CALL_MENC 0,audio,RTP
        bob in alice 1 CALL_MENC 0,audio,RTCP
        bob in alice 1 CALL_MENC 0,audio,RTP",
    );
    for (name, param, body) in [
        ("REGISTER_OK", "200 OK", ""),
        ("MESSAGE", "", "hi\n{bob} \u{1b}[31m"),
        ("REGISTER_OK", "200 OK", ""),
        ("REGISTER_FAIL", "Connection refused [111]", ""),
    ] {
        let fields = if body.is_empty() { json!({}) } else { json!({"body": body, "ctype": "text/plain"}) };
        let peer = (!body.is_empty()).then(|| run.uri("alice"));
        let event = AgentEvent { name: name.into(), peer, param: param.into(), ..AgentEvent::default() };
        run.push("bob", Body::Event(AgentEvent { fields: fields.as_object().unwrap().clone(), ..event }));
    }
    let expected = "\
bob
  REGISTER_OK 200 OK
  MESSAGE alice \"hi\\n{bob} \\u{1b}[31m\"
";
    assert_eq!(run.flow().text(), expected);
    run.awaited("bob", "CALL_DTMF_START");
    run.awaited("bob", "CALL_MENC");
    let media = "  call 1, incoming, alice\n    media\n      CALL_MENC 0,audio,RTP\n      CALL_DTMF_START #\n";
    assert_eq!(run.flow().text(), format!("{expected}{media}"));
    run.directive("accept", &["register_ok", " Register_Fail"]);
    assert_eq!(run.flow().text(), "bob\n  REGISTER_OK 200 OK\n  REGISTER_FAIL Connection refused\n");
}

#[test]
fn accept_and_ignore() {
    let mut run = Run::of_three(30000, 1);
    run.events(BASIC).events("alice out bob 1 END_OF_FILE");
    run.directive("accept", &["call_ringing", "CALL_RTCP"]);
    run.directive("accept", &["Call_Local_SDP", "END_OF_FILE", "CALL_CLOSED"]);
    run.directive("ignore", &["call_closed"]);
    let expected = "\
alice
  call 1, outgoing, bob
    CALL_LOCAL_SDP offer
    CALL_RINGING
bob
  call 1, incoming, alice
    CALL_LOCAL_SDP answer
";
    assert_eq!(run.flow().text(), expected);
}

#[test]
fn what_has_no_order_is_not_ordered_by_arrival() {
    // two callers at one agent, and their messages; ringing that is reported twice, early media before it
    let lines = "
        carol in alice 1 CALL_INCOMING
        carol in bob 2 CALL_INCOMING
        carol in alice 3 CALL_INCOMING
        carol in alice 1 CALL_CLOSED 486 Busy Here
        alice out carol 1 CALL_RINGING
        alice out carol 1 CALL_PROGRESS
        alice out carol 1 CALL_RINGING";
    let message = |from: &str, run: &Run| {
        let (peer, name) = (Some(run.uri(from)), "MESSAGE".into());
        Body::Event(AgentEvent { name, peer, param: format!("from {from}"), ..AgentEvent::default() })
    };
    let mut one = Run::of_three(30000, 1);
    one.events(lines);
    let mut other = Run::of_three(20000, 2);
    other.events(
        "
        alice out carol 1 CALL_PROGRESS
        alice out carol 1 CALL_RINGING
        carol in bob 2 CALL_INCOMING
        carol in alice 1 CALL_INCOMING
        carol in alice 1 CALL_CLOSED 486 Busy Here
        carol in alice 3 CALL_INCOMING",
    );
    for (run, senders) in [(&mut one, ["alice", "bob"]), (&mut other, ["bob", "alice"])] {
        for from in senders {
            let message = message(from, run);
            run.push("carol", message);
        }
    }
    let expected = "\
alice
  call 1, outgoing, carol
    CALL_RINGING
    CALL_PROGRESS
carol
  MESSAGE alice \"from alice\"
  MESSAGE bob \"from bob\"
  call 1, incoming, alice
    CALL_INCOMING
    CALL_CLOSED 486 Busy Here
  call 2, incoming, alice
    CALL_INCOMING
  call 1, incoming, bob
    CALL_INCOMING
";
    assert_eq!(one.flow().text(), expected);
    assert_eq!(other.flow().text(), expected);
}

#[test]
fn an_agent_started_again_goes_on_with_new_calls() {
    let mut run = Run::of_three(30000, 1);
    run.events("alice out bob 1 CALL_RINGING");
    run.note("alice", Note::AgentStopping);
    run.events("alice out bob 1 CALL_CLOSED Rejected by user");
    run.start("alice");
    run.events("alice out bob 2 CALL_RINGING");
    let expected = "alice\n  call 1, outgoing, bob\n    CALL_RINGING\n  call 2, outgoing, bob\n    CALL_RINGING\n";
    assert_eq!(run.flow().text(), expected);
}

#[test]
fn a_refused_dial_is_no_call_and_an_empty_run_no_flow() {
    let mut run = Run::of_three(30000, 1);
    let to = run.command("alice", "dial nowhere");
    run.push("alice", Body::Response(Response { ok: false, data: "Invalid argument".into(), to }));
    assert_eq!(run.flow().text(), "");
    assert_eq!(run.flow().hash(), "e3b0c44298fc1c14");
}
