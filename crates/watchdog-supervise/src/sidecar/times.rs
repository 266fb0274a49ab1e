//! The times of a sidecar, and how they depend on each other.
use std::time::Duration;
use watchdog_core::clock::Uptime;

/// Times of one sidecar. With ρ = 1/1000 and ε = 250 ms, the node's belief in its lease ends at
/// `asked + ttl·(1 − ρ) − ε`. Counted back from there: the last [`KILL_MAX`](Self::KILL_MAX) are for what
/// is killed to be gone; before it, `grace` and two ticks, in which the signer may finish.
///
/// ```text
/// asked ──────────── signer may run ────────────┬── asked to end ──┬─ killed ─┬── ε + ρ·ttl ──┐
///                                            stop_at            kill_at     until         store's own end
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct SidecarTimes {
    /// Time to live of the node's lease.
    pub ttl: Duration,
    /// Time between two renewals.
    pub renew_every: Duration,
    /// Time between asking the signer to end and killing it.
    pub grace: Duration,
    /// Time between two looks at everything.
    pub tick: Duration,
}

/// Times that cannot work together.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{0}")]
pub struct BadTimes(String);

impl SidecarTimes {
    /// Time that what was killed takes to be gone.
    pub const KILL_MAX: Duration = Duration::from_millis(500);
    /// Longest time for one look at the signer or one word to it.
    pub(super) const CALL_MAX: Duration = Duration::from_secs(1);
    /// Time for the last stop besides the grace.
    pub(super) const END_MAX: Duration = Duration::from_secs(5);
    const TICK: Duration = Duration::from_millis(100);
    const DRIFT: u32 = 1000;
    const MARGIN: Duration = Duration::from_millis(250);

    /// Usual times for a lease of `ttl`: renewed five times in it, with a fifth of it as grace.
    pub fn of(ttl: Duration) -> Self {
        let fifth = ttl.checked_div(5).unwrap_or_default();
        Self { ttl, renew_every: fifth, grace: fifth, tick: Self::TICK }
    }

    /// Whether they can work together: one lost renewal must not stop the signer.
    pub fn check(&self) -> Result<(), BadTimes> {
        let usable = self.usable();
        let needed = self.renew_every.saturating_mul(2).saturating_add(self.reserve());
        let bad = |text: String| Err(BadTimes(text));
        match () {
            () if self.ttl < Duration::from_secs(2) => bad("the lease of a node lasts at least 2 s".to_owned()),
            () if self.renew_every < Self::TICK => bad(format!("a lease is renewed every {:?} at most", Self::TICK)),
            () if needed > usable => bad(format!(
                "two renewals ({:?} each) and the stop of the signer ({:?}) do not fit into {usable:?} of the lease: \
                 lengthen `ttl`, or shorten `renew_every` or `grace`",
                self.renew_every,
                self.reserve()
            )),
            () => Ok(()),
        }
    }

    /// Longest time for one renewal.
    pub(super) fn renew_max(&self) -> Duration {
        self.renew_every
    }

    /// When a lease that was asked for at `asked` lapses for the node, however long the store grants it:
    /// the node has published this time to live, and the engine counts with it.
    pub fn lapse_at(&self, asked: Uptime) -> Uptime {
        asked.after(self.usable())
    }

    /// When the signer is asked to end, for a lease that lapses at `until`.
    pub fn stop_at(&self, until: Uptime) -> Uptime {
        before(until, self.reserve())
    }

    /// When the signer is killed, for a lease that lapses at `until`.
    pub fn kill_at(&self, until: Uptime) -> Uptime {
        before(until, Self::KILL_MAX.saturating_add(self.tick))
    }

    fn usable(&self) -> Duration {
        let drift = self.ttl.checked_div(Self::DRIFT).unwrap_or_default();
        self.ttl.saturating_sub(drift).saturating_sub(Self::MARGIN)
    }

    fn reserve(&self) -> Duration {
        let ticks = self.tick.saturating_mul(3);
        self.grace.saturating_add(Self::KILL_MAX).saturating_add(ticks)
    }
}

fn before(until: Uptime, time: Duration) -> Uptime {
    Uptime(until.0.saturating_sub(time))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_times_fit_for_leases_of_five_seconds_and_more() {
        for seconds in [5, 10, 15, 30, 60, 600] {
            assert_eq!(SidecarTimes::of(Duration::from_secs(seconds)).check(), Ok(()), "{seconds} s");
        }
    }

    #[test]
    fn times_in_which_one_lost_renewal_would_stop_the_signer_are_refused() {
        let times = SidecarTimes::of(Duration::from_secs(15));
        assert!(SidecarTimes { renew_every: Duration::from_secs(7), ..times }.check().is_err());
        assert!(SidecarTimes { grace: Duration::from_secs(9), ..times }.check().is_err());
        assert!(SidecarTimes { ttl: Duration::from_secs(1), ..times }.check().is_err());
    }

    #[test]
    fn everything_ends_before_the_store_can_give_the_lease_to_another() {
        let times = SidecarTimes::of(Duration::from_secs(15));
        let asked = Uptime(Duration::from_secs(100));
        let until = times.lapse_at(asked);
        assert_eq!(until, Uptime(Duration::from_millis(114_735)));
        assert!(times.stop_at(until).after(times.grace) < times.kill_at(until));
        assert!(times.kill_at(until).after(SidecarTimes::KILL_MAX) < until);
    }
}
