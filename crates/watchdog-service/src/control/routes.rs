//! What can be asked.
use super::document;
use super::peer::{Peer, Scope};
use super::problem::Problem;
use super::server::Control;
use super::stream;
use super::view::{ExecuteOrder, PauseBody, PlanBody, StatementBody};
use axum::body::{Body, Bytes};
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{DefaultBodyLimit, FromRequestParts, Path, Query, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Extension, Json, Router};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::time::Duration;
use watchdog_core::action::Kind;
use watchdog_core::clock::Timestamp;
use watchdog_core::engine::PauseOrder;
use watchdog_core::fence::statement::{STATEMENT_LASTS, Statement};
use watchdog_core::id::{NodeName, OperationId, ValidatorName};
use watchdog_core::recording::Recorded;
use watchdog_core::recording::recorder::PageRequest;
use watchdog_core::status::ValidatorStatus;

/// Largest body of a request, bytes.
const BODY_MAX: usize = 64 * 1024;

/// Longest idempotency key, bytes.
const KEY_MAX: usize = 64;

/// Longest reason of a pause, bytes.
const REASON_MAX: usize = 1024;

/// A stall of the engine's loop that is reported.
const STALL: Duration = Duration::from_secs(10);

/// Parts of the store of observations that were left out of a page.
pub(super) const DAMAGED_PARTS: HeaderName = HeaderName::from_static("tanist-damaged-parts");

/// Most events or observations of one page.
const PAGE_MAX: usize = 1000;

type Answer = Result<Response, Problem>;

pub(super) fn routes(control: Control) -> Router {
    Router::new()
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route("/v1/status", get(status))
        .route("/v1/validators/{name}", get(validator))
        .route("/v1/validators/{name}/observations", get(observations))
        .route("/v1/validators/{name}/explain", get(explain))
        .route("/v1/validators/{name}/plans", post(plan))
        .route("/v1/validators/{name}/pause", put(pause).delete(resume))
        .route("/v1/validators/{name}/acknowledge", post(acknowledge))
        .route("/v1/validators/{name}/statement", put(state))
        .route("/v1/plans/{id}/execute", post(execute))
        .route("/v1/operations", get(operations))
        .route("/v1/operations/{id}", get(operation))
        .route("/v1/operations/{id}/cancel", post(cancel))
        .route("/v1/events", get(events))
        .route("/v1/release", post(release))
        .route("/v1/reload", post(reload))
        .fallback(no_such_route)
        .method_not_allowed_fallback(no_such_method)
        .layer(DefaultBodyLimit::max(BODY_MAX))
        .with_state(control)
}

/// The part of a path that says which one is meant.
struct Part(String);

impl<S: Send + Sync> FromRequestParts<S> for Part {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let part = Path::<String>::from_request_parts(parts, state).await;
        part.map(|Path(part)| Self(part)).map_err(|error| {
            Problem::new(error.status(), "malformed", error.body_text()).hint("a path is UTF-8, percent-encoded")
        })
    }
}

impl Control {
    /// The one shape of every answer.
    fn document(&self, name: &str, result: impl Serialize) -> Json<Value> {
        Json(json!({
            "schema": format!("tanist/{name}/v1"),
            "at": self.cx.clock().now().to_string(),
            "instance": &*self.instance,
            "result": result,
        }))
    }

    /// One validator with what only the configuration knows of it.
    fn shown(&self, status: &ValidatorStatus) -> Value {
        let mut shown = serde_json::to_value(status).unwrap_or_default();
        if let (Some(shown), Some(network)) = (shown.as_object_mut(), self.configuration.network(status.name.as_str()))
        {
            shown.insert("network".to_owned(), network.into());
        }
        shown
    }
}

async fn no_such_route() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "no_such_route", "there is nothing at this path")
        .hint("the routes are listed in docs/operations.md")
}

async fn no_such_method() -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "no_such_method", "this path does not take this method")
}

async fn healthz(State(control): State<Control>) -> Answer {
    let stalled = control.handle.stalled_for();
    if stalled > STALL {
        let detail = format!("the engine's loop has not advanced for {} s", stalled.as_secs());
        return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "stalled", detail)
            .hint("look at the log; restart the service if it lasts"));
    }
    Ok(control.document("health", json!({ "healthy": true })).into_response())
}

