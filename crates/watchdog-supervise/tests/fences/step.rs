//! The ladder as the fence of a plan that a real executor drives, against real processes.
use crate::forced_command::answering;
use crate::host::Host;
use crate::sshd;
use crate::world::{target, until};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::fmt;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use watchdog_core::action::{
    Effect, FailoverAction, Kind, PlanError, PlanRequest, Proposal, Receipt, Signer, StepError, Stragglers,
};
use watchdog_core::clock::{Clock, SystemClock};
use watchdog_core::cx::Cx;
use watchdog_core::executor::Executor;
use watchdog_core::fence::Strength;
use watchdog_core::fence::statement::Statement;
use watchdog_core::guard::{Guard, Permit};
use watchdog_core::id::{Epoch, NodeName, SagaId};
use watchdog_core::journal::store::RedbJournal;
use watchdog_core::journal::{Journal, Outcome, Record};
use watchdog_core::lease::Lease;
use watchdog_core::payload::Payload;
use watchdog_core::plan::{Authority, Plan};
use watchdog_core::policy::Verdict;
use watchdog_core::probe::ProbeError;
use watchdog_core::saga::Saga;
use watchdog_core::unit::Actor;
use watchdog_supervise::doubt::{Doubt, FenceError};
use watchdog_supervise::fence::{Evidence, Fence, Rehearsal};
use watchdog_supervise::forced_command::ForcedCommand;
use watchdog_supervise::hook::Hook;
use watchdog_supervise::ladder::{Ladder, Rung};
use watchdog_supervise::order::{Order, Target};
use watchdog_supervise::statement::OperatorStatement;
use watchdog_supervise::step::FenceStep;
use watchdog_supervise::wire::State;
use watchdog_testkit::clock::PausedClock;
use watchdog_testkit::journal::BrittleJournal;

const LIMIT: Duration = Duration::from_secs(6);

/// How the step between fence and activation behaves.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Move {
    Works,
    Hangs,
    IsRefused,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
enum Step {
    Check,
    Fence,
    Move,
    Start,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

/// Two nodes with one key. Only the first is real; of the second it is known how often it was started, and
/// whether the first could sign at that moment.
struct Keys {
    host: Arc<Mutex<Host>>,
    fence: FenceStep,
    between: Mutex<Move>,
    reached: AtomicBool,
    starts: AtomicUsize,
}

impl Keys {
    fn new(host: &Arc<Mutex<Host>>, rungs: Vec<Rung>, between: Move) -> Self {
        let fence = FenceStep::new(target(), Ladder::new(rungs), LIMIT);
        let (host, between) = (host.clone(), Mutex::new(between));
        Self { host, fence, between, reached: AtomicBool::new(false), starts: AtomicUsize::new(0) }
    }

