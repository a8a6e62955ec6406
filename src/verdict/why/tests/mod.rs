//! Each topic, with events as agents send them, and any events at all.

mod bounds;
mod faults;
mod refusals;
mod silences;

use super::Evidence;
use super::case::Question;
use crate::event::{AgentEvent, At, Body, Command, Ended, Event, LogLine, Note, SipEvent, Time};
use crate::flow::Flow;
use crate::sip::Message;
use crate::verdict::{Finding, Reason, Status, Verdict};
use serde_json::{Map, Value, json};

pub const ALICE: &str = "127.0.0.1:5060";
pub const BOB: &str = "127.0.0.1:5062";
pub const PROXY: &str = "192.0.2.9:5060";

pub const OFFER: &str =
    "v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio 10000 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n";

/// A run as it goes on, an event each 10 ms.
pub struct Story {
    pub events: Vec<Event>,
    time: Time,
}

impl Story {
    /// Alice and bob, both without a registrar.
    pub fn new() -> Story {
        let mut story = Story { events: vec![], time: Time(1_000_000.0) };
        for (name, address) in [("alice", ALICE), ("bob", BOB)] {
            story.started(name, &format!("sip:{name}@127.0.0.1"), address, true);
        }
        story
    }

    pub fn push(&mut self, agent: &str, body: Body) -> &mut Story {
        let agent = (!agent.is_empty()).then(|| agent.into());
        self.events.push(Event { n: self.events.len() as u64, time: self.time, agent, body });
        self.time += 10.0;
        self
    }

    pub fn started(&mut self, name: &str, aor: &str, address: &str, local: bool) -> &mut Story {
        let (aor, address, baresip) = (aor.to_string(), address.to_string(), "baresip 4.12.0".to_string());
        self.push(name, Body::Note(Note::AgentStarting { aor, address, local, baresip }))
    }

    pub fn waits(&mut self, milliseconds: f64) -> &mut Story {
        self.time += milliseconds;
        self
    }

    pub fn command(&mut self, agent: &str, text: &str) -> &mut Story {
        let at = At { source: "call".into(), line: 7, column: 1 };
        self.push(agent, Body::Command(Command { text: text.into(), at: Some(at) }))
    }

    pub fn log(&mut self, agent: &str, level: &str, text: &str) -> &mut Story {
        self.push(agent, Body::Log(LogLine { level: level.into(), text: text.into() }))
    }

    pub fn says(&mut self, agent: &str, name: &str, call: &str, param: &str, fields: Value) -> &mut Story {
        let fields: Map<String, Value> = fields.as_object().cloned().unwrap_or_default();
        let call = (!call.is_empty()).then(|| call.to_string());
        let direction = Some("outgoing".to_string());
        let peer = Some("sip:bob@127.0.0.1:5062".to_string());
        let event = AgentEvent { name: name.into(), call, direction, peer, param: param.into(), fields };
        self.push(agent, Body::Event(event))
    }

    /// A message of alice's call `c1` to bob, seen at `agent`: start line, CSeq, then headers, an empty line and a body as wanted.
    pub fn sip(&mut self, agent: &str, src: &str, dst: &str, start: &str, cseq: &str, more: &str) -> &mut Story {
        self.sip_of("c1", agent, src, dst, start, cseq, more)
    }

    #[allow(clippy::too_many_arguments)]
    pub fn sip_of(
        &mut self,
        call_id: &str,
        agent: &str,
        src: &str,
        dst: &str,
        start: &str,
        cseq: &str,
        more: &str,
    ) -> &mut Story {
        let more = if more.contains("\r\n\r\n") { more.to_string() } else { format!("{more}\r\n") };
        let within = start.starts_with("SIP/2.0") || ["ACK", "BYE"].iter().any(|method| start.starts_with(method));
        let tag = if within { ";tag=2" } else { "" };
        let makes_dialog = start.starts_with("INVITE") || start.starts_with("SIP/2.0 2") && cseq.ends_with("INVITE");
        let contact = if makes_dialog && !more.contains("Contact:") {
            format!("Contact: <sip:bob@{BOB}>\r\n")
        } else {
            String::new()
        };
        let text = format!(
            "{start}\r\nVia: SIP/2.0/UDP {ALICE};branch=z9hG4bK{call_id}{}\r\nFrom: <sip:alice@{ALICE}>;tag=1\r\n\
             To: <sip:bob@{BOB}>{tag}\r\n{contact}Call-ID: {call_id}\r\nCSeq: {cseq}\r\n{more}",
            cseq.split(' ').next().unwrap_or_default()
        );
        let own = if agent == "alice" { ALICE } else { BOB };
        self.push(agent, Body::Sip(Box::new(sip_event(&text, if src == own { "OUT" } else { "IN" }, src, dst))))
    }

