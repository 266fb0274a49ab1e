//! A failover on a network that takes, loses, delays and refuses transactions.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "what fails here fails a test")]
#[path = "support/canned.rs"]
#[allow(dead_code, reason = "only its client is used here")]
mod canned;
#[path = "support/stage.rs"]
#[allow(dead_code, reason = "shared with the tests of the probes")]
mod stage;
#[path = "support/world.rs"]
#[allow(dead_code, reason = "shared with the tests of the probes")]
mod world;

use chain_radix::tx::Notarized;
use serde_json::json;
use stage::{Stage, payloads};
use std::collections::BTreeSet;
use std::time::Duration;
use watchdog_core::action::Kind;
use watchdog_core::journal::{Outcome, Record};
use watchdog_core::plan::{Plan, Role};
use world::{KEY_A, KEY_B, KEY_X, Manner, Mempool, OWNER_KEY};

/// A stage on which the primary has just died.
async fn dead_primary() -> Stage {
    let stage = Stage::new().await;
    stage.advance(Duration::from_secs(5));
    stage.world().node("a").is_running = false;
    stage
}

/// Everything handed in, each payload once.
fn sent(stage: &Stage) -> BTreeSet<Vec<u8>> {
    stage.world().submitted.iter().map(|(_, bytes)| bytes.clone()).collect()
}

fn assert_one_key_an_epoch(stage: &Stage) {
    for (epoch, keys) in &stage.world().proposed {
        assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), 1, "epoch {epoch}: {keys:?}");
    }
}

fn reasons(records: &[Record]) -> Vec<&str> {
    records
        .iter()
        .filter_map(|r| if let Record::Refused { reason, .. } = r { Some(reason.as_str()) } else { None })
        .collect()
}

#[tokio::test]
async fn a_failover_moves_the_key_with_one_payload_and_is_over_once_the_backup_proposed() {
    let stage = dead_primary().await;
    let (outcome, records) = stage.run(&stage.unit(), Kind::Failover).await;
    assert_eq!(outcome, Outcome::Completed);
    let sources: Vec<_> = stage.world().submitted.iter().map(|(source, _)| source.clone()).collect();
    assert_eq!(
        sources.iter().collect::<BTreeSet<_>>(),
        ["b", "g1", "g2"].map(str::to_owned).iter().collect(),
        "{sources:?}"
    );
    assert_eq!(sent(&stage).into_iter().collect::<Vec<_>>(), payloads(&records));
    let epoch = stage.world().epoch;
    assert_eq!(stage.world().proposed[&epoch], [KEY_B]);
    assert_one_key_an_epoch(&stage);
    let effective = records
        .iter()
        .rev()
        .find_map(|r| if let Record::Done { receipt, .. } = r { receipt.0["epoch"].as_u64() } else { None });
    assert_eq!(effective, Some(epoch));
}

#[tokio::test]
async fn two_watchdogs_make_the_same_bytes_in_the_same_four_epochs() {
    let stage = dead_primary().await;
    let mut made = BTreeSet::new();
    for wait in [0, 20, 20] {
        stage.advance(Duration::from_secs(wait));
        let unit = stage.unit();
        let plan = stage.plan(&unit, Kind::Failover).await.unwrap().plan;
        let update = plan.steps().iter().find(|step| step.role == Role::Activate).unwrap();
        let window = stage.world().epoch / 4;
        let payload = unit.actor.prepare(&update.step, 1, &stage.cx).await.unwrap();
        made.insert((window, payload.bytes().to_vec()));
    }
    let windows: BTreeSet<_> = made.iter().map(|(window, _)| window).collect();
    assert_eq!(made.len(), windows.len(), "one payload a window");
}

#[tokio::test]
async fn a_second_failover_in_the_same_epochs_is_another_intent() {
    let stage = dead_primary().await;
    let unit = stage.unit();
    let plan = stage.plan(&unit, Kind::Failover).await.unwrap().plan;
    let update = plan.steps().iter().find(|step| step.role == Role::Activate).unwrap();
    let first = unit.actor.prepare(&update.step, 1, &stage.cx).await.unwrap();
    let signed = Notarized::from_bytes(first.bytes()).unwrap();
    let known = world::Known { status: "CommittedSuccess".into(), reason: None, at: Some(1), signed: signed.clone() };
    stage.world().known.insert(signed.hashes.intent.to_string(), known);
    let second = unit.actor.prepare(&update.step, 1, &stage.cx).await.unwrap();
    assert_ne!(first, second);
}

