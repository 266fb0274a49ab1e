//! Plan, execute, look, cancel, pause.
use crate::rig::Rig;
use watchdog_core::action::Refusal;
use watchdog_core::config::Mode;
use watchdog_core::fence::Strength;
use watchdog_service::control::client::ClientError;
use watchdog_service::control::view::{PauseBody, PlanBody, StatementBody};

fn to_b() -> PlanBody {
    PlanBody { kind: "switchover".into(), to: Some("b".into()) }
}

fn refused<T: std::fmt::Debug>(answer: Result<T, ClientError>) -> (u16, String) {
    match answer {
        Err(ClientError::Refused(problem)) => (problem.status, problem.code),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_plan_is_reviewed_executed_and_followed_to_its_end() {
    let rig = Rig::new(Mode::Advise).await;
    let response = rig.send("POST", "/v1/validators/main/plans", r#"{"kind":"switchover","to":"b"}"#).await;
    assert_eq!(response.status(), 201);
    assert!(response.headers()["location"].to_str().unwrap().starts_with("/v1/plans/plan_"));
    let offer = rig.client.plan("main", &to_b()).await.unwrap().result;
    assert_eq!((offer.from.as_str(), offer.to.as_deref(), offer.authority.as_str()), ("a", Some("b"), "pointer"));
    let roles: Vec<_> = offer.steps.iter().map(|step| step.role.as_str()).collect();
    assert_eq!(roles, ["ready", "activate", "verify"]);
    assert!(rig.chain.world().submitted.is_empty(), "planning changes nothing");

    let begun = rig.client.execute(&offer.id, &offer.digest, "key-1").await.unwrap().result;
    assert_eq!(begun.id, "op_main_1");
    let repeated = rig.client.execute(&offer.id, &offer.digest, "key-1").await.unwrap().result;
    assert_eq!(repeated.id, begun.id, "the same key gets the same answer");
    rig.until(|handle| handle.operations().iter().all(|operation| operation.closed_at.is_some())).await;
    let ended = rig.client.operation(&begun.id).await.unwrap().result;
    assert_eq!((ended.state.as_str(), ended.phase.as_str()), ("succeeded", "completed"));
    assert!(ended.by.as_deref().unwrap().contains("uid "), "{:?}", ended.by);
    assert_eq!(rig.client.status().await.unwrap().result.validators[0].signer.as_deref(), Some("b"));
    assert_eq!(rig.chain.world().submitted.len(), 1);
    assert_eq!(rig.client.operations().await.unwrap().result.len(), 1);
}

#[tokio::test]
async fn only_the_digest_that_was_reviewed_is_executed() {
    let rig = Rig::new(Mode::Advise).await;
    let offer = rig.client.plan("main", &to_b()).await.unwrap().result;
    let other = "0".repeat(64);
    assert_eq!(refused(rig.client.execute(&offer.id, &other, "k").await), (409, "plan_stale".to_owned()));
    assert_eq!(refused(rig.client.execute("plan_other", &offer.digest, "k").await), (409, "plan_stale".to_owned()));
    let long = "k".repeat(65);
    assert_eq!(refused(rig.client.execute(&offer.id, &offer.digest, &long).await), (422, "invalid".to_owned()));
    assert!(rig.chain.world().submitted.is_empty());
}

#[tokio::test]
async fn an_interlock_is_412_with_its_own_code_and_hint() {
    let rig = Rig::new(Mode::Advise).await;
    rig.chain.world().refusal = Some(Refusal::new("backup_not_synced", "`b` is 212 behind", "wait until it is synced"));
    let (status, problem) = rig.ask("POST", "/v1/validators/main/plans", r#"{"kind":"failover"}"#).await;
    assert_eq!((status, problem["code"].as_str()), (412, Some("backup_not_synced")));
    assert_eq!((&problem["hint"], &problem["validator"]), (&"wait until it is synced".into(), &"main".into()));
}

#[tokio::test]
async fn nothing_is_executed_in_mode_observe() {
    let rig = Rig::new(Mode::Observe).await;
    let offer = rig.client.plan("main", &to_b()).await.unwrap().result;
    assert_eq!(refused(rig.client.execute(&offer.id, &offer.digest, "k").await), (412, "mode".to_owned()));
    assert!(rig.chain.world().submitted.is_empty());
}

#[tokio::test]
async fn past_its_point_of_no_return_an_operation_cannot_be_cancelled() {
    let rig = Rig::new(Mode::Advise).await;
    rig.chain.world().drops = true;
    let offer = rig.client.plan("main", &to_b()).await.unwrap().result;
    let begun = rig.client.execute(&offer.id, &offer.digest, "k").await.unwrap().result;
    assert_eq!(refused(rig.client.execute(&offer.id, &offer.digest, "other").await), (409, "conflict".to_owned()));
    let chain = rig.chain.clone();
    rig.until(|_| !chain.world().submitted.is_empty()).await;
    assert_eq!(refused(rig.client.cancel(&begun.id).await), (409, "past_point_of_no_return".to_owned()));
}

#[tokio::test]
async fn a_pause_is_shown_with_reason_author_and_end() {
    let rig = Rig::new(Mode::Act).await;
    let body = PauseBody { until: Some("2026-01-02T14:00:00Z".into()), reason: "kernel update".into() };
    let paused = rig.client.pause("main", &body).await.unwrap().result;
    assert_eq!(paused.state, "paused");
    let pause = paused.pause.unwrap();
    assert_eq!((pause.until.as_deref(), pause.reason.as_str()), (Some("2026-01-02T14:00:00.000Z"), "kernel update"));
    assert!(pause.by.contains("uid "), "{}", pause.by);
    assert!(rig.client.resume("main").await.unwrap().result.pause.is_none());
    assert!(rig.client.resume("main").await.unwrap().result.pause.is_none());
    assert_eq!(refused(rig.client.resume("moon").await), (404, "not_found".to_owned()));
    assert_eq!(rig.client.acknowledge("main").await.unwrap().result.cooldown_seconds, None);
    assert_eq!(refused(rig.client.acknowledge("moon").await), (404, "not_found".to_owned()));
}

#[tokio::test]
async fn a_journal_that_cannot_be_written_stops_orders_and_shows() {
    let rig = Rig::new(Mode::Act).await;
    rig.journal.break_disk(true);
    let body = PauseBody { until: None, reason: "x".into() };
    assert_eq!(refused(rig.client.pause("main", &body).await), (503, "storage".to_owned()));
    let status = rig.client.status().await.unwrap().result;
    assert!(status.stopped.unwrap().message.contains("journal"));
}

#[tokio::test]
async fn a_verdict_is_explained_with_its_values_and_every_gate() {
    let rig = Rig::new(Mode::Observe).await;
    let explained = rig.client.explain("main").await.unwrap().result;
    let decision = explained.decision.unwrap();
    assert!(decision.explanation.is_some_and(|tree| !tree.parts.is_empty()), "every value is told");
    let closed: Vec<_> = explained.gates.iter().filter(|gate| gate.closed.is_some()).map(|gate| &*gate.name).collect();
    assert_eq!((explained.acts, closed), (false, vec!["verdict_is_down", "mode_is_act"]));
    assert!(explained.gates.iter().any(|gate| gate.name == "correlation_hold"));
    assert_eq!(refused(rig.client.explain("moon").await), (404, "not_found".to_owned()));
    let (status, document) = rig.ask("GET", "/v1/validators/main/explain", "").await;
    assert_eq!((status, &document["schema"]), (200, &"tanist/explain/v1".into()));
}

#[tokio::test]
async fn a_correlation_hold_is_shown_and_ends_with_a_release() {
    let rig = Rig::wary().await;
    assert!(rig.client.release().await.unwrap().result.released.is_none(), "nothing is held yet");
    rig.chain.world().performs = false;
    rig.until(|handle| handle.status().correlation.is_some()).await;
    let hold = rig.client.status().await.unwrap().result.correlation.unwrap();
    assert_eq!((hold.down, hold.watched), (vec!["main".to_owned()], 1));
    let explained = rig.client.explain("main").await.unwrap().result;
    let closed: Vec<_> = explained.gates.iter().filter_map(|gate| gate.closed.as_ref()).map(|why| &*why.code).collect();
    assert_eq!(closed, ["correlation_hold"]);
    assert!(rig.chain.world().submitted.is_empty());

    rig.chain.world().performs = true;
    let released = rig.client.release().await.unwrap().result.released.unwrap();
    assert_eq!(released.down, ["main"]);
    assert!(rig.client.status().await.unwrap().result.correlation.is_none());
    assert!(rig.client.release().await.unwrap().result.released.is_none());
}

#[tokio::test]
async fn a_statement_about_a_node_is_heard_only_if_it_says_enough_and_is_confirmed() {
    let rig = Rig::new(Mode::Advise).await;
    let state = |node: &str, text: &str, confirm: &str| {
        let body = StatementBody { node: node.into(), text: text.into(), confirm: confirm.into() };
        let client = rig.client.clone();
        async move { client.state("main", &body).await }
    };
    rig.chain.world().fence = Some(Strength::None);
    let unfenced = rig.client.validator("main").await.unwrap().result;
    assert_eq!(unfenced.fences.iter().map(|fence| fence.strength.as_str()).collect::<Vec<_>>(), ["none", "none"]);
    assert_eq!(refused(rig.client.plan("main", &to_b()).await).1, "fence_too_weak");
    let heard = state("a", "a powered off", "a").await.unwrap().result;
    assert!(heard.by.contains("uid ") && heard.counts_seconds > 0.0, "{heard:?}");
    let offer = rig.client.plan("main", &to_b()).await.unwrap().result;
    assert_eq!(offer.steps[1].strength.as_deref(), Some("proves"), "{offer:?}");
    assert_eq!(refused(state("c", "c powered off", "c").await), (404, "not_found".to_owned()));
    for (text, confirm) in [("yes", "a"), ("b powered off", "a"), ("a powered off", "yes"), ("a powered\noff", "a")] {
        assert_eq!(refused(state("a", text, confirm).await), (422, "invalid".to_owned()), "{text} {confirm}");
    }
    assert!(rig.chain.world().submitted.is_empty());
}
