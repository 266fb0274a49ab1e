//! What one validator may do depends on all others.
use super::Shared;
use super::board::Live;
use crate::action::Refusal;
use crate::gates::{Gate, fleet};
use crate::id::ValidatorName;
use crate::journal::Record;
use crate::journal::chronicle::Known;
use std::collections::BTreeSet;

impl Shared {
    /// Whether the fleet lets an automatic failover of `live` start now. Where too many have turned
    /// down together, that is journaled here, and holds from then on.
    ///
    /// # Errors
    /// `correlation_hold`, `domain_busy`, or why the hold could not be journaled.
    pub(super) async fn admit_in_fleet(&self, live: &Live) -> Result<(), Refusal> {
        self.correlate(&live.name).await?;
        let gates = self.chronicle.look(|known| self.fleet_gates(live, known));
        gates.into_iter().find_map(|gate| gate.closed).map_or(Ok(()), Err)
    }

    /// The gates of the fleet as they stand for `live`.
    pub(super) fn fleet_gates(&self, live: &Live, known: &Known<'_>) -> [Gate; 2] {
        let domain = live.conduct.limits.act.failure_domain.as_ref();
        [fleet::correlation(known.fleet().hold()), fleet::domain(domain, &self.busy_beside(live, known))]
    }

    /// Journals that too many have turned down together, `suspect` among them, where that is so.
    pub(super) async fn correlate(&self, suspect: &ValidatorName) -> Result<(), Refusal> {
        let watched: BTreeSet<_> = self.board.all().iter().map(|live| live.name.clone()).collect();
        let now = self.chronicle.moment();
        let limits = &self.parameters.fleet;
        let down = self.chronicle.with_fleet(|fleet| {
            let is_held = fleet.hold().is_some();
            if is_held { None } else { limits.correlated(fleet, &watched, Some(suspect), &now) }
        });
        let Some(down) = down else { return Ok(()) };
        let names: Vec<_> = down.iter().map(ValidatorName::as_str).collect();
        tracing::error!(
            down = names.join(", "),
            watched = watched.len(),
            "so many validators turned down together that nothing acts by itself any more: look for what they have in common, then `tanist release`"
        );
        self.append(None, &[Record::Correlated { down, watched: watched.len() as u64 }]).await
    }

    /// Other validators of the same failure domain with an operation under way.
    fn busy_beside(&self, live: &Live, known: &Known<'_>) -> Vec<ValidatorName> {
        let domain = &live.conduct.limits.act.failure_domain;
        let beside = |other: &&std::sync::Arc<Live>| {
            other.name != live.name
                && other.conduct.limits.act.failure_domain == *domain
                && known.standing(&other.name).current().is_some()
        };
        self.board.all().iter().filter(beside).map(|other| other.name.clone()).collect()
    }
}
