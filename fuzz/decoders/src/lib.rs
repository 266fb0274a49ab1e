//! Everything that reads what others wrote as one function over any bytes, for fuzzers: key work, journal,
//! configuration, control API, what nodes say, observations.
//!
//! The same functions run under two drivers: [`drive`], which needs a stable toolchain only (`cargo xtask fuzz`), and
//! libFuzzer (`fuzz/`, a workspace of its own). A decoder must end with an answer or an error, whatever it is given:
//! no panic, no unbounded work, no error that quotes what it was given where that is secret.
#![allow(clippy::panic, reason = "a broken promise ends the input that broke it")]
mod api;
mod config;
mod corpus;
mod cost;
mod decoder;
mod drive;
mod entropy;
mod exchange;
mod form;
mod journal;
mod mutation;
mod random;
mod settings;
mod windows;

pub use corpus::Corpus;
pub use decoder::{Decoder, Outcome, decoder, decoders};
pub use drive::{Fault, Limits, Report, drive};
pub use form::Form;
pub use mutation::MARK;
