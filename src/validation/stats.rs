//! A call's figures as validations see them: every name is always there, `null` (in Rhai `()`) where the record does not say.

use crate::calls::{Audio, Call, audio_figures};
use serde_json::{Value, json};

pub fn stats(call: &Call) -> Value {
    let Audio { codec, protocol, packets, lost, jitter, rtt, mos, .. } = &call.audio;
    let known = |text: &str| Some(text.to_string()).filter(|text| !text.is_empty());
    let sent = |pair: &Option<(f64, f64)>| pair.map(|(sent, _)| number(sent));
    let received = |pair: &Option<(f64, f64)>| pair.map(|(_, received)| number(received));
    json!({
        "agent": &*call.agent,
        "number": call.number,
        "peer": known(&call.peer),
        "direction": known(&call.direction),
        "begun": call.begun,
        "established": call.established.is_some(),
        "post_dial_delay": call.post_dial_delay(),
        "ring_time": call.rang(),
        "duration": call.talked(),
        "closed_by": call.why.as_ref().map(|why| why.by.to_string()),
        "closed_reason": call.why.as_ref().map(|why| why.text.as_str()),
        "codec": known(codec),
        "protocol": known(protocol),
        "packets_sent": sent(packets),
        "packets_received": received(packets),
        "lost_sent": sent(lost),
        "lost_received": received(lost),
        "jitter_sent": jitter.map(|(sent, _)| sent),
        "jitter_received": jitter.map(|(_, received)| received),
        "rtt": rtt,
        "mos": mos,
        "audio": audio_figures(call),
    })
}

/// Counts are whole numbers, in Rhai too.
fn number(count: f64) -> Value {
    if count.fract() == 0.0 && count.abs() < 1e15 { (count as i64).into() } else { count.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::figures;
    use std::collections::BTreeSet;

    #[test]
    fn checks_know_every_figure() {
        let Value::Object(told) = stats(&Call::default()) else { panic!("no map") };
        let given: BTreeSet<_> = told.keys().map(String::as_str).collect();
        assert_eq!(given, figures().collect());
    }
}
