//! A local Radix network around the real Radix Engine.

pub mod chain;
pub mod clock;
pub mod devnet;
pub mod fault;
pub mod gateway;
pub mod http;
pub mod keys;
pub mod leaders;
pub mod ledger;
pub mod mempool;
pub mod network;
pub mod node;
pub mod preview;
pub mod record;
pub mod settings;
pub mod sight;
pub mod world;