    /// Alice calls bob, as alice sees it.
    pub fn invites(&mut self) -> &mut Story {
        self.sip("alice", ALICE, BOB, "INVITE sip:bob@127.0.0.1:5062 SIP/2.0", "1 INVITE", &format!("\r\n{OFFER}"))
    }

    /// Bob answers, as alice sees it.
    pub fn answered(&mut self, answer: &str) -> &mut Story {
        self.invites().sip("alice", BOB, ALICE, "SIP/2.0 200 OK", "1 INVITE", &format!("\r\n{answer}"));
        self.sip("alice", ALICE, BOB, "ACK sip:bob@127.0.0.1:5062 SIP/2.0", "1 ACK", "")
    }

    pub fn stops(&mut self) -> &mut Story {
        self.push("", Body::Note(Note::StepsDone)).push("", Body::Note(Note::Ended(Ended::failed("x"))))
    }

    pub fn findings(&self, status: Status, reason: &str) -> Vec<Finding> {
        let mut evidence = Evidence::new(Time(1_000_000.0));
        self.events.iter().for_each(|event| evidence.event(event));
        findings(&evidence, &verdict(status, reason), &Flow::of(&self.events[..]).unwrap(), None)
    }

    /// The explanation when alice's await failed: each finding's subject and lines.
    pub fn told(&self, awaited: &str) -> String {
        text(&self.findings(Status::Fail, &format!("no {awaited} within 1 s")))
    }
}

pub fn sip_event(text: &str, direction: &str, src: &str, dst: &str) -> SipEvent {
    let message = Message::parse(text.as_bytes()).expect("a SIP message");
    SipEvent {
        direction: direction.into(),
        transport: "UDP".into(),
        src: src.into(),
        dst: dst.into(),
        method: message.method().into(),
        status: message.status(),
        reason: message.reason().map(String::from),
        call_id: message.call_id().into(),
        cseq: message.header("CSeq").unwrap_or_default().into(),
        from: message.from().into(),
        to: message.to().into(),
        headers: message.headers().to_vec(),
        body: message.body.clone(),
        param: text.into(),
        on_wire: None,
    }
}

pub fn verdict(status: Status, reason: &str) -> Verdict {
    let reasons = vec![Reason::new(reason)];
    Verdict { status, reasons, hash: String::new(), expected: None, warnings: vec![], findings: vec![], heard: vec![] }
}

pub fn findings(evidence: &Evidence, verdict: &Verdict, flow: &Flow, baseline: Option<&str>) -> Vec<Finding> {
    let found = evidence.found(&Question::of(evidence, verdict), verdict, flow, baseline);
    found.into_iter().map(|(_, finding)| finding).collect()
}

pub fn text(findings: &[Finding]) -> String {
    let lines = |finding: &Finding| {
        let lines: String = finding.lines.iter().map(|line| format!("  {line}\n")).collect();
        format!("{}\n{lines}", finding.about)
    };
    findings.iter().map(lines).collect()
}

#[track_caller]
pub fn has(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "`{part}` is missing in:\n{text}");
    }
}

#[test]
fn what_passed_or_is_wrong_in_the_script_has_no_findings() {
    let mut story = Story::new();
    story.invites().sip("alice", BOB, ALICE, "SIP/2.0 486 Busy Here", "1 INVITE", "").stops();
    assert_eq!(story.findings(Status::Pass, ""), []);
    assert_eq!(story.findings(Status::Skipped, ""), []);
    assert_eq!(story.findings(Status::Error, "function not found: dail"), []);
    // a check that names no agent: only what went wrong may be its cause
    let told = text(&story.findings(Status::Fail, "slow to answer"));
    assert!(told.starts_with("alice's call to bob was refused: 486 Busy Here from bob\n"), "{told}");
    let mut fine = Story::new();
    fine.answered(OFFER).stops();
    assert_eq!(fine.findings(Status::Fail, "slow to answer"), []);
    assert!(text(&fine.findings(Status::Fail, "no X at alice within 1 s")).starts_with("the last SIP exchange"));
}

