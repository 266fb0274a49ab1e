//! One life of one watchdog process: it can stop at every durable write and every effect.
use crate::fake::{Case, Fake, instance};
use crate::fuse::{Blow, Fuse, Point, Stop};
use crate::store::{SharedJournal, Store};
use crate::world::World;
use async_trait::async_trait;
use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
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
use watchdog_core::id::{NodeName, SagaId, ValidatorName};
use watchdog_core::journal::chronicle::Chronicle;
use watchdog_core::journal::standing::Standing;
use watchdog_core::journal::{Journal, JournalError, Outcome, Record};
use watchdog_core::lease::Held;
use watchdog_core::unit::Actor;

/// Longest time in which a command is assumed to take effect.
pub(crate) const COMMAND_MAX: Duration = Duration::from_secs(4);
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
    /// Starts a process that takes the lease and sees saga `saga` to its end, and what befalls it on the way.
    pub(crate) fn begin(
        number: u8,
        stops: impl IntoIterator<Item = Stop>,
        saga: u64,
        case: &Case,
        world: &Arc<Mutex<World>>,
        store: &Arc<Mutex<Store>>,
    ) -> Self {
        let fuse = Arc::new(Fuse::new(stops));
        let held = store.lock().unwrap().grant(world.lock().unwrap().now);
        let journal = SharedJournal { store: store.clone(), fuse: fuse.clone(), instance: instance(number) };
        let actor = Fake::new(case.clone(), number, world.clone(), store.clone(), fuse.clone());
        let held_tx = watch::Sender::new(Some(held));
        let guard = Guard::new(held_tx.subscribe(), COMMAND_MAX).expect("held");
        let boot = BootId("b".into());
        let clock = LifeClock { world: world.clone(), store: store.clone(), held: held_tx, token: held.token(), boot };
        let process = Process { saga: SagaId(saga), actor, guard, validator: ValidatorName::new("main").unwrap() };
        Self { fuse, running: Box::pin(process.live(Arc::new(journal), Arc::new(clock))) }
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
        self.fuse.wake();
        self.go().expect("a woken process ends")
    }

    /// What befell it, and the stops that it did not come to.
    pub(crate) fn came_to(&self) -> (Vec<(Point, Blow)>, VecDeque<Stop>) {
        self.fuse.came_to()
    }
}

/// What the engine does with one failover, in one term of the lease.
struct Process {
    saga: SagaId,
    actor: Fake,
    guard: Guard,
    validator: ValidatorName,
}

impl Process {
    /// Goes on for as long as reading on helps; else it stands still until somebody starts it again.
    async fn live(self, journal: Arc<SharedJournal>, clock: Arc<LifeClock>) -> Result<Outcome, Halt> {
        let chronicle = Chronicle::open(journal, clock.clone()).await?;
        let cx = Cx::root(clock, CancellationToken::new());
        loop {
            match self.go_on(&chronicle, &cx).await {
                Err(Halt::Journal(JournalError::Unsettled { .. })) => chronicle.catch_up().await?,
                Err(Halt::Journal(JournalError::Io(_))) => return self.go_on(&chronicle, &cx).await,
                end => return end,
            }
        }
    }

    async fn go_on(&self, chronicle: &Chronicle, cx: &Cx) -> Result<Outcome, Halt> {
        let cancel = watch::Sender::new(None).subscribe();
        let Self { actor, guard, validator, .. } = self;
        let executor = Executor { validator, actor, journal: chronicle, guard, cancel: &cancel };
        let open = |standing: &Standing| standing.current().map(|account| account.saga.clone());
        let over = |standing: &Standing| {
            standing.finished().iter().find(|f| f.account.saga.id() == self.saga).map(|f| f.outcome)
        };
        if let Some(mut saga) = chronicle.with_standing(validator, open) {
            return executor.resume(&mut saga, actor.case.verdict, cx).await;
        }
        if let Some(outcome) = chronicle.with_standing(validator, over) {
            return Ok(outcome);
        }
        let request = PlanRequest {
            kind: Kind::Failover,
            from: NodeName::new("a").unwrap(),
            to: None,
            cause: None,
            stated: None,
        };
        let plan = Actor::plan(actor, &request, cx).await.unwrap().plan;
        let planned = Record::Planned { saga: self.saga, request, plan, by: None, key: None };
        let _durable = chronicle.append(guard.held()?, Some(validator), &[planned]).await?;
        let mut saga = chronicle.with_standing(validator, open).expect("planned");
        executor.run(&mut saga, cx).await
    }
}
