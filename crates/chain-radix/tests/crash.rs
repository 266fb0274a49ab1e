//! A Radix failover whose watchdog dies at every durable write and before and after every effect, and
//! is started again: it ends completed, with one payload per intent.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "what fails here fails a test")]
#[path = "support/canned.rs"]
#[allow(dead_code, reason = "only its client is used here")]
mod canned;
#[path = "support/stage.rs"]
#[allow(dead_code, reason = "shared with the tests of the action")]
mod stage;
#[path = "support/world.rs"]
#[allow(dead_code, reason = "shared with the tests of the action")]
mod world;

use async_trait::async_trait;
use serde_json::Value;
use stage::{Stage, name, payloads};
use std::collections::BTreeSet;
use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use tokio::sync::{Notify, watch};
use watchdog_core::action::{Effect, Kind, PlanError, PlanRequest, Proposal, Receipt, Signer, StepError, Stragglers};
use watchdog_core::cx::Cx;
use watchdog_core::executor::Executor;
use watchdog_core::guard::{Guard, Permit};
use watchdog_core::id::{Epoch, NodeName, SagaId, ValidatorName};
use watchdog_core::journal::{Durable, Entry, Journal, JournalError, Outcome, Record};
use watchdog_core::lease::{Held, Lease};
use watchdog_core::payload::Payload;
use watchdog_core::policy::Verdict;
use watchdog_core::probe::ProbeError;
use watchdog_core::saga::Saga;
use watchdog_core::unit::Actor;
use watchdog_testkit::journal::BrittleJournal;
use world::KEY_B;

/// Counts down over durable writes and effects; at zero the process is dead.
struct Fuse {
    left: AtomicI64,
    dead: Notify,
}

impl Fuse {
    fn lit(at: i64) -> Arc<Self> {
        Arc::new(Self { left: AtomicI64::new(at), dead: Notify::new() })
    }

    async fn tick(&self) {
        if self.left.fetch_sub(1, Ordering::SeqCst) == 0 {
            self.dead.notify_one();
            pending::<()>().await;
        }
    }
}

struct Fused<T> {
    inner: T,
    fuse: Arc<Fuse>,
}

#[async_trait]
impl Journal for Fused<BrittleJournal> {
    async fn append(
        &self,
        held: Held,
        about: Option<&ValidatorName>,
        records: &[Record],
    ) -> Result<Durable, JournalError> {
        self.fuse.tick().await;
        let durable = self.inner.append(held, about, records).await?;
        self.fuse.tick().await;
        Ok(durable)
    }

    async fn replay(&self, from: u64) -> Result<Vec<Entry>, JournalError> {
        self.inner.replay(from).await
    }
}

#[async_trait]
impl Actor for Fused<Arc<dyn Actor>> {
    fn stragglers(&self) -> Stragglers {
        self.inner.stragglers()
    }

    fn nodes(&self) -> Vec<NodeName> {
        self.inner.nodes()
    }

    async fn signer(&self, cx: &Cx) -> Result<Signer, ProbeError> {
        self.inner.signer(cx).await
    }

    async fn plan(&self, request: &PlanRequest, cx: &Cx) -> Result<Proposal<Value>, PlanError> {
        self.inner.plan(request, cx).await
    }

    fn describe(&self, step: &Value) -> String {
        self.inner.describe(step)
    }

    async fn prepare(&self, step: &Value, attempt: u32, cx: &Cx) -> Result<Payload, StepError> {
        self.inner.prepare(step, attempt, cx).await
    }

    async fn perform(&self, step: &Value, payload: &Payload, permit: Permit, cx: &Cx) -> Result<Receipt, StepError> {
        self.fuse.tick().await;
        let performed = self.inner.perform(step, payload, permit, cx).await;
        self.fuse.tick().await;
        performed
    }

    async fn inspect(&self, step: &Value, payload: &Payload, epoch: Epoch, cx: &Cx) -> Result<Effect, StepError> {
        self.inner.inspect(step, payload, epoch, cx).await
    }

    async fn undo(&self, step: &Value, permit: Permit, cx: &Cx) -> Result<(), StepError> {
        self.inner.undo(step, permit, cx).await
    }
}

