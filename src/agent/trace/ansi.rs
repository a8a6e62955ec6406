//! Colours out of log lines.

use super::Level;

/// The text of a line without escape sequences and control characters. `red` is the colour at its start, then at its end.
pub fn strip(line: &[u8], red: &mut bool) -> (String, Level) {
    let mut text = String::with_capacity(line.len());
    let mut level = Level::Info;
    for (index, piece) in line.split(|b| *b == b'\x1b').enumerate() {
        let piece = if index == 0 { piece } else { sequence(piece, red) };
        let piece = String::from_utf8_lossy(piece);
        if *red && !piece.trim().is_empty() {
            level = Level::Warning;
        }
        text.extend(piece.chars().filter(|c| !c.is_control() || *c == '\t'));
    }
    text.truncate(text.trim_end().len());
    (text, level)
}

/// What follows the sequence that an escape began: `[31m` and its like (ECMA-48 section 5.4).
fn sequence<'a>(piece: &'a [u8], red: &mut bool) -> &'a [u8] {
    let Some(rest) = piece.strip_prefix(b"[") else { return piece };
    let params = rest.iter().take_while(|b| (0x20..0x40).contains(*b)).count();
    if rest.get(params) == Some(&b'm') {
        for param in rest[..params].split(|b| *b == b';') {
            match param {
                b"31" | b"91" => *red = true,
                b"1" => {}
                _ => *red = false,
            }
        }
    }
    rest.get(params + 1..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_go_and_give_the_level() {
        let mut red = false;
        let mut strip = |line: &[u8]| strip(line, &mut red);
        assert_eq!(strip(b"plain \r"), ("plain".to_string(), Level::Info));
        assert_eq!(strip(b"\x1b[31mplay: no such file"), ("play: no such file".to_string(), Level::Warning));
        assert_eq!(strip(b"second line"), ("second line".to_string(), Level::Warning));
        assert_eq!(strip(b"\x1b[;mcall: \x1b[32mOK\x1b[;m"), ("call: OK".to_string(), Level::Info));
        assert_eq!(strip(b"a\x1b[1;31mb\x1b[0m \x1b]c\x00\x07\x1b"), ("ab ]c".to_string(), Level::Warning));
        assert_eq!(strip(b"\xff\x1b[31"), ("\u{fffd}".to_string(), Level::Info));
        assert_eq!(strip(b""), (String::new(), Level::Info));
    }
}
