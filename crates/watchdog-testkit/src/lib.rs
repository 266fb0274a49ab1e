//! What the tests of the workspace share: clocks that tests move, a chain that does what a test says,
//! a journal whose disk fails, and the runner of test vectors.
pub mod clock;
pub mod fake;
pub mod journal;
pub mod vectors;
