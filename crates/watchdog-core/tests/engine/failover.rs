//! What must happen.
use crate::rig::Rig;
use std::time::Duration;
use watchdog_core::action::{Kind, Refusal};
use watchdog_core::config::{ActLimits, Mode, TextDuration};
use watchdog_core::fence::Strength;
use watchdog_core::status::{OperationState, State};

#[tokio::test(start_paused = true)]
async fn a_validator_that_fails_moves_to_the_backup_once() {
    let rig = Rig::new(Mode::Act).await;
    rig.pass(10).await;
    assert_eq!(rig.status().state, State::Healthy);
    rig.chain.world().performs = false;
    let operation = rig.ended().await;
    assert_eq!((operation.state, operation.to.unwrap().as_str()), (OperationState::Succeeded, "b"));
    rig.pass(60).await;
    assert_eq!((rig.signer(), rig.submitted()), ("b".into(), 1));
    assert_eq!(rig.status().state, State::Healthy);
    assert_eq!(rig.status().signer.unwrap().as_str(), "b");
    assert!(rig.status().cooldown_seconds.is_some());
}

#[tokio::test(start_paused = true)]
async fn the_journal_tells_the_whole_story() {
    let rig = Rig::new(Mode::Act).await;
    rig.pass(10).await;
    rig.chain.world().performs = false;
    rig.ended().await;
    let records = rig.records().await;
    let story = [
        "started", "leased", "adopted", "judged", "planned", "intended", "done", "intended", "done", "intended",
        "done", "closed",
    ];
    let mut rest = records.iter();
    for wanted in story {
        assert!(rest.any(|record| record == wanted), "{wanted} is missing or out of order in {records:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_an_earlier_process_left_open_is_finished() {
    let rig = Rig::new(Mode::Act).await;
    rig.pass(10).await;
    {
        let mut world = rig.chain.world();
        (world.performs, world.drops) = (false, true);
    }
    while rig.submitted() == 0 {
        rig.pass(1).await;
    }
    let (chain, clock, journal) = rig.stop().await;
    chain.world().drops = false;
    let rig = Rig::on(chain, clock, journal, Mode::Act, ActLimits::default()).await;
    let operation = rig.ended().await;
    assert_eq!(operation.state, OperationState::Succeeded);
    let submitted = rig.chain.world().submitted.clone();
    assert!(submitted.len() > 1 && submitted.iter().all(|payload| *payload == submitted[0]), "one payload, repeated");
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_found_out_and_not_sent_twice() {
    let rig = Rig::new(Mode::Act).await;
    rig.pass(10).await;
    {
        let mut world = rig.chain.world();
        (world.performs, world.loses_answers) = (false, true);
    }
    assert_eq!(rig.ended().await.state, OperationState::Succeeded);
    assert_eq!(rig.submitted(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_of_the_ledger_ends_as_failed_and_is_never_tried_again_by_itself() {
    let rig = Rig::new(Mode::Act).await;
    rig.pass(10).await;
    {
        let mut world = rig.chain.world();
        (world.performs, world.refuses) = (false, true);
    }
    let operation = rig.ended().await;
    assert_eq!(
        (operation.state, operation.trouble.as_deref()),
        (OperationState::Failed, Some("the ledger refused it"))
    );
    rig.pass(8 * 3600).await;
    assert_eq!((rig.submitted(), rig.status().hold.unwrap().code.as_str()), (1, "unacknowledged"));
}

#[tokio::test(start_paused = true)]
async fn a_command_that_never_takes_effect_ends_with_the_newest_look_and_the_newest_answer() {
    let rig = Rig::new(Mode::Act).await;
    rig.pass(10).await;
    {
        let mut world = rig.chain.world();
        (world.performs, world.drops) = (false, true);
    }
    let operation = rig.ended().await;
    let trouble = "no effect: the pointer names `a`; the newest command: no answer";
    assert_eq!((operation.state, operation.trouble.as_deref()), (OperationState::Unknown, Some(trouble)));
    let events = rig.handle.events(0, 1000).await.unwrap();
    let given_up = events.iter().find(|event| event.event == "refused").unwrap();
    assert_eq!(given_up.summary, format!("step 2: given up, {trouble}"));
    rig.pass(60).await;
    let hold = rig.status().hold.unwrap();
    assert_eq!((hold.code.as_str(), hold.message.contains(trouble)), ("unacknowledged", true), "{}", hold.message);
}

#[tokio::test(start_paused = true)]
async fn a_fence_that_is_not_proven_ends_with_what_was_in_doubt_on_the_way_there_and_back() {
    let rig = Rig::new(Mode::Act).await;
    (rig.chain.world().fence, rig.chain.world().is_cut_off) = (Some(Strength::Proves), true);
    rig.pass(10).await;
    rig.chain.world().performs = false;
    let operation = rig.ended().await;
    let trouble = "no effect: `a` may sign; the newest command: no answer from the node; \
                   not taken back: no answer from the node";
    assert_eq!((operation.state, operation.trouble.as_deref()), (OperationState::Unknown, Some(trouble)));
    assert_eq!((rig.signer(), rig.submitted()), ("a".into(), 0));
    let events = rig.handle.events(0, 1000).await.unwrap();
    let closed = events.iter().find(|event| event.event == "closed").unwrap();
    assert_eq!(closed.summary, "blocked: not taken back: no answer from the node");
}

#[tokio::test(start_paused = true)]
async fn the_second_failover_waits_for_the_cool_down_and_the_hold_on_the_old_node() {
    let act = ActLimits { failback_hold: TextDuration(Duration::from_hours(2)), ..ActLimits::default() };
    let rig = Rig::limited(Mode::Act, act).await;
    rig.pass(10).await;
    rig.chain.world().performs = false;
    rig.ended().await;
    rig.chain.world().performs = false;
    rig.pass(20 * 60).await;
    assert_eq!(rig.status().hold.unwrap().code, "cooldown");
    rig.pass(15 * 60).await;
    assert_eq!(rig.status().hold.unwrap().code, "failback_hold");
    rig.pass(2 * 3600).await;
    assert_eq!((rig.signer(), rig.submitted()), ("a".into(), 2));
}

#[tokio::test(start_paused = true)]
async fn the_budget_stops_a_validator_that_keeps_failing_on_every_node() {
    let act = ActLimits { failback_hold: TextDuration(Duration::ZERO), ..ActLimits::default() };
    let rig = Rig::limited(Mode::Act, act).await;
    rig.pass(10).await;
    for _ in 0..6 {
        rig.chain.world().performs = false;
        rig.pass(3600).await;
    }
    assert_eq!((rig.submitted(), rig.status().hold.unwrap().code.as_str()), (2, "budget"));
    rig.chain.world().performs = true;
    rig.pass(24 * 3600).await;
    rig.chain.world().performs = false;
    rig.pass(3600).await;
    assert_eq!(rig.submitted(), 3);
    rig.chain.world().performs = false;
    rig.pass(24 * 3600).await;
    assert_eq!(rig.submitted(), 3, "three in seven days");
}

#[tokio::test(start_paused = true)]
async fn without_a_ready_backup_nothing_is_sent_and_the_reason_is_shown() {
    let rig = Rig::new(Mode::Act).await;
    rig.pass(10).await;
    {
        let mut world = rig.chain.world();
        world.performs = false;
        world.refusal = Some(Refusal::new("backup_not_synced", "`b` is 212 behind", "wait"));
    }
    rig.pass(600).await;
    assert_eq!((rig.submitted(), rig.last().is_none()), (0, true));
    assert_eq!(rig.status().hold.unwrap().code, "backup_not_synced");
    rig.chain.world().refusal = None;
    assert_eq!(rig.ended().await.state, OperationState::Succeeded);
}

#[tokio::test(start_paused = true)]
async fn a_switchover_moves_a_healthy_validator_and_back() {
    let rig = Rig::new(Mode::Advise).await;
    rig.pass(10).await;
    rig.order(Kind::Switchover, "b").await.unwrap();
    assert_eq!(rig.ended().await.state, OperationState::Succeeded);
    rig.order(Kind::Switchover, "a").await.unwrap();
    assert_eq!(rig.ended().await.state, OperationState::Succeeded);
    assert_eq!((rig.signer(), rig.submitted()), ("a".into(), 2));
}

#[tokio::test(start_paused = true)]
async fn an_operator_who_moved_the_validator_by_hand_is_followed_and_not_fought() {
    let rig = Rig::new(Mode::Act).await;
    rig.pass(10).await;
    rig.chain.world().signer = "b".into();
    rig.pass(90).await;
    assert_eq!(rig.status().signer.unwrap().as_str(), "b");
    rig.chain.world().performs = false;
    rig.pass(300).await;
    assert_eq!((rig.submitted(), rig.status().hold.unwrap().code.as_str()), (0, "cooldown"));
}

#[tokio::test(start_paused = true)]
async fn a_signer_that_no_node_explains_stops_everything() {
    let rig = Rig::new(Mode::Act).await;
    rig.pass(10).await;
    rig.chain.world().signer = "somebody".into();
    rig.pass(90).await;
    rig.chain.world().performs = false;
    rig.pass(3 * 3600).await;
    assert_eq!((rig.submitted(), rig.status().signer), (0, None));
    assert_eq!(rig.status().hold.unwrap().code, "signer_unknown");
}
