//! Windows of observations under every policy: sources that answer, fail, jump and count backwards, thresholds of any
//! size, in any order.
use crate::decoder::Outcome;
use std::num::NonZeroUsize;
use std::time::Duration;
use watchdog_core::clock::{BootId, BootTime, Timestamp, Uptime};
use watchdog_core::config::{FleetLimits, TextDuration};
use watchdog_core::gates::flapping::Flapping;
use watchdog_core::id::{Origin, ValidatorName};
use watchdog_core::journal::fleet::Fleet;
use watchdog_core::journal::standing::Moment;
use watchdog_core::policy::accrual::Accrual;
use watchdog_core::policy::burn::Burn;
use watchdog_core::policy::consecutive::ConsecutiveFailures;
use watchdog_core::policy::exhaustion::Exhaustion;
use watchdog_core::policy::explanation::Explanation;
use watchdog_core::policy::hysteresis::Hysteresis;
use watchdog_core::policy::in_window::{InWindow, Within};
use watchdog_core::policy::kleene::{Not, all, any, k_of};
use watchdog_core::policy::network::{NetworkGuard, OwnShare};
use watchdog_core::policy::penalty::PenaltyHorizon;
use watchdog_core::policy::process::SignerProcess;
use watchdog_core::policy::quorum::Quorum;
use watchdog_core::policy::ratio::Ratio;
use watchdog_core::policy::staleness::Staleness;
use watchdog_core::policy::sustained::Sustained;
use watchdog_core::policy::unless::Unless;
use watchdog_core::policy::{Context, Decision, Measure, Reason, ThresholdPolicy, Verdict};
use watchdog_core::probe::{Duties, LocalReport, Observation, Performance, ProbeError};
use watchdog_core::recording::Facts;
use watchdog_core::window::{Views, Window};

type Policy = Box<dyn ThresholdPolicy<Facts>>;

const SOURCES: [&str; 3] = ["a", "b", "c"];
/// Bytes that say the thresholds.
const THRESHOLDS: usize = 192;
/// Observations of one input, at most.
const MOST: usize = 60;

/// The input as numbers, zeros once it is used up.
struct Numbers<'a>(&'a [u8]);

