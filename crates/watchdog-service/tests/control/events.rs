//! Events by page and as a stream.
use crate::rig::Rig;
use std::time::Duration;
use watchdog_core::config::Mode;
use watchdog_service::control::view::PauseBody;

async fn pause(rig: &Rig, reason: &str) {
    rig.client.pause("main", &PauseBody { until: None, reason: reason.into() }).await.unwrap();
}

#[tokio::test]
async fn pages_are_lines_without_gaps() {
    let rig = Rig::new(Mode::Observe).await;
    pause(&rig, "one").await;
    pause(&rig, "two").await;
    let all = rig.client.events(0).await.unwrap();
    for (place, event) in all.iter().enumerate() {
        assert_eq!(event.result.seq, place as u64 + 1);
        assert_eq!(event.document["schema"], "tanist/event/v1");
    }
    let last = all.last().unwrap().result.seq;
    assert!(rig.client.events(last).await.unwrap().is_empty());
    let response = rig.send("GET", "/v1/events?after=1&limit=1", "").await;
    assert_eq!(response.headers()["content-type"], "application/x-ndjson");
    let text = response.text().await.unwrap();
    assert_eq!(text.lines().count(), 1);
    assert!(text.contains("\"seq\":2"), "{text}");
}

#[tokio::test]
async fn a_stream_begins_after_the_position_named_and_goes_on_with_what_happens() {
    let rig = Rig::new(Mode::Observe).await;
    pause(&rig, "one").await;
    let newest = rig.handle.status().journal_seq;
    let mut following = rig.client.follow(newest - 1).await.unwrap();
    assert_eq!(following.next().await.unwrap().unwrap().result.seq, newest);
    pause(&rig, "two").await;
    let event = following.next().await.unwrap().unwrap().result;
    assert_eq!((event.seq, event.event.as_str()), (newest + 1, "paused"));
    assert!(event.summary.contains("two"));
}

#[tokio::test]
async fn a_reader_that_was_cut_off_resumes_without_a_gap() {
    let rig = Rig::new(Mode::Observe).await;
    for reason in ["one", "two", "three"] {
        pause(&rig, reason).await;
    }
    let newest = rig.handle.status().journal_seq;
    let request = rig.request("GET", "/v1/events").header("accept", "text/event-stream");
    let mut response = request.header("last-event-id", (newest - 2).to_string()).send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut text = String::new();
    while text.matches("\nid: ").count() < 2 {
        text.push_str(std::str::from_utf8(&response.chunk().await.unwrap().unwrap()).unwrap());
    }
    let ids: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("id: ")).collect();
    assert_eq!(ids, [(newest - 1).to_string(), newest.to_string()]);
}

#[tokio::test]
async fn silence_is_broken_by_a_comment_every_fifteen_seconds() {
    let rig = Rig::new(Mode::Observe).await;
    let newest = rig.handle.status().journal_seq;
    let request = rig.request("GET", &format!("/v1/events?after={newest}")).header("accept", "text/event-stream");
    let mut response = request.send().await.unwrap();
    assert_eq!(response.chunk().await.unwrap().unwrap(), ": connected\n\n");
    let mut advanced = Duration::ZERO;
    let comment = loop {
        tokio::select! {
            biased;
            chunk = response.chunk() => break chunk.unwrap().unwrap(),
            () = tokio::task::yield_now() => {
                rig.clock.advance(Duration::from_millis(50));
                advanced += Duration::from_millis(50);
            }
        }
    };
    assert_eq!(comment, ": alive\n\n");
    assert!(advanced >= Duration::from_secs(14), "after {advanced:?}");
}
