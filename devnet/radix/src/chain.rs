//! The ledger together with its past: every state that a late or frozen view may still show.

use crate::ledger::{
    Consensus, Holdings, Ledger, Received, RoundEffect, RoundRefused, RoundStep, ValidatorState, Verdict,
};
use radix_common::prelude::NodeId;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

/// How many states are kept; older ones are forgotten like a pruned gateway's.
const KEPT: usize = 50_000;

/// State version that genesis and the protocol updates reached.
const GENESIS_VERSION: u64 = 63;

/// What the ledger looks like after one state version.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// Number of committed transactions.
    pub state_version: u64,
    /// Epoch of the header: the old one right after an epoch change.
    pub epoch: u64,
    /// Round of the header: the last one of the old epoch right after an epoch change.
    pub round: u64,
    /// Proposer time in milliseconds since 1970.
    pub timestamp_ms: i64,
    /// The consensus manager's substates: already the new epoch right after an epoch change.
    pub consensus: Arc<Consensus>,
    /// All validators in order of creation.
    pub validators: Arc<Vec<ValidatorState>>,
    /// Accounts somebody asked for, by address.
    pub accounts: Arc<BTreeMap<String, Holdings>>,
}

/// One validator's numbers after a concluded epoch in which it was in the set.
#[derive(Debug, Clone, Copy, Default)]
pub struct UptimeRow {
    /// The concluded epoch.
    pub epoch: u64,
    /// State version that concluded it.
    pub state_version: u64,
    /// Proposals made, all epochs up to this one.
    pub made: u64,
    /// Proposals missed, all epochs up to this one.
    pub missed: u64,
    /// Epochs in the set up to this one.
    pub epochs: u64,
}

/// A committed user transaction.
#[derive(Debug, Clone)]
pub struct Committed {
    /// State version it got.
    pub state_version: u64,
    /// The payload that won, hex and text.
    pub payload: String,
    /// The same in text form.
    pub payload_text: String,
    /// The engine's words if it committed as a failure.
    pub failure: Option<String>,
    /// Epoch in which it committed.
    pub epoch: u64,
}

/// How a round ended for its leader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolution {
    /// The leader's proposal was committed.
    Successful,
    /// The round was committed without the leader's proposal.
    MissedByFallback,
    /// The round was skipped.
    MissedByGap,
}

impl Resolution {
    /// All of them, in the order in which the metrics list them.
    pub const ALL: [Self; 3] = [Self::MissedByFallback, Self::MissedByGap, Self::Successful];

    /// The label value of the metrics.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Successful => "Successful",
            Self::MissedByFallback => "MissedByFallback",
            Self::MissedByGap => "MissedByGap",
        }
    }
}

/// One leader's turn.
#[derive(Debug, Clone)]
pub struct Turn {
    /// The round.
    pub round: u64,
    /// Address of its leader.
    pub leader: String,
    /// The leader's key in that epoch, hex.
    pub key: String,
    /// How it ended.
    pub resolution: Resolution,
}

/// The turns that one round update settled: those of skipped rounds, then its own.
#[derive(Debug, Clone)]
pub struct Settled {
    /// State version of the round update.
    pub state_version: u64,
    /// Epoch of the rounds.
    pub epoch: u64,
    /// The turns in order.
    pub turns: Vec<Turn>,
}

/// Ledger and history.
#[derive(Debug)]
pub struct Chain {
    ledger: Ledger,
    snapshots: VecDeque<Arc<Snapshot>>,
    uptime: BTreeMap<String, Vec<UptimeRow>>,
    commits: BTreeMap<String, Committed>,
    settled: Vec<Settled>,
    tracked: BTreeSet<NodeId>,
}

impl Chain {
    /// Starts from a bootstrapped ledger. `tracked` are accounts whose holdings every state shall show.
    /// `None` if the store holds no consensus manager.
    pub fn new(ledger: Ledger, tracked: impl IntoIterator<Item = NodeId>) -> Option<Self> {
        let consensus = ledger.consensus()?;
        let mut chain = Self {
            ledger,
            snapshots: VecDeque::new(),
            uptime: BTreeMap::new(),
            commits: BTreeMap::new(),
            settled: Vec::new(),
            tracked: tracked.into_iter().collect(),
        };
        let snapshot = Snapshot {
            state_version: GENESIS_VERSION,
            epoch: consensus.epoch,
            round: consensus.round,
            timestamp_ms: consensus.time_ms,
            consensus: Arc::new(consensus),
            validators: Arc::new(chain.validators()),
            accounts: Arc::new(chain.accounts()),
        };
        chain.snapshots.push_back(Arc::new(snapshot));
        Some(chain)
    }

    /// The ledger as it is now.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The newest state.
    pub fn tip(&self) -> Arc<Snapshot> {
        self.snapshots.back().map_or_else(|| unreachable!("a chain begins with its genesis state"), Arc::clone)
    }

    /// The state after exactly this version, if it exists and is still kept.
    pub fn at_version(&self, version: u64) -> Option<Arc<Snapshot>> {
        let first = self.snapshots.front()?.state_version;
        let index = usize::try_from(version.checked_sub(first)?).ok()?;
        self.snapshots.get(index).map(Arc::clone)
    }

