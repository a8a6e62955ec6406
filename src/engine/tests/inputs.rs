//! What a script is given from outside, and what is known of it before it runs.

use super::*;
use crate::engine::{ScriptFacts, facts};

fn facts_of(text: &str) -> ScriptFacts {
    facts(&program(text))
}

#[test]
fn parameters_have_the_kind_of_their_default() {
    let given = |default: &str| printed(&format!("print(type_of(param(\"GIVEN\", {default})));"))[0].clone();
    assert_eq!(given("1"), "i64");
    assert_eq!(given("1.5"), "f64");
    assert_eq!(given("\"\""), "string");
    assert_eq!(printed("print(param(\"GIVEN\") + param(\"OTHER\", 2) + param(\"OTHER\", 2s));"), ["722s"]);
    let (ended, _) = run_text("param(\"GIVEN\", true);");
    assert!(ended.message.contains("the parameter `GIVEN` is `7`"), "{ended:?}");
    let (ended, _) = run_text("let a = 1;\nparam(\"OTHER\");");
    assert_eq!((ended.how, place(&ended)), (How::Error, (2, 1)), "{ended:?}");
    assert!(ended.advice.unwrap().contains("--define OTHER=VALUE"));
}

#[test]
fn secrets_and_accounts_that_are_not_there_end_the_run() {
    assert_eq!(printed("print(secret(\"PASS\"));"), ["sesame"]);
    for (text, says) in [("secret(\"X\");", "there is no secret `X`"), ("account(\"x\");", "there is no account `x`")] {
        let (ended, _) = run_text(&format!("try {{ {text} }} catch {{ print(\"caught\"); }}"));
        assert_eq!((ended.how, ended.message.as_str()), (How::Error, says));
    }
    let (ended, host) = run_text("agent(account(\"trunk\"), #{ name: \"t\" });");
    assert_eq!(ended, Ended::finished());
    let asks = host.asks.lock().unwrap();
    assert_eq!((asks[0].account.as_str(), asks[0].name.as_deref()), ("<sip:100@pbx.example>;auth_pass=x", Some("t")));
}

#[test]
fn tags_accounts_and_repetitions_are_known_before_a_run() {
    let text = "tags(\"smoke\", \"tls\");\ntags([\"slow\", \"smoke\"]);\nrepeat(3);\nlet a = agent(account(\"trunk\"));\n\
                fn more() { agent(\"b\"); account(\"desk\"); account(\"trunk\") }\n";
    let facts = facts_of(text);
    assert_eq!(facts.tags, ["smoke", "tls", "slow"]);
    let accounts: Vec<_> = facts.accounts.iter().map(|(name, place)| (name.as_str(), place.line_column().0)).collect();
    assert_eq!(accounts.iter().find(|(name, _)| *name == "trunk"), Some(&("trunk", 4)), "{accounts:?}");
    assert_eq!((accounts.len(), facts.agents, facts.repetitions), (2, 2, Some(3)));
    assert!(facts.problems.is_empty());
    let unknown = facts_of("let n = 2;\nrepeat(n);\ntags(\"a\" + n);\nfor a in [1] { account(`x${a}`); }\n");
    assert_eq!(unknown.repetitions, None);
    let told: Vec<_> = unknown.problems.iter().map(|problem| problem.message.as_str()).collect();
    assert_eq!(told, ["tags are not written out", "the account's name is not written out"]);
}

#[test]
fn a_peer_that_is_not_there_is_an_error_with_the_tests_own_advice() {
    assert_eq!(printed("peer(\"there\"); print(1);"), ["1"]);
    let (ended, host) = run_text("let a = 1;\ntry { peer(\"pbx\", \"start the pbx\"); } catch { print(2); }");
    assert_eq!((ended.how, ended.message.as_str()), (How::Error, "there is no SIP peer at pbx"));
    assert_eq!((place(&ended), ended.advice.as_deref()), ((2, 7), Some("start the pbx")));
    assert!(host.prints().is_empty());
    let (ended, _) = run_text("peer(\"pbx\");");
    assert!(ended.advice.unwrap().contains("the address of another"));
}
