//! A network on sockets, a clock that a test moves, and the product's own parts on both.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "what fails here fails a test")]
use crate::world::{ACCOUNT, KEY_A, KEY_B, Manner, OWNER_KEY, VALIDATOR, World};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::Response;
use chain_radix::Radix;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use watchdog_core::action::{Kind, PlanError, PlanRequest, Proposal, Refusal};
use watchdog_core::chain::{AssembleError, Assembly, Chain, Env};
use watchdog_core::clock::{BootId, Clock, Timestamp, Uptime};
use watchdog_core::config::{Mode, SecretRef};
use watchdog_core::cx::Cx;
use watchdog_core::executor::Executor;
use watchdog_core::guard::Guard;
use watchdog_core::id::{NodeName, SagaId, ValidatorName};
use watchdog_core::journal::{Journal, Outcome, Record};
use watchdog_core::lease::Lease;
use watchdog_core::policy::Verdict;
use watchdog_core::saga::Saga;
use watchdog_core::secret::{Secret, SecretError, SecretStore};
use watchdog_core::unit::{Sensed, Unit};
use watchdog_testkit::clock::ManualClock;
use watchdog_testkit::journal::BrittleJournal;

/// Time between two looks at whether anything is under way.
const QUIET: Duration = Duration::from_millis(2);
/// Looks in a row after which no answer is to come, also on a busy machine.
const CALM: u32 = 250;
/// Waits of an executor, during which nothing is asked.
const BETWEEN_LOOKS: std::ops::RangeInclusive<Duration> = Duration::from_millis(450)..=Duration::from_secs(1);

/// A clock that tells for which moments it is waited.
#[derive(Clone, Debug)]
pub(crate) struct Awaited {
    clock: ManualClock,
    waits: Arc<Mutex<Vec<(u64, Uptime)>>>,
    newest: Arc<AtomicU64>,
}

/// A wait, for as long as it is waited.
struct Wait<'a> {
    clock: &'a Awaited,
    number: u64,
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        self.clock.waits().retain(|(number, _)| *number != self.number);
    }
}

impl Awaited {
    fn new() -> Self {
        Self { clock: ManualClock::new(), waits: Arc::default(), newest: Arc::default() }
    }

    fn waits(&self) -> MutexGuard<'_, Vec<(u64, Uptime)>> {
        self.waits.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next moment that somebody waits for.
    fn next(&self) -> Option<Uptime> {
        self.waits().iter().map(|(_, at)| *at).min()
    }
}

#[async_trait::async_trait]
impl Clock for Awaited {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn uptime(&self) -> Uptime {
        self.clock.uptime()
    }

    fn boot(&self) -> &BootId {
        self.clock.boot()
    }

    async fn sleep_until(&self, at: Uptime) {
        let number = self.newest.fetch_add(1, Ordering::SeqCst);
        self.waits().push((number, at));
        let _wait = Wait { clock: self, number };
        self.clock.sleep_until(at).await;
    }
}

/// Requests that came, and those that were answered.
#[derive(Debug, Default)]
struct Requests {
    begun: AtomicU64,
    ended: AtomicU64,
}

/// Everything of one test.
pub(crate) struct Stage {
    world: Arc<Mutex<World>>,
    requests: Arc<Requests>,
    pub(crate) clock: Awaited,
    pub(crate) base: String,
    pub(crate) cx: Cx,
}

#[derive(Debug)]
struct Owner;

impl SecretStore for Owner {
    fn read(&self, _: &SecretRef) -> Result<Option<Secret>, SecretError> {
        Ok(Some(Secret::new(OWNER_KEY.to_owned())))
    }
}

impl Stage {
    pub(crate) async fn new() -> Self {
        let clock = Awaited::new();
        let world = Arc::new(Mutex::new(World::new(clock.now().0)));
        let requests = Arc::new(Requests::default());
        let (served, counted) = (world.clone(), requests.clone());
        let app = Router::new().fallback(move |request: Request| {
            let (world, requests) = (served.clone(), counted.clone());
            async move {
                requests.begun.fetch_add(1, Ordering::SeqCst);
                let path = request.uri().path().to_owned();
                let body = axum::body::to_bytes(request.into_body(), 1 << 20).await.unwrap();
                let answer = answer(&mut world.lock().unwrap(), &path, &body);
                requests.ended.fetch_add(1, Ordering::SeqCst);
                answer
            }
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await });
        let cx = Cx::root(Arc::new(clock.clone()), CancellationToken::new());
        Self { world, requests, clock, base, cx }
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }

