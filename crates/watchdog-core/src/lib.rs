//! Failover watchdog core: observe a validator, decide, and move signing to a backup exactly once.
//!
//! Read in the order of the data: [`probe`] sees, [`policy`] judges, [`plan`] and [`action`] say
//! what would be done, [`saga`] says what comes next, [`executor`] does it, [`journal`] remembers,
//! [`lease`] and [`guard`] keep a second watchdog out.
pub mod action;
pub mod causes;
pub mod chain;
pub mod clock;
pub mod composer;
pub mod config;
pub mod crash;
pub mod cx;
pub mod engine;
pub mod event;
pub mod executor;
pub mod gap;
pub mod gates;
pub mod guard;
pub mod id;
pub mod journal;
#[cfg(feature = "keys")]
pub mod keys;
pub mod lease;
pub mod payload;
pub mod plan;
pub mod policy;
pub mod probe;
pub mod reconcile;
#[cfg(feature = "registry")]
pub mod registry;
pub mod saga;
pub mod secret;
pub mod service;
pub mod status;
pub mod unit;
pub mod window;
