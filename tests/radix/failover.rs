//! The backup takes over, and gives back.
use serde_json::json;
use std::path::Path;
use tanist_tests::devnet::Devnet;
use tanist_tests::program::{NAME, Program};
use tanist_tests::until::until;

#[tokio::test]
async fn when_the_primary_stops_the_backup_signs_and_nobody_signs_twice() {
    let Some(devnet) = Devnet::start(&[]).await else { return };
    let mut program = Program::on(&devnet, "act", "");
    program.begin_until("healthy").await;
    devnet.stop("node_a").await;
    let operation = program.operation_ended(60).await;
    assert_eq!((&operation["state"], &operation["to"]), (&json!("succeeded"), &json!("node_b")), "{}", program.log());
    until("the backup's vote", 30, async || (devnet.newest_voter().await? == "node_b").then_some(())).await;
    devnet.begin("node_a").await;
    program.until_state("healthy").await;
    let record = devnet.record().await;
    record.assert_one_signer();
    assert_eq!((record.submitted(), record.newest_voter().as_deref()), (1, Some("node_b")));
    assert!(program.terminate().await.success());
    let verified =
        program.call(&["journal", "verify", program.folder().join("state/journal.redb").to_str().unwrap()]).await;
    assert_eq!(verified.code, Some(0), "{verified:?}");
    no_secret_in(program.folder(), &devnet);
    devnet.end().await;
}

/// Neither the owner's key nor its phrase is anywhere but in the key's own file.
fn no_secret_in(folder: &Path, devnet: &Devnet) {
    let key = devnet.text("/owner_private_key_hex");
    let raw: Vec<u8> = (0..key.len()).step_by(2).map(|at| u8::from_str_radix(&key[at..at + 2], 16).unwrap()).collect();
    let planted = [key.as_bytes(), &raw, devnet.text("/owner_mnemonic").as_bytes()];
    for file in [folder.join("log"), folder.join("state/journal.redb"), folder.join("tanist.toml")] {
        let bytes = std::fs::read(&file).unwrap();
        for secret in planted {
            assert!(!bytes.windows(secret.len()).any(|window| window == secret), "a secret is in {}", file.display());
        }
    }
}

#[tokio::test]
async fn a_planned_switchover_and_the_way_back_miss_no_proposal() {
    let Some(devnet) = Devnet::start(&[]).await else { return };
    let mut program = Program::on(&devnet, "advise", "");
    program.begin_until("healthy").await;
    let before = devnet.record().await.version();
    for to in ["node_b", "node_a"] {
        let dry = program.call(&["switchover", NAME, "--to", to]).await;
        assert_eq!(dry.code, Some(0), "{dry:?}");
        assert!(dry.stdout.contains("Dry run: nothing was changed"), "{dry:?}");
        let unconfirmed = program.call(&["switchover", NAME, "--to", to, "--execute"]).await;
        assert_eq!(unconfirmed.code, Some(5), "{unconfirmed:?}");
        let moved = program.call(&["switchover", NAME, "--to", to, "--execute", "--confirm", NAME, "--wait=60s"]).await;
        assert_eq!(moved.code, Some(0), "{moved:?} {}", program.log());
        until(format!("{to}'s vote"), 30, async || (devnet.newest_voter().await? == to).then_some(())).await;
        program.until_state("healthy").await;
    }
    let record = devnet.record().await;
    record.assert_one_signer();
    assert_eq!(record.missed_since(before), Vec::<serde_json::Value>::new());
    assert_eq!(record.submitted(), 2);
    devnet.end().await;
}

#[tokio::test]
async fn two_nodes_with_one_key_are_refused_by_the_program_and_noticed_by_the_network() {
    let Some(devnet) = Devnet::start(&[]).await else { return };
    let mut program = Program::on(&devnet, "advise", "");
    program.begin_until("healthy").await;
    devnet.post("/nodes/node_b/configure", json!({ "key_of": "node_a" })).await;
    until("the network's own alarm", 30, async || (devnet.record().await.0["violated"] == true).then_some(())).await;
    let refused = program.call(&["failover", NAME, "--to", "node_b"]).await;
    assert_eq!(refused.code, Some(4), "{refused:?}");
}

#[tokio::test]
async fn without_any_backup_the_validator_is_taken_out_of_duty_where_the_operator_opted_in() {
    let Some(devnet) = Devnet::start(&[]).await else { return };
    let mut program = Program::on(&devnet, "act", "");
    let with_last_resort = std::fs::read_to_string(program.folder().join("tanist.toml")).unwrap();
    program.write(
        "tanist.toml",
        &with_last_resort.replace("chain = \"radix\"", "chain = \"radix\"\nlast_resort = \"3s\""),
    );
    program.begin_until("healthy").await;
    devnet.post("/nodes/node_b/configure", json!({ "validator": null })).await;
    devnet.stop("node_a").await;
    let operation = program.operation_ended(90).await;
    assert_eq!(
        (&operation["state"], &operation["kind"]),
        (&json!("succeeded"), &json!("last_resort")),
        "{}",
        program.log()
    );
    devnet.record().await.assert_one_signer();
    devnet.end().await;
}
