//! The part of the duties that was missed, with the doubt that few duties leave.
use super::in_window::Within;
use super::{Context, Decision, Measure, Reason, ThresholdPolicy, Verdict, fresh};
use crate::probe::{Duties, Evidence};
use crate::window::{Views, Window};
use std::time::Duration;

/// Down where surely enough at least `ratio` of the duties were missed: where the lower end of
/// Wilson's interval does not lie below it, so that one of one is not taken for all. Degraded where
/// the plain part reaches `ratio` and the lower end does not yet.
///
/// Reads one source. Source: safety model, section 9, P2.
#[derive(Clone, Copy, Debug)]
pub struct Ratio {
    /// Part of the duties that makes it down, more than 0, at most 1.
    pub ratio: f64,
    /// With fewer duties nothing is known; from 1.
    pub min_due: u64,
    /// Standard deviations of doubt that are granted: 0 takes the plain part, 1.645 is wrong in one
    /// of 20 cases, 2.326 in one of 100.
    pub z: f64,
    /// How far back a duty may lie.
    pub within: Within,
    /// How old the newest reading may be.
    pub fresh: Duration,
    /// Time for which readings are kept; long enough for `within`.
    pub span: Duration,
}

impl<E: Evidence> ThresholdPolicy<E> for Ratio {
    fn span(&self) -> Duration {
        self.span
    }

    fn judge(&self, views: &Views<'_, E>, context: &Context) -> Decision {
        let window = match fresh(views, context, self.fresh) {
            Ok(window) => window,
            Err(unknown) => return *unknown,
        };
        let duties = self.duties(window, context);
        let (plain, lower) = (part_missed(duties), wilson_lower(duties.missed, duties.due(), self.z));
        let verdict = match () {
            () if duties.due() < self.min_due.max(1) => Verdict::Unknown,
            () if duties.missed > 0 && lower >= self.ratio => Verdict::Down,
            () if duties.missed > 0 && plain >= self.ratio => Verdict::Degraded,
            () => Verdict::Healthy,
        };
        let due = Reason::of("opportunities", Measure::Count(self.min_due), Measure::Count(duties.due()));
        let reason = Reason::of("missed_ratio", Measure::ratio(self.ratio), Measure::ratio(lower));
        Decision::new(verdict, Reason { parts: vec![due], ..reason }).explained(context, || {
            [
                ("made", Measure::Count(duties.made)),
                ("missed", Measure::Count(duties.missed)),
                ("duties_needed", Measure::Count(self.min_due)),
                ("part_missed", Measure::ratio(plain)),
                ("z", Measure::number(self.z)),
                ("lower_bound", Measure::ratio(lower)),
            ]
        })
    }
}

impl Ratio {
    fn duties<E: Evidence>(&self, window: &Window<E>, context: &Context) -> Duties {
        let newest = window.evidence().next().and_then(Evidence::epoch);
        let recent = window
            .dated_evidence()
            .filter(|(at, evidence)| self.within.holds(context.now.since(*at), evidence.epoch(), newest));
        recent.map(|(_, evidence)| evidence.duties()).fold(Duties::default(), Duties::plus)
    }
}

#[allow(clippy::cast_precision_loss, reason = "a part of a whole")]
fn part_missed(duties: Duties) -> f64 {
    duties.missed as f64 / duties.due().max(1) as f64
}

