//! The devnet's own record: who voted for our validator with which key, and what every round came to.

use crate::chain::{Resolution, Turn};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// The nodes that counted for our validator in one epoch.
#[derive(Debug, Clone, Default, Serialize)]
pub struct EpochVotes {
    /// Key that the validator set of the epoch names for our validator; absent if it is not in the set.
    pub key: Option<String>,
    /// Nodes that took part in consensus with that key.
    pub voters: BTreeSet<String>,
}

/// One turn as it was settled.
#[derive(Debug, Clone, Serialize)]
pub struct TimelineEntry {
    /// Wall clock in milliseconds since 1970.
    pub wall_ms: i64,
    /// State version of the round update that settled it.
    pub state_version: u64,
    /// Epoch of the round.
    pub epoch: u64,
    /// The round.
    pub round: u64,
    /// Address of its leader.
    pub leader: String,
    /// Whether that is our validator.
    pub ours: bool,
    /// Whether the proposal was made.
    pub made: bool,
    /// `Successful`, `MissedByFallback` or `MissedByGap`.
    pub resolution: &'static str,
    /// The node that made it, for our validator.
    pub node: Option<String>,
}

/// A transaction payload that some endpoint received.
#[derive(Debug, Clone, Serialize)]
pub struct Arrival {
    /// Wall clock in milliseconds since 1970.
    pub wall_ms: i64,
    /// Gateway or node that got it, or `devnet` for the devnet's own.
    pub through: String,
    /// Payload hash, hex.
    pub payload_hash: String,
    /// What the endpoint made of it.
    pub outcome: String,
}

/// Everything received for one intent.
#[derive(Debug, Clone, Default, Serialize)]
pub struct IntentRecord {
    /// Intent hash in text form.
    pub intent: String,
    /// Distinct payload hashes, hex. More than one means that somebody built the intent twice.
    pub payloads: BTreeSet<String>,
    /// Each arrival in order.
    pub arrivals: Vec<Arrival>,
}

/// Two nodes counted for one validator in one epoch: what must never happen.
#[derive(Debug, Clone, Serialize)]
pub struct Violation {
    /// Wall clock in milliseconds since 1970.
    pub wall_ms: i64,
    /// Epoch in which it happened.
    pub epoch: u64,
    /// The nodes.
    pub nodes: BTreeSet<String>,
    /// The sentence printed to standard error.
    pub message: String,
}

/// The record.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Record {
    /// Address of our validator.
    pub validator: String,
    /// Whether [`Record::violations`] holds anything.
    pub violated: bool,
    /// What must never happen, with all details.
    pub violations: Vec<Violation>,
    /// Votes by epoch.
    pub epochs: BTreeMap<u64, EpochVotes>,
    /// Received payloads by intent hash (hex).
    pub intents: BTreeMap<String, IntentRecord>,
    /// Every settled turn in order.
    pub timeline: Vec<TimelineEntry>,
}

impl Record {
    /// An empty record about `validator`.
    pub fn new(validator: String) -> Self {
        Self { validator, ..Self::default() }
    }

    /// Notes the nodes that counted in a committed round. The second one in an epoch is a violation: it is printed to
    /// standard error and stays in the record.
    pub fn votes(&mut self, wall_ms: i64, epoch: u64, key: Option<&str>, nodes: impl IntoIterator<Item = String>) {
        let votes = self.epochs.entry(epoch).or_default();
        votes.key = key.map(str::to_owned);
        let before = votes.voters.len();
        votes.voters.extend(nodes);
        if votes.voters.len() > 1 && votes.voters.len() > before {
            let names: Vec<&str> = votes.voters.iter().map(String::as_str).collect();
            let message = format!(
                "TWO SIGNERS: {} counted for {} in epoch {epoch} with key {}",
                names.join(" and "),
                self.validator,
                key.unwrap_or("unknown"),
            );
            eprintln!("radix-devnet: {message}");
            self.violations.push(Violation { wall_ms, epoch, nodes: votes.voters.clone(), message });
            self.violated = true;
        }
    }

    /// Notes a settled turn.
    pub fn turn(&mut self, wall_ms: i64, state_version: u64, epoch: u64, turn: &Turn, node: Option<String>) {
        self.timeline.push(TimelineEntry {
            wall_ms,
            state_version,
            epoch,
            round: turn.round,
            leader: turn.leader.clone(),
            ours: turn.leader == self.validator,
            made: turn.resolution == Resolution::Successful,
            resolution: turn.resolution.label(),
            node,
        });
    }

    /// Notes a received payload.
    pub fn arrival(&mut self, intent: &str, intent_text: &str, arrival: Arrival) {
        let record = self.intents.entry(intent.to_owned()).or_default();
        intent_text.clone_into(&mut record.intent);
        record.payloads.insert(arrival.payload_hash.clone());
        record.arrivals.push(arrival);
    }
}
