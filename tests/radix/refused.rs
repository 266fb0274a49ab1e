//! A failover that must not be, is refused by name, and nothing is sent.
use serde_json::{Value, json};
use tanist_tests::devnet::Devnet;
use tanist_tests::program::{NAME, Program};
use tanist_tests::until::{pass, until};

/// A way to make a failover impossible, its code, and the way back.
type Case = (&'static str, &'static str, Value, &'static str, Value);

fn cases() -> Vec<Case> {
    let nodes = |what: &'static str| -> &'static str { what };
    vec![
        (
            "backup_not_synced",
            nodes("/nodes/node_b/lag"),
            json!({ "versions": 5000 }),
            "/nodes/node_b/heal",
            json!({ "sync_ms": 0 }),
        ),
        (
            "backup_wrong_key",
            "/nodes/node_b/configure",
            json!({ "key": format!("02{}", "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798") }),
            "",
            json!(null),
        ),
        (
            "backup_not_configured",
            "/nodes/node_b/configure",
            json!({ "validator": null }),
            "/nodes/node_b/configure",
            json!({ "validator": "ours" }),
        ),
        (
            "backup_wrong_network",
            "/nodes/node_b/configure",
            json!({ "network": "mainnet" }),
            "/nodes/node_b/configure",
            json!({ "network": "localnet" }),
        ),
        ("badge_missing", "/owner", json!({ "act": "move_badge" }), "/owner", json!({ "act": "return_badge" })),
        (
            "balance_low",
            "/owner",
            json!({ "act": "drain", "xrd": "0.5" }),
            "/owner",
            json!({ "act": "fund", "xrd": "1000" }),
        ),
    ]
}

#[tokio::test]
async fn every_missing_precondition_is_named_and_nothing_is_sent() {
    let Some(devnet) = Devnet::start(&[]).await else { return };
    let mut program = Program::on(&devnet, "advise", "");
    program.begin_until("healthy").await;
    let key_b = devnet.text("/nodes/node_b/public_key").to_owned();
    for (code, path, body, back, back_body) in cases() {
        devnet.post(path, body).await;
        until(code, 30, async || {
            let refused = program.call(&["failover", NAME, "--to", "node_b", "--json"]).await;
            let is_it = refused.stdout.contains(code) && refused.code == Some(4);
            is_it.then_some(())
        })
        .await;
        let (back, body) =
            if back.is_empty() { ("/nodes/node_b/configure", json!({ "key": key_b })) } else { (back, back_body) };
        devnet.post(back, body).await;
        until("the way back", 30, async || {
            let planned = program.call(&["failover", NAME, "--to", "node_b"]).await;
            (planned.code == Some(0)).then_some(())
        })
        .await;
    }
    let record = devnet.record().await;
    record.assert_one_signer();
    assert_eq!(record.submitted(), 0);
    devnet.end().await;
}

#[tokio::test]
async fn a_dead_primary_with_a_backup_that_lags_is_held_with_the_reason_until_the_backup_is_ready() {
    let Some(devnet) = Devnet::start(&[]).await else { return };
    let mut program = Program::on(&devnet, "act", "");
    program.begin_until("healthy").await;
    devnet.post("/nodes/node_b/configure", json!({ "validator": null })).await;
    devnet.stop("node_a").await;
    program.until_state("failing").await;
    let status = until("a hold", 30, async || program.status().await.filter(|status| !status["hold"].is_null())).await;
    assert_eq!(status["hold"]["code"], "backup_not_configured", "{status:#}");
    pass(3).await;
    assert_eq!(devnet.record().await.submitted(), 0);
    devnet.post("/nodes/node_b/configure", json!({ "validator": "ours" })).await;
    assert_eq!(program.operation_ended(60).await["state"], "succeeded", "{}", program.log());
    devnet.record().await.assert_one_signer();
    devnet.end().await;
}

#[tokio::test]
async fn a_key_changed_by_somebody_else_is_adopted_and_not_fought() {
    let Some(devnet) = Devnet::start(&[]).await else { return };
    let mut program = Program::on(&devnet, "act", "");
    program.begin_until("healthy").await;
    devnet.post("/update-key", json!({ "node": "node_b" })).await;
    until("the other node's vote", 30, async || (devnet.newest_voter().await? == "node_b").then_some(())).await;
    until("the adoption", 90, async || (program.status().await?["signer"] == "node_b").then_some(())).await;
    assert!(program.events().await.iter().any(|event| event["event"] == "adopted"));
    assert_eq!(devnet.record().await.submitted(), 0);
    devnet.end().await;
}
