//! The models are the program: what the one takes in a state, the other takes in the same state, and both are then in
//! the same state again.
//!
//! Of the saga three things are compared in every reachable state: what the fold makes of a record (`fold`), which
//! records the executor writes (`executor`), and how the coarse model of the specification follows from the fine one
//! (`coarse`). Of the sidecar's lease (`lease`): when the signer runs, and when an engine counts the fence.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::print_stdout)]
mod coarse;
mod executor;
mod fold;
mod lease;
mod pair;
