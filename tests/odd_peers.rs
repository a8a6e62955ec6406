//! Against a peer that behaves as few do: what the program says of a call is what was on the wire.

use crate::support::Telefonist;
use crate::support::odd_peer::{OddPeer, Received};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;

/// A test `call.rhai` beside a peer, whose address is its PEER.
fn with(peer: &OddPeer, script: &str) -> Telefonist {
    let test = Telefonist::new("run call.rhai --define").argument(format!("PEER={}", peer.address()));
    let begin =
        "let alice = agent(\"alice\", #{ audio: \"alice.wav\" });\nlet peer = \"sip:peer@\" + param(\"PEER\");\n";
    test.file("call.rhai", &format!("{begin}{script}"))
}

/// RTP of PCMU, one packet of 20 ms.
fn packet(sequence: u16) -> Vec<u8> {
    let mut packet = vec![0x80, 0];
    packet.extend(sequence.to_be_bytes());
    packet.extend((u32::from(sequence) * 160).to_be_bytes());
    packet.extend(SOURCE.to_be_bytes());
    packet.resize(172, 0xff);
    packet
}

const SOURCE: u32 = 7;

/// A sender report, by which three packets were lost on the way here (RFC 3550 section 6.4.1).
fn sender_report(packets: u32) -> Vec<u8> {
    let words = [0x81c8_000c, SOURCE, 0, 0, 0, packets, packets * 160, 0, 3, 120, 0, 0, 0];
    words.iter().flat_map(|word: &u32| word.to_be_bytes()).collect()
}

fn answer(peer: &OddPeer) -> (Received, SocketAddr) {
    let invite = peer.receive("INVITE");
    let media = invite.media();
    peer.respond(&invite, "200 OK", "a", &peer.sdp());
    peer.receive("ACK");
    (invite, media)
}

#[test]
fn packets_that_came_and_packets_that_were_lost_are_counted_apart() {
    let peer = OddPeer::new();
    let test = with(
        &peer,
        "import \"std/stats\" as stats;\nalice.dial(peer);\nawait alice.established() within 20s;\n\
         let heard = stats::next_report(alice);\nprint(`heard: ${heard}`);\n\
         assert(heard.lost > 20 && heard.received >= heard.lost, `${heard}`);\n\
         assert(heard.loss > 0.3 && heard.loss <= 0.5, `loss ${heard.loss}`);\n\
         alice.hangup();\nlet report = await alice.event(\"AUDIO_REPORT\") within 20s;\n\
         assert(report.lost_tx == 3 && report.lost_rx == heard.lost, `${report.lost_tx}, ${report.lost_rx}`);\n",
    );
    thread::scope(|scope| {
        scope.spawn(|| {
            let (_, media) = answer(&peer);
            // at the pace of what it hears; from the twentieth on, every second one is lost
            for sequence in 1..=120 {
                peer.rtp.recv_from(&mut [0; 2000]).expect("RTP");
                if sequence < 20 || sequence % 2 == 0 {
                    peer.rtp.send_to(&packet(sequence), media).expect("RTP is sent");
                }
            }
            let rtcp = SocketAddr::new(media.ip(), media.port() + 1);
            peer.rtcp.send_to(&sender_report(70), rtcp).expect("RTCP is sent");
            peer.respond(&peer.receive("BYE"), "200 OK", "a", "");
        });
        test.run().exits(0);
    });
}

#[test]
fn without_rtcp_of_the_peer_nobody_knows_of_lost_packets() {
    let peer = OddPeer::new();
    let test = with(
        &peer,
        "alice.dial(peer);\nawait alice.established() within 20s;\nalice.hangup();\n\
         let report = await alice.event(\"AUDIO_REPORT\") within 20s;\n\
         assert(report.packets_rx == 0, `received ${report.packets_rx}`);\n\
         assert(report.lost_tx == () && report.lost_rx == () && report.jitter_rx == (), `lost ${report.lost_tx}`);\n",
    );
    thread::scope(|scope| {
        scope.spawn(|| {
            answer(&peer);
            peer.respond(&peer.receive("BYE"), "200 OK", "a", "");
        });
        test.run().exits(0);
    });
}

/// Where the agent is: it asks the peer for its options first.
fn agent_of(peer: &OddPeer) -> SocketAddr {
    let options = peer.receive("OPTIONS");
    peer.respond(&options, "200 OK", "a", "");
    options.from
}

