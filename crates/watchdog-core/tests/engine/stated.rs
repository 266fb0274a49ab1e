//! What a person states about a node, and what rests on it.
use crate::rig::{Rig, main_validator};
use std::time::Duration;
use watchdog_core::action::{Kind, Refusal};
use watchdog_core::config::Mode;
use watchdog_core::event::Event;
use watchdog_core::fence::Strength;
use watchdog_core::fence::statement::{STATEMENT_LASTS, Statement};
use watchdog_core::id::{NodeName, OperationId, ValidatorName};
use watchdog_core::journal::Journal;
use watchdog_core::status::{Offer, OperationState};

/// A validator whose nodes have one key and no fence, but for what a person states.
async fn unfenced(mode: Mode) -> Rig {
    let rig = Rig::new(mode).await;
    rig.chain.world().fence = Some(Strength::None);
    rig.pass(10).await;
    rig
}

fn about(rig: &Rig, validator: &str, node: &str) -> Statement {
    let about = (ValidatorName::new(validator).unwrap(), NodeName::new(node).unwrap());
    Statement::new("ops", &format!("{node} powered off"), about, node, &rig.clock).unwrap()
}

fn state(rig: &Rig, node: &str) {
    rig.handle.hear(about(rig, "main", node)).unwrap();
}

async fn plan(rig: &Rig, to: &str) -> Result<Offer, Refusal> {
    rig.handle.plan(&main_validator(), Kind::Failover, NodeName::new(to), &rig.cx).await
}

async fn execute(rig: &Rig, offer: &Offer, key: Option<&str>) -> Result<OperationId, Refusal> {
    rig.handle.execute(&offer.id, &offer.digest, "tester", key, &rig.cx).await
}

async fn moved(rig: &Rig, to: &str) -> Result<OperationState, Refusal> {
    rig.order(Kind::Failover, to).await?;
    Ok(rig.ended().await.state)
}

#[tokio::test(start_paused = true)]
async fn a_statement_counts_for_one_operation() {
    let rig = unfenced(Mode::Advise).await;
    assert_eq!(moved(&rig, "b").await.unwrap_err().code, "fence_too_weak", "nobody has said anything");
    state(&rig, "a");
    assert_eq!(moved(&rig, "b").await, Ok(OperationState::Succeeded));
    state(&rig, "b");
    assert_eq!(moved(&rig, "a").await, Ok(OperationState::Succeeded));
    assert_eq!(moved(&rig, "b").await.unwrap_err().code, "fence_too_weak", "what was said about `a` is used up");
    assert_eq!(rig.signer(), "a");
    let entries = rig.journal.replay(1).await.unwrap();
    let planned = entries.iter().map(Event::from).find(|event| event.event == "planned").unwrap();
    assert_eq!(planned.details["request"]["stated"]["text"], "a powered off", "{}", planned.details);
}

#[tokio::test(start_paused = true)]
async fn an_operation_that_comes_to_nothing_has_used_it_up_all_the_same() {
    let rig = unfenced(Mode::Advise).await;
    state(&rig, "a");
    let offer = plan(&rig, "b").await.unwrap();
    rig.chain.world().drops = true;
    execute(&rig, &offer, None).await.unwrap();
    assert_eq!(rig.ended().await.state, OperationState::Unknown);
    rig.chain.world().drops = false;
    assert_eq!(rig.signer(), "a", "it signs, or may sign, as before");
    assert_eq!(moved(&rig, "b").await.unwrap_err().code, "fence_too_weak");
}

#[tokio::test(start_paused = true)]
async fn a_plan_that_is_only_looked_at_uses_nothing_up() {
    let rig = unfenced(Mode::Advise).await;
    state(&rig, "a");
    let offers = [plan(&rig, "b").await.unwrap(), plan(&rig, "b").await.unwrap()];
    assert_eq!(offers[0].digest, offers[1].digest);
    let [_, offer] = offers;
    execute(&rig, &offer, None).await.unwrap();
    assert_eq!(rig.ended().await.state, OperationState::Succeeded);
}

#[tokio::test(start_paused = true)]
async fn a_repeated_request_gets_the_operation_that_used_it_up() {
    let rig = unfenced(Mode::Advise).await;
    state(&rig, "a");
    let offer = plan(&rig, "b").await.unwrap();
    rig.chain.world().planning = Duration::from_secs(2);
    let (first, second) = tokio::join!(execute(&rig, &offer, Some("key")), execute(&rig, &offer, Some("key")));
    assert_eq!(first, second, "at once");
    assert!(first.is_ok(), "{first:?}");
    rig.ended().await;
    assert_eq!(execute(&rig, &offer, Some("key")).await, first, "and later");
    assert_eq!((rig.handle.operations().len(), rig.submitted()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_statement_that_lapses_or_is_made_anew_while_the_plan_is_made_begins_nothing() {
    let late = unfenced(Mode::Advise).await;
    state(&late, "a");
    late.pass(STATEMENT_LASTS.as_secs() - 3).await;
    let offer = plan(&late, "b").await.unwrap();
    late.chain.world().planning = Duration::from_secs(5);
    let refusal = execute(&late, &offer, None).await.unwrap_err();
    assert_eq!(refusal.code, "plan_stale");
    assert!(refusal.message.contains("stated about `a`"), "{}", refusal.message);

    let anew = unfenced(Mode::Advise).await;
    state(&anew, "a");
    let offer = plan(&anew, "b").await.unwrap();
    anew.chain.world().planning = Duration::from_secs(5);
    let again = async {
        anew.pass(2).await;
        state(&anew, "a");
    };
    let (begun, ()) = tokio::join!(execute(&anew, &offer, None), again);
    assert_eq!(begun.unwrap_err().code, "plan_stale");
    anew.chain.world().planning = Duration::ZERO;
    assert_eq!(moved(&anew, "b").await, Ok(OperationState::Succeeded), "the new one was not used up");
    assert_eq!(late.handle.operations().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn nothing_acts_by_itself_on_a_statement() {
    let rig = unfenced(Mode::Act).await;
    state(&rig, "a");
    rig.chain.world().performs = false;
    rig.pass(120).await;
    assert_eq!(rig.status().hold.unwrap().code, "fence_too_weak");
    assert_eq!((rig.signer(), rig.handle.operations().len()), ("a".into(), 0));
    assert_eq!(moved(&rig, "b").await, Ok(OperationState::Succeeded), "it still counts for what a person orders");
}

#[tokio::test(start_paused = true)]
async fn a_statement_about_a_validator_that_is_not_watched_is_not_heard() {
    let rig = unfenced(Mode::Advise).await;
    assert_eq!(rig.handle.hear(about(&rig, "other", "a")).unwrap_err().code, "not_found");
}
