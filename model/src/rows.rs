//! The table: every row with what must come of it.
mod ledger;
mod parallel;
mod shared_key;
mod sidecar;

use crate::row::{Expected, Row};

/// Every row, in the order of the table.
pub fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    rows.extend(shared_key::rows());
    rows.extend(ledger::rows());
    rows.extend(parallel::rows());
    rows.extend(sidecar::rows());
    rows
}

fn safe(states: usize) -> Expected {
    Expected::Safe { states }
}

fn breaks(rule: &'static str, steps: usize) -> Expected {
    Expected::Violated { rule, steps }
}
