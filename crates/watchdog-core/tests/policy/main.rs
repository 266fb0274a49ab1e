//! Properties that hold of every policy and gate, whatever is seen and whatever clocks do.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod blindness;
mod gates;
mod history;
mod kleene;
mod reading;
mod time_travel;
