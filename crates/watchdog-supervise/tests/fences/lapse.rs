//! The node's own lease, waited out, on simulated time.
use crate::world::{order, target};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use watchdog_core::cx::Cx;
use watchdog_core::id::InstanceId;
use watchdog_core::lease::Lease;
use watchdog_supervise::doubt::{Doubt, FenceError};
use watchdog_supervise::fence::Fence;
use watchdog_supervise::ladder::{Climb, Ladder, Rung};
use watchdog_supervise::lapse::{Lapse, lapse_bound};
use watchdog_supervise::sidecar::holder::Holder;
use watchdog_testkit::clock::PausedClock;
use watchdog_testkit::shared::SharedStore;

const TTL: Duration = Duration::from_secs(15);
const DEVICE: Duration = Duration::from_secs(10);

struct World {
    cx: Cx,
    node: Arc<dyn Lease>,
    engine: Arc<dyn Lease>,
}

impl World {
    fn new(device: Option<Duration>) -> Self {
        let clock = Arc::new(PausedClock::new());
        let store = SharedStore::new(clock.clone(), TTL);
        let holder = Holder { target: target(), lease: TTL, device }.to_string();
        let node = store.instance(&holder, InstanceId([1; 16]), None);
        let engine = store.instance("engine", InstanceId([2; 16]), None);
        Self { cx: Cx::root(clock, CancellationToken::new()), node, engine }
    }

    async fn node_lives(&self) {
        let held = self.node.hold(&self.cx).await.unwrap();
        self.node.beat(held, 1, &self.cx).await.unwrap();
    }

    fn fence(&self, requires_device: bool) -> Lapse {
        Lapse::new(self.engine.clone(), requires_device)
    }
}

#[tokio::test(start_paused = true)]
async fn the_wait_begins_when_the_lease_is_taken_and_lasts_lease_drift_and_device() {
    let world = World::new(Some(DEVICE));
    world.node_lives().await;
    let began = world.cx.clock().uptime();
    world.fence(true).fence(&order(7, 3), &world.cx).await.unwrap();
    let took = world.cx.clock().uptime().since(began);
    let least = TTL + lapse_bound(TTL, DEVICE);
    assert_eq!(lapse_bound(TTL, DEVICE), Duration::from_millis(25_015));
    assert!(took >= least && took < least + Duration::from_secs(1), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_node_that_goes_on_renewing_is_never_fenced_by_waiting() {
    let world = World::new(Some(DEVICE));
    world.node_lives().await;
    let renew = async {
        loop {
            world.cx.sleep_until(world.cx.clock().uptime().after(Duration::from_secs(3))).await.unwrap();
            world.node.hold(&world.cx).await.unwrap();
        }
    };
    let rungs = vec![Rung { name: "lease".into(), limit: Duration::from_mins(2), fence: Box::new(world.fence(true)) }];
    let ladder = Ladder::new(rungs);
    let order = order(7, 3);
    let climb = tokio::select! {
        climb = ladder.climb(&order, &world.cx) => climb,
        () = renew => unreachable!(),
    };
    assert!(matches!(climb, Climb::NotProven(_)), "{climb:?}");
}

#[tokio::test(start_paused = true)]
async fn without_a_confirmed_device_the_lapse_proves_nothing() {
    let world = World::new(None);
    world.node_lives().await;
    let fenced = world.fence(true).fence(&order(7, 3), &world.cx).await;
    assert!(matches!(fenced, Err(FenceError::NotProven(Doubt::Weak(_)))), "{fenced:?}");
    let rungs = vec![Rung { name: "lease".into(), limit: Duration::from_mins(2), fence: Box::new(world.fence(false)) }];
    let climb = Ladder::new(rungs).climb(&order(7, 3), &world.cx).await;
    assert!(matches!(&climb, Climb::NotProven(attempts) if attempts[0].error.is_none()), "likely at most: {climb:?}");
}

#[tokio::test(start_paused = true)]
async fn a_node_that_never_showed_itself_is_not_known_to_have_lapsed() {
    let world = World::new(Some(DEVICE));
    let fenced = world.fence(true).fence(&order(7, 3), &world.cx).await;
    assert!(matches!(fenced, Err(FenceError::NotProven(Doubt::Weak(_)))), "{fenced:?}");
}

#[tokio::test(start_paused = true)]
async fn a_node_that_is_back_with_its_lease_is_no_proof_any_more() {
    let world = World::new(Some(DEVICE));
    world.node_lives().await;
    let fence = world.fence(true);
    fence.fence(&order(7, 3), &world.cx).await.unwrap();
    assert!(fence.verify(&order(7, 3), &world.cx).await.is_ok());
    fence.lift(&order(7, 4), &world.cx).await.unwrap();
    world.node_lives().await;
    let verified = fence.verify(&order(7, 3), &world.cx).await;
    assert!(matches!(verified, Err(FenceError::NotProven(Doubt::StillThere(_)))), "{verified:?}");
}

#[tokio::test(start_paused = true)]
async fn who_only_holds_the_lease_and_has_not_waited_proves_nothing() {
    let world = World::new(Some(DEVICE));
    world.node_lives().await;
    let first = world.fence(true);
    // The engine ends after it has taken the lease, and before the node must have stopped.
    let end = world.cx.clock().uptime().after(TTL + Duration::from_secs(2));
    let given = order(7, 3);
    tokio::select! {
        fenced = first.fence(&given, &world.cx) => panic!("too early: {fenced:?}"),
        slept = world.cx.sleep_until(end) => slept.unwrap(),
    }
    let next = world.fence(true);
    let verified = next.verify(&order(7, 3), &world.cx).await;
    assert!(matches!(verified, Err(FenceError::NotProven(Doubt::Weak(_)))), "{verified:?}");
    next.fence(&order(7, 4), &world.cx).await.unwrap();
    assert!(next.verify(&order(7, 4), &world.cx).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_rehearsal_takes_no_lease_and_says_how_long_the_fence_would_take() {
    let world = World::new(Some(DEVICE));
    world.node_lives().await;
    let rehearsal = world.fence(true).rehearse(&target(), &world.cx).await.unwrap();
    assert!(rehearsal.found.contains("25.0 s") && rehearsal.lacking.is_empty(), "{rehearsal:?}");
    world.node_lives().await;
    let world = World::new(None);
    world.node_lives().await;
    assert_eq!(world.fence(true).rehearse(&target(), &world.cx).await.unwrap().lacking.len(), 1);
}
