//! The whole system from a seed: real engines, a store of lease and journal, nodes, a chain and
//! operators on a simulated network, disk and clock, under the fault matrix of the safety model.
//!
//! ```text
//! seed ─► Scenario ─► World ── events, one at a time ──► Process (real engine) ─► Port ─► messages
//!                       │                                                              │
//!                       └── Store, Node, Ledger: plain state machines ◄────────────────┘
//!                       └── Oracle: signatures, commands, durable records
//! ```
//! One thread, one event at a time, every number from the seed: the same seed is the same run.
mod action;
mod chance;
mod client;
mod clock;
mod disk;
mod embedded;
mod fault;
mod kernel;
mod ledger;
mod node;
pub mod noise;
mod oracle;
mod panics;
mod port;
mod probe;
mod process;
mod report;
mod scenario;
mod soak;
mod store;
mod transport;
mod wire;
mod world;

pub use fault::{Cell, Kind, Part, matrix};
pub use oracle::{Moment, Violation};
pub use report::{Report, Tally};
pub use soak::{Soak, soak};
pub use world::{Options, Sabotage, run};