/// One life of a watchdog, from taking the lease to the outcome; `None` where it dies at point `at`.
async fn life(stage: &Stage, journal: &BrittleJournal, at: i64) -> Option<Outcome> {
    let fuse = Fuse::lit(at);
    let held = journal.store().lease().hold(&stage.cx).await.unwrap();
    let (_newest, newest) = watch::channel(Some(held));
    let guard = Guard::new(newest, Duration::from_secs(4)).unwrap();
    let (_cancel, cancel) = watch::channel(None);
    let actor = Fused { inner: stage.unit().actor, fuse: fuse.clone() };
    let journal = Fused { inner: journal.clone(), fuse: fuse.clone() };
    let validator = name();
    let executor = Executor { validator: &validator, actor: &actor, journal: &journal, guard: &guard, cancel: &cancel };
    let run = async {
        let mut open = None;
        for entry in journal.replay(1).await.unwrap() {
            open = match open {
                None => Saga::open(&entry.record),
                Some(saga) => Some(Saga::after(saga, &entry.record).unwrap()),
            };
        }
        if let Some(mut saga) = open {
            return executor.resume(&mut saga, Verdict::Down, &stage.cx).await.unwrap();
        }
        let request = Stage::request(Kind::Failover, None);
        let proposal = actor.plan(&request, &stage.cx).await.unwrap();
        let planned = Record::Planned { saga: SagaId(1), request, plan: proposal.plan, by: None, key: None };
        drop(journal.append(held, Some(&validator), std::slice::from_ref(&planned)).await.unwrap());
        executor.run(&mut Saga::open(&planned).unwrap(), &stage.cx).await.unwrap()
    };
    tokio::select! {
        biased;
        () = fuse.dead.notified() => None,
        outcome = stage.pace(run) => Some(outcome),
    }
}

async fn dead_primary() -> (Stage, BrittleJournal) {
    let stage = Stage::new().await;
    stage.advance(Duration::from_secs(5));
    stage.world().node("a").is_running = false;
    let journal = BrittleJournal::new(Arc::new(stage.clock.clone())).unwrap();
    (stage, journal)
}

/// One payload was ever handed in per intent, no epoch saw two keys, and the backup proposes.
async fn assert_sound(stage: &Stage, journal: &BrittleJournal, outcome: Outcome, point: i64) {
    assert_eq!(outcome, Outcome::Completed, "died at point {point}");
    let records: Vec<_> = journal.replay(1).await.unwrap().into_iter().map(|entry| entry.record).collect();
    let intended: BTreeSet<_> = payloads(&records).into_iter().collect();
    let world = stage.world();
    let sent: BTreeSet<_> = world.submitted.iter().map(|(_, bytes)| bytes.clone()).collect();
    assert!(sent.is_subset(&intended), "something was sent that is not in the journal");
    let expired = records.iter().filter(|record| matches!(record, Record::Expired { .. })).count();
    assert!(intended.len() <= expired + 1, "{} payloads, {expired} of them expired", intended.len());
    for (epoch, keys) in &world.proposed {
        assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), 1, "epoch {epoch}: {keys:?}");
    }
    let last = world.proposed.last_key_value().map(|(_, keys)| keys.clone());
    assert_eq!(last, Some(vec![KEY_B.to_owned()]));
}

#[tokio::test]
async fn death_at_every_point_and_again_at_the_same_point_of_the_next_life_ends_completed() {
    let mut deaths = 0;
    for point in 0.. {
        let (stage, journal) = dead_primary().await;
        let first = life(&stage, &journal, point).await;
        let died = first.is_none();
        let second = match first {
            None => life(&stage, &journal, point).await,
            over => over,
        };
        let outcome = match second {
            None => life(&stage, &journal, i64::MAX).await.expect("an undisturbed life ends"),
            Some(outcome) => outcome,
        };
        assert_sound(&stage, &journal, outcome, point).await;
        if !died {
            break;
        }
        deaths += 1;
    }
    println!("{deaths} points");
    assert!(deaths >= 24, "only {deaths} points");
}
