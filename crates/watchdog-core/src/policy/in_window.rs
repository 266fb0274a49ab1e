//! So many missed out of the last so many opportunities.
use super::{Context, Decision, Measure, Reason, ThresholdPolicy, Verdict};
use crate::probe::{Duties, Evidence};
use crate::window::{Views, Window};
use std::time::Duration;

/// Down where at least `missed` of the last `of` opportunities were missed, the last `in_a_row` of
/// them in a row. Counts opportunities, not time: a validator without duties is never down.
///
/// Reads one source. Differences cover the time between two good readings, so a probe error in
/// between loses nothing. Source: safety model, section 9, P1 and P3.
#[derive(Clone, Copy, Debug)]
pub struct InWindow {
    /// Missed opportunities that make it down, from 1.
    pub missed: u64,
    /// Opportunities looked at, at least `missed`.
    pub of: u64,
    /// Newest opportunities that must all be missed; 0 to `missed`.
    pub in_a_row: u64,
    /// Opportunities that must have come at all before anything but `Degraded` and `Unknown` is said.
    pub min_due: u64,
    /// How far back an opportunity may lie.
    pub within: Within,
    /// How old the newest reading may be.
    pub fresh: Duration,
    /// Time for which readings are kept; long enough for `within`.
    pub span: Duration,
}

/// How far back something counts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Within {
    /// By the time of the observation.
    Time(Duration),
    /// By the chain's epochs: this one and as many before it as make up the number.
    Epochs(u64),
}

impl Within {
    /// Whether a reading of this `age` and `epoch` counts, where the newest one is of epoch `newest`.
    pub fn holds(self, age: Duration, epoch: Option<u64>, newest: Option<u64>) -> bool {
        match self {
            Self::Time(span) => age <= span,
            Self::Epochs(count) => {
                newest.zip(epoch).is_some_and(|(newest, epoch)| newest.saturating_sub(epoch) < count)
            }
        }
    }
}

/// What a window holds in the way of opportunities, newest first.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
struct Tally {
    duties: Duties,
    run: u64,
    readings: u64,
}

impl<E: Evidence> ThresholdPolicy<E> for InWindow {
    fn span(&self) -> Duration {
        self.span
    }

    fn judge(&self, views: &Views<'_, E>, context: &Context) -> Decision {
        let window = match super::fresh(views, context, self.fresh) {
            Ok(window) => window,
            Err(unknown) => return *unknown,
        };
        let tally = self.tally(window, context);
        let Duties { made, missed } = tally.duties;
        let row = Reason::of("missed_in_a_row", Measure::Count(self.in_a_row), Measure::Count(tally.run));
        let due = Reason::of("opportunities", Measure::Count(self.of), Measure::Count(tally.duties.due()));
        let enough = tally.duties.due() >= self.min_due.max(1);
        let verdict = match () {
            () if enough && missed >= self.missed.max(1) && tally.run >= self.in_a_row => Verdict::Down,
            () if missed > 0 => Verdict::Degraded,
            () if !enough => Verdict::Unknown,
            () => Verdict::Healthy,
        };
        let reason = Reason {
            parts: vec![row, due],
            ..Reason::of("missed_in_window", Measure::Count(self.missed), Measure::Count(missed))
        };
        Decision::new(verdict, reason).explained(context, || {
            [
                ("made", Measure::Count(made)),
                ("missed", Measure::Count(missed)),
                ("missed_in_a_row", Measure::Count(tally.run)),
                ("in_a_row_needed", Measure::Count(self.in_a_row)),
                ("opportunities_looked_at", Measure::Count(self.of)),
                ("opportunities_needed", Measure::Count(self.min_due)),
                ("readings_in_window", Measure::Count(tally.readings)),
                ("age_of_newest", Measure::Time(window.newest().map_or(Duration::MAX, |at| context.now.since(at)))),
            ]
        })
    }
}

