//! The whole engine on a fake chain under a simulated clock: what it does, and above all what it
//! leaves alone.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod admission;
mod control;
mod failover;
mod fenced;
mod fleet;
mod rig;
mod shared;
mod stated;
mod storage;
mod unmoved;