    fn starts(&self) -> usize {
        self.starts.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl FailoverAction for Keys {
    type Step = Step;

    fn authority(&self) -> Authority {
        Authority::SharedKey
    }

    fn stragglers(&self) -> Stragglers {
        self.fence.stragglers()
    }

    fn nodes(&self) -> Vec<NodeName> {
        ["node_a", "node_b"].into_iter().filter_map(NodeName::new).collect()
    }

    fn fence_strength(&self, _: &NodeName) -> Option<Strength> {
        Some(self.fence.strength())
    }

    async fn signer(&self, _: &Cx) -> Result<Signer, ProbeError> {
        Ok(Signer::Node(target().node))
    }

    async fn plan(&self, _: &PlanRequest, _: &Cx) -> Result<Proposal<Step>, PlanError> {
        let plan = self.fence.plan_after(Plan::ready(Step::Check, LIMIT), Step::Fence);
        let plan = plan.prepare(Step::Move, LIMIT).activate(Step::Start, LIMIT)?.build();
        Ok(Proposal { to: NodeName::new("node_b"), plan })
    }

    async fn prepare(&self, _: &Step, _: u32, _: &Cx) -> Result<Payload, StepError> {
        Ok(Payload::empty())
    }

    async fn perform(&self, step: &Step, _: &Payload, permit: Permit, cx: &Cx) -> Result<Receipt, StepError> {
        let between = *self.between.lock().unwrap();
        match (step, between) {
            (Step::Fence, _) => return self.fence.perform(permit, cx).await,
            (Step::Move, Move::IsRefused) => return Err(StepError::Refuse("the copy is stale".into())),
            (Step::Move, Move::Hangs) => {
                self.reached.store(true, Ordering::SeqCst);
                std::future::pending::<()>().await;
            }
            (Step::Start, _) => {
                let first = self.host.lock().unwrap().status();
                assert_eq!(first.state, State::Fenced, "two signers: {first:?}");
                self.starts.fetch_add(1, Ordering::SeqCst);
            }
            _ => {}
        }
        Ok(Receipt(step.to_string().into()))
    }

    async fn inspect(&self, step: &Step, _: &Payload, epoch: Epoch, cx: &Cx) -> Result<Effect, StepError> {
        match step {
            Step::Fence => self.fence.inspect(epoch, cx).await,
            Step::Start if self.starts() > 0 => Ok(Effect::Done(Receipt("started".into()))),
            _ => Ok(Effect::None("it is not done".into())),
        }
    }

    async fn undo(&self, step: &Step, permit: Permit, cx: &Cx) -> Result<(), StepError> {
        match step {
            Step::Fence => self.fence.undo(permit, cx).await,
            _ => Ok(()),
        }
    }
}

/// A journal with one operation, and what is needed to drive it.
struct Life {
    journal: BrittleJournal,
    guard: Guard,
    cancel: watch::Receiver<Option<String>>,
    cx: Cx,
    saga: Saga,
}

impl Life {
    async fn of(keys: &Keys) -> Result<Self, PlanError> {
        Self::by(Arc::new(SystemClock::new()), keys).await
    }

    async fn by(clock: Arc<dyn Clock>, keys: &Keys) -> Result<Self, PlanError> {
        let cx = Cx::root(clock.clone(), CancellationToken::new()).within(Duration::from_mins(2));
        let request = PlanRequest { kind: Kind::Failover, from: target().node, to: None, cause: None, stated: None };
        let Proposal { plan, .. } = Actor::plan(keys, &request, &cx).await?;
        let journal = BrittleJournal::new(clock).unwrap();
        let held = RedbJournal::lease(journal.store()).hold(&cx).await.unwrap();
        let planned = Record::Planned { saga: SagaId(1), request, plan, by: None, key: None };
        let saga = Saga::open(&planned).unwrap();
        let _durable = journal.append(held, Some(&target().validator), &[planned]).await.unwrap();
        let guard = Guard::new(watch::channel(Some(held)).1, Duration::from_secs(4)).unwrap();
        Ok(Self { journal, guard, cancel: watch::channel(None).1, cx, saga })
    }

    fn executor<'a>(&'a self, keys: &'a Keys, validator: &'a watchdog_core::id::ValidatorName) -> Executor<'a> {
        Executor { validator, actor: keys, journal: &self.journal, guard: &self.guard, cancel: &self.cancel }
    }

    async fn run(&self, keys: &Keys) -> Outcome {
        let (validator, mut saga) = (target().validator, self.saga.clone());
        self.executor(keys, &validator).run(&mut saga, &self.cx).await.unwrap()
    }

    async fn records(&self) -> Vec<Record> {
        self.journal.replay(1).await.unwrap().into_iter().map(|entry| entry.record).collect()
    }

    /// What an instance that finds the journal folds.
    async fn resume(&self, keys: &Keys) -> Outcome {
        let mut saga = self.saga.clone();
        for record in self.records().await.iter().skip(1) {
            saga = saga.after(record).unwrap();
        }
        self.executor(keys, &target().validator).resume(&mut saga, Verdict::Down, &self.cx).await.unwrap()
    }

    /// Why the operation, or the step that it ended with, was given up, as it was journaled last.
    async fn trouble(&self) -> String {
        let reason = |record: &Record| match record {
            Record::Refused { reason, .. } | Record::Closed { reason: Some(reason), .. } => Some(reason.clone()),
            _ => None,
        };
        self.records().await.iter().rev().find_map(reason).unwrap()
    }

