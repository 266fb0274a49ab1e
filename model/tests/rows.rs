//! The rows that are quick enough for every test run; `cargo xtask model` checks them all.
#![allow(missing_docs, clippy::panic)]
use std::collections::HashSet;
use tanist_model::row::{Expected, Row, Verdict};
use tanist_model::rows::rows;
use tanist_model::sidecar::Sidecar;

/// States up to which a safe row is checked here.
const FEW: usize = 600_000;

fn check(rows: impl Iterator<Item = Row>) {
    let mut checked = 0;
    for row in rows {
        let found = row.check();
        assert!(
            found.is(row.expected),
            "{}, {}: expected {}, found {found}\n{:#?}",
            row.group,
            row.name,
            row.expected,
            found.verdict
        );
        checked += 1;
    }
    assert!(checked > 0, "no row was checked");
}

fn of(groups: &'static [&'static str]) -> impl Iterator<Item = Row> {
    rows().into_iter().filter(move |row| groups.contains(&row.group))
}

fn is_fault(row: &Row) -> bool {
    matches!(row.expected, Expected::Violated { .. })
}

/// The two that take longest, so that they do not wait for the others.
fn is_about_late_commands(row: &Row) -> bool {
    row.name.contains("drain")
}

fn is_small(row: &Row) -> bool {
    matches!(row.expected, Expected::Safe { states } if states <= FEW)
}

#[test]
fn every_fault_of_section_13_is_found_with_its_shortest_way() {
    check(of(&["SharedKey, section 13"]).filter(is_fault));
}

#[test]
fn late_commands_are_found_in_the_words_of_the_saga_with_their_shortest_way() {
    check(of(&["SharedKey, saga"]).filter(is_fault).filter(is_about_late_commands));
}

#[test]
fn every_other_fault_is_found_in_the_words_of_the_saga_with_its_shortest_way() {
    check(of(&["SharedKey, saga"]).filter(is_fault).filter(|row| !is_about_late_commands(row)));
}

#[test]
fn every_fault_with_transactions_parallel_signers_and_sidecars_is_found_with_its_shortest_way() {
    check(of(&["Pointer", "Rotating", "Idempotent", "Sidecar lease"]).filter(is_fault));
}

#[test]
fn the_protocols_that_are_small_enough_are_safe_in_every_state() {
    check(rows().into_iter().filter(is_small));
}

#[test]
fn a_row_is_not_as_expected_where_the_verdict_the_rule_or_a_number_differs() {
    let (sound, hasty) = (Sidecar::SOUND, Sidecar { successor_waits_anew: false, ..Sidecar::SOUND });
    let is_met = |model, expected| Row::new("", "", model, expected).check().is(expected);
    let breaks = |rule, steps| Expected::Violated { rule, steps };
    assert!(is_met(hasty, breaks("one signer", 4)));
    assert!(!is_met(hasty, breaks("one signer", 5)));
    assert!(!is_met(hasty, breaks("the backup signs", 4)));
    assert!(!is_met(hasty, Expected::Safe { states: 551_872 }));
    assert!(!is_met(sound, Expected::Safe { states: 551_871 }));
    assert!(!is_met(sound, breaks("one signer", 4)));
    let nobody_fences = Sidecar { wait: u8::MAX, ..sound };
    let found = Row::new("", "", nobody_fences, Expected::Safe { states: 0 }).check();
    assert_eq!(found.verdict, Verdict::Unreached { goal: "the backup signs although the sidecar hung" });
}

#[test]
fn every_class_has_a_safe_row_and_rows_with_faults_and_no_two_rows_share_a_name() {
    let rows = rows();
    let names: HashSet<_> = rows.iter().map(|row| (row.group, row.name)).collect();
    assert_eq!(names.len(), rows.len());
    let groups: HashSet<_> = rows.iter().map(|row| row.group).collect();
    assert_eq!(groups.len(), 6, "{groups:?}");
    for group in groups {
        let (faults, safe): (Vec<_>, Vec<_>) =
            rows.iter().filter(|row| row.group == group).partition(|row| is_fault(row));
        assert!(faults.len() >= 4 && !safe.is_empty(), "{group}");
    }
}
