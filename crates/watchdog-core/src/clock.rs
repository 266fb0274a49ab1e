//! Injected time.
use async_trait::async_trait;
use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Wall-clock time, milliseconds since the Unix epoch, UTC. For journals and people; never for deadlines.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct Timestamp(pub u64);

impl Timestamp {
    /// Distance to `other`, whichever is later.
    pub fn distance(self, other: Self) -> Duration {
        Duration::from_millis(self.0.abs_diff(other.0))
    }

    /// The moment `wait` later.
    #[must_use]
    pub fn after(self, wait: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)))
    }

    /// Time since `earlier`; `None` where that lies ahead.
    pub fn since(self, earlier: Self) -> Option<Duration> {
        self.0.checked_sub(earlier.0).map(Duration::from_millis)
    }

    /// The same for calculations with calendars; `None` beyond the year 9999.
    pub fn calendar(self) -> Option<jiff::Timestamp> {
        jiff::Timestamp::from_millisecond(i64::try_from(self.0).ok()?).ok()
    }

    /// Reads RFC 3339, as [`fmt::Display`] writes it, with any number of fraction digits.
    pub fn parse(text: &str) -> Option<Self> {
        let at: jiff::Timestamp = text.parse().ok()?;
        u64::try_from(at.as_millisecond()).ok().map(Self)
    }
}

/// RFC 3339, UTC, milliseconds.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.calendar() {
            Some(at) => write!(f, "{at:.3}"),
            None => write!(f, "{} ms", self.0),
        }
    }
}

/// Time since the machine started, suspended time included. For deadlines, windows and leases;
/// comparable only within one boot.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct Uptime(pub Duration);

impl Uptime {
    /// The instant `wait` later.
    #[must_use]
    pub fn after(self, wait: Duration) -> Self {
        Self(self.0.saturating_add(wait))
    }

    /// Time since `earlier`, zero where that lies ahead.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

/// Which boot of which machine an [`Uptime`] belongs to: 36 characters, random, new at every start.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct BootId(pub String);

/// An uptime that can be journaled: two of them compare only where `boot` is equal.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct BootTime {
    /// The boot.
    pub boot: BootId,
    /// Time since then.
    pub up: Uptime,
}

impl BootTime {
    /// Time since `earlier`. `None` where it cannot be known from uptimes: the machine was started
    /// anew, or `earlier` lies ahead.
    pub fn since(&self, earlier: &Self) -> Option<Duration> {
        (self.boot == earlier.boot).then(|| self.up.0.checked_sub(earlier.up.0)).flatten()
    }
}

/// The only source of time in the workspace.
#[async_trait]
pub trait Clock: fmt::Debug + Send + Sync {
    /// Wall-clock time.
    fn now(&self) -> Timestamp;
    /// Time since boot; goes on while the machine sleeps.
    fn uptime(&self) -> Uptime;
    /// This boot, the same for the life of the process.
    fn boot(&self) -> &BootId;
    /// Completes at `at`, or at once where it has passed. Dropping the future cancels the wait.
    async fn sleep_until(&self, at: Uptime);
}

/// The clock of Linux: `CLOCK_BOOTTIME`, and tokio's timer for waiting.
#[derive(Debug)]
pub struct SystemClock {
    boot: BootId,
}

impl SystemClock {
    /// Longest stretch given to tokio's timer, which stands still while the machine sleeps: how
    /// late a wait may end after a wake-up.
    const SLICE: Duration = Duration::from_millis(500);

    /// Reads the boot id; an unreadable one is replaced by the wall time, which never equals another.
    #[allow(clippy::new_without_default, reason = "a clock reads the machine, which a default should not")]
    #[allow(clippy::disallowed_methods, reason = "this is the clock")]
    pub fn new() -> Self {
        let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id");
        Self { boot: BootId(boot.map_or_else(|_| format!("{:?}", SystemTime::now()), |id| id.trim().to_owned())) }
    }
}

#[async_trait]
#[allow(clippy::disallowed_methods, reason = "this is the clock")]
impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
    }

    fn uptime(&self) -> Uptime {
        let time = clock_gettime(ClockId::Boottime);
        let (secs, nanos) = (u64::try_from(time.tv_sec), u32::try_from(time.tv_nsec));
        Uptime(Duration::new(secs.unwrap_or_default(), nanos.unwrap_or_default()))
    }

    fn boot(&self) -> &BootId {
        &self.boot
    }

    async fn sleep_until(&self, at: Uptime) {
        loop {
            let left = at.since(self.uptime());
            if left.is_zero() {
                return;
            }
            tokio::time::sleep(left.min(Self::SLICE)).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uptimes_of_two_boots_never_compare() {
        let at = |boot: &str, secs| BootTime { boot: BootId(boot.into()), up: Uptime(Duration::from_secs(secs)) };
        assert_eq!(at("a", 9).since(&at("a", 5)), Some(Duration::from_secs(4)));
        assert_eq!(at("a", 5).since(&at("a", 9)), None);
        assert_eq!(at("b", 9).since(&at("a", 5)), None);
    }

    #[tokio::test]
    async fn the_system_clock_sleeps_on_boot_time() {
        let clock = SystemClock::new();
        let start = clock.uptime();
        clock.sleep_until(start.after(Duration::from_millis(20))).await;
        assert!(clock.uptime().since(start) >= Duration::from_millis(20));
        assert_eq!(clock.boot(), SystemClock::new().boot());
    }
}
