//! What can become of a submission, and how each ends.
use serde_json::{Value, json};
use tanist_tests::devnet::Devnet;
use tanist_tests::program::{NAME, Program};
use tanist_tests::until::until;

async fn dead_primary(before: impl AsyncFnOnce(&Devnet)) -> Option<(Devnet, Program)> {
    let devnet = Devnet::start(&[]).await?;
    let mut program = Program::on(&devnet, "act", "");
    program.begin_until("healthy").await;
    before(&devnet).await;
    devnet.stop("node_a").await;
    Some((devnet, program))
}

async fn submitted(devnet: &Devnet, count: usize) {
    until(format!("submission number {count}"), 120, async || {
        (devnet.record().await.submitted() >= count).then_some(())
    })
    .await;
}

async fn finish(devnet: Devnet, mut program: Program, state: &str, intents: usize) -> Value {
    let operation = program.operation_ended(180).await;
    assert_eq!(operation["state"], state, "{operation:#} {}", program.log());
    let record = devnet.record().await;
    record.assert_one_signer();
    assert_eq!(record.submitted(), intents, "{:#}", record.0["intents"]);
    devnet.end().await;
    operation
}

#[tokio::test]
async fn answers_that_get_lost_change_nothing() {
    let lose = async |devnet: &Devnet| {
        for path in ["/transaction/submit", "/core/transaction/submit"] {
            devnet.post("/faults", json!({ "target": "*", "path": path, "kind": "answer_lost", "count": 4 })).await;
        }
    };
    let Some((devnet, program)) = dead_primary(lose).await else { return };
    finish(devnet, program, "succeeded", 1).await;
}

#[tokio::test]
async fn a_transaction_held_up_in_the_mempool_is_waited_for_and_not_replaced() {
    let hold = async |devnet: &Devnet| drop(devnet.post("/mempool", json!({ "mode": "hold" })).await);
    let Some((devnet, program)) = dead_primary(hold).await else { return };
    submitted(&devnet, 1).await;
    let epoch = devnet.epoch().await;
    until("an epoch", 30, async || (devnet.epoch().await > epoch).then_some(())).await;
    devnet.post("/mempool", json!({ "mode": "run" })).await;
    finish(devnet, program, "succeeded", 1).await;
}

#[tokio::test]
async fn a_temporary_rejection_is_followed_until_it_commits() {
    let reject =
        async |devnet: &Devnet| drop(devnet.post("/mempool", json!({ "mode": "reject", "message": "not now" })).await);
    let Some((devnet, program)) = dead_primary(reject).await else { return };
    submitted(&devnet, 1).await;
    devnet.post("/mempool", json!({ "mode": "run" })).await;
    finish(devnet, program, "succeeded", 1).await;
}

#[tokio::test]
async fn a_transaction_that_expires_unseen_is_replaced_only_then() {
    let drop_all = async |devnet: &Devnet| drop(devnet.post("/mempool", json!({ "mode": "drop" })).await);
    let Some((devnet, program)) = dead_primary(drop_all).await else { return };
    submitted(&devnet, 1).await;
    until("expiry", 120, async || {
        let events = program.events().await;
        events.iter().any(|event| event["event"] == "expired").then_some(())
    })
    .await;
    devnet.post("/mempool", json!({ "mode": "run" })).await;
    finish(devnet, program, "succeeded", 2).await;
}

#[tokio::test]
async fn a_committed_failure_is_told_and_never_repeated() {
    // The badge leaves in the same round, just before our transaction that needs it.
    let hold = async |devnet: &Devnet| {
        devnet.post("/mempool", json!({ "mode": "hold" })).await;
        devnet.post("/owner", json!({ "act": "move_badge" })).await;
    };
    let Some((devnet, mut program)) = dead_primary(hold).await else { return };
    submitted(&devnet, 1).await;
    devnet.post("/mempool", json!({ "mode": "run" })).await;
    let operation = program.operation_ended(120).await;
    assert_eq!(operation["state"], "failed", "{operation:#} {}", program.log());
    let status = until("a hold", 30, async || program.status().await.filter(|status| !status["hold"].is_null())).await;
    assert_eq!(status["hold"]["code"], "unacknowledged");
    let seen = program.call(&["ack", NAME]).await;
    assert_eq!((seen.code, seen.stdout.as_str()), (Some(0), "acknowledged: main\n"), "{seen:?}");
    until("the reason why it cannot be tried again", 30, async || {
        (program.status().await?["hold"]["code"] == "badge_missing").then_some(())
    })
    .await;
    finish(devnet, program, "failed", 1).await;
}
