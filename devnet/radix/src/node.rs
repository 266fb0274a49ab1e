//! A simulated node: a key, a configuration, a view, and counters that live as long as its process.

use crate::chain::{Chain, Resolution, Snapshot};
use crate::ledger::Ledger;
use crate::mempool::Mempool;
use crate::sight::Sight;
use radix_common::network::NetworkDefinition;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// Own turns that the miss statistic looks back on.
pub const TRACKED_TURNS: usize = 100;

/// Rounds by [`Resolution`], indexed like [`Resolution::ALL`].
pub type Counts = [u64; 3];

/// What the node's process counted since it started.
#[derive(Debug, Clone)]
pub struct Counters {
    /// Rounds by leader.
    pub rounds: BTreeMap<String, Counts>,
    /// Own rounds: led by the configured validator with this node's key.
    pub own: Counts,
    /// The last own turns, `true` = missed.
    pub recent: VecDeque<bool>,
}

impl Default for Counters {
    fn default() -> Self {
        Self { rounds: BTreeMap::new(), own: [0; 3], recent: std::iter::repeat_n(false, TRACKED_TURNS).collect() }
    }
}

/// How the node's sync looks from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// The last known proposer time is fresh.
    Up,
    /// It is old, but moving fast.
    Syncing,
    /// It is old and does not move.
    OutOfSync,
}

impl Health {
    /// The text of the System API.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Up => "UP",
            Self::Syncing => "SYNCING",
            Self::OutOfSync => "OUT_OF_SYNC",
        }
    }
}

/// A node that cannot reach the network: its own old state and a mempool nobody else sees.
#[derive(Debug)]
pub struct Island {
    /// The state at the time of the cut.
    pub ledger: Ledger,
    /// Transactions that reached only this node.
    pub mempool: Mempool,
}

/// One node.
#[derive(Debug)]
pub struct Node {
    /// `node_a`, `node_b`, `node_c`.
    pub name: String,
    /// Own secp256k1 key, 33 bytes in hex.
    pub key: String,
    /// The validator it is configured for (`consensus.validator_address`).
    pub validator: Option<String>,
    /// The network it belongs to.
    pub network: NetworkDefinition,
    /// Software version it reports.
    pub version: String,
    /// Protocol version it reports.
    pub protocol_version: String,
    /// Whether its process runs.
    pub is_running: bool,
    /// Its view.
    pub sight: Sight,
    /// Set while it is cut off.
    pub island: Option<Island>,
    /// Counters since the process started.
    pub counters: Counters,
    settled_seen: usize,
    stopped_at_version: Option<u64>,
}

impl Node {
    /// A running, synced node.
    pub fn new(name: &str, key: String, validator: Option<String>, network: NetworkDefinition) -> Self {
        Self {
            name: name.to_owned(),
            key,
            validator,
            network,
            version: "v1.3.0.3".to_owned(),
            protocol_version: "cuttlefish-part2".to_owned(),
            is_running: true,
            sight: Sight::default(),
            island: None,
            counters: Counters::default(),
            settled_seen: 0,
            stopped_at_version: None,
        }
    }

    /// Ends the process: its counters are lost.
    pub fn stop(&mut self, chain: &Chain, ours: &str, now_ms: i64) {
        if self.is_running {
            self.count(chain, ours, now_ms);
            self.stopped_at_version = Some(self.sight.look(chain, ours, now_ms).state_version);
            self.is_running = false;
        }
    }

    /// Starts the process: counters from zero, then the missed part of the ledger within `sync_ms`.
    pub fn start(&mut self, now_ms: i64, sync_ms: i64) {
        if self.is_running {
            return;
        }
        self.is_running = true;
        self.counters = Counters::default();
        if let Some(version) = self.stopped_at_version.take()
            && !self.sight.is_frozen()
        {
            self.sight.catch_up_from(version, now_ms, sync_ms);
        }
    }

    /// What the node sees of the ledger.
    pub fn look(&self, chain: &Chain, ours: &str, now_ms: i64) -> Arc<Snapshot> {
        self.sight.look(chain, ours, now_ms)
    }

    /// Brings the counters up to what the node's view holds.
    pub fn count(&mut self, chain: &Chain, ours: &str, now_ms: i64) {
        if !self.is_running {
            return;
        }
        let version = self.sight.look(chain, ours, now_ms).state_version;
        while let Some(settled) = chain.settled().get(self.settled_seen) {
            if settled.state_version > version {
                break;
            }
            for turn in &settled.turns {
                let column = Resolution::ALL.iter().position(|kind| *kind == turn.resolution).unwrap_or_default();
                if let Some(count) = self.counters.rounds.entry(turn.leader.clone()).or_default().get_mut(column) {
                    *count += 1;
                }
                if self.validator.as_ref() == Some(&turn.leader) && self.key == turn.key {
                    if let Some(count) = self.counters.own.get_mut(column) {
                        *count += 1;
                    }
                    self.counters.recent.pop_front();
                    self.counters.recent.push_back(turn.resolution != Resolution::Successful);
                }
            }
            self.settled_seen += 1;
        }
    }

    /// Own missed turns among the last [`TRACKED_TURNS`].
    pub fn recent_misses(&self) -> usize {
        self.counters.recent.iter().filter(|missed| **missed).count()
    }

    /// Health by the age of what it sees.
    pub fn health(&self, chain: &Chain, ours: &str, now_ms: i64, limit_ms: i64) -> Health {
        let age = now_ms - self.sight.look(chain, ours, now_ms).timestamp_ms;
        if age < limit_ms && !self.sight.is_catching_up(now_ms) {
            Health::Up
        } else if self.sight.is_catching_up(now_ms) {
            Health::Syncing
        } else {
            Health::OutOfSync
        }
    }

    /// Whether this node takes part in consensus for `validator` in an epoch whose set names `key`.
    pub fn counts_for(&self, validator: &str, key: &str, network: &NetworkDefinition, now_ms: i64) -> bool {
        self.is_running
            && self.island.is_none()
            && self.sight.is_current(now_ms)
            && self.network.id == network.id
            && self.validator.as_deref() == Some(validator)
            && self.key == key
    }
}
