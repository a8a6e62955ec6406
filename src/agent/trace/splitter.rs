//! The state machine that finds where lines and messages end.

use super::frame::{Escape, Header};
use super::{FRAME_LIMIT, Item, LINE_LIMIT, ansi, frame};

/// Cuts stdout into items, whatever pieces it comes in: the same bytes give the same items.
#[derive(Debug, Default)]
pub struct Splitter {
    buffer: Vec<u8>,
    /// Where the unfinished item begins in `buffer`.
    start: usize,
    /// From `start` on, that many bytes have been looked at.
    scanned: usize,
    state: State,
    /// The colour that the next text has.
    red: bool,
    /// No more bytes come.
    ended: bool,
    /// A message that may be over is, up to that length; 0 where more may come.
    settled: usize,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Line,
    /// In a line that was cut: the rest of it is dropped.
    Dropping,
    /// In a message.
    Frame { header: Header, end: End },
}

/// Where a message ends, counted from `Splitter::start`.
#[derive(Debug, Clone, Copy)]
enum End {
    /// Its headers have not ended yet.
    Unknown,
    /// By Content-Length; `head` is where the body begins.
    At { head: usize, end: usize },
    /// At the next terminator.
    Terminator,
}

impl Splitter {
    pub fn new() -> Splitter {
        Splitter::default()
    }

