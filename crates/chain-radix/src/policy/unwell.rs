//! A signer that is silent or stuck.
use super::fresh;
use crate::client::system::HealthStatus;
use crate::evidence::{RadixEvidence, View};
use crate::keys::NodeKey;
use std::time::Duration;
use watchdog_core::id::Origin;
use watchdog_core::policy::{Context, Decision, Measure, Reason, ThresholdPolicy, Verdict};
use watchdog_core::window::{Views, Window};

/// Down while the node whose key the set names has shown no sign of life for `lasting`: no answer,
/// stale answers, or its own word that it is out of sync. Healthy in every other case, also where
/// it cannot be told: this is a reason to believe misses sooner, never a reason by itself.
#[derive(Clone, Debug)]
pub struct Unwell {
    /// How long.
    pub lasting: Duration,
    /// How old a reading of the set may be.
    pub fresh: Duration,
    /// The key of each node, and its failure domain.
    pub signers: Vec<(NodeKey, Origin)>,
}

impl ThresholdPolicy<RadixEvidence> for Unwell {
    fn span(&self) -> Duration {
        self.lasting.saturating_mul(2)
    }

    fn judge(&self, views: &Views<'_, RadixEvidence>, context: &Context) -> Decision {
        let silent = self.signer(views, context).and_then(|origin| silence(origin, views, context));
        let verdict = if silent.is_some_and(|time| time >= self.lasting) { Verdict::Down } else { Verdict::Healthy };
        let measured = Measure::Time(silent.unwrap_or_default());
        let reason = Reason::of("signer_unwell", Measure::Time(self.lasting), measured);
        let told = silent.is_some();
        Decision::new(verdict, reason).explained(context, || [("signer_known_and_alone", Measure::Truth(told))])
    }
}

impl Unwell {
    /// Failure domain of the node whose key the set names, where it is that node's alone.
    fn signer(&self, views: &Views<'_, RadixEvidence>, context: &Context) -> Option<&Origin> {
        let key = views.iter().filter_map(|w| fresh(w, context, self.fresh)).find_map(RadixEvidence::key)?;
        let (_, origin) = self.signers.iter().find(|(held, _)| *held == key)?;
        let nodes_there = self.signers.iter().filter(|(_, other)| other == origin).count();
        (nodes_there == 1).then_some(origin)
    }
}

/// Time since the last sign of life from `origin`; `None` where it was never asked.
fn silence(origin: &Origin, views: &Views<'_, RadixEvidence>, context: &Context) -> Option<Duration> {
    let observations = || views.iter().filter(|window| window.origin() == origin).flat_map(Window::observations);
    let first = observations().map(|o| o.at).min()?;
    let alive = observations().filter(|o| o.outcome.as_ref().is_ok_and(is_sign_of_life)).map(|o| o.at).max();
    Some(context.now.since(alive.unwrap_or(first)))
}

fn is_sign_of_life(evidence: &RadixEvidence) -> bool {
    !matches!(evidence.view, View::System { health: HealthStatus::OutOfSync | HealthStatus::BootingPreGenesis, .. })
}
