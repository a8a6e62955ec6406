//! Which fields each event carries, by name: the one table that checks, completion and docs/events.md read.
//!
//! It holds what the agent events of baresip 1.0 to 4.12 were seen to carry, and what the host adds.

/// A field of events, under the name that scripts use.
#[derive(Debug, PartialEq, Eq)]
pub struct Field {
    pub name: &'static str,
    /// A few words, for people.
    pub meaning: &'static str,
    carried_by: &'static [Carrier],
}

/// The events that a field belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Carrier {
    Every,
    /// The events that are about an account, and those that are about a call.
    Accounts,
    /// The events that are about a call.
    Calls,
    Only(&'static str),
}

use Carrier::{Accounts, Calls, Every, Only};

const SIP: &[Carrier] = &[Only("SIP")];
const REPORT: &[Carrier] = &[Only("AUDIO_REPORT")];
const CALLS: &[Carrier] = &[Calls];
const TONES: &[Carrier] = &[Only("HEARD_TONE"), Only("HEARD_TONE_END")];
const ENDS: &[Carrier] = &[Only("HEARD_SPEECH_END"), Only("SENT_SPEECH_END"), Only("HEARD_TONE_END")];
const ASKED: &[Carrier] = &[Only("HEARD_SILENCE"), Only("HEARD_SOUND"), Only("HEARD_PROMPT"), Only("HEARD_AGENT")];
const HEARD: &[Carrier] = &[
    Only("HEARD_AGENT"),
    Only("HEARD_DIGIT"),
    Only("HEARD_PROMPT"),
    Only("HEARD_SILENCE"),
    Only("HEARD_SOUND"),
    Only("HEARD_SPEECH"),
    Only("HEARD_SPEECH_END"),
    Only("HEARD_TONE"),
    Only("HEARD_TONE_END"),
    Only("SENT_SPEECH"),
    Only("SENT_SPEECH_END"),
];

const fn field(name: &'static str, carried_by: &'static [Carrier], meaning: &'static str) -> Field {
    Field { name, meaning, carried_by }
}

pub const FIELDS: &[Field] = &[
    field("type", &[Every], "the event's name; `SIP` for a message, `LOG` for a line of the agent's log"),
    field("time", &[Every], "when it happened: milliseconds since the epoch"),
    field("agent", &[Every], "the agent's name"),
    field("call", CALLS, "baresip's id of the call"),
    field("peer", &[Calls, Only("MESSAGE")], "the peer's URI"),
    field("direction", &[Calls, Only("SIP")], "incoming or outgoing; IN or OUT for a SIP message"),
    field("param", &[Every], "its value: why a call closed, the digit, the text of a SIP message"),
    field("accountaor", &[Accounts], "the account's address of record"),
    field("cuser", &[Accounts], "the account's contact user (4.x)"),
    field("contacturi", CALLS, "the peer's contact (4.x)"),
    field("localuri", CALLS, "the agent's own URI in this call (4.x)"),
    field("peerdisplayname", CALLS, "the peer's display name, if it has one (4.x)"),
    field("diverteruri", CALLS, "who diverted the call, if it was diverted (4.x)"),
    field("userdata", CALLS, "the value of `userdata=` in the command of the call (4.x)"),
    field("audiodir", CALLS, "the direction of the audio as negotiated: sendrecv, sendonly, … (4.x)"),
    field("localaudiodir", CALLS, "what this side offers for audio (4.x)"),
    field("remoteaudiodir", CALLS, "what the peer offers for audio (4.x)"),
    field("videodir", CALLS, "the direction of the video as negotiated (4.x)"),
    field("localvideodir", CALLS, "what this side offers for video (4.x)"),
    field("remotevideodir", CALLS, "what the peer offers for video (4.x)"),
    field(
        "rtcp_stats",
        &[Only("CALL_RTCP")],
        "a map: `rtt`, and `tx` and `rx` with `sent` (in `rx`: what came in), `lost`, `jit`",
    ),
    field("mos", &[Only("CALL_RTCP")], "an estimate of the speech quality, 1 to 4.5"),
    field("tx", REPORT, "whether audio was sent"),
    field("rx", REPORT, "whether audio was received"),
    field("protocol", REPORT, "the transport of the media: RTP/AVP, RTP/SAVP, …"),
    field("codec", REPORT, "the codec that both sides agreed on"),
    field("packets_tx", REPORT, "packets sent"),
    field("packets_rx", REPORT, "packets received"),
    field(
        "payloads_rx",
        REPORT,
        "a map: the number of RTP packets received of each payload type, including types that were not negotiated (embedded agent)",
    ),
    field("lost_tx", REPORT, "packets that the peer missed, if RTCP reported it"),
    field("lost_rx", REPORT, "packets that the agent missed, if RTCP reported it"),
    field("jitter_tx", REPORT, "microseconds, as the peer measured, if RTCP reported it"),
    field("jitter_rx", REPORT, "microseconds, as the agent measured, if RTCP reported it"),
    field("began", HEARD, "when what was heard began: milliseconds since the epoch, by the sound itself"),
    field("ended", ENDS, "when it ended, likewise"),
    field("hz", TONES, "a list of the frequencies as measured, one or two"),
    field("dbfs", &[Only("HEARD_TONE")], "the level, dBFS"),
    field(
        "delay",
        &[Only("HEARD_AGENT")],
        "milliseconds from mouth to ear, modulo 1024, where the agent sends a watermark",
    ),
    field("number", ASKED, "the await that asked for it"),
    field("ctype", &[Only("MESSAGE")], "the message's Content-Type"),
    field("body", &[Only("MESSAGE"), Only("SIP")], "the message's body"),
    field("contact", &[Only("SIPSESS_CONN"), Only("SIPSESS_FAILED")], "the caller's contact"),
    field("from", &[Only("SIP"), Only("SIPSESS_CONN"), Only("SIPSESS_FAILED")], "the header From, whole"),
    field("method", SIP, "the method; for a response, the method of its request"),
    field("status", SIP, "the code of a response"),
    field("reason", SIP, "the reason phrase of a response"),
    field("call_id", SIP, "the header Call-ID"),
    field("cseq", SIP, "the header CSeq, whole: 1 INVITE"),
    field("to", SIP, "the header To, whole"),
    field("headers", SIP, "a map of all headers: e.headers[\"Contact\"]"),
    field("src", SIP, "where it came from: address:port"),
    field("dst", SIP, "where it went: address:port"),
    field("transport", SIP, "UDP, TCP, TLS, WS or WSS"),
    field("text", &[Only("SIP"), Only("LOG")], "the whole text"),
    field("level", &[Only("LOG")], "info, warning or error"),
];

