//! Suspicion that grows with silence, measured in the rhythm that the validator itself has shown.
use super::tail::minus_log10_upper;
use super::{Context, Decision, Measure, Reason, ThresholdPolicy, Verdict, fresh};
use crate::clock::Uptime;
use crate::probe::Evidence;
use crate::window::{Views, Window};
use std::time::Duration;

/// Down where the silence since the last duty done is so improbable that φ reaches `threshold`.
///
/// ```text
/// φ = −log10( 1 − F( (t − t_last − acceptable_pause − mean) / max(stddev, min_stddev) ) )
/// ```
///
/// with F the standard normal distribution, mean and stddev those of the last `samples` intervals
/// between two readings that each saw a duty done (stddev of the sample, divided by n − 1), t the
/// time of the newest good reading and `t_last` that of the newest one that saw a duty done. φ = 1
/// is wrong once in 10 cases, φ = 8 once in 10⁸.
///
/// For duties like heartbeats only, at least one a reading. An interval in which the source once did
/// not answer is no sample, and time after the newest good reading is no silence: not having looked
/// says nothing. Reads one source. Source: safety model, section 9, P5; N. Hayashibara and others,
/// The φ accrual failure detector, 2004.
#[derive(Clone, Copy, Debug)]
pub struct Accrual {
    /// φ from which on it is down, more than 0.
    pub threshold: f64,
    /// Newest intervals that count.
    pub samples: usize,
    /// With fewer intervals nothing is known; from 2.
    pub min_samples: usize,
    /// The rhythm is never taken for steadier than this.
    pub min_stddev: Duration,
    /// Silence that is always accepted on top of the rhythm.
    pub acceptable_pause: Duration,
    /// How old the newest reading may be.
    pub fresh: Duration,
    /// Time for which readings are kept; long enough for `samples`.
    pub span: Duration,
}

impl<E: Evidence> ThresholdPolicy<E> for Accrual {
    fn span(&self) -> Duration {
        self.span
    }

    fn judge(&self, views: &Views<'_, E>, context: &Context) -> Decision {
        let window = match fresh(views, context, self.fresh) {
            Ok(window) => window,
            Err(unknown) => return *unknown,
        };
        let rhythm = Rhythm::of(window, self.samples);
        let count = rhythm.intervals.len();
        let needed = self.min_samples.max(2);
        let silence = rhythm.last.zip(window.newest()).map(|(last, newest)| newest.since(last)).unwrap_or_default();
        if count < needed {
            let (limit, measured) = (Measure::Count(needed as u64), Measure::Count(count as u64));
            let unknown = Decision::new(Verdict::Unknown, Reason::of("too_few_intervals", limit, measured));
            return unknown.explained(context, || [("silence", Measure::Time(silence))]);
        }
        let (mean, spread) = moments(&rhythm.intervals);
        let stddev = spread.max(self.min_stddev.as_secs_f64()).max(f64::MIN_POSITIVE);
        let deviation = (silence.as_secs_f64() - self.acceptable_pause.as_secs_f64() - mean) / stddev;
        let phi = minus_log10_upper(deviation);
        let verdict = match () {
            () if phi >= self.threshold && !silence.is_zero() => Verdict::Down,
            () if phi >= self.threshold / 2.0 && !silence.is_zero() => Verdict::Degraded,
            () => Verdict::Healthy,
        };
        let reason = Reason::of("phi", Measure::number(self.threshold), Measure::number(phi));
        Decision::new(verdict, reason).explained(context, || {
            [
                ("silence", Measure::Time(silence)),
                ("intervals", Measure::Count(count as u64)),
                ("mean_seconds", Measure::number(mean)),
                ("stddev_seconds", Measure::number(spread)),
                ("stddev_used_seconds", Measure::number(stddev)),
                ("acceptable_pause", Measure::Time(self.acceptable_pause)),
                ("deviations_above_mean", Measure::number(deviation)),
                ("phi", Measure::number(phi)),
            ]
        })
    }
}

/// When duties were seen done.
struct Rhythm {
    last: Option<Uptime>,
    /// Seconds between two of them, newest first.
    intervals: Vec<f64>,
}

impl Rhythm {
    fn of<E: Evidence>(window: &Window<E>, most: usize) -> Self {
        let (mut last, mut later, mut intervals) = (None, None::<Uptime>, Vec::new());
        for observation in window.observations() {
            match &observation.outcome {
                Err(_) => later = None,
                Ok(evidence) if evidence.duties().made > 0 => {
                    last = last.or(Some(observation.at));
                    intervals.extend(later.map(|later| later.since(observation.at).as_secs_f64()));
                    later = Some(observation.at);
                }
                Ok(_) => {}
            }
            if intervals.len() >= most {
                break;
            }
        }
        Self { last, intervals }
    }
}

/// Mean, and standard deviation of the sample; of at least two values.
#[allow(clippy::cast_precision_loss, reason = "a window holds far fewer than 2^52 readings")]
fn moments(values: &[f64]) -> (f64, f64) {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
    (mean, (squares / (count - 1.0)).sqrt())
}

#[cfg(test)]
mod tests {
    use super::super::sample::{Sample, at};
    use super::*;
    use crate::clock::Timestamp;
    use crate::id::Origin;
    use crate::probe::{Observation, ProbeError};

    const RULE: Accrual = Accrual {
        threshold: 8.0,
        samples: 100,
        min_samples: 4,
        min_stddev: Duration::from_millis(500),
        acceptable_pause: Duration::from_secs(1),
        fresh: Duration::from_secs(10),
        span: Duration::from_hours(1),
    };