#[tokio::test]
async fn a_transaction_rejected_for_now_commits_later_with_the_same_bytes() {
    let stage = dead_primary().await;
    stage.world().mempool = Mempool::RejectsNow("SuccessButFeeLoanNotRepaid".into());
    let unit = stage.unit();
    let run = stage.run(&unit, Kind::Failover);
    let topped_up = async {
        let mut run = std::pin::pin!(run);
        let until = stage.clock_after(Duration::from_secs(30));
        let early = stage.until(&mut run, until).await;
        assert!(early.is_none(), "it ended although it may still commit");
        stage.world().mempool = Mempool::Runs;
        run.await
    };
    let (outcome, records) = topped_up.await;
    assert_eq!((outcome, payloads(&records).len(), sent(&stage).len()), (Outcome::Completed, 1, 1));
}

#[tokio::test]
async fn a_new_payload_is_made_only_once_the_old_one_is_over_everywhere() {
    let stage = dead_primary().await;
    stage.world().mempool = Mempool::Drops;
    let unit = stage.unit();
    let mut run = std::pin::pin!(stage.run(&unit, Kind::Failover));
    let until = stage.clock_after(Duration::from_secs(165));
    assert!(stage.until(&mut run, until).await.is_none(), "it ended early");
    stage.world().mempool = Mempool::Runs;
    let (outcome, records) = run.await;
    let made = payloads(&records);
    assert_eq!((outcome, made.len()), (Outcome::Completed, 2));
    let [first, second] = [&made[0], &made[1]].map(|bytes| *Notarized::from_bytes(bytes).unwrap().header());
    assert!(second.start_epoch >= first.end_epoch, "both could have committed");
    let expired = records.iter().position(|r| matches!(r, Record::Expired { .. })).unwrap();
    let proven =
        records[expired..].iter().filter(|r| matches!(r, Record::Intended { step, .. } if step.0 == 0)).count();
    assert_eq!(proven, 1, "the backup must be proven ready again");
}

#[tokio::test]
async fn a_committed_failure_is_never_tried_again() {
    let stage = dead_primary().await;
    stage.world().mempool = Mempool::Fails("NonFungibleVaultError(MissingId)".into());
    let (outcome, records) = stage.run(&stage.unit(), Kind::Failover).await;
    assert_eq!((outcome, sent(&stage).len()), (Outcome::Failed, 1));
    assert!(reasons(&records)[0].contains("MissingId"), "{:?}", reasons(&records));
    assert_eq!(stage.world().component_key, KEY_A);
}

#[tokio::test]
async fn a_transaction_rejected_for_good_is_never_tried_again() {
    let stage = dead_primary().await;
    stage.world().mempool = Mempool::RejectsForGood("InvalidIntent".into());
    let (outcome, records) = stage.run(&stage.unit(), Kind::Failover).await;
    assert_eq!((outcome, payloads(&records).len()), (Outcome::Failed, 1));
    assert!(reasons(&records)[0].contains("InvalidIntent"), "{:?}", reasons(&records));
}

#[tokio::test]
async fn lost_answers_and_lost_transactions_end_with_one_payload() {
    for (manner, mempool) in [(Manner::AnswerLost, Mempool::Runs), (Manner::Honest, Mempool::Drops)] {
        let stage = dead_primary().await;
        {
            let mut world = stage.world();
            world.gateways.values_mut().for_each(|gateway| *gateway = manner.clone());
            world.node("b").manner = manner.clone();
            world.mempool = mempool;
        }
        let unit = stage.unit();
        let mut run = std::pin::pin!(stage.run(&unit, Kind::Failover));
        let until = stage.clock_after(Duration::from_secs(20));
        let early = stage.until(&mut run, until).await;
        stage.world().mempool = Mempool::Runs;
        let (outcome, records) = match early {
            Some(done) => done,
            None => run.await,
        };
        assert_eq!((outcome, payloads(&records).len(), sent(&stage).len()), (Outcome::Completed, 1, 1), "{manner:?}");
    }
}

#[tokio::test]
async fn one_bad_gateway_neither_stops_nor_misleads_a_failover() {
    for manner in [Manner::Html, Manner::Truncated, Manner::Busy, Manner::Old(734), Manner::Liar] {
        let stage = dead_primary().await;
        stage.world().gateways.insert("g1".into(), manner.clone());
        let (outcome, _) = stage.run(&stage.unit(), Kind::Failover).await;
        assert_eq!(outcome, Outcome::Completed, "{manner:?}");
    }
}

