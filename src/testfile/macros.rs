//! Macros: plain text substitution that remembers where each piece of the result comes from.

use super::Piece;
use std::cmp::Reverse;
use std::ops::Range;

/// The most macros of a testfile: each one is looked for in each line.
pub const MAX_MACROS: usize = 1_000;
/// How much text all lines together may become, in bytes.
const MAX_EXPANDED: usize = 1024 * 1024;

/// Whose text a piece of a line is. Later ones taint what they take part in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Writer {
    /// As in the source, byte for byte.
    Line,
    /// The value of a `_define`.
    File,
    /// A value from outside, of a name that the file defines.
    Given,
    /// A value from outside, of a name that the file does not know.
    Stranger,
}

#[derive(Debug)]
struct Macro {
    name: String,
    value: String,
    writer: Writer,
}

/// The macros defined so far.
#[derive(Debug, Default)]
pub struct Macros {
    /// Longest name first; of equal length, the first defined first.
    defined: Vec<Macro>,
    /// Bytes of all expanded lines so far.
    expanded: usize,
}

/// Substitution made more text than a testfile may become.
#[derive(Debug, PartialEq)]
pub struct TooLong;

impl Macros {
    /// Defines a macro, or gives it a new value.
    pub fn define(&mut self, name: &str, value: &str, writer: Writer) {
        let new = Macro { name: name.to_string(), value: value.to_string(), writer };
        match self.defined.iter_mut().find(|known| known.name == name) {
            Some(old) => *old = new,
            None => {
                self.defined.push(new);
                self.defined.sort_by_key(|known| Reverse(known.name.len()));
            }
        }
    }

    pub fn len(&self) -> usize {
        self.defined.len()
    }

    /// A line that stands at `offset` of the source, with every macro's name replaced by its value: longest name first,
    /// one pass per name, so that a shorter macro's name in a value is replaced too.
    pub fn expand(&mut self, line: &str, offset: usize) -> Result<Expanded, TooLong> {
        let whole = Segment { text: 0..line.len(), origin: offset..offset + line.len(), writer: Writer::Line };
        let mut expanded = Expanded { text: line.to_string(), segments: vec![whole] };
        for known in &self.defined {
            let found: Vec<usize> = expanded.text.match_indices(known.name.as_str()).map(|(at, _)| at).collect();
            let grown = expanded.text.len() + found.len().saturating_mul(known.value.len());
            if self.expanded + grown > MAX_EXPANDED {
                return Err(TooLong);
            }
            if !found.is_empty() {
                expanded = expanded.replace(&found, known);
            }
        }
        self.expanded += expanded.text.len();
        Ok(expanded)
    }
}

/// A line after substitution. Never empty: neither is a line with something in it, nor a macro's value.
#[derive(Debug)]
pub struct Expanded {
    pub text: String,
    /// In order, without gaps.
    segments: Vec<Segment>,
}

#[derive(Debug, Clone)]
struct Segment {
    /// Its range in the text.
    text: Range<usize>,
    /// Where it comes from in the source.
    origin: Range<usize>,
    /// Other than the line itself: a macro made it whose name stands at `origin`.
    writer: Writer,
}

impl Segment {
    /// The part of it that lies within a range of the text.
    fn within(&self, range: &Range<usize>) -> Segment {
        let text = self.text.start.max(range.start)..self.text.end.min(range.end);
        let origin = match self.writer {
            Writer::Line => {
                let shift = |at: usize| self.origin.start + (at - self.text.start);
                shift(text.start)..shift(text.end)
            }
            _ => self.origin.clone(),
        };
        Segment { text, origin, writer: self.writer }
    }
}

impl Expanded {
    /// The segments that a range of the text touches, cut to it.
    fn segments(&self, range: Range<usize>) -> impl Iterator<Item = Segment> {
        let first = self.segments.partition_point(|segment| segment.text.end <= range.start);
        let touching = self.segments[first..].iter().take_while({
            let end = range.end;
            move |segment| segment.text.start < end
        });
        touching.map(move |segment| segment.within(&range))
    }

    /// Where a range of the text comes from in the source. An empty one: the end of what stands before it.
    pub fn origin(&self, range: Range<usize>) -> Range<usize> {
        if range.is_empty() {
            let before = self.segments(range.start.saturating_sub(1)..range.start).next();
            return before.map_or(0..0, |segment| segment.origin.end..segment.origin.end);
        }
        let mut origins = self.segments(range).map(|segment| segment.origin);
        let first = origins.next().unwrap_or_default();
        first.start..origins.last().map_or(first.end, |last| last.end)
    }

