//! Properties that hold of every policy, whatever is seen.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod blindness;
mod kleene;
mod reading;
