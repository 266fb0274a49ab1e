//! The control API: any requests, one after the other, to a running engine without a socket.
use crate::decoder::Outcome;
use async_trait::async_trait;
use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, Response, header};
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::UnixStream;
use tokio_util::sync::CancellationToken;
use watchdog_core::clock::Clock;
use watchdog_core::config::{ActLimits, Mode};
use watchdog_core::cx::Cx;
use watchdog_core::engine::{Engine, Handle, Parameters, Watched};
use watchdog_core::id::ValidatorName;
use watchdog_service::control::peer::Peer;
use watchdog_service::control::problem::{MEDIA_TYPE, Problem};
use watchdog_service::control::server::{Configuration, Control};
use watchdog_testkit::clock::ManualClock;
use watchdog_testkit::fake::FakeChain;
use watchdog_testkit::journal::BrittleJournal;

/// Between two requests.
const RECORD: u8 = 0x1e;
/// Requests of one input, at most.
const MOST: usize = 8;
/// Rounds of waiting for the engine to begin.
const PATIENCE: u32 = 2000;
/// Fewest digits that name a digest.
const DIGEST_MIN: usize = 8;

type Failed = Box<dyn std::error::Error>;

/// What is asked for.
struct Asked<'a> {
    method: Method,
    path: String,
    headers: Vec<(&'a str, &'a str)>,
    body: Vec<u8>,
}

/// An engine that watches a healthy validator in mode `act`.
struct Rig {
    handle: Handle,
    routes: TowerToHyperService<axum::Router>,
    stop: CancellationToken,
    /// Digests of the plans that were offered.
    offered: BTreeMap<String, String>,
    newest: Option<String>,
}

struct Unchanged;

#[async_trait]
impl Configuration for Unchanged {
    async fn reload(&self) -> Result<Vec<String>, Problem> {
        Ok(Vec::new())
    }

    fn network(&self, _: &str) -> Option<String> {
        None
    }
}

/// Requests with a record separator (0x1e) between them, each written as HTTP is: `METHOD PATH`, headers, an empty
/// line, the body. `{plan}` and `{digest}` stand for those of the newest plan that was offered.
pub(crate) fn requests(input: &[u8]) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.unwrap_or_else(|error| panic!("no runtime: {error}"));
    runtime.block_on(async {
        let mut rig = Rig::start().await.unwrap_or_else(|error| panic!("no engine: {error}"));
        let mut outcome = Outcome::Refused;
        for part in input.split(|byte| *byte == RECORD).take(MOST) {
            if rig.ask(part).await.unwrap_or_else(|error| panic!("an answer cannot be read: {error}")) {
                outcome = Outcome::Accepted;
            }
        }
        rig.stop.cancel();
        outcome
    })
}

impl Rig {
    async fn start() -> Result<Self, Failed> {
        let clock = ManualClock::new();
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        let journal = BrittleJournal::new(shared.clone())?;
        let watched = Watched {
            unit: FakeChain::new(3).unit(ValidatorName::new("main").ok_or("a name")?),
            chain: "fake".into(),
            mode: Mode::Act,
            act: ActLimits::default(),
            services: Vec::new(),
            fingerprint: String::new(),
        };
        let lease = Arc::new(journal.store().lease());
        let parameters = Parameters::new("host-1", "9.9.9");
        let engine = Engine::open(parameters, Arc::new(journal), lease, shared.clone(), vec![watched]).await?;
        let stop = CancellationToken::new();
        let (cx, handle) = (Cx::root(shared, stop.clone()), engine.handle());
        let (own, _other) = UnixStream::pair()?;
        let control = Control::new(handle.clone(), "host-1", Arc::new(Unchanged), &cx);
        let routes = TowerToHyperService::new(control.router(Peer::of(&own)?));
        tokio::spawn(async move { engine.run(&cx).await });
        let is_awake =
            || handle.is_ready() && handle.status().validators.iter().all(|validator| validator.signer.is_some());
        for _ in 0..PATIENCE {
            if is_awake() {
                return Ok(Self { handle, routes, stop, offered: BTreeMap::new(), newest: None });
            }
            clock.advance(Duration::from_millis(250));
            for _ in 0..20 {
                tokio::task::yield_now().await;
            }
        }
        Err("the engine does not begin".into())
    }

