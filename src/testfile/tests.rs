//! Whole testfiles: what the rules make of each other, limits, and texts that nobody would write.

use super::*;
use proptest::prelude::*;

fn read(text: &str) -> TestFile {
    parse(&Source::new("calls", text), &[]).unwrap()
}

fn errors(text: &str) -> Vec<String> {
    let told = parse(&Source::new("calls", text), &[]).unwrap_err();
    told.into_iter().filter(Diagnostic::is_error).map(|error| error.message).collect()
}

#[test]
fn a_hash_keeps_its_place_for_the_next_one() {
    for text in ["# x\n_hash  Actual_hash \n", "# x\nHash: Actual_hash\n"] {
        let file = read(text);
        let Content::Directive(Directive::Hash(hash), span) = &file.lines[1].content else { panic!("{file:?}") };
        assert_eq!((hash.as_str(), &text[span.clone()]), ("Actual_hash", "Actual_hash"));
    }
    let empty = read("_hash\ndial x");
    assert!(
        matches!(&empty.lines[0].content, Content::Directive(Directive::Hash(hash), span) if hash.is_empty() && *span == (5..5))
    );
}

#[test]
fn a_named_agent_a_word_and_its_parameters_have_their_places() {
    let text = "_define ua1 sip:a@h\nuanew <ua1>\nua1:dial  ua1  x | 1s";
    let file = read(text);
    let step = file.steps().nth(2).unwrap();
    let Step::Command(Command { to: To::Named(to), word, params: Some(params) }) = step else { panic!("{step:?}") };
    assert_eq!([&to.text, &word.text, &params.text], ["sip:a@h", "dial", "sip:a@h  x"]);
    assert_eq!([to, word, params].map(|piece| &text[piece.span.clone()]), ["ua1", "dial", "ua1  x"]);
}

#[test]
fn a_given_value_stands_for_something_but_makes_no_step() {
    let refused = |text: &str, name: &str, value: &str| {
        let given = [(name.to_string(), value.to_string())];
        match parse(&Source::new("calls", text), &given) {
            Ok(_) => None,
            Err(told) => {
                let place = told[0].place.as_ref().unwrap();
                assert!(told[0].message.starts_with("the value given for this name"), "{told:?}");
                Some(text[place.span.clone()].to_string())
            }
        }
    };
    let at = |name: &str| Some(name.to_string());
    let text = "uanew a\na:dial PEER | PAUSE\n";
    for value in ["x | hangup", "x|", "x\nquit", "x\r", "|", "a;auth_pass=b |quit"] {
        assert_eq!(refused(text, "PEER", value), at("PEER"), "{value:?}");
    }
    for value in ["sip:x@h", "x y", "sip:x@h;auth_pass=a|b"] {
        assert_eq!(refused(text, "PEER", value), None, "{value:?}");
    }
    assert_eq!(refused("uanew a;auth_pass=WORD\n", "WORD", "a|b"), None, "a bar in a password");
    // a wait stays one, and a name nobody defined begins no step
    assert_eq!((refused(text, "PAUSE", "2s"), refused(text, "PAUSE", "quit")), (None, at("PAUSE")));
    assert_eq!((refused(text, "dial", "hangup"), refused(text, "unused", "x|y\n")), (at("dial"), None));
    let text = "uanew sip:a@HOST\nsip:a@HOST:dial 1\n";
    assert_eq!((refused(text, "HOST", "h"), refused(text, "HOST", "h:quit x")), (None, at("HOST")));
    // one that the file defines may be an agent or a command, but brings no parameters of its own
    let text = "_define ua1 sip:a@h\n_define DO dial\nuanew <ua1>\nua1:DO x\n";
    assert_eq!((refused(text, "ua1", "sip:b@h"), refused(text, "DO", "hangup")), (None, None));
    assert_eq!((refused(text, "ua1", "sip:b@h:quit x"), refused(text, "DO", "quit x")), (at("ua1"), at("DO")));
    // nor by the file's macros
    assert_eq!(refused("uanew a\n dial x\n", "dial", ""), at("dial"));
    assert_eq!(refused("_define END |quit\nuanew a\na:dial PEER\n", "PEER", "x END"), at("PEER"));
}

