//! The ledger's unit of time.
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Number of an epoch, about five minutes on the main network.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct Epoch(pub u64);

impl Epoch {
    /// The epoch that many later; the last one there is at most.
    #[must_use]
    pub const fn plus(self, epochs: u64) -> Self {
        Self(self.0.saturating_add(epochs))
    }

    /// Epochs from `earlier` to this one; 0 where `earlier` is not earlier.
    pub const fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
