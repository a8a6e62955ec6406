//! The newest samples of a stream, as frames that overlap.

/// Samples that wait to be whole frames.
pub struct Frames {
    size: usize,
    hop: usize,
    waiting: Vec<f32>,
    /// The place of the first that waits.
    place: u64,
}

impl Frames {
    /// Frames of `size` samples, `hop` apart.
    pub fn new(size: usize, hop: usize) -> Frames {
        Frames { size, hop, waiting: Vec::with_capacity(2 * size), place: 0 }
    }

    /// Takes samples, and calls `each` with the frames that are whole, and their places.
    pub fn push(&mut self, samples: &[f32], mut each: impl FnMut(u64, &[f32])) {
        self.waiting.extend_from_slice(samples);
        let mut start = 0;
        while start + self.size <= self.waiting.len() {
            each(self.place + start as u64, &self.waiting[start..start + self.size]);
            start += self.hop;
        }
        let start = start.min(self.waiting.len());
        self.waiting.drain(..start);
        self.place += start as u64;
    }
}
