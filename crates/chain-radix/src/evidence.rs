//! What one source says about a validator at one moment.
use crate::client::system::HealthStatus;
use crate::keys::NodeKey;
use serde::{Deserialize, Serialize};
use std::fmt;
use watchdog_core::clock::Timestamp;
use watchdog_core::probe::{Duties, Evidence, Performance};

/// A reading of a Radix validator. Counts are differences to the reading before of the same source.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct RadixEvidence {
    /// What it was read from, and what only that source knows.
    pub view: View,
    /// State version that the source held.
    pub state_version: u64,
    /// Proposer's time of the newest round that the source held.
    pub proposer_time: Option<Timestamp>,
    /// Epoch, where the source tells.
    pub epoch: Option<u64>,
    /// Whether the validator is in the set.
    pub standing: Standing,
    /// Proposals since the reading before.
    pub proposals: Duties,
    /// The same of all other validators; where the source knows stakes, in whole XRD of stake
    /// behind each proposal, else in proposals.
    pub others: Option<Duties>,
}

/// Kind of source.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(tag = "view", rename_all = "snake_case")]
pub enum View {
    /// Core API of a node: live, the whole set in one consistent read.
    Core {
        /// Round in the epoch.
        round: u64,
    },
    /// Metrics of a node: live, counted since its process began.
    Prometheus,
    /// A gateway: one step per concluded epoch.
    Gateway {
        /// Concluded epochs in the set since the reading before.
        epochs: u64,
    },
    /// A node's word about itself. It speaks of the node, not of the validator.
    System {
        /// Whether it follows the ledger.
        health: HealthStatus,
        /// Own proposals missed, of the newest 100; 0 where its key is not in the set.
        own_missed: u64,
    },
}

/// A validator's place in the set of the running epoch.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(tag = "standing", rename_all = "snake_case")]
pub enum Standing {
    /// In the set; with which key, where the source tells.
    Active {
        /// Key of this epoch.
        key: Option<NodeKey>,
    },
    /// Not in the set, so nothing is due and nothing can be missed.
    Inactive {
        /// How it is known.
        reason: Absence,
    },
    /// The source does not tell.
    Untold,
}

/// How it is known that a validator is not in the set.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Absence {
    /// The set does not name it.
    NotInSet,
    /// Two epochs in a row ended without it.
    EpochsWithoutIt,
    /// It was never in a set.
    NeverActive,
    /// The ledger knows no such validator.
    Unknown,
}

impl fmt::Display for Absence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotInSet => "not in the validator set",
            Self::EpochsWithoutIt => "not in the validator set for two epochs",
            Self::NeverActive => "never was in a validator set",
            Self::Unknown => "not known to the ledger",
        })
    }
}

impl RadixEvidence {
    /// Whether this source says that the validator is not in the set.
    pub const fn is_inactive(&self) -> bool {
        matches!(self.standing, Standing::Inactive { .. })
    }

    /// The key that the running epoch's set names, where the source tells.
    pub const fn key(&self) -> Option<NodeKey> {
        match self.standing {
            Standing::Active { key } => key,
            _ => None,
        }
    }

    /// Whether the source sees proposals as they happen, not only once their epoch has ended.
    pub const fn is_live(&self) -> bool {
        matches!(self.view, View::Core { .. } | View::Prometheus)
    }
}

impl Evidence for RadixEvidence {
    fn performance(&self) -> Performance {
        match self.proposals {
            Duties { made: 0, missed: 0 } => Performance::Idle,
            Duties { missed: 0, .. } => Performance::Performing,
            Duties { made: 0, .. } => Performance::Failing,
            Duties { .. } => Performance::Impaired,
        }
    }

    fn position(&self) -> u64 {
        self.state_version
    }

    fn epoch(&self) -> Option<u64> {
        self.epoch
    }

    fn duties(&self) -> Duties {
        self.proposals
    }

    fn others(&self) -> Option<Duties> {
        self.others
    }

    fn recall(value: &serde_json::Value) -> Option<Self> {
        Self::deserialize(value).ok()
    }
}

impl fmt::Display for RadixEvidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let View::System { health, own_missed } = &self.view {
            let word = match health {
                HealthStatus::Up => "up",
                HealthStatus::Syncing => "syncing",
                HealthStatus::OutOfSync => "out of sync",
                HealthStatus::BootingPreGenesis => "booting",
            };
            return write!(
                f,
                "node is {word}, {own_missed} of its last 100 proposals missed, state version {}",
                self.state_version
            );
        }
        if let Standing::Inactive { reason } = self.standing {
            write!(f, "validator {reason}")?;
        } else if self.proposals.due() == 0 {
            f.write_str("no proposal was due")?;
        } else {
            write!(f, "{} proposals made, {} missed", self.proposals.made, self.proposals.missed)?;
        }
        match (&self.view, self.epoch) {
            (View::Core { round }, Some(epoch)) => write!(f, ", epoch {epoch} round {round}"),
            (View::Gateway { epochs }, Some(epoch)) => write!(f, " in {epochs} ended epochs, epoch {epoch}"),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recalled(view: View, standing: Standing) {
        let evidence = RadixEvidence {
            view,
            state_version: u64::MAX,
            proposer_time: Some(Timestamp(1_800_000_000_000)),
            epoch: Some(7),
            standing,
            proposals: Duties { made: 1, missed: 2 },
            others: None,
        };
        let value = serde_json::to_value(&evidence).unwrap();
        assert_eq!(RadixEvidence::recall(&value), Some(evidence));
    }

    #[test]
    fn what_was_recorded_comes_back_as_it_was() {
        let key = "027501a8726644af767abd0b293f52e76732363f75a05c3642b4d30e0ffd6516a9".parse().ok();
        recalled(View::Core { round: 3 }, Standing::Active { key });
        recalled(View::Prometheus, Standing::Active { key: None });
        recalled(View::Gateway { epochs: 2 }, Standing::Untold);
        for health in
            [HealthStatus::Up, HealthStatus::Syncing, HealthStatus::OutOfSync, HealthStatus::BootingPreGenesis]
        {
            recalled(View::System { health, own_missed: 4 }, Standing::Untold);
        }
        for reason in [Absence::NotInSet, Absence::EpochsWithoutIt, Absence::NeverActive, Absence::Unknown] {
            recalled(View::Prometheus, Standing::Inactive { reason });
        }
    }

    #[test]
    fn the_evidence_of_another_chain_is_none() {
        for other in [serde_json::json!({ "round": 3 }), serde_json::Value::Null] {
            assert_eq!(RadixEvidence::recall(&other), None);
        }
    }
}
