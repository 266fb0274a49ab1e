//! The devnet seen through its own servers.
#![allow(clippy::unwrap_used, clippy::needless_pass_by_value, clippy::unused_self, reason = "tests")]

mod binary;
mod consensus;
mod faults;
mod gateway;
mod harness;
mod nodes;
mod transactions;
