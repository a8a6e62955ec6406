//! Accounts as users write them, and what baresip gets.

use super::*;
use proptest::prelude::*;

fn account(text: &str) -> Result<Account, Ended> {
    Account::new(text, &[], &Kind::for_tests((4, 12, 0)))
}

fn line(account: &Account) -> String {
    let folders = [concat!(env!("CARGO_MANIFEST_DIR"), "/data/sounds").into()];
    account.line(5062, &account.source(&folders).unwrap()).replace(env!("CARGO_MANIFEST_DIR"), "")
}

#[test]
fn a_name_is_a_local_agent_with_the_leased_port() {
    let alice = account("alice").unwrap();
    assert!(alice.local);
    for word in ["alice", "sip:alice@127.0.0.1", "alice@127.0.0.1", "<sip:alice@127.0.0.1;transport=udp>"] {
        assert!(alice.is(word), "{word}");
    }
    assert!(!alice.is("sip:bob@127.0.0.1") && !alice.is("") && !alice.is("127.0.0.1"));
    assert_eq!(line(&alice), "<sip:alice@127.0.0.1:5062>;regint=0");
}

#[test]
fn local_is_who_has_no_registrar_on_the_loopback() {
    for (text, local) in [
        ("<sip:a@127.0.0.1>;regint=0", true),
        ("<sip:a@127.0.0.1:5070;transport=tls>;regint=0", true),
        ("<sip:a@LOCALHOST>;regint=0", true),
        ("<sip:a@[::1]>;regint=0", true),
        ("<sip:a@127.0.0.1>", false),
        ("<sip:a@127.0.0.1>;regint=60", false),
        ("<sip:a@127.0.0.1>;regint=0;outbound=sip:127.0.0.1:5080", false),
        ("<sip:a@192.0.2.1>;regint=0", false),
    ] {
        assert_eq!(account(text).unwrap().local, local, "{text}");
    }
}

#[test]
fn an_account_with_a_registrar_is_left_as_it_is() {
    let text =
        "\"A <l>\" <sip:alice@PBX.example:5070;transport=TLS;lr>;auth_pass=\"a;b\";outbound=\"sip:proxy:5080;lr\"";
    let alice = account(text).unwrap();
    assert_eq!((alice.local, alice.alias.as_str()), (false, "sip:alice@PBX.example:5070"));
    assert_eq!((alice.aor.as_str(), alice.secret()), ("sip:alice@pbx.example", Some("a;b")));
    assert_eq!(alice.transport.as_deref(), Some("tls"));
    assert_eq!(alice.first_hop(), ("proxy".into(), 5080));
    let expected =
        "\"A <l>\" <sip:alice@PBX.example:5070;transport=tls;lr>;auth_pass=\"a;b\";outbound=\"sip:proxy:5080;lr\";end";
    assert_eq!(line(&alice), expected);
    assert_eq!(line(&account("sip:a@h;regint=0;mwi").unwrap()), "<sip:a@h>;regint=0;mwi");
}

#[test]
fn passwords_are_read_as_baresip_reads_them() {
    for (text, secret, sent) in [
        ("auth_pass=p@ss", "p@ss", "auth_pass=p@ss"),
        ("auth_pass=\"p@ss\"", "p@ss", "auth_pass=p@ss"),
        ("auth_pass=\"a;b c\"", "a;b c", "auth_pass=\"a;b c\""),
    ] {
        let account = account(&format!("<sip:a@h>;{text};regint=60")).unwrap();
        assert_eq!(account.secret(), Some(secret), "{text}");
        assert_eq!(line(&account), format!("<sip:a@h>;{sent};regint=60"));
    }
}

#[test]
fn options_stand_above_the_line() {
    let options = [("transport", "TCP"), ("regint", "0"), ("auth_pass", "x y"), ("audio", "bob.wav")];
    let options = options.map(|(key, value)| (key.to_string(), value.to_string()));
    let made = Account::new("<sip:a@127.0.0.1>;regint=60", &options, &Kind::for_tests((1, 0, 0))).unwrap();
    let expected =
        "<sip:a@127.0.0.1:5062;transport=tcp>;regint=0;auth_pass=\"x y\";audio_source=aufile,/data/sounds/bob.wav";
    assert_eq!((line(&made).as_str(), made.local), (expected, true));
    let quote = [("auth_pass".to_string(), "a\"b".to_string())];
    assert!(Account::new("a", &quote, &Kind::for_tests((1, 0, 0))).is_err());
}