impl Numbers<'_> {
    fn byte(&mut self) -> u8 {
        let [first, rest @ ..] = self.0 else { return 0 };
        self.0 = rest;
        *first
    }

    fn is(&mut self) -> bool {
        self.byte() & 1 == 1
    }

    fn count(&mut self) -> u64 {
        let byte = self.byte();
        match byte >> 5 {
            7 => [u64::MAX, u64::MAX / 2, 1 << 63, 1 << 32, u64::MAX - 1][usize::from(byte % 5)],
            6 => u64::from(self.byte()) << (byte & 31),
            _ => u64::from(byte & 31),
        }
    }

    fn size(&mut self) -> usize {
        usize::try_from(self.count()).unwrap_or(usize::MAX)
    }

    fn part(&mut self) -> f64 {
        const EDGES: [f64; 8] = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, 5e-324, -1.0, 0.0, 1.0];
        let byte = self.byte();
        if byte >= 224 { EDGES[usize::from(byte & 7)] } else { f64::from(byte) / 64.0 }
    }

    fn time(&mut self) -> Duration {
        let byte = self.byte();
        match byte >> 5 {
            7 => [Duration::MAX, Duration::ZERO, Duration::from_nanos(1), Duration::from_secs(u64::MAX)]
                [usize::from(byte & 3)],
            6 => Duration::from_hours(u64::from(byte & 31)),
            5 => Duration::from_millis(u64::from(byte & 31)),
            _ => Duration::from_secs(u64::from(byte & 127)),
        }
    }

    fn need(&mut self) -> NonZeroUsize {
        NonZeroUsize::MIN.saturating_add(usize::from(self.byte() & 3))
    }

    fn within(&mut self) -> Within {
        if self.is() { Within::Time(self.time()) } else { Within::Epochs(self.count()) }
    }

    fn duties(&mut self) -> Duties {
        Duties { made: self.count(), missed: self.count() }
    }

    fn maybe<T>(&mut self, value: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.is().then(|| value(self))
    }

    fn verdict(&mut self) -> Verdict {
        [Verdict::Healthy, Verdict::Degraded, Verdict::Unknown, Verdict::Down][usize::from(self.byte() & 3)]
    }

    fn facts(&mut self) -> Facts {
        let performances = [Performance::Performing, Performance::Idle, Performance::Impaired, Performance::Failing];
        let reports = [LocalReport::Running, LocalReport::Exited, LocalReport::UnitFailed, LocalReport::PortClosed];
        Facts {
            performance: performances[usize::from(self.byte() & 3)],
            position: self.count(),
            epoch: self.maybe(Self::count),
            duties: self.duties(),
            others: self.maybe(Self::duties),
            credit: self.maybe(Self::count),
            grace_ms: self.maybe(Self::count),
            local_report: self.maybe(|numbers| reports[usize::from(numbers.byte() & 3)]),
        }
    }

    fn in_window(&mut self) -> InWindow {
        InWindow {
            missed: self.count(),
            of: self.count(),
            in_a_row: self.count(),
            min_due: self.count(),
            within: self.within(),
            fresh: self.time(),
            span: self.time(),
        }
    }

    fn ratio(&mut self) -> Ratio {
        Ratio {
            ratio: self.part(),
            min_due: self.count(),
            z: self.part(),
            within: self.within(),
            fresh: self.time(),
            span: self.time(),
        }
    }

    fn quorum(&mut self) -> Quorum<InWindow> {
        Quorum { need: self.need(), skew: self.count(), policy: self.in_window() }
    }

    /// One of every kind; thresholds are what the input says.
    fn policies(&mut self) -> Vec<Policy> {
        let accrual = Accrual {
            threshold: self.part(),
            samples: self.size(),
            min_samples: self.size(),
            min_stddev: self.time(),
            acceptable_pause: self.time(),
            fresh: self.time(),
            span: self.time(),
        };
        let tolerated = u32::try_from(self.count()).unwrap_or(u32::MAX);
        let staleness = Staleness { limit: self.time(), advance: self.count(), fresh: self.time() };
        let (objective, rate) = (self.part(), self.part());
        let burn = Burn { objective, rate, long: self.time(), min_due: self.count(), fresh: self.time() };
        let mut policies: Vec<Policy> = vec![
            Box::new(self.in_window()),
            Box::new(self.ratio()),
            Box::new(ConsecutiveFailures { tolerated, interval: self.time() }),
            Box::new(staleness),
            Box::new(accrual),
            Box::new(burn),
            Box::new(Exhaustion { horizon: self.time(), over: self.time(), fresh: self.time() }),
        ];
        if let Some(host) = Origin::new("a") {
            policies.push(Box::new(SignerProcess { host, fresh: self.time(), in_a_row: self.size() }));
        }
        policies.extend(self.combinators());
        policies
    }

    fn combinators(&mut self) -> Vec<Policy> {
        let guard = NetworkGuard {
            others_missed: self.part(),
            own: OwnShare { factor: self.part(), offset: self.part() },
            span: self.time(),
            fresh: self.time(),
            policy: self.quorum(),
        };
        let (failover, safety, need) = (self.time(), self.part(), self.need());
        let penalty = PenaltyHorizon { failover, safety, need, fresh: self.time(), policy: self.quorum() };
        let mut boxed = || -> Vec<Policy> { vec![Box::new(self.quorum()), Box::new(Not(self.quorum()))] };
        let (every, one, some) = (all(boxed()), any(boxed()), boxed());
        vec![
            Box::new(guard),
            Box::new(penalty),
            Box::new(every),
            Box::new(one),
            Box::new(k_of(self.need(), some)),
            Box::new(Sustained { lasting: self.time(), policy: self.quorum() }),
            Box::new(Unless { policy: self.quorum(), unless: self.quorum() }),
            Box::new(Hysteresis { policy: self.quorum(), recovered: self.ratio() }),
        ]
    }
}

