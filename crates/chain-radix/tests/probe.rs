//! What is made of sources that lie, lag, break and fall silent: a validator that works is never
//! down, and one that does not is.
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

use serde_json::json;
use stage::Stage;
use std::time::Duration;
use watchdog_core::policy::{Reason, Verdict};
use watchdog_core::probe::Performance;
use watchdog_core::unit::Sensed;
use world::{KEY_B, KEY_X, Manner};

/// Three epochs.
const LONG: u64 = 60;

fn verdict(sensed: &[Sensed]) -> Verdict {
    sensed.last().unwrap().decision.verdict
}

fn rules(reason: &Reason, found: &mut Vec<String>) {
    found.push(reason.rule.as_str().to_owned());
    reason.parts.iter().for_each(|part| rules(part, found));
}

fn rule(sensed: &[Sensed]) -> String {
    sensed.last().unwrap().decision.reason.rule.as_str().to_owned()
}

/// What `change` does to a validator that worked: whether it is ever down within four epochs.
async fn is_ever_down_after(change: impl FnOnce(&Stage)) -> bool {
    let stage = Stage::new().await;
    let mut unit = stage.unit();
    assert!(!stage.is_ever_down(&mut unit, LONG).await, "it was down before anything happened");
    change(&stage);
    stage.is_ever_down(&mut unit, 80).await
}

#[tokio::test]
async fn a_validator_that_proposes_is_healthy() {
    let stage = Stage::new().await;
    let sensed = stage.sense(&mut stage.unit(), LONG).await;
    assert_eq!(verdict(&sensed), Verdict::Healthy, "{:?}", sensed.last().unwrap().decision.reason);
}

#[tokio::test]
async fn a_dead_primary_is_down_once_its_epoch_has_ended_and_the_reason_has_the_numbers() {
    let stage = Stage::new().await;
    let mut unit = stage.unit();
    stage.sense(&mut unit, LONG).await;
    stage.world().node("a").is_running = false;
    let sensed = stage.sense(&mut unit, 44).await;
    assert_eq!(verdict(&sensed), Verdict::Down, "{:?}", sensed.last().unwrap().decision.reason);
    let reason = &sensed.last().unwrap().decision.reason;
    assert!(reason.to_string().starts_with("missed_proposals "), "{reason}");
    let mut all = Vec::new();
    rules(reason, &mut all);
    for rule in ["network_is_well", "quorum", "missed_in_window", "missed_in_a_row", "opportunities"] {
        assert!(all.iter().any(|found| found == rule), "{rule} is not in {all:?}");
    }
}

#[tokio::test]
async fn one_bad_gateway_makes_no_working_validator_down_and_hides_no_dead_one() {
    for manner in [Manner::Html, Manner::Truncated, Manner::Busy, Manner::Old(734), Manner::Liar] {
        let stage = Stage::new().await;
        let mut unit = stage.unit();
        stage.world().gateways.insert("g1".into(), manner.clone());
        assert!(!stage.is_ever_down(&mut unit, LONG).await, "{manner:?}");
        stage.world().node("a").is_running = false;
        assert!(stage.is_ever_down(&mut unit, 44).await, "{manner:?}");
    }
}

#[tokio::test]
async fn nobody_is_down_while_the_whole_network_halts() {
    assert!(!is_ever_down_after(|stage| stage.world().is_halted = true).await);
}

#[tokio::test]
async fn nobody_is_down_while_everybody_else_misses_too() {
    let missed = is_ever_down_after(|stage| {
        let mut world = stage.world();
        world.node("a").is_running = false;
        world.others_miss = true;
    });
    assert!(!missed.await);
}

#[tokio::test]
async fn nobody_is_down_while_only_the_watchdogs_own_network_is_cut() {
    let cut = is_ever_down_after(|stage| {
        let mut world = stage.world();
        world.gateways.values_mut().for_each(|manner| *manner = Manner::Html);
        world.nodes.values_mut().for_each(|node| node.manner = Manner::Html);
    });
    assert!(!cut.await);
}

#[tokio::test]
async fn a_validator_without_a_proposal_due_is_not_down() {
    let idle = is_ever_down_after(|stage| {
        let mut world = stage.world();
        world.has_turns = false;
        world.node("a").is_running = false;
    });
    assert!(!idle.await);
}

#[tokio::test]
async fn a_validator_that_left_the_set_is_not_down_whatever_it_missed_before() {
    let stage = Stage::new().await;
    let mut unit = stage.unit();
    stage.sense(&mut unit, LONG).await;
    {
        let mut world = stage.world();
        world.node("a").is_running = false;
        (world.is_registered, world.set_key) = (false, None);
    }
    let sensed = stage.sense(&mut unit, 80).await;
    assert!(sensed.iter().all(|round| round.decision.verdict == Verdict::Unknown));
    assert_eq!(rule(&sensed), "not_in_set");
}

#[tokio::test]
async fn an_unreachable_primary_that_proposes_is_not_down() {
    assert!(!is_ever_down_after(|stage| stage.world().node("a").manner = Manner::Html).await);
}

