//! Two real watchdogs, a real etcd and a local Radix network: whatever is killed, suspended or cut
//! off, nobody signs twice, and every incident has its end.
//!
//! `TANIST_ROUNDS` says how many rounds there are (10 where absent; `cargo xtask soak` has 100),
//! `TANIST_SEED` where they begin. A failure names both.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod dice;
mod fault;
mod group;

use dice::Dice;
use fault::Fault;
use group::Group;

/// Rounds with one network: it ends itself after a quarter of an hour.
const BLOCK: u64 = 10;

#[allow(clippy::disallowed_methods, reason = "the length of a soak is told from outside")]
fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[tokio::test]
async fn whatever_fails_there_is_one_signer_and_an_end() {
    let rounds = number("TANIST_ROUNDS").unwrap_or(10);
    let seed = number("TANIST_SEED").unwrap_or_else(|| u64::from(std::process::id()));
    println!("seed {seed}, {rounds} rounds");
    let mut dice = Dice::new(seed);
    let mut group = None;
    for round in 0..rounds {
        if round % BLOCK == 0 {
            if let Some(before) = group.take() {
                Group::end(before).await;
            }
            group = Group::start().await;
        }
        let Some(group) = &mut group else { return };
        // Each kind in turn, so that a short run has them all; when it strikes is up to the dice.
        let fault = Fault::ALL[usize::try_from(round).unwrap() % Fault::ALL.len()];
        let delay = dice.below(3000);
        println!("round {round} of seed {seed}: {fault:?} {delay} ms after the node stopped");
        group.incident(fault, delay).await;
    }
    if let Some(group) = group {
        group.end().await;
    }
}

#[tokio::test]
async fn the_second_watchdog_finishes_what_the_first_began_and_never_acts_beside_it() {
    let Some(mut group) = Group::start().await else { return };
    let (holder, waiting) = group.roles().await;
    let before = group.status_line(waiting).await;
    assert!(before.contains(group::NAMES[holder]), "status names the holder: {before}");
    group.incident(Fault::KillHolder, 500).await;
    let (now, _) = group.roles().await;
    assert_eq!(now, waiting, "the lease went over");
    group.end().await;
}
