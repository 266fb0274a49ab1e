//! What a ladder makes of its rungs.
use crate::world::{order, target};
use async_trait::async_trait;
use proptest::prelude::*;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use watchdog_core::cx::Cx;
use watchdog_core::fence::Strength;
use watchdog_core::fence::statement::{STATEMENT_LASTS, Statement};
use watchdog_core::id::Epoch;
use watchdog_core::plan::Authority;
use watchdog_supervise::doubt::{Doubt, FenceError};
use watchdog_supervise::fence::{Evidence, Fence, Rehearsal};
use watchdog_supervise::ladder::{Climb, Ladder, Rung, admits};
use watchdog_supervise::order::{Order, Target};
use watchdog_supervise::statement::OperatorStatement;
use watchdog_testkit::clock::PausedClock;

/// What a scripted fence does when it is asked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Does {
    Succeed,
    Doubt,
    Refuse,
    Stale,
    Hang,
}

type Calls = Arc<Mutex<Vec<(usize, &'static str)>>>;

#[derive(Debug)]
struct Scripted {
    place: usize,
    strength: Strength,
    fence: Does,
    verify: Does,
    calls: Calls,
}

impl Scripted {
    async fn answer(&self, what: &'static str, does: Does, order: &Order) -> Result<Evidence, FenceError> {
        self.calls.lock().unwrap().push((self.place, what));
        match does {
            Does::Succeed => Ok(Evidence(self.place.into())),
            Does::Doubt => Err(Doubt::Strange("said nothing".into()).into()),
            Does::Refuse => Err(FenceError::Refused("no".into())),
            Does::Stale => Err(FenceError::Stale { given: order.epoch, seen: Epoch { token: 99, seq: 1 } }),
            Does::Hang => std::future::pending().await,
        }
    }
}

#[async_trait]
impl Fence for Scripted {
    fn strength(&self) -> Strength {
        self.strength
    }

    async fn fence(&self, order: &Order, _: &Cx) -> Result<Evidence, FenceError> {
        self.answer("fence", self.fence, order).await
    }

    async fn verify(&self, order: &Order, _: &Cx) -> Result<Evidence, FenceError> {
        self.answer("verify", self.verify, order).await
    }

    async fn rehearse(&self, _: &Target, _: &Cx) -> Result<Rehearsal, FenceError> {
        Ok(Rehearsal { found: "ready".into(), lacking: vec![] })
    }

    async fn lift(&self, order: &Order, _: &Cx) -> Result<Evidence, FenceError> {
        self.answer("lift", Does::Succeed, order).await
    }
}

fn ladder(rungs: &[(Strength, Does, Does)]) -> (Ladder, Calls) {
    let calls = Calls::default();
    let rung = |(place, (strength, fence, verify)): (usize, &(Strength, Does, Does))| {
        let calls = calls.clone();
        let fence = Scripted { place, strength: *strength, fence: *fence, verify: *verify, calls };
        Rung { name: format!("r{place}"), limit: Duration::from_secs(5), fence: Box::new(fence) }
    };
    (Ladder::new(rungs.iter().enumerate().map(rung).collect()), calls)
}

fn on_paused_time<T>(work: impl AsyncFnOnce(Cx) -> T) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async { work(Cx::root(Arc::new(PausedClock::new()), CancellationToken::new())).await })
}

fn any_rung() -> impl Strategy<Value = (Strength, Does, Does)> {
    let strength = prop_oneof![Just(Strength::None), Just(Strength::Likely), Just(Strength::Proves)];
    let does = || {
        let all = [Does::Succeed, Does::Doubt, Does::Refuse, Does::Stale, Does::Hang];
        prop::sample::select(all.to_vec())
    };
    (strength, does(), does())
}

