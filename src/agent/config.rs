//! An agent's configuration, written for its version of baresip.
//!
//! The first occurrence of a key wins in every version; modules load in order; ctrl_tcp comes last, so that everything else is up
//! when its port opens.

use super::account::{Account, Source};
use super::asked::Asked;
use super::certificate::Certificate;
use super::listening::ask::ListenAsk;
use super::listening::{LISTENER, SETUP};
use super::ports::Lease;
use super::sound::Format;
use super::trust::{self, Trust};
use super::version::Version;
use super::{Kind, Settings, interface, sound};
use crate::audio::pilot::pilot_seed;
use crate::event::Ended;
use std::fmt::Write;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Everything that the configuration depends on.
pub struct Plan<'a> {
    pub settings: &'a Settings,
    pub asked: Asked,
    pub kind: &'a Kind,
    pub account: &'a Account,
    /// What the run calls it.
    pub name: &'a str,
    /// What it sends.
    pub source: &'a Source,
    /// Where SIP and RTP live.
    pub interface: IpAddr,
    pub lease: &'a Lease,
    pub certificate: &'a Certificate,
    /// The agent's own folder; it exists, and `recordings` in it.
    pub folder: &'a Path,
}

/// Codecs, in the order of the offer.
const CODECS: [&str; 3] = ["g711", "opus", "g722"];
/// Loaded where the agent has them, after the codecs.
const MODULES: [&str; 7] = ["auconv", "auresamp", "aufile", SILENCE, "aubridge", "ausine", "uuid"];
/// What writes recordings; last, so that it hears what is sent.
const RECORDERS: [&str; 2] = ["recorder", "sndfile"];
/// Reports how loud the sound is.
pub const VUMETER: &str = "vumeter";
/// DTMF as tones of the sound.
const TONES: &str = "in_band_dtmf";
const APPLICATIONS: [&str; 6] = ["menu", "debug_cmd", "contact", "callreport", "rtpcapture", "ctrl_tcp"];
/// Before it, ausine makes nothing but 48 kHz stereo.
const AUSINE_OF_ANY_RATE: Version = (2, 0, 0);
/// The first with `setadelay`, which needs a way to tell the peer.
const ANSWER_DELAY: Version = (1, 1, 0);

/// What an agent sends that is given no sound: our own module makes it for as long as a call is.
const SILENCE: &str = "silence";
/// The same from a file, for agents that lack the module; it ends after 300 s.
const SILENT_FILE: &str = "silence.wav";

/// Writes `config`, and what it names, into the agent's folder.
///
/// The agent runs there, and the configuration names all files from there: baresip cuts values at white space, and paths
/// at 256 bytes.
///
/// # Errors
/// The folder can't be written; a sound that the agent can't send; no sound card where one is asked for.
pub fn write(plan: &Plan) -> Result<(), Ended> {
    let mut trust = trust::of(plan.account, plan.settings, plan.kind)?;
    if plan.account.local && trust.verify {
        trust.certificates += &plan.certificate.public;
    }
    let text = text(plan, &trust)?;
    let files = [
        ("config", text.as_str()),
        ("agent.pem", &plan.certificate.whole),
        ("trusted.pem", &trust.certificates),
        ("contacts", ""),
    ];
    let written = files.iter().try_for_each(|(name, text)| write_private(&plan.folder.join(name), text));
    let linked = written.and_then(|()| match plan.source {
        Source::Silence if !plan.settings.use_alsa && !plan.kind.has(SILENCE) => {
            let file = sound::find(SILENT_FILE, &plan.settings.sounds).map_err(|why| io::Error::other(why.message))?;
            std::os::unix::fs::symlink(file, plan.folder.join(SILENT_FILE))
        }
        _ => Ok(()),
    });
    linked.map_err(|error| {
        Ended::error(format!("the agent's configuration can't be written to {}: {error}", plan.folder.display()))
    })
}

fn write_private(path: &Path, text: &str) -> io::Result<()> {
    use io::Write;
    let mut file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())
}

