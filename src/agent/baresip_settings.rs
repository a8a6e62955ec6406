//! baresip's own settings, as `config: #{ "key": "value" }` gives them: which there are, and which are the host's.

use super::refusal::refused;
use crate::diagnostic::nearest;
use crate::event::Ended;

/// Longer values would be cut.
const LONGEST: usize = 200;

/// What a test may set: settings that have an effect in a test and reach no file.
const SETTINGS: [&str; 81] = [
    "audec_format",
    "audio_buffer",
    "audio_jitter_buffer_delay",
    "audio_jitter_buffer_ms",
    "audio_jitter_buffer_size",
    "audio_jitter_buffer_type",
    "audio_level",
    "audio_telev_pt",
    "audio_txmode",
    "auenc_format",
    "augain",
    "auplay_channels",
    "auplay_format",
    "auplay_srate",
    "ausrc_channels",
    "ausrc_format",
    "ausrc_srate",
    "avt_bundle",
    "call_accept",
    "call_hold_other_calls",
    "call_local_timeout",
    "dns_fallback",
    "dns_getaddrinfo",
    "dns_server",
    "dtls_srtp_use_ec",
    "filter_registrar",
    "ice_debug",
    "ice_policy",
    "ice_turn",
    "jitter_buffer_delay",
    "jitter_buffer_type",
    "menu_clean_number",
    "menu_max_earlyaudio",
    "menu_max_earlyvideo_rx",
    "menu_max_earlyvideo_tx",
    "menu_message_tone",
    "natpmp_server",
    "net_af",
    "opus_application",
    "opus_bitrate",
    "opus_cbr",
    "opus_complexity",
    "opus_dtx",
    "opus_inbandfec",
    "opus_mirror",
    "opus_packet_loss",
    "opus_samplerate",
    "opus_sprop_stereo",
    "opus_stereo",
    "pcp_server",
    "redial_attempts",
    "redial_delay",
    "ringback_disabled",
    "rtcp_mux",
    "rtp_bandwidth",
    "rtp_rxmode",
    "rtp_stats",
    "rtp_tos",
    "rtp_video_tos",
    "sip_autoanswer_method",
    "sip_cuser_random",
    "sip_tls_resumption",
    "sip_tos",
    "sip_trans_bsize",
    "sip_trans_def",
    "sip_transports",
    "sip_verify_client",
    "statmode_default",
    "videnc_format",
    "video_bitrate",
    "video_burst_bits",
    "video_fps",
    "video_fullscreen",
    "video_jitter_buffer_delay",
    "video_jitter_buffer_ms",
    "video_jitter_buffer_size",
    "video_jitter_buffer_type",
    "video_selfview",
    "video_sendrate",
    "video_size",
    "vumeter_stderr",
];

/// What the host sets itself, and what says it in its place.
const OF_THE_HOST: [(&str, &str); 10] = [
    ("call_max_calls", "use the agent's option max_calls, or --max-calls"),
    ("ctrl_tcp_listen", "use --ctrl-address"),
    ("net_interface", "use --rtp-interface"),
    ("rtp_ports", "use --rtp-ports"),
    ("rtp_timeout", "use the agent's option rtp_timeout, or --rtp-timeout"),
    ("sip_cafile", "use the agent's option tls_ca, or --tls-ca"),
    ("sip_capath", "use the agent's option tls_ca, or --tls-ca"),
    ("sip_certificate", "a local agent has a certificate of its own; an account names one with cert="),
    ("sip_listen", "use the agent's option port, or --sip-listen"),
    ("sip_verify_server", "use the agent's option tls_verify"),
];

/// What reaches files or devices, or loads modules.
const REACHING: [&str; 13] = [
    "audio_alert",
    "audio_path",
    "audio_player",
    "audio_source",
    "evdev_device",
    "file_ausrc",
    "module",
    "module_app",
    "module_path",
    "module_tmp",
    "snd_path",
    "video_display",
    "video_source",
];

/// The setting as it goes into an agent's configuration.
///
/// # Errors
/// No baresip has such a setting, the host sets it, it reaches files, or the value can't stand in a configuration.
pub fn checked(key: &str, value: &str) -> Result<(String, String), Ended> {
    if let Some((_, advice)) = OF_THE_HOST.iter().find(|(known, _)| *known == key) {
        return Err(refused(format!("config: telefonist sets `{key}` itself"), *advice));
    }
    if REACHING.contains(&key) {
        return Err(refused(
            format!("config: a test can't set `{key}`, which reaches files or loads modules"),
            "a sound is named by the agent's option audio; modules are loaded where a test needs them",
        ));
    }
    if !SETTINGS.contains(&key) {
        let advice = match nearest(key, SETTINGS) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "baresip's documentation of its configuration lists them".into(),
        };
        return Err(refused(format!("config: no baresip has the setting `{}`", short(key)), advice));
    }
    let fits = !value.is_empty()
        && value.len() <= LONGEST
        && !value.contains(|c: char| c.is_whitespace() || c.is_control() || c == '/' || c == '"');
    match fits {
        true => Ok((key.to_string(), value.to_string())),
        false => Err(refused(
            format!("config: `{key}` can't be set to `{}`", short(value)),
            format!("a value has 1 to {LONGEST} signs, without blanks, quotes and slashes"),
        )),
    }
}

/// A hostile text, cut for a message.
fn short(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(60).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_known_and_reach_no_files() {
        assert!(SETTINGS.is_sorted() && OF_THE_HOST.is_sorted() && REACHING.is_sorted());
        assert!(!SETTINGS.iter().any(|key| key.ends_with("_path") || key.ends_with("file") || key.contains("module")));
        assert_eq!(checked("audio_buffer", "20-160"), Ok(("audio_buffer".into(), "20-160".into())));
        for (key, value, message, advice) in [
            ("audio_bufer", "1", "no baresip has", "did you mean `audio_buffer`?"),
            ("sip_listen", "0.0.0.0:1", "telefonist sets `sip_listen`", "option port"),
            ("module_path", "x", "reaches files or loads modules", "option audio"),
            ("module", "httpd.so", "reaches files or loads modules", ""),
            ("audio_buffer", "1 2", "can't be set", "without blanks"),
            ("audio_buffer", "1\nmodule x", "can't be set", "without blanks"),
            ("audio_buffer", "", "can't be set", "1 to 200"),
            ("dns_server", "/etc/x", "can't be set", "slashes"),
            ("", "x", "no baresip has", ""),
        ] {
            let ended = checked(key, value).unwrap_err();
            assert!(ended.message.contains(message), "{key}: {}", ended.message);
            assert!(ended.advice.unwrap().contains(advice), "{key}");
        }
    }
}
