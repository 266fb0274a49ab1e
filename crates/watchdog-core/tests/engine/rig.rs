//! An engine that watches one validator on a fake chain.
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use watchdog_core::action::{Kind, Refusal};
use watchdog_core::clock::Clock;
use watchdog_core::config::{ActLimits, Mode};
use watchdog_core::cx::Cx;
use watchdog_core::engine::{Engine, Handle, Parameters, Watched};
use watchdog_core::id::{NodeName, ValidatorName};
use watchdog_core::journal::Journal;
use watchdog_core::journal::store::RedbJournal;
use watchdog_core::lease::Lease;
use watchdog_core::status::{Operation, OperationState, ValidatorStatus};
use watchdog_testkit::clock::PausedClock;
use watchdog_testkit::fake::FakeChain;
use watchdog_testkit::journal::BrittleJournal;

pub(crate) struct Rig {
    pub(crate) chain: FakeChain,
    pub(crate) clock: PausedClock,
    pub(crate) journal: BrittleJournal,
    pub(crate) handle: Handle,
    pub(crate) cx: Cx,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

pub(crate) fn main_validator() -> ValidatorName {
    ValidatorName::new("main").unwrap()
}

pub(crate) fn watched(chain: &FakeChain, mode: Mode, act: ActLimits) -> Watched {
    let unit = chain.unit(main_validator());
    Watched { unit, chain: "fake".into(), mode, act, services: Vec::new(), fingerprint: format!("{mode}") }
}

impl Rig {
    pub(crate) async fn new(mode: Mode) -> Self {
        Self::limited(mode, ActLimits::default()).await
    }

    pub(crate) async fn limited(mode: Mode, act: ActLimits) -> Self {
        let clock = PausedClock::new();
        let journal = BrittleJournal::new(Arc::new(clock.clone())).unwrap();
        Self::on(FakeChain::new(3), clock, journal, mode, act).await
    }

    pub(crate) async fn on(
        chain: FakeChain,
        clock: PausedClock,
        journal: BrittleJournal,
        mode: Mode,
        act: ActLimits,
    ) -> Self {
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        let lease: Arc<dyn Lease> = Arc::new(RedbJournal::lease(journal.store()));
        let parameters = Parameters::new("test", "0.0.0");
        let watched = vec![watched(&chain, mode, act)];
        let engine = Engine::open(parameters, Arc::new(journal.clone()), lease, shared.clone(), watched).await.unwrap();
        let stop = CancellationToken::new();
        let cx = Cx::root(shared, stop.clone());
        let handle = engine.handle();
        let task = tokio::spawn({
            let cx = cx.clone();
            async move { engine.run(&cx).await }
        });
        Self { chain, clock, journal, handle, cx, stop, task }
    }

    /// Lets so many seconds pass.
    pub(crate) async fn pass(&self, seconds: u64) {
        tokio::time::advance(Duration::ZERO).await;
        let until = self.clock.uptime().after(Duration::from_secs(seconds));
        self.clock.sleep_until(until).await;
    }

    pub(crate) fn status(&self) -> ValidatorStatus {
        self.handle.validator(&main_validator()).unwrap()
    }

    pub(crate) fn signer(&self) -> String {
        self.chain.world().signer.clone()
    }

    pub(crate) fn submitted(&self) -> usize {
        self.chain.world().submitted.len()
    }

    pub(crate) fn last(&self) -> Option<Operation> {
        self.handle.operations().pop()
    }

    /// Waits for the newest operation to end.
    pub(crate) async fn ended(&self) -> Operation {
        for _ in 0..3600 {
            match self.last() {
                Some(last) if !matches!(last.state, OperationState::Pending | OperationState::Running) => return last,
                _ => self.pass(1).await,
            }
        }
        panic!("no operation ended: {:#?}\n{:#?}", self.status(), self.handle.status().stopped);
    }

    pub(crate) async fn order(&self, kind: Kind, to: &str) -> Result<Operation, Refusal> {
        let to = NodeName::new(to);
        let offer = self.handle.plan(&main_validator(), kind, to, &self.cx).await?;
        let id = self.handle.execute(&offer.id, &offer.digest, "tester", None, &self.cx).await?;
        self.handle.operation(&id)
    }

    /// Ends the engine; what is left is what the next one finds.
    pub(crate) async fn stop(self) -> (FakeChain, PausedClock, BrittleJournal) {
        self.stop.cancel();
        self.task.await.unwrap();
        (self.chain, self.clock, self.journal)
    }

    pub(crate) async fn records(&self) -> Vec<String> {
        let entries = self.journal.replay(1).await.unwrap();
        entries.iter().map(|entry| watchdog_core::event::Event::from(entry).event).collect()
    }
}
