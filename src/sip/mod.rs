//! SIP messages from bytes (RFC 3261 section 7): own and small, tolerant of what real devices send, safe with hostile input.
//!
//! Nothing here builds or sends a message: what the agents say is read, never spoken.

mod compact;
mod error;
pub mod headers;
mod message;
mod pairing;
pub mod sdp;
pub mod uri;

pub use error::{LIMIT, ParseError};
pub use message::Message;
pub use pairing::Pairing;