    /// Takes bytes in; [`Splitter::next`] gives what they complete.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.settled = 0;
        if self.start > 0 {
            self.buffer.drain(..self.start);
            self.start = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// The stream has ended: what is unfinished comes out as it is.
    pub fn end(&mut self) {
        self.ended = true;
    }

    /// A datagram that says that it is longer than it is: more may come, or not.
    pub fn may_be_over(&self) -> bool {
        let cut = |header: &Header, end: &End| header.is_udp() && matches!(end, End::At { .. });
        matches!(&self.state, State::Frame { header, end } if cut(header, end)) && self.rest().ends_with(frame::END)
    }

    /// All that was written has been fed: a message that may be over is, unless it is longer than that, in bytes.
    pub fn settle(&mut self, longest: usize) {
        self.settled = longest;
    }

    fn rest(&self) -> &[u8] {
        &self.buffer[self.start..]
    }

    /// The next line end or escape that has not been looked at.
    fn seek(&self) -> Option<usize> {
        let unseen = &self.rest()[self.scanned..];
        Some(self.scanned + unseen.iter().position(|b| matches!(b, b'\n' | b'\x1b'))?)
    }

    /// The sequence at an escape. At the end of the stream what is incomplete is no sequence of ours.
    fn escape(&self, at: usize) -> Escape {
        match frame::escape(&self.rest()[at..]) {
            Escape::Incomplete if self.ended => Escape::Other,
            escape => escape,
        }
    }

    /// Goes past `length` bytes of the current item.
    fn advance(&mut self, length: usize) {
        self.start += length;
        self.scanned = 0;
    }

    /// Looks for the end of the current line. `Break`: more bytes are needed.
    fn line(&mut self) -> Step {
        while let Some(at) = self.seek() {
            if self.rest()[at] == b'\n' {
                return self.line_end(at, at + 1);
            }
            match self.escape(at) {
                Escape::Incomplete => {
                    self.scanned = at;
                    return Step::Wait;
                }
                Escape::Begin(header) if at == 0 => {
                    self.scanned = header.length;
                    self.red = false;
                    self.state = State::Frame { header, end: End::Unknown };
                    return Step::Go;
                }
                // a line without its end, then a message
                Escape::Begin(_) => return self.line_end(at, at),
                Escape::End | Escape::Other => self.scanned = at + 1,
            }
        }
        let length = self.rest().len();
        if self.ended && length > 0 {
            return self.line_end(length, length);
        }
        match self.state {
            State::Dropping => self.advance(length),
            _ if length > LINE_LIMIT => {
                let item = self.log(length);
                self.advance(LINE_LIMIT);
                self.state = State::Dropping;
                return item;
            }
            _ => self.scanned = length,
        }
        Step::Wait
    }

    /// A line of `length` bytes that ends; the next item begins at `next`.
    fn line_end(&mut self, length: usize, next: usize) -> Step {
        let dropping = matches!(std::mem::take(&mut self.state), State::Dropping);
        let item = if dropping { Step::Go } else { self.log(length) };
        self.advance(next);
        item
    }

    /// The first bytes of the current item as a log line.
    fn log(&mut self, length: usize) -> Step {
        let line = &self.buffer[self.start..][..length.min(LINE_LIMIT)];
        let (mut text, level) = ansi::strip(line, &mut self.red);
        // a line is cut where its bytes say so, not where the pieces do: so are its colours
        if length > LINE_LIMIT {
            self.red = false;
            text.push_str(" … (cut)");
        }
        if text.trim().is_empty() { Step::Go } else { Step::Item(Item::Log { level, text }) }
    }

    /// Looks for the end of the current message.
    fn message(&mut self, mut end: End) -> Step {
        let State::Frame { header, .. } = &self.state else { return Step::Go };
        let begin = header.length;
        loop {
            let found = self.seek();
            if let End::At { end: at, .. } = end
                && found.unwrap_or(self.rest().len()) >= at
            {
                match self.terminator(at) {
                    Some(true) => return self.message_end(at, at + frame::END.len()),
                    Some(false) => end = self.lost(end),
                    None => return self.keep(at, end),
                }
                continue;
            }
            let limit = begin + FRAME_LIMIT;
            let Some(at) = found.filter(|at| *at <= limit) else {
                let length = self.rest().len();
                if length > limit {
                    return self.message_end(limit, limit);
                }
                if self.ended {
                    return self.message_end(length, length);
                }
                return self.keep(length, end);
            };
            if self.rest()[at] == b'\n' {
                self.scanned = at + 1;
                if matches!(end, End::Unknown) && self.rest()[begin..at].ends_with(b"\r\n\r") {
                    end = self.end_of(begin, at + 1);
                }
                continue;
            }
            match self.escape(at) {
                Escape::Incomplete => return self.keep(at, end),
                // the next message: this one has lost its end, or is shorter than it says
                Escape::Begin(_) => {
                    let ended = self.rest()[begin..at].ends_with(frame::END);
                    return self.message_end(if ended { at - frame::END.len() } else { at }, at);
                }
                Escape::End if !matches!(end, End::At { .. }) => return self.message_end(at, at + frame::END.len()),
                Escape::End | Escape::Other => self.scanned = at + 1,
            }
        }
    }

    /// Where the message ends whose headers end at `head`.
    fn end_of(&self, begin: usize, head: usize) -> End {
        let length = frame::content_length(&self.rest()[begin..head]);
        match length.and_then(|length| head.checked_add(length)).filter(|end| *end <= begin + FRAME_LIMIT) {
            Some(end) => End::At { head, end },
            None => End::Terminator,
        }
    }

    /// Whether the terminator stands at a place; none when the bytes are not there yet.
    fn terminator(&self, at: usize) -> Option<bool> {
        let there = self.rest().get(at..).unwrap_or_default();
        let there = &there[..there.len().min(frame::END.len())];
        match () {
            () if there == frame::END => Some(true),
            () if !self.ended && frame::END.starts_with(there) => None,
            () => Some(false),
        }
    }

    /// Content-Length was wrong: the body is looked through again, for the terminator.
    fn lost(&mut self, end: End) -> End {
        if let End::At { head, .. } = end {
            self.scanned = head;
        }
        End::Terminator
    }

    /// Nothing more to find up to `scanned` until more bytes come.
    fn keep(&mut self, scanned: usize, now: End) -> Step {
        self.scanned = scanned;
        if let State::Frame { end, .. } = &mut self.state {
            *end = now;
        }
        Step::Wait
    }

    /// The message ends at `at`; the next item begins at `next`.
    fn message_end(&mut self, at: usize, next: usize) -> Step {
        let State::Frame { header, .. } = std::mem::take(&mut self.state) else { return Step::Go };
        let raw = self.rest()[header.length..at].to_vec();
        self.advance(next);
        Step::Item(Item::Sip(header.into_frame(raw)))
    }
}

/// What a look at the buffer came to.
enum Step {
    Item(Item),
    /// Progress without an item.
    Go,
    /// More bytes are needed.
    Wait,
}

impl Iterator for Splitter {
    type Item = Item;

    /// The next item; none until more bytes come.
    fn next(&mut self) -> Option<Item> {
        loop {
            let step = match self.state {
                State::Frame { end, .. } => match self.message(end) {
                    Step::Wait if self.may_be_over() && self.rest().len() <= self.settled => {
                        let next = self.rest().len();
                        self.message_end(next - frame::END.len(), next)
                    }
                    step => step,
                },
                State::Line | State::Dropping => self.line(),
            };
            match step {
                Step::Item(item) => return Some(item),
                Step::Go => {}
                Step::Wait => return None,
            }
        }
    }
}
