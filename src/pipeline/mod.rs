//! The one place where the stages meet: text → script → run → record → flow → verdict, and what is done with it.

mod accounts;
mod board;
mod case;
mod compile;
mod deliver;
mod execute;
mod filter;
mod find;
mod history;
mod interrupt;
mod judged;
mod page;
mod plan;
mod preflight;
mod replay;
mod runner;
mod select;
mod sounds;
mod workplace;

pub use accounts::read_accounts;
pub use case::{Case, Refusal, TestId};
pub use compile::{Compiled, compile, load};
pub use deliver::{is_updatable, replace, update};
pub use execute::{Ran, Turn, execute};
pub use filter::Filter;
pub use find::find;
pub use history::{History, Past};
pub use interrupt::Interrupt;
pub use page::page;
pub use plan::{Keep, Plan, Watcher};
pub use preflight::{Checked, check};
pub use replay::{Replayed, flow_of, replay};
pub use runner::run;
pub use select::{Selection, shard};
pub use sounds::sound_folders;
pub use workplace::Workplace;
