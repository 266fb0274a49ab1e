//! Who has a vote.
use super::{fresh, newest};
use crate::evidence::{RadixEvidence, View};
use std::time::Duration;
use watchdog_core::policy::{Context, Decision, ThresholdPolicy};
use watchdog_core::probe::Evidence;
use watchdog_core::window::{Views, Window};

/// Hands `policy` those sources of each origin that have something to say on the validator.
///
/// A node's word about itself is no vote. Of several sources of one origin, those that are blind
/// now, or have seen no duty while another has, would only keep the others from speaking. An origin
/// of which nobody can speak keeps its sources, so that it counts as unknown.
#[derive(Clone, Copy, Debug)]
pub struct Voices<P> {
    /// How old a source's newest reading may be.
    pub fresh: Duration,
    /// What judges them.
    pub policy: P,
}

impl<P: ThresholdPolicy<RadixEvidence>> ThresholdPolicy<RadixEvidence> for Voices<P> {
    fn span(&self) -> Duration {
        self.policy.span()
    }

    fn judge(&self, views: &Views<'_, RadixEvidence>, context: &Context) -> Decision {
        let speaking = views.by_origin().into_iter().flat_map(|origin| self.speaking(&origin, context));
        self.policy.judge(&Views::of(speaking.collect::<Vec<_>>()), context)
    }
}

impl<P> Voices<P> {
    fn speaking<'a>(&self, origin: &Views<'a, RadixEvidence>, context: &Context) -> Vec<&'a Window<RadixEvidence>> {
        let voters: Vec<_> = origin.iter().filter(|window| !is_system(window)).collect();
        let seeing: Vec<_> = voters.iter().copied().filter(|w| fresh(w, context, self.fresh).is_some()).collect();
        let telling: Vec<_> = seeing.iter().copied().filter(|window| has_seen_duties(window)).collect();
        [telling, seeing, voters].into_iter().find(|windows| !windows.is_empty()).unwrap_or_default()
    }
}

fn is_system(window: &Window<RadixEvidence>) -> bool {
    newest(window).is_some_and(|evidence| matches!(evidence.view, View::System { .. }))
}

fn has_seen_duties(window: &Window<RadixEvidence>) -> bool {
    window.evidence().any(|evidence| evidence.duties().due() > 0)
}
