//! Several validators at once.
use crate::rig::watched;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use watchdog_core::clock::Clock;
use watchdog_core::config::{ActLimits, Mode, TextDuration};
use watchdog_core::cx::Cx;
use watchdog_core::engine::{Engine, Handle, Parameters};
use watchdog_core::id::{Origin, ValidatorName};
use watchdog_core::journal::store::RedbJournal;
use watchdog_core::journal::{Journal, Record};
use watchdog_core::lease::Lease;
use watchdog_core::policy::{Measure, Verdict};
use watchdog_testkit::clock::PausedClock;
use watchdog_testkit::fake::FakeChain;
use watchdog_testkit::journal::BrittleJournal;

struct Fleet {
    chains: Vec<FakeChain>,
    clock: PausedClock,
    journal: BrittleJournal,
    handle: Handle,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

fn name(index: usize) -> ValidatorName {
    ValidatorName::new(&format!("v{index}")).unwrap()
}

impl Fleet {
    async fn new(count: usize, mode: Mode, act: impl Fn(usize) -> ActLimits) -> Self {
        let clock = PausedClock::new();
        let journal = BrittleJournal::new(Arc::new(clock.clone())).unwrap();
        let chains: Vec<_> = (0..count).map(|_| FakeChain::new(3)).collect();
        Self::on(chains, clock, journal, mode, act).await
    }

    async fn on(
        chains: Vec<FakeChain>,
        clock: PausedClock,
        journal: BrittleJournal,
        mode: Mode,
        act: impl Fn(usize) -> ActLimits,
    ) -> Self {
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        let lease: Arc<dyn Lease> = Arc::new(RedbJournal::lease(journal.store()));
        let all = chains.iter().enumerate().map(|(index, chain)| {
            let mut watched = watched(chain, mode, act(index));
            watched.unit.name = name(index);
            watched
        });
        let parameters = Parameters::new("test", "0.0.0");
        let engine =
            Engine::open(parameters, Arc::new(journal.clone()), lease, shared.clone(), all.collect()).await.unwrap();
        let stop = CancellationToken::new();
        let cx = Cx::root(shared, stop.clone());
        let handle = engine.handle();
        let task = tokio::spawn(async move { engine.run(&cx).await });
        Self { chains, clock, journal, handle, stop, task }
    }

    async fn pass(&self, seconds: u64) {
        tokio::time::advance(Duration::ZERO).await;
        self.clock.sleep_until(self.clock.uptime().after(Duration::from_secs(seconds))).await;
    }

    fn fail(&self, failing: &[usize]) {
        for index in failing {
            self.chains[*index].world().performs = false;
        }
    }

    fn moved(&self) -> usize {
        self.chains.iter().filter(|chain| chain.world().signer == "b").count()
    }

    fn hold(&self, index: usize) -> Option<String> {
        self.handle.validator(&name(index)).unwrap().hold.map(|refusal| refusal.code)
    }

