//! Clocks of simulated machines: each with its own drift, and a wall clock that can be set.
use crate::kernel::{Kernel, Micros};
use async_trait::async_trait;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use watchdog_core::clock::{BootId, Clock, Timestamp, Uptime};

/// Wall time at which every run begins: 2026-01-02T03:04:05Z.
const START_MILLIS: u64 = 1_767_323_045_000;
const MILLION: i128 = 1_000_000;

/// The hardware clock of one machine.
#[derive(Clone, Debug)]
pub(crate) struct Machine {
    /// Parts in a million by which it runs fast.
    pub(crate) drift_ppm: i64,
    /// How far its wall clock was set off, milliseconds.
    pub(crate) wall_off_millis: i64,
    /// True time of the boot, less what the machine had been up by then.
    booted: i128,
    boots: u32,
    name: String,
}

impl Machine {
    pub(crate) fn new(name: impl Into<String>, drift_ppm: i64, up_seconds: u64) -> Self {
        let booted = -(i128::from(up_seconds) * MILLION);
        Self { drift_ppm, wall_off_millis: 0, booted, boots: 1, name: name.into() }
    }

    pub(crate) fn reboot(&mut self, now: Micros) {
        (self.booted, self.boots) = (i128::from(now), self.boots + 1);
    }

    pub(crate) fn boot(&self) -> BootId {
        BootId(format!("{:0>20}-{:0>15}", self.name, self.boots))
    }

    pub(crate) fn uptime(&self, now: Micros) -> Duration {
        let passed = i128::from(now) - self.booted;
        let up = passed * (MILLION + i128::from(self.drift_ppm)) / MILLION;
        Duration::from_micros(u64::try_from(up).unwrap_or(0))
    }

    pub(crate) fn wall_millis(&self, now: Micros) -> u64 {
        let drifted = i128::from(now) * (MILLION + i128::from(self.drift_ppm)) / MILLION / 1000;
        let passed = i64::try_from(drifted).unwrap_or(i64::MAX).saturating_add(self.wall_off_millis);
        START_MILLIS.saturating_add_signed(passed)
    }

    /// The first true moment at which the clock shows `up`.
    fn when(&self, up: Duration) -> Micros {
        let passed = i128::try_from(up.as_nanos().div_ceil(1000)).unwrap_or(i128::MAX / MILLION / 2) * MILLION
            / (MILLION + i128::from(self.drift_ppm));
        u64::try_from((self.booted + passed + 1).max(0)).unwrap_or(u64::MAX)
    }
}

/// The clock that one process sees.
pub(crate) struct SimClock {
    kernel: Kernel,
    machine: Arc<Mutex<Machine>>,
    process: u32,
    boot: BootId,
}

impl SimClock {
    pub(crate) fn new(kernel: Kernel, machine: Arc<Mutex<Machine>>, process: u32) -> Self {
        let boot = lock(&machine).boot();
        Self { kernel, machine, process, boot }
    }
}

fn lock(machine: &Mutex<Machine>) -> MutexGuard<'_, Machine> {
    machine.lock().unwrap_or_else(PoisonError::into_inner)
}

#[async_trait]
impl Clock for SimClock {
    fn now(&self) -> Timestamp {
        Timestamp(lock(&self.machine).wall_millis(self.kernel.now()))
    }

    fn uptime(&self) -> Uptime {
        Uptime(lock(&self.machine).uptime(self.kernel.now()))
    }

    fn boot(&self) -> &BootId {
        &self.boot
    }

    async fn sleep_until(&self, at: Uptime) {
        Sleep { clock: self, at: at.0, timer: None }.await;
    }
}

impl fmt::Debug for SimClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimClock").field("process", &self.process).finish_non_exhaustive()
    }
}

struct Sleep<'a> {
    clock: &'a SimClock,
    at: Duration,
    timer: Option<(usize, u64)>,
}

impl Future for Sleep<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let clock = self.clock;
        let mut kernel = clock.kernel.lock();
        let machine = lock(&clock.machine);
        if machine.uptime(kernel.now) >= self.at {
            return Poll::Ready(());
        }
        if let Some(timer) = self.timer
            && kernel.renew_timer(timer, cx.waker())
        {
            return Poll::Pending;
        }
        let at = machine.when(self.at);
        self.timer = Some(kernel.set_timer(clock.process, at, cx.waker().clone()));
        Poll::Pending
    }
}

impl Drop for Sleep<'_> {
    fn drop(&mut self) {
        if let Some((timer, generation)) = self.timer {
            let waker = self.clock.kernel.lock().take_timer(timer, generation);
            // Outside of the lock: with the last waker goes a task, and with it may go other waits.
            drop(waker);
        }
    }
}
