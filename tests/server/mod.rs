//! The service, asked over HTTP and WebSocket.

mod access;
mod console;
mod docs;
mod folders;
mod language;
mod openapi;
mod projects;
mod automation;
mod jobs;
mod kills;
mod logins;
mod ws;