    /// Readings by second: duties made, or nothing seen.
    fn window(readings: &[(u64, Option<u64>)]) -> Window<Sample> {
        let mut window = Window::new(Origin::new("a").unwrap(), RULE.span);
        for (second, made) in readings {
            let blind = || ProbeError::Malformed { endpoint: "e".into(), reason: "r".into() };
            let outcome = made.map(|made| Sample { made, ..Sample::default() }).ok_or_else(blind);
            window.push(Observation::new(at(*second), Timestamp(0), outcome));
        }
        window
    }

    fn judge(rule: Accrual, readings: &[(u64, Option<u64>)], now: u64) -> Decision {
        let context = Context { explain: true, ..Context::at(at(now), Verdict::Unknown) };
        ThresholdPolicy::<Sample>::judge(&rule, &Views::of([&window(readings)]), &context)
    }

    /// Beats at 0, 9, 20, 29, 40 (intervals 9, 11, 9, 11), then silence seen until `end`.
    fn silent_until(end: u64) -> Vec<(u64, Option<u64>)> {
        let mut readings: Vec<_> = [0, 9, 20, 29, 40].map(|second| (second, Some(1))).to_vec();
        readings.extend((41..=end).map(|second| (second, Some(0))));
        readings
    }

    fn phi(decision: &Decision) -> f64 {
        if let Measure::Number(phi) = decision.reason.measured { phi } else { panic!("{decision:?}") }
    }

    #[test]
    fn phi_is_that_of_the_formula() {
        // mean 10, stddev of the sample 2/√3; 15 s of silence less 1 s of pause are 4/(2/√3) = 3.4641 deviations.
        let decision = judge(RULE, &silent_until(55), 55);
        assert!((phi(&decision) - 3.575_113_869_310_233_6).abs() < 1e-12, "{decision:?}");
        assert_eq!(decision.verdict, Verdict::Healthy);
    }

    #[test]
    fn suspicion_grows_with_silence_until_it_is_down() {
        let verdicts = [50, 56, 57, 62].map(|end| judge(RULE, &silent_until(end), end).verdict);
        assert_eq!(verdicts, [Verdict::Healthy, Verdict::Degraded, Verdict::Degraded, Verdict::Down]);
    }

    #[test]
    fn the_threshold_itself_is_down() {
        let exact = phi(&judge(RULE, &silent_until(58), 58));
        let at_threshold = |threshold| judge(Accrual { threshold, ..RULE }, &silent_until(58), 58).verdict;
        assert_eq!(at_threshold(exact), Verdict::Down);
        assert_eq!(at_threshold(exact * 1.000_001), Verdict::Degraded);
        assert_eq!(at_threshold(exact * 2.0), Verdict::Degraded);
        assert_eq!(at_threshold(exact * 2.000_001), Verdict::Healthy);
    }

    #[test]
    fn with_too_few_intervals_nothing_is_known() {
        let rule = |min_samples| Accrual { min_samples, ..RULE };
        assert_eq!(judge(rule(5), &silent_until(62), 62).verdict, Verdict::Unknown);
        assert_eq!(judge(rule(4), &silent_until(62), 62).verdict, Verdict::Down);
        assert_eq!(judge(rule(0), &[(0, Some(1)), (9, Some(1)), (60, Some(0))], 60).verdict, Verdict::Unknown);
    }

    #[test]
    fn only_the_newest_intervals_count() {
        let mut readings = vec![(0, Some(1)), (30, Some(1))];
        readings.extend([39, 50, 59, 70].map(|second| (second, Some(1))));
        readings.push((85, Some(0)));
        assert!((phi(&judge(Accrual { samples: 4, ..RULE }, &readings, 85)) - 3.575_113_869_310_233_6).abs() < 1e-12);
        assert!(phi(&judge(Accrual { samples: 5, ..RULE }, &readings, 85)) < 1.0);
    }

    #[test]
    fn a_rhythm_is_never_taken_for_steadier_than_configured() {
        let steady: Vec<_> = (0..6).map(|beat| (beat * 10, Some(1))).chain([(65, Some(0))]).collect();
        let rule = Accrual { min_stddev: Duration::from_secs(2), acceptable_pause: Duration::ZERO, ..RULE };
        let decision = judge(rule, &steady, 65);
        assert!((phi(&decision) - 2.206_931_805_795_301).abs() < 1e-12, "5 s late are 2.5 deviations: {decision:?}");
    }

    #[test]
    fn time_in_which_nobody_looked_is_neither_rhythm_nor_silence() {
        let mut readings = silent_until(41);
        readings.extend((42..=80).map(|second| (second, None)));
        assert_eq!(judge(RULE, &readings, 80).verdict, Verdict::Unknown, "the newest reading failed");
        readings.push((81, Some(1)));
        let decision = judge(RULE, &readings, 81);
        let intervals = decision.explanation.unwrap().values.iter().find(|v| v.name == "intervals").unwrap().value;
        assert_eq!((decision.verdict, intervals), (Verdict::Healthy, Measure::Count(4)));
    }

    #[test]
    fn silence_ends_at_the_newest_reading_not_now() {
        let readings = silent_until(50);
        assert_eq!(judge(RULE, &readings, 60).reason, judge(RULE, &readings, 50).reason);
        assert_eq!(judge(RULE, &readings, 61).verdict, Verdict::Unknown, "stale");
    }

    #[test]
    fn mean_and_deviation_are_those_of_a_sample() {
        assert_eq!(moments(&[2.0, 4.0, 9.0]), (5.0, 13.0_f64.sqrt()));
    }
}
