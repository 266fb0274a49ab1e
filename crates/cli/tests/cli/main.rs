//! The binary as its users see it: whole outputs, exit codes, files.
#![allow(clippy::disallowed_methods, reason = "tests prepare their files and read their environment")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]
mod backtest;
mod beside;
mod config;
mod control;
mod daemon;
mod example;
mod explain;
mod fence;
mod help;
mod journal;
mod keys;
mod keys_documented;
mod keys_material;
mod keys_tool;
mod keys_vectors;
mod planted;
mod schema;
mod secret;
mod sidecar;
mod world;