    /// The oldest state that is kept.
    pub fn oldest(&self) -> Arc<Snapshot> {
        self.snapshots.front().map_or_else(|| self.tip(), Arc::clone)
    }

    /// The last state whose proposer time is not after `ms`.
    pub fn at_time(&self, ms: i64) -> Option<Arc<Snapshot>> {
        let end = self.snapshots.partition_point(|snapshot| snapshot.timestamp_ms <= ms);
        self.snapshots.get(end.checked_sub(1)?).map(Arc::clone)
    }

    /// The first state of an epoch by its header.
    pub fn first_of_epoch(&self, epoch: u64) -> Option<Arc<Snapshot>> {
        let start = self.snapshots.partition_point(|snapshot| snapshot.epoch < epoch);
        self.snapshots.get(start).filter(|snapshot| snapshot.epoch == epoch).map(Arc::clone)
    }

    /// Rows of a validator that a view of `version` holds, oldest first.
    pub fn uptime(&self, validator: &str, version: u64) -> &[UptimeRow] {
        let rows = self.uptime.get(validator).map_or(&[][..], Vec::as_slice);
        let end = rows.partition_point(|row| row.state_version <= version);
        rows.get(..end).unwrap_or_default()
    }

    /// The commit of an intent (hex) that a view of `version` holds.
    pub fn committed(&self, intent: &str, version: u64) -> Option<&Committed> {
        self.commits.get(intent).filter(|commit| commit.state_version <= version)
    }

    /// All commits by intent hash (hex).
    pub fn commits(&self) -> &BTreeMap<String, Committed> {
        &self.commits
    }

    /// Every settled turn since genesis.
    pub fn settled(&self) -> &[Settled] {
        &self.settled
    }

    /// Commits a round; `turns` says what is to be written into the log for it.
    pub fn commit_round(&mut self, step: &RoundStep, turns: Vec<Turn>) -> Result<RoundEffect, RoundRefused> {
        let effect = self.ledger.update_round(step)?;
        let tip = self.tip();
        let state_version = tip.state_version + 1;
        for concluded in &effect.concluded {
            let rows = self.uptime.entry(concluded.validator.clone()).or_default();
            let last = rows.last().copied().unwrap_or_default();
            rows.push(UptimeRow {
                epoch: concluded.epoch,
                state_version,
                made: last.made + concluded.made,
                missed: last.missed + concluded.missed,
                epochs: last.epochs + 1,
            });
        }
        self.settled.push(Settled { state_version, epoch: step.epoch, turns });
        let changed = effect.next_epoch.is_some();
        self.push(Header { epoch: step.epoch, round: step.round, timestamp_ms: step.timestamp_ms }, changed);
        Ok(effect)
    }

    /// Executes a transaction after the round update at the tip, with the same header.
    pub fn commit_transaction(&mut self, received: &Received) -> Verdict {
        let verdict = self.ledger.commit(received);
        let failure = match &verdict {
            Verdict::Rejected(_) => return verdict,
            Verdict::Success => None,
            Verdict::Failure(error) => Some(error.clone()),
        };
        let tip = self.tip();
        self.commits.insert(
            received.intent.clone(),
            Committed {
                state_version: tip.state_version + 1,
                payload: received.payload.clone(),
                payload_text: received.payload_text.clone(),
                failure,
                epoch: tip.epoch,
            },
        );
        self.push(Header { epoch: tip.epoch, round: tip.round, timestamp_ms: tip.timestamp_ms }, true);
        verdict
    }

    /// Makes later states show an account; the newest state shows it at once.
    pub fn track(&mut self, account: NodeId) {
        if self.tracked.insert(account) {
            let mut tip = Snapshot::clone(&self.tip());
            tip.accounts = Arc::new(self.accounts());
            self.snapshots.pop_back();
            self.snapshots.push_back(Arc::new(tip));
        }
    }

    fn push(&mut self, header: Header, everything: bool) {
        let tip = self.tip();
        let consensus = self.ledger.consensus().map_or_else(|| Arc::clone(&tip.consensus), Arc::new);
        let snapshot = Snapshot {
            state_version: tip.state_version + 1,
            epoch: header.epoch,
            round: header.round,
            timestamp_ms: header.timestamp_ms,
            consensus,
            validators: if everything { Arc::new(self.validators()) } else { Arc::clone(&tip.validators) },
            accounts: if everything { Arc::new(self.accounts()) } else { Arc::clone(&tip.accounts) },
        };
        self.snapshots.push_back(Arc::new(snapshot));
        if self.snapshots.len() > KEPT {
            self.snapshots.pop_front();
        }
    }

    fn validators(&self) -> Vec<ValidatorState> {
        self.ledger.validators().iter().filter_map(|address| self.ledger.validator(address)).collect()
    }

    fn accounts(&self) -> BTreeMap<String, Holdings> {
        self.tracked.iter().map(|account| (self.ledger.text(account), self.ledger.holdings(account))).collect()
    }
}

#[derive(Clone, Copy)]
struct Header {
    epoch: u64,
    round: u64,
    timestamp_ms: i64,
}
