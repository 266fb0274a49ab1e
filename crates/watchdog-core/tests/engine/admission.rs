//! What became untrue while a plan was made keeps it from beginning.
use crate::rig::{Rig, main_validator};
use std::time::Duration;
use watchdog_core::action::Kind;
use watchdog_core::config::Mode;
use watchdog_core::engine::PauseOrder;
use watchdog_core::id::NodeName;
use watchdog_core::status::{Offer, OperationState};

/// A rig on which the making of a plan takes five seconds.
async fn slow(mode: Mode) -> Rig {
    let rig = Rig::new(mode).await;
    rig.pass(10).await;
    rig.chain.world().planning = Duration::from_secs(5);
    rig
}

/// Waits until the watchdog itself is making a plan.
async fn planning(rig: &Rig) {
    rig.chain.world().performs = false;
    for _ in 0..60 {
        if rig.chain.world().plannings > 0 {
            return;
        }
        rig.pass(1).await;
    }
    panic!("nothing was planned: {:#?}", rig.status());
}

async fn offer(rig: &Rig, kind: Kind, to: &str) -> Offer {
    rig.handle.plan(&main_validator(), kind, NodeName::new(to), &rig.cx).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_pause_that_comes_while_the_plan_is_made_is_kept() {
    let rig = slow(Mode::Act).await;
    planning(&rig).await;
    let order = PauseOrder { lasts: None, reason: "I do it myself".into(), by: "tester".into() };
    rig.handle.pause(&main_validator(), order).await.unwrap();
    rig.pass(120).await;
    assert_eq!((rig.submitted(), rig.handle.operations().len()), (0, 0));
    assert_eq!(rig.status().hold.unwrap().code, "paused");
    rig.handle.resume(&main_validator(), "tester").await.unwrap();
    assert_eq!(rig.ended().await.state, OperationState::Succeeded);
}

#[tokio::test(start_paused = true)]
async fn a_validator_that_recovers_while_the_plan_is_made_is_left_alone() {
    let rig = slow(Mode::Act).await;
    planning(&rig).await;
    rig.chain.world().performs = true;
    rig.pass(120).await;
    assert_eq!((rig.chain.world().plannings, rig.handle.operations().len()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_plan_away_from_a_node_that_does_not_sign_any_more_is_stale() {
    let rig = slow(Mode::Advise).await;
    rig.chain.world().plans_blindly = true;
    let (first, second) = (offer(&rig, Kind::Switchover, "b").await, offer(&rig, Kind::Failover, "b").await);
    let execute = |offer: &Offer| {
        let (handle, cx, offer) = (rig.handle.clone(), rig.cx.clone(), offer.clone());
        async move { handle.execute(&offer.id, &offer.digest, "tester", None, &cx).await }
    };
    execute(&first).await.unwrap();
    assert_eq!(rig.ended().await.state, OperationState::Succeeded);
    let refused = execute(&second).await.unwrap_err();
    assert_eq!(refused.code, "plan_stale", "{refused:?}");
    assert!(refused.message.contains("`b` signs for `main` now"), "{refused:?}");
    assert_eq!(rig.submitted(), 1);
}

#[tokio::test(start_paused = true)]
async fn one_key_begins_one_operation_however_often_it_is_sent_at_once() {
    let rig = slow(Mode::Advise).await;
    let (first, other) = (offer(&rig, Kind::Switchover, "b").await, offer(&rig, Kind::Failover, "b").await);
    let execute = |offer: &Offer| {
        let (handle, cx, offer) = (rig.handle.clone(), rig.cx.clone(), offer.clone());
        async move { handle.execute(&offer.id, &offer.digest, "tester", Some("key-1"), &cx).await }
    };
    let (one, same, another) = tokio::join!(execute(&first), execute(&first), execute(&other));
    assert_eq!(one.as_ref().unwrap(), same.as_ref().unwrap());
    assert_eq!(another.unwrap_err().code, "key_reused");
    assert_eq!(rig.ended().await.state, OperationState::Succeeded);
    assert_eq!((rig.submitted(), rig.handle.operations().len()), (1, 1));
}
