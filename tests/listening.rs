//! What agents hear while a call is up: speech, tones, silence, known sounds, watermarks.

use crate::support::{ESTABLISHED, OLD_BARESIP, Telefonist, repository};
use serde_json::Value;
use telefonist::audio::Span;
use telefonist::audio::levels::level_series;
use telefonist::audio::read::read_wav;
use telefonist::audio::speech::find_speech;

fn run(script: &str) -> Telefonist {
    Telefonist::new("run t.rhai").file("t.rhai", script)
}

/// A call whose caller has these options.
fn call(options: &str) -> String {
    ESTABLISHED.replace("agent(\"alice\")", &format!("agent(\"alice\", #{{ {options} }})"))
}

const SPEAKING: &str = "audio: \"alice_speech.wav\", on_end: \"again\"";

fn field(events: &[Value], name: &str, field: &str) -> f64 {
    let event = events.iter().find(|event| event["type"] == name).unwrap_or_else(|| panic!("no {name}"));
    event["fields"][field].as_f64().unwrap_or_else(|| panic!("{event}"))
}

#[test]
fn an_agent_muted_in_mid_call_is_noticed() {
    let script = format!(
        "{}await bob.speech() within 20s;\nlet muted = alice.mute();\n\
         let silent = await bob.silence(300ms) within 20s;\n\
         // the sound itself says when: a pause of the speech may lie before\n\
         assert(silent.began - muted.time < 250.0, `${{silent.began - muted.time}} ms after it`);\n\
         await bob.quiet_line() during 500ms;\n\
         alice.mute();\nawait bob.speech() within 20s;\n",
        call(SPEAKING)
    );
    run(&script).run().exits(0);
    // while somebody speaks it is neither silent nor quiet
    let loud = format!("{}await bob.speech() within 20s;\nawait bob.silence(2s) within 3s;\n", call(SPEAKING));
    run(&loud).run().exits(1).says("no HEARD_SILENCE of 2 s at bob within 3 s");
    let loud = format!("{}await bob.speech() within 20s;\nawait bob.quiet_line() during 20s;\n", call(SPEAKING));
    run(&loud).run().exits(1).says("where 20 s of quiet were due");
}

#[test]
fn a_tone_of_another_frequency_is_not_taken() {
    let tone = call("audio_source: \"ausine,440\"");
    let script = format!(
        "{tone}let heard = await bob.tone(440) within 20s;\n\
         assert(heard.hz.len() == 1 && heard.hz[0] > 438.0 && heard.hz[0] < 442.0, `${{heard.hz}}`);\n\
         assert_eq!(heard.param, \"440\");\nalice.mute();\nawait bob.tone(440).ended() within 20s;\n"
    )
    .replace("assert_eq!", "assert_eq");
    let test = run(&script);
    test.run().exits(0);
    // a steady tone is no speech
    assert!(!test.events().iter().any(|event| event["type"] == "HEARD_SPEECH"));
    // what an await took counts in the flow
    let flow = std::fs::read_to_string(test.run_folder().join("flow.txt")).expect("the flow");
    assert!(flow.contains("HEARD_TONE 440") && flow.contains("HEARD_TONE_END 440"), "{flow}");
    let other = format!("{tone}await bob.tone(425) within 2s;\n");
    run(&other).run().exits(1).says("no HEARD_TONE of 425 Hz at bob").says("a tone of 440 Hz, not of 425 Hz");
}

#[test]
fn speech_begins_and_ends_at_both_sides_at_the_same_time() {
    let script = format!(
        "{}let sent = await alice.speech().sent() within 20s;\nlet heard = await bob.speech() within 20s;\n\
         let over = await alice.speech().sent().ended() within 20s;\nlet ended = await bob.speech().ended() within 20s;\n\
         assert(heard.began - sent.began > -40.0 && heard.began - sent.began < 250.0, `${{heard.began - sent.began}}`);\n\
         assert((ended.ended - heard.began - (over.ended - sent.began)).abs() < 60.0, `${{ended}} ${{over}}`);\n",
        call(SPEAKING)
    );
    let test = run(&script);
    test.run().exits(0);
    let events = test.events();
    assert!(field(&events, "HEARD_SPEECH_END", "ended") > field(&events, "HEARD_SPEECH", "began"));
    let flow = std::fs::read_to_string(test.run_folder().join("flow.txt")).expect("the flow");
    assert!(flow.matches("SPEECH").count() == 4, "{flow}");
}

