//! Fences against what they are for: real children, a real SSH server, nodes that are killed and come back.
#![allow(clippy::disallowed_methods, reason = "tests prepare their files and wait for real processes")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]
mod forced_command;
mod hook;
mod host;
mod ladder;
mod lapse;
mod lent;
mod process;
mod reboot;
mod service;
mod sidecar;
mod sshd;
mod step;
mod world;
