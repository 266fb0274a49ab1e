//! Several instances at one store: one acts, the others watch, and take over where it was left.
use crate::rig::{main_validator, watched};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use watchdog_core::action::Kind;
use watchdog_core::clock::Clock;
use watchdog_core::config::{ActLimits, Mode};
use watchdog_core::cx::Cx;
use watchdog_core::engine::{Engine, Handle, Parameters};
use watchdog_core::id::{InstanceId, NodeName};
use watchdog_core::journal::chronicle::Chronicle;
use watchdog_core::journal::mirrored::Mirrored;
use watchdog_core::journal::store::RedbJournal;
use watchdog_core::journal::{Journal, JournalError, Outcome, Record};
use watchdog_core::policy::Verdict;
use watchdog_testkit::clock::PausedClock;
use watchdog_testkit::fake::FakeChain;
use watchdog_testkit::shared::{Link, SharedStore};

const TTL: Duration = Duration::from_secs(15);

struct Group {
    chain: FakeChain,
    clock: PausedClock,
    store: Arc<SharedStore>,
    keep: Option<u64>,
}

struct Process {
    id: InstanceId,
    handle: Handle,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Group {
    fn new() -> Self {
        let clock = PausedClock::new();
        let store = SharedStore::new(Arc::new(clock.clone()), TTL);
        Self { chain: FakeChain::new(3), clock, store, keep: None }
    }

    async fn start(&self, name: &str, id: u8) -> Process {
        let id = InstanceId([id; 16]);
        let client = self.store.instance(name, id, self.keep);
        let clock: Arc<dyn Clock> = Arc::new(self.clock.clone());
        let units = vec![watched(&self.chain, Mode::Act, ActLimits::default())];
        let parameters = Parameters::new(name, "0.0.0");
        let engine = Engine::open(parameters, client.clone(), client, clock.clone(), units).await.unwrap();
        let stop = CancellationToken::new();
        let cx = Cx::root(clock, stop.clone());
        let handle = engine.handle();
        let task = tokio::spawn(async move { engine.run(&cx).await });
        Process { id, handle, stop, task }
    }

    async fn pass(&self, seconds: u64) {
        let until = self.clock.uptime().after(Duration::from_secs(seconds));
        self.clock.sleep_until(until).await;
    }

    /// Seconds until `is` holds, at most `most`.
    async fn until(&self, most: u64, is: impl Fn() -> bool) -> Option<u64> {
        for second in 0..most {
            if is() {
                return Some(second);
            }
            self.pass(1).await;
        }
        None
    }

    fn closed(&self) -> Vec<Outcome> {
        let outcome = |record: &Record| if let Record::Closed { outcome, .. } = record { Some(*outcome) } else { None };
        self.store.entries().iter().filter_map(|entry| outcome(&entry.record)).collect()
    }
}

impl Process {
    fn verdict(&self) -> Option<Verdict> {
        self.handle.validator(&main_validator()).ok()?.judgement.map(|judgement| judgement.verdict)
    }

