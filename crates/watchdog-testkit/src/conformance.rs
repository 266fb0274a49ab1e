//! What every store of leases and journals must do, as tests that any of them can be put through.
//!
//! Each function is one rule; it panics where the rule does not hold. Times are those of the store's
//! own clock, so rules about lapsing take as long as its shortest lease.
#![allow(
    clippy::missing_panics_doc,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a store that breaks a rule fails its test"
)]
use async_trait::async_trait;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use watchdog_core::clock::{Clock, Timestamp};
use watchdog_core::cx::Cx;
use watchdog_core::id::ValidatorName;
use watchdog_core::journal::{Checkpoint, Entry, FORMAT, Journal, JournalError, Record};
use watchdog_core::lease::{Heartbeat, Held, Lease, LeaseError};

/// One process of the watchdog at the store.
#[derive(Clone)]
pub struct Instance {
    /// Its lease.
    pub lease: Arc<dyn Lease>,
    /// Its journal.
    pub journal: Arc<dyn Journal>,
}

impl std::fmt::Debug for Instance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Instance")
    }
}

/// A store under test.
#[async_trait]
pub trait Store: Send + Sync {
    /// A new process; `None` where the store lets only one in at a time and that one still lives.
    async fn instance(&self, name: &str) -> Option<Instance>;
    /// Ends a process without a word to the store.
    async fn kill(&self, instance: Instance);
    /// Ends the store and starts it again with what it has on disk.
    async fn restart(&self);
    /// The clock that it runs by.
    fn clock(&self) -> Arc<dyn Clock>;
    /// How long a lease outlives its holder's last renewal; `None` where it ends with the process.
    fn ttl(&self) -> Option<Duration>;
}

fn cx(store: &dyn Store) -> Cx {
    Cx::root(store.clock(), CancellationToken::new())
}

fn record(text: &str) -> Record {
    Record::Unpaused { by: text.to_owned() }
}

fn told(entry: &Entry) -> String {
    match &entry.record {
        Record::Unpaused { by } => by.clone(),
        other => format!("{other:?}"),
    }
}

async fn pass(store: &dyn Store, time: Duration) {
    let clock = store.clock();
    clock.sleep_until(clock.uptime().after(time)).await;
}

async fn one(store: &dyn Store, name: &str) -> Instance {
    store.instance(name).await.expect("the store lets a first process in")
}

/// Holds the lease of `instance`, waiting as long as a lapse may take, twice over.
async fn held(store: &dyn Store, instance: &Instance) -> Held {
    let cx = cx(store);
    let patience = store.ttl().unwrap_or_default() * 4 + Duration::from_secs(10);
    let until = cx.clock().uptime().after(patience);
    loop {
        match instance.lease.hold(&cx).await {
            Ok(held) => return held,
            Err(error) if cx.clock().uptime() > until => panic!("the lease is never granted: {error:?}"),
            Err(_) => pass(store, Duration::from_millis(100)).await,
        }
    }
}

/// Appends, reading on first, as a process does after it was granted the lease.
async fn append(instance: &Instance, held: Held, text: &str) -> Result<u64, JournalError> {
    instance.journal.replay(1).await?;
    let validator = ValidatorName::new("main");
    instance.journal.append(held, validator.as_ref(), &[record(text)]).await.map(|durable| durable.seq())
}

/// A second process is granted nothing while the first renews, and learns the first one's name.
pub async fn the_lease_has_one_holder(store: &dyn Store) {
    let first = one(store, "first").await;
    let token = held(store, &first).await.token();
    let Some(second) = store.instance("second").await else { return };
    let rounds = store.ttl().map_or(3, |ttl| ttl.as_millis() / 250 + 4);
    for _ in 0..rounds {
        let renewed = first.lease.hold(&cx(store)).await.expect("a renewal works");
        assert_eq!(renewed.token(), token, "a renewal keeps the token");
        let refused = second.lease.hold(&cx(store)).await.expect_err("the lease is taken");
        assert!(matches!(&refused, LeaseError::Taken { holder } if holder == "first"), "{refused:?}");
        pass(store, Duration::from_millis(250)).await;
    }
}

