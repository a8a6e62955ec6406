//! The service, asked over HTTP and WebSocket.

mod access;
mod console;
mod docs;
mod folders;
mod history;
mod language;
mod openapi;
mod projects;
mod automation;
mod jobs;
mod kills;
mod logins;
mod settings;
mod ws;
