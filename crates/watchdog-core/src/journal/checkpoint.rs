//! What a stretch of the journal came to, in its place.
use crate::id::ValidatorName;
use crate::journal::fleet::Fleet;
use crate::journal::standing::Standing;
use crate::journal::timeline::Timeline;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The fold of every entry up to a position. Shared stores keep one in the place of those entries, so
/// that they stay small; each instance's own file keeps the entries themselves.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Checkpoint {
    /// Format version, that of an [`Entry`](crate::journal::Entry); readers refuse a larger one.
    pub v: u16,
    /// Position of the last entry that went into it.
    pub seq: u64,
    /// Lease token of that entry.
    pub token: u64,
    /// Time lived through up to there.
    pub timeline: Timeline,
    /// All validators together.
    pub fleet: Fleet,
    /// Every validator that the journal speaks of.
    pub standings: BTreeMap<ValidatorName, Standing>,
}