#[tokio::test]
async fn where_somebody_else_moves_the_key_meanwhile_nothing_more_is_sent() {
    let stage = dead_primary().await;
    stage.world().mempool = Mempool::Drops;
    let unit = stage.unit();
    let mut run = std::pin::pin!(stage.run(&unit, Kind::Failover));
    let until = stage.clock_after(Duration::from_secs(3));
    assert!(stage.until(&mut run, until).await.is_none());
    stage.world().component_key = KEY_X.into();
    let before = stage.world().submitted.len();
    let (outcome, records) = run.await;
    assert_eq!(outcome, Outcome::Failed);
    assert!(reasons(&records)[0].contains("somebody else acted"), "{:?}", reasons(&records));
    assert_eq!(stage.world().submitted.len(), before);
}

#[tokio::test]
async fn a_primary_that_comes_back_in_the_middle_never_makes_two_signers() {
    let stage = dead_primary().await;
    let unit = stage.unit();
    let mut run = std::pin::pin!(stage.run(&unit, Kind::Failover));
    let until = stage.clock_after(Duration::from_secs(2));
    let early = stage.until(&mut run, until).await;
    stage.world().node("a").is_running = true;
    let (outcome, _) = match early {
        Some(done) => done,
        None => run.await,
    };
    assert_eq!(outcome, Outcome::Completed);
    stage.advance(Duration::from_mins(1));
    assert_one_key_an_epoch(&stage);
}

#[tokio::test]
async fn a_switchover_misses_no_proposal() {
    let stage = Stage::new().await;
    stage.advance(Duration::from_secs(5));
    let before = stage.world().totals.1;
    let (outcome, _) = stage.run(&stage.unit(), Kind::Switchover).await;
    stage.advance(Duration::from_mins(1));
    assert_eq!((outcome, stage.world().totals.1 - before), (Outcome::Completed, 0));
    assert_one_key_an_epoch(&stage);
}

#[tokio::test]
async fn as_a_last_resort_the_validator_leaves_the_set() {
    let stage = dead_primary().await;
    let mut settings = stage.settings();
    settings["last_resort"] = json!("6 epochs");
    let unit = stage.unit_of(settings);
    assert_eq!(unit.last_resort, Some(Duration::from_mins(30)));
    let proposal = stage.plan(&unit, Kind::LastResort).await.unwrap();
    assert_eq!(proposal.to, None);
    let (outcome, _) = stage.execute(&unit, Stage::request(Kind::LastResort, None), proposal).await;
    assert_eq!((outcome, stage.world().set_key.clone()), (Outcome::Completed, None));
}

#[tokio::test]
async fn a_backup_that_is_lost_between_plan_and_proof_ends_the_saga_with_nothing_sent() {
    let stage = dead_primary().await;
    let unit = stage.unit();
    let proposal = stage.plan(&unit, Kind::Failover).await.unwrap();
    stage.advance(Duration::from_secs(10));
    stage.world().node("b").validator = None;
    let (outcome, records) = stage.execute(&unit, Stage::request(Kind::Failover, None), proposal).await;
    assert_eq!(outcome, Outcome::Aborted);
    assert!(reasons(&records)[0].contains("backup_not_configured"), "{:?}", reasons(&records));
    assert!(stage.world().submitted.is_empty());
}

#[tokio::test]
async fn plans_of_one_world_are_equal_survive_json_and_hold_no_secret() {
    let stage = dead_primary().await;
    let unit = stage.unit();
    let one = stage.plan(&unit, Kind::Failover).await.unwrap().plan;
    stage.advance(Duration::from_secs(7));
    let two = stage.plan(&unit, Kind::Failover).await.unwrap().plan;
    assert_eq!(one, two);
    let text = serde_json::to_string(&one).unwrap();
    assert_eq!(serde_json::from_str::<Plan<serde_json::Value>>(&text).unwrap(), one);
    for step in one.steps() {
        assert!(!unit.actor.describe(&step.step).contains('{'), "{}", unit.actor.describe(&step.step));
    }
    let (_, records) = stage.run(&unit, Kind::Failover).await;
    let journal = serde_json::to_string(&records).unwrap();
    assert!(!journal.contains(OWNER_KEY) && !text.contains(OWNER_KEY) && !format!("{unit:?}").contains(OWNER_KEY));
}
