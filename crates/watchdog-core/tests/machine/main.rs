//! A small model of what the engine promises, and the engine itself, driven through the same random days.
//!
//! After every transition both must agree: on each answer, on who signs, on every operation and its end, and on
//! which gates are closed; and nobody may ever have seen two signers. A failure is shrunk and printed with its
//! seed; `PROPTEST_RNG_SEED` gives it again, `PROPTEST_CASES` sets the number of cases.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]
mod nodes;
mod reference;
mod system;
mod transition;

use proptest::test_runner::{Config, RngSeed, TestRunner};
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest};
use reference::Reference;
use std::hash::{BuildHasher, RandomState};
use std::ops::Range;
use system::{Machine, Reached};

/// Runs `cases` days of so many transitions, or as many as `PROPTEST_CASES` says.
fn agree(cases: u32, transitions: Range<usize>) -> Option<Reached> {
    let given = Config::default();
    let seed = match given.rng_seed {
        RngSeed::Fixed(seed) => seed,
        RngSeed::Random => RandomState::new().hash_one("seed"),
    };
    let is_given = std::env::var_os("PROPTEST_CASES").is_some();
    let cases = if is_given { given.cases } else { cases };
    let config = Config { cases, rng_seed: RngSeed::Fixed(seed), failure_persistence: None, ..given };
    let reached = Reached::default();
    let strategy = Reference::sequential_strategy(transitions);
    let ran = TestRunner::new(config.clone()).run(&strategy, |(model, transitions, seen)| {
        Machine::test_sequential(config.clone(), model.counting(&reached), transitions, seen);
        Ok(())
    });
    println!("{cases} cases of PROPTEST_RNG_SEED={seed}: {reached:?}");
    if let Err(failure) = ran {
        panic!("{failure}\nagain with PROPTEST_RNG_SEED={seed}");
    }
    (!is_given).then_some(reached)
}

#[test]
fn the_engine_does_what_its_model_says_and_nothing_else() {
    if let Some(reached) = agree(280, 4..16) {
        assert!(reached.is_everything(), "the cases do not reach what they are for: {reached:?}");
    }
}

#[test]
fn over_many_operations_the_engine_does_what_its_model_says() {
    agree(50, 30..50);
}