/// A stretch of speech without a pause, 8 kHz, which begins and ends at once: nobody can say when soft sounds do.
fn burst() -> Vec<i16> {
    let path = repository().join("data/sounds/alice_speech.wav");
    let sound = read_wav(std::fs::File::open(path).expect("the speech")).expect("a sound").sound;
    let speech = sound.part(find_speech(&sound)[0]);
    let levels = level_series(&speech, 5);
    let first = levels.iter().position(|level| *level > -30.0).expect("it is loud");
    let last = levels.iter().rposition(|level| *level > -30.0).expect("it is loud");
    speech.part(Span { from: first as f64 * 0.005, to: (last + 1) as f64 * 0.005 }).to_pcm16()
}

/// A sound with bursts that begin at these milliseconds.
fn write_bursts(test: &Telefonist, name: &str, begins: &[usize], burst: &[i16], seconds: usize) {
    let mut samples = vec![0; seconds * 8000];
    for begin in begins {
        samples[begin * 8..begin * 8 + burst.len()].copy_from_slice(burst);
    }
    let folder = test.folder.path().join("data/sounds");
    std::fs::create_dir_all(&folder).expect("a folder");
    let spec =
        hound::WavSpec { channels: 1, sample_rate: 8000, bits_per_sample: 16, sample_format: hound::SampleFormat::Int };
    let mut file = hound::WavWriter::create(folder.join(name), spec).expect("a file");
    samples.iter().for_each(|sample| file.write_sample(*sample).expect("a sample"));
    file.finalize().expect("a file");
}

#[test]
fn a_voice_bot_is_measured_to_within_30_ms() {
    let burst = burst();
    let (ms, gap) = (burst.len() / 8, 2500);
    // it answers after 300, 800 and 1500 ms; at last the caller interrupts it, and it goes on for 600 ms
    let mut asked = vec![];
    let mut answered = vec![];
    let mut at = 1500;
    for response in [300, 800, 1500] {
        asked.push(at);
        answered.push(at + ms + response);
        at += 2 * ms + response + gap;
    }
    answered.push(at);
    asked.push(at + ms - 600);
    let script = format!(
        "{}fn close(found, expected) {{ assert((found - expected).abs() < 30.0, `${{found}} ms for ${{expected}}`) }}\n\
         let responses = [];\nfor n in 0..3 {{\n\
         let question = await alice.speech().sent().ended() within 30s;\nlet answer = await alice.speech() within 30s;\n\
         responses.push(answer.began - question.ended);\n}}\n\
         // the way there, and how much later the bot began, are the same each time\n\
         close(responses[1] - responses[0], 500.0);\nclose(responses[2] - responses[0], 1200.0);\n\
         let interrupted = await alice.speech().sent().count(4) within 30s;\n\
         let over = await alice.speech().ended().count(4) within 30s;\n\
         let goes_on = over[3].ended - interrupted[3].began;\nclose(goes_on - (responses[0] - 300.0), 600.0);\n",
        call("audio: \"caller.wav\"").replace("agent(\"bob\")", "agent(\"bob\", #{ audio: \"bot.wav\" })")
    );
    let test = run(&script);
    write_bursts(&test, "caller.wav", &asked, &burst, (at + 4 * ms) / 1000 + 3);
    write_bursts(&test, "bot.wav", &answered, &burst, (at + 4 * ms) / 1000 + 3);
    test.run().exits(0);
}

#[test]
fn a_known_sound_and_its_sender_are_told_from_others() {
    let script = format!(
        "{}let heard = await bob.hears(\"alice_speech.wav\") within 20s;\nassert_eq(heard.param, \"alice_speech.wav\");\n\
         await bob.hears(alice) within 20s;\n\
         await quiet(bob.hears(\"charlie_speech.wav\")) during 3s;\n\
         alice.audio(\"charlie_speech.wav\");\nawait bob.hears(\"charlie_speech.wav\") within 20s;\n\
         await bob.hears(alice) within 20s;\n",
        call(SPEAKING)
    );
    run(&script).run().exits(0);
    let silent = format!("{}await alice.hears(bob) within 2s;\n", call(SPEAKING));
    run(&silent).run().exits(3).says("bob, which sends no sound file").says("watermark: true");
    let same = call(SPEAKING).replace("agent(\"bob\")", "agent(\"bob\", #{ audio: \"alice_speech.wav\" })");
    run(&format!("{same}await alice.hears(bob) within 2s;\n")).run().exits(3).says("send the same sound");
    run(&format!("{ESTABLISHED}await bob.hears(\"no.wav\");\n")).run().exits(3).says("no.wav");
}

