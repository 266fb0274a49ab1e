//! What the sources said, kept so that it can be judged again with other thresholds.
//!
//! No part of the journal: nothing is decided from it, it is bounded, and losing it stops nothing.
pub mod compact;
mod packing;
pub mod recorder;
pub mod store;

pub use packing::{pack, unpack};

use crate::clock::{BootId, Timestamp, Uptime};
use crate::id::{Origin, ValidatorName};
use crate::probe::{Duties, Evidence, LocalReport, Performance};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt;
use std::time::Duration;

/// One observation as it is kept; one line each where it is exported.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Recorded {
    /// Of whom.
    pub validator: ValidatorName,
    /// Name of the source.
    pub source: String,
    /// Failure domain of the source.
    pub origin: Origin,
    /// When it was asked, on the wall.
    pub at: Timestamp,
    /// The same since boot, in milliseconds.
    pub up_ms: u64,
    /// Which boot.
    pub boot: BootId,
    /// What was seen; absent where the source could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<Seen>,
}

/// What a source saw.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Seen {
    /// What every chain can answer.
    pub facts: Facts,
    /// The chain's own evidence with all its fields.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub evidence: Value,
}

/// The part of an evidence that chain-neutral policies read. It is an evidence itself, so those can
/// judge it without the chain.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Facts {
    /// See [`Evidence::performance`].
    pub performance: Performance,
    /// See [`Evidence::position`].
    pub position: u64,
    /// See [`Evidence::epoch`].
    pub epoch: Option<u64>,
    /// See [`Evidence::duties`].
    pub duties: Duties,
    /// See [`Evidence::others`].
    pub others: Option<Duties>,
    /// See [`Evidence::credit`].
    pub credit: Option<u64>,
    /// See [`Evidence::grace`]; whole milliseconds.
    pub grace_ms: Option<u64>,
    /// See [`Evidence::local_report`].
    pub local_report: Option<LocalReport>,
}

impl Facts {
    /// Of any chain's evidence.
    pub fn of(evidence: &impl Evidence) -> Self {
        let grace = evidence.grace().map(|grace| u64::try_from(grace.as_millis()).unwrap_or(u64::MAX));
        Self {
            performance: evidence.performance(),
            position: evidence.position(),
            epoch: evidence.epoch(),
            duties: evidence.duties(),
            others: evidence.others(),
            credit: evidence.credit(),
            grace_ms: grace,
            local_report: evidence.local_report(),
        }
    }
}

impl fmt::Display for Facts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Duties { made, missed } = self.duties;
        write!(f, "at {}: {made} made, {missed} missed", self.position)
    }
}

impl Evidence for Facts {
    fn performance(&self) -> Performance {
        self.performance
    }

    fn position(&self) -> u64 {
        self.position
    }

    fn epoch(&self) -> Option<u64> {
        self.epoch
    }

    fn duties(&self) -> Duties {
        self.duties
    }

    fn others(&self) -> Option<Duties> {
        self.others
    }

    fn credit(&self) -> Option<u64> {
        self.credit
    }

    fn grace(&self) -> Option<Duration> {
        self.grace_ms.map(Duration::from_millis)
    }

    fn local_report(&self) -> Option<LocalReport> {
        self.local_report
    }
}

impl Recorded {
    /// When it was asked, since boot.
    pub fn up(&self) -> Uptime {
        Uptime(Duration::from_millis(self.up_ms))
    }
}
