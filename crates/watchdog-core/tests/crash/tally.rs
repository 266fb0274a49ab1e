//! How many runs there were in which what happened.
use crate::fuse::{Blow, Failure, Point};
use std::collections::BTreeMap;
use std::fmt;

/// What can happen at a point, in words.
const KINDS: [&str; 14] = [
    "death, unsynced record lost",
    "death, record kept",
    "death, command under way",
    "death, command arrived",
    "write error, not written",
    "write error, written",
    "medium failed, not written",
    "medium failed, written",
    "told to retry, without effect",
    "told to retry, with effect",
    "answer lost, command under way",
    "answer lost, with effect",
    "told of a refusal, without effect",
    "told of a refusal, with effect",
];

fn kind(point: Point, blow: Blow) -> &'static str {
    let has_happened = matches!(point, Point::Synced | Point::Arrived);
    let pair = match (blow.failure(), point) {
        (None, Point::Written | Point::Synced) => 0,
        (None, Point::Sent | Point::Arrived) => 2,
        (Some(Failure::Unsettled), _) => 4,
        (Some(Failure::Io), _) => 6,
        (Some(Failure::Retry), _) => 8,
        (Some(Failure::Unknown), _) => 10,
        (Some(Failure::Refuse), _) => 12,
    };
    KINDS[pair + usize::from(has_happened)]
}

/// Runs of one way to go on, by what happened in them.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) runs: u64,
    kinds: BTreeMap<&'static str, u64>,
}

impl Tally {
    pub(crate) fn count(&mut self, met: &[(Point, Blow)]) {
        self.runs += 1;
        for (point, blow) in met {
            *self.kinds.entry(kind(*point, *blow)).or_default() += 1;
        }
    }

    /// # Panics
    /// Where something that can happen never did.
    pub(crate) fn assert_complete(&self) {
        let missing: Vec<_> = KINDS.iter().filter(|kind| !self.kinds.contains_key(*kind)).collect();
        assert!(missing.is_empty(), "never tried: {missing:?}");
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} runs", self.runs)?;
        self.kinds.iter().try_for_each(|(kind, count)| write!(f, "\n    {kind}: {count}"))
    }
}
