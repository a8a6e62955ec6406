//! Refuses, before a call, what baresip would silently ignore or misunderstand.

use super::super::refusal::refused;
use super::super::version::{Version, version_text};
use super::Account;
use crate::agent::{Kind, options};
use crate::diagnostic::nearest;
use crate::event::Ended;

const ALWAYS: Version = (0, 0, 0);

/// The parameters of an account, and the versions that have them (1.0 is the oldest that is looked at).
const PARAMETERS: [(&str, Version); 48] = [
    ("100rel", (2, 6, 0)),
    ("answermode", ALWAYS),
    ("answerdelay", ALWAYS),
    ("audio_codecs", ALWAYS),
    ("audio_player", ALWAYS),
    ("audio_source", ALWAYS),
    ("autelev_pt", (2, 0, 0)),
    ("auth_pass", ALWAYS),
    ("auth_user", ALWAYS),
    ("call_transfer", ALWAYS),
    ("catchall", (3, 11, 0)),
    ("cert", ALWAYS),
    ("check_origin", ALWAYS),
    ("dtmfmode", (1, 1, 0)),
    ("extra", ALWAYS),
    ("fbregint", (1, 1, 0)),
    ("inreq_allowed", (3, 10, 0)),
    ("input_wav", ALWAYS),
    ("mediaenc", ALWAYS),
    ("medianat", ALWAYS),
    ("mwi", ALWAYS),
    ("natpinhole", (2, 11, 0)),
    ("outbound", ALWAYS),
    ("outbound1", ALWAYS),
    ("outbound2", ALWAYS),
    ("prio", (1, 1, 0)),
    ("ptime", ALWAYS),
    ("pubint", ALWAYS),
    ("regint", ALWAYS),
    ("regq", ALWAYS),
    ("rtcp_mux", (2, 10, 0)),
    ("rwait", ALWAYS),
    ("sip_autoanswer", (1, 1, 0)),
    ("sip_autoanswer_beep", (1, 1, 0)),
    ("sip_autoredirect", (3, 3, 0)),
    ("sipnat", ALWAYS),
    ("stunpass", ALWAYS),
    ("stunserver", ALWAYS),
    ("stunuser", ALWAYS),
    ("tcpsrcport", (2, 0, 0)),
    ("uas_pass", ALWAYS),
    ("uas_user", ALWAYS),
    ("video_codecs", ALWAYS),
    ("video_display", ALWAYS),
    ("video_source", ALWAYS),
    ("wav", ALWAYS),
    ("x_headers", ALWAYS),
    ("end", ALWAYS),
];

const ANSWER_MODES: [&str; 5] = ["manual", "early", "auto", "early-audio", "early-video"];
const DTMF_MODES: [&str; 3] = ["rtpevent", "info", "auto"];
const TRANSPORTS: [&str; 5] = ["udp", "tcp", "tls", "ws", "wss"];
const TRAVERSALS: [&str; 3] = ["stun", "turn", "ice"];

/// The value of `mediaenc`, and the module that has it.
const ENCRYPTIONS: [(&str, &str); 6] = [
    ("srtp", "srtp"),
    ("srtp-mand", "srtp"),
    ("srtp-mandf", "srtp"),
    ("dtls_srtp", "dtls_srtp"),
    ("zrtp", "zrtp"),
    ("gzrtp", "gzrtp"),
];

/// A codec as `audio_codecs` takes it (name, clock rate, channels), and the module that has it.
const CODECS: [(&str, &str); 14] = [
    ("PCMU/8000/1", "g711"),
    ("PCMA/8000/1", "g711"),
    ("opus/48000/2", "opus"),
    ("G722/16000/1", "g722"),
    ("GSM/8000/1", "gsm"),
    ("G726-40/8000/1", "g726"),
    ("G726-32/8000/1", "g726"),
    ("G726-24/8000/1", "g726"),
    ("G726-16/8000/1", "g726"),
    ("L16/16000/1", "l16"),
    ("L16/8000/1", "l16"),
    ("AMR/8000/1", "amr"),
    ("AMR-WB/16000/1", "amr"),
    ("G729/8000/1", "g729"),
];

pub fn encryption_module(value: &str) -> Option<&'static str> {
    ENCRYPTIONS.iter().find(|(name, _)| *name == value).map(|(_, module)| *module)
}

fn name_of(codec: &str) -> &str {
    codec.split('/').next().unwrap_or_default().trim()
}

/// The codec that is meant: a name alone stands for its usual rate, where baresip would take 8000 Hz and find nothing.
fn codec(text: &str) -> Option<&'static (&'static str, &'static str)> {
    let text = text.trim();
    CODECS.iter().find(|(full, _)| {
        let without_channels = full.rsplit_once('/').map_or("", |(start, _)| start);
        [*full, name_of(full), without_channels].iter().any(|known| known.eq_ignore_ascii_case(text))
    })
}

pub fn codec_modules(value: &str) -> Vec<&'static str> {
    value.split(',').filter_map(|text| codec(text).map(|(_, module)| *module)).collect()
}

/// The list with every codec spelled out.
pub fn codecs(value: &str) -> String {
    let full: Vec<_> = value.split(',').map(|text| codec(text).map_or(text.trim(), |(full, _)| *full)).collect();
    full.join(",")
}

