//! Fresh, or not worth a vote.
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use watchdog_core::clock::Timestamp;
use watchdog_core::probe::{Lag, ProbeError};

/// How far a source's ledger time may be from this machine's clock. A source that is behind speaks
/// of the past; one that is ahead is wrong, or this clock is: neither has a vote.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Freshness {
    /// Largest distance, in either direction.
    pub limit: Duration,
}

impl Freshness {
    /// Whether `proposer_time` is near enough to `now`.
    ///
    /// # Errors
    /// [`ProbeError::Stale`] where it lies too far back, [`ProbeError::Malformed`] where ahead.
    pub fn check(self, endpoint: &str, now: Timestamp, proposer_time: Timestamp) -> Result<(), ProbeError> {
        let distance = now.distance(proposer_time);
        if distance <= self.limit {
            return Ok(());
        }
        let endpoint = endpoint.to_owned();
        Err(if proposer_time < now {
            ProbeError::Stale { endpoint, behind: Lag::Time(distance) }
        } else {
            let reason = format!("its ledger time is {} s ahead of this machine's clock", distance.as_secs());
            ProbeError::Malformed { endpoint, reason }
        })
    }
}

/// Highest state version that one source has shown. Replicas behind one address may be at different
/// heights; what is lower than what was seen before is discarded.
#[derive(Debug, Default)]
pub struct Head(Mutex<u64>);

impl Head {
    /// Raises the head to `state_version`.
    ///
    /// # Errors
    /// [`ProbeError::Stale`] where it would go back.
    pub fn advance(&self, endpoint: &str, state_version: u64) -> Result<(), ProbeError> {
        let mut highest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state_version < *highest {
            let behind = Lag::Positions(*highest - state_version);
            return Err(ProbeError::Stale { endpoint: endpoint.to_owned(), behind });
        }
        *highest = state_version;
        Ok(())
    }

    /// Forgets how high the source was.
    pub fn forget(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = 0;
    }
}
