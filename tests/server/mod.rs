//! The service, asked over HTTP.

mod access;