#[test]
fn a_watermark_tells_who_is_heard_and_how_late() {
    let script = format!(
        "{}let heard = await bob.hears(alice) within 30s;\nassert_eq(heard.param, \"alice\");\n\
         assert(heard.delay < 150.0 || heard.delay > 1014.0, `${{heard.delay}} ms`);\n\
         alice.mute();\nsleep(9s);\nawait quiet(bob.hears(alice)) during 1s;\n",
        call("watermark: true")
    );
    run(&script).run().exits(0);
    let both =
        call(&format!("watermark: true, {SPEAKING}")).replace("agent(\"bob\")", "agent(\"bob\", #{ watermark: true })");
    run(&format!("{both}await all([bob.hears(alice), alice.hears(bob)]) within 30s;\n")).run().exits(0);
}

/// Agents with watermarks, and how one of them calls another.
const MARKED: &str = "let alice = agent(\"alice\", #{ watermark: true, audio: \"alice_speech.wav\", on_end: \"again\" });\n\
    let bob = agent(\"bob\", #{ watermark: true });\nlet charlie = agent(\"charlie\", #{ watermark: true });\n\
    fn connect(caller, callee) {\ncaller.dial(callee);\nawait callee.event(\"CALL_INCOMING\") within 20s;\ncallee.accept();\n\
    await all([caller.established(), callee.established()]) within 20s;\n}\nconnect(alice, bob);\n";

#[test]
fn after_a_transfer_the_watermark_says_who_is_heard() {
    let script = format!(
        "{MARKED}await alice.hears(bob) within 30s;\nbob.attended_transfer(charlie);\n\
         await charlie.event(\"CALL_INCOMING\") within 20s;\ncharlie.accept();\nawait charlie.established() within 20s;\n\
         bob.complete_transfer();\nawait charlie.established() within 20s;\n\
         await all([alice.hears(charlie), charlie.hears(alice)]) within 30s;\nawait quiet(alice.hears(bob)) during 3s;\n"
    );
    run(&script).run().exits(0);
}

#[test]
fn in_a_conference_everybody_hears_both_others() {
    let script = format!(
        "{}await bob.event(\"CALL_HOLD\") within 20s;\nconnect(alice, charlie);\nalice.cmd(\"conference\");\n\
         await bob.event(\"CALL_RESUME\") within 20s;\n\
         await all([bob.hears(alice), bob.hears(charlie), charlie.hears(alice), charlie.hears(bob)]) within 40s;\n",
        MARKED.replace(
            "connect(alice, bob);\n",
            "alice.cmd(\"insmod mixminus.so\");\nconnect(alice, bob);\nalice.hold();\n"
        )
    );
    run(&script).run().exits(0);
}

#[test]
fn sounds_are_made_for_the_call() {
    let script = format!(
        "{ESTABLISHED}alice.audio(tone(1000));\nawait bob.tone(1000) within 20s;\nalice.audio(silence());\n\
         await bob.silence(300ms) within 20s;\nalice.audio(dtmf(\"15#\"));\n\
         let digits = await bob.event(\"HEARD_DIGIT\").count(3) within 20s;\n\
         assert_eq(digits[0].param + digits[1].param + digits[2].param, \"15#\");\n\
         alice.audio(say(\"Welcome to the test\"));\nawait bob.speech() within 20s;\nawait bob.hears(alice) within 20s;\n"
    );
    run(&script).run().exits(0);
    for (sound, says) in [
        ("tone(5)", "50 to 3900 Hz"),
        ("dtmf(\"x\")", "`x` is no DTMF digit"),
        ("say(\"\")", "needs words to say"),
        ("5", "takes a sound file or a sound"),
    ] {
        run(&format!("let bob = agent(\"bob\");\nbob.audio({sound});\n")).run().exits(3).says(says);
    }
}

#[test]
fn an_agent_that_can_not_listen_is_refused_before_the_call() {
    let script = format!("{ESTABLISHED}await bob.tone(425) within 1s;\n");
    let old = run(&script).argument("--baresip").argument(OLD_BARESIP).run().exits(3);
    old.says("HEARD_TONE needs the embedded agent").says("t.rhai:");
    let marked = "let alice = agent(\"alice\", #{ watermark: true });\nalice.dial(\"sip:a@127.0.0.1:9\");\n";
    run(marked).argument("--baresip").argument(OLD_BARESIP).run().exits(3).says("watermark needs the module listener");
}

#[test]
fn arguments_that_can_not_be_heard_are_refused() {
    for (wait, says) in [
        ("bob.tone(20000)", "no tone of 20000 Hz"),
        ("bob.tone(\"x\")", "takes a frequency"),
        ("bob.silence(1ms)", "100 ms to an hour"),
        ("bob.hears(bob)", "bob does not hear itself"),
        ("bob.hears(5)", "takes an agent or a sound file"),
    ] {
        run(&format!("let bob = agent(\"bob\");\nawait {wait};\n")).run().exits(3).says(says);
    }
    run("let bob = agent(\"bob\");\nawait bob.closed().ended();\n").run().exits(2).says("ended() goes with speech()");
}