/// Tokens grow with every holder, also across restarts of the store, and entries carry them.
pub async fn tokens_grow_across_holders_and_restarts(store: &dyn Store) {
    let mut before = 0;
    for round in 0..4 {
        let instance = one(store, "holder").await;
        let held = held(store, &instance).await;
        assert!(held.token() > before, "token {} after {before}", held.token());
        before = held.token();
        append(&instance, held, &format!("round {round}")).await.expect("the holder writes");
        store.kill(instance).await;
        if round % 2 == 1 {
            store.restart().await;
        }
    }
    let last = one(store, "reader").await;
    let entries = last.journal.replay(1).await.expect("the journal is read");
    let texts: Vec<_> = entries.iter().map(told).collect();
    assert_eq!(texts, ["round 0", "round 1", "round 2", "round 3"]);
    assert!(entries.windows(2).all(|pair| pair[0].token < pair[1].token && pair[0].seq + 1 == pair[1].seq));
}

/// A holder that was paused for too long writes nothing, and is told who holds the lease now.
pub async fn a_paused_holder_writes_nothing(store: &dyn Store) {
    let Some(ttl) = store.ttl() else { return };
    let first = one(store, "first").await;
    let old = held(store, &first).await;
    append(&first, old, "before the pause").await.expect("the holder writes");
    let Some(second) = store.instance("second").await else { return };
    let asked = store.clock().uptime();
    let new = held(store, &second).await;
    assert!(store.clock().uptime() >= old.until(), "granted to another before the old holder's belief ended");
    assert!(store.clock().uptime().since(asked) + Duration::from_secs(1) >= ttl / 2, "granted too early");
    assert!(new.token() > old.token());
    append(&second, new, "by the new holder").await.expect("the new holder writes");
    let stale = append(&first, old, "too late").await.expect_err("the old holder's entry is refused");
    assert!(
        matches!(stale, JournalError::Stale { held, newest } if held == old.token() && newest == new.token()),
        "{stale:?}"
    );
    let taken = first.lease.hold(&cx(store)).await.expect_err("the lease is taken");
    assert!(matches!(&taken, LeaseError::Taken { holder } if holder == "second"), "{taken:?}");
    let texts: Vec<_> = first.journal.replay(1).await.expect("reading needs no lease").iter().map(told).collect();
    assert_eq!(texts, ["before the pause", "by the new holder"]);
}

/// A lease given up is free at once.
pub async fn a_released_lease_is_free_at_once(store: &dyn Store) {
    let Some(ttl) = store.ttl() else { return };
    let first = one(store, "first").await;
    let old = held(store, &first).await;
    first.lease.release(old, &cx(store)).await.expect("a release works");
    let Some(second) = store.instance("second").await else { return };
    let asked = store.clock().uptime();
    let new = held(store, &second).await;
    assert!(store.clock().uptime().since(asked) < ttl, "a release made the successor wait");
    assert!(new.token() > old.token());
}

/// A stale entry is refused as stale at once, though a checkpoint has taken the place where it would stand.
pub async fn a_stale_append_behind_a_checkpoint_is_stale(store: &dyn Store) {
    let first = one(store, "first").await;
    if first.journal.keeps().is_none() || store.ttl().is_none() {
        return;
    }
    let old = held(store, &first).await;
    append(&first, old, "before").await.expect("the holder writes");
    first.lease.release(old, &cx(store)).await.expect("a release works");
    let Some(second) = store.instance("second").await else { return };
    let new = held(store, &second).await;
    append(&second, new, "by the new holder").await.expect("the new holder writes");
    let checkpoint = Checkpoint { v: FORMAT, seq: 2, token: new.token(), ..Checkpoint::default() };
    second.journal.trim(new, &checkpoint).await.expect("the new holder trims");
    // It has not read on, as one that was paused in the midst of writing.
    let asked = store.clock().uptime();
    let stale = first.journal.append(old, None, &[record("too late")]).await.expect_err("it is refused");
    assert!(
        matches!(stale, JournalError::Stale { held, newest } if held == old.token() && newest == new.token()),
        "{stale:?}"
    );
    assert!(store.clock().uptime().since(asked) < Duration::from_secs(2), "a refusal that is certain is told at once");
}

