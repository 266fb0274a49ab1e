//! Radix (Babylon) adapter of the failover watchdog: keys, addresses, transactions.
pub mod address;
pub mod client;
pub mod config;
pub mod evidence;
pub mod keys;
pub mod network;
pub mod policy;
pub mod probe;
pub mod tx;
