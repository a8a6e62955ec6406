//! A run's part of the page: timeline, ladder, calls, recordings, log.

use super::call_table::CallRow;
use super::kept::Kept;
use super::messages::{LadderView, ladder};
use super::text;
use super::timeline::Timeline;
use super::waveform::Sound;
use super::wording::Line;
use crate::calls::calls;
use crate::event::Event;
use crate::record::Header;
use crate::report::ladder::Ladder;
use crate::verdict::Status;
use askama::Template;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Bytes of recordings that a whole report carries.
const RECORDINGS: usize = 20 << 20;
/// Bytes of fragments of runs that passed that a whole report carries; after that they come without messages and log.
const PASSED: usize = 64 << 20;

/// What room a report has left. All fragments of a report share one.
#[derive(Debug)]
pub struct Room {
    recordings: AtomicUsize,
    passed: AtomicUsize,
}

impl Default for Room {
    fn default() -> Room {
        Room::of(RECORDINGS, PASSED)
    }
}

impl Room {
    /// Both in bytes.
    pub(super) fn of(recordings: usize, passed: usize) -> Room {
        Room { recordings: AtomicUsize::new(recordings), passed: AtomicUsize::new(passed) }
    }
}

/// Takes that much, if it is there.
fn take(room: &AtomicUsize, size: usize) -> bool {
    room.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(size)).is_ok()
}

/// Takes what is known of a run, and becomes its part of the page.
#[derive(Debug)]
pub struct RunPage {
    header: Header,
    room: Arc<Room>,
    kept: Kept,
    recordings: Vec<Recording>,
}

/// A recording on the page; its sound is none where it is left out.
#[derive(Debug)]
struct Recording {
    name: String,
    sound: Option<Sound>,
    /// Why it is left out.
    why: &'static str,
}

#[derive(Template)]
#[template(path = "run.html")]
struct Fragment<'a> {
    run: &'a str,
    timeline: &'a Timeline,
    ladder: &'a LadderView,
    calls: &'a [CallRow],
    recordings: &'a [Recording],
    lines: &'a [Line],
    line_count: String,
    /// How many events are left out: `3 events`.
    left_out: Option<String>,
    /// Messages and log do not fit into the report.
    brief: bool,
}

impl RunPage {
    pub fn new(header: &Header, room: Arc<Room>) -> RunPage {
        RunPage { header: header.clone(), room, kept: Kept::default(), recordings: vec![] }
    }

    /// The record's next event.
    pub fn event(&mut self, event: &Event) {
        self.kept.push(event);
    }

    /// A recording by its name below the run's folder (`recordings/alice-1.wav`), and the bytes of its file.
    pub fn recording(&mut self, name: &str, bytes: &[u8]) {
        let (sound, why) = match Sound::of(bytes) {
            None => (None, "is no WAV file that can be read"),
            Some(sound) if take(&self.room.recordings, bytes.len()) => (Some(sound), ""),
            Some(_) => (None, "is left out: the recordings of this report are 20 MB already"),
        };
        self.recordings.push(Recording { name: text::shown(name), sound, why });
    }

    /// The fragment of HTML for [`write`](super::write). `status` is that of this run.
    pub fn finish(self, status: Status) -> String {
        let RunPage { header, room, kept, recordings } = self;
        let (left_out, gap) = (kept.left_out(), kept.gap());
        let events = kept.into_events();
        let calls = calls(&events);
        let mut lines: Vec<Line> = events.iter().map(|event| Line::of(event, header.time)).collect();
        if let Some(line) = gap.and_then(|gap| lines.get_mut(gap)) {
            line.after_gap = true;
        }
        let fragment = Fragment {
            run: &text::shown(&header.run),
            timeline: &Timeline::of(header.time, &events, &calls, gap),
            ladder: &ladder(&Ladder::of(&events), &events, header.time, status),
            calls: &calls.iter().map(CallRow::of).collect::<Vec<_>>(),
            recordings: &recordings,
            lines: &lines,
            line_count: text::count(lines.len(), "event"),
            left_out: (left_out > 0).then(|| text::count(left_out as usize, "event")),
            brief: false,
        };
        let whole = fragment.render().unwrap_or_default();
        if status != Status::Pass || take(&room.passed, whole.len()) {
            return whole;
        }
        let ladder = LadderView::default();
        Fragment { ladder: &ladder, lines: &[], brief: true, ..fragment }.render().unwrap_or_default()
    }
}