async fn readyz(State(control): State<Control>) -> Answer {
    if !control.handle.is_ready() {
        let detail = "not every validator was asked yet, or the lease is not held";
        return Err(
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, "not_ready", detail).hint("ask again in a few seconds")
        );
    }
    Ok(control.document("ready", json!({ "ready": true })).into_response())
}

async fn status(State(control): State<Control>) -> Answer {
    let status = control.handle.status();
    let validators: Vec<_> = status.validators.iter().map(|one| control.shown(one)).collect();
    let mut shown = serde_json::to_value(&status).unwrap_or_default();
    if let Some(shown) = shown.as_object_mut() {
        shown.insert("validators".to_owned(), validators.into());
    }
    Ok(control.document("status", shown).into_response())
}

async fn validator(State(control): State<Control>, Part(name): Part) -> Answer {
    let status = control.handle.validator(&validator_name(&name)?)?;
    Ok(control.document("validator", control.shown(&status)).into_response())
}

#[derive(Deserialize)]
struct ObservationsQuery {
    after: Option<u64>,
    since: Option<String>,
    limit: Option<usize>,
}

/// The newest reading of every source, with the judgement made of them; where anything is asked about more
/// of them, a page of what is kept, one observation a line.
async fn observations(
    State(control): State<Control>,
    Part(name): Part,
    query: Result<Query<ObservationsQuery>, QueryRejection>,
) -> Answer {
    let name = validator_name(&name)?;
    let Query(query) = query.map_err(|error| invalid(error.body_text()))?;
    if query.after.is_some() || query.since.is_some() || query.limit.is_some() {
        return recorded(&control, name, query).await;
    }
    let status = control.handle.validator(&name)?;
    let result = json!({ "validator": status.name, "judgement": status.judgement, "readings": status.readings });
    Ok(control.document("observations", result).into_response())
}

/// A page of what is kept. `Link` says where it goes on, absent at the end; `Tanist-Damaged-Parts` how many
/// parts of the store were left out.
async fn recorded(control: &Control, validator: ValidatorName, query: ObservationsQuery) -> Answer {
    let ObservationsQuery { after, since, limit } = query;
    let since = since.map_or(Ok(Timestamp(0)), |since| moment(&since))?;
    let limit = limit.unwrap_or(PAGE_MAX).clamp(1, PAGE_MAX);
    let request = PageRequest { validator: validator.clone(), after: after.unwrap_or(0), since, limit };
    let page =
        control.handle.recorded(request).await.map_err(|refusal| Problem::from(refusal).validator(&validator))?;
    let mut lines = String::new();
    for (seq, recorded) in &page.observations {
        lines.push_str(&observation(*seq, recorded).to_string());
        lines.push('\n');
    }
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
    headers.insert(DAMAGED_PARTS, page.damaged.into());
    if let Some(next) = page.next {
        let link =
            format!("</v1/validators/{validator}/observations?after={next}&since={since}&limit={limit}>; rel=\"next\"");
        headers.extend(HeaderValue::try_from(link).ok().map(|link| (header::LINK, link)));
    }
    Ok((headers, lines).into_response())
}

/// One observation with its position.
fn observation(seq: u64, recorded: &Recorded) -> Value {
    let mut document = document::observation(recorded);
    if let Some(document) = document.as_object_mut() {
        document.insert("seq".to_owned(), seq.into());
    }
    document
}

/// Every value behind the newest verdict, and every gate between it and a failover.
async fn explain(State(control): State<Control>, Part(name): Part) -> Answer {
    let explained = control.handle.explain(&validator_name(&name)?).await?;
    Ok(control.document("explain", explained).into_response())
}

async fn plan(
    State(control): State<Control>,
    Extension(peer): Extension<Peer>,
    Part(name): Part,
    body: Result<Bytes, BytesRejection>,
) -> Answer {
    peer.needs(Scope::Operate)?;
    let name = validator_name(&name)?;
    let PlanBody { kind, to } = body_of(body)?;
    let kind = match kind.as_str() {
        "failover" => Kind::Failover,
        "switchover" => Kind::Switchover,
        other => return Err(invalid(format!("there is no kind `{other}`")).hint("`failover` or `switchover`")),
    };
    let to = to.map(|to| NodeName::new(&to).ok_or_else(|| no_node(&name, &to))).transpose()?;
    let offer = control
        .handle
        .plan(&name, kind, to, &control.cx)
        .await
        .map_err(|refusal| Problem::from(refusal).validator(&name))?;
    let location = format!("/v1/plans/{}", offer.id);
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], control.document("plan", offer)).into_response())
}