/// Lower end of Wilson's score interval for `hits` out of `tries`, 0 to 1; 0 where nothing was tried.
///
/// ```text
/// ( p + z²/2n − z·√( p(1−p)/n + z²/4n² ) ) / ( 1 + z²/n ),  p = hits/tries, n = tries
/// ```
#[allow(clippy::cast_precision_loss, reason = "a bound in per cent")]
pub fn wilson_lower(hits: u64, tries: u64, z: f64) -> f64 {
    if tries == 0 {
        return 0.0;
    }
    let (n, zz) = (tries as f64, z * z);
    let p = hits.min(tries) as f64 / n;
    let centre = p + zz / (2.0 * n);
    let half = z.abs() * (p * (1.0 - p) / n + zz / (4.0 * n * n)).sqrt();
    ((centre - half) / (1.0 + zz / n)).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::super::sample::{Sample, judge, window};
    use super::*;

    const HOUR: Duration = Duration::from_hours(1);
    const RULE: Ratio = Ratio { ratio: 0.5, min_due: 4, z: 1.96, within: Within::Time(HOUR), fresh: HOUR, span: HOUR };

    fn decide(rule: Ratio, made: u64, missed: u64) -> Decision {
        judge(&rule, &[window("a", &[Sample { made, missed, ..Sample::default() }])])
    }

    fn verdict(rule: Ratio, made: u64, missed: u64) -> Verdict {
        decide(rule, made, missed).verdict
    }

    /// Computed with 40 digits by another program.
    #[test]
    fn the_lower_end_agrees_with_values_computed_elsewhere() {
        for (hits, tries, z, expected) in [
            (1, 1, 1.96, 0.206_543_291_473_892_93),
            (10, 10, 1.96, 0.722_459_831_233_383_4),
            (5, 10, 1.96, 0.236_589_593_615_487_27),
            (90, 100, 1.645, 0.839_638_154_764_141_8),
            (1, 1000, 2.326, 0.000_137_513_399_362_135_02),
        ] {
            let found = wilson_lower(hits, tries, z);
            assert!((found - expected).abs() < 1e-14, "{hits} of {tries}: {found}");
        }
    }

    #[test]
    fn one_of_one_is_not_taken_for_all() {
        assert_eq!(verdict(Ratio { min_due: 1, ..RULE }, 0, 1), Verdict::Degraded);
        assert_eq!(verdict(Ratio { min_due: 1, z: 0.0, ..RULE }, 0, 1), Verdict::Down);
    }

    #[test]
    fn enough_misses_are_down_and_fewer_only_degrade() {
        assert_eq!(verdict(RULE, 0, 4), Verdict::Down, "4 of 4: at least 51 %");
        assert_eq!(verdict(RULE, 1, 4), Verdict::Degraded, "4 of 5: at least 38 %");
        assert_eq!(verdict(RULE, 4, 4), Verdict::Degraded);
        assert_eq!(verdict(RULE, 5, 4), Verdict::Healthy);
        assert_eq!(verdict(RULE, 4, 0), Verdict::Healthy);
    }

    #[test]
    fn the_limit_itself_is_down() {
        let rule = |ratio| Ratio { ratio, z: 0.0, ..RULE };
        assert_eq!((verdict(rule(0.75), 1, 3), verdict(rule(0.750_001), 1, 3)), (Verdict::Down, Verdict::Healthy));
    }

    #[test]
    fn with_too_few_duties_nothing_is_known() {
        assert_eq!((verdict(RULE, 0, 3), verdict(RULE, 3, 0)), (Verdict::Unknown, Verdict::Unknown));
        assert_eq!(verdict(Ratio { min_due: 0, ..RULE }, 0, 0), Verdict::Unknown);
    }

    #[test]
    fn nothing_missed_is_never_down_whatever_the_limit() {
        assert_eq!(verdict(Ratio { ratio: 0.0, ..RULE }, 9, 0), Verdict::Healthy);
    }

    #[test]
    fn only_duties_within_the_window_count() {
        let sample = |epoch, missed| Sample { epoch, made: 1 - missed, missed, ..Sample::default() };
        let samples: Vec<_> =
            [(1, 0), (1, 0), (1, 0), (2, 1), (2, 1), (2, 1), (3, 1)].map(|(e, m)| sample(e, m)).into();
        let within = |epochs| {
            let rule = Ratio { within: Within::Epochs(epochs), ..RULE };
            judge(&rule, &[window("a", &samples)]).verdict
        };
        assert_eq!((within(2), within(3), within(1)), (Verdict::Down, Verdict::Degraded, Verdict::Unknown));
    }

    #[test]
    fn the_explanation_shows_bound_and_plain_part() {
        let explanation = decide(RULE, 1, 4).explanation.unwrap();
        assert!(explanation.to_string().contains("part_missed = 80.0 %"), "{explanation}");
        assert!(explanation.to_string().contains("lower_bound = 37.6 %"), "{explanation}");
        let [due] = decide(RULE, 1, 4).reason.parts.try_into().unwrap();
        assert_eq!((due.rule.as_str(), due.measured), ("opportunities", Measure::Count(5)));
    }
}