    async fn stop(self) -> (Vec<FakeChain>, PausedClock, BrittleJournal) {
        self.stop.cancel();
        self.task.await.unwrap();
        (self.chains, self.clock, self.journal)
    }
}

/// Long enough that all have turned down before any is acted upon.
fn confirmed(_: usize) -> ActLimits {
    ActLimits { confirm_for: TextDuration(Duration::from_secs(30)), ..ActLimits::default() }
}

#[tokio::test(start_paused = true)]
async fn too_many_that_turn_down_together_move_nobody_until_a_person_says_so() {
    let fleet = Fleet::new(4, Mode::Act, confirmed).await;
    fleet.pass(10).await;
    fleet.fail(&[0, 1, 2]);
    fleet.pass(3600).await;
    assert_eq!((fleet.moved(), fleet.hold(0).as_deref()), (0, Some("correlation_hold")));
    let correlation = fleet.handle.status().correlation.unwrap();
    assert_eq!((correlation.down, correlation.watched), (vec![name(0), name(1), name(2)], 4));

    let (chains, clock, journal) = fleet.stop().await;
    let fleet = Fleet::on(chains, clock, journal, Mode::Act, confirmed).await;
    fleet.pass(3600).await;
    assert_eq!((fleet.moved(), fleet.hold(1).as_deref()), (0, Some("correlation_hold")), "also after a restart");

    fleet.handle.release("tester").await.unwrap();
    fleet.handle.release("tester").await.unwrap();
    fleet.pass(3600).await;
    assert_eq!((fleet.moved(), fleet.handle.status().correlation.is_none()), (3, true));
}

#[tokio::test(start_paused = true)]
async fn the_same_is_noticed_where_nothing_would_be_done_anyway() {
    let fleet = Fleet::new(3, Mode::Observe, confirmed).await;
    fleet.pass(10).await;
    fleet.fail(&[0, 1, 2]);
    fleet.pass(60).await;
    assert_eq!(fleet.handle.status().correlation.unwrap().watched, 3);
}

#[tokio::test(start_paused = true)]
async fn two_that_fail_together_are_moved_one_after_the_other() {
    let fleet = Fleet::new(4, Mode::Act, confirmed).await;
    fleet.pass(10).await;
    fleet.fail(&[0, 1]);
    fleet.pass(600).await;
    let (mut open, mut most) = (0, 0);
    for entry in fleet.journal.replay(1).await.unwrap() {
        match entry.record {
            Record::Planned { .. } => open += 1,
            Record::Closed { .. } => open -= 1,
            _ => {}
        }
        most = most.max(open);
    }
    assert_eq!((fleet.moved(), most), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn another_domain_does_not_wait_for_an_operation_that_hangs() {
    let act =
        |index: usize| ActLimits { failure_domain: Origin::new(&format!("rack-{}", index % 2)), ..confirmed(index) };
    let fleet = Fleet::new(4, Mode::Act, act).await;
    fleet.pass(10).await;
    fleet.chains[0].world().drops = true;
    fleet.fail(&[0]);
    fleet.pass(60).await;
    assert!(fleet.handle.validator(&name(0)).unwrap().operation.is_some());
    fleet.fail(&[1]);
    fleet.pass(60).await;
    assert_eq!(fleet.chains[1].world().signer, "b", "rack-1");
}

#[tokio::test(start_paused = true)]
async fn an_explanation_shows_every_value_and_every_gate() {
    let fleet = Fleet::new(1, Mode::Observe, confirmed).await;
    fleet.pass(10).await;
    let healthy = fleet.handle.explain(&name(0)).await.unwrap();
    let closed = |explained: &watchdog_core::status::Explained| -> Vec<_> {
        explained.gates.iter().filter(|gate| gate.closed.is_some()).map(|gate| gate.name).collect()
    };
    assert_eq!((closed(&healthy), healthy.acts), (vec!["verdict_is_down", "down_for", "mode_is_act"], false));
    fleet.fail(&[0]);
    fleet.pass(20).await;
    let early = fleet.handle.explain(&name(0)).await.unwrap();
    assert_eq!(closed(&early), ["down_for", "mode_is_act"]);
    fleet.pass(60).await;
    let late = fleet.handle.explain(&name(0)).await.unwrap();
    assert_eq!(closed(&late), ["mode_is_act"]);
    let decision = late.decision.unwrap();
    assert_eq!(decision.verdict, Verdict::Down);
    let quorum = &decision.explanation.as_ref().unwrap().parts[0];
    assert_eq!((quorum.rule.as_str(), quorum.measured), ("quorum", Measure::Count(3)));
    assert_eq!(quorum.parts[2].parts[0].values[1].name, "missed");
    let status = fleet.handle.validator(&name(0)).unwrap().judgement.unwrap();
    assert_eq!((status.verdict, status.reason), (decision.verdict, decision.reason), "the newest judgement itself");
}

#[tokio::test(start_paused = true)]
async fn what_does_not_press_is_decided_by_few_at_a_time_and_who_is_down_waits_for_nobody() {
    const COUNT: usize = 200;
    let fleet = Fleet::new(COUNT, Mode::Act, |index| ActLimits {
        failure_domain: Origin::new(&format!("domain-{index}")),
        ..ActLimits::default()
    })
    .await;
    fleet.chains.iter().for_each(|chain| chain.world().looking = Duration::from_secs(9));
    fleet.fail(&[COUNT - 1]);
    let lookers = || fleet.chains[..COUNT - 1].iter().map(|chain| chain.world().lookers).sum::<usize>();
    let signers = || fleet.handle.status().validators.iter().filter(|one| one.signer.is_some()).count();
    let (mut most, mut waited) = (0, 0);
    for _ in 0..60 {
        fleet.pass(1).await;
        most = most.max(lookers());
        if fleet.chains[COUNT - 1].world().signer == "a" {
            waited = COUNT - signers();
        }
    }
    assert_eq!((most, signers()), (64, COUNT));
    assert!(waited > 64, "{waited} had not had their turn when the one that was down was moved");
}
