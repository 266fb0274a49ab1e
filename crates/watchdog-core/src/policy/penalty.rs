//! How much time is left before the protocol itself punishes.
use super::{Context, Decision, Measure, Reason, ThresholdPolicy, Urgency};
use crate::probe::Evidence;
use crate::window::{Views, Window};
use std::num::NonZeroUsize;
use std::time::Duration;

/// Makes a decision pressing where the time left until the protocol's penalty ([`Evidence::grace`])
/// is at most `failover · safety` by the word of `need` origins. The verdict is `policy`'s own,
/// whatever is left: haste may shorten the confirmation, never the quorum.
///
/// Source: safety model, section 9, P11.
#[derive(Clone, Copy, Debug)]
pub struct PenaltyHorizon<P> {
    /// How long a failover takes at worst, from decision to effect.
    pub failover: Duration,
    /// Times that long must be left; from 1, less counts as 1.
    pub safety: f64,
    /// Origins that must say so. Of several sources of one origin the calmest counts.
    pub need: NonZeroUsize,
    /// How old the newest reading of a source may be.
    pub fresh: Duration,
    /// What judges.
    pub policy: P,
}

impl<E: Evidence, P: ThresholdPolicy<E>> ThresholdPolicy<E> for PenaltyHorizon<P> {
    fn span(&self) -> Duration {
        self.policy.span()
    }

    fn judge(&self, views: &Views<'_, E>, context: &Context) -> Decision {
        let inner = self.policy.judge(views, context);
        let mut left: Vec<_> = views.by_origin().iter().filter_map(|origin| self.left(origin, context)).collect();
        left.sort_unstable();
        let limit = self.limit();
        let agreed = left.get(self.need.get().saturating_sub(1)).copied();
        if agreed.is_none_or(|left| left > limit) {
            return inner;
        }
        let measured = agreed.map_or(Measure::Count(0), Measure::Time);
        let origins = left.len() as u64;
        let reason = Reason::of("penalty_near", Measure::Time(limit), measured);
        let decision = Decision::resting_on(inner.verdict, reason, [inner]).explained(context, || {
            [
                ("failover_takes", Measure::Time(self.failover)),
                ("safety", Measure::number(self.safety)),
                ("origins_that_tell", Measure::Count(origins)),
                ("origins_needed", Measure::Count(self.need.get() as u64)),
            ]
        });
        Decision { urgency: Urgency::Pressing, ..decision }
    }
}

impl<P> PenaltyHorizon<P> {
    fn limit(&self) -> Duration {
        let seconds = self.failover.as_secs_f64() * self.safety.max(1.0);
        Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
    }

    /// Time left by the calmest fresh source of an origin.
    fn left<E: Evidence>(&self, origin: &Views<'_, E>, context: &Context) -> Option<Duration> {
        let fresh = origin.iter().filter(|window| window.is_fresh(context.now, self.fresh));
        let newest = fresh.filter_map(|window: &Window<E>| window.dated_evidence().next());
        let told = newest.filter_map(|(at, evidence)| Some(evidence.grace()?.saturating_sub(context.now.since(at))));
        told.max()
    }
}

#[cfg(test)]
mod tests {
    use super::super::in_window::{InWindow, Within};
    use super::super::sample::{Sample, at, window};
    use super::super::{Verdict, quorum::Quorum};
    use super::*;

    const HOUR: Duration = Duration::from_hours(1);

    /// One reading a source, made in second 0 and judged in second 10.
    fn decide(safety: f64, sources: &[(&str, Option<u64>)]) -> Decision {
        let need = NonZeroUsize::new(2).unwrap();
        let rule =
            InWindow { missed: 1, of: 1, in_a_row: 0, min_due: 0, within: Within::Time(HOUR), fresh: HOUR, span: HOUR };
        let policy = Quorum { need, skew: 9, policy: rule };
        let horizon = PenaltyHorizon { failover: Duration::from_mins(1), safety, need, fresh: HOUR, policy };
        let read = |(origin, left): &(&str, Option<u64>)| {
            window(origin, &[Sample { missed: 1, grace: left.map(Duration::from_secs), ..Sample::default() }])
        };
        let windows: Vec<_> = sources.iter().map(read).collect();
        let context = Context { explain: true, ..Context::at(at(10), Verdict::Unknown) };
        ThresholdPolicy::<Sample>::judge(&horizon, &Views::of(&windows), &context)
    }

    fn urgency(safety: f64, sources: &[(&str, Option<u64>)]) -> Urgency {
        decide(safety, sources).urgency
    }

    #[test]
    fn a_penalty_within_the_time_of_a_failover_is_pressing() {
        assert_eq!(urgency(2.0, &[("a", Some(130)), ("b", Some(130))]), Urgency::Pressing, "120 s are left");
        assert_eq!(urgency(2.0, &[("a", Some(131)), ("b", Some(130))]), Urgency::Normal);
        assert_eq!(urgency(2.0, &[("a", Some(5)), ("b", Some(0))]), Urgency::Pressing);
    }

    #[test]
    fn a_safety_of_less_than_one_counts_as_one() {
        for safety in [0.5, -3.0, f64::NAN, 1.0] {
            assert_eq!(urgency(safety, &[("a", Some(70)), ("b", Some(70))]), Urgency::Pressing, "{safety}");
            assert_eq!(urgency(safety, &[("a", Some(71)), ("b", Some(71))]), Urgency::Normal, "{safety}");
        }
    }

    #[test]
    fn one_origin_alone_presses_nobody() {
        assert_eq!(urgency(2.0, &[("a", Some(1)), ("b", None)]), Urgency::Normal);
        assert_eq!(urgency(2.0, &[("a", Some(1)), ("a", Some(1)), ("b", Some(9999))]), Urgency::Normal);
        assert_eq!(urgency(2.0, &[("a", Some(1)), ("a", Some(9999)), ("b", Some(1))]), Urgency::Normal, "the calmest");
    }

    #[test]
    fn haste_changes_neither_verdict_nor_quorum() {
        for grace in [None, Some(0), Some(9999)] {
            assert_eq!(decide(2.0, &[("a", grace), ("b", grace)]).verdict, Verdict::Down);
            assert_eq!(decide(2.0, &[("a", grace)]).verdict, Verdict::Unknown);
        }
        let decision = decide(2.0, &[("a", Some(0)), ("b", Some(0))]);
        assert_eq!((decision.reason.rule.as_str(), decision.reason.parts.len()), ("penalty_near", 1));
    }
}