fn text(plan: &Plan, trust: &Trust) -> Result<String, Ended> {
    if plan.account.options.inband_dtmf && !plan.kind.has(TONES) {
        return Err(plan.kind.lacks("inband_dtmf", TONES));
    }
    let Plan { settings, kind, account, interface, lease, .. } = plan;
    let mut text = String::new();
    let mut key = |key: &str, value: &dyn std::fmt::Display| {
        let _ = writeln!(text, "{key} {value}");
    };
    for (setting, value) in &account.options.config {
        key(setting, value);
    }
    key("sip_listen", &SocketAddr::new(*interface, lease.sip));
    // the address, not the interface's name: the only form that all versions take for the loopback
    key("net_interface", interface);
    // names as the rest of the machine knows them, with /etc/hosts; SRV records are asked for all the same
    if interface::has_network() {
        key("dns_getaddrinfo", &"yes");
    }
    if account.local {
        key("sip_certificate", &"agent.pem");
    }
    if !trust.certificates.is_empty() {
        key("sip_cafile", &"trusted.pem");
    }
    if let Some(folder) = &trust.folder {
        key("sip_capath", &folder.display());
    }
    key("sip_verify_server", &if trust.verify { "yes" } else { "no" });
    if kind.version >= ANSWER_DELAY {
        key("sip_autoanswer_method", &"rfc5373");
    }
    key("ctrl_tcp_listen", &SocketAddr::new(settings.ctrl_address.ip(), lease.control));
    audio(plan, &mut key)?;
    watermark(plan, &mut key)?;
    // no ring tones
    key("audio_path", &"/nonexistent");
    key("rtp_ports", &format!("{}-{}", lease.rtp.0, lease.rtp.1));
    key("rtp_timeout", &settings.rtp_timeout);
    key("rtp_stats", &"yes");
    key("statmode_default", &"off");
    key("call_max_calls", &settings.max_calls);
    // a call is held where the test says so, and one more call is answered automatically too
    key("call_hold_other_calls", &"no");
    key("snd_path", &"recordings");
    if let Some(path) = &kind.module_path {
        key("module_path", &path.display());
    }
    for module in modules(plan) {
        key("module", &format!("{module}.so"));
    }
    let messages = account.parameter("mwi").is_some_and(|value| value == "yes").then_some("mwi");
    for module in messages.into_iter().chain(APPLICATIONS).filter(|module| kind.has(module)) {
        key("module_app", &format!("{module}.so"));
    }
    Ok(text)
}

/// The code that its sound carries.
fn watermark(plan: &Plan, key: &mut dyn FnMut(&str, &dyn std::fmt::Display)) -> Result<(), Ended> {
    if !plan.account.options.watermark {
        return Ok(());
    }
    if !plan.kind.has(LISTENER) {
        return Err(plan.kind.lacks("watermark", LISTENER));
    }
    key(SETUP, &ListenAsk::Pilot { seed: pilot_seed(plan.name) }.text());
    Ok(())
}

fn modules<'a>(plan: &'a Plan) -> impl Iterator<Item = &'a str> {
    let Plan { settings, kind, account, .. } = *plan;
    let asked = account.codec_modules().into_iter().filter(|codec| !CODECS.contains(codec));
    let alsa = settings.use_alsa.then_some("alsa");
    let traversal = account.parameter("medianat").map_or(&[][..], |_| &["stun", "turn", "ice"]);
    // dtls_srtp makes a key when it loads, which takes old versions up to 0.4 s: only where it is used
    let encryption = account.encryption_module();
    let tones = account.options.inband_dtmf.then_some(TONES);
    let levels = plan.asked.levels.then_some(VUMETER);
    let listener = (plan.asked.listening || account.options.watermark).then_some(LISTENER);
    let recorder = RECORDERS.into_iter().find(|module| kind.has(module));
    let all = CODECS.into_iter().chain(asked).chain(MODULES).chain(alsa).chain(traversal.iter().copied());
    all.chain(encryption).chain(tones).chain(levels).chain(listener).chain(recorder).filter(|module| kind.has(module))
}

