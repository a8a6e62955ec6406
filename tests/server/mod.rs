//! The service, asked over HTTP and WebSocket.

mod access;
mod console;
mod ws;
