//! Clocks that tests move.
use async_trait::async_trait;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use watchdog_core::clock::{BootId, Clock, Timestamp, Uptime};

/// Where a test's wall clock begins: 2026-01-02T03:04:05Z.
pub const START: Timestamp = Timestamp(1_767_323_045_000);

/// A clock that stands still until [`advance`](Self::advance) is called. Clones are one clock.
#[derive(Clone, Debug)]
pub struct ManualClock {
    state: Arc<Mutex<(Uptime, Timestamp)>>,
    moved: watch::Sender<Uptime>,
    boot: BootId,
}

impl ManualClock {
    /// Starts one hour after boot, at [`START`].
    pub fn new() -> Self {
        Self::at(START)
    }

    /// Starts one hour after boot, at `wall`.
    pub fn at(wall: Timestamp) -> Self {
        let up = Uptime(Duration::from_hours(1));
        Self { state: Arc::new(Mutex::new((up, wall))), moved: watch::Sender::new(up), boot: BootId("manual".into()) }
    }

    fn state(&self) -> MutexGuard<'_, (Uptime, Timestamp)> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets time pass on both clocks; wakes whoever waits for a moment passed by.
    pub fn advance(&self, time: Duration) {
        let mut state = self.state();
        *state = (state.0.after(time), state.1.after(time));
        self.moved.send_replace(state.0);
    }

    /// Sets the wall clock alone.
    pub fn set_wall(&self, wall: Timestamp) {
        self.state().1 = wall;
    }
}

impl Default for ManualClock {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        self.state().1
    }

    fn uptime(&self) -> Uptime {
        self.state().0
    }

    fn boot(&self) -> &BootId {
        &self.boot
    }

    async fn sleep_until(&self, at: Uptime) {
        let mut moved = self.moved.subscribe();
        moved.wait_for(|now| *now >= at).await.ok();
    }
}

/// Tokio's clock, which under `start_paused` moves on by itself as soon as everybody waits. On top of
/// it, machines can be suspended and wall clocks set. Clones are one clock.
#[derive(Clone, Debug)]
pub struct PausedClock {
    began: tokio::time::Instant,
    shift: Arc<Mutex<(Duration, i64)>>,
    boot: BootId,
}

impl PausedClock {
    /// Starts one hour after boot, at [`START`].
    pub fn new() -> Self {
        let shift = Arc::new(Mutex::new((Duration::from_hours(1), 0)));
        Self { began: tokio::time::Instant::now(), shift, boot: BootId("paused".into()) }
    }

    fn shift(&self) -> MutexGuard<'_, (Duration, i64)> {
        self.shift.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Both clocks go on by `time` without anybody having run: a stopped process, a suspended machine.
    pub fn suspend(&self, time: Duration) {
        let mut shift = self.shift();
        shift.0 = shift.0.saturating_add(time);
        shift.1 = shift.1.saturating_add(millis(time));
    }

    /// Sets the wall clock forward, or back where `by_millis` is negative.
    pub fn jump_wall(&self, by_millis: i64) {
        let mut shift = self.shift();
        shift.1 = shift.1.saturating_add(by_millis);
    }
}

impl Default for PausedClock {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Clock for PausedClock {
    fn now(&self) -> Timestamp {
        let passed = millis(self.began.elapsed()).saturating_add(self.shift().1);
        Timestamp(START.0.saturating_add_signed(passed))
    }

    fn uptime(&self) -> Uptime {
        Uptime(self.shift().0.saturating_add(self.began.elapsed()))
    }

    fn boot(&self) -> &BootId {
        &self.boot
    }

    async fn sleep_until(&self, at: Uptime) {
        let left = at.since(self.uptime());
        tokio::time::sleep_until(tokio::time::Instant::now() + left).await;
    }
}

fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn whoever_waits_on_a_manual_clock_wakes_when_the_moment_has_passed() {
        let clock = ManualClock::new();
        let at = clock.uptime().after(Duration::from_secs(5));
        let sleeper = tokio::spawn({
            let clock = clock.clone();
            async move { clock.sleep_until(at).await }
        });
        clock.advance(Duration::from_secs(4));
        tokio::task::yield_now().await;
        assert!(!sleeper.is_finished());
        clock.advance(Duration::from_secs(1));
        sleeper.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_suspended_machine_counts_on_both_clocks() {
        let clock = PausedClock::new();
        let (up, wall) = (clock.uptime(), clock.now());
        clock.suspend(Duration::from_mins(10));
        clock.jump_wall(-1_000);
        assert_eq!(clock.uptime().since(up), Duration::from_mins(10));
        assert_eq!(clock.now().since(wall), Some(Duration::from_secs(599)));
    }
}