/// What the agent sends and plays, and at which rate: 1.0 and 1.1 need the rate of a file.
fn audio(plan: &Plan, key: &mut dyn FnMut(&str, &dyn std::fmt::Display)) -> Result<(), Ended> {
    if plan.settings.use_alsa {
        if !plan.kind.has("alsa") {
            let advice = "build with `make alsa`, or name a baresip with its alsa module by --baresip";
            return Err(Ended {
                advice: Some(advice.into()),
                ..Ended::error(format!("the agent has no sound card support: {}", plan.kind))
            });
        }
        key("audio_source", &"alsa,default");
        key("audio_player", &"alsa,default");
        return Ok(());
    }
    let own = plan.kind.has(SILENCE);
    key("audio_source", &if own { format!("{SILENCE},nil") } else { format!("aufile,{SILENT_FILE}") });
    if let Some(word) = plan.account.options.on_end {
        if !plan.kind.embedded {
            let advice = "leave on_end out, or leave --baresip out to use the embedded agent";
            let message = format!("on_end: \"{word}\" is for the embedded agent: {} can't do it", plan.kind);
            return Err(Ended { advice: Some(advice.into()), ..Ended::error(message) });
        }
        key("aufile_on_end", &word);
    }
    // a bridge that nobody reads from swallows what comes
    key("audio_player", &"aubridge,nowhere");
    let format = match plan.source {
        // our own follows the codec
        Source::Silence => (!own).then_some(sound::PLAIN),
        Source::File(path) => Some(sound::format(path)?),
        Source::Other => (plan.kind.version < AUSINE_OF_ANY_RATE).then_some(Format { rate: 48_000, channels: 2 }),
    };
    for (device, Format { rate, channels }) in
        format.map(|format| ("ausrc", format)).into_iter().chain([("auplay", sound::PLAIN)])
    {
        key(&format!("{device}_srate"), &rate);
        key(&format!("{device}_channels"), &channels);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(account: &str, version: Version) -> String {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings::for_tests(folder.path(), 24_000);
        let kind = Kind::for_tests(version);
        let account = Account::new(account, &[], &kind).unwrap();
        let ports = crate::agent::ports::Ports::new(&settings.lease_file);
        let lease = ports.lease(&settings, account.loopback(), None).unwrap();
        let certificate = Certificate::new().unwrap();
        let source = account.source(&settings.sounds).unwrap();
        let (interface, folder) = (account.loopback(), folder.path());
        let (settings, kind, account, source) = (&settings, &kind, &account, &source);
        let plan = Plan {
            settings,
            asked: Asked::default(),
            kind,
            account,
            name: "alice",
            source,
            interface,
            lease: &lease,
            certificate: &certificate,
            folder,
        };
        let trust = trust::of(account, settings, kind).unwrap();
        text(&plan, &trust).unwrap()
    }

    #[test]
    fn modules_are_loaded_as_far_as_they_are_used_and_there() {
        let plain = config("alice", (1, 0, 0));
        assert!(plain.contains("module g711.so\n") && !plain.contains("srtp.so") && !plain.contains("stun.so"));
        assert!(plain.ends_with("module_app ctrl_tcp.so\n"), "{plain}");
        let encrypted = config("<sip:a@127.0.0.1>;regint=0;mediaenc=dtls_srtp", (4, 12, 0));
        assert!(encrypted.contains("module dtls_srtp.so\n") && !encrypted.contains("module srtp.so"));
    }

    #[test]
    fn the_source_says_its_rate() {
        assert!(config("alice", (1, 0, 0)).contains("ausrc_srate 8000\nausrc_channels 1\n"));
        let sine = "<sip:a@127.0.0.1>;regint=0;audio_source=ausine,440";
        assert!(config(sine, (1, 0, 0)).contains("ausrc_srate 48000\nausrc_channels 2\n"));
        assert!(!config(sine, (4, 12, 0)).contains("ausrc_srate"));
    }

    #[test]
    fn a_certificate_is_for_local_agents() {
        assert!(config("alice", (4, 12, 0)).contains("sip_certificate agent.pem\n"));
        assert!(!config("<sip:a@127.0.0.1>", (4, 12, 0)).contains("sip_certificate"));
        assert!(config("<sip:a@127.0.0.1;transport=tls>", (4, 12, 0)).contains("sip_verify_server yes\n"));
        assert!(config("<sip:a@127.0.0.1>;tls_verify=no", (4, 12, 0)).contains("sip_verify_server no\n"));
        assert!(!config("alice", (1, 0, 0)).contains("sip_autoanswer_method"));
    }
}
