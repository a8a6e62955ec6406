//! The one place where the stages meet: text → script → run → record → flow → verdict, and what is done with it.

mod compile;
mod deliver;
mod execute;
mod explain;
mod find;
mod interrupt;
mod preflight;
mod sounds;
mod workplace;

pub use compile::{Compiled, compile, load};
pub use deliver::{is_updatable, update};
pub use execute::{Outcome, Ran, execute};
pub use find::find;
pub use interrupt::Interrupt;
pub use preflight::{Checked, check};
pub use sounds::sound_folders;
pub use workplace::Workplace;
