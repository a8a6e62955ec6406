//! Checks `test`, `setup` and `teardown`, and what may not be outside of them.

use super::kinds::ValueKind;
use super::walk::Walk;
use crate::engine::language::positions::start_of;
use rhai::{CustomExpr, Expr, Position};

impl Walk<'_> {
    /// Walks a block. `word`: its first word.
    pub fn test_block(&mut self, word: &'static str, custom: &CustomExpr) {
        let Some((body, name)) = custom.inputs.split_last() else { return };
        let position = name.first().map_or_else(|| body.start_position(), start_of);
        let only_there = "a test, a setup and a teardown stand at the top level of the file".to_string();
        if self.in_function || self.in_test {
            self.error("test-place", position, format!("`{word}` can't stand here"), Some(only_there));
        } else if word != "test" && !self.is_at_top(body) {
            let advice = Some("there is one for all tests of the file, not in a loop or a condition".to_string());
            self.error("test-place", position, format!("`{word}` can't stand here"), advice);
        } else if word != "test" && !self.words.insert(word) {
            self.error(
                "test-place",
                position,
                format!("there is a second `{word}`"),
                Some("make one of both".to_string()),
            );
        }
        if let Some(name) = name.first() {
            self.name(name, position);
        }
        let outer = std::mem::replace(&mut self.in_test, true);
        let before = self.steps;
        if let Expr::Stmt(block) = body {
            self.block(block.statements(), false);
        }
        match word {
            "test" if self.steps == before => self.empty_tests.push(position),
            "setup" => self.setup_acts |= self.steps > before,
            _ => {}
        }
        self.in_test = outer;
    }

    fn name(&mut self, name: &Expr, position: Position) {
        match self.expression(name) {
            ValueKind::Text | ValueKind::Unknown => {}
            kind => {
                let message = format!("a test's name is a text, not {}", kind.in_words());
                self.error(
                    "test-name",
                    position,
                    message,
                    Some("write it so: test \"alice calls bob\" { … }".to_string()),
                );
            }
        }
        if let Expr::StringConstant(text, _) = name
            && let Some(before) = self.test_names.insert(text.to_string(), position)
            && before != position
        {
            let advice = format!("line {} has the first: a test is known by its name", self.line_of(before));
            self.error("test-name", position, format!("there is a second test `{text}`"), Some(advice));
        }
    }

    fn is_at_top(&self, body: &Expr) -> bool {
        self.blocks_at_top.contains(&body.start_position())
    }

    /// Checks the place of a command or a wait: the top level of a file with tests has none.
    pub fn acts(&mut self, position: Position) {
        if self.has_tests && !self.in_test && !self.in_function {
            let message = "commands and waits belong in a test, a setup or a teardown".to_string();
            let advice = "the top level of a file with tests only declares what they share".to_string();
            self.error("outside-of-tests", position, message, Some(advice));
        }
    }
}
