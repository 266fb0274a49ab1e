//! When a Radix validator is down: opportunities missed, seen by several origins that each judge
//! for themselves, while the network as such is well.
pub mod hold;
pub mod unwell;
pub mod voices;

use crate::config::{PolicySettings, Refined, Span};
use crate::evidence::RadixEvidence;
use hold::Hold;
use std::fmt;
use std::num::NonZeroUsize;
use std::time::Duration;
use unwell::Unwell;
use voices::Voices;
use watchdog_core::policy::hysteresis::Hysteresis;
use watchdog_core::policy::in_window::{InWindow, Within};
use watchdog_core::policy::kleene::{AtLeast, all, any};
use watchdog_core::policy::network::{NetworkGuard, OwnShare};
use watchdog_core::policy::quorum::Quorum;
use watchdog_core::policy::{Context, Decision, Measure, Reason, ThresholdPolicy, Verdict};
use watchdog_core::window::{Views, Window};

/// History kept beyond the window that is judged: an epoch may last longer than its target.
const SLACK: u32 = 2;

/// The default rule, as the settings tune it.
pub struct RadixPolicy {
    rule: Hysteresis<NetworkGuard<AtLeast<RadixEvidence>>, Voices<Quorum<Opportunities>>>,
    missed: u64,
    fresh: Duration,
}

impl RadixPolicy {
    /// The rule for `settings`.
    pub fn new(settings: &Refined) -> Self {
        let policy = &settings.policy;
        // The newest reading may be from the round before last, and have taken its time.
        let fresh = settings.probe.period.0.saturating_mul(3).saturating_add(settings.probe.timeout.0);
        let span = policy
            .window
            .time()
            .saturating_mul(SLACK)
            .max(policy.network.over.0)
            .max(policy.unwell_for.0.saturating_mul(2));
        let counted = |missed, of, in_a_row| {
            let rule = Opportunities::new(policy, missed, of, in_a_row, fresh, span);
            let need = NonZeroUsize::new(policy.need).unwrap_or(NonZeroUsize::MIN);
            Voices { fresh, policy: Quorum { need, skew: settings.probe.skew, policy: rule } }
        };
        let misses = counted(policy.missed, policy.of, policy.in_a_row);
        let few = counted(policy.unwell_missed, policy.unwell_missed, policy.unwell_missed);
        let signers = settings.nodes.iter().map(|node| (node.key, node.origin.clone())).collect();
        let unwell = Unwell { lasting: policy.unwell_for.0, fresh, signers };
        let either = any(vec![Box::new(misses), Box::new(all(vec![Box::new(unwell), Box::new(few)]))]);
        let guarded = NetworkGuard {
            others_missed: policy.network.others_missed,
            own: OwnShare::ANY,
            span: policy.network.over.0,
            fresh,
            policy: either,
        };
        let recover = u64::from(policy.recover);
        let rule = Hysteresis { policy: guarded, recovered: counted(1, recover, 0) };
        Self { rule, missed: policy.missed, fresh }
    }
}

impl ThresholdPolicy<RadixEvidence> for RadixPolicy {
    fn span(&self) -> Duration {
        ThresholdPolicy::<RadixEvidence>::span(&self.rule)
    }

    fn judge(&self, views: &Views<'_, RadixEvidence>, context: &Context) -> Decision {
        let decision = self.rule.judge(views, context);
        let measured = most_missed(&decision.reason);
        let hold = Hold::of(views, context, self.fresh, self.missed, decision.verdict == Verdict::Down);
        let (rule, verdict) = match hold {
            Some(hold) => (hold.rule(), Verdict::Unknown),
            None => ("missed_proposals", decision.verdict),
        };
        let reason = Reason::of(rule, Measure::Count(self.missed), Measure::Count(measured));
        Decision::resting_on(verdict, reason, [decision]).explained(context, || {
            [
                ("most_missed_by_any_source", Measure::Count(measured)),
                ("held_back", Measure::Truth(hold.is_some())),
                ("fresh_for", Measure::Time(self.fresh)),
            ]
        })
    }
}

impl fmt::Debug for RadixPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RadixPolicy").field("missed", &self.missed).finish_non_exhaustive()
    }
}

/// Largest number of missed opportunities that any source counted.
fn most_missed(reason: &Reason) -> u64 {
    let own = match reason.measured {
        Measure::Count(count) if reason.rule.0 == "missed_in_window" => count,
        _ => 0,
    };
    reason.parts.iter().map(most_missed).fold(own, u64::max)
}

/// Opportunities of one source within the window: by epochs where the source tells them, else by
/// the time that as many epochs take.
#[derive(Clone, Copy, Debug)]
pub struct Opportunities {
    by_epoch: InWindow,
    by_time: InWindow,
}

impl Opportunities {
    fn new(policy: &PolicySettings, missed: u64, of: u64, in_a_row: u64, fresh: Duration, span: Duration) -> Self {
        let rule = |within| InWindow { missed, of, in_a_row, min_due: 0, within, fresh, span };
        let time = Within::Time(policy.window.time());
        let by_epoch = match policy.window {
            Span::Epochs(count) => Within::Epochs(count),
            Span::Time(_) => time,
        };
        Self { by_epoch: rule(by_epoch), by_time: rule(time) }
    }
}

impl ThresholdPolicy<RadixEvidence> for Opportunities {
    fn span(&self) -> Duration {
        self.by_epoch.span
    }

    fn judge(&self, views: &Views<'_, RadixEvidence>, context: &Context) -> Decision {
        let tells_epochs = views.only().and_then(newest).is_some_and(|evidence| evidence.epoch.is_some());
        let rule = if tells_epochs { &self.by_epoch } else { &self.by_time };
        rule.judge(views, context)
    }
}

/// Newest evidence of a source, fresh or not.
fn newest(window: &Window<RadixEvidence>) -> Option<&RadixEvidence> {
    window.evidence().next()
}

/// Newest evidence of a source that answered lately.
fn fresh<'a>(window: &'a Window<RadixEvidence>, context: &Context, age: Duration) -> Option<&'a RadixEvidence> {
    window.is_fresh(context.now, age).then(|| newest(window)).flatten()
}
