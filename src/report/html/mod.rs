//! The report that opens in a browser: one file, with everything in it, that loads nothing. Pure: it opens no files; what is
//! in them comes in, and the page goes out.
//!
//! Each run becomes a fragment ([`RunPage`]) as soon as it is over, from its events one by one and its recordings' bytes, so that its
//! folder may go; [`write`] puts the fragments into the page.

mod call_table;
mod kept;
mod messages;
mod page;
mod run_page;
mod text;
mod timeline;
mod waveform;
mod wording;
#[cfg(test)]
mod tests;

pub use page::write;
pub use run_page::{Room, RunPage};
