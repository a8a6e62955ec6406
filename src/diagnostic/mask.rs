//! Masks secrets in a text before it is shown.

use regex::{Captures, Regex};
use std::collections::HashSet;
use std::ops::Range;
use std::sync::LazyLock;

/// The value of `auth_pass=` in an account line (quoted as baresip allows it, or up to `;` or white space), of the same
/// inside a Rhai string (`\"…\"`), and of `auth_pass: "…"` in a Rhai map. A quote that ends a Rhai string is no secret.
static PASSWORD: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r#"(?ix) auth_pass (?:
            =  (?: \\" (?<escaped> [^"\n]*? ) \\" | " (?<quoted> [^"\n]+ ) " (?: [;|"\s] | $ ) | (?<bare> (?: [^;\s"] | "[^;\s] ) [^;\s]*? ) (?: "[)\]},]* )? (?: [;\s] | $ ) )
            | \s* : \s* " (?<map> [^"\n]* ) "
        )"#,
    )
});

/// What stands around the host in the URL of `_webhook` and `webhook(`.
static WEBHOOK: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r#"(?ix) (?: ^ \s* _webhook [\ \t]+ | \b webhook \s* \( \s* ["`] ) (?: [a-z]+ :// )? (?<user> [^\s/?\#"`@]* @ )?
        [^\s/?\#"`@]* (?: [/?\#] (?<path> [^"`\n]* ) )?"#,
    )
});

static DEFINE: LazyLock<Regex> = LazyLock::new(|| regex(r"(?i)^[ \t]*_define[ \t]+(?<name>\S+)[ \t]+(?<value>.+)$"));

/// Words without which a text holds no secret: looked for first, for most texts hold none, and there are many.
static MARK: LazyLock<Regex> = LazyLock::new(|| regex("(?i)auth_pass|webhook"));

fn regex(pattern: &str) -> Regex {
    Regex::new(&format!("(?m){pattern}")).expect("a fixed pattern")
}

/// The text with every secret replaced by asterisks of the same byte length: the values of `auth_pass=`, of macros that
/// stand in them, and what follows the host in a webhook's URL. What is masked too much does no harm.
pub fn mask_secrets(text: &str) -> String {
    if !MARK.is_match(text) {
        return text.to_string();
    }
    let mut secrets = Vec::new();
    for found in PASSWORD.captures_iter(text) {
        secrets.extend(["escaped", "quoted", "bare", "map"].iter().filter_map(|name| range(&found, name)));
    }
    secrets.extend(macro_values(text, &secrets));
    for found in WEBHOOK.captures_iter(text) {
        secrets.extend(["user", "path"].iter().filter_map(|name| range(&found, name)));
    }
    let mut masked = text.as_bytes().to_vec();
    for secret in secrets {
        masked[secret].fill(b'*');
    }
    // whole characters were replaced, so nothing is lost here
    String::from_utf8_lossy(&masked).into_owned()
}

fn range(found: &Captures<'_>, name: &str) -> Option<Range<usize>> {
    found.name(name).map(|part| part.range())
}

/// The values of the macros whose names stand in one of the passwords.
fn macro_values(text: &str, passwords: &[Range<usize>]) -> Vec<Range<usize>> {
    let passwords: HashSet<&str> = passwords.iter().map(|range| &text[range.clone()]).collect();
    let passwords = passwords.into_iter().collect::<Vec<_>>().join("\n");
    let mut values = Vec::new();
    for found in DEFINE.captures_iter(text) {
        if passwords.contains(&found["name"]) {
            values.extend(range(&found, "value"));
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn passwords_are_masked_in_every_form() {
        let cases = [
            ("<sip:a@h>;auth_pass=secret;regint=0", "<sip:a@h>;auth_pass=******;regint=0"),
            (";AUTH_PASS=se|c\"ret dial", ";AUTH_PASS=******** dial"),
            (r#";auth_pass="a; b";regint=0"#, r#";auth_pass="****";regint=0"#),
            (";auth_pass=pä1", ";auth_pass=****"),
            ("auth_pass=one;auth_pass=two", "auth_pass=***;auth_pass=***"),
            ("auth_pass=;x auth_pass=", "auth_pass=;x auth_pass="),
            (r#"uanew("<sip:a@h>;auth_pass=\"a;b\";x=1");"#, r#"uanew("<sip:a@h>;auth_pass=\"***\";x=1");"#),
            (r#"";auth_pass=" + secret("TRUNK_PASS")"#, r#"";auth_pass=" + secret("TRUNK_PASS")"#),
            (r#"uanew("<sip:a@h>;auth_pass=abc");"#, r#"uanew("<sip:a@h>;auth_pass=***");"#),
            (r#"x;auth_pass="abc d"#, "x;auth_pass=**** d"),
            (r#"agent("a;auth_pass=a\"b\"")"#, r#"agent("a;auth_pass=******")"#),
            (r#"#{ auth_pass: "abc" }"#, r#"#{ auth_pass: "***" }"#),
            ("no secret; auth_user=alice", "no secret; auth_user=alice"),
        ];
        for (text, masked) in cases {
            assert_eq!(mask_secrets(text), masked);
        }
    }

    #[test]
    fn a_macro_that_stands_in_a_password_is_masked_where_it_is_defined() {
        let text = "_define PASS hush, hush\n_define HOST pbx\nuanew <sip:a@HOST>;auth_pass=PASS\n";
        let masked = "_define PASS **********\n_define HOST pbx\nuanew <sip:a@HOST>;auth_pass=****\n";
        assert_eq!(mask_secrets(text), masked);
    }

    #[test]
    fn a_webhook_shows_its_host_only() {
        let cases = [
            ("_webhook https://hooks.example:8443/a/b?c=d", "_webhook https://hooks.example:8443/*******"),
            ("# x\n _WebHook http://me:pw@host?k=1\nx", "# x\n _WebHook http://******host?***\nx"),
            (r#"webhook("https://host/secret");"#, r#"webhook("https://host/******");"#),
            ("_webhook https://host", "_webhook https://host"),
            ("_webhook host/secret with space", "_webhook host/*****************"),
            ("dial https://host/path", "dial https://host/path"),
        ];
        for (text, masked) in cases {
            assert_eq!(mask_secrets(text), masked);
        }
    }

    proptest! {
        #[test]
        fn the_length_stays(text in "(auth_pass[=:]|[\"\\\\|; é]|_webhook https://|_define A |\n|PC){0,12}") {
            prop_assert_eq!(mask_secrets(&text).len(), text.len());
        }
    }
}
