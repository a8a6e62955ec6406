//! An agent's configuration, written for its version of baresip.
//!
//! The first occurrence of a key wins in every version; modules load in order; ctrl_tcp comes last, so that everything else is up
//! when its port opens.

use super::account::{Account, sound};
use super::certificate::Certificate;
use super::ports::Lease;
use super::{Kind, Settings};
use crate::event::Ended;
use std::fmt::Write;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Everything that the configuration depends on.
pub struct Plan<'a> {
    pub settings: &'a Settings,
    pub kind: &'a Kind,
    pub account: &'a Account,
    /// Where SIP and RTP live.
    pub interface: IpAddr,
    pub lease: &'a Lease,
    pub certificate: &'a Certificate,
    /// The agent's own folder; it exists, and `recordings` in it.
    pub folder: &'a Path,
}

/// Loaded where the agent has them: codecs first, in the order of the offer; what writes recordings last.
const MODULES: [&str; 14] = [
    "g711", "opus", "g722", "auconv", "auresamp", "aufile", "aubridge", "ausine", "stun", "turn", "ice", "srtp",
    "uuid", "alsa",
];
const RECORDERS: [&str; 2] = ["recorder", "sndfile"];
const APPLICATIONS: [&str; 5] = ["menu", "debug_cmd", "contact", "callreport", "ctrl_tcp"];

/// The built-in sound of an agent that is given none.
const SILENCE: &str = "silence.wav";

/// Writes `config`, and what it names, into the agent's folder.
pub fn write(plan: &Plan) -> Result<(), Ended> {
    let text = text(plan)?;
    let files = [
        ("config", text.as_str()),
        ("agent.pem", &plan.certificate.whole),
        ("trusted.pem", &plan.certificate.public),
        ("contacts", ""),
    ];
    files.iter().try_for_each(|(name, text)| write_private(&plan.folder.join(name), text)).map_err(|error| {
        Ended::error(format!("the agent's configuration can't be written to {}: {error}", plan.folder.display()))
    })
}

fn write_private(path: &Path, text: &str) -> io::Result<()> {
    use io::Write;
    let mut file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())
}

fn text(plan: &Plan) -> Result<String, Ended> {
    let Plan { settings, kind, account, interface, lease, folder, .. } = plan;
    let (source, player) = audio(plan)?;
    let mut text = String::new();
    let mut key = |key: &str, value: &dyn std::fmt::Display| {
        let _ = writeln!(text, "{key} {value}");
    };
    key("sip_listen", &SocketAddr::new(*interface, lease.sip));
    // the address, not the interface's name: the only form that all versions take for the loopback
    key("net_interface", interface);
    if account.local {
        key("sip_certificate", &folder.join("agent.pem").display());
        key("sip_cafile", &folder.join("trusted.pem").display());
        key("sip_verify_server", &"yes");
    }
    key("ctrl_tcp_listen", &SocketAddr::new(settings.ctrl_address.ip(), lease.control));
    key("audio_source", &source);
    key("audio_player", &player);
    // 8 kHz mono is what every version can take from a file for every codec
    if !settings.use_alsa {
        for device in ["ausrc", "auplay"] {
            key(&format!("{device}_srate"), &8000);
            key(&format!("{device}_channels"), &1);
        }
    }
    // no ring tones
    key("audio_path", &"/nonexistent");
    key("rtp_ports", &format!("{}-{}", lease.rtp.0, lease.rtp.1));
    key("rtp_timeout", &settings.rtp_timeout);
    key("rtp_stats", &"yes");
    key("statmode_default", &"off");
    key("call_max_calls", &settings.max_calls);
    key("snd_path", &folder.join("recordings").display());
    if let Some(path) = &kind.module_path {
        key("module_path", &path.display());
    }
    // dtls_srtp makes a key when it loads, which takes old versions up to 0.4 s: only where it is used
    let encryption = account.encryption_module().filter(|module| *module != "srtp");
    let recorder = RECORDERS.into_iter().find(|module| kind.has(module));
    let modules = MODULES.into_iter().filter(|module| *module != "alsa" || settings.use_alsa);
    for module in modules.chain(encryption).chain(recorder).filter(|module| kind.has(module)) {
        key("module", &format!("{module}.so"));
    }
    let messages = account.parameter("mwi").is_some_and(|value| value == "yes").then_some("mwi");
    for module in messages.into_iter().chain(APPLICATIONS).filter(|module| kind.has(module)) {
        key("module_app", &format!("{module}.so"));
    }
    Ok(text)
}

/// `audio_source` and `audio_player` of an agent whose account names none.
fn audio(plan: &Plan) -> Result<(String, String), Ended> {
    if plan.settings.use_alsa {
        if !plan.kind.has("alsa") {
            let advice = "build with `make alsa`, or name a baresip with its alsa module by --baresip";
            return Err(Ended {
                advice: Some(advice.into()),
                ..Ended::error(format!("the agent has no sound card support: {}", plan.kind))
            });
        }
        return Ok(("alsa,default".into(), "alsa,default".into()));
    }
    let silence = sound(SILENCE, &plan.settings.sounds)?;
    // a bridge that nobody reads from swallows what comes
    Ok((format!("aufile,{}", silence.display()), "aubridge,nowhere".into()))
}
