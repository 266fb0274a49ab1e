//! Every decoder of key work as one function over any bytes, for fuzzers.
//!
//! The same functions run under two drivers: [`drive`], which needs a stable toolchain only (`cargo xtask fuzz`), and
//! libFuzzer (`fuzz/`, a workspace of its own). A decoder must end with an answer or an error, whatever it is given:
//! no panic, no unbounded work, no error that quotes what it was given where that is secret.
#![allow(clippy::panic, reason = "a broken promise ends the input that broke it")]
mod corpus;
mod cost;
mod decoder;
mod drive;
mod entropy;
mod form;
mod mutation;
mod random;

pub use corpus::Corpus;
pub use decoder::{Decoder, Outcome, decoder, decoders};
pub use drive::{Fault, Limits, Report, drive};
pub use form::Form;
pub use mutation::MARK;
