//! Lines from a pipe or a file: no prompt, no suggestions.

use super::sight::{Shared, wants_more};
use super::{AbovePrompt, Read, Reader};
use std::io::BufRead;

pub struct Plain<R> {
    lines: R,
    sight: Shared,
}

impl<R: BufRead> Plain<R> {
    pub fn new(lines: R) -> Plain<R> {
        Plain { lines, sight: Shared::default() }
    }
}

impl<R: BufRead> Reader for Plain<R> {
    /// Lines that belong together come as one text; at the end, also what is not whole.
    fn read(&mut self) -> Read {
        let mut text = String::new();
        loop {
            let mut line = vec![];
            match self.lines.read_until(b'\n', &mut line) {
                Ok(0) | Err(_) if text.is_empty() => return Read::End,
                Ok(0) | Err(_) => return Read::Text(text),
                Ok(_) => text.push_str(&String::from_utf8_lossy(&line)),
            }
            if !wants_more(text.trim_end()) {
                return Read::Text(text);
            }
        }
    }

    fn sight(&self) -> Shared {
        self.sight.clone()
    }

    fn above_prompt(&mut self) -> Option<AbovePrompt> {
        None
    }

    fn is_person(&self) -> bool {
        false
    }

    fn give_up(&self) -> Box<dyn Fn() + Send> {
        Box::new(|| super::exit())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_belong_together_are_one_text() {
        let mut plain = Plain::new("a\nfn f() {\n  1\n}\n\n:calls\nlet x =".as_bytes());
        let texts: Vec<Read> = std::iter::from_fn(|| Some(plain.read()).filter(|read| *read != Read::End)).collect();
        let expected = ["a\n", "fn f() {\n  1\n}\n", "\n", ":calls\n", "let x ="];
        assert_eq!(texts, expected.map(|text| Read::Text(text.into())));
    }
}
