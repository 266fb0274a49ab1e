//! What keeps a failover from being planned: each reason by its code, all of them at once, and
//! nothing sent.
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

use chain_radix::config::{Settings, SettingsError};
use serde_json::{Value, json};
use stage::{Stage, codes};
use watchdog_core::action::Kind;
use watchdog_core::chain::AssembleError;
use watchdog_core::config::Mode;
use watchdog_core::secret::SecretError;
use world::{KEY_A, KEY_B, KEY_X, Manner, OTHER, World};

/// Codes of the refusals of a failover after `change`; asserts that nothing was sent.
async fn refused(kind: Kind, change: impl FnOnce(&mut World)) -> Vec<String> {
    let stage = Stage::new().await;
    let unit = stage.unit();
    change(&mut stage.world());
    let refusals = stage.plan(&unit, kind).await.expect_err("it was planned");
    assert!(stage.world().submitted.is_empty(), "something was sent");
    assert!(refusals.iter().all(|r| !r.message.is_empty() && !r.hint.is_empty()), "{refusals:?}");
    codes(&refusals).into_iter().map(str::to_owned).collect()
}

#[tokio::test]
async fn a_backup_that_would_lose_the_validator_is_refused() {
    type Change = fn(&mut World);
    let cases: [(&str, Change); 9] = [
        ("backup_not_synced", |world| world.node("b").health = "SYNCING".into()),
        ("backup_not_synced", |world| world.node("b").health = "OUT_OF_SYNC".into()),
        ("backup_not_synced", |world| world.node("b").lag = 900),
        ("backup_wrong_key", |world| world.node("b").key = KEY_X.into()),
        ("backup_not_configured", |world| world.node("b").validator = None),
        ("backup_wrong_validator", |world| world.node("b").validator = Some(OTHER.into())),
        ("backup_unreachable", |world| world.node("b").is_running = false),
        ("badge_missing", |world| world.has_badge = false),
        ("balance_low", |world| world.xrd = "1.9".into()),
    ];
    for (code, change) in cases {
        let found = refused(Kind::Failover, change).await;
        assert!(found.contains(&code.to_owned()), "{code} is not in {found:?}");
    }
}

#[tokio::test]
async fn a_backup_on_another_network_is_refused() {
    let found = refused(Kind::Failover, |world| world.node("b").suffix = "tdx_2_".into()).await;
    assert!(found.contains(&"backup_wrong_network".to_owned()), "{found:?}");
}

#[tokio::test]
async fn a_preview_that_fails_or_that_nobody_gives_is_refused() {
    for status in ["Failed", "Rejected"] {
        assert_eq!(refused(Kind::Failover, |world| world.preview = status.into()).await, ["preview_failed"]);
    }
}

#[tokio::test]
async fn a_ledger_that_somebody_else_changed_is_left_alone() {
    let found =
        refused(Kind::Failover, |world| (world.component_key, world.set_key) = (KEY_X.into(), Some(KEY_X.into())))
            .await;
    assert_eq!(found, ["ledger_key_changed"]);
    let pending = refused(Kind::Failover, |world| world.set_key = Some(KEY_X.into())).await;
    assert_eq!(pending, ["key_change_pending"]);
    let left = refused(Kind::Failover, |world| (world.is_registered, world.set_key) = (false, None)).await;
    assert_eq!(left, ["validator_not_in_set", "validator_not_registered"]);
}

#[tokio::test]
async fn too_few_or_contradicting_views_are_refused() {
    let cut = |world: &mut World| world.gateways.values_mut().for_each(|manner| *manner = Manner::Html);
    assert_eq!(refused(Kind::Failover, cut).await, ["too_few_views"]);
    let old = |world: &mut World| world.gateways.values_mut().for_each(|manner| *manner = Manner::Old(90));
    assert_eq!(refused(Kind::Failover, old).await, ["too_few_views"]);
    let split = |world: &mut World| {
        world.gateways.insert("g1".into(), Manner::Liar);
        world.gateways.insert("g2".into(), Manner::Html);
    };
    assert_eq!(refused(Kind::Failover, split).await, ["views_disagree"]);
}

#[tokio::test]
async fn every_reason_is_given_at_once() {
    let found = refused(Kind::Failover, |world| {
        (world.node("b").validator, world.has_badge, world.xrd) = (None, false, "0".into());
        world.preview = "Rejected".into();
    });
    let expected = ["backup_not_configured", "badge_missing", "balance_low", "preview_failed"];
    assert_eq!(found.await, expected);
}

#[tokio::test]
async fn a_switchover_needs_both_nodes_well_and_a_failover_does_not() {
    let found = refused(Kind::Switchover, |world| world.node("a").is_running = false).await;
    assert_eq!(found, ["signer_not_healthy"]);
    let stage = Stage::new().await;
    stage.world().node("a").is_running = false;
    let proposal = stage.plan(&stage.unit(), Kind::Failover).await.unwrap();
    assert_eq!(proposal.to.unwrap().as_str(), "b");
}

