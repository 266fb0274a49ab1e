//! The control API over a real Unix socket, with a real engine on a fake chain behind it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]
mod events;
mod idle;
mod observations;
mod operations;
mod requests;
mod rig;
