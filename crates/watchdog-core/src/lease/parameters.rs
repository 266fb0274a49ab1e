//! The times of a lease, and how they must fit together.
use super::Held;
use crate::config::TextDuration;
use std::time::Duration;

/// The times of one lease. Source of the rules: safety model, section 6.4.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct LeaseTimes {
    /// How long the lease outlives its last renewal in the store.
    pub ttl: Duration,
    /// Time between two renewals.
    pub renew_every: Duration,
    /// Time between two tries where the store does not answer.
    pub retry: Duration,
    /// Renewals that fail for this long end the belief in the lease.
    pub renew_deadline: Duration,
    /// Longest time in which a command still takes effect after it was sent.
    pub command_max: Duration,
}

impl LeaseTimes {
    /// The times for a lease of `ttl`: renewed every fifth of it, given up after three fifths, and a
    /// command takes effect within four fifteenths. For 15 s these are 3 s, 9 s and 4 s.
    pub fn of(ttl: Duration) -> Self {
        Self {
            ttl,
            renew_every: part(ttl, 1, 5),
            retry: part(ttl, 1, 15),
            renew_deadline: part(ttl, 3, 5),
            command_max: part(ttl, 4, 15),
        }
    }

    /// How long a new holder waits before its first command, where targets take commands of an earlier
    /// holder: these are dead or done then, on a clock that runs as wrong as is assumed.
    pub fn drain(&self) -> Duration {
        self.command_max.saturating_add(drift(self.command_max))
    }

    /// # Errors
    /// The first rule that does not hold, with its numbers.
    pub fn check(&self) -> Result<(), BadTimes> {
        let Self { ttl, renew_every, retry, renew_deadline, command_max } = *self;
        let usable = ttl.saturating_sub(renew_every).saturating_sub(Held::MARGIN);
        let rules: [(bool, &'static str, Duration, Duration); 4] = [
            (
                renew_every <= part(ttl, 1, 3),
                "the time between two renewals must be at most a third of the time to live",
                renew_every,
                ttl,
            ),
            (
                part(retry, 6, 5) < renew_deadline,
                "the renewal deadline must be more than 1.2 times the time between two tries",
                renew_deadline,
                retry,
            ),
            (renew_deadline < ttl, "the renewal deadline must be shorter than the time to live", renew_deadline, ttl),
            (
                command_max < usable,
                "a command must take effect sooner than the lease can lapse after a renewal",
                command_max,
                usable,
            ),
        ];
        let broken = rules.into_iter().find(|(holds, ..)| !holds);
        broken.map_or(Ok(()), |(_, rule, found, against)| {
            Err(BadTimes { rule, found: TextDuration(found), against: TextDuration(against) })
        })
    }
}

/// Times of a lease that could let two instances act at once, or none.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{rule}: {found} against {against}")]
pub struct BadTimes {
    rule: &'static str,
    found: TextDuration,
    against: TextDuration,
}

/// What the assumed drift makes of `time`.
fn drift(time: Duration) -> Duration {
    time.checked_div(Held::DRIFT).unwrap_or_default()
}

fn part(whole: Duration, numerator: u32, denominator: u32) -> Duration {
    whole.saturating_mul(numerator).checked_div(denominator).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_times_of_the_safety_model_come_from_its_time_to_live() {
        let times = LeaseTimes::of(Duration::from_secs(15));
        assert_eq!(times.renew_every, Duration::from_secs(3));
        assert_eq!(times.renew_deadline, Duration::from_secs(9));
        assert_eq!(times.command_max, Duration::from_secs(4));
        assert_eq!(times.drain(), Duration::from_millis(4004));
    }

    #[test]
    fn the_times_of_every_time_to_live_that_etcd_grants_keep_the_rules() {
        for seconds in 2..600 {
            assert_eq!(LeaseTimes::of(Duration::from_secs(seconds)).check(), Ok(()), "{seconds}");
        }
    }

    #[test]
    fn each_rule_is_kept_at_its_limit_and_broken_beyond_it() {
        let fine = LeaseTimes::of(Duration::from_secs(15));
        let milli = Duration::from_millis(1);
        let broken = [
            LeaseTimes { renew_every: Duration::from_secs(5) + milli, ..fine },
            LeaseTimes { renew_deadline: Duration::from_millis(1200), ..fine },
            LeaseTimes { renew_deadline: fine.ttl, ..fine },
            LeaseTimes { command_max: Duration::from_millis(11_750), ..fine },
        ];
        for times in broken {
            assert!(times.check().is_err(), "{times:?}");
        }
        for times in [
            LeaseTimes { renew_every: Duration::from_secs(5), ..fine },
            LeaseTimes { renew_deadline: Duration::from_millis(1200) + milli, ..fine },
            LeaseTimes { renew_deadline: fine.ttl.saturating_sub(milli), ..fine },
            LeaseTimes { command_max: Duration::from_millis(11_749), ..fine },
        ] {
            assert_eq!(times.check(), Ok(()), "{times:?}");
        }
    }
}