    /// Whether it was granted.
    async fn ask(&mut self, input: &[u8]) -> Result<bool, Failed> {
        let Some(asked) = self.read(input) else { return Ok(false) };
        let mut request = Request::builder().method(asked.method.clone()).uri(&asked.path);
        for (name, value) in &asked.headers {
            request = request.header(*name, *value);
        }
        // What is no request never reaches the routes.
        let Ok(request) = request.body(Body::from(asked.body.clone())) else { return Ok(false) };
        let before = self.handle.operations().len();
        let response = self.routes.call(request).await?;
        let status = response.status();
        assert!(!status.is_server_error(), "{} {}: status {status}", asked.method, asked.path);
        let began = self.handle.operations().len() > before;
        assert!(!began || self.may_begin(&asked), "an operation began without a plan: {} {}", asked.method, asked.path);
        if status.is_success() { self.granted(&asked, response).await } else { refused(&asked, response).await }
    }

    fn read<'a>(&self, input: &'a [u8]) -> Option<Asked<'a>> {
        let end = input.windows(2).position(|two| two == b"\n\n").unwrap_or(input.len());
        let (head, body) = input.split_at_checked(end)?;
        let mut lines = std::str::from_utf8(head).ok()?.lines();
        let (method, path) = lines.next()?.split_once(' ')?;
        let headers = lines.filter_map(|line| line.split_once(": ")).collect();
        let body = String::from_utf8_lossy(body.strip_prefix(b"\n\n").unwrap_or(body));
        let body = if body.contains('{') { self.filled(&body).into_bytes() } else { body.into_owned().into_bytes() };
        Some(Asked { method: method.parse().ok()?, path: self.filled(path), headers, body })
    }

    fn filled(&self, text: &str) -> String {
        let plan = self.newest.clone().unwrap_or_default();
        let digest = self.offered.get(&plan).cloned().unwrap_or_default();
        text.replace("{plan}", &plan).replace("{digest}", &digest)
    }

    /// Whether it asks, by number and digest, for a plan that was offered.
    fn may_begin(&self, asked: &Asked<'_>) -> bool {
        let id = asked.path.split(['/', '?']).find_map(|part| self.offered.get(part));
        let body: Value = serde_json::from_slice(&asked.body).unwrap_or_default();
        let digest = body["digest"].as_str().unwrap_or_default();
        asked.method == Method::POST
            && digest.len() >= DIGEST_MIN
            && id.is_some_and(|offered| offered.starts_with(digest))
    }

    async fn granted(&mut self, asked: &Asked<'_>, response: Response<Body>) -> Result<bool, Failed> {
        let media = media(&response);
        if media == "text/event-stream" || asked.method == Method::HEAD {
            return Ok(true);
        }
        let body = to_bytes(response.into_body(), usize::MAX).await?;
        if media == "application/x-ndjson" {
            for line in body.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
                serde_json::from_slice::<Value>(line)?;
            }
            return Ok(true);
        }
        assert_eq!(media, "application/json", "{} {}", asked.method, asked.path);
        let document: Value = serde_json::from_slice(&body)?;
        let is_whole = document["schema"].is_string() && document["at"].is_string() && !document["result"].is_null();
        assert!(is_whole, "{} {}: not a document: {document}", asked.method, asked.path);
        let offer = &document["result"];
        if document["schema"] == "tanist/plan/v1"
            && let (Some(id), Some(digest)) = (offer["id"].as_str(), offer["digest"].as_str())
        {
            self.offered.insert(id.to_owned(), digest.to_owned());
            self.newest = Some(id.to_owned());
        }
        Ok(true)
    }
}

