//! What each function and word of the language does, in a sentence: for hover and completion.

/// Functions of the language's own.
pub const FUNCTIONS: &[(&str, &str)] = &[
    ("accept", "Only these events enter the flow."),
    ("account", "The account of that name from the accounts file, kept for this test."),
    ("agent", "A baresip agent: a name for a local one, or an account line; it starts with its first command or wait."),
    ("all", "A waiter for all of a list of waiters; awaiting it gives their events as a list."),
    ("any", "A waiter for the first of a list of waiters; awaiting it gives its event."),
    ("assert", "Ends the test as failed where the condition does not hold."),
    ("assert_eq", "Ends the test as failed where the two are not equal."),
    ("check", "Notes a failed check and goes on; the test fails at its end."),
    ("dtmf", "Digits as tones, for alice.audio(…): dtmf(\"123#\")."),
    ("fail", "Ends the test as failed."),
    ("fail_on", "An event of these types fails the test; \"audio\": a side of a call that hears nothing."),
    ("hash", "The expected hash of the flow; for tests made in a loop hash(#{ \"name\": \"…\" })."),
    ("ignore", "These events don't enter the flow."),
    ("include", "A validation script that judges the whole record when the test has come to its end."),
    ("mos", "How a call sounded, 1 to 4.5: of the share of lost packets, the jitter and the round trip."),
    (
        "news",
        "How many entries the log has; news(seen, 5s) waits for an event or a SIP message beyond them. retry::eventually is made of it.",
    ),
    ("on", "The agent of that name or address of record."),
    ("only", "Of the tests that are picked, only those that say so are run; not in CI."),
    ("parallel", "Runs the closures of a list at once and gives what they give; each waits by itself."),
    ("param", "The value that --define gives, or the default."),
    (
        "peer",
        "A SIP peer that the test needs is there: it answers an OPTIONS. Where nobody listens the run is an error, no failure; where no answer comes within 4 s (SIPp answers none) the run goes on with a warning: peer(\"127.0.0.1:5060\", \"how to start it\").",
    ),
    ("print", "Writes to the log of the run."),
    (
        "quiet",
        "For `await … during …`: what this waiter stands for may not happen, from the last command or await before it on.",
    ),
    ("repeat", "How often the test is run; 0 skips it."),
    ("say", "Spoken words, for alice.audio(…), where espeak-ng is installed: say(\"Welcome\")."),
    ("secret", "A secret from --env-file or the environment; masked wherever it would be seen."),
    ("silence", "Silence, for alice.audio(…)."),
    ("skip", "Ends the test, which counts as skipped."),
    ("sleep", "Waits for a time, whatever happens; better is to await an event."),
    ("step", "Runs a closure as a step of that name, which the reports show."),
    ("strict", "A command that an agent answers with an error fails the test."),
    ("tags", "Names by which tests are picked."),
    ("timeout", "How long an `await` without `within` waits from here on."),
    ("tone", "A tone of that frequency in Hz, for alice.audio(…): tone(440)."),
    ("uadelall", "Stops all agents."),
    ("uafind", "The agent of that address of record."),
    ("uanew", "An agent by its account line, as testfiles make them."),
    ("validate", "Judges the record so far by a validation script; ends the test where that fails."),
    ("webhook", "Where the result is sent."),
];

/// Words of the language.
pub const WORDS: &[(&str, &str)] = &[
    ("await", "Waits until what the waiter stands for happens, and gives the event: await W within 5s."),
    ("during", "How long a quiet(…) has to hold: await alice.quiet(\"CALL_CLOSED\") during 1s."),
    ("within", "The longest wait: await W within 5s."),
    ("import", "Makes a module's functions callable: import \"std/calls\" as calls;"),
];

pub fn function(name: &str) -> Option<&'static str> {
    FUNCTIONS.iter().find(|(known, _)| *known == name).map(|(_, doc)| *doc)
}
