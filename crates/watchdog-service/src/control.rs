//! The control API: HTTP/1.1 and JSON over a Unix socket.
//!
//! Who calls is told by the kernel (`SO_PEERCRED`), so there are no passwords. Every answer is one
//! document, `{"schema", "at", "instance", "result"}`; every refusal is a problem (RFC 9457) whose
//! `code` is that of the command line.
#![allow(clippy::result_large_err, reason = "a refusal is rare, and its size is nothing next to a request")]
pub mod client;
pub mod document;
pub mod peer;
pub mod problem;
mod routes;
pub mod server;
pub mod socket;
mod stream;
pub mod view;
