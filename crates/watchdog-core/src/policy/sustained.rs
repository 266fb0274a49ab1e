//! A judgement that must have lasted.
use super::{Context, Decision, Measure, Reason, ThresholdPolicy, Verdict};
use crate::clock::Uptime;
use crate::probe::Evidence;
use crate::window::{Views, Window};
use std::collections::BTreeSet;
use std::time::Duration;

/// Down where `policy` has been for `lasting`: now, at every observation in that time, and at its
/// beginning, each judged by what was known then. Degraded where it was something else at any of
/// them; unknown where it was never anything else, but not always known.
///
/// No memory: a restart forgets the observations, and with them the time. While `policy` is down it
/// is judged once for every observation within `lasting`, so keep that to minutes, or to chains that
/// are asked rarely. Source: safety model, section 9, P10, `for`.
#[derive(Clone, Copy, Debug)]
pub struct Sustained<P> {
    /// How long.
    pub lasting: Duration,
    /// What judges.
    pub policy: P,
}

impl<E: Evidence, P: ThresholdPolicy<E>> ThresholdPolicy<E> for Sustained<P> {
    fn span(&self) -> Duration {
        self.policy.span().saturating_add(self.lasting)
    }

    fn judge(&self, views: &Views<'_, E>, context: &Context) -> Decision {
        let inner = self.policy.judge(views, context);
        if inner.verdict != Verdict::Down {
            return inner;
        }
        let begin = context.now.0.checked_sub(self.lasting).map(Uptime);
        let (mut since, mut known) = (context.now, begin.is_some());
        let mut unbroken = true;
        for at in Self::moments(views, begin.unwrap_or(Uptime(Duration::ZERO)), context.now) {
            match self.judged_at(views, at) {
                Verdict::Down if unbroken => since = at,
                Verdict::Down => {}
                Verdict::Unknown => (known, unbroken) = (false, false),
                Verdict::Healthy | Verdict::Degraded => return self.not_yet(Verdict::Degraded, since, inner, context),
            }
        }
        let verdict = if known { Verdict::Down } else { Verdict::Unknown };
        self.not_yet(verdict, since, inner, context)
    }
}

impl<P> Sustained<P> {
    /// Newest first: every observation of any source within the time, and its beginning.
    fn moments<E: Evidence>(views: &Views<'_, E>, begin: Uptime, now: Uptime) -> impl Iterator<Item = Uptime> {
        let seen = views.iter().flat_map(Window::observations).map(|observation| observation.at);
        let mut moments: BTreeSet<_> = seen.filter(|at| (begin..now).contains(at)).collect();
        moments.insert(begin);
        moments.into_iter().rev()
    }

    fn judged_at<E: Evidence>(&self, views: &Views<'_, E>, at: Uptime) -> Verdict
    where
        P: ThresholdPolicy<E>,
    {
        let then: Vec<_> = views.iter().map(|window| window.until(at)).collect();
        self.policy.judge(&Views::of(&then), &Context::at(at, Verdict::Unknown)).verdict
    }

    /// The decision, with the timer where it could become down by waiting alone.
    fn not_yet(&self, verdict: Verdict, since: Uptime, inner: Decision, context: &Context) -> Decision {
        let lasted = context.now.since(since);
        let reason = Reason::of("sustained", Measure::Time(self.lasting), Measure::Time(lasted));
        let decision = Decision::resting_on(verdict, reason, [inner])
            .explained(context, || [("down_since", Measure::Time(since.0)), ("now", Measure::Time(context.now.0))]);
        if verdict == Verdict::Down {
            return decision;
        }
        let left = self.lasting.saturating_sub(lasted);
        if left.is_zero() { decision } else { decision.again_after(left) }
    }
}

#[cfg(test)]
mod tests {
    use super::super::in_window::{InWindow, Within};
    use super::super::sample::{Sample, at, window};
    use super::*;
    use crate::clock::Timestamp;
    use crate::probe::{Observation, ProbeError};

    const HOUR: Duration = Duration::from_hours(1);
    const MISSES: InWindow =
        InWindow { missed: 2, of: 2, in_a_row: 2, min_due: 0, within: Within::Time(HOUR), fresh: HOUR, span: HOUR };

