//! One life of one watchdog process: it can stop at every durable write and every effect.
use crate::fake::{Case, Fake};
use crate::store::{SharedJournal, Store};
use crate::world::World;
use async_trait::async_trait;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use watchdog_core::action::{Kind, PlanRequest};
use watchdog_core::clock::{BootId, Clock, Timestamp, Uptime};
use watchdog_core::cx::Cx;
use watchdog_core::executor::{Executor, Halt};
use watchdog_core::guard::Guard;
use watchdog_core::id::{InstanceId, NodeName, SagaId, ValidatorName};
use watchdog_core::journal::{Journal, Outcome, Record};
use watchdog_core::lease::Held;
use watchdog_core::saga::Saga;
use watchdog_core::unit::Actor;

/// Longest time in which a command is assumed to take effect.
pub(crate) const COMMAND_MAX: Duration = Duration::from_secs(4);
/// A fuse that never blows.
pub(crate) const ENDLESS: i64 = i64::MAX;

/// Counts down over durable writes and effects; at zero the process stops, until it is woken.
#[derive(Debug)]
pub(crate) struct Fuse(AtomicI64);

impl Fuse {
    pub(crate) async fn tick(&self) {
        if self.0.fetch_sub(1, Ordering::Relaxed) == 0 {
            poll_fn(|_| if self.0.load(Ordering::Relaxed) < 0 { Poll::Pending } else { Poll::Ready(()) }).await;
        }
    }

    fn relight(&self) {
        self.0.store(ENDLESS, Ordering::Relaxed);
    }
}

/// The world's time, as one process sees it. Waiting renews the lease, where it is still held.
#[derive(Debug)]
struct LifeClock {
    world: Arc<Mutex<World>>,
    store: Arc<Mutex<Store>>,
    held: watch::Sender<Option<Held>>,
    token: u64,
    boot: BootId,
}

#[async_trait]
impl Clock for LifeClock {
    fn now(&self) -> Timestamp {
        Timestamp(0)
    }

    fn uptime(&self) -> Uptime {
        Uptime(self.world.lock().unwrap().now)
    }

    fn boot(&self) -> &BootId {
        &self.boot
    }

    async fn sleep_until(&self, at: Uptime) {
        let mut world = self.world.lock().unwrap();
        world.pass(at.0);
        if let Some(held) = self.store.lock().unwrap().renew(self.token, world.now) {
            self.held.send_replace(Some(held));
        }
    }
}

type Running = Pin<Box<dyn Future<Output = Result<Outcome, Halt>> + Send>>;

/// A process: running, stopped, or ended.
pub(crate) struct Life {
    fuse: Arc<Fuse>,
    running: Running,
}

impl Life {
    /// Starts a process that takes the lease and sees saga `saga` to its end; it stops at its
    /// `stop`-th write or effect, from 0.
    pub(crate) fn begin(
        number: u8,
        stop: i64,
        saga: u64,
        case: &Case,
        world: &Arc<Mutex<World>>,
        store: &Arc<Mutex<Store>>,
    ) -> Self {
        let fuse = Arc::new(Fuse(AtomicI64::new(stop)));
        let held = store.lock().unwrap().grant(world.lock().unwrap().now);
        let journal = SharedJournal { store: store.clone(), fuse: fuse.clone(), instance: InstanceId([number; 16]) };
        let fake = Fake::new(case.clone(), number, world.clone(), store.clone(), fuse.clone());
        let held_tx = watch::Sender::new(Some(held));
        let guard = Guard::new(held_tx.subscribe(), COMMAND_MAX).expect("held");
        let boot = BootId("b".into());
        let clock = LifeClock { world: world.clone(), store: store.clone(), held: held_tx, token: held.token(), boot };
        let cx = Cx::root(Arc::new(clock), CancellationToken::new());
        Self { fuse, running: Box::pin(run(SagaId(saga), fake, journal, guard, cx)) }
    }

    /// Runs until the process ends or stops; `None` where it stopped.
    pub(crate) fn go(&mut self) -> Option<Result<Outcome, Halt>> {
        match self.running.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(end) => Some(end),
            Poll::Pending => None,
        }
    }

    /// Wakes a stopped process and lets it run to its end.
    pub(crate) fn wake(&mut self) -> Result<Outcome, Halt> {
        self.fuse.relight();
        self.go().expect("a woken process ends")
    }
}

async fn run(id: SagaId, fake: Fake, journal: SharedJournal, guard: Guard, cx: Cx) -> Result<Outcome, Halt> {
    let validator = ValidatorName::new("main").unwrap();
    let cancel = watch::Sender::new(None).subscribe();
    let executor = Executor { validator: &validator, actor: &fake, journal: &journal, guard: &guard, cancel: &cancel };
    if let Some(mut saga) = replay(id, &journal).await? {
        return executor.resume(&mut saga, fake.case.verdict, &cx).await;
    }
    let request = PlanRequest { kind: Kind::Failover, from: NodeName::new("a").unwrap(), to: None, cause: None };
    let plan = Actor::plan(&fake, &request, &cx).await.unwrap().plan;
    let planned = Record::Planned { saga: id, request, plan, by: None, key: None };
    let _durable = journal.append(guard.held()?, Some(&validator), std::slice::from_ref(&planned)).await?;
    executor.run(&mut Saga::open(&planned).unwrap(), &cx).await
}

async fn replay(id: SagaId, journal: &SharedJournal) -> Result<Option<Saga>, Halt> {
    let mut saga = None;
    for entry in journal.replay(1).await? {
        saga = match saga.take() {
            None => Saga::open(&entry.record).filter(|saga| saga.id() == id),
            Some(saga) => Some(Saga::after(saga, &entry.record)?),
        };
    }
    Ok(saga)
}
