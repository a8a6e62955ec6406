//! What agents sent themselves, and answers that come late.

use super::*;

#[test]
fn an_agents_own_requests_and_what_became_of_them() {
    let call = "alice out bob 1 CALL_ESTABLISHED";
    let of = |messages: &[&str]| {
        let mut run = Run::of_three(30000, 1);
        run.events(call);
        for message in messages {
            run.sip("alice", message);
        }
        let flow = run.flow();
        let lines = flow.text().lines().skip(4).map(|line| line.trim().to_string());
        lines.collect::<Vec<_>>()
    };
    for (messages, expected) in [
        // a retransmission is nothing new, and neither is an answer that comes again
        (
            &[
                "OUT INVITE 2 - sendonly",
                "OUT INVITE 2 - sendonly",
                "IN INVITE 2 100 -",
                "IN INVITE 2 200=OK recvonly",
                "IN INVITE 2 200=OK inactive",
                "OUT INVITE 3 - sendrecv",
                "IN INVITE 3 488=Not_Acceptable_Here -",
            ][..],
            &["SENT_HOLD answered recvonly", "SENT_RESUME refused 488 Not Acceptable Here"][..],
        ),
        // what is tried once more counts as it came out
        (
            &[
                "OUT INVITE 2 - inactive",
                "IN INVITE 2 491=Pending -",
                "OUT INVITE 3 - inactive",
                "IN INVITE 3 200=OK -",
            ],
            &["SENT_HOLD answered without sound"],
        ),
        (&["OUT INVITE 2 - sendonly"], &["SENT_HOLD unanswered"]),
        // a refresh that is taken says nothing, one that is refused does
        (&["OUT INVITE 2 - sendrecv", "IN INVITE 2 200=OK sendrecv", "OUT UPDATE 3 - -", "IN UPDATE 3 200=OK -"], &[]),
        (&["OUT INVITE 2 - sendrecv", "IN INVITE 2 500=No -"], &["SENT_INVITE refused 500 No"]),
        (
            &["OUT BYE 4 - -", "OUT INFO 3 - -", "OUT BYE 4 - -", "IN INFO 3 415=Unsupported -"],
            &["SENT_INFO refused 415 Unsupported", "SENT_BYE unanswered"],
        ),
        (&["OUT BYE 4 - -", "IN BYE 4 481=No_such_call -"], &["SENT_BYE refused 481 No such call"]),
        (&["OUT BYE 4 - -", "IN BYE 4 200=OK -", "OUT NOTIFY 5 - -"], &[]),
        (&["OUT INVITE 1 183=Progress sendrecv", "OUT INVITE 1 183=Progress sendrecv"], &["SENT_PROGRESS"]),
        // of another dialog than the call's
        (&["OUT MESSAGE 1 - -", "IN MESSAGE 1 404=Not_Found -"], &[]),
    ] {
        assert_eq!(of(messages), expected, "{messages:?}");
    }
    let mut run = Run::of_three(30000, 1);
    run.sip("alice", "OUT MESSAGE 1 - -").sip("alice", "OUT BYE 4 - -");
    run.note("", Note::StepsDone);
    // an answer may come later, a request of then is the host's
    run.sip("alice", "IN BYE 4 200=OK -").sip("alice", "OUT INFO 9 - -");
    assert_eq!(run.flow().text(), "alice\n  SENT_MESSAGE to peer@198.51.100.7 unanswered\n");
    run.events.insert(0, directive("ignore", &["sent_message"]));
    assert_eq!(run.flow().text(), "");
}

#[test]
fn what_a_peer_refuses_because_it_has_hung_up_is_chance() {
    let mut run = Run::of_three(30000, 1);
    run.events("alice out bob 1 CALL_ESTABLISHED").sip("alice", "OUT INVITE 2 - sendonly");
    run.sip("alice", "IN BYE 1 - -").sip("alice", "IN INVITE 2 481=Gone -");
    assert_eq!(run.flow().text(), "alice\n  call 1, outgoing, bob\n    CALL_ESTABLISHED\n");
}

#[test]
fn a_text_that_is_sent_once_more_came_once() {
    let mut run = Run::of_three(30000, 1);
    let said = |run: &mut Run, times: usize| {
        for _ in 0..times {
            run.sip("alice", "IN MESSAGE 1 - -");
        }
        for _ in 0..times {
            let event = AgentEvent { name: "MESSAGE".into(), peer: Some(run.uri("bob")), ..AgentEvent::default() };
            run.push("alice", Body::Event(event));
        }
    };
    said(&mut run, 3);
    assert_eq!(run.flow().text(), "alice\n  MESSAGE bob \"\"\n");
}

#[test]
fn a_call_that_is_given_up_while_its_ringing_is_under_way_has_rung() {
    let flow = |late: bool| {
        let mut run = Run::of_three(30000, 1);
        run.events("alice out bob 1 CALL_OUTGOING");
        if !late {
            run.sip("alice", "IN INVITE 1 180 -").events("alice out bob 1 CALL_RINGING");
        }
        run.events("alice out bob 1 CALL_CLOSED Rejected by user");
        if late {
            run.note("", Note::StepsDone);
            run.sip("alice", "IN INVITE 1 180 -");
        }
        run.flow()
    };
    assert_eq!(flow(false).text(), "alice\n  call 1, outgoing, bob\n    CALL_RINGING\n    CALL_CLOSED local\n");
    assert_eq!(flow(true), flow(false));
}