proptest! {
    #[test]
    fn a_proof_comes_from_the_first_proving_rung_that_succeeded_and_was_read_again(
        rungs in prop::collection::vec(any_rung(), 0..6),
    ) {
        let (ladder, calls) = ladder(&rungs);
        let climb = on_paused_time(async |cx| ladder.climb(&order(7, 3), &cx).await);
        let is_stale = |(_, fence, verify): &(Strength, Does, Does)| {
            *fence == Does::Stale || (*fence == Does::Succeed && *verify == Does::Stale)
        };
        let proves = |rung: &(Strength, Does, Does)| *rung == (Strength::Proves, Does::Succeed, Does::Succeed);
        let stale = rungs.iter().position(is_stale);
        let proof = rungs.iter().position(proves).filter(|proof| stale.is_none_or(|stale| *proof < stale));
        let last = match (&climb, proof, stale) {
            (Climb::Proven { proof, before }, Some(place), _) => {
                prop_assert_eq!(proof.rung(), format!("r{place}"));
                prop_assert_eq!(before.len(), place);
                place + 1
            }
            (Climb::Refused(attempts), None, Some(stale)) => {
                prop_assert_eq!(attempts.len(), stale + 1);
                stale + 1
            }
            (Climb::NotProven(attempts), None, None) => {
                prop_assert_eq!(attempts.len(), rungs.len());
                rungs.len()
            }
            other => return Err(TestCaseError::fail(format!("{other:?}"))),
        };
        prop_assert!(calls.lock().unwrap().iter().all(|(place, _)| *place < last), "nothing is tried after the end");
        let order: Vec<_> = calls.lock().unwrap().iter().map(|(place, _)| *place).collect();
        prop_assert!(order.is_sorted());
    }

    #[test]
    fn a_shared_key_needs_a_rung_that_proves_and_nothing_else_does(
        rungs in prop::collection::vec(any_rung(), 0..6),
    ) {
        let (ladder, calls) = ladder(&rungs);
        let proves = rungs.iter().any(|(strength, ..)| *strength == Strength::Proves);
        prop_assert_eq!(ladder.admits(Authority::SharedKey).is_ok(), proves);
        prop_assert_eq!(ladder.strength() == Strength::Proves, proves);
        for authority in [Authority::Pointer, Authority::Rotating, Authority::Idempotent] {
            prop_assert!(ladder.admits(authority).is_ok());
        }
        prop_assert!(calls.lock().unwrap().is_empty(), "nobody was asked");
    }

    #[test]
    fn a_rung_that_does_not_prove_never_verifies(rungs in prop::collection::vec(any_rung(), 1..6)) {
        let (ladder, _) = ladder(&rungs);
        for (place, (strength, ..)) in rungs.iter().enumerate() {
            let verified = on_paused_time(async |cx| ladder.verify(&format!("r{place}"), &order(7, 3), &cx).await);
            prop_assert_eq!(verified.is_some(), *strength == Strength::Proves);
        }
    }
}

#[test]
fn a_refused_shared_key_plan_says_what_to_configure() {
    let refusal = admits([Strength::Likely, Strength::None], Authority::SharedKey).unwrap_err();
    assert_eq!(refusal.code, "fence_too_weak");
    assert!(refusal.hint.contains("tanist fence test"), "{}", refusal.hint);
}

#[test]
fn a_rung_that_hangs_is_left_after_its_limit_and_the_ladder_after_its_own() {
    let hangs = (Strength::Proves, Does::Hang, Does::Succeed);
    let (ladder, _) = ladder(&[hangs, hangs, hangs, hangs]);
    on_paused_time(async |cx| {
        let began = cx.clock().uptime();
        let climb = ladder.climb(&order(7, 3), &cx).await;
        assert!(matches!(&climb, Climb::NotProven(attempts) if attempts.len() == 4), "{climb:?}");
        assert_eq!(cx.clock().uptime().since(began), Duration::from_secs(20));
        let began = cx.clock().uptime();
        let climb = ladder.climb(&order(7, 3), &cx.within(Duration::from_secs(12))).await;
        assert!(matches!(&climb, Climb::NotProven(attempts) if attempts.len() == 3), "{climb:?}");
        assert_eq!(cx.clock().uptime().since(began), Duration::from_secs(12));
    });
}

#[test]
fn an_operation_that_is_called_off_tries_nothing_more() {
    let (ladder, calls) = ladder(&[(Strength::Proves, Does::Succeed, Does::Succeed); 3]);
    on_paused_time(async |cx| {
        let (cx, cancel) = cx.child();
        cancel.cancel();
        assert!(matches!(ladder.climb(&order(7, 3), &cx).await, Climb::NotProven(_)));
    });
    assert!(calls.lock().unwrap().is_empty());
}

#[test]
fn a_statement_proves_once_given_about_this_node_and_never_before() {
    let rung = |fence| vec![Rung { name: "person".into(), limit: Duration::from_secs(1), fence: Box::new(fence) }];
    let awaited = Ladder::new(rung(OperatorStatement::awaited()));
    assert!(awaited.admits(Authority::SharedKey).is_err());
    on_paused_time(async |cx| {
        let about = |Target { validator, node }| {
            Statement::new("ops", "node_a powered off", (validator, node), "node_a", cx.clock()).unwrap()
        };
        let given = Ladder::new(rung(OperatorStatement::given(about(target()))));
        let other = Target { validator: watchdog_core::id::ValidatorName::new("other").unwrap(), ..target() };
        let elsewhere = Ladder::new(rung(OperatorStatement::given(about(other))));
        assert!(matches!(awaited.climb(&order(7, 3), &cx).await, Climb::NotProven(_)));
        assert!(matches!(elsewhere.climb(&order(7, 3), &cx).await, Climb::NotProven(_)));
        let Climb::Proven { proof, .. } = given.climb(&order(7, 3), &cx).await else { panic!("not proven") };
        let journaled = proof.evidence().0.to_string();
        assert!(journaled.contains("node_a powered off") && journaled.contains("ops"), "{journaled}");
        cx.sleep_until(cx.clock().uptime().after(STATEMENT_LASTS)).await.unwrap();
        let late = given.climb(&order(7, 3), &cx).await;
        assert!(matches!(&late, Climb::NotProven(_)), "the node may run again since: {late:?}");
    });
}
