//! Messages that are sent together in one frame.

/// The most messages of a batch, and about the most bytes.
pub const MESSAGES: usize = 500;

pub const BYTES: usize = 256 * 1024;

/// Messages that are sent at once: a JSON array.
#[derive(Default)]
pub struct Batch {
    text: String,
    count: usize,
}

impl Batch {
    pub fn push(&mut self, message: &str) {
        self.text.push(if self.count == 0 { '[' } else { ',' });
        self.text.push_str(message);
        self.count += 1;
    }

    pub fn is_full(&self) -> bool {
        self.count >= MESSAGES || self.text.len() >= BYTES
    }

    /// None where there is nothing in it.
    pub fn done(mut self) -> Option<String> {
        self.text.push(']');
        (self.count > 0).then_some(self.text)
    }
}
