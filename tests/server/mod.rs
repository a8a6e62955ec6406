//! The service, asked over HTTP.

mod access;
mod folders;
mod language;
mod openapi;
mod projects;
mod jobs;