/// Events whose fields are not all known: anything may stand in them.
const OPEN: &[&str] = &["CUSTOM", "FALLBACK_FAIL", "FALLBACK_OK", "MODULE", "REFER", "VU_RX_REPORT", "VU_TX_REPORT"];

/// Events of an account that are about no call.
const OF_ACCOUNTS: &[&str] =
    &["CREATE", "MESSAGE", "MWI_NOTIFY", "REGISTERING", "REGISTER_FAIL", "REGISTER_OK", "SHUTDOWN", "UNREGISTERING"];

/// Events that are about neither.
const OF_NEITHER: &[&str] = &["EXIT", "LOG", "SIP", "SIPSESS_CONN", "SIPSESS_FAILED"];

impl Carrier {
    fn has(self, event: &str) -> bool {
        match self {
            Every => true,
            Accounts => !OF_NEITHER.contains(&event),
            Calls => !OF_NEITHER.contains(&event) && !OF_ACCOUNTS.contains(&event),
            Only(name) => name == event,
        }
    }
}

impl Field {
    /// Whether an event of that type carries it.
    pub fn is_of(&self, event: &str) -> bool {
        OPEN.contains(&event) || self.carried_by.iter().any(|carrier| carrier.has(event))
    }

    /// The events that carry it, in words: `every event`, `events of calls, MESSAGE`.
    pub fn carriers(&self) -> String {
        let word = |carrier: &Carrier| match carrier {
            Every => "every event",
            Accounts => "events of accounts and calls",
            Calls => "events of calls",
            Only(name) => name,
        };
        self.carried_by.iter().map(word).collect::<Vec<_>>().join(", ")
    }

    /// An event that carries it where not all do, for advice: `SIP`, `CALL_RTCP`, …
    pub fn carrier(&self) -> Option<&'static str> {
        self.carried_by.iter().find_map(|carrier| match carrier {
            Only(name) => Some(*name),
            _ => None,
        })
    }
}

/// The field of that name, whichever events carry it.
pub fn named(name: &str) -> Option<&'static Field> {
    FIELDS.iter().find(|field| field.name == name)
}

/// The fields that an event of that type carries (`SIP`, `LOG`, or a name of [`EVENT_NAMES`](super::EVENT_NAMES));
/// all there are where the type is not known.
pub fn of(event: Option<&str>) -> impl Iterator<Item = &'static Field> {
    FIELDS.iter().filter(move |field| event.is_none_or(|event| field.is_of(event)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::EVENT_NAMES;

    fn names(event: &str) -> Vec<&'static str> {
        of(Some(event)).map(|field| field.name).collect()
    }

    #[test]
    fn each_event_has_its_own_fields() {
        assert_eq!(names("EXIT"), ["type", "time", "agent", "param"]);
        assert_eq!(names("REGISTER_OK"), ["type", "time", "agent", "param", "accountaor", "cuser"]);
        assert_eq!(names("LOG"), ["type", "time", "agent", "param", "text", "level"]);
        assert!(names("SIP").contains(&"status") && !names("SIP").contains(&"peer"));
        assert!(names("CALL_CLOSED").contains(&"peer") && !names("CALL_CLOSED").contains(&"status"));
        assert!(names("CALL_RTCP").contains(&"mos") && names("MESSAGE").contains(&"ctype"));
        assert_eq!(names("MODULE").len(), FIELDS.len());
        assert_eq!(named("status").and_then(Field::carrier), Some("SIP"));
    }

    #[test]
    fn the_table_names_known_events_only() {
        for name in OPEN
            .iter()
            .chain(OF_ACCOUNTS)
            .chain(OF_NEITHER)
            .chain(&FIELDS.iter().filter_map(Field::carrier).collect::<Vec<_>>())
        {
            assert!(EVENT_NAMES.contains(name) || matches!(*name, "SIP" | "LOG"), "{name}");
        }
    }
}
