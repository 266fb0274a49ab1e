//! What the tests of the whole system share: a local Radix network around the real engine, and the
//! real program beside it. Everything is on loopback, at free ports, and ends with its test.
#![allow(
    clippy::missing_panics_doc,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]
#![allow(clippy::print_stdout, reason = "a test that cannot run says so")]
pub mod devnet;
pub mod etcd;
pub mod program;
pub mod until;
