//! The service, asked over HTTP.

mod access;
mod docs;
mod folders;
mod language;
mod openapi;
mod projects;
mod jobs;