async fn execute(
    State(control): State<Control>,
    Extension(peer): Extension<Peer>,
    Part(id): Part,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Answer {
    peer.needs(Scope::Operate)?;
    let key = idempotency_key(&headers)?;
    let ExecuteOrder { digest } = body_of(body)?;
    let by = peer.to_string();
    let operation = control.handle.execute(&id, &digest, &by, key, &control.cx).await?;
    let location = format!("/v1/operations/{operation}");
    let shown = control.handle.operation(&operation)?;
    Ok((StatusCode::ACCEPTED, [(header::LOCATION, location)], control.document("operation", shown)).into_response())
}

async fn operations(State(control): State<Control>) -> Answer {
    Ok(control.document("operations", control.handle.operations()).into_response())
}

async fn operation(State(control): State<Control>, Part(id): Part) -> Answer {
    Ok(control.document("operation", control.handle.operation(&operation_id(&id)?)?).into_response())
}

async fn cancel(State(control): State<Control>, Extension(peer): Extension<Peer>, Part(id): Part) -> Answer {
    peer.needs(Scope::Operate)?;
    let id = operation_id(&id)?;
    control.handle.cancel(&id, &peer.to_string()).map_err(|refusal| Problem::from(refusal).operation(&id))?;
    let shown = control.handle.operation(&id)?;
    Ok((StatusCode::ACCEPTED, control.document("operation", shown)).into_response())
}

async fn pause(
    State(control): State<Control>,
    Extension(peer): Extension<Peer>,
    Part(name): Part,
    body: Result<Bytes, BytesRejection>,
) -> Answer {
    peer.needs(Scope::Operate)?;
    let name = validator_name(&name)?;
    let PauseBody { until, reason } = body_of(body)?;
    if reason.trim().is_empty() || reason.len() > REASON_MAX || reason.chars().any(char::is_control) {
        return Err(invalid(format!("a pause needs a reason of 1 to {REASON_MAX} bytes in one line")));
    }
    let lasts = until.map(|until| lasts(&until, control.cx.clock().now())).transpose()?;
    control.handle.pause(&name, PauseOrder { lasts, reason, by: peer.to_string() }).await?;
    Ok(control.document("validator", control.shown(&control.handle.validator(&name)?)).into_response())
}

fn lasts(until: &str, now: Timestamp) -> Result<Duration, Problem> {
    moment(until)?.since(now).filter(|lasts| !lasts.is_zero()).ok_or_else(|| invalid(format!("`{until}` has passed")))
}

fn moment(text: &str) -> Result<Timestamp, Problem> {
    Timestamp::parse(text)
        .ok_or_else(|| invalid(format!("`{text}` is not a moment")).hint("RFC 3339, such as 2026-01-02T03:04:05Z"))
}

/// Hears what a person says about a node. It makes nothing begin: the next operation that people order may rest on
/// it, and is journaled with it.
async fn state(
    State(control): State<Control>,
    Extension(peer): Extension<Peer>,
    Part(name): Part,
    body: Result<Bytes, BytesRejection>,
) -> Answer {
    peer.needs(Scope::Operate)?;
    let name = validator_name(&name)?;
    let StatementBody { node, text, confirm } = body_of(body)?;
    let known = control.handle.validator(&name)?.nodes;
    let node = NodeName::new(&node).filter(|node| known.contains(node)).ok_or_else(|| no_node(&name, &node))?;
    if text.len() > REASON_MAX || text.chars().any(char::is_control) {
        return Err(invalid(format!("a statement has at most {REASON_MAX} bytes, in one line")).validator(&name));
    }
    let by = peer.to_string();
    let clock = control.cx.clock();
    let statement = Statement::new(&by, &text, (name.clone(), node), &confirm, clock);
    let statement = statement.map_err(|error| invalid(error.to_string()).validator(&name))?;
    control.handle.hear(statement)?;
    tracing::warn!(validator = %name, by, text, "an operator states that a node cannot sign");
    let heard = json!({ "by": by, "counts_seconds": STATEMENT_LASTS.as_secs_f64() });
    Ok(control.document("statement", heard).into_response())
}

async fn resume(State(control): State<Control>, Extension(peer): Extension<Peer>, Part(name): Part) -> Answer {
    peer.needs(Scope::Operate)?;
    let name = validator_name(&name)?;
    control.handle.resume(&name, &peer.to_string()).await?;
    Ok(control.document("validator", control.shown(&control.handle.validator(&name)?)).into_response())
}

async fn acknowledge(State(control): State<Control>, Extension(peer): Extension<Peer>, Part(name): Part) -> Answer {
    peer.needs(Scope::Operate)?;
    let name = validator_name(&name)?;
    control.handle.acknowledge(&name, &peer.to_string()).await?;
    Ok(control.document("validator", control.shown(&control.handle.validator(&name)?)).into_response())
}

#[derive(Deserialize)]
struct EventsQuery {
    after: Option<u64>,
    limit: Option<usize>,
}

async fn events(
    State(control): State<Control>,
    query: Result<Query<EventsQuery>, QueryRejection>,
    headers: HeaderMap,
) -> Answer {
    let Query(EventsQuery { after, limit }) = query.map_err(|error| invalid(error.body_text()))?;
    let header = |name| headers.get(name).and_then(|value: &header::HeaderValue| value.to_str().ok());
    let resumed = header("last-event-id")
        .map(|id| id.parse().map_err(|_| invalid("Last-Event-ID is not a position".to_owned())))
        .transpose()?;
    let after = resumed.or(after).unwrap_or(0);
    if header("accept").is_some_and(|accept| accept.contains("text/event-stream")) {
        let head = [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-store")];
        return Ok((head, Body::new(stream::events(control.handle, after, control.cx))).into_response());
    }
    let most = limit.unwrap_or(PAGE_MAX).clamp(1, PAGE_MAX);
    let page = control.handle.events(after, most).await.map_err(|error| {
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "storage", error.to_string())
            .hint("`tanist journal verify` names the place once the daemon is stopped")
    })?;
    let mut lines = String::new();
    for event in &page {
        lines.push_str(&document::event(event).to_string());
        lines.push('\n');
    }
    Ok(([(header::CONTENT_TYPE, "application/x-ndjson")], lines).into_response())
}

/// Ends the hold after too many validators turned down together; says whether there was one.
async fn release(State(control): State<Control>, Extension(peer): Extension<Peer>) -> Answer {
    peer.needs(Scope::Operate)?;
    let held = control.handle.status().correlation;
    control.handle.release(&peer.to_string()).await?;
    Ok(control.document("release", json!({ "released": held })).into_response())
}

async fn reload(State(control): State<Control>, Extension(peer): Extension<Peer>) -> Answer {
    peer.needs(Scope::Admin)?;
    let changes = control.configuration.reload().await?;
    Ok(control.document("reload", json!({ "changes": changes })).into_response())
}

fn validator_name(name: &str) -> Result<ValidatorName, Problem> {
    ValidatorName::new(name).ok_or_else(|| {
        Problem::new(StatusCode::NOT_FOUND, "not_found", format!("there is no validator `{name}`"))
            .hint("`tanist status` lists them")
    })
}

fn no_node(validator: &ValidatorName, node: &str) -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "not_found", format!("`{validator}` has no node `{node}`"))
        .validator(validator)
        .hint(format!("`tanist status {validator}` lists them"))
}

