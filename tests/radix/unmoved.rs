//! Nothing moves when it is not the validator that fails.
use serde_json::{Value, json};
use tanist_tests::devnet::Devnet;
use tanist_tests::program::Program;
use tanist_tests::until::{pass, until};

/// Starts both, brings about trouble, and sees nothing move for long enough that a dead primary would
/// have been replaced.
async fn unmoved(trouble: impl AsyncFnOnce(&Devnet)) -> Option<(Devnet, Program)> {
    let devnet = Devnet::start(&[]).await?;
    let mut program = Program::on(&devnet, "act", "");
    program.begin_until("healthy").await;
    trouble(&devnet).await;
    pass(12).await;
    let status = program.status().await.unwrap();
    assert!(
        status.get("operation").is_none() && status.get("last_operation").is_none(),
        "{status:#} {}",
        program.log()
    );
    assert_ne!(status["state"], "failing");
    let record = devnet.record().await;
    record.assert_one_signer();
    assert_eq!(record.submitted(), 0);
    Some((devnet, program))
}

#[tokio::test]
async fn nothing_moves_while_the_whole_network_halts() {
    let halt = async |devnet: &Devnet| drop(devnet.post("/halt", json!({})).await);
    let Some((devnet, mut program)) = unmoved(halt).await else { return };
    devnet.post("/resume", json!({})).await;
    program.until_state("healthy").await;
    devnet.end().await;
}

#[tokio::test]
async fn nothing_moves_because_of_one_gateway_whatever_is_wrong_with_it() {
    let key = "02".to_owned() + &"11".repeat(32);
    for fault in [
        json!({ "target": "gateway_1", "kind": "stale", "age_ms": 734_000, "refuse": false }),
        json!({ "target": "gateway_1", "kind": "html", "status": 502 }),
        json!({ "target": "gateway_1", "kind": "truncated" }),
        json!({ "target": "gateway_1", "kind": "lie", "path": "/statistics", "set": { "/validators/items/0/proposals_missed": 400_000 } }),
        json!({ "target": "gateway_1", "kind": "fork", "epoch_shift": 1, "key": key }),
    ] {
        let told: Value = fault.clone();
        let trouble = async |devnet: &Devnet| drop(devnet.post("/faults", fault).await);
        let Some((devnet, mut program)) = unmoved(trouble).await else { return };
        println!("{told}");
        program.until_state("healthy").await;
        devnet.end().await;
    }
}

#[tokio::test]
async fn nothing_moves_while_only_the_watchdogs_own_network_is_cut() {
    let cut = async |devnet: &Devnet| drop(devnet.post("/faults", json!({ "target": "*", "kind": "dropped" })).await);
    let Some((devnet, mut program)) = unmoved(cut).await else { return };
    program.until_state("unknown").await;
    devnet.heal().await;
    program.until_state("healthy").await;
    devnet.end().await;
}

#[tokio::test]
async fn nothing_moves_while_everybody_misses() {
    let incident = async |devnet: &Devnet| {
        devnet.post("/others/miss", json!({ "validators": 2 })).await;
        devnet.stop("node_a").await;
    };
    let Some((devnet, _program)) = unmoved(incident).await else { return };
    devnet.end().await;
}

#[tokio::test]
async fn nothing_moves_when_the_validator_leaves_the_set() {
    let leave = async |devnet: &Devnet| {
        devnet.post("/owner", json!({ "act": "unregister" })).await;
        let epoch = devnet.epoch().await;
        until("two epochs", 30, async || (devnet.epoch().await > epoch + 1).then_some(())).await;
        devnet.stop("node_a").await;
    };
    let Some((devnet, _program)) = unmoved(leave).await else { return };
    devnet.end().await;
}

#[tokio::test]
async fn nothing_moves_because_a_node_restarts_and_its_counters_begin_anew() {
    let restart = async |devnet: &Devnet| {
        for node in ["node_b", "node_c"] {
            devnet.stop(node).await;
            devnet.begin(node).await;
        }
    };
    let Some((devnet, _program)) = unmoved(restart).await else { return };
    devnet.end().await;
}