/// The sources' windows, under every policy the one that it asks for.
struct Seen {
    now: Duration,
    windows: Vec<Vec<Window<Facts>>>,
}

/// Thresholds, then what happens, byte by byte.
pub(crate) fn windows(input: &[u8]) -> Outcome {
    let (thresholds, events) = input.split_at_checked(THRESHOLDS).unwrap_or((input, &[]));
    let (policies, mut numbers) = (Numbers(thresholds).policies(), Numbers(events));
    let window = |span| SOURCES.iter().filter_map(|name| Some(Window::new(Origin::new(name)?, span))).collect();
    let windows = policies.iter().map(|policy| window(policy.span())).collect();
    let mut seen = Seen { now: Duration::from_secs(1000), windows };
    let (mut changes, mut outcome) = (Vec::new(), Outcome::Refused);
    for _ in 0..MOST {
        if numbers.0.is_empty() {
            break;
        }
        match numbers.byte() & 7 {
            0 => seen.now = seen.now.saturating_add(numbers.time()),
            // A clock that goes back, which no boot clock does: the windows stay bounded all the same.
            1 => seen.now = seen.now.saturating_sub(numbers.time()),
            2 => seen.windows.iter_mut().flatten().for_each(Window::clear),
            3 | 4 => seen.push(usize::from(numbers.byte()) % SOURCES.len(), None),
            _ => {
                let (source, facts) = (usize::from(numbers.byte()) % SOURCES.len(), numbers.facts());
                seen.push(source, Some(&facts));
            }
        }
        let before = numbers.verdict();
        for (policy, windows) in policies.iter().zip(&seen.windows) {
            let verdict = judge(policy, windows, &Context::at(Uptime(seen.now), before));
            if verdict != Verdict::Unknown {
                outcome = Outcome::Accepted;
            }
            if verdict == Verdict::Down {
                changes.push(seen.now);
            }
        }
    }
    restless(&changes, numbers.time(), seen.now);
    together(&mut numbers, seen.now);
    outcome
}

impl Seen {
    fn push(&mut self, source: usize, facts: Option<&Facts>) {
        for windows in &mut self.windows {
            let Some(window) = windows.get_mut(source) else { continue };
            let blind = || ProbeError::Malformed { endpoint: "source".into(), reason: "no answer".into() };
            let outcome = facts.cloned().ok_or_else(blind);
            window.push(Observation::new(Uptime(self.now), Timestamp(0), outcome));
            let is_kept = window.observations().all(|one| one.at <= Uptime(self.now));
            assert!(is_kept, "a window keeps what is later than the newest that it saw, and would keep it for ever");
        }
    }
}

/// A judgement has its reason, tells all of it when asked, and can be journaled; of one source and of all.
fn judge(policy: &Policy, windows: &[Window<Facts>], context: &Context) -> Verdict {
    let one = windows.get(..1).unwrap_or_default();
    let mut verdict = Verdict::Unknown;
    for windows in [one, windows] {
        let views = Views::of(windows);
        let plain = policy.judge(&views, context);
        let explained = policy.judge(&views, &Context { explain: true, ..*context });
        let explanation = explained.explanation.as_deref();
        assert!(explanation.is_some_and(|e| e.verdict == plain.verdict), "a judgement that nothing explains");
        assert!(explanation.is_some_and(are_finite), "an explanation that cannot be printed: {explanation:?}");
        assert!(is_journalable(&plain.reason), "a reason that cannot be journaled: {:?}", plain.reason);
        assert_eq!(Decision { explanation: None, ..explained }, plain, "explaining changes the judgement");
        if plain.verdict != Verdict::Unknown {
            verdict = plain.verdict;
        }
    }
    verdict
}

/// JSON has no number that is not finite.
fn is_journalable(reason: &Reason) -> bool {
    !reason.rule.0.is_empty()
        && is_finite(&reason.limit)
        && is_finite(&reason.measured)
        && reason.parts.iter().all(is_journalable)
}

