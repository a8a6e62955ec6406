//! What a call sounded like: figures by direction, and in a line.

use super::Call;
use crate::audio::emodel::{Connection, PACKET_DELAY, rate_connection};
use crate::audio::impairments::codec_impairments;
use crate::event::{CallSound, TrackSound};
use serde_json::{Value, json};

/// The figures as scripts, validations and the REST API have them: every name is always there, `null` where the record does not say.
pub fn audio_figures(call: &Call) -> Value {
    let audio = &call.audio;
    let nothing = CallSound::default();
    let sound = audio.sound.as_deref().unwrap_or(&nothing);
    let mut not_analysed = sound.not_analysed.clone();
    if sound.received.is_none() {
        not_analysed.push("there is no recording of what was received".into());
    }
    let pair = |pair: Option<(f64, f64)>| (pair.map(|(sent, _)| sent), pair.map(|(_, received)| received));
    let (packets, lost, jitter) = (pair(audio.packets), pair(audio.lost), pair(audio.jitter));
    let known = |text: &str| Some(text.to_string()).filter(|text| !text.is_empty());
    let mut sent = direction(sound.sent.as_ref(), [packets.0, lost.0, jitter.0]);
    let mut received = direction(sound.received.as_ref(), [packets.1, lost.1, jitter.1]);
    let delay = sound.heard.iter().find_map(|one| one.delay);
    sent["codec"] = json!(known(&audio.codec));
    received["codec"] = json!(known(&audio.codec));
    received["delay"] = json!(delay);
    received["mos"] = json!(mos_by_emodel(call, delay));
    received["payload_types"] = json!(audio.payload_types);
    // baresip does not say which packets came too late
    received["late"] = Value::Null;
    json!({
        "sent": sent,
        "received": received,
        "heard": sound.heard.iter().map(|one| one.agent.as_str()).collect::<Vec<_>>(),
        "not_analysed": not_analysed,
    })
}

fn direction(track: Option<&TrackSound>, [packets, lost, jitter]: [Option<f64>; 3]) -> Value {
    let levels = track.and_then(|track| track.levels);
    let gaps = |of: fn(&TrackSound) -> &Vec<(f64, f64)>| {
        let gap = |(from, to): &(f64, f64)| json!({ "from": from, "length": ((to - from) * 10.0).round() / 10.0 });
        track.map(|track| of(track).iter().map(gap).collect::<Vec<_>>())
    };
    let count = |count: Option<f64>| count.map(|count| count as i64);
    json!({
        "seconds": track.map(|track| track.seconds),
        "heard": track.map(|track| track.heard),
        "level": levels.map(|levels| levels.active),
        "rms": levels.map(|levels| levels.rms),
        "peak": levels.map(|levels| levels.peak),
        "floor": levels.map(|levels| levels.floor),
        "clipping": levels.map(|levels| levels.clipped),
        "gaps": gaps(|track| &track.gaps),
        "missing": gaps(|track| &track.missing),
        "packets": count(packets),
        "lost": count(lost),
        "jitter": jitter,
    })
}

/// The score to expect of what was received, for codecs that G.113 has and where the loss is known: 1.0 to 4.4.
pub fn mos_by_emodel(call: &Call, delay: Option<f64>) -> Option<f64> {
    let audio = &call.audio;
    let codec = codec_impairments(&audio.codec).next()?;
    let lost = audio.lost?.1.max(0.0);
    let came = audio.packets?.1;
    // what was measured has the receiver's jitter buffer in it; twice the jitter is a usual one
    let jitter = audio.jitter.map_or(0.0, |(_, received)| received.max(0.0));
    let one_way = delay.unwrap_or_else(|| audio.rtt.unwrap_or(0.0) / 2.0 + 2.0 * jitter).max(0.0);
    let bpl = codec.bpl.unwrap_or(Connection::default().bpl);
    let ppl = 100.0 * lost / (came + lost).max(1.0);
    let connection = Connection { ie: codec.ie, bpl, ppl, ..Connection::default() };
    Some(rate_connection(&connection.with_delay(one_way + PACKET_DELAY)).shown_mos())
}

/// `alice; -23 dBFS, 62 % of the time, 2 gaps of up to 1.2 s, 12 ms late`, or that it was silent.
pub fn heard_line(sound: &CallSound) -> String {
    let Some(track) = &sound.received else { return "nothing was recorded".into() };
    let Some(levels) = track.levels else { return format!("only silence for {:.1} s", track.seconds) };
    let names: Vec<&str> = sound.heard.iter().map(|one| one.agent.as_str()).collect();
    let who = if names.is_empty() { "a sound".to_string() } else { names.join(" and ") };
    let longest = track.gaps.iter().map(|(from, to)| to - from).fold(0.0, f64::max);
    let gaps = match track.gaps.len() {
        0 => String::new(),
        1 => format!(", a gap of {:.1} s", longest / 1000.0),
        count => format!(", {count} gaps of up to {:.1} s", longest / 1000.0),
    };
    let late = sound.heard.iter().find_map(|one| one.delay);
    let late = late.map(|delay| format!(", {:.0} ms late", delay.max(0.0))).unwrap_or_default();
    let clipped = if levels.clipped > 1.0 { ", clipped" } else { "" };
    format!("{who}; {:.0} dBFS, {:.0} % of the time{clipped}{gaps}{late}", levels.active, track.heard * 100.0)
}

/// A line for what the agent received in a call, for a result; none of a call without sound either way.
pub fn call_line(call: &Call) -> Option<String> {
    let sound = call.audio.sound.as_deref()?;
    let sounds = |track: &Option<TrackSound>| track.as_ref().is_some_and(|track| track.levels.is_some());
    if !sounds(&sound.received) && !sounds(&sound.sent) {
        return None;
    }
    let delay = sound.heard.iter().find_map(|one| one.delay);
    let mos = mos_by_emodel(call, delay).map(|mos| format!(", MOS {mos:.2} by the E-model")).unwrap_or_default();
    Some(format!("{} heard in call {}: {}{mos}", call.agent, call.number, heard_line(sound)))
}
