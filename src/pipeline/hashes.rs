//! Writes a hash into a test's own text, or replaces it.

use regex::Regex;

/// A test's text with that hash as the expected one, of that block where it has several: in the block where its name is written out,
/// otherwise in the file's list, `hash(#{ "name": "hash" })`.
pub fn with_new_hash(text: &str, block: Option<&str>, hash: &str, rhai: bool) -> String {
    match block {
        Some(block) => with_hash_in_block(text, block, hash).unwrap_or_else(|| with_hash_in_list(text, block, hash)),
        None => with_hash(text, hash, rhai),
    }
}

/// The same for one test of several; none where its name is not written out, as that of a row.
fn with_hash_in_block(text: &str, name: &str, hash: &str) -> Option<String> {
    let head = format!(r#"(?m)^[ \t]*test\s+["`]{}["`]\s*\{{"#, regex::escape(name));
    let begin = Regex::new(&head).ok()?.find(text)?.end();
    let end = text[begin..].find("\n}").map_or(text.len(), |end| begin + end);
    let (before, block, after) = (&text[..begin], &text[begin..end], &text[end..]);
    let block = match hash_call().is_match(block) {
        true => with_hash(block, hash, true),
        false => format!("\n    hash(\"{hash}\");{block}"),
    };
    Some([before, &block, after].concat())
}

/// `hash("…")` in a script.
fn hash_call() -> Regex {
    Regex::new(r#"(?m)^(?<before>[ \t]*hash\()"[^"\n]*"(?<after>\).*)$"#).expect("a valid expression")
}

/// The text with its hash replaced, or put at its top, behind a byte order mark and with the line ends that are there.
fn with_hash(text: &str, hash: &str, rhai: bool) -> String {
    let (mark, text) = text.split_at(if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 });
    let first = text.split_inclusive('\n').next().unwrap_or_default();
    let end = if first.ends_with("\r\n") { "\r\n" } else { "\n" };
    let directive = r"(?mi)^(?<before>[ \t]*(?:_hash|hash:)[ \t]*)[^\r\n]*?(?<after>[ \t]*\r?)$";
    let (known, line) = match rhai {
        true => (hash_call(), format!("hash(\"{hash}\");{end}")),
        false => (Regex::new(directive).expect("a valid expression"), format!("_hash {hash}{end}")),
    };
    if !known.is_match(text) {
        return [mark, &line, text].concat();
    }
    let replaced = |found: &regex::Captures| {
        let before = &found["before"];
        let gap = if !rhai && before.ends_with(|c: char| c.is_alphanumeric()) { " " } else { "" };
        let quote = if rhai { "\"" } else { "" };
        format!("{before}{gap}{quote}{hash}{quote}{}", &found["after"])
    };
    [mark, &known.replace_all(text, replaced)].concat()
}

/// The text with that test's hash in the file's list, which is put at the top where there is none.
fn with_hash_in_list(text: &str, name: &str, hash: &str) -> String {
    let entry = format!("{}: \"{hash}\"", literal(name));
    let (mark, text) = text.split_at(if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 });
    let Some(list) = list(text) else {
        let first = text.split_inclusive('\n').next().unwrap_or_default();
        let end = if first.ends_with("\r\n") { "\r\n" } else { "\n" };
        return [mark, "hash(#{", end, "    ", &entry, ",", end, "});", end, text].concat();
    };
    let inside = &text[list.clone()];
    // a text may hold anything but its own end
    let known = format!(r#"{}\s*:\s*"[^"\n]*""#, regex::escape(&literal(name)));
    let found = Regex::new(&known).ok().and_then(|known| known.find(inside));
    let inside = match found {
        Some(found) => [&inside[..found.start()], &entry, &inside[found.end()..]].concat(),
        None => {
            let before = inside.trim_end();
            let end = if inside.contains("\r\n") { "\r\n" } else { "\n" };
            let comma = if before.is_empty() || before.ends_with(',') { "" } else { "," };
            [before, comma, end, "    ", &entry, ",", end].concat()
        }
    };
    [mark, &text[..list.start], &inside, &text[list.end..]].concat()
}

/// What stands between `hash(#{` and its `}`.
fn list(text: &str) -> Option<std::ops::Range<usize>> {
    let head = Regex::new(r"(?m)^[ \t]*hash\(\s*#\{").expect("a valid expression");
    let begin = head.find(text)?.end();
    let (mut in_text, mut escaped) = (false, false);
    let end = text[begin..].char_indices().find(|(_, c)| {
        let is_end = !in_text && *c == '}';
        match c {
            _ if escaped => escaped = false,
            '\\' if in_text => escaped = true,
            '"' => in_text = !in_text,
            _ => {}
        }
        is_end
    });
    Some(begin..begin + end?.0)
}

/// As Rhai writes it.
fn literal(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_replaced_where_it_stands_or_put_at_the_top() {
        let cases = [
            ("# x\n_hash\ndial 1\n", false, "# x\n_hash 00ff\ndial 1\n"),
            ("_HASH  old \r\ndial 1\r\n", false, "_HASH  00ff \r\ndial 1\r\n"),
            ("hash:aa\n", false, "hash:00ff\n"),
            ("dial 1\n", false, "_hash 00ff\ndial 1\n"),
            ("dial 1\r\n", false, "_hash 00ff\r\ndial 1\r\n"),
            ("\u{feff}dial 1\n", false, "\u{feff}_hash 00ff\ndial 1\n"),
            ("\u{feff}_hash aa\r\ndial 1\r\n", false, "\u{feff}_hash 00ff\r\ndial 1\r\n"),
            ("hash(\"\"); // h\nlet a = 1;\n", true, "hash(\"00ff\"); // h\nlet a = 1;\n"),
            ("let a = 1;\n", true, "hash(\"00ff\");\nlet a = 1;\n"),
        ];
        for (text, rhai, expected) in cases {
            assert_eq!(with_hash(text, "00ff", rhai), expected);
        }
    }

    #[test]
    fn of_several_tests_one_gets_its_hash() {
        let text = "test \"a\" {\n    hash(\"1\");\n}\n\ntest \"b (1)\" {\n    x();\n}\n";
        let expected = text.replace("hash(\"1\")", "hash(\"00ff\")");
        assert_eq!(with_hash_in_block(text, "a", "00ff").as_deref(), Some(expected.as_str()));
        let expected = text.replace("(1)\" {", "(1)\" {\n    hash(\"00ff\");");
        assert_eq!(with_hash_in_block(text, "b (1)", "00ff").as_deref(), Some(expected.as_str()));
        assert_eq!(with_hash_in_block(text, "c", "00ff"), None);
    }

    #[test]
    fn tests_of_a_loop_have_their_hashes_in_a_list() {
        let text = "let a = 1;\nfor row in rows {\n    test row.name {\n    }\n}\n";
        let one = with_new_hash(text, Some("is \"busy\" {1}"), "00ff", true);
        assert_eq!(one, format!("hash(#{{\n    \"is \\\"busy\\\" {{1}}\": \"00ff\",\n}});\n{text}"));
        let two = with_new_hash(&one, Some("other"), "11ff", true);
        let list = "hash(#{\n    \"is \\\"busy\\\" {1}\": \"00ff\",\n    \"other\": \"11ff\",\n});\n";
        assert_eq!(two, format!("{list}{text}"));
        let three = with_new_hash(&two, Some("is \"busy\" {1}"), "22ff", true);
        assert_eq!(three, two.replace("00ff", "22ff"));
        // as a person writes it
        let own = "hash(#{ \"one\": \"00ff\" });\n";
        assert_eq!(with_new_hash(own, Some("one"), "22ff", true), own.replace("00ff", "22ff"));
        assert_eq!(
            with_new_hash(own, Some("two"), "22ff", true),
            "hash(#{ \"one\": \"00ff\",\n    \"two\": \"22ff\",\n});\n"
        );
    }
}