#[test]
fn the_call_in_question_is_the_one_that_the_reasons_name() {
    let mut story = Story::new();
    story.invites().sip("alice", BOB, ALICE, "SIP/2.0 486 Busy Here", "1 INVITE", "");
    let invite = "INVITE sip:bob@127.0.0.1:5062 SIP/2.0";
    story.sip_of("c2", "alice", ALICE, BOB, invite, "9 INVITE", "");
    story.sip_of("c2", "alice", BOB, ALICE, "SIP/2.0 600 Busy Everywhere", "9 INVITE", "");
    has(&story.told("CALL_ESTABLISHED at alice"), &["was refused: 600 Busy Everywhere"]);
    let differs = "the flow is not the expected one: `CALL_ESTABLISHED` is missing (alice, call 1, outgoing, bob)";
    let told = text(&story.findings(Status::Fail, differs));
    has(&told, &["was refused: 486 Busy Here"]);
    assert!(!told.contains("600"), "{told}");
    // a call for somebody else that came meanwhile is not it
    story.sip_of("c3", "alice", PROXY, ALICE, "INVITE sip:x@h SIP/2.0", "9 INVITE", "");
    story.sip_of("c3", "alice", ALICE, PROXY, "SIP/2.0 404 Not Found", "9 INVITE", "");
    has(&story.told("CALL_ESTABLISHED at alice"), &["was refused: 600 Busy Everywhere"]);
    // bob never had it: what alice sent is shown, once
    let told = story.told("CALL_INCOMING at bob");
    assert_eq!(told.matches("was refused").count(), 1, "{told}");
}

#[test]
fn the_first_difference_is_told_where_the_verdict_shows_none() {
    let mut story = Story::new();
    story.says("alice", "CALL_RINGING", "c1", "", json!({})).stops();
    let mut evidence = Evidence::new(Time(1_000_000.0));
    story.events.iter().for_each(|event| evidence.event(event));
    let flow = Flow::of(&story.events[..]).unwrap();
    let baseline = "alice\n  call 1, outgoing, bob\n    CALL_PROGRESS\n";
    let failed = verdict(Status::Fail, "no CALL_ESTABLISHED at alice within 1 s");
    let told = text(&findings(&evidence, &failed, &flow, Some(baseline)));
    let expected = "the first difference from the last run that passed\n  \
        instead of `CALL_PROGRESS` came `CALL_RINGING` (alice, call 1, outgoing, bob)\n";
    assert_eq!(told, expected);
    // the test broke off before its hang-up
    let longer = "alice\n  call 1, outgoing, bob\n    CALL_RINGING\n    CALL_CLOSED local\n";
    assert_eq!(text(&findings(&evidence, &failed, &flow, Some(longer))), "");
    let mut shown = failed.clone();
    shown.reasons[0].diff = Some("- x\n".into());
    assert_eq!(findings(&evidence, &shown, &flow, Some(baseline)), []);
    assert_eq!(findings(&evidence, &failed, &flow, Some(flow.text())), []);
}

#[test]
fn the_reason_of_a_wait_begins_with_the_cause() {
    let explained = |story: &Story, reason: &str| {
        let mut evidence = Evidence::new(Time(1_000_000.0));
        story.events.iter().for_each(|event| evidence.event(event));
        let mut failed = verdict(Status::Fail, reason);
        failed.reasons[0].details = vec!["alice had only CALL_RINGING".into()];
        evidence.explain(&mut failed, &Flow::of(&story.events[..]).unwrap(), None);
        failed
    };
    let mut story = Story::new();
    story.invites().sip("alice", BOB, ALICE, "SIP/2.0 486 Busy Here", "1 INVITE", "").stops();
    let awaited = "no CALL_ESTABLISHED at alice within 1 s";
    let told = explained(&story, awaited);
    assert_eq!(told.reasons[0].message, "alice's call to bob was refused: 486 Busy Here from bob");
    assert_eq!(told.reasons[0].details, [awaited, "the callee is busy", "alice had only CALL_RINGING"]);
    assert!(text(&told.findings).starts_with("the last SIP exchange of alice's call to bob\n"), "{told:?}");
    // a check that failed says itself what it is about
    let checked = explained(&story, "slow to answer (alice, call 1)");
    assert_eq!(checked.reasons[0].message, "slow to answer (alice, call 1)");
    assert!(text(&checked.findings).starts_with("alice's call to bob was refused"), "{checked:?}");
    let mut fine = Story::new();
    fine.answered(OFFER).stops();
    assert_eq!(explained(&fine, "no X at alice within 1 s").reasons[0].message, "no X at alice within 1 s");
}