    pub fn part(&self, range: Range<usize>) -> Part<'_> {
        Part { line: self, range }
    }

    /// The pieces that come from outside: whose they are, their range in the text, and where their names stand.
    pub fn given(&self) -> impl Iterator<Item = (Writer, Range<usize>, Range<usize>)> {
        let given = self.segments.iter().filter(|segment| segment.writer >= Writer::Given);
        given.map(|segment| (segment.writer, segment.text.clone(), segment.origin.clone()))
    }

    /// With the macro's name at `found` replaced.
    fn replace(&self, found: &[usize], known: &Macro) -> Expanded {
        let mut new = Expanded { text: String::new(), segments: Vec::new() };
        let mut copied = 0;
        for &at in found {
            new.copy(self, copied..at);
            copied = at + known.name.len();
            let named = self.segments(at..copied).map(|segment| segment.writer).max();
            let writer = named.map_or(known.writer, |named| named.max(known.writer));
            new.push(&known.value, self.origin(at..copied), writer);
        }
        new.copy(self, copied..self.text.len());
        new
    }

    fn copy(&mut self, from: &Expanded, range: Range<usize>) {
        for segment in from.segments(range) {
            self.push(&from.text[segment.text], segment.origin, segment.writer);
        }
    }

    fn push(&mut self, text: &str, origin: Range<usize>, writer: Writer) {
        let start = self.text.len();
        self.text.push_str(text);
        self.segments.push(Segment { text: start..self.text.len(), origin, writer });
    }
}

/// A range of a line after substitution.
pub struct Part<'a> {
    line: &'a Expanded,
    range: Range<usize>,
}

impl<'a> Part<'a> {
    pub fn text(&self) -> &'a str {
        &self.line.text[self.range.clone()]
    }

    /// A range of this part's text.
    pub fn sub(&self, range: Range<usize>) -> Part<'a> {
        Part { line: self.line, range: self.range.start + range.start..self.range.start + range.end }
    }

    pub fn origin(&self) -> Range<usize> {
        self.line.origin(self.range.clone())
    }

    pub fn piece(&self) -> Piece {
        Piece { text: self.text().to_string(), span: self.origin() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn macros(defines: &[(&str, &str)]) -> Macros {
        let mut macros = Macros::default();
        for (name, value) in defines {
            macros.define(name, value, Writer::File);
        }
        macros
    }

    fn expand(defines: &[(&str, &str)], line: &str) -> String {
        macros(defines).expand(line, 0).unwrap().text
    }

    #[test]
    fn the_table_of_the_language() {
        assert_eq!(expand(&[("FOO", "1"), ("FOOBAR", "2")], "FOOBAR"), "2");
        assert_eq!(expand(&[("ua1", "sip:test1@host")], "ua1:dial 123"), "sip:test1@host:dial 123");
        let user = [("USER", "alice"), ("USER_EMAIL", "alice@example.com")];
        assert_eq!(expand(&user, "USER says USER_EMAIL"), "alice says alice@example.com");
    }

    #[test]
    fn a_value_may_contain_a_shorter_name_and_a_new_value_replaces_the_old() {
        assert_eq!(expand(&[("B", "1"), ("AA", "xB"), ("B", "2")], "AA B"), "x2 2");
        assert_eq!(expand(&[("A", "A and A")], "A"), "A and A", "one pass per name");
        assert_eq!(expand(&[("LONG", "x"), ("O", "LONG")], "O"), "LONG", "a longer name is not looked for again");
    }

    #[test]
    fn a_piece_comes_from_the_name_that_made_it() {
        let expanded = macros(&[("ua1", "sip:ä@h"), ("h", "host")]).expand("ua1:dial h", 100).unwrap();
        assert_eq!(expanded.text, "sip:ä@host:dial host");
        assert_eq!(expanded.origin(0..11), 100..103);
        assert_eq!(expanded.origin(7..11), 100..103, "a macro in a macro");
        assert_eq!(expanded.origin(12..16), 104..108);
        assert_eq!(expanded.origin(12..18), 104..110);
    }

    #[test]
    fn text_that_explodes_is_refused() {
        let mut bomb = Macros::default();
        for n in 1..30 {
            bomb.define(&"x".repeat(n), &format!("{0} {0}", "x".repeat(n - 1)), Writer::File);
        }
        assert_eq!(bomb.expand(&"x".repeat(29), 0).unwrap_err(), TooLong);
    }

    proptest! {
        #[test]
        fn it_is_plain_substitution_and_every_character_has_an_origin(
            defines in proptest::collection::vec(("[abé]{1,3}", "[abé ]{1,4}"), 0..5), line in "[abcé ]{1,20}"
        ) {
            let mut macros = Macros::default();
            for (name, value) in &defines {
                macros.define(name, value, Writer::File);
            }
            let expanded = macros.expand(&line, 7).unwrap();
            let plain = macros.defined.iter().fold(line.clone(), |text, known| text.replace(&known.name, &known.value));
            prop_assert_eq!(&expanded.text, &plain);
            for (at, c) in expanded.text.char_indices() {
                let origin = expanded.origin(at..at + c.len_utf8());
                prop_assert!(!origin.is_empty() && origin.start >= 7 && origin.end <= 7 + line.len());
                prop_assert!(line.is_char_boundary(origin.start - 7) && line.is_char_boundary(origin.end - 7));
            }
        }
    }
}
