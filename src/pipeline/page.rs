//! A run's part of the HTML report, made from its folder before the folder may be deleted.

use crate::diagnostic::Diagnostic;
use crate::event::Events;
use crate::record::{Header, Kept};
use crate::report::html::{Room, RunPage};
use crate::verdict::Status;
use std::path::Path;
use std::sync::Arc;

/// Reads the events and the recordings of a run's folder; all of a report's runs share its `room`.
///
/// # Errors
/// The record can't be read. A recording that can't be is left out.
pub fn page(folder: &Path, status: Status, room: &Arc<Room>) -> Result<String, Diagnostic> {
    let events = Kept(folder.join("events.jsonl"));
    let mut page = RunPage::new(&Header::read(&events.0)?, room.clone());
    events.each(&mut |event| page.event(event))?;
    let entries = folder.join("recordings").read_dir().into_iter().flatten().filter_map(Result::ok);
    let mut names: Vec<_> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    for name in names {
        let name = format!("recordings/{name}");
        if let Ok(bytes) = std::fs::read(folder.join(&name)) {
            page.recording(&name, &bytes);
        }
    }
    Ok(page.finish(status))
}