    /// Ends the process without a word to anybody.
    fn kill(self) {
        self.task.abort();
        self.stop.cancel();
    }
}

#[tokio::test(start_paused = true)]
async fn who_waits_watches_and_does_nothing_while_the_holder_acts() {
    let group = Group::new();
    let first = group.start("first", 1).await;
    group.pass(5).await;
    let second = group.start("second", 2).await;
    group.pass(10).await;
    let lease = second.handle.status().lease;
    assert_eq!((lease.held, lease.holder.as_deref()), (false, Some("first")));
    assert_eq!(second.verdict(), Some(Verdict::Healthy));

    group.chain.world().performs = false;
    assert!(group.until(60, || !group.closed().is_empty()).await.is_some());
    assert_eq!(group.closed(), [Outcome::Completed]);
    assert_eq!(group.chain.world().signer, "b");
    group.pass(10).await;
    assert!(group.store.entries().iter().all(|entry| entry.instance == first.id));
    let seen = second.handle.operations();
    assert_eq!(seen.len(), 1, "who waits sees the holder's operation: {seen:?}");
    assert_eq!(group.chain.world().submitted.len(), 1);
}

/// The same incident, with the holder killed after each append in turn.
#[tokio::test(start_paused = true)]
async fn a_failover_that_the_holder_left_at_any_point_is_finished_by_who_waits() {
    for kill_after in 1.. {
        let group = Group::new();
        let first = group.start("first", 1).await;
        group.pass(5).await;
        let second = group.start("second", 2).await;
        group.pass(5).await;
        let before = group.store.appends();
        group.chain.world().performs = false;
        let mut first = Some(first);
        for _ in 0..4000 {
            if group.store.appends() >= before + kill_after
                && let Some(first) = first.take()
            {
                first.kill();
            }
            if !group.closed().is_empty() {
                break;
            }
            let soon = group.clock.uptime().after(Duration::from_millis(50));
            group.clock.sleep_until(soon).await;
        }
        if first.is_some() {
            assert!(kill_after > 5, "only {} points were tried", kill_after - 1);
            return;
        }
        group.pass(60).await;
        let payloads: std::collections::BTreeSet<_> = group.chain.world().submitted.iter().cloned().collect();
        assert_eq!(
            group.closed().iter().filter(|o| **o == Outcome::Completed).count(),
            1,
            "after append {kill_after}: {:?}",
            group.closed()
        );
        assert_eq!(group.chain.world().signer, "b", "after append {kill_after}");
        assert_eq!(payloads.len(), 1, "after append {kill_after}");
        assert!(second.handle.status().lease.held);
    }
}

#[tokio::test(start_paused = true)]
async fn without_the_store_nothing_acts_and_everything_is_still_seen() {
    let group = Group::new();
    let only = group.start("only", 1).await;
    group.pass(10).await;
    group.store.link(only.id, Link::Cut);
    group.pass(20).await;
    let status = only.handle.status();
    assert!(!status.lease.held && status.lease.trouble.is_some(), "{:?}", status.lease);
    assert_eq!(only.verdict(), Some(Verdict::Healthy), "a healthy validator stays so");

    group.chain.world().performs = false;
    assert!(group.until(60, || only.verdict() == Some(Verdict::Down)).await.is_some(), "it is still observed");
    group.pass(120).await;
    assert_eq!(group.chain.world().submitted.len(), 0);
    assert_eq!(group.chain.world().signer, "a");

    group.store.link(only.id, Link::Up);
    assert!(group.until(60, || group.chain.world().signer == "b").await.is_some(), "it acts once the store is back");
}

#[tokio::test(start_paused = true)]
async fn an_append_whose_answer_got_lost_is_found_again_and_the_failover_goes_on() {
    let group = Group::new();
    let only = group.start("only", 1).await;
    group.pass(10).await;
    group.chain.world().performs = false;
    // Deaf from before the plan until after it was surely written.
    assert!(group.until(60, || only.verdict() == Some(Verdict::Down)).await.is_some());
    group.store.link(only.id, Link::Deaf);
    group.pass(3).await;
    group.store.link(only.id, Link::Up);
    assert!(
        group.until(120, || group.closed().contains(&Outcome::Completed)).await.is_some(),
        "{:?}",
        group.store.entries()
    );
    let payloads: std::collections::BTreeSet<_> = group.chain.world().submitted.iter().cloned().collect();
    assert_eq!(payloads.len(), 1);
}

/// The journal was read on in between, and showed nothing: what came after that was once known to nobody.
#[tokio::test(start_paused = true)]
async fn an_append_that_arrives_after_its_sender_read_on_leaves_no_operation_without_an_end() {
    let group = Group::new();
    let only = group.start("only", 1).await;
    group.pass(10).await;
    let cx = Cx::root(Arc::new(group.clock.clone()), CancellationToken::new());
    let plan = only.handle.plan(&main_validator(), Kind::Switchover, NodeName::new("b"), &cx).await.unwrap();
    group.store.link(only.id, Link::Late);
    let refused = only.handle.execute(&plan.id, &plan.digest, "tester", None, &cx).await.unwrap_err();
    assert_eq!(refused.code, "unsettled");
    group.store.link(only.id, Link::Up);
    group.pass(10).await;
    group.store.deliver();
    group.pass(120).await;
    let planned = group.store.entries().iter().filter(|e| matches!(e.record, Record::Planned { .. })).count();
    assert_eq!(planned, group.closed().len(), "{:?}", group.store.entries());
    // And the journal is still the one that this instance writes.
    group.chain.world().performs = false;
    assert!(group.until(120, || group.closed().contains(&Outcome::Completed)).await.is_some());
}

#[tokio::test(start_paused = true)]
async fn a_holder_that_the_store_gave_up_on_stops_and_the_next_one_goes_on() {
    let group = Group::new();
    let first = group.start("first", 1).await;
    group.pass(5).await;
    let second = group.start("second", 2).await;
    group.pass(5).await;
    group.store.link(first.id, Link::Cut);
    group.store.expire();
    assert!(group.until(10, || second.handle.status().lease.held).await.is_some());
    let token = second.handle.status().lease.token;
    group.store.link(first.id, Link::Up);
    group.pass(10).await;
    let lease = first.handle.status().lease;
    assert_eq!((lease.held, lease.holder.as_deref()), (false, Some("second")));
    group.chain.world().performs = false;
    assert!(group.until(60, || group.chain.world().signer == "b").await.is_some());
    let acted = group.store.entries().iter().filter(|e| e.record.saga().is_some()).map(|e| e.token).max();
    assert_eq!(acted, token);
}

#[tokio::test(start_paused = true)]
async fn a_holder_that_hears_no_answers_lets_the_lease_lapse_and_the_next_one_acts() {
    let group = Group::new();
    let first = group.start("first", 1).await;
    group.pass(5).await;
    let second = group.start("second", 2).await;
    group.pass(5).await;
    group.store.link(first.id, Link::Deaf);
    group.chain.world().performs = false;
    let moved = group.until(60, || group.chain.world().signer == "b").await;
    assert!(moved.is_some(), "the lease is kept alive by renewals that nobody hears the answers of");
    assert!(second.handle.status().lease.held && !first.handle.status().lease.held);
}

#[tokio::test(start_paused = true)]
async fn a_holder_without_a_sign_of_life_is_noticed_by_who_waits() {
    let group = Group::new();
    let first = group.start("first", 1).await;
    group.pass(5).await;
    let second = group.start("second", 2).await;
    group.pass(30).await;
    assert_eq!(second.handle.status().lease.holder_late_seconds, None);
    // The process hangs, and something keeps its lease alive.
    let lease = group.store.instance("first", first.id, None);
    first.kill();
    let cx = Cx::root(Arc::new(group.clock.clone()), CancellationToken::new());
    for _ in 0..20 {
        watchdog_core::lease::Lease::hold(&*lease, &cx).await.unwrap();
        group.pass(1).await;
    }
    let late = second.handle.status().lease.holder_late_seconds;
    assert!(late.is_some_and(|late| late >= 15.0), "{late:?}");
    assert!(!second.handle.status().lease.held);
}

#[tokio::test(start_paused = true)]
async fn an_instance_that_comes_after_a_checkpoint_knows_what_was_before_it() {
    let group = Group { keep: Some(8), ..Group::new() };
    let first = group.start("first", 1).await;
    group.pass(10).await;
    group.chain.world().performs = false;
    assert!(group.until(60, || group.chain.world().signer == "b").await.is_some());
    group.pass(30).await;
    let entries = group.store.entries();
    assert!(entries.first().is_none_or(|entry| entry.seq > 1), "the store was trimmed: {entries:?}");
    first.stop.cancel();
    first.task.await.unwrap();

    let second = group.start("second", 2).await;
    group.pass(10).await;
    assert!(second.handle.status().lease.held);
    let status = second.handle.validator(&main_validator()).unwrap();
    assert_eq!(status.signer.map(|node| node.to_string()).as_deref(), Some("b"));
    assert_eq!(second.handle.operations().len(), 1);
}

#[tokio::test]
async fn the_own_copy_keeps_what_the_shared_journal_trims_and_notices_another_past() {
    let clock: Arc<dyn Clock> = Arc::new(watchdog_core::clock::SystemClock::new());
    let store = SharedStore::new(clock.clone(), TTL);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state/journal.redb");
    let id = InstanceId([1; 16]);
    let open = || RedbJournal::open(&path, id, clock.clone()).unwrap();
    let cx = Cx::root(clock.clone(), CancellationToken::new());
    let client = store.instance("one", id, Some(4));
    let held = watchdog_core::lease::Lease::hold(&*client, &cx).await.unwrap();
    {
        let mirrored: Arc<dyn Journal> = Arc::new(Mirrored::open(client.clone(), open()).await.unwrap());
        let chronicle = Chronicle::open(mirrored.clone(), clock.clone()).await.unwrap();
        for k in 0..10 {
            let by = format!("{k}");
            let _durable = chronicle.append(held, Some(&main_validator()), &[Record::Unpaused { by }]).await.unwrap();
            chronicle.tidy(held).await.unwrap();
        }
        assert!(store.entries().len() < 10);
        assert_eq!(mirrored.replay(1).await.unwrap().len(), 10, "the copy has all of them");
    }
    // An instance that was away while the store was trimmed has a gap, says so, and reads on behind it.
    for k in 10..30 {
        let by = format!("{k}");
        let _durable = client.append(held, Some(&main_validator()), &[Record::Unpaused { by }]).await.unwrap();
    }
    let checkpoint = watchdog_core::journal::Checkpoint { v: 1, seq: 25, token: held.token(), ..Default::default() };
    client.trim(held, &checkpoint).await.unwrap();
    {
        let mirrored = Mirrored::open(client.clone(), open()).await.unwrap();
        let chronicle = Chronicle::open(Arc::new(mirrored), clock.clone()).await.unwrap();
        assert_eq!(*chronicle.newest().borrow(), 30);
        assert!(matches!(chronicle.page(11, 100).await, Err(JournalError::Trimmed { upto: 25 })));
        assert_eq!(chronicle.page(26, 100).await.unwrap().len(), 5);
    }
    {
        // Again, now that the copy itself has the gap.
        let mirrored = Mirrored::open(client.clone(), open()).await.unwrap();
        let chronicle = Chronicle::open(Arc::new(mirrored), clock.clone()).await.unwrap();
        assert_eq!(*chronicle.newest().borrow(), 30);
    }
    assert_eq!(RedbJournal::verify(&path, clock.clone()).unwrap().len(), 15);
    // A store that was put back to an older state, or another store, is refused.
    let other = SharedStore::new(clock.clone(), TTL).instance("one", id, Some(4));
    let mirrored = Mirrored::open(other, open()).await.unwrap();
    let refused = Chronicle::open(Arc::new(mirrored), clock.clone()).await.unwrap_err();
    assert!(matches!(&refused, JournalError::Damaged { reason, .. } if reason.contains("older")), "{refused}");
}

#[tokio::test]
async fn the_own_copy_has_everything_that_this_process_wrote_also_after_it_could_not_be_written() {
    let clock: Arc<dyn Clock> = Arc::new(watchdog_core::clock::SystemClock::new());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("copy.redb");
    let id = InstanceId([1; 16]);
    let client = SharedStore::new(clock.clone(), TTL).instance("one", id, None);
    let cx = Cx::root(clock.clone(), CancellationToken::new());
    let held = watchdog_core::lease::Lease::hold(&*client, &cx).await.unwrap();
    let released = |by: String| [Record::Unpaused { by }];
    {
        let mirrored =
            Mirrored::open(client.clone(), RedbJournal::open(&path, id, clock.clone()).unwrap()).await.unwrap();
        let _own = mirrored.append(held, Some(&main_validator()), &released("own".into())).await.unwrap();
        // Written past the mirror, as by a copy that failed.
        for k in 0..3 {
            let _missed = client.append(held, Some(&main_validator()), &released(format!("{k}"))).await.unwrap();
        }
        let _own = mirrored.append(held, Some(&main_validator()), &released("again".into())).await.unwrap();
    }
    let positions: Vec<_> = RedbJournal::verify(&path, clock).unwrap().iter().map(|entry| entry.seq).collect();
    assert_eq!(positions, [1, 2, 3, 4, 5]);
}