    /// Settings with two nodes and two gateways, each an origin of its own.
    pub(crate) fn settings(&self) -> Value {
        let base = &self.base;
        let node = |name: &str, key: &str| {
            json!({ "public_key": key, "system": format!("{base}/{name}"), "core": format!("{base}/{name}/core"),
                "prometheus": format!("{base}/{name}/prometheus/metrics") })
        };
        let gateway = |name: &str| json!({ "url": format!("{base}/{name}"), "origin": name });
        json!({
            "network": "mainnet", "address": VALIDATOR, "owner_account": ACCOUNT,
            "owner_key": { "secret": { "env": "OWNER" } },
            "gateways": [gateway("g1"), gateway("g2")],
            "node": { "a": node("a", KEY_A), "b": node("b", KEY_B) },
        })
    }

    pub(crate) fn try_assemble(
        &self,
        settings: Value,
        mode: Mode,
    ) -> Result<Assembly, AssembleError<chain_radix::config::SettingsError>> {
        let env = Env::new(Arc::new(self.clock.clone()), Arc::new(Owner)).lending(crate::canned::client());
        Radix::assemble(name(), mode, serde_json::from_value(settings).unwrap(), &env)
    }

    pub(crate) fn unit(&self) -> Unit {
        self.unit_of(self.settings())
    }

    pub(crate) fn unit_of(&self, settings: Value) -> Unit {
        self.try_assemble(settings, Mode::Act).unwrap().units.pop().unwrap()
    }

    /// Lets time and the network go on.
    pub(crate) fn advance(&self, time: Duration) {
        self.clock.clock.advance(time);
        self.world().run_to(self.clock.now().0);
    }

    /// Senses every two seconds for so many seconds; every round of it.
    pub(crate) async fn sense(&self, unit: &mut Unit, seconds: u64) -> Vec<Sensed> {
        let mut all = Vec::new();
        for _ in 0..seconds / 2 {
            self.advance(Duration::from_secs(2));
            all.push(unit.sensor.sense(&self.cx).await);
        }
        all
    }

    /// Whether any round within so many seconds said `Down`.
    pub(crate) async fn is_ever_down(&self, unit: &mut Unit, seconds: u64) -> bool {
        self.sense(unit, seconds).await.iter().any(|sensed| sensed.decision.verdict == Verdict::Down)
    }

    pub(crate) fn request(kind: Kind, to: Option<&str>) -> PlanRequest {
        PlanRequest {
            kind,
            from: NodeName::new("a").unwrap(),
            to: to.and_then(NodeName::new),
            cause: None,
            stated: None,
        }
    }

    pub(crate) async fn plan(&self, unit: &Unit, kind: Kind) -> Result<Proposal<Value>, Vec<Refusal>> {
        match unit.actor.plan(&Self::request(kind, None), &self.cx).await {
            Ok(proposal) => Ok(proposal),
            Err(PlanError::Refused(refusals)) => Err(refusals),
            Err(other) => panic!("{other}"),
        }
    }

    /// Plans and executes on a journal of its own; the clock goes on whenever everybody waits.
    pub(crate) async fn run(&self, unit: &Unit, kind: Kind) -> (Outcome, Vec<Record>) {
        let request = Self::request(kind, None);
        let proposal = unit.actor.plan(&request, &self.cx).await.unwrap();
        self.execute(unit, request, proposal).await
    }

    pub(crate) async fn execute(
        &self,
        unit: &Unit,
        request: PlanRequest,
        proposal: Proposal<Value>,
    ) -> (Outcome, Vec<Record>) {
        let journal = BrittleJournal::new(Arc::new(self.clock.clone())).unwrap();
        let lease = journal.store().lease();
        let held = lease.hold(&self.cx).await.unwrap();
        let (_newest, newest) = watch::channel(Some(held));
        let guard = Guard::new(newest, Duration::from_secs(4)).unwrap();
        let planned = Record::Planned { saga: SagaId(1), request, plan: proposal.plan, by: None, key: None };
        let mut saga = Saga::open(&planned).unwrap();
        drop(journal.append(held, Some(&name()), &[planned]).await.unwrap());
        let (_cancel, cancel) = watch::channel(None);
        let validator = name();
        let executor =
            Executor { validator: &validator, actor: &*unit.actor, journal: &journal, guard: &guard, cancel: &cancel };
        let run = executor.run(&mut saga, &self.cx);
        let outcome = self.pace(run).await.unwrap();
        let entries = journal.replay(1).await.unwrap();
        (outcome, entries.into_iter().map(|entry| entry.record).collect())
    }