/// A holder keeps its lease over a restart of the store, and its entries are all there.
pub async fn a_restart_of_the_store_loses_nothing(store: &dyn Store) {
    if store.ttl().is_none() {
        return;
    }
    let instance = one(store, "holder").await;
    let before = held(store, &instance).await;
    append(&instance, before, "before").await.expect("the holder writes");
    store.restart().await;
    let after = held(store, &instance).await;
    assert_eq!(after.token(), before.token(), "the restart took the lease away");
    append(&instance, after, "after").await.expect("the holder writes again");
    let texts: Vec<_> = instance.journal.replay(1).await.expect("the journal is read").iter().map(told).collect();
    assert_eq!(texts, ["before", "after"]);
}

/// Records of one append come together, in order, each with its own position.
pub async fn an_append_is_whole(store: &dyn Store) {
    let instance = one(store, "holder").await;
    let held = held(store, &instance).await;
    let records: Vec<_> = (0..10).map(|k| record(&k.to_string())).collect();
    let durable = instance.journal.append(held, None, &records).await.expect("the holder writes");
    let first = durable.seq() - 9;
    let entries = instance.journal.replay(first).await.expect("the journal is read");
    assert_eq!(entries.iter().map(told).collect::<Vec<_>>(), (0..10).map(|k| k.to_string()).collect::<Vec<_>>());
    assert_eq!(entries.iter().map(|e| e.seq).collect::<Vec<_>>(), (first..first + 10).collect::<Vec<_>>());
    assert!(entries.iter().all(|entry| entry.validator.is_none() && entry.at != Timestamp(0)));
    assert_eq!(
        instance.journal.page(first + 3, 2).await.expect("a page is read").iter().map(|e| e.seq).collect::<Vec<_>>(),
        [first + 3, first + 4]
    );
}

/// Whoever waits sees the holder's newest sign of life, and only the holder can show one.
pub async fn a_heartbeat_is_seen_by_who_waits(store: &dyn Store) {
    let first = one(store, "first").await;
    let held = held(store, &first).await;
    let Some(second) = store.instance("second").await else { return };
    for count in [7, 8] {
        first.lease.beat(held, count, &cx(store)).await.expect("a beat is shown");
        let seen = second.lease.heartbeat(&cx(store)).await.expect("a beat is read");
        assert_eq!(seen, Some(Heartbeat { holder: "first".to_owned(), token: held.token(), count }));
    }
    let forged = Held::new(held.token() + 1, store.clock().uptime(), Duration::from_mins(1));
    second.lease.beat(forged, 99, &cx(store)).await.ok();
    let seen = second.lease.heartbeat(&cx(store)).await.expect("a beat is read").map(|beat| beat.count);
    assert_eq!(seen, Some(8), "somebody without the lease showed a beat");
}

/// A checkpoint takes the place of what it came from; readers learn of it; a stale holder makes none.
pub async fn a_checkpoint_takes_the_place_of_entries(store: &dyn Store) {
    let instance = one(store, "holder").await;
    if instance.journal.keeps().is_none() {
        return;
    }
    let held = held(store, &instance).await;
    for text in ["a", "b", "c"] {
        append(&instance, held, text).await.expect("the holder writes");
    }
    let checkpoint = Checkpoint { v: FORMAT, seq: 2, token: held.token(), ..Checkpoint::default() };
    let stale = Held::new(held.token() - 1, store.clock().uptime(), Duration::from_mins(1));
    let refused = instance.journal.trim(stale, &checkpoint).await.expect_err("a stale holder trims nothing");
    assert!(matches!(refused, JournalError::Stale { .. }), "{refused:?}");
    assert_eq!(instance.journal.replay(1).await.expect("nothing is trimmed yet").len(), 3);
    instance.journal.trim(held, &checkpoint).await.expect("the holder trims");
    instance.journal.trim(held, &checkpoint).await.expect("trimming may be repeated");
    let trimmed = instance.journal.page(1, 10).await.expect_err("the first entries are gone");
    assert!(matches!(trimmed, JournalError::Trimmed { upto: 2 }), "{trimmed:?}");
    let left: Vec<_> = instance.journal.replay(3).await.expect("the rest is read").iter().map(told).collect();
    assert_eq!(left, ["c"]);
    assert_eq!(instance.journal.checkpoint().await.expect("the checkpoint is read").map(|c| c.seq), Some(2));
    let durable = instance.journal.append(held, None, &[record("d")]).await.expect("the holder writes on");
    assert_eq!(durable.seq(), 4);
}
