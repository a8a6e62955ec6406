//! The service, asked over HTTP.

mod access;
mod jobs;
