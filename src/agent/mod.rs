//! A baresip process that speaks ctrl_tcp: our own binary as `telefonist __agent`, or an external baresip.
//!
//! [`Supervisor::start`] writes a configuration for the agent's version, leases ports, starts the process and follows it
//! ([`live`]); [`Agent`] is its handle. What it says goes to the run's [`crate::event::Sink`], in one vocabulary over all
//! versions. Nobody else knows baresip.

mod account;
mod address;
mod answer;
mod asked;
pub mod audio_report;
mod baresip_settings;
pub mod call_end;
mod certificate;
pub mod commands;
mod config;
mod consultation;
mod contacts;
mod control;
pub mod ctrl;
pub mod events;
mod handle;
mod heard;
mod interface;
mod kind;
mod launch;
mod link;
mod listed;
mod listening;
mod live;
mod made_sound;
mod messages;
mod options;
mod output;
mod patience;
mod ports;
mod probe;
mod refusal;
mod registrations;
mod process;
pub mod quality;
mod reports;
mod room;
mod settings;
pub mod sound;
mod state;
mod supervisor;
mod target;
pub mod trace;
mod trust;
mod version;
pub mod vocabulary;

pub use crate::audio::pilot::pilot_seed as pilot_of;
pub use account::{Account, option as account_option};
pub use address::{Peer, rewrite};
pub use answer::Answer;
pub use asked::Asked;
pub use handle::Agent;
pub use interface::check as check_addresses;
pub use kind::{Kind, embedded_version};
pub use listening::ask::ListenAsk;
#[cfg(feature = "embedded")]
pub use listening::run_agent;
pub use made_sound::MadeSound;
pub use ports::{Free, Kept, free as free_ports, has_room as has_room_for_rtp, too_few as too_few_rtp_ports};
pub use probe::PeerAddress;
pub use process::die_with_host;
pub use settings::Settings;
pub use supervisor::Supervisor;
pub use target::{is_bare as is_completed, plain as target};
pub use trust::check as check_trust;

#[cfg(test)]
mod tests;