impl InWindow {
    /// Adds up readings, newest first, until there are `of` opportunities. A reading that holds both
    /// kinds does not say in which order they came: it ends the run, and where it is cut, what was
    /// made counts before what was missed.
    fn tally<E: Evidence>(&self, window: &Window<E>, context: &Context) -> Tally {
        let newest_epoch = window.evidence().next().and_then(Evidence::epoch);
        let mut tally = Tally::default();
        let mut unbroken = true;
        for (at, evidence) in window.dated_evidence() {
            let room = self.of.saturating_sub(tally.duties.due());
            if room == 0 || !self.within.holds(context.now.since(at), evidence.epoch(), newest_epoch) {
                break;
            }
            tally.readings = tally.readings.saturating_add(1);
            let Duties { made, missed } = evidence.duties();
            unbroken &= made == 0;
            if unbroken {
                tally.run = tally.run.saturating_add(missed);
            }
            let made = made.min(room);
            let missed = missed.min(room.saturating_sub(made));
            tally.duties = tally.duties.plus(Duties { made, missed });
        }
        tally
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{Sample, at, judge, window};
    use super::*;

    const RULE: InWindow = InWindow {
        missed: 4,
        of: 6,
        in_a_row: 3,
        min_due: 0,
        within: Within::Epochs(8),
        fresh: Duration::from_secs(30),
        span: Duration::from_hours(2),
    };

    fn made(epoch: u64) -> Sample {
        Sample { epoch, made: 1, ..Sample::default() }
    }

    fn missed(epoch: u64) -> Sample {
        Sample { epoch, missed: 1, ..Sample::default() }
    }

    fn verdict(samples: &[Sample]) -> Verdict {
        judge(&RULE, &[window("a", samples)]).verdict
    }

    #[test]
    fn four_of_the_last_six_missed_with_the_last_three_in_a_row_is_down() {
        assert_eq!(verdict(&[missed(1), made(2), made(3), missed(4), missed(5), missed(6)]), Verdict::Down);
        assert_eq!(verdict(&[made(1), made(2), made(3), missed(4), missed(5), missed(6)]), Verdict::Degraded);
        assert_eq!(verdict(&[missed(1), missed(2), missed(3), missed(4), made(5), missed(6)]), Verdict::Degraded);
    }

    #[test]
    fn one_success_at_the_end_is_proof_of_life() {
        assert_eq!(verdict(&[missed(1), missed(1), missed(1), missed(1), missed(1), made(1)]), Verdict::Degraded);
    }

    #[test]
    fn a_reading_that_holds_both_ends_the_run() {
        let mixed = Sample { epoch: 1, made: 1, missed: 5, ..Sample::default() };
        assert_eq!(verdict(&[mixed]), Verdict::Degraded);
        assert_eq!(verdict(&[mixed, Sample { epoch: 1, missed: 3, ..Sample::default() }]), Verdict::Down);
    }

    #[test]
    fn opportunities_older_than_the_window_do_not_count() {
        assert_eq!(verdict(&[missed(1), missed(1), missed(1), missed(9)]), Verdict::Degraded);
        assert_eq!(verdict(&[missed(2), missed(2), missed(2), missed(9)]), Verdict::Down);
    }

    #[test]
    fn without_an_opportunity_nothing_is_known() {
        assert_eq!(verdict(&[Sample::default(), Sample::default()]), Verdict::Unknown);
        assert_eq!(verdict(&[]), Verdict::Unknown);
    }

    #[test]
    fn an_old_reading_is_unknown_whatever_it_says() {
        let windows = [window("a", &[missed(1), missed(1), missed(1), missed(1)])];
        let context = Context::at(at(3600), Verdict::Down);
        assert_eq!(ThresholdPolicy::<Sample>::judge(&RULE, &Views::of(&windows), &context).verdict, Verdict::Unknown);
    }

    #[test]
    fn the_reason_carries_every_number() {
        let decision = judge(&RULE, &[window("a", &[made(1), missed(2), missed(3)])]);
        assert_eq!(decision.reason.measured, Measure::Count(2));
        let parts: Vec<_> = decision.reason.parts.iter().map(|part| (part.rule.as_str(), part.measured)).collect();
        assert_eq!(parts, [("missed_in_a_row", Measure::Count(2)), ("opportunities", Measure::Count(3))]);
    }
}
