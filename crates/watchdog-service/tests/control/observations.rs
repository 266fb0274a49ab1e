//! What is kept of the observations, page by page.
use crate::rig::Rig;
use serde_json::Value;
use watchdog_core::clock::Timestamp;
use watchdog_core::config::Mode;
use watchdog_core::recording::Recorded;

/// Everything that the client finds, once there are so many.
async fn kept(rig: &Rig, most: usize) -> Vec<Recorded> {
    for _ in 0..2000 {
        rig.clock.advance(std::time::Duration::from_millis(250));
        tokio::task::yield_now().await;
        let page = rig.client.observations("main", 0, Timestamp(0)).await.unwrap();
        assert_eq!((page.next, page.damaged_parts), (None, 0));
        if page.observations.len() >= most {
            return page.observations;
        }
    }
    panic!("nothing more was kept")
}

#[tokio::test]
async fn pages_go_on_where_the_one_before_ended() {
    let rig = Rig::recording().await;
    let all = kept(&rig, 9).await;
    let (mut path, mut lines) = ("/v1/validators/main/observations?limit=2".to_owned(), Vec::new());
    let mut before = 0;
    while lines.len() < all.len() {
        let response = rig.send("GET", &path, "").await;
        assert_eq!(response.status().as_u16(), 200);
        assert_eq!(response.headers()["content-type"], "application/x-ndjson");
        assert_eq!(response.headers()["tanist-damaged-parts"], "0");
        let next = response.headers().get("link").map(|link| link.to_str().unwrap().to_owned());
        let text = response.text().await.unwrap();
        for line in text.lines() {
            let line: Value = serde_json::from_str(line).unwrap();
            assert_eq!(line["schema"], "tanist/observation/v1");
            assert!(line["seq"].as_u64().unwrap() > before);
            before = line["seq"].as_u64().unwrap();
            lines.push(serde_json::from_value::<Recorded>(line).unwrap());
        }
        let Some(next) = next else { break };
        path = next.strip_prefix('<').unwrap().strip_suffix(">; rel=\"next\"").unwrap().to_owned();
    }
    assert_eq!(lines[..all.len()], all);
}

#[tokio::test]
async fn what_was_observed_before_is_left_out() {
    let rig = Rig::recording().await;
    let all = kept(&rig, 9).await;
    let since = all[5].at;
    let page = rig.client.observations("main", 0, since).await.unwrap();
    assert!(!page.observations.is_empty() && page.observations.iter().all(|recorded| recorded.at >= since));
    let expected = all.iter().filter(|recorded| recorded.at >= since).count();
    assert!(page.observations.len() >= expected);
}

#[tokio::test]
async fn the_newest_reading_is_told_where_no_page_is_asked_for() {
    let rig = Rig::recording().await;
    let (status, document) = rig.ask("GET", "/v1/validators/main/observations", "").await;
    assert_eq!((status, document["result"]["readings"].as_array().unwrap().len()), (200, 3));
}

#[tokio::test]
async fn a_question_that_makes_no_sense_and_one_that_has_no_answer_are_problems() {
    let rig = Rig::recording().await;
    for (query, status, code) in [
        ("main/observations?since=yesterday", 422, "invalid"),
        ("main/observations?after=x", 422, "invalid"),
        ("main/observations?limit=-1", 422, "invalid"),
        ("moon/observations?limit=1", 404, "not_found"),
    ] {
        let (found, problem) = rig.ask("GET", &format!("/v1/validators/{query}"), "").await;
        assert_eq!((found, problem["code"].as_str()), (status, Some(code)), "{query}: {problem}");
    }
    let forgetful = Rig::new(Mode::Observe).await;
    let (status, problem) = forgetful.ask("GET", "/v1/validators/main/observations?after=0", "").await;
    assert_eq!((status, problem["code"].as_str()), (404, Some("not_recorded")), "{problem}");
    assert!(problem["hint"].as_str().unwrap().contains("observations.keep"), "{problem}");
}
