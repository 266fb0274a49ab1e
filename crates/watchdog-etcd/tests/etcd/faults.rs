//! What else can go wrong between a watchdog and its store.
use crate::cluster::{self, Cluster};
use crate::conformance::TTL;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use url::Url;
use watchdog_core::clock::{Clock, SystemClock};
use watchdog_core::cx::Cx;
use watchdog_core::id::{InstanceId, ValidatorName};
use watchdog_core::journal::standing::Standing;
use watchdog_core::journal::{Checkpoint, FORMAT, Journal, JournalError, Record};
use watchdog_core::lease::{Lease, LeaseError};
use watchdog_etcd::{Etcd, EtcdJournal, EtcdLease};
use watchdog_testkit::proxy::Proxy;

/// Longer than any test.
pub(crate) const LONG: Duration = Duration::from_mins(2);

fn clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock::new())
}

pub(crate) fn cx() -> Cx {
    Cx::root(clock(), CancellationToken::new())
}

/// With a lease that no slow machine outlives.
pub(crate) fn pair(etcd: &Etcd, name: &str, id: u8) -> (EtcdLease, EtcdJournal) {
    pair_of(etcd, name, id, LONG)
}

fn pair_of(etcd: &Etcd, name: &str, id: u8, ttl: Duration) -> (EtcdLease, EtcdJournal) {
    let id = InstanceId([id; 16]);
    (EtcdLease::new(etcd.clone(), "/test", name, id, ttl), EtcdJournal::new(etcd.clone(), "/test", 100, id, clock()))
}

async fn proxied(cluster: &Cluster) -> (Proxy, Url) {
    let proxy = Proxy::before(cluster.endpoints()[0].port().unwrap()).await.unwrap();
    let url = format!("http://127.0.0.1:{}", proxy.port).parse().unwrap();
    (proxy, url)
}

pub(crate) fn record(text: &str) -> Record {
    Record::Unpaused { by: text.to_owned() }
}

