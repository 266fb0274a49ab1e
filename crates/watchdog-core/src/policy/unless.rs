//! A judgement that another one takes back.
use super::kleene::{at_least, not};
use super::{Context, Decision, Reason, ThresholdPolicy, Verdict};
use crate::probe::Evidence;
use crate::window::Views;
use std::num::NonZeroUsize;
use std::time::Duration;

const BOTH: NonZeroUsize = NonZeroUsize::MIN.saturating_add(1);

/// Down where `policy` is and `unless` is healthy; Kleene's `policy ∧ ¬unless` with `unless` read as
/// "the exception applies". Where nobody knows whether the exception applies, nothing is known.
///
/// `unless` is down while the exception applies: an upgrade under way, a jail, a maintenance window.
/// Source: safety model, section 9, P10.
#[derive(Clone, Copy, Debug)]
pub struct Unless<P, U> {
    /// What judges.
    pub policy: P,
    /// The exception.
    pub unless: U,
}

impl<E: Evidence, P: ThresholdPolicy<E>, U: ThresholdPolicy<E>> ThresholdPolicy<E> for Unless<P, U> {
    fn span(&self) -> Duration {
        self.policy.span().max(self.unless.span())
    }

    fn judge(&self, views: &Views<'_, E>, context: &Context) -> Decision {
        let inner = self.policy.judge(views, context);
        if inner.verdict != Verdict::Down {
            return inner;
        }
        let exception = self.unless.judge(views, context);
        let verdict = at_least(BOTH, &[inner.verdict, not(exception.verdict)]);
        let rule = match exception.verdict {
            Verdict::Down => "exception_applies",
            Verdict::Healthy => "no_exception",
            Verdict::Degraded | Verdict::Unknown => "exception_unknown",
        };
        let Reason { limit, measured, .. } = exception.reason;
        Decision::resting_on(verdict, Reason::of(rule, limit, measured), [inner, exception])
    }
}

#[cfg(test)]
mod tests {
    use super::super::Measure;
    use super::super::Verdict::{Degraded, Down, Healthy, Unknown};
    use super::super::sample::{Sample, judge};
    use super::*;

    struct Says(Verdict);

    impl ThresholdPolicy<Sample> for Says {
        fn span(&self) -> Duration {
            Duration::from_secs(self.0 as u64)
        }

        fn judge(&self, _: &Views<'_, Sample>, _: &Context) -> Decision {
            Decision::new(self.0, Reason::of("says", Measure::Count(0), Measure::Count(0)))
        }
    }

    fn rule(policy: Verdict, unless: Verdict) -> (Verdict, String) {
        let decision = judge(&Unless { policy: Says(policy), unless: Says(unless) }, &[]);
        (decision.verdict, decision.reason.rule.as_str().to_owned())
    }

    #[test]
    fn an_exception_takes_back_what_is_down_and_doubt_makes_it_unknown() {
        assert_eq!(rule(Down, Healthy), (Down, "no_exception".into()));
        assert_eq!(rule(Down, Down), (Degraded, "exception_applies".into()));
        assert_eq!(rule(Down, Unknown), (Unknown, "exception_unknown".into()));
        assert_eq!(rule(Down, Degraded), (Unknown, "exception_unknown".into()));
    }

    #[test]
    fn what_is_not_down_is_not_changed() {
        for (policy, unless) in [Healthy, Degraded, Unknown].into_iter().flat_map(|p| [Healthy, Down].map(|u| (p, u))) {
            assert_eq!(rule(policy, unless), (policy, "says".into()));
        }
    }

    #[test]
    fn it_needs_as_much_history_as_the_longer_of_the_two() {
        let span = |policy, unless| ThresholdPolicy::span(&Unless { policy: Says(policy), unless: Says(unless) });
        assert_eq!((span(Healthy, Down), span(Down, Healthy)), (Duration::from_secs(3), Duration::from_secs(3)));
    }
}
