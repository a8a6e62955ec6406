//! Recognizes common slips by the text around a syntax error: `await … timeout 5s`, `dial bob`, `f(a = b)`.

use rhai::ParseErrorType;

/// What is wrong, and what to write.
pub type Slip = (String, &'static str);

/// The text around the place of an error.
pub struct Around<'a> {
    pub before: &'a str,
    /// The statement up to the place; it may begin on an earlier line.
    pub statement: &'a str,
    /// The last word before the place.
    pub before_word: &'a str,
    /// The word at the place.
    pub word: &'a str,
    /// The rest of the line from the place on.
    pub rest: &'a str,
}

/// Units of time elsewhere.
const UNITS: [&str; 14] = [
    "sec",
    "secs",
    "second",
    "seconds",
    "min",
    "mins",
    "minute",
    "minutes",
    "msec",
    "millis",
    "milliseconds",
    "h",
    "hour",
    "hours",
];

const WITHIN: &str = "write: await alice.event(\"CALL_CLOSED\") within 5s";

/// The slip behind an error, if it is a known one.
pub fn slip(error: &ParseErrorType, at: &Around) -> Option<Slip> {
    use ParseErrorType::*;
    match error {
        MissingToken(token, what) => match token.as_str() {
            ";" => slip_in_statement(at),
            "{" if matches!(at.word, "then" | "do") || at.rest.starts_with(':') => {
                Some(("a block stands in braces".into(), "write: if … { … } else { … }"))
            }
            "in" if at.rest.starts_with(',') => {
                Some(("a loop has one variable here".into(), "write: for (value, index) in list { … }"))
            }
            "catch" if at.word != "catch" => {
                Some((format!("`{}` can't stand here", at.word), "write: try { … } catch (e) { … }"))
            }
            _ if matches!(at.word, "within" | "during") && at.statement.contains("await") => {
                Some((format!("`{}` stands outside of parentheses around the waiter", at.word), WITHIN))
            }
            _ if what.contains("argument") => slip_in_arguments(at),
            _ if what.contains("parameters") => slip_in_parameters(at),
            _ => None,
        },
        _ if at.before.trim_end() == "await" && at.rest.starts_with(';') => Some((
            "`await` needs a waiter".into(),
            "say what to wait for: await alice.event(\"CALL_CLOSED\") within 5s",
        )),
        VariableExpected if at.before.trim_end_matches([' ', '(']).ends_with("for") => {
            Some(("a loop goes through a list or a range".into(), "write: for n in 0..3 { … }"))
        }
        VariableExpected if matches!(at.before_word, "let" | "const") => {
            Some(("`let` makes one variable".into(), "take the parts one by one: let both = …; let first = both[0];"))
        }
        FnMissingBody(_) if at.rest.starts_with("->") => {
            Some(("a function says nothing of what it gives".into(), "take it out: fn name(a) { … }"))
        }
        Reserved(word) if matches!(word.as_str(), "print" | "debug") => {
            Some((format!("`{word}` is called with parentheses"), "write: print(\"what\");"))
        }
        // the internal keyword of a duration
        Reserved(word) if word.starts_with("__") => match at.before_word {
            "sleep" | "timeout" => {
                Some((format!("`{}` is called with parentheses", at.before_word), "write: sleep(1s);"))
            }
            _ => Some(("a duration can't stand here".into(), "end the statement before with `;`")),
        },
        Reserved(word) if word == "new" => {
            Some(("nothing is made with `new`".into(), "write: throw \"why\", agent(\"alice\"), #{ }"))
        }
        MismatchedType(wanted, _) if wanted.contains("iterable") => {
            Some(("a loop goes through a list or a range".into(), "write: for n in 0..3 { … }"))
        }
        _ => None,
    }
}

/// Slips where a semicolon is missing.
fn slip_in_statement(at: &Around) -> Option<Slip> {
    if let Some(told) = slip_at(at) {
        return Some(told);
    }
    let awaits = at.statement.contains("await");
    if awaits && at.rest.starts_with(',') {
        return Some(("`await` takes one waiter".into(), "for several: await all([…, …]), or any([…, …])"));
    }
    let declared = at.before.trim_start().strip_prefix("let ").map(str::trim);
    if at.rest.starts_with(':') && declared == Some(at.before_word) {
        return Some(("a variable has no type".into(), "take it out: let name = …;"));
    }
    if at.rest.starts_with('{') && at.before.trim_start().starts_with("step(") {
        return Some(("a step's block stands inside its parentheses".into(), "write: step(\"…\", || { … });"));
    }
    slip_before(at)
}