#[test]
fn an_answer_that_nobody_acknowledges_is_told() {
    let peer = OddPeer::new();
    let test = with(
        &peer,
        "alice.options(peer);\nawait alice.event(\"CALL_INCOMING\") within 20s;\nalice.accept();\n\
         await alice.sip(200, \"INVITE\").sent().count(2) within 20s;\n\
         await alice.established() within 10ms;\n",
    );
    thread::scope(|scope| {
        scope.spawn(|| {
            let agent = agent_of(&peer);
            peer.request("INVITE", "c1", "Content-Type: application/sdp\r\n", &peer.sdp(), agent);
        });
        let done = test.run().exits(1).says("call to alice was answered, and no ACK came");
        done.says("200 Answering sent 2 times").says("ACK has to go to sip:alice@127.0.0.1:");
    });
}

#[test]
fn phones_that_ring_for_one_call_are_told_apart() {
    let peer = OddPeer::new();
    let test = with(&peer, "alice.dial(peer);\nawait alice.closed() within 20s;\nfail(\"to see why\");\n");
    thread::scope(|scope| {
        scope.spawn(|| {
            let invite = peer.receive("INVITE");
            for (status, tag) in [("180 Ringing", "one"), ("180 Ringing", "two"), ("486 Busy Here", "two")] {
                peer.respond(&invite, status, tag, "");
            }
        });
        let done = test.run().exits(1).says("180 Ringing, To tag one").says("180 Ringing, To tag two");
        done.says("486 Busy Here, To tag two").never_says("2 times");
    });
}

#[test]
fn what_an_agent_can_not_read_as_sip_is_told() {
    let peer = OddPeer::new();
    let test =
        with(&peer, "alice.options(peer);\nawait alice.log(\"msg decode err\") within 20s;\nfail(\"to see why\");\n");
    thread::scope(|scope| {
        scope.spawn(|| {
            let agent = agent_of(&peer);
            peer.send("is there anybody?\r\n\r\n", agent);
        });
        let done = test.run().exits(1).says("SIP at alice that can't be read");
        done.says("once, the first time at").says("a capture on the wire does");
    });
    test.then("ladder last").exits(0).says("SIP that can't be read: it is not here");
}

#[test]
fn a_refusal_of_an_agent_is_told_with_what_it_says_of_it() {
    let peer = OddPeer::new();
    let test = with(&peer, "alice.options(peer);\nawait alice.event(\"CALL_INCOMING\") within 2s;\n");
    thread::scope(|scope| {
        scope.spawn(|| {
            let agent = agent_of(&peer);
            let parts = format!("--x\r\nContent-Type: application/sdp\r\n\r\n{}--x--\r\n", peer.sdp());
            peer.request("INVITE", "c1", "Content-Type: multipart/mixed;boundary=x\r\n", &parts, agent);
        });
        let done = test.run().exits(1).says("call to alice was refused: 500 Call Error from alice");
        done.says("alice's log: menu: could not accept incoming call").says("INVITE with SDP");
    });
    test.then("ladder last").exits(0).says("INVITE (SDP)");
}

#[test]
fn a_response_over_a_connection_goes_back_over_it() {
    let peer = OddPeer::new();
    let test = with(&peer, "alice.options(peer);\nawait alice.sip(200).sent() within 20s;\n");
    let from = thread::scope(|scope| {
        let client = scope.spawn(|| {
            let agent = agent_of(&peer);
            let mut stream = TcpStream::connect(agent).expect("the agent listens");
            // as clients do that listen at another port
            let request = format!(
                "OPTIONS sip:alice@{agent} SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1:5999;branch=z9hG4bKt\r\nMax-Forwards: 70\r\n\
                 From: <sip:peer@127.0.0.1>;tag=t\r\nTo: <sip:alice@{agent}>\r\nCall-ID: t\r\nCSeq: 1 OPTIONS\r\n\
                 Content-Length: 0\r\n\r\n"
            );
            stream.write_all(request.as_bytes()).expect("it is sent");
            let count = stream.read(&mut [0; 2000]).expect("an answer");
            assert!(count > 0);
            stream.local_addr().expect("an address").to_string()
        });
        test.run().exits(0);
        client.join().expect("the client ends")
    });
    let events = test.events();
    let sip = events.iter().filter(|event| event["kind"] == "sip" && event["transport"] == "TCP");
    let ends: Vec<_> = sip.map(|sip| (sip["src"].as_str().unwrap(), sip["dst"].as_str().unwrap())).collect();
    assert_eq!(ends.len(), 2, "{ends:?}");
    assert_eq!((ends[0].0, ends[1].1), (from.as_str(), from.as_str()));
    assert_eq!(ends[0].1, ends[1].0);
}