    /// One letter a second: `m`issed, `d`one, `.` nothing due; judged `later` seconds after the last one.
    fn decide(lasting: u64, story: &str, later: u64) -> Decision {
        let sample = |letter| match letter {
            'm' => Sample { missed: 1, ..Sample::default() },
            'd' => Sample { made: 1, ..Sample::default() },
            _ => Sample::default(),
        };
        let samples: Vec<_> = story.chars().map(sample).collect();
        let policy = Sustained { lasting: Duration::from_secs(lasting), policy: MISSES };
        let context = Context {
            explain: true,
            ..Context::at(at((story.len() as u64).saturating_add(later).saturating_sub(1)), Verdict::Unknown)
        };
        ThresholdPolicy::<Sample>::judge(&policy, &Views::of([&window("a", &samples)]), &context)
    }

    #[test]
    fn down_counts_once_it_has_lasted() {
        assert_eq!(decide(3, "ddmmmm", 0).verdict, Verdict::Degraded, "down for 2 s");
        assert_eq!(decide(3, "ddmmmmm", 0).verdict, Verdict::Down, "down for 3 s");
        assert_eq!(decide(3, "ddmmmm", 1).verdict, Verdict::Down, "also by waiting alone");
        assert_eq!(decide(0, "mm", 0).verdict, Verdict::Down);
    }

    #[test]
    fn the_timer_says_when_waiting_alone_will_make_it_down() {
        assert_eq!(decide(3, "ddmmmm", 0).next_eval, Some(Duration::from_secs(1)));
        assert_eq!(decide(3, "ddmmmmm", 0).next_eval, None);
        assert_eq!(decide(3, "ddmmmm", 0).reason.measured, Measure::Time(Duration::from_secs(2)));
    }

    #[test]
    fn one_duty_done_in_between_begins_it_anew() {
        assert_eq!(decide(4, "mmmmdmm", 0).verdict, Verdict::Degraded);
        assert_eq!(decide(4, "mmmmdmmmmmm", 0).verdict, Verdict::Down);
    }

    #[test]
    fn time_before_anything_was_known_does_not_count() {
        assert_eq!(decide(9, "..mmmm", 0).verdict, Verdict::Degraded, "one miss alone was degraded");
        let blind = Sustained { lasting: Duration::from_secs(3), policy: InWindow { min_due: 2, ..MISSES } };
        let all_at_once = [Sample { missed: 2, ..Sample::default() }];
        let judge = |now| {
            let context = Context::at(at(now), Verdict::Unknown);
            ThresholdPolicy::<Sample>::judge(&blind, &Views::of([&window("a", &all_at_once)]), &context).verdict
        };
        assert_eq!((judge(2), judge(3)), (Verdict::Unknown, Verdict::Down), "its beginning lies before the boot");
    }

    #[test]
    fn what_is_not_down_now_is_passed_on() {
        assert_eq!(decide(3, "mmmmmd", 0).verdict, Verdict::Degraded);
        assert_eq!(decide(3, "dddd", 0).reason.rule.0, "missed_in_window");
    }

    #[test]
    fn what_was_not_known_in_between_begins_the_time_anew() {
        let policy =
            Sustained { lasting: Duration::from_secs(6), policy: InWindow { fresh: Duration::from_secs(1), ..MISSES } };
        let silent = || ProbeError::Malformed { endpoint: "a".into(), reason: "no answer".into() };
        let miss = Sample { missed: 1, ..Sample::default() };
        let mut seen = window("a", &[miss; 3]);
        let blind = |second| Observation::new(at(second), Timestamp(0), Err(silent()));
        for second in 3..6 {
            seen.push(blind(second));
        }
        seen.push(Observation::new(at(6), Timestamp(0), Ok(miss)));
        let decision =
            ThresholdPolicy::<Sample>::judge(&policy, &Views::of([&seen]), &Context::at(at(7), Verdict::Unknown));
        assert_eq!((decision.verdict, decision.next_eval), (Verdict::Unknown, Some(Duration::from_secs(5))));
    }
}
