//! The real program against a local Radix network around the real engine.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod crash;
mod failover;
mod refused;
mod storage;
mod submission;
mod unmoved;
