//! Recovering takes more than failing to fail.
use super::{Context, Decision, Reason, ThresholdPolicy, Verdict};
use crate::probe::Evidence;
use crate::window::Views;
use std::time::Duration;

/// After `Down`, at best `Degraded` until `recovered` says `Healthy`. Never makes anything worse: a
/// validator that was down and is not any more does not become down by this.
///
/// For so many duties done in a row, let `recovered` be an [`InWindow`](super::in_window::InWindow) with
/// `missed` 1 and as many opportunities both in `of` and in `min_due`.
#[derive(Clone, Copy, Debug)]
pub struct Hysteresis<P, R> {
    /// What says `Down`.
    pub policy: P,
    /// What must say `Healthy` before `Healthy` is believed after a `Down`.
    pub recovered: R,
}

impl<E: Evidence, P: ThresholdPolicy<E>, R: ThresholdPolicy<E>> ThresholdPolicy<E> for Hysteresis<P, R> {
    fn span(&self) -> Duration {
        self.policy.span().max(self.recovered.span())
    }

    fn judge(&self, views: &Views<'_, E>, context: &Context) -> Decision {
        let inner = self.policy.judge(views, context);
        let was_bad = matches!(context.before, Verdict::Down | Verdict::Degraded);
        if inner.verdict != Verdict::Healthy || !was_bad {
            return inner;
        }
        let recovered = self.recovered.judge(views, context);
        if recovered.verdict == Verdict::Healthy {
            return inner;
        }
        let Reason { limit, measured, .. } = recovered.reason;
        let reason = Reason::of("not_yet_recovered", limit, measured);
        Decision::resting_on(Verdict::Degraded, reason, [inner, recovered])
    }
}

#[cfg(test)]
mod tests {
    use super::super::in_window::{InWindow, Within};
    use super::super::sample::{Sample, at, window};
    use super::*;

    fn after(before: Verdict, made: u64) -> Verdict {
        let hour = Duration::from_hours(1);
        let rule = |missed, of| InWindow {
            missed,
            of,
            min_due: 0,
            in_a_row: 0,
            within: Within::Time(hour),
            fresh: hour,
            span: hour,
        };
        let policy = Hysteresis { policy: rule(2, 2), recovered: rule(1, 4) };
        let mut samples = vec![Sample { missed: 2, ..Sample::default() }];
        samples.extend((0..made).map(|_| Sample { made: 1, ..Sample::default() }));
        let windows = [window("a", &samples)];
        ThresholdPolicy::<Sample>::judge(&policy, &Views::of(&windows), &Context::at(at(60), before)).verdict
    }

    #[test]
    fn recovery_takes_a_longer_run_of_duties_done() {
        assert_eq!(after(Verdict::Unknown, 0), Verdict::Down);
        assert_eq!(after(Verdict::Down, 2), Verdict::Degraded);
        assert_eq!(after(Verdict::Degraded, 3), Verdict::Degraded);
        assert_eq!(after(Verdict::Degraded, 4), Verdict::Healthy);
    }

    #[test]
    fn what_was_never_down_needs_no_recovery() {
        assert_eq!(after(Verdict::Healthy, 2), Verdict::Healthy);
    }
}
