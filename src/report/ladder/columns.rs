//! Texts in a terminal's columns: cut, broken, laid over one another. No character that could steer it.

use crate::diagnostic::is_invisible;
use unicode_width::UnicodeWidthChar;

/// Which part of a text that is too long stays.
#[derive(Clone, Copy, PartialEq)]
pub enum Keep {
    Start,
    End,
}

/// Characters that stand in a column of their own; others are replaced.
pub fn tame(text: &str) -> String {
    let shown = |c: char| if is_invisible(c) || c.width().unwrap_or(0) == 0 { '\u{fffd}' } else { c };
    text.trim().chars().map(shown).collect()
}

/// The columns of a text, character by character, as terminals count them: most know nothing of ligatures.
pub fn width_of(text: &str) -> usize {
    text.chars().map(|c| c.width().unwrap_or(0)).sum()
}

/// The text, tamed, in `width` columns at most.
pub fn cut(text: &str, width: usize, keep: Keep) -> String {
    let text = tame(text);
    if width_of(&text) <= width {
        return text;
    }
    let mut left = width.saturating_sub(1);
    let fits = |c: &char| {
        let wide = c.width().unwrap_or(0);
        let fits = wide <= left;
        left = if fits { left - wide } else { 0 };
        fits
    };
    match keep {
        Keep::Start => text.chars().take_while(fits).chain(['…']).collect(),
        Keep::End => {
            let end: Vec<char> = text.chars().rev().take_while(fits).collect();
            ['…'].into_iter().chain(end.into_iter().rev()).collect()
        }
    }
}

/// The text, tamed, in lines of `width` columns at most, broken at spaces; a longer word is cut.
pub fn wrapped(text: &str, width: usize) -> Vec<String> {
    let text = tame(text);
    let mut lines = vec![];
    let mut line = String::new();
    for word in text.split_whitespace() {
        let word = cut(word, width, Keep::Start);
        let wide = width_of(&line) + 1 + width_of(&word);
        if !line.is_empty() && wide > width {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(&word);
    }
    lines.push(line);
    lines
}

/// A line of columns; none where a wide character before it takes two.
pub struct Canvas(Vec<Option<char>>);

impl Canvas {
    pub fn new(width: usize) -> Canvas {
        Canvas(vec![Some(' '); width])
    }

    /// Writes a text; what does not fit is left out. Gives the column after it.
    pub fn put(&mut self, column: usize, text: &str) -> usize {
        let mut column = column;
        for c in text.chars() {
            let end = column + c.width().unwrap_or(0);
            if end > self.0.len() {
                break;
            }
            self.0[column..end].fill(None);
            self.0[column] = Some(c);
            column = end;
        }
        column
    }

    pub fn text(&self) -> String {
        self.0.iter().flatten().collect()
    }

    /// The line with a text in it that is painted.
    pub fn painted(mut self, column: usize, text: &str, paint: impl Fn(&str) -> String) -> String {
        let end = self.put(column, text);
        let part = |cells: &[Option<char>]| cells.iter().flatten().collect::<String>();
        format!("{}{}{}", part(&self.0[..column]), paint(&part(&self.0[column..end])), part(&self.0[end..]))
    }
}
