//! How fast the error budget of a service level objective is used up.
use super::{Context, Decision, Measure, Reason, ThresholdPolicy, Verdict, fresh};
use crate::probe::{Duties, Evidence};
use crate::window::Views;
use std::time::Duration;

/// The short window is the long one divided by this.
const SHORT: u32 = 12;

/// Down where the error budget burns at least `rate` times as fast as it may, in the long window and
/// in its last twelfth as well: long enough to matter, and still going on. Degraded where only one of
/// them says so.
///
/// ```text
/// burn = (missed / due) / (1 − objective)
/// ```
///
/// A rate of 14.4 over 1 h uses up 2 % of a budget of 30 days, 6 over 6 h 5 %. Reads one source.
/// Source: safety model, section 9, P7.
#[derive(Clone, Copy, Debug)]
pub struct Burn {
    /// Part of the duties that shall be done, 0 to less than 1.
    pub objective: f64,
    /// Times faster than the budget allows, more than 0.
    pub rate: f64,
    /// The long window.
    pub long: Duration,
    /// With fewer duties in the long window, or none in the short one, nothing is known; from 1.
    pub min_due: u64,
    /// How old the newest reading may be.
    pub fresh: Duration,
}

impl<E: Evidence> ThresholdPolicy<E> for Burn {
    fn span(&self) -> Duration {
        self.long
    }

    fn judge(&self, views: &Views<'_, E>, context: &Context) -> Decision {
        let window = match fresh(views, context, self.fresh) {
            Ok(window) => window,
            Err(unknown) => return *unknown,
        };
        let long = window.duties_within(self.long, context.now);
        let short = window.duties_within(self.short(), context.now);
        let (burns_long, burns_short) = (self.burns(long), self.burns(short));
        let verdict = match () {
            () if long.due() < self.min_due.max(1) || short.due() == 0 => Verdict::Unknown,
            () if burns_long && burns_short => Verdict::Down,
            () if burns_long || burns_short => Verdict::Degraded,
            () => Verdict::Healthy,
        };
        let slower = self.burn(long).min(self.burn(short));
        let reason = Reason::of("budget_burn", Measure::number(self.rate), Measure::number(slower));
        Decision::new(verdict, reason).explained(context, || {
            [
                ("objective", Measure::ratio(self.objective)),
                ("long_window", Measure::Time(self.long)),
                ("due_long", Measure::Count(long.due())),
                ("missed_long", Measure::Count(long.missed)),
                ("burn_long", Measure::number(self.burn(long))),
                ("short_window", Measure::Time(self.short())),
                ("due_short", Measure::Count(short.due())),
                ("missed_short", Measure::Count(short.missed)),
                ("burn_short", Measure::number(self.burn(short))),
                ("duties_needed", Measure::Count(self.min_due)),
            ]
        })
    }
}

impl Burn {
    fn short(&self) -> Duration {
        self.long.checked_div(SHORT).unwrap_or_default()
    }

    fn burns(&self, duties: Duties) -> bool {
        duties.missed > 0 && self.burn(duties) >= self.rate
    }

    /// Infinite where nothing may be missed and something was.
    #[allow(clippy::cast_precision_loss, reason = "a rate")]
    fn burn(&self, duties: Duties) -> f64 {
        if duties.missed == 0 {
            return 0.0;
        }
        duties.missed as f64 / duties.due() as f64 / (1.0 - self.objective).max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{Sample, at, window};
    use super::*;

    /// Windows of 12 s and 1 s; 1 of 8 may be missed.
    const RULE: Burn =
        Burn { objective: 0.875, rate: 4.0, long: Duration::from_secs(12), min_due: 4, fresh: Duration::from_secs(1) };

    /// Duties (made, missed) of second 0, 1, …; judged in the last of them.
    fn decide(rule: Burn, duties: &[(u64, u64)]) -> Decision {
        let samples: Vec<_> =
            duties.iter().map(|(made, missed)| Sample { made: *made, missed: *missed, ..Sample::default() }).collect();
        let context =
            Context { explain: true, ..Context::at(at((duties.len() as u64).saturating_sub(1)), Verdict::Unknown) };
        ThresholdPolicy::<Sample>::judge(&rule, &Views::of([&window("a", &samples)]), &context)
    }

    fn verdict(duties: &[(u64, u64)]) -> Verdict {
        decide(RULE, duties).verdict
    }

    #[test]
    fn a_budget_that_burns_in_both_windows_is_down() {
        assert_eq!(verdict(&[(2, 0), (0, 2), (1, 1), (1, 1)]), Verdict::Down, "4 of 8 and 2 of 4: burn 4 and 4");
        assert_eq!(verdict(&[(3, 0), (0, 2), (1, 1), (1, 1)]), Verdict::Degraded, "4 of 9 in the long window");
        assert_eq!(verdict(&[(1, 0), (0, 4), (1, 1), (2, 1)]), Verdict::Degraded, "2 of 5 in the short window");
        assert_eq!(verdict(&[(9, 0), (9, 1), (9, 0), (9, 1)]), Verdict::Healthy);
    }

    #[test]
    fn an_outage_that_is_over_is_not_down() {
        assert_eq!(verdict(&[(0, 9), (0, 9), (1, 0), (1, 0)]), Verdict::Degraded);
    }

    #[test]
    fn with_too_few_duties_nothing_is_known() {
        assert_eq!(verdict(&[(0, 1), (0, 1), (0, 1)]), Verdict::Unknown);
        assert_eq!(verdict(&[(0, 1), (0, 1), (0, 2)]), Verdict::Down);
        assert_eq!(verdict(&[(0, 9), (0, 9), (0, 0), (0, 0)]), Verdict::Unknown, "none in the short window");
        assert_eq!(verdict(&[(0, 9), (0, 9), (0, 0)]), Verdict::Down, "the short window is a second long");
        assert_eq!(decide(Burn { min_due: 0, ..RULE }, &[(0, 0)]).verdict, Verdict::Unknown);
    }

    #[test]
    fn what_is_older_than_the_long_window_does_not_count() {
        let mut duties = vec![(0, 9)];
        duties.extend([(1, 0); 11]);
        duties.push((0, 1));
        assert_eq!(verdict(&duties), Verdict::Degraded, "10 of 21, and 1 of 2");
        duties.insert(1, (1, 0));
        assert_eq!(decide(RULE, &duties).reason.measured, Measure::Number(1.0 / 13.0 / 0.125));
    }

    #[test]
    fn with_an_objective_of_all_the_first_miss_burns_everything_and_the_reason_stays_readable() {
        let decision = decide(Burn { objective: 1.0, ..RULE }, &[(4, 0), (4, 1)]);
        assert_eq!((decision.verdict, decision.reason.measured), (Verdict::Down, Measure::Number(f64::MAX)));
        assert_eq!(decide(Burn { objective: 1.0, ..RULE }, &[(4, 0), (4, 0)]).verdict, Verdict::Healthy);
        assert_eq!(decide(Burn { rate: 0.0, ..RULE }, &[(4, 0), (4, 0)]).verdict, Verdict::Healthy);
    }
}
