//! Radix (Babylon) adapter of the failover watchdog: keys, addresses, transactions.
pub mod address;
pub mod keys;
pub mod network;
pub mod tx;
