//! What the tests of the workspace share: clocks that tests move, a chain that does what a test says,
//! a journal whose disk fails, rules for every store of leases, and the runner of test vectors.
pub mod clock;
pub mod conformance;
pub mod fake;
pub mod journal;
pub mod proxy;
pub mod shared;
pub mod vectors;