fn are_finite(explanation: &Explanation) -> bool {
    explanation.values.iter().all(|value| is_finite(&value.value)) && explanation.parts.iter().all(are_finite)
}

fn is_finite(measure: &Measure) -> bool {
    !matches!(measure, Measure::Ratio(number) | Measure::Number(number) if !number.is_finite())
}

/// The flap score is a score, whatever the times.
fn restless(changes: &[Duration], period: Duration, now: Duration) {
    let newest = changes.get(changes.len().saturating_sub(64)..).unwrap_or_default();
    let flapping = Flapping::of(newest, period, now);
    assert!(flapping.percent() >= 0.0, "a flap score below nothing");
    assert!(!flapping.is_flapping || flapping.percent() >= Flapping::LEAVE_PERCENT, "flapping below its end");
}

/// As many as all validators, down together, are too many wherever any number is.
fn together(numbers: &mut Numbers<'_>, now: Duration) {
    let within = TextDuration(numbers.time());
    let limits = FleetLimits {
        correlation_part: f64::from(numbers.byte() % 100) / 100.0,
        correlation_min: u32::from(numbers.byte()),
        correlation_within: within,
    };
    let name = ValidatorName::new("main");
    let watched = name.iter().cloned().collect();
    let moment =
        Moment { at: Timestamp(0), boot: BootTime { boot: BootId(String::new()), up: Uptime(now) }, lived: now };
    let down = limits.correlated(&Fleet::default(), &watched, name.as_ref(), &moment);
    assert_eq!(down.is_some(), limits.correlation_min <= 1, "one of one is all of them");
}

/// Some lives: steady, silent, failing, with a jump.
pub(crate) fn lives() -> Vec<Vec<u8>> {
    // Each byte is a whole threshold: 1 in 33 s, or 1 in 97 s.
    let life = |threshold: u8, events: &[&[u8]]| [vec![threshold; THRESHOLDS], events.concat().repeat(12)].concat();
    let (second, made, missed) = (&[0, 1, 2][..], [5, 0, 0, 7, 0, 1, 0, 0, 0, 0, 0, 0], [6, 0, 3, 8, 0, 0, 3, 0, 0, 0]);
    let full = [7, 0, 2, 9, 1, 4, 2, 1, 1, 5, 6, 1, 7, 1, 30, 1, 1, 2];
    vec![
        life(33, &[second, &made, second, &made]),
        life(97, &[second, &made, second, &missed]),
        life(33, &[second, &[3, 1, 0], second, &full]),
        life(97, &[second, &full, &[1, 100, 0], &made]),
        life(33, &[&[0, 255, 3], &full, &[2, 0], &missed]),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lives_to_begin_with_come_to_verdicts() {
        for life in lives() {
            assert_eq!(windows(&life), Outcome::Accepted);
        }
    }

    #[test]
    fn a_number_that_json_does_not_have_is_found_at_any_depth() {
        let reason = |measured| {
            let parts = vec![Reason::of("inner", Measure::Count(1), measured)];
            Reason { parts, ..Reason::of("outer", Measure::Count(1), Measure::Count(2)) }
        };
        assert!(is_journalable(&reason(Measure::Ratio(0.5))));
        assert!(
            !is_journalable(&reason(Measure::Number(f64::NAN)))
                && !is_journalable(&reason(Measure::Ratio(f64::INFINITY)))
        );
    }

    #[test]
    fn every_edge_of_a_number_is_reached() {
        let all: Vec<_> = (0..=255).map(|byte| Numbers(&[byte]).part()).collect();
        assert!(all.iter().any(|part| part.is_nan()) && all.contains(&f64::INFINITY) && all.contains(&-1.0));
        let all: Vec<_> = (0..=255).map(|byte| Numbers(&[byte]).time()).collect();
        assert!(all.contains(&Duration::MAX) && all.contains(&Duration::ZERO));
        let all: Vec<_> = (0..=255).map(|byte| Numbers(&[byte]).count()).collect();
        assert!(all.contains(&u64::MAX) && all.contains(&0));
    }
}
