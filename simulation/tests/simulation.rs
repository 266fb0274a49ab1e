//! The whole system under the fault matrix. A failure names the seed to replay:
//! `cargo xtask simulate --seed S --runs 1 --trace`.
use std::sync::OnceLock;
use std::time::Duration;
use tanist_simulation::noise::{Level, noise};
use tanist_simulation::{Moment, Options, Sabotage, Soak, run, soak};

/// First seed; every other one follows from it.
const SEED: u64 = 20_261_126;
const RUNS: u64 = 2_000;
const ORDINARY: Options = Options::ORDINARY;

/// The runs that several tests look at.
fn runs() -> &'static Soak {
    static SOAK: OnceLock<Soak> = OnceLock::new();
    SOAK.get_or_init(|| soak(RUNS, SEED, 2, &ORDINARY, &|_| ()))
}

#[test]
fn no_rule_is_broken_in_two_thousand_runs() {
    let soak = runs();
    let failed: Vec<_> = soak.failed.iter().map(|report| (report.seed, &report.violations)).collect();
    assert!(failed.is_empty(), "replay with `cargo xtask simulate --seed SEED --runs 1 --trace`: {failed:#?}");
    assert_eq!(soak.tally.runs, RUNS);
}

#[test]
fn every_kind_of_fault_of_the_matrix_happens_to_every_part() {
    let missing = runs().tally.missing();
    assert!(missing.is_empty(), "never happened: {missing:?}");
}

#[test]
fn watchdogs_end_in_every_state_of_a_failover_and_failovers_end_in_every_way() {
    let tally = &runs().tally;
    for moment in Moment::ALL {
        assert!(tally.crash_points.contains_key(&moment), "no watchdog ended in {moment:?}: {:?}", tally.crash_points);
    }
    for outcome in ["completed", "reverted", "aborted", "failed", "blocked"] {
        assert!(tally.outcomes.contains_key(outcome), "no failover ended {outcome}: {:?}", tally.outcomes);
    }
    assert!(tally.automatic >= RUNS / 3, "{} automatic failovers", tally.automatic);
    assert!(tally.calm >= RUNS / 20 && tally.by_turmoil >= RUNS / 100, "{tally}");
}

#[test]
fn one_seed_is_one_run_by_either_carrier() {
    for turmoil_one_in in [0, 1] {
        for seed in SEED..SEED + 6 {
            let options = Options { turmoil_one_in, ..ORDINARY };
            let (first, second) = (run(seed, &options), run(seed, &options));
            assert_eq!((first.trace, first.events), (second.trace, second.events), "seed {seed}");
            assert_eq!(first.by_turmoil, turmoil_one_in == 1);
        }
    }
    assert_ne!(run(SEED, &ORDINARY).trace, run(SEED + 1, &ORDINARY).trace);
}

/// Without the protection that `sabotage` turns off, the oracle finds a broken rule within so many runs.
fn finds(sabotage: Sabotage, within: u64, rules: &[&str]) {
    let options = Options { sabotage: Some(sabotage), turmoil_one_in: 0, ..ORDINARY };
    let soak = soak(within, SEED, 2, &options, &|_| ());
    let found: Vec<_> = soak.failed.iter().flat_map(|report| &report.violations).collect();
    assert!(!found.is_empty(), "{sabotage:?} was not noticed in {within} runs");
    assert!(found.iter().any(|violation| rules.contains(&violation.rule)), "{sabotage:?} was found as {found:?}");
}

#[test]
fn a_node_that_forgets_its_fence_on_a_restart_is_found() {
    finds(Sabotage::FenceForgotten, 200, &["I3"]);
}

#[test]
fn a_silent_node_taken_for_fenced_is_found() {
    finds(Sabotage::SilenceIsFence, 200, &["I3"]);
}

#[test]
fn a_store_that_ignores_the_lease_is_found() {
    finds(Sabotage::LeaseIgnored, 200, &["I1", "I3", "I5", "I11"]);
}

#[test]
fn a_store_that_confirms_what_is_not_on_disk_is_found() {
    finds(Sabotage::SyncSkipped, 500, &["I2", "I5", "I11", "L2"]);
}

#[test]
fn commands_of_the_past_that_nobody_waits_for_are_found() {
    finds(Sabotage::StragglersDenied, 500, &["I3", "L2"]);
}

#[test]
fn a_payload_given_up_while_it_may_count_is_found() {
    finds(Sabotage::PayloadDropped, 200, &["I12"]);
}

#[test]
fn cool_downs_and_budgets_that_are_not_kept_are_found() {
    finds(Sabotage::LimitsIgnored, 500, &["I6"]);
}

#[test]
fn a_failover_because_of_a_lie_is_found() {
    finds(Sabotage::MostSourcesLie, 200, &["I4"]);
}

#[test]
fn acting_after_a_write_that_failed_is_found() {
    finds(Sabotage::DiskErrorsHidden, 1500, &["I13"]);
}

#[test]
fn a_watchdog_that_takes_too_long_is_found() {
    finds(Sabotage::Dawdling, 200, &["L1"]);
}

#[test]
fn ten_thousand_hours_of_noise_cause_no_failover() {
    let noise = noise(Level::L4, 10_000, Duration::from_secs(5), SEED, 2);
    assert_eq!((noise.hours, noise.judged, noise.down), (10_000, 7_200_000, 0), "{noise:?}");
    assert!(noise.degraded > 0 && noise.healthy > noise.judged / 2, "{noise:?}");
}

#[test]
fn noise_that_most_sources_agree_on_does_cause_one() {
    let loud = Level { lost_percent: 5, wrong_percent: 70 };
    assert!(noise(loud, 10, Duration::from_secs(5), SEED, 1).down > 0);
}
