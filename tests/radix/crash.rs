//! The real program dies at every durable write and every effect of a failover, and starts again.
use serde_json::json;
use tanist_tests::devnet::Devnet;
use tanist_tests::program::Program;
use tanist_tests::until::until;

/// More points than a failover has; the loop ends at the first one that is not reached.
const MOST: u64 = 120;

#[tokio::test]
async fn death_at_any_point_of_a_failover_ends_with_one_signer_and_one_payload_per_intent() {
    let Some(devnet) = Devnet::start(&[]).await else { return };
    let (mut signing, mut waiting) = ("node_a", "node_b");
    let mut deaths = 0;
    for point in 1..MOST {
        let mut program = Program::on(&devnet, "act", "");
        program.begin(Some(point));
        let alive = until("health, or death before it", 60, async || match program.ended() {
            Some(_) => Some(false),
            None => (program.status().await?["state"] == "healthy").then_some(true),
        })
        .await;
        devnet.stop(signing).await;
        let died = !alive
            || until("the end, or death before it", 90, async || match program.ended() {
                Some(_) => Some(true),
                None => (!program.status().await?["last_operation"].is_null()).then_some(false),
            })
            .await;
        if died {
            deaths += 1;
            program.begin(None);
        }
        let moved = moved(&devnet, &mut program, waiting).await;
        assert!(moved, "point {point}: {}", program.log());
        devnet.record().await.assert_one_signer();
        program.terminate().await;
        let journal = program.folder().join("state/journal.redb");
        let verified = program.call(&["journal", "verify", journal.to_str().unwrap()]).await;
        assert_eq!(verified.code, Some(0), "point {point}: {verified:?}");
        devnet.begin(signing).await;
        (signing, waiting) = (waiting, signing);
        if !died {
            println!("{deaths} deaths, one at each point");
            assert!(deaths >= 20, "only {deaths} points: is the program built with `crash-points`?");
            devnet.end().await;
            return;
        }
    }
    panic!("a failover has fewer than {MOST} points");
}

/// Waits until the validator is at `to`, whichever operation brings it there: one that was dropped
/// before anything was sent is followed by another.
async fn moved(devnet: &Devnet, program: &mut Program, to: &str) -> bool {
    until(format!("{to} to sign"), 120, async || {
        let status = program.status().await?;
        let is_over = status.get("operation").is_none() && status["signer"] == json!(to);
        let votes = devnet.newest_voter().await? == to;
        (is_over && votes).then_some(true)
    })
    .await
}