    /// Runs `work`; whenever everybody waits for the clock, moves it to the next moment that is waited
    /// for.
    pub(crate) async fn pace<T>(&self, work: impl Future<Output = T>) -> T {
        tokio::pin!(work);
        loop {
            tokio::select! {
                biased;
                done = &mut work => return done,
                () = self.quiet() => {
                    if let Some(at) = self.clock.next() {
                        self.advance(at.since(self.clock.uptime()));
                    }
                }
            }
        }
    }

    /// Completes once nothing is being answered and nothing more can be expected to be asked. While
    /// the wait is one between two looks, that is at once; while it is one for answers, only after a
    /// time in which any answer would have come.
    #[allow(clippy::disallowed_methods, reason = "sockets take real time, however the test's clock stands")]
    async fn quiet(&self) {
        let mut calm = 0;
        loop {
            let begun = self.requests.begun.load(Ordering::SeqCst);
            tokio::time::sleep(QUIET).await;
            let (after, ended) =
                (self.requests.begun.load(Ordering::SeqCst), self.requests.ended.load(Ordering::SeqCst));
            calm = if begun == after && begun == ended { calm + 1 } else { 0 };
            let wait = self.clock.next().map(|at| at.since(self.clock.uptime()));
            let between_looks = wait.is_some_and(|wait| BETWEEN_LOOKS.contains(&wait));
            if calm >= if between_looks { 1 } else { CALM } {
                return;
            }
        }
    }
}

pub(crate) fn name() -> ValidatorName {
    ValidatorName::new("main").unwrap()
}

fn answer(world: &mut World, path: &str, body: &Bytes) -> Response<Body> {
    let source = path.trim_start_matches('/').split('/').next().unwrap_or_default().to_owned();
    let body: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
    let reply = |status: u16, kind: &str, body: Vec<u8>| {
        Response::builder().status(status).header("content-type", kind).body(Body::from(body)).unwrap()
    };
    let html = || reply(502, "text/html", b"<html><title>502 Bad Gateway</title></html>".to_vec());
    let manner = world.manner(&source);
    if manner == Manner::Html {
        return html();
    }
    if manner == Manner::Busy {
        return Response::builder()
            .status(429)
            .header("retry-after", "30")
            .body(Body::from("Too Many Requests"))
            .unwrap();
    }
    if path.ends_with("/prometheus/metrics") {
        return reply(200, "text/plain", world.metrics(&source).into_bytes());
    }
    let (status, answer) = world.answer(path, &body);
    let mut bytes = serde_json::to_vec(&answer).unwrap();
    match manner {
        Manner::Truncated => bytes.truncate(bytes.len() / 2),
        Manner::AnswerLost if path.ends_with("/transaction/submit") => return html(),
        _ => {}
    }
    reply(status, "application/json", bytes)
}

/// Codes of refusals, sorted.
pub(crate) fn codes(refusals: &[Refusal]) -> Vec<&str> {
    let mut codes: Vec<_> = refusals.iter().map(|refusal| refusal.code.as_str()).collect();
    codes.sort_unstable();
    codes
}

/// Different payloads intended, by attempt.
pub(crate) fn payloads(records: &[Record]) -> Vec<Vec<u8>> {
    let mut payloads: Vec<Vec<u8>> = Vec::new();
    for record in records {
        if let Record::Intended { payload, .. } = record
            && !payload.bytes().is_empty()
            && payloads.last().is_none_or(|last| last != payload.bytes())
        {
            payloads.push(payload.bytes().to_vec());
        }
    }
    payloads
}

impl Stage {
    /// Wall time.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.clock.now()
    }

    /// Sets the wall clock alone; the network's time stays.
    pub(crate) fn set_wall(&self, millis: u64) {
        self.clock.clock.set_wall(Timestamp(millis));
    }
}

impl Stage {
    /// The moment so much later.
    pub(crate) fn clock_after(&self, time: Duration) -> Uptime {
        self.clock.uptime().after(time)
    }

    /// Goes on with `work`, which paces itself, until the clock has reached `at`. What came of it,
    /// where it ended before.
    pub(crate) async fn until<T>(&self, work: &mut (impl Future<Output = T> + Unpin), at: Uptime) -> Option<T> {
        tokio::select! {
            biased;
            () = self.clock.clock.sleep_until(at) => None,
            done = work => Some(done),
        }
    }
}
