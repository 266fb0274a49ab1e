//! Live: the round counters of a node's metrics.
use super::head::{Freshness, Head};
use crate::address::ValidatorAddress;
use crate::client::PrometheusClient;
use crate::evidence::{RadixEvidence, Standing, View};
use async_trait::async_trait;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use watchdog_core::cx::Cx;
use watchdog_core::probe::{Duties, HealthProbe, ProbeError};

/// Reads the rounds of every validator as a node counted them since its process began.
///
/// A node that catches up counts old rounds, so what it counted while its newest proposer's time
/// was old is never a difference.
#[derive(Debug)]
pub struct RoundsProbe {
    client: PrometheusClient,
    validator: String,
    freshness: Freshness,
    head: Head,
    before: Mutex<Option<BTreeMap<String, Duties>>>,
}

impl RoundsProbe {
    /// Watches `validator` through `client`.
    pub fn new(client: PrometheusClient, validator: ValidatorAddress, freshness: Freshness) -> Self {
        Self { client, validator: validator.to_string(), freshness, head: Head::default(), before: Mutex::default() }
    }

    fn start_over(&self) {
        *self.before.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// Rounds since `before`; nothing where any counter went back: the process was started anew.
fn since(now: &BTreeMap<String, Duties>, before: &BTreeMap<String, Duties>) -> Option<BTreeMap<String, Duties>> {
    let vanished = before.keys().any(|leader| !now.contains_key(leader));
    let difference = |(leader, now): (&String, &Duties)| {
        let then = before.get(leader).copied().unwrap_or_default();
        let duties = Duties { made: now.made.checked_sub(then.made)?, missed: now.missed.checked_sub(then.missed)? };
        Some((leader.clone(), duties))
    };
    if vanished { None } else { now.iter().map(difference).collect() }
}

#[async_trait]
impl HealthProbe for RoundsProbe {
    type Evidence = RadixEvidence;

    async fn observe(&self, cx: &Cx) -> Result<RadixEvidence, ProbeError> {
        let name = self.client.name();
        let metrics = self.client.metrics().await.map_err(|e| e.blind(name))?;
        let fresh = self.freshness.check(name, cx.clock().now(), metrics.proposer_time);
        if let Err(stale) = fresh.and_then(|()| self.head.advance(name, metrics.state_version)) {
            self.start_over();
            return Err(stale);
        }
        let before = self.before.lock().unwrap_or_else(PoisonError::into_inner).replace(metrics.rounds.clone());
        let since = before.and_then(|before| since(&metrics.rounds, &before)).unwrap_or_default();
        let others = since.iter().filter(|(leader, _)| **leader != self.validator).map(|(_, duties)| *duties);
        Ok(RadixEvidence {
            view: View::Prometheus,
            state_version: metrics.state_version,
            proposer_time: Some(metrics.proposer_time),
            epoch: None,
            standing: Standing::Untold,
            proposals: since.get(&self.validator).copied().unwrap_or_default(),
            others: Some(others.fold(Duties::default(), Duties::plus)),
        })
    }

    fn forget(&self) {
        self.head.forget();
        self.start_over();
    }
}