#[tokio::test]
async fn counters_of_a_restarted_process_are_no_misses() {
    let stage = Stage::new().await;
    let mut unit = stage.unit();
    stage.sense(&mut unit, LONG).await;
    // Started anew, the node counts old rounds again while it catches up: more misses than before.
    stage.world().node("b").counted = (0, 400, 1);
    let sensed = stage.sense(&mut unit, 2).await;
    let rounds = sensed[0].readings().into_iter().find(|reading| reading.source == "b prometheus").unwrap();
    assert_eq!(rounds.performance, Some(Performance::Idle), "{}", rounds.line);
    stage.world().node("b").manner = Manner::Old(90);
    let blind = stage.sense(&mut unit, 2).await;
    stage.world().node("b").counted.1 += 50;
    stage.world().node("b").manner = Manner::Honest;
    let sensed = stage.sense(&mut unit, 2).await;
    let reading =
        |round: &Sensed| round.readings().into_iter().find(|r| r.source == "b prometheus").unwrap().performance;
    assert_eq!(
        (reading(&blind[0]), reading(&sensed[0])),
        (None, Some(Performance::Idle)),
        "what was counted while behind is old"
    );
}

#[tokio::test]
async fn misses_of_the_key_that_was_there_before_are_not_those_of_the_new_one() {
    let stage = Stage::new().await;
    let mut unit = stage.unit();
    stage.sense(&mut unit, LONG).await;
    stage.world().node("a").is_running = false;
    stage.sense(&mut unit, 20).await;
    stage.world().component_key = KEY_B.into();
    let sensed = stage.sense(&mut unit, 80).await;
    let downs = sensed.iter().skip_while(|round| round.decision.reason.rule.0 != "new_signer");
    assert!(downs.clone().count() > 0, "the hold never came");
    assert!(downs.clone().all(|round| round.decision.verdict != Verdict::Down));
    assert!(
        matches!(verdict(&sensed), Verdict::Healthy | Verdict::Degraded),
        "{:?}",
        sensed.last().unwrap().decision.reason
    );
}

#[tokio::test]
async fn a_wall_clock_that_jumps_by_an_hour_blinds_and_condemns_nobody() {
    for ahead in [true, false] {
        let stage = Stage::new().await;
        let mut unit = stage.unit();
        stage.sense(&mut unit, LONG).await;
        stage.world().node("a").is_running = false;
        let hour = Duration::from_hours(1);
        let mut sensed = Vec::new();
        for _ in 0..10 {
            stage.advance(Duration::from_secs(2));
            let now = stage.now();
            let wrong = if ahead { now.after(hour).0 } else { now.0 - 3_600_000 };
            stage.set_wall(wrong);
            sensed.push(unit.sensor.sense(&stage.cx).await);
            stage.set_wall(now.0);
        }
        assert!(sensed.iter().all(|round| round.decision.verdict != Verdict::Down), "ahead: {ahead}");
        assert!(
            sensed
                .last()
                .unwrap()
                .readings()
                .into_iter()
                .all(|r| r.performance.is_none() || r.source.ends_with("system"))
        );
    }
}

#[tokio::test]
async fn a_process_that_was_stopped_for_ten_minutes_begins_anew() {
    let stage = Stage::new().await;
    let mut unit = stage.unit();
    stage.sense(&mut unit, LONG).await;
    stage.world().node("a").is_running = false;
    stage.advance(Duration::from_mins(10));
    stage.world().node("a").is_running = true;
    unit.sensor.forget();
    assert!(!stage.is_ever_down(&mut unit, LONG).await);
}

#[tokio::test]
async fn a_source_that_goes_back_is_stale() {
    let stage = Stage::new().await;
    let mut unit = stage.unit();
    stage.sense(&mut unit, 10).await;
    stage.world().node("b").lag = 40;
    let sensed = stage.sense(&mut unit, 2).await;
    let core = sensed[0].readings().into_iter().find(|reading| reading.source == "b core").unwrap();
    assert!(core.evidence.is_none() && core.line.contains("positions behind"), "{}", core.line);
}

#[tokio::test]
async fn a_silent_primary_needs_fewer_misses_and_silence_alone_is_nothing() {
    let stage = Stage::new().await;
    let mut settings = stage.settings();
    settings["policy"] = json!({ "missed": 30, "of": 30, "in_a_row": 30, "unwell_for": "20s", "unwell_missed": 2 });
    let mut unit = stage.unit_of(settings);
    stage.world().node("a").manner = Manner::Html;
    assert!(!stage.is_ever_down(&mut unit, LONG).await);
    stage.world().node("a").is_running = false;
    assert!(stage.is_ever_down(&mut unit, 44).await);
}

#[tokio::test]
async fn a_liar_among_three_cannot_speak_for_the_key() {
    let stage = Stage::new().await;
    stage.world().gateways.insert("g1".into(), Manner::Liar);
    let unit = stage.unit();
    let signer = unit.actor.signer(&stage.cx).await.unwrap();
    assert_eq!(signer.to_string(), "a");
    stage.world().component_key = KEY_X.into();
    let signer = unit.actor.signer(&stage.cx).await.unwrap();
    assert!(signer.to_string().contains(KEY_X), "{signer}");
}
