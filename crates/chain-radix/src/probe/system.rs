//! A node's word about itself.
use crate::client::SystemClient;
use crate::evidence::{RadixEvidence, Standing, View};
use async_trait::async_trait;
use watchdog_core::cx::Cx;
use watchdog_core::probe::{self, Duties, ProbeError};

/// Reads whether a node follows the ledger. Never a vote on the validator: it only tells whether
/// a silent or stuck primary may be believed dead sooner.
#[derive(Debug)]
pub struct HealthProbe {
    client: SystemClient,
}

impl HealthProbe {
    /// Watches the node behind `client`.
    pub const fn new(client: SystemClient) -> Self {
        Self { client }
    }
}

#[async_trait]
impl probe::HealthProbe for HealthProbe {
    type Evidence = RadixEvidence;

    async fn observe(&self, _: &Cx) -> Result<RadixEvidence, ProbeError> {
        let name = self.client.name();
        let (health, sync) = tokio::join!(self.client.health(), self.client.sync_status());
        let (health, sync) = (health.map_err(|e| e.blind(name))?, sync.map_err(|e| e.blind(name))?);
        Ok(RadixEvidence {
            view: View::System {
                health: health.status,
                own_missed: health.recent_self_proposal_miss_statistic.missed_count,
            },
            state_version: sync.sync_status.current_state_version,
            proposer_time: None,
            epoch: None,
            standing: Standing::Untold,
            proposals: Duties::default(),
            others: None,
        })
    }
}