#[test]
fn too_much_is_refused() {
    let large = errors(&"#".repeat(MAX_BYTES + 1));
    assert_eq!(large, ["the testfile has 262145 bytes; the limit is 262144 (256 KiB)"]);
    assert_eq!(read(&"#".repeat(MAX_BYTES)).lines.len(), 1);

    let chain = |parts: usize| format!("{}1s", "a|".repeat(parts - 1));
    assert_eq!(read(&chain(MAX_PARTS)).steps().count(), MAX_PARTS);
    assert_eq!(errors(&chain(MAX_PARTS + 1)), ["the testfile has more than 60000 chain parts"]);
    assert_eq!(errors(&"a|".repeat(MAX_PARTS)), ["the testfile has more than 60000 chain parts"], "with the last wait");

    let defines: String = (0..1001).map(|n| format!("_define m{n} x\n")).collect();
    assert_eq!(errors(&defines), ["the testfile defines more than 1000 macros"]);
    let bomb = format!("_define A {0}\n{1}\n", "x".repeat(20_000), "A|".repeat(1000));
    assert_eq!(errors(&bomb), ["the macros make the testfile longer than 1 MiB"]);
    assert_eq!(
        errors(&format!("dial {}", "x".repeat(1019))),
        ["the command has 1024 bytes; an agent takes 1023 at most"]
    );
    read(&format!("dial {}", "x".repeat(1018)));
}

#[test]
fn many_errors_are_counted() {
    let told = errors(&"_acept\n".repeat(30_000));
    assert_eq!((told.len(), told[100].as_str()), (101, "29900 more errors are not shown"));
    let warnings = read(&"dial x\n".repeat(20_000)).warnings;
    assert_eq!((warnings.len(), warnings[100].message.as_str()), (101, "19900 more warnings are not shown"));
}

#[test]
fn a_carriage_return_ends_no_line_and_hides_none() {
    let within = "a carriage return (CR) within a line";
    assert_eq!(errors("_define a b\runew <a>\rdial x\r"), [within]);
    assert_eq!(errors("# all of it is a comment\rdial x"), [within]);
    assert_eq!(read("dial x\r\n# y\r\r\n").lines.len(), 2);
}

#[test]
fn a_macro_that_no_line_defines_is_told_where_an_account_needs_it() {
    let told = parse(&Source::new("calls", "uanew <ua1;transport=tcp>\n_define ua1 sip:a@h\n"), &[]).unwrap_err();
    assert_eq!(told[0].message, "no line above defines the macro `ua1`");
    assert!(told[0].advice.as_ref().unwrap().contains("_define ua1 sip:"), "{told:?}");
    read("_define ua1 sip:a@h\nuanew <ua1;transport=tcp>\n");
    read("_account desk\nuanew desk\nuanew local\n");
}

#[test]
fn an_agent_that_is_called_by_its_user_alone_is_told_its_name() {
    let agents = "uanew <sip:alice@h>;regint=0\nuanew <sip:bob@h>;regint=0\n";
    for line in ["alice:dial bob", "uafind alice"] {
        let warning = read(&format!("{agents}{line}")).warnings.remove(0);
        assert_eq!(warning.message, "there is no agent `alice`");
        assert!(warning.advice.as_ref().unwrap().contains("`_define ua1 sip:alice@h`"), "{warning:?}");
    }
}

#[test]
fn a_comment_stays_a_comment_with_macros_in_it() {
    let file = read("_define X y\n  # X | 1s\n\n \t \n");
    assert_eq!(file.lines[1].content, Content::Comment(" X | 1s".into()));
    assert_eq!(file.lines.len(), 2);
}

/// Pieces that rules meet in.
const PIECES: &str = "(\n|\r\n|#|\\||_[a-z]{0,7} |_define |_define [a-c]{1,2} |_accept |_run |_hash |hash:|_include |_webhook https://\
                      |uanew |uafind |uadelall|<sip:[ab]@h>|sip:[ab]@h|[ab]:|;|:|;auth_pass=|;wav=|;input_wav=|/|\"|[0-9]{1,20}m?s?\
                      |[abcé漢\u{202e}\u{1b}\u{feff} ]|dial )";

proptest! {
    #[test]
    fn any_text_is_read_and_every_place_is_in_it(pieces in proptest::collection::vec(PIECES, 0..60)) {
        let source = Source::new("calls", pieces.concat());
        let text = source.text.as_str();
        let inside = |span: &Range<usize>| text.get(span.clone()).is_some();
        match parse(&source, &[]) {
            Ok(file) => {
                for warning in &file.warnings {
                    prop_assert!(inside(&warning.place.as_ref().unwrap().span));
                }
                for line in &file.lines {
                    prop_assert!(line.number >= 1 && line.number as usize <= text.split('\n').count());
                }
                for step in file.steps() {
                    let pieces = match step {
                        Step::Create { account: piece, .. } | Step::Find { alias: piece } => vec![piece],
                        Step::Command(command) => std::iter::once(&command.word).chain(&command.params).collect(),
                        Step::Wait(_) | Step::DeleteAll => vec![],
                    };
                    for piece in pieces {
                        prop_assert!(inside(&piece.span) && !piece.span.is_empty() && !piece.text.is_empty());
                    }
                }
            }
            Err(told) => {
                prop_assert!(told.iter().any(Diagnostic::is_error));
                for diagnostic in told {
                    let place = diagnostic.place.unwrap();
                    prop_assert!(inside(&place.span) && diagnostic.advice.is_some());
                }
            }
        }
    }
}
