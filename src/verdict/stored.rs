//! The verdict that was kept with a run.

use super::Verdict;
use crate::diagnostic::Diagnostic;
use crate::record::text;
use std::path::Path;

/// The verdict that was kept with a run; none where there is none.
pub fn stored_verdict(folder: &Path) -> Option<Result<Verdict, Diagnostic>> {
    let unreadable = |error| Diagnostic::error(format!("the kept verdict can't be read: {error}"));
    let json = text(&folder.join("verdict.json"))?;
    Some(json.map_err(unreadable).and_then(|json| Verdict::from_json(&json)))
}