    /// The proof of the fence, as it was journaled.
    async fn proof(&self) -> Option<serde_json::Value> {
        self.records().await.into_iter().find_map(|record| match record {
            Record::Done { step, receipt, .. } if step.0 == 1 => Some(receipt.0),
            _ => None,
        })
    }
}

fn rung(name: &str, fence: impl Fence + 'static) -> Rung {
    Rung { name: name.into(), limit: Duration::from_secs(3), fence: Box::new(fence) }
}

/// A node of this host, whose signer runs.
fn local() -> (Arc<Mutex<Host>>, Vec<Rung>) {
    let host = Host::new(Host::SIGNS);
    let rungs = vec![rung("here", host.local())];
    (Arc::new(Mutex::new(host)), rungs)
}

async fn grant(host: &Arc<Mutex<Host>>, token: u64, seq: u64) {
    let node = host.lock().unwrap().local();
    node.lift(&crate::world::order(token, seq), &crate::world::cx()).await.unwrap();
    let signed = host.lock().unwrap().signatures();
    until("it signs", || host.lock().unwrap().signatures() > signed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_fences_over_ssh_and_keeps_the_proof_before_it_starts_the_other() {
    if !sshd::is_there("a_plan_fences_over_ssh_and_keeps_the_proof_before_it_starts_the_other") {
        return;
    }
    let mut host = Host::new(Host::SIGNS);
    host.start_sidecar();
    host.grant(0, 1);
    let server = answering(&host);
    until("it signs", || host.signatures() > 3);
    let hook = Hook::new(serde_json::from_value(serde_json::json!({ "command": ["/bin/false"] })).unwrap());
    let rungs = vec![rung("power", hook), rung("agent", ForcedCommand::new(server.settings()))];
    let keys = Keys::new(&Arc::new(Mutex::new(host)), rungs, Move::Works);
    let life = Life::of(&keys).await.unwrap();
    assert_eq!(life.run(&keys).await, Outcome::Completed);
    let proof = life.proof().await.unwrap();
    assert_eq!((&proof["rung"], &proof["before"][0]["rung"]), (&"agent".into(), &"power".into()), "{proof}");
    assert_eq!(proof["read"]["state"], "fenced", "{proof}");
    assert_eq!(keys.starts(), 1);
    assert_eq!(keys.fence.stragglers(), Stragglers::Within(Duration::from_secs(3)), "a hook knows no epochs");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_node_cannot_be_reached_nothing_is_started_and_a_person_is_called() {
    if !sshd::is_there("where_the_node_cannot_be_reached_nothing_is_started_and_a_person_is_called") {
        return;
    }
    let host = Host::new(Host::SIGNS);
    let mut server = answering(&host);
    server.stop();
    let rungs = vec![rung("agent", ForcedCommand::new(server.settings()))];
    let keys = Keys::new(&Arc::new(Mutex::new(host)), rungs, Move::Works);
    let life = Life::of(&keys).await.unwrap();
    assert_eq!(life.run(&keys).await, Outcome::Blocked);
    assert_eq!((keys.starts(), life.proof().await), (0, None));
    let told = life.trouble().await;
    assert!(told.starts_with("not taken back: ") && told.contains("agent: ") && told.contains("255"), "{told}");
}

/// Whoever it asks says something else than yes, at length.
#[derive(Debug)]
struct Deaf(Strength);

impl Deaf {
    fn heard<T>(word: &str) -> Result<T, FenceError> {
        Err(Doubt::StillThere(format!("{word} {}", "and on ".repeat(300))).into())
    }
}

#[async_trait]
impl Fence for Deaf {
    fn strength(&self) -> Strength {
        self.0
    }

    async fn fence(&self, _: &Order, _: &Cx) -> Result<Evidence, FenceError> {
        Self::heard("not now")
    }

    async fn verify(&self, _: &Order, _: &Cx) -> Result<Evidence, FenceError> {
        Self::heard("process 77 runs")
    }

    async fn rehearse(&self, _: &Target, _: &Cx) -> Result<Rehearsal, FenceError> {
        Self::heard("not now")
    }

    async fn lift(&self, _: &Order, _: &Cx) -> Result<Evidence, FenceError> {
        if self.0 == Strength::Proves { Ok(Evidence("lifted".into())) } else { Self::heard("no way back") }
    }
}

#[tokio::test(start_paused = true)]
async fn why_a_fence_was_not_proven_is_journaled_with_what_was_read_last() {
    let (host, _) = local();
    let keys = Keys::new(&host, vec![rung("agent", Deaf(Strength::Proves))], Move::Works);
    let life = Life::by(Arc::new(PausedClock::new()), &keys).await.unwrap();
    assert_eq!(life.run(&keys).await, Outcome::Reverted, "all was given back");
    assert_eq!((keys.starts(), life.proof().await), (0, None));
    let told = life.trouble().await;
    let seen = "no effect: it is not proven that main/node_a cannot sign: agent: not proven: the signer can still sign: \
                process 77 runs and on";
    assert!(told.starts_with(seen), "{told}");
    assert!(told.contains("; the newest command: it is not proven that main/node_a cannot sign: agent: "), "{told}");
    assert!(told.contains("not now and on") && told.len() <= 1024, "{} bytes: {told}", told.len());
}

#[tokio::test(start_paused = true)]
async fn why_a_fence_was_not_taken_back_is_journaled_as_the_end() {
    let (host, mut rungs) = local();
    rungs.push(rung("network", Deaf(Strength::Likely)));
    let keys = Keys::new(&host, rungs, Move::IsRefused);
    let life = Life::by(Arc::new(PausedClock::new()), &keys).await.unwrap();
    assert_eq!(life.run(&keys).await, Outcome::Blocked);
    let told = life.trouble().await;
    let undone = "not taken back: it is not proven that main/node_a may sign again: network: not proven: the signer can \
                  still sign: no way back";
    assert!(told.starts_with(undone) && told.len() <= 1024, "{told}");
}

#[tokio::test]
async fn nothing_of_how_a_hook_is_run_is_told_beside_its_name() {
    let (host, _) = local();
    let hook = json!({
        "command": ["/bin/sh", "-c", "exit 7 # hushed"], "environment": { "TOKEN": "hushed" }, "strength": "proves",
    });
    let keys = Keys::new(&host, vec![rung("power", Hook::new(serde_json::from_value(hook).unwrap()))], Move::Works);
    let looked = keys.fence.inspect(crate::world::order(1, 1).epoch, &crate::world::cx()).await;
    let Ok(Effect::None(told)) = looked else { panic!("{looked:?}") };
    assert!(told.contains("power: not proven: the command ended with exit status: 7"), "{told}");
    assert!(!told.contains("hushed"), "{told}");
}

#[tokio::test]
async fn a_ladder_that_does_not_prove_makes_no_plan() {
    let (host, _) = local();
    let hook = Hook::new(serde_json::from_value(serde_json::json!({ "command": ["/bin/true"] })).unwrap());
    let keys = Keys::new(&host, vec![rung("power", hook)], Move::Works);
    let Err(PlanError::Refused(refusals)) = Life::of(&keys).await.map(drop) else { panic!("a plan") };
    assert_eq!(refusals[0].code, "fence_too_weak");
}

/// A ladder that proves only where a person has spoken.
fn with_person() -> (Arc<Mutex<Host>>, Vec<Rung>) {
    let hook = Hook::new(serde_json::from_value(serde_json::json!({ "command": ["/bin/false"] })).unwrap());
    let rungs = vec![rung("power", hook), rung("person", OperatorStatement::awaited())];
    (Arc::new(Mutex::new(Host::new(Host::SIGNS))), rungs)
}

fn stated() -> Statement {
    let about = (target().validator, target().node);
    Statement::new("ops", "node_a powered off", about, "node_a", &SystemClock::new()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_person_has_seen_to_is_the_last_proof_and_journaled_word_for_word() {
    let (host, rungs) = with_person();
    let mut keys = Keys::new(&host, rungs, Move::Works);
    let Err(PlanError::Refused(refusals)) = Life::of(&keys).await.map(drop) else { panic!("a plan") };
    assert_eq!(refusals[0].code, "fence_too_weak", "nobody has said anything");
    keys.fence = keys.fence.stated(stated()).unwrap();
    let life = Life::of(&keys).await.unwrap();
    assert_eq!(life.run(&keys).await, Outcome::Completed);
    let proof = life.proof().await.unwrap();
    assert_eq!(proof["rung"], "statement", "{proof}");
    assert_eq!(proof["before"].as_array().unwrap().len(), 2, "all else was tried first: {proof}");
    let statement = &proof["read"]["statement"];
    assert_eq!((&statement["by"], &statement["text"]), (&"ops".into(), &"node_a powered off".into()), "{proof}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_person_has_done_is_not_taken_back_without_a_person() {
    let (host, mut rungs) = with_person();
    rungs.remove(0);
    let mut keys = Keys::new(&host, rungs, Move::IsRefused);
    keys.fence = keys.fence.stated(stated()).unwrap();
    let life = Life::of(&keys).await.unwrap();
    assert_eq!(life.run(&keys).await, Outcome::Blocked);
    assert_eq!(keys.starts(), 0);
    assert!(life.trouble().await.ends_with("what a person has done, a person takes back"));
}

#[tokio::test]
async fn a_statement_counts_only_where_the_ladder_awaits_one_about_this_node() {
    let (host, rungs) = local();
    let keys = Keys::new(&host, rungs, Move::Works);
    assert_eq!(keys.fence.stated(stated()).unwrap_err().code, "statement_not_awaited");
    let (host, rungs) = with_person();
    let keys = Keys::new(&host, rungs, Move::Works);
    let (clock, other) = (SystemClock::new(), NodeName::new("node_b").unwrap());
    let about = (target().validator, other);
    let elsewhere = Statement::new("ops", "node_b powered off", about, "node_b", &clock).unwrap();
    assert_eq!(keys.fence.stated(elsewhere).unwrap_err().code, "statement_elsewhere");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_plan_is_given_up_the_node_may_sign_again_and_signs() {
    let (host, rungs) = local();
    grant(&host, 0, 1).await;
    let keys = Keys::new(&host, rungs, Move::IsRefused);
    let life = Life::of(&keys).await.unwrap();
    assert_eq!(life.run(&keys).await, Outcome::Reverted);
    assert!(life.proof().await.is_some(), "it was fenced");
    let signed = host.lock().unwrap().signatures();
    until("it signs again", || host.lock().unwrap().signatures() > signed);
    assert_eq!(keys.starts(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_obeys_somebody_newer_is_left_alone() {
    let (host, rungs) = local();
    grant(&host, 99, 1).await;
    let keys = Keys::new(&host, rungs, Move::Works);
    let life = Life::of(&keys).await.unwrap();
    assert_eq!(life.run(&keys).await, Outcome::Blocked);
    let signed = host.lock().unwrap().signatures();
    until("it still signs", || host.lock().unwrap().signatures() > signed);
    assert_eq!(keys.starts(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_somebody_started_while_the_watchdog_was_away_is_fenced_again() {
    let (host, rungs) = local();
    grant(&host, 0, 1).await;
    let keys = Keys::new(&host, rungs, Move::Hangs);
    let life = Life::of(&keys).await.unwrap();
    let reached = async {
        while !keys.reached.load(Ordering::SeqCst) {
            life.cx.sleep_until(life.cx.clock().uptime().after(Duration::from_millis(20))).await.unwrap();
        }
    };
    tokio::select! {
        outcome = life.run(&keys) => panic!("{outcome:?}"),
        () = reached => {}
    }
    // Somebody who knows nothing of fences starts the signer by hand, as the service manager would.
    let (signer, directory, mark) = {
        let host = host.lock().unwrap();
        (host.path("signer"), host.path(""), host.mark())
    };
    let (name, value) = mark.split_once('=').unwrap();
    let mut by_hand = Command::new(signer).env(name, value).env("DIR", directory).spawn().unwrap();
    let so_far = host.lock().unwrap().signatures();
    until("it signs", || host.lock().unwrap().signatures() > so_far);
    *keys.between.lock().unwrap() = Move::Works;
    assert_eq!(life.resume(&keys).await, Outcome::Completed);
    assert!(by_hand.try_wait().unwrap().is_some(), "it was killed");
    assert_eq!(keys.starts(), 1);
}
