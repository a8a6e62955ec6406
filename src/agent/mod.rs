//! agent

pub mod audio_report;
pub mod call_end;
pub mod ctrl;
pub mod quality;
pub mod trace;
pub mod vocabulary;
