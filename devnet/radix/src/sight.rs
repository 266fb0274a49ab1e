//! What one server sees of the ledger: the tip, an old state, or something that never was.

use crate::chain::{Chain, Snapshot};
use std::sync::Arc;

/// How far behind a view is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lag {
    /// By this many state versions.
    Versions(u64),
    /// By this many milliseconds.
    Millis(i64),
}

/// A wrong view: another epoch, another key.
#[derive(Debug, Clone, Default)]
pub struct Fork {
    /// Added to every epoch number.
    pub epoch_shift: i64,
    /// The key shown for our validator, hex.
    pub key: Option<String>,
}

/// A sync that runs from an old state to the tip.
#[derive(Debug, Clone, Copy)]
struct CatchUp {
    from_version: u64,
    started_ms: i64,
    duration_ms: i64,
}

/// One server's view.
#[derive(Debug, Clone, Default)]
pub struct Sight {
    frozen: Option<Arc<Snapshot>>,
    lag: Option<Lag>,
    fork: Option<Fork>,
    catch_up: Option<CatchUp>,
}

impl Sight {
    /// Freezes the view at what it shows now; `age_ms` makes it look that much older.
    pub fn freeze(&mut self, chain: &Chain, now_ms: i64, age_ms: i64) {
        let mut snapshot = Snapshot::clone(&self.unforked(chain, now_ms));
        snapshot.timestamp_ms -= age_ms;
        self.frozen = Some(Arc::new(snapshot));
    }

    /// Lets a frozen view follow again, catching up within `sync_ms`.
    pub fn thaw(&mut self, now_ms: i64, sync_ms: i64) {
        if let Some(frozen) = self.frozen.take() {
            self.catch_up_from(frozen.state_version, now_ms, sync_ms);
        }
    }

    /// Starts a sync from `version` to the tip.
    pub fn catch_up_from(&mut self, version: u64, now_ms: i64, sync_ms: i64) {
        self.catch_up =
            (sync_ms > 0).then_some(CatchUp { from_version: version, started_ms: now_ms, duration_ms: sync_ms });
    }

    /// Sets or ends a constant lag.
    pub fn set_lag(&mut self, lag: Option<Lag>) {
        self.lag = lag;
    }

    /// Sets or ends a wrong view.
    pub fn set_fork(&mut self, fork: Option<Fork>) {
        self.fork = fork;
    }

    /// Whether the view stands still.
    pub fn is_frozen(&self) -> bool {
        self.frozen.is_some()
    }

    /// Whether a sync is under way.
    pub fn is_catching_up(&self, now_ms: i64) -> bool {
        self.catch_up.is_some_and(|sync| now_ms < sync.started_ms + sync.duration_ms)
    }

    /// Whether this is simply the tip.
    pub fn is_current(&self, now_ms: i64) -> bool {
        self.frozen.is_none() && self.lag.is_none() && self.fork.is_none() && !self.is_catching_up(now_ms)
    }

    /// The state that this server shows at `now_ms`.
    pub fn look(&self, chain: &Chain, ours: &str, now_ms: i64) -> Arc<Snapshot> {
        let snapshot = self.unforked(chain, now_ms);
        match &self.fork {
            Some(fork) => Arc::new(fork.bend(&snapshot, ours)),
            None => snapshot,
        }
    }

    fn unforked(&self, chain: &Chain, now_ms: i64) -> Arc<Snapshot> {
        if let Some(frozen) = &self.frozen {
            return Arc::clone(frozen);
        }
        let tip = chain.tip();
        if let Some(sync) = self.catch_up.filter(|sync| now_ms < sync.started_ms + sync.duration_ms) {
            let elapsed = u64::try_from(now_ms - sync.started_ms).unwrap_or_default();
            let duration = u64::try_from(sync.duration_ms).unwrap_or(1).max(1);
            let behind = tip.state_version.saturating_sub(sync.from_version);
            let version = sync.from_version + behind * elapsed / duration;
            return chain.at_version(version).unwrap_or_else(|| chain.oldest());
        }
        match self.lag {
            None => tip,
            Some(Lag::Versions(versions)) => {
                chain.at_version(tip.state_version.saturating_sub(versions)).unwrap_or_else(|| chain.oldest())
            }
            Some(Lag::Millis(millis)) => chain.at_time(now_ms - millis).unwrap_or_else(|| chain.oldest()),
        }
    }
}

impl Fork {
    fn bend(&self, snapshot: &Snapshot, ours: &str) -> Snapshot {
        let mut bent = snapshot.clone();
        bent.epoch = bent.epoch.saturating_add_signed(self.epoch_shift);
        let mut consensus = crate::ledger::Consensus::clone(&bent.consensus);
        consensus.epoch = consensus.epoch.saturating_add_signed(self.epoch_shift);
        if let Some(key) = &self.key {
            for seated in consensus.set.iter_mut().filter(|seated| seated.address == ours) {
                seated.key.clone_from(key);
            }
            let mut validators = Vec::clone(&bent.validators);
            for validator in validators.iter_mut().filter(|validator| validator.address == ours) {
                validator.key.clone_from(key);
            }
            bent.validators = Arc::new(validators);
        }
        bent.consensus = Arc::new(consensus);
        bent
    }
}
