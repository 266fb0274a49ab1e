//! The devnet seen through its own servers.

mod binary;
mod consensus;
mod faults;
mod gateway;
mod harness;
mod nodes;
mod transactions;