pub(crate) async fn texts(journal: &EtcdJournal) -> Vec<String> {
    let entries = journal.replay(1).await.unwrap();
    entries.iter().map(|e| if let Record::Unpaused { by } = &e.record { by.clone() } else { String::new() }).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_append_whose_answer_got_lost_is_written_once() {
    if !cluster::is_there("an_append_whose_answer_got_lost_is_written_once") {
        return;
    }
    let cluster = Cluster::start(1).await;
    let (proxy, url) = proxied(&cluster).await;
    let (lease, _) = pair(&cluster.client(), "one", 1);
    let (_, journal) = pair(&cluster.client_at(vec![url], None), "one", 1);
    let held = lease.hold(&cx()).await.unwrap();
    let _first = journal.append(held, None, &[record("first")]).await.unwrap();

    proxy.swallow_answers();
    let appending = tokio::spawn({
        let journal = Arc::new(journal);
        let shared = journal.clone();
        async move { (shared.append(held, None, &[record("second")]).await.map(|d| d.seq()), journal) }
    });
    tokio::time::sleep(Duration::from_millis(500)).await;
    proxy.mend();
    let (written, journal) = appending.await.unwrap();
    assert_eq!(written.unwrap(), 2);
    assert_eq!(texts(&journal).await, ["first", "second"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_append_that_stays_without_answer_is_open_and_reading_on_tells() {
    if !cluster::is_there("an_append_that_stays_without_answer_is_open_and_reading_on_tells") {
        return;
    }
    let cluster = Cluster::start(1).await;
    let (proxy, url) = proxied(&cluster).await;
    let (lease, _) = pair(&cluster.client(), "one", 1);
    let (_, journal) = pair(&cluster.client_at(vec![url], None), "one", 1);
    let held = lease.hold(&cx()).await.unwrap();
    proxy.swallow_answers();
    let open = journal.append(held, None, &[record("written all the same")]).await.unwrap_err();
    assert!(matches!(open, JournalError::Unsettled { .. }), "{open:?}");
    proxy.mend();
    let held = lease.hold(&cx()).await.unwrap();
    // Without reading on, the next append does not know where it stands, and is refused.
    let refused = journal.append(held, None, &[record("too soon")]).await.unwrap_err();
    assert!(matches!(refused, JournalError::Unsettled { .. }), "{refused:?}");
    assert_eq!(texts(&journal).await, ["written all the same"]);
    assert_eq!(journal.append(held, None, &[record("next")]).await.unwrap().seq(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_cannot_be_reached_writes_nothing_and_says_so() {
    if !cluster::is_there("a_store_that_cannot_be_reached_writes_nothing_and_says_so") {
        return;
    }
    let cluster = Cluster::start(1).await;
    let (lease, journal) = pair(&cluster.client(), "one", 1);
    let held = lease.hold(&cx()).await.unwrap();
    cluster.kill(0);
    // By a client without a connection: one that dies with the request on it leaves it open.
    let (_, without) = pair(&cluster.client(), "one", 1);
    let error = without.append(held, None, &[record("lost")]).await.unwrap_err();
    assert!(matches!(error, JournalError::Unreachable(_)), "{error:?}");
    assert!(matches!(lease.hold(&cx()).await.unwrap_err(), LeaseError::Unreachable(_)));
    cluster.launch(0);
    cluster.ready().await;
    assert_eq!(texts(&journal).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lease_and_the_journal_survive_the_loss_of_the_leader() {
    if !cluster::is_there("the_lease_and_the_journal_survive_the_loss_of_the_leader") {
        return;
    }
    let cluster = Cluster::start(3).await;
    let (lease, journal) = pair(&cluster.client(), "one", 1);
    let before = lease.hold(&cx()).await.unwrap();
    let _first = journal.append(before, None, &[record("before")]).await.unwrap();
    cluster.kill(cluster.leader().await);
    let until = clock().uptime().after(Duration::from_secs(20));
    let after = loop {
        match lease.hold(&cx()).await {
            Ok(held) => break held,
            Err(error) => assert!(clock().uptime() < until, "no new leader: {error:?}"),
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    assert_eq!(after.token(), before.token());
    journal.replay(1).await.unwrap();
    assert_eq!(journal.append(after, None, &[record("after")]).await.unwrap().seq(), 2);
    assert_eq!(texts(&journal).await, ["before", "after"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_was_suspended_beyond_the_lease_ends_the_holders_belief_first() {
    if !cluster::is_there("a_store_that_was_suspended_beyond_the_lease_ends_the_holders_belief_first") {
        return;
    }
    let cluster = Cluster::start(1).await;
    let (lease, journal) = pair_of(&cluster.client(), "one", 1, TTL);
    let held = lease.hold(&cx()).await.unwrap();
    cluster.suspend(0, true);
    clock().sleep_until(held.until().after(Duration::from_millis(500))).await;
    cluster.suspend(0, false);
    cluster.ready().await;
    let (other, _) = pair_of(&cluster.client(), "two", 2, TTL);
    let until = clock().uptime().after(TTL * 5);
    let new = loop {
        match other.hold(&cx()).await {
            Ok(new) => break new,
            Err(error) => assert!(clock().uptime() < until, "never granted: {error:?}"),
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    assert!(new.token() > held.token() && clock().uptime() >= held.until());
    let stale = journal.append(held, None, &[record("late")]).await.unwrap_err();
    assert!(matches!(stale, JournalError::Stale { .. }), "{stale:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_store_refuses_entries_and_keeps_the_lease() {
    if !cluster::is_there("a_full_store_refuses_entries_and_keeps_the_lease") {
        return;
    }
    let cluster = Cluster::with(1, None, &["--quota-backend-bytes", "65536", "--backend-batch-interval", "2ms"]).await;
    let (lease, journal) = pair(&cluster.client(), "one", 1);
    let held = lease.hold(&cx()).await.unwrap();
    let large = "x".repeat(20_000);
    let mut written = 0;
    let full = loop {
        match journal.append(held, None, &[record(&large)]).await {
            Ok(durable) => written = durable.seq(),
            Err(error) => break error,
        }
        assert!(written < 1000, "the store is never full");
    };
    assert!(full.is_passing(), "{full:?}");
    assert!(matches!(full, JournalError::Unreachable(_)), "surely not written: {full:?}");
    assert_eq!(journal.replay(1).await.unwrap().len() as u64, written);
    assert_eq!(lease.hold(&cx()).await.unwrap().token(), held.token());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_whose_answer_got_lost_is_known_again() {
    if !cluster::is_there("a_lease_whose_answer_got_lost_is_known_again") {
        return;
    }
    let cluster = Cluster::start(1).await;
    let (proxy, url) = proxied(&cluster).await;
    let (lease, _) = pair(&cluster.client_at(vec![url], None), "one", 1);
    let held = lease.hold(&cx()).await.unwrap();
    proxy.cut();
    assert!(matches!(lease.hold(&cx()).await.unwrap_err(), LeaseError::Unreachable(_)));
    proxy.mend();
    assert_eq!(lease.hold(&cx()).await.unwrap().token(), held.token());
    // A process of the same name with another id is another process.
    let (namesake, _) = pair(&cluster.client(), "one", 2);
    assert!(matches!(namesake.hold(&cx()).await.unwrap_err(), LeaseError::Taken { holder } if holder == "one"));
    // And the same process that has lost its memory of the grant finds it by its id.
    let (again, _) = pair(&cluster.client(), "one", 1);
    assert_eq!(again.hold(&cx()).await.unwrap().token(), held.token());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_reads_on_from_its_own_copy_and_finds_nothing_new_may_write() {
    if !cluster::is_there("a_process_that_reads_on_from_its_own_copy_and_finds_nothing_new_may_write") {
        return;
    }
    let cluster = Cluster::start(1).await;
    let (lease, before) = pair(&cluster.client(), "one", 1);
    let held = lease.hold(&cx()).await.unwrap();
    let _two = before.append(held, None, &[record("a"), record("b")]).await.unwrap();
    let (_, after) = pair(&cluster.client(), "one", 1);
    assert!(after.page(3, 10).await.unwrap().is_empty());
    assert_eq!(after.append(held, None, &[record("c")]).await.unwrap().seq(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checkpoint_that_is_too_large_for_etcd_trims_nothing() {
    if !cluster::is_there("a_checkpoint_that_is_too_large_for_etcd_trims_nothing") {
        return;
    }
    let cluster = Cluster::start(1).await;
    let (lease, journal) = pair(&cluster.client(), "one", 1);
    assert_eq!(journal.keeps(), Some(100));
    let held = lease.hold(&cx()).await.unwrap();
    let _two = journal.append(held, None, &[record("a"), record("b")]).await.unwrap();
    let standing = |number: u32| (ValidatorName::new(&format!("v{number}")).unwrap(), Standing::default());
    let standings = (0..50_000).map(standing).collect();
    let checkpoint = Checkpoint { v: FORMAT, seq: 1, token: held.token(), standings, ..Checkpoint::default() };
    let error = journal.trim(held, &checkpoint).await.unwrap_err();
    assert!(watchdog_core::causes::line(&error).contains("too large for etcd"), "{error:?}");
    assert_eq!(texts(&journal).await, ["a", "b"]);
    let small = Checkpoint { standings: (0..100).map(standing).collect(), ..checkpoint };
    journal.trim(held, &small).await.unwrap();
    assert!(matches!(journal.page(1, 10).await.unwrap_err(), JournalError::Trimmed { upto: 1 }));
}