/// Slips that the word at the place reveals.
fn slip_at(at: &Around) -> Option<Slip> {
    let after_number = at.before.trim_end().ends_with(|c: char| c.is_ascii_digit());
    let awaits = at.statement.contains("await");
    match at.word {
        unit if after_number && UNITS.contains(&unit) => {
            Some((format!("`{unit}` is no unit of time"), "write 5s, 500ms or 2m, without a space"))
        }
        "within" | "during" if awaits => Some((
            format!("`{}` stands right behind what is awaited", at.word),
            "write it inside the parentheses: (await alice.closed() within 5s).param",
        )),
        "within" if is_waiter(at.statement) => Some((
            "the wait has no `await`".into(),
            "write `await` before it: await alice.event(\"CALL_CLOSED\") within 5s",
        )),
        "during" if is_waiter(at.statement) => Some((
            "the wait has no `await`".into(),
            "write `await` before it: await alice.quiet(\"CALL_CLOSED\") during 1s",
        )),
        "within" | "during" => Some((
            format!("`{}` goes with `await`", at.word),
            "functions wait as long as timeout(5s) above says, or --timeout",
        )),
        "timeout" | "before" | "max" | "upto" if awaits => Some((format!("`{}` can't stand here", at.word), WITHIN)),
        _ => None,
    }
}

/// Slips that the word before the place reveals.
fn slip_before(at: &Around) -> Option<Slip> {
    let called = at.before.ends_with([' ', '\t']) && !at.before_word.is_empty();
    let argument = at.rest.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '"' | '`'));
    let is_method = at.before.trim_end().strip_suffix(at.before_word).is_some_and(|front| front.ends_with('.'));
    let is_first = at.before.trim() == at.before_word;
    match at.before_word {
        "step" if called => Some(("a step is called with parentheses".into(), "write: step(\"…\", || { … });")),
        "it" | "describe" | "scenario" | "testcase" if called => {
            Some((format!("`{}` is no word of the language", at.before_word), "a test is a block: test \"name\" { … }"))
        }
        "setUp" | "before" | "beforeEach" | "before_each" | "beforeAll" if called => {
            Some((format!("`{}` is no word of the language", at.before_word), "write: setup { … }"))
        }
        "tearDown" | "after" | "afterEach" | "after_each" | "afterAll" if called => {
            Some((format!("`{}` is no word of the language", at.before_word), "write: teardown { … }"))
        }
        "raise" if called => {
            Some(("`raise` is no word of the language".into(), "write: fail(\"why\"); or, to catch it: throw \"why\";"))
        }
        "assert" | "check" | "print" | "fail" | "skip" | "sleep" | "timeout" if called && argument => Some((
            format!("`{}` is called with parentheses", at.before_word),
            "write: assert(a == b, \"why\"); print(\"what\");",
        )),
        word if called && argument && is_method => {
            Some((format!("`{word}` is called with parentheses"), "write: alice.dial(bob);"))
        }
        "finally" => Some((
            "there is no `finally`".into(),
            "what has to happen in any case stands in a teardown: teardown { … }",
        )),
        "from" if is_first => {
            Some(("`from` is no word of the language".into(), "write: import \"std/calls\" as calls;"))
        }
        _ => None,
    }
}

/// Whether a statement ends with a waiter.
fn is_waiter(statement: &str) -> bool {
    const MAKERS: [&str; 12] = [
        ".closed(",
        ".count(",
        ".established(",
        ".event(",
        ".header(",
        ".log(",
        ".message(",
        ".quiet(",
        ".registered(",
        ".sip(",
        ".where(",
        "quiet(",
    ];
    let joined = ["all([", "any(["].iter().any(|join| statement.trim_start().starts_with(join));
    statement.trim_end().ends_with(')') && (joined || MAKERS.iter().any(|maker| statement.contains(maker)))
}

fn slip_in_arguments(at: &Around) -> Option<Slip> {
    if at.rest.starts_with('=') {
        return Some((
            "an argument has no name, and nothing is assigned here".into(),
            "to compare, write `==`; what a function is given has no name: f(5s)",
        ));
    }
    if at.rest.starts_with(':') {
        return Some((
            "an argument has no name".into(),
            "options stand in a map: agent(\"carol\", #{ audio: \"carol.wav\" })",
        ));
    }
    if at.rest.starts_with('"') && at.before.ends_with(['f', 'r', 'b']) {
        return Some((
            "a text has no letter before it".into(),
            "backticks fill in what stands in ${…}: `hello ${alice.name}`",
        ));
    }
    let ends = at.rest.is_empty() || at.rest.starts_with(';');
    ends.then(|| {
        ("`)` is missing to close what was opened with `(`".into(), "write it, or a `,` before the next argument")
    })
}

fn slip_in_parameters(at: &Around) -> Option<Slip> {
    let typed = at.rest.starts_with(':');
    let preset = at.rest.starts_with('=');
    match (typed, preset) {
        (true, _) => Some(("a parameter has no type".into(), "write its name alone: fn ring(phone, time) { … }")),
        (_, true) => Some((
            "a parameter has no value of its own".into(),
            "write a second function with fewer parameters: fn ring(phone) { ring(phone, 5s) }",
        )),
        _ => None,
    }
}