/// Without a kind of agent: what is wrong with it at any.
pub fn check(account: &Account, kind: Option<&Kind>) -> Result<(), Ended> {
    for (n, (key, value)) in account.parameters.iter().enumerate() {
        let after = n.checked_sub(1).map(|before| account.parameters[before].0.as_str());
        written(key, value.as_deref(), after)?;
        parameter(key, kind)?;
    }
    value(account, "answermode", &ANSWER_MODES)?;
    value(account, "dtmfmode", &DTMF_MODES)?;
    value(account, "medianat", &TRAVERSALS)?;
    value(account, "mediaenc", &ENCRYPTIONS.map(|(name, _)| name))?;
    if let Some(transport) = account.transport.as_deref().filter(|name| !TRANSPORTS.contains(name)) {
        let advice = format!("known are: {}", TRANSPORTS.join(" "));
        return Err(refused(format!("`{transport}` is no SIP transport"), advice));
    }
    if account.parameter("sipnat") == Some("outbound") && !account.has_proxy() {
        return Err(refused(
            "sipnat=outbound registers over the proxies that outbound= names, and there is none: nothing would be registered".into(),
            "add outbound=\"sip:proxy.example;lr\", or leave sipnat=outbound out",
        ));
    }
    if let Some(seconds) = account.parameter("regint").filter(|seconds| seconds.trim().parse::<u32>().is_err()) {
        return Err(refused(format!("regint is a number of seconds, not `{seconds}`"), "0: do not register"));
    }
    let needs = [("mediaenc", account.encryption_module()), ("medianat", account.parameter("medianat"))];
    for (key, module) in needs {
        if let (Some(module), Some(kind)) = (module, kind)
            && !kind.has(module)
        {
            return Err(lacks(&format!("{key}={}", account.parameter(key).unwrap_or_default()), module, kind));
        }
    }
    match account.parameter("audio_codecs") {
        Some(list) => list.split(',').try_for_each(|text| check_codec(text, kind)),
        None => Ok(()),
    }
}

fn lacks(what: &str, module: &str, kind: &Kind) -> Ended {
    let advice = "use another value, or an agent that has the module (`telefonist doctor` lists them)";
    refused(format!("{what} needs module {module}, which {kind} lacks"), advice)
}

fn check_codec(text: &str, kind: Option<&Kind>) -> Result<(), Ended> {
    match (codec(text), kind) {
        (Some((full, module)), Some(kind)) if !kind.has(module) => {
            Err(lacks(&format!("audio_codecs={full}"), module, kind))
        }
        (Some(_), _) => Ok(()),
        (None, _) => {
            let near = did_you_mean(name_of(text), &CODECS.map(|(full, _)| name_of(full)));
            let known = CODECS.map(|(full, _)| full).join(" ");
            Err(refused(format!("audio_codecs: `{}` is no codec", text.trim()), format!("{near}known are: {known}")))
        }
    }
}

/// What `agent(…, #{ … })` takes beside the account's parameters.
const OPTIONS: [&str; 3] = ["audio", "name", "transport"];

/// Whether an option of an agent has that name; where none has, the one that is meant.
///
/// # Errors
/// There is none; the nearest, where one is near.
pub fn option(key: &str) -> Result<(), Option<&'static str>> {
    let known = || PARAMETERS.iter().map(|(name, _)| *name).chain(OPTIONS).chain(options::NAMES);
    match known().any(|name| name.eq_ignore_ascii_case(key)) || options::is_option(key) {
        true => Ok(()),
        false => Err(nearest(key, known()).filter(|_| key.len() > 3)),
    }
}

/// What the text of a parameter can't be: a `;` ends a value that has no quotes, and a quote can't be part of one.
fn written(key: &str, value: Option<&str>, after: Option<&str>) -> Result<(), Ended> {
    let unknown = option(key).is_err();
    // a password may be meant by what stands there
    if unknown && (value.is_none() || after.is_some_and(|before| before.eq_ignore_ascii_case("auth_pass"))) {
        let near = option(key).err().flatten().map_or(String::new(), |near| format!("did you mean `{near}`? "));
        let advice = match after {
            Some(before) => format!("{near}a value with `;` in it goes into quotes: {before}=\"…;…\""),
            None => format!("{near}write a parameter as name=value"),
        };
        return Err(refused(format!("`{key}` is no account parameter"), advice));
    }
    match value {
        Some(value) if value.contains('"') => Err(refused(
            format!("the value of {key} has a double quote in it, which baresip can't be given"),
            "choose another value; quotes stand only around a value, as in auth_pass=\"a;b\"",
        )),
        _ => Ok(()),
    }
}

/// A name that is nearly a known one is a slip; one that is far from all may be of a baresip that is not known here.
fn parameter(key: &str, kind: Option<&Kind>) -> Result<(), Ended> {
    let known = PARAMETERS.iter().find(|(name, _)| name.eq_ignore_ascii_case(key));
    match (known, kind) {
        (Some((name, since)), Some(kind)) if kind.version < *since => Err(refused(
            format!("the account parameter {name} needs baresip {} or newer, this is {kind}", version_text(*since)),
            "leave it out, or use another agent (--baresip)",
        )),
        (Some(_), _) => Ok(()),
        (None, _) => match option(key) {
            Err(Some(near)) => {
                Err(refused(format!("`{key}` is no account parameter"), format!("did you mean `{near}`?")))
            }
            _ => Ok(()),
        },
    }
}

fn value(account: &Account, key: &str, known: &[&str]) -> Result<(), Ended> {
    match account.parameter(key) {
        Some(value) if !known.contains(&value) => {
            let advice = format!("{}known are: {}", did_you_mean(value, known), known.join(" "));
            Err(refused(format!("the account parameter {key} has the unknown value `{value}`"), advice))
        }
        _ => Ok(()),
    }
}

fn did_you_mean(word: &str, known: &[&str]) -> String {
    nearest(word, known.iter().copied()).map_or(String::new(), |near| format!("did you mean `{near}`? "))
}
