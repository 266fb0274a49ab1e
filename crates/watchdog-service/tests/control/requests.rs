//! What is answered, and what is refused and how.
use crate::rig::Rig;
use watchdog_core::config::Mode;
use watchdog_service::control::client::{Client, ClientError};

#[tokio::test]
async fn an_answer_is_one_document_with_schema_moment_and_instance() {
    let rig = Rig::new(Mode::Observe).await;
    for (path, schema) in [
        ("/healthz", "tanist/health/v1"),
        ("/readyz", "tanist/ready/v1"),
        ("/v1/status", "tanist/status/v1"),
        ("/v1/validators/main", "tanist/validator/v1"),
        ("/v1/validators/main/observations", "tanist/observations/v1"),
        ("/v1/operations", "tanist/operations/v1"),
    ] {
        let (status, document) = rig.ask("GET", path, "").await;
        assert_eq!((status, document["schema"].as_str()), (200, Some(schema)), "{path}");
        assert_eq!(document["instance"], "host-1");
        assert!(document["at"].as_str().unwrap().ends_with('Z'));
        assert!(!document["result"].is_null());
    }
    let status = rig.client.status().await.unwrap().result;
    assert_eq!((status.version.as_str(), status.validators[0].signer.as_deref()), ("9.9.9", Some("a")));
    let validator = rig.client.validator("main").await.unwrap().result;
    assert_eq!(validator.network.as_deref(), Some("network of main"));
    assert_eq!((validator.readings.len(), validator.nodes), (3, vec!["a".to_owned(), "b".to_owned()]));
}

#[tokio::test]
async fn an_engine_that_does_not_advance_is_neither_healthy_nor_ready() {
    let rig = Rig::asleep(Mode::Observe).await;
    let (status, problem) = rig.ask("GET", "/readyz", "").await;
    assert_eq!((status, problem["code"].as_str()), (503, Some("not_ready")));
    assert_eq!(rig.ask("GET", "/healthz", "").await.0, 200);
    rig.clock.advance(std::time::Duration::from_mins(1));
    let (status, problem) = rig.ask("GET", "/healthz", "").await;
    assert_eq!((status, problem["code"].as_str()), (503, Some("stalled")));
}

#[tokio::test]
async fn a_request_that_makes_no_sense_is_a_problem_with_a_code() {
    let rig = Rig::new(Mode::Advise).await;
    let long = format!("{{\"kind\":\"{}\"}}", "x".repeat(70_000));
    for (method, path, body, status, code) in [
        ("GET", "/v2/status", "", 404, "no_such_route"),
        ("DELETE", "/v1/status", "", 405, "no_such_method"),
        ("GET", "/v1/validators/moon", "", 404, "not_found"),
        ("GET", "/v1/validators/..%2Fmoon", "", 404, "not_found"),
        ("GET", "/v1/operations/op_main_9", "", 404, "not_found"),
        ("GET", "/v1/operations/9", "", 404, "not_found"),
        ("POST", "/v1/validators/main/plans", "{", 400, "malformed"),
        ("POST", "/v1/validators/main/plans", "{}", 422, "invalid"),
        ("POST", "/v1/validators/main/plans", r#"{"kind":"failover","too":"b"}"#, 422, "invalid"),
        ("POST", "/v1/validators/main/plans", r#"{"kind":"last_resort"}"#, 422, "invalid"),
        ("POST", "/v1/validators/main/plans", r#"{"kind":"failover","to":"c"}"#, 404, "not_found"),
        ("POST", "/v1/validators/main/plans", r#"{"kind":"failover","to":"C!"}"#, 404, "not_found"),
        ("POST", "/v1/validators/main/plans", r#"{"kind":"failover","to":"a"}"#, 409, "already_there"),
        ("POST", "/v1/plans/plan_0/execute", r#"{"digest":"00000000"}"#, 409, "plan_stale"),
        ("POST", "/v1/operations/op_main_9/cancel", "", 404, "not_found"),
        ("PUT", "/v1/validators/main/pause", r#"{"reason":" "}"#, 422, "invalid"),
        ("PUT", "/v1/validators/main/pause", r#"{"reason":"x\ny"}"#, 422, "invalid"),
        ("PUT", "/v1/validators/main/pause", r#"{"reason":"x","until":"tomorrow"}"#, 422, "invalid"),
        ("PUT", "/v1/validators/main/pause", r#"{"reason":"x","until":"2020-01-01T00:00:00Z"}"#, 422, "invalid"),
        ("GET", "/v1/events?after=x", "", 422, "invalid"),
        ("POST", "/v1/reload", "", 422, "config_invalid"),
    ] {
        let (found, problem) = rig.ask(method, path, body).await;
        assert_eq!((found, problem["code"].as_str()), (status, Some(code)), "{method} {path} {body}: {problem}");
        assert_eq!(problem["status"], status);
        assert!(!problem["detail"].as_str().unwrap().is_empty());
    }
    let (status, problem) = rig.ask("POST", "/v1/validators/main/plans", &long).await;
    assert_eq!((status, problem["code"].as_str()), (413, Some("too_large")));
}

#[tokio::test]
async fn a_reload_answers_with_what_changed() {
    let rig = Rig::new(Mode::Act).await;
    assert_eq!(rig.client.reload().await.unwrap().result.changes, ["validator.main: changed"]);
}

#[tokio::test]
async fn a_client_tells_nobody_there_from_a_refusal() {
    let rig = Rig::new(Mode::Observe).await;
    let nowhere = Client::new(&rig.socket.with_extension("other"), std::time::Duration::from_secs(5)).unwrap();
    assert!(matches!(nowhere.status().await, Err(ClientError::Unreachable { .. })));
    match rig.client.validator("moon").await {
        Err(ClientError::Refused(problem)) => assert_eq!((problem.status, problem.code.as_str()), (404, "not_found")),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn serving_ends_when_it_is_called_off_and_takes_its_file_along() {
    let rig = Rig::new(Mode::Observe).await;
    let mut following = rig.client.follow(0).await.unwrap();
    assert!(following.next().await.unwrap().is_some());
    rig.stop.cancel();
    rig.serving.await.unwrap();
    assert!(!rig.socket.exists());
    while let Ok(Some(_)) = following.next().await {}
    assert!(matches!(rig.client.status().await, Err(ClientError::Unreachable { .. })));
}

#[tokio::test]
async fn a_path_that_is_no_text_is_refused_with_a_problem() {
    let rig = Rig::new(Mode::Act).await;
    for (method, path) in [
        ("GET", "/v1/validators/%ff"),
        ("POST", "/v1/validators/main%c3/plans"),
        ("POST", "/v1/plans/%80/execute"),
        ("GET", "/v1/operations/%f0%28"),
    ] {
        let (status, problem) = rig.ask(method, path, "{}").await;
        assert_eq!((status, &problem["code"]), (400, &"malformed".into()), "{method} {path}: {problem}");
        assert!(problem["hint"].is_string(), "{problem}");
    }
}
