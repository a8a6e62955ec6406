//! AUDIO_REPORT: what went through a call's audio stream, in one event when the call closes, whatever the agent.

use crate::event::AgentEvent;
use crate::sip::sdp::Negotiated;
use serde_json::{Map, Value};

/// A direction that had no more packets than that counts as silent.
const FEW_PACKETS: u64 = 10;

/// One audio stream of a closed call, in numbers. `tx` is what the agent sent, `rx` what it received.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AudioReport {
    /// baresip's id of the call, where it is known.
    pub call: Option<String>,
    /// The peer's URI.
    pub peer: String,
    pub negotiated: Negotiated,
    pub packets_tx: u64,
    pub packets_rx: u64,
    /// How many packets came of each payload type, where the agent says it.
    pub payloads_rx: Option<Map<String, Value>>,
    /// From RTCP; none where there was none.
    pub rtcp: Option<Rtcp>,
}

/// What the last RTCP reports said; `tx` is what the peer reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rtcp {
    /// Packets; may be negative when some came twice (RFC 3550 section 6.4.1).
    pub lost_tx: i64,
    pub lost_rx: i64,
    /// Microseconds.
    pub jitter_tx: i64,
    pub jitter_rx: i64,
}

impl AudioReport {
    /// The JSON that our own module in the embedded agent sends.
    pub fn parse(json: &str) -> Option<AudioReport> {
        let object: Map<String, Value> = serde_json::from_str(json).ok()?;
        let text = |key| object.get(key).and_then(Value::as_str).unwrap_or("").to_string();
        let number = |key| object.get(key).and_then(Value::as_i64);
        let count = |key| number(key).and_then(|n| u64::try_from(n).ok());
        let rtcp = number("lost_tx").zip(number("lost_rx")).map(|(lost_tx, lost_rx)| Rtcp {
            lost_tx,
            lost_rx,
            jitter_tx: number("jitter_tx").unwrap_or(0),
            jitter_rx: number("jitter_rx").unwrap_or(0),
        });
        Some(AudioReport {
            call: Some(text("id")).filter(|id| !id.is_empty()),
            peer: text("peer"),
            negotiated: Negotiated { protocol: text("proto"), codec: text("codec") },
            packets_tx: count("tx")?,
            packets_rx: count("rx")?,
            payloads_rx: object.get("received").and_then(Value::as_object).cloned(),
            rtcp,
        })
    }

    /// The event. Its `param` is what a person wants to read and a flow compares: `tx rx RTP/AVP PCMU`, or `none …`
    /// where nothing went either way.
    pub fn event(self, direction: Option<String>, account: Option<Value>) -> AgentEvent {
        let (tx, rx) = (self.packets_tx > FEW_PACKETS, self.packets_rx > FEW_PACKETS);
        let ways = match (tx, rx) {
            (true, true) => "tx rx",
            (true, false) => "tx",
            (false, true) => "rx",
            (false, false) => "none",
        };
        let Negotiated { protocol, codec } = self.negotiated;
        let param = format!("{ways} {protocol} {codec}");
        let mut fields = Map::new();
        let mut add = |key: &str, value: Value| fields.insert(key.to_string(), value);
        if let Some(account) = account {
            add("accountaor", account);
        }
        add("tx", tx.into());
        add("rx", rx.into());
        add("protocol", protocol.into());
        add("codec", codec.into());
        add("packets_tx", self.packets_tx.into());
        add("packets_rx", self.packets_rx.into());
        if let Some(payloads) = self.payloads_rx {
            add("payloads_rx", payloads.into());
        }
        if let Some(rtcp) = self.rtcp {
            add("lost_tx", rtcp.lost_tx.into());
            add("lost_rx", rtcp.lost_rx.into());
            add("jitter_tx", rtcp.jitter_tx.into());
            add("jitter_rx", rtcp.jitter_rx.into());
        }
        AgentEvent {
            name: "AUDIO_REPORT".to_string(),
            call: self.call,
            direction,
            peer: Some(self.peer).filter(|peer| !peer.is_empty()),
            param: param.trim_end().to_string(),
            fields,
        }
    }
}