#[test]
fn wav_shortcuts_become_the_source() {
    for text in ["regint=0;Input_Wav=alice.wav", "regint=0;WAV=alice.wav/"] {
        let expected = "<sip:a@127.0.0.1:5062>;regint=0;audio_source=aufile,/data/sounds/alice.wav";
        assert_eq!(line(&account(&format!("<sip:a@127.0.0.1>;{text}")).unwrap()), expected);
    }
    let missing =
        account("<sip:a@h>;input_wav=nobody.wav").unwrap().source(&["/one".into(), "/two".into()]).unwrap_err();
    assert_eq!(missing.message, "there is no sound file `nobody.wav`");
    assert!(missing.advice.unwrap().contains("/one, /two"));
    let spaced = account("a").unwrap().line(1, &Source::File("/x".into()));
    assert_eq!(spaced, "<sip:a@127.0.0.1:1>;regint=0");
    let account = account("<sip:a@h>;input_wav=x.wav").unwrap();
    assert_eq!(account.line(1, &Source::File("/a b/x.wav".into())), "<sip:a@h>;audio_source=\"aufile,/a b/x.wav\"");
}

#[test]
fn what_baresip_would_ignore_in_silence_is_refused() {
    for (text, expected) in [
        ("garbage words", "is no account"),
        ("", "is no account"),
        ("<sip:a@h", "don't pair"),
        ("\"a <sip:a@h>", "quote"),
        ("<tel:123>", "begin with sip:"),
        ("<sips:a@h>", "no sips: URIs | write sip:"),
        (
            "<sip:a@h>;auth_pass=semi;colon;regint=60",
            "`colon` is no account parameter | a value with `;` in it goes into quotes: auth_pass=",
        ),
        ("<sip:a@h>;auth_pass=semi;co=lon", "`co` is no account parameter | a value with `;`"),
        ("<sip:a@h>;auth_pass=p\"a", "the value of auth_pass has a double quote"),
        ("<sip:a@h>;auth_pass=\"x", "the value of auth_pass has a double quote"),
        ("<sip:a@h>;uas_pass=\"a\"b\"", "the value of uas_pass has a double quote"),
        ("<sip:a@h>;sipnat=outbound", "nothing would be registered | add outbound="),
        ("<sip:a@h>;port=99", "port can't be `99` | it takes a whole number"),
        ("<sip:a@h>;config.audio_bufer=20", "did you mean `audio_buffer`"),
        ("<sip:h>", "no user@"),
        ("<sip:a@h>;auth_pass=\"a;b\"c", "quote"),
        ("<sip:a@h>;mediaenc=zrtp", "mediaenc=zrtp needs module zrtp"),
        ("<sip:a@h>;mediaenc=strp", "did you mean `srtp`"),
        ("<sip:a@h>;answermode=atuo", "did you mean `auto`"),
        ("<sip:a@h>;regitn=0", "did you mean `regint`"),
        ("<sip:a@h>;regint=abc", "number of seconds"),
        ("<sip:a@h>;audio_codecs=PCMU,opsu", "did you mean `opus"),
        ("<sip:a@h>;audio_codecs=GSM", "needs module gsm"),
        ("<sip:a@h;transport=utp>", "utp"),
        ("<sip:a@h>\n;x", "line end"),
    ] {
        let Ended { message, advice, .. } = account(text).unwrap_err();
        let told = format!("{message} | {}", advice.unwrap());
        assert!(told.contains(expected), "{text}: {told}");
    }
    let old = Account::new("<sip:a@h>;dtmfmode=info", &[], &Kind::for_tests((1, 0, 0))).unwrap_err();
    assert!(old.message.contains("dtmfmode needs baresip 1.1 or newer"), "{}", old.message);
    assert!(!account("<sip:a@h>;auth_pass=topsecret;mediaenc=x").unwrap_err().message.contains("topsecret"));
}

#[test]
fn codecs_are_spelled_out() {
    let account = account("<sip:a@h>;audio_codecs=opus, g722/16000,PCMA/8000/1").unwrap();
    assert_eq!(line(&account), "<sip:a@h>;audio_codecs=opus/48000/2,G722/16000/1,PCMA/8000/1");
    assert_eq!(account.codec_modules(), ["opus", "g722", "g711"]);
}

proptest! {
    #[test]
    fn any_text_is_an_account_or_an_error(text in "(\"|<|>|;|=|sip:|a@h|é| |auth_pass|\\\\|\n|wav){0,12}") {
        if let Ok(account) = account(&text) {
            let line = account.line(5060, &Source::Silence);
            prop_assert!(!(line.starts_with('"') && line.ends_with('"')));
        }
    }
}
