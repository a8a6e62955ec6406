//! URIs and name-addrs, ordinary and odd.

use super::*;
use proptest::prelude::*;

fn uri(text: &str) -> Uri<'_> {
    Uri::parse(text).unwrap_or_else(|| panic!("{text}"))
}

#[test]
fn parts_of_a_uri() {
    let all = uri("sips:alice:secret@Example.COM:5061;transport=tcp;lr;Maddr=::1?subject=x&to=bob@y");
    assert_eq!((all.scheme, all.user, all.password), ("sips", Some("alice"), Some("secret")));
    assert_eq!((all.host, all.port, all.headers), ("Example.COM", Some(5061), "subject=x&to=bob@y"));
    assert_eq!((all.param("Transport"), all.param("lr"), all.param("maddr")), (Some("tcp"), Some(""), Some("::1")));
    assert_eq!((all.param("ttl"), all.params().count()), (None, 3));
    let six = uri("sip:[2001:db8::1]:5060");
    assert_eq!((six.user, six.host, six.port), (None, "[2001:db8::1]", Some(5060)));
    let tel = uri("tel:+4930123;phone-context=x");
    assert_eq!((tel.user, tel.host, tel.param("phone-context")), (Some("+4930123"), "", Some("x")));
    let odd = uri("sip:+1;phone-context=a?b@corp.com@proxy;x=y");
    assert_eq!((odd.user, odd.host, odd.param("x")), (Some("+1;phone-context=a?b@corp.com"), "proxy", Some("y")));
    assert_eq!((uri("sip:@host").user, uri("sip:host:").port), (None, None));
}

#[test]
fn the_address_of_record() {
    for (text, aor) in [
        ("sip:alice@127.0.0.1:30000;transport=tls", "sip:alice@127.0.0.1"),
        ("SIP:Alice:pw@Example.com?a=b", "sip:Alice@example.com"),
        ("sip:[::1]:5060", "sip:[::1]"),
        ("sip:a@[fe80::1];lr", "sip:a@[fe80::1]"),
        ("tel:+49;x=y", "tel:+49"),
    ] {
        assert_eq!(uri(text).aor(), aor);
    }
}

#[test]
fn what_is_no_uri() {
    for text in [
        "",
        ":",
        "sip:",
        "sip:alice@",
        "sip:a@host:port",
        "sip:a@host:70000",
        "sip:[::1",
        "sip:[::1]x",
        "alice",
        "sip:a b@c",
        "<sip:a@b>",
        "1sip:a@b",
        "s p:a@b",
        "tel:",
        "sip:;lr",
        "sip:a@h\r\nX:y",
    ] {
        assert_eq!(Uri::parse(text), None, "{text}");
    }
}

#[test]
fn name_addrs() {
    let parse = |text| NameAddr::parse(text).map(|addr| (addr.display, addr.uri, addr.tag()));
    for (text, expected) in [
        ("<sip:a@b>;tag=1", (None, "sip:a@b", Some("1"))),
        ("Alice in Chains <sip:a@b;lr>", (Some("Alice in Chains"), "sip:a@b;lr", None)),
        (r#" "A \"B\" <c>; \\" <sip:a@b> ;x;Tag = 2"#, (Some(r#"A \"B\" <c>; \\"#), "sip:a@b", Some("2"))),
        ("sip:a@b;tag=3", (None, "sip:a@b", Some("3"))),
        ("\"\"<sip:ü@b>", (None, "sip:ü@b", None)),
        ("\"A\" sip:a@b;tag=4", (Some("A"), "sip:a@b", Some("4"))),
    ] {
        assert_eq!(parse(text), Some(expected), "{text}");
    }
    for text in ["", "\"open <sip:a@b>", "\"a\\\" <sip:a@b>", "<sip:a@b", "<>", ";tag=1", "Alice <>"] {
        assert_eq!(parse(text), None, "{text}");
    }
    assert_eq!(NameAddr::parse("B <sip:b@C:5>;tag=1").unwrap().aor().as_deref(), Some("sip:b@c"));
}

proptest! {
    #[test]
    fn never_panics(text in "(?s).{0,60}|(sips?:)?[a@:;?=<>\"\\\\\\[\\]1é ]{0,30}") {
        if let Some(addr) = NameAddr::parse(&text) {
            let _ = (addr.tag(), addr.aor());
        }
        if let Some(uri) = Uri::parse(&text) {
            prop_assert!(uri.params().count() <= text.len());
            let _ = uri.aor();
        }
    }

    #[test]
    fn an_address_of_record_is_its_own(user in "[a-z0-9.;?&]{1,9}", host in "[a-z0-9.]{1,9}|\\[[0-9a-f:]{1,9}\\]", port: u16) {
        let text = format!("sip:{user}@{host}:{port};transport=tcp?x=y");
        let aor = uri(&text).aor();
        prop_assert_eq!(&aor, &format!("sip:{user}@{host}"));
        prop_assert_eq!(uri(&aor).aor(), aor);
    }
}