fn operation_id(id: &str) -> Result<OperationId, Problem> {
    id.parse().map_err(|_| {
        Problem::new(StatusCode::NOT_FOUND, "not_found", format!("there is no operation `{id}`"))
            .hint("`tanist events` lists them")
    })
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let Some(key) = headers.get("idempotency-key") else { return Ok(None) };
    let text = key.to_str().ok().filter(|key| (1..=KEY_MAX).contains(&key.len()));
    text.map(Some).ok_or_else(|| invalid(format!("Idempotency-Key must be 1 to {KEY_MAX} visible ASCII characters")))
}

fn body_of<T: DeserializeOwned>(body: Result<Bytes, BytesRejection>) -> Result<T, Problem> {
    let body = body.map_err(|error| {
        let code = if error.status() == StatusCode::PAYLOAD_TOO_LARGE { "too_large" } else { "malformed" };
        Problem::new(error.status(), code, error.body_text()).hint(format!("a body has at most {BODY_MAX} bytes"))
    })?;
    serde_json::from_slice(&body).map_err(|error| match error.classify() {
        serde_json::error::Category::Data => invalid(error.to_string()),
        _ => Problem::new(StatusCode::BAD_REQUEST, "malformed", format!("body is not JSON: {error}")),
    })
}

fn invalid(detail: String) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", detail)
}
