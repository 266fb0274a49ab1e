//! Properties that hold of every policy and gate, whatever is seen and whatever clocks do; and what is
//! recorded to be judged again.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods)]
#![allow(clippy::unchecked_time_subtraction, reason = "a test that goes below zero shall fail")]
mod backtest;
mod beside;
mod blindness;
mod bounded;
mod gates;
mod history;
mod kleene;
mod reading;
mod recording;
mod span;
mod time_travel;