async fn refused(asked: &Asked<'_>, response: Response<Body>) -> Result<bool, Failed> {
    let (status, media) = (response.status(), media(&response));
    let place = format!("{} {}: status {status}", asked.method, asked.path);
    assert!(status.is_client_error(), "{place}");
    assert_eq!(media, MEDIA_TYPE, "{place}");
    let body = to_bytes(response.into_body(), usize::MAX).await?;
    if asked.method == Method::HEAD {
        return Ok(false);
    }
    let problem: Problem = serde_json::from_slice(&body)?;
    let is_code = |code: &str| !code.is_empty() && code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    assert_eq!(problem.status, status.as_u16(), "{place}: another status in the problem");
    assert!(is_code(&problem.code) && !problem.detail.is_empty(), "{place}: a problem that says nothing");
    Ok(false)
}

fn media(response: &Response<Body>) -> String {
    let media = response.headers().get(header::CONTENT_TYPE).and_then(|media| media.to_str().ok());
    media.unwrap_or_default().to_owned()
}

/// Every route, as it is meant and nearly so.
pub(crate) fn conversations() -> Vec<Vec<u8>> {
    let plan = "POST /v1/validators/main/plans\n\n{\"kind\":\"switchover\",\"to\":\"b\"}";
    let run = "POST /v1/plans/{plan}/execute\nidempotency-key: k1\n\n{\"digest\":\"{digest}\"}";
    let pause = "PUT /v1/validators/main/pause\n\n{\"until\":\"2999-01-01T00:00:00Z\",\"reason\":\"upgrade\"}";
    let all = [
        vec!["GET /healthz", "GET /readyz", "GET /v1/status", "GET /v1/operations"],
        vec!["GET /v1/validators/main", "GET /v1/validators/main/observations", "GET /v1/validators/main/explain"],
        vec![plan, run, "GET /v1/operations/main-1", "POST /v1/operations/main-1/cancel", run],
        vec!["POST /v1/validators/main/plans\n\n{\"kind\":\"failover\",\"to\":null}", run, run],
        vec![pause, "DELETE /v1/validators/main/pause", "POST /v1/validators/main/acknowledge"],
        vec!["GET /v1/events?after=0&limit=5", "GET /v1/events\nlast-event-id: 3\naccept: text/event-stream"],
        vec!["POST /v1/release", "POST /v1/reload", "OPTIONS /v1/status", "HEAD /v1/status", "GET /nothing"],
        vec![
            "GET /v1/validators/%2e%2e%ff",
            "GET /v1/operations/%00",
            "GET /v1/events?after=-1",
            "GET /v1/events?x=%ff",
        ],
        vec![plan, "POST /v1/plans/{plan}/execute\n\n{\"digest\":\"00000000\"}", "POST /v1/plans//execute\n\n{}"],
    ];
    all.iter().map(|requests| requests.join("\u{1e}").into_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_conversation_to_begin_with_is_answered_and_one_of_them_begins_an_operation() {
        for conversation in conversations() {
            assert_eq!(requests(&conversation), Outcome::Accepted, "{}", String::from_utf8_lossy(&conversation));
        }
    }

    #[tokio::test]
    async fn a_plan_that_was_offered_begins_with_its_digest_and_with_no_other() {
        let mut rig = Rig::start().await.unwrap();
        assert!(rig.ask(b"POST /v1/validators/main/plans\n\n{\"kind\":\"switchover\"}").await.unwrap());
        assert!(!rig.ask(b"POST /v1/plans/{plan}/execute\n\n{\"digest\":\"0000000000\"}").await.unwrap());
        assert!(rig.handle.operations().is_empty());
        assert!(rig.ask(b"POST /v1/plans/{plan}/execute\n\n{\"digest\":\"{digest}\"}").await.unwrap());
        assert_eq!(rig.handle.operations().len(), 1);
    }
}