#[tokio::test]
async fn unregistering_needs_to_be_allowed() {
    assert_eq!(refused(Kind::LastResort, |_| ()).await, ["last_resort_disabled"]);
}

#[tokio::test]
async fn in_mode_observe_nothing_can_be_sent() {
    let stage = Stage::new().await;
    let mut settings = stage.settings();
    settings.as_object_mut().unwrap().remove("owner_key");
    let mut assembly = stage.try_assemble(settings, Mode::Observe).unwrap();
    assert!(assembly.services.is_empty());
    let unit = assembly.units.pop().unwrap();
    assert_eq!(codes(&stage.plan(&unit, Kind::Failover).await.unwrap_err()), ["owner_key_missing"]);
}

/// Why the settings after `change` cannot be used.
async fn unusable(change: impl FnOnce(&mut Value)) -> String {
    let stage = Stage::new().await;
    let mut settings = stage.settings();
    change(&mut settings);
    match stage.try_assemble(settings, Mode::Act) {
        Err(AssembleError::Settings(error)) => error.to_string(),
        Err(AssembleError::Secret(error)) => format!("secret: {error}"),
        Ok(_) => panic!("they can be used"),
    }
}

#[tokio::test]
async fn settings_that_make_no_sense_say_which_key_and_what_to_do() {
    type Change<'a> = Box<dyn FnOnce(&mut Value) + 'a>;
    let cases: Vec<(&str, Change<'_>)> = vec![
        ("configured network stokenet", Box::new(|s| s["network"] = json!("stokenet"))),
        ("node.a and node.b have one public_key", Box::new(|s| s["node"]["b"]["public_key"] = json!(KEY_A))),
        ("need at least 2", Box::new(|s| drop(s["node"].as_object_mut().unwrap().remove("b")))),
        ("node.b has no endpoint", Box::new(|s| s["node"]["b"] = json!({ "public_key": KEY_B }))),
        ("policy.need is 2", Box::new(|s| s["gateways"] = json!([]))),
        ("policy.missed is out of range", Box::new(|s| s["policy"] = json!({ "missed": 7 }))),
        ("policy.window is out of range", Box::new(|s| s["policy"] = json!({ "window": "0 epochs" }))),
        ("fee_lock is out of range", Box::new(|s| s["fee_lock"] = json!("0.2"))),
        ("fee_lock: ", Box::new(|s| s["fee_lock"] = json!("two"))),
        ("probe.period is out of range", Box::new(|s| s["probe"] = json!({ "period": "1ms" }))),
        ("owner_account is missing", Box::new(|s| s["owner_account"] = Value::Null)),
        ("owner_key is missing", Box::new(|s| s["owner_key"] = Value::Null)),
        ("secret: ", Box::new(|s| s["owner_key"]["scheme"] = json!("olympia"))),
    ];
    for (expected, change) in cases {
        let found = unusable(change).await;
        assert!(found.contains(expected), "{expected} is not in: {found}");
    }
}

#[tokio::test]
async fn a_key_of_another_account_is_a_malformed_secret_and_is_not_quoted() {
    let stage = Stage::new().await;
    let mut settings = stage.settings();
    settings["owner_key"]["scheme"] = json!("olympia");
    let Err(AssembleError::Secret(SecretError::Malformed { place, reason })) = stage.try_assemble(settings, Mode::Act)
    else {
        panic!("it was taken")
    };
    assert_eq!(place, "<env:OWNER>");
    assert!(reason.contains("owner_account is account_rdx1") && !reason.contains(world::OWNER_KEY), "{reason}");
}

#[test]
fn misspelt_keys_are_refused_everywhere() {
    for wrong in [
        json!({ "gateway": [] }),
        json!({ "policy": { "mised": 1 } }),
        json!({ "probe": { "perid": "1s" } }),
        json!({ "authorisation": { "kind": "direct", "component": "x" } }),
        json!({ "owner_key": { "secret": { "env": "A" }, "indx": 0 } }),
        json!({ "owner_key": { "secret": "inline" } }),
        json!({ "gateways": [{ "url": "https://h", "origins": "x" }] }),
        json!({ "gateways": ["https://user:word@h"] }),
        json!({ "node": { "a": { "public_key": KEY_A, "sytem": "http://h" } } }),
        json!({ "node": { "a": { "public_key": "00".repeat(33), "system": "http://h" } } }),
        json!({ "node": { "A": { "public_key": KEY_A } } }),
        json!({ "last_resort": "soon" }),
    ] {
        let mut settings = json!({
            "network": "mainnet", "address": world::VALIDATOR, "node": { "a": { "public_key": KEY_A, "system": "http://h" } },
        });
        assert!(serde_json::from_value::<Settings>(settings.clone()).is_ok());
        settings.as_object_mut().unwrap().extend(wrong.as_object().unwrap().clone());
        assert!(serde_json::from_value::<Settings>(settings).is_err(), "{wrong}");
    }
}

#[test]
fn errors_of_settings_are_one_line() {
    let error = SettingsError::TooFewNodes(1).to_string();
    assert!(!error.contains('\n') && !error.ends_with('.'));
}
