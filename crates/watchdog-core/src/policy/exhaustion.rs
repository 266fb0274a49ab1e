//! When a protocol's credit for downtime will be used up.
use super::{Context, Decision, Measure, Reason, ThresholdPolicy, Verdict, fresh};
use crate::clock::Uptime;
use crate::probe::Evidence;
use crate::window::{Views, Window};
use std::time::Duration;

/// Down where the credit that is left lasts no longer than `horizon`, if it goes on falling as it did
/// over the last `over`. Degraded while it falls at all. For chains that keep such a credit
/// ([`Evidence::credit`]).
///
/// ```text
/// lasts = credit_newest · (t_newest − t_oldest) / (credit_oldest − credit_newest)
/// ```
///
/// A credit that stands at nothing can fall no further, so whether it still would is unknown. Reads
/// one source. Source: safety model, section 9, P7.
#[derive(Clone, Copy, Debug)]
pub struct Exhaustion {
    /// Time that must be left.
    pub horizon: Duration,
    /// Time over which the fall is measured.
    pub over: Duration,
    /// How old the newest reading may be.
    pub fresh: Duration,
}

impl<E: Evidence> ThresholdPolicy<E> for Exhaustion {
    fn span(&self) -> Duration {
        self.over
    }

    fn judge(&self, views: &Views<'_, E>, context: &Context) -> Decision {
        let window = match fresh(views, context, self.fresh) {
            Ok(window) => window,
            Err(unknown) => return *unknown,
        };
        let Some(fall) = self.fall(window, context.now) else {
            let reason = Reason::of("credit_not_seen", Measure::Count(2), Measure::Count(0));
            return Decision::new(Verdict::Unknown, reason).explained(context, || []);
        };
        let lasts = fall.lasts();
        let verdict = match lasts {
            Some(lasts) if lasts <= self.horizon => Verdict::Down,
            Some(_) => Verdict::Degraded,
            None if fall.newest == 0 => Verdict::Unknown,
            None => Verdict::Healthy,
        };
        let measured = lasts.map_or(Measure::Truth(false), Measure::Time);
        let reason = Reason::of("credit_exhaustion", Measure::Time(self.horizon), measured);
        let decision = Decision::new(verdict, reason).explained(context, || {
            [
                ("credit_before", Measure::Position(fall.oldest)),
                ("credit_now", Measure::Position(fall.newest)),
                ("time_between", Measure::Time(fall.took)),
            ]
        });
        match lasts.and_then(|lasts| lasts.checked_sub(self.horizon)).filter(|wait| !wait.is_zero()) {
            Some(wait) => decision.again_after(wait),
            None => decision,
        }
    }
}

struct Fall {
    oldest: u64,
    newest: u64,
    took: Duration,
}

impl Exhaustion {
    fn fall<E: Evidence>(&self, window: &Window<E>, now: Uptime) -> Option<Fall> {
        let mut credits =
            window.dated_evidence().map(|(at, e)| (at, e.credit())).take_while(|(at, _)| now.since(*at) <= self.over);
        let (newest_at, newest) = credits.next()?;
        let (newest, (oldest_at, oldest)) = (newest?, credits.filter_map(|(at, c)| Some((at, c?))).last()?);
        Some(Fall { oldest, newest, took: newest_at.since(oldest_at) })
    }
}

impl Fall {
    /// Time until nothing is left, from the newest reading on; `None` where it does not fall.
    #[allow(clippy::cast_precision_loss, reason = "a projection")]
    fn lasts(&self) -> Option<Duration> {
        let fallen = self.oldest.checked_sub(self.newest).filter(|fallen| *fallen > 0)?;
        let seconds = self.newest as f64 * self.took.as_secs_f64() / fallen as f64;
        Some(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{Sample, at, window};
    use super::*;

    const RULE: Exhaustion =
        Exhaustion { horizon: Duration::from_secs(30), over: Duration::from_secs(4), fresh: Duration::from_secs(1) };

    /// Credits read in second 0, 1, …; judged in the last of them.
    fn decide(credits: &[Option<u64>]) -> Decision {
        let samples: Vec<_> = credits.iter().map(|credit| Sample { credit: *credit, ..Sample::default() }).collect();
        let context =
            Context { explain: true, ..Context::at(at((credits.len() as u64).saturating_sub(1)), Verdict::Unknown) };
        ThresholdPolicy::<Sample>::judge(&RULE, &Views::of([&window("a", &samples)]), &context)
    }

    fn verdict(credits: &[u64]) -> Verdict {
        decide(&credits.iter().copied().map(Some).collect::<Vec<_>>()).verdict
    }

    #[test]
    fn credit_that_lasts_no_longer_than_the_horizon_is_down() {
        assert_eq!(verdict(&[68, 66, 64, 62, 60]), Verdict::Down, "60 at 2 a second: 30 s");
        let decision = decide(&[69, 67, 65, 63, 61].map(Some));
        assert_eq!((decision.verdict, decision.next_eval), (Verdict::Degraded, Some(Duration::from_millis(500))));
        assert_eq!(decide(&[68, 60].map(Some)).next_eval, None);
    }

    #[test]
    fn credit_that_stands_or_rises_is_healthy() {
        assert_eq!((verdict(&[5, 5, 5]), verdict(&[1, 2, 3])), (Verdict::Healthy, Verdict::Healthy));
    }

    #[test]
    fn credit_that_runs_out_is_down_and_credit_that_stands_at_nothing_unknown() {
        assert_eq!(verdict(&[2, 1, 0]), Verdict::Down);
        assert_eq!(verdict(&[0, 0, 0]), Verdict::Unknown);
    }

    #[test]
    fn a_single_reading_or_none_with_credit_is_unknown() {
        assert_eq!(verdict(&[9]), Verdict::Unknown);
        assert_eq!(decide(&[None, None]).verdict, Verdict::Unknown);
        assert_eq!(decide(&[Some(9), None]).verdict, Verdict::Unknown, "the newest reading does not tell");
        assert_eq!(decide(&[Some(9), None, Some(1)]).verdict, Verdict::Down);
    }

    #[test]
    fn a_fall_before_the_time_looked_at_does_not_count() {
        assert_eq!(verdict(&[1000, 60, 60, 60, 60, 60]), Verdict::Healthy);
        assert_eq!(verdict(&[1000, 60, 60, 60, 60]), Verdict::Down);
    }
}
