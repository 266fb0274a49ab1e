//! A disk that takes nothing any more.
use tanist_tests::devnet::Devnet;
use tanist_tests::program::Program;
use tanist_tests::until::{pass, until};

#[tokio::test]
async fn a_full_disk_stops_acting_and_not_watching_and_with_room_the_next_start_moves_the_validator() {
    let Some(devnet) = Devnet::start(&[]).await else { return };
    let mut program = Program::on(&devnet, "act", "");
    program.begin_until("healthy").await;
    program.fill_disk(true);
    devnet.stop("node_a").await;
    program.until_state("failing").await;
    let stopped = until("a word about the disk", 60, async || {
        let service = program.service().await?;
        service.get("stopped").filter(|stopped| !stopped.is_null()).cloned()
    })
    .await;
    assert_eq!(stopped["code"], "storage", "{stopped:#}");
    pass(10).await;
    assert_eq!(program.status().await.unwrap()["state"], "failing", "it is still watched");
    assert_eq!(devnet.record().await.submitted(), 0, "nothing was sent without a record of it");

    // Room alone is not enough: what a failed write left on the disk is known after a restart.
    program.fill_disk(false);
    pass(5).await;
    assert_eq!(devnet.record().await.submitted(), 0);
    assert!(program.terminate().await.success(), "{}", program.log());
    program.begin(None);
    until("node_b to sign", 120, async || (devnet.newest_voter().await? == "node_b").then_some(())).await;
    let ended = program.operation_ended(60).await;
    assert_eq!(ended["state"], "succeeded", "{ended:#}");
    devnet.record().await.assert_one_signer();
    program.terminate().await;
    let journal = program.folder().join("state/journal.redb");
    let verified = program.call(&["journal", "verify", journal.to_str().unwrap()]).await;
    assert_eq!(verified.code, Some(0), "{verified:?}");
    devnet.end().await;
}
