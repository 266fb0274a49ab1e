//! L4: a healthy validator is left alone, however noisy its probes are.
//!
//! The real policies judge (`probe::policy` through
//! [`ThresholdPolicy::judge`], windows and all), round after round; the engine's tasks, the journal and
//! the network are left out, since a million hours would not pass with them. What is counted is the
//! verdict that acts: one `Down` would be one automatic failover.
use crate::chance::{Chance, mix};
use crate::probe::{self, Reading};
use std::thread;
use std::time::Duration;
use watchdog_core::clock::{Timestamp, Uptime};
use watchdog_core::cx::Interrupted;
use watchdog_core::id::Origin;
use watchdog_core::policy::{Context, ThresholdPolicy, Verdict};
use watchdog_core::probe::{Duties, Observation, ProbeError};
use watchdog_core::window::{Views, Window};

/// Sources, each an origin of its own.
const SOURCES: usize = probe::SOURCES as usize;
/// Slots of the chain from one duty to the next.
const SLOTS_PER_DUTY: u64 = 5;

/// How noisy the answers of each source are, independent of each other.
#[derive(Clone, Copy, Debug)]
pub struct Level {
    /// Answers lost, in a hundred.
    pub lost_percent: u64,
    /// Answers that say that the duty was missed, in a hundred.
    pub wrong_percent: u64,
}

impl Level {
    /// That of the safety model, L4.
    pub const L4: Self = Self { lost_percent: 5, wrong_percent: 1 };
}

/// What so many hours of noise came to.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Noise {
    /// Simulated hours of one validator.
    pub hours: u64,
    /// Judgements made.
    pub judged: u64,
    /// Of them healthy.
    pub healthy: u64,
    /// Of them degraded: told, and nothing done.
    pub degraded: u64,
    /// Of them unknown.
    pub unknown: u64,
    /// Of them down: each would have been a failover.
    pub down: u64,
}

impl Noise {
    fn plus(self, other: Self) -> Self {
        Self {
            hours: self.hours + other.hours,
            judged: self.judged + other.judged,
            healthy: self.healthy + other.healthy,
            degraded: self.degraded + other.degraded,
            unknown: self.unknown + other.unknown,
            down: self.down + other.down,
        }
    }
}

/// Lets `hours` pass, with a duty of the validator in each round of asking, one every `period`, on
/// `threads` threads. Every number comes from `seed` and the number of threads.
pub fn noise(level: Level, hours: u64, period: Duration, seed: u64, threads: u64) -> Noise {
    let threads = threads.max(1);
    thread::scope(|scope| {
        let share = |index: u64| hours / threads + u64::from(index < hours % threads);
        let parts: Vec<_> = (0..threads)
            .map(|index| scope.spawn(move || part(level, share(index), period, mix(seed ^ index))))
            .collect();
        parts.into_iter().filter_map(|part| part.join().ok()).fold(Noise::default(), Noise::plus)
    })
}

fn part(level: Level, hours: u64, period: Duration, seed: u64) -> Noise {
    let mut chance = Chance::new(seed);
    let policy = probe::policy_asked_every(period);
    let span = ThresholdPolicy::<Reading>::span(&policy);
    let mut windows: Vec<_> = (0..SOURCES)
        .filter_map(|number| Origin::new(&format!("origin-{number}")))
        .map(|origin| Window::<Reading>::new(origin, span))
        .collect();
    let seconds = period.as_secs().max(1);
    let mut noise = Noise { hours, ..Noise::default() };
    let mut before = Verdict::Unknown;
    for round in 1..=hours * 3600 / seconds {
        let at = Uptime(Duration::from_secs(round * seconds));
        for window in &mut windows {
            window.push(observe(level, &mut chance, at, round * SLOTS_PER_DUTY));
        }
        let verdict = policy.judge(&Views::of(&windows), &Context::at(at, before)).verdict;
        before = verdict;
        noise.judged += 1;
        match verdict {
            Verdict::Healthy => noise.healthy += 1,
            Verdict::Degraded => noise.degraded += 1,
            Verdict::Unknown => noise.unknown += 1,
            Verdict::Down => noise.down += 1,
        }
    }
    noise
}

/// One answer of a source that watches a validator which did its duty.
fn observe(level: Level, chance: &mut Chance, at: Uptime, head: u64) -> Observation<Reading> {
    let drawn = chance.below(100);
    let outcome = if drawn < level.lost_percent {
        Err(ProbeError::Interrupted(Interrupted::Deadline))
    } else {
        let is_wrong = drawn < level.lost_percent + level.wrong_percent;
        let duties = Duties { made: u64::from(!is_wrong), missed: u64::from(is_wrong) };
        Ok(Reading { head, duties, others: Duties { made: 100, missed: 0 } })
    };
    Observation::new(at, Timestamp(0), outcome)
}
