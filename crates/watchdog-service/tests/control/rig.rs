//! An engine on a fake chain, its API on a socket, and a client.
use async_trait::async_trait;
use reqwest::{Method, RequestBuilder, Response};
use serde_json::Value;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use watchdog_core::clock::Clock;
use watchdog_core::config::{ActLimits, FleetLimits, Mode};
use watchdog_core::cx::Cx;
use watchdog_core::engine::{Engine, Handle, Parameters, Watched};
use watchdog_core::id::ValidatorName;
use watchdog_core::recording::recorder::Recorder;
use watchdog_core::recording::store::{Bounds, ObservationStore};
use watchdog_service::control::client::Client;
use watchdog_service::control::problem::{Problem, StatusCode};
use watchdog_service::control::server::{Configuration, Control};
use watchdog_service::control::socket::Socket;
use watchdog_testkit::clock::ManualClock;
use watchdog_testkit::fake::FakeChain;
use watchdog_testkit::journal::BrittleJournal;

pub(crate) struct Rig {
    pub(crate) chain: FakeChain,
    pub(crate) clock: ManualClock,
    pub(crate) journal: BrittleJournal,
    pub(crate) handle: Handle,
    pub(crate) client: Client,
    pub(crate) socket: PathBuf,
    pub(crate) serving: JoinHandle<()>,
    pub(crate) stop: CancellationToken,
    http: reqwest::Client,
    engine: Option<Engine>,
    cx: Cx,
    directory: TempDir,
}

/// Refuses, or tells one change.
struct Reloading(bool);

#[async_trait]
impl Configuration for Reloading {
    fn network(&self, validator: &str) -> Option<String> {
        Some(format!("network of {validator}"))
    }

    async fn reload(&self) -> Result<Vec<String>, Problem> {
        if self.0 {
            return Ok(vec!["validator.main: changed".to_owned()]);
        }
        Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "config_invalid", "unknown key `mised`")
            .hint("did you mean `missed`?"))
    }
}

impl Rig {
    /// Served, and asleep: the engine does not run yet.
    pub(crate) async fn asleep(mode: Mode) -> Self {
        Self::asleep_in(mode, FleetLimits::default()).await
    }

    /// Running, and keeping what is observed.
    pub(crate) async fn recording() -> Self {
        let mut rig = Self::asleep(Mode::Observe).await;
        let store = ObservationStore::open(&rig.directory.path().join("observations.redb"), Bounds::default()).unwrap();
        rig.engine = rig.engine.map(|engine| engine.recording_to(Recorder::start(store).unwrap()));
        rig.woken().await
    }

    async fn asleep_in(mode: Mode, fleet: FleetLimits) -> Self {
        rustls::crypto::ring::default_provider().install_default().ok();
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("c.sock");
        let clock = ManualClock::new();
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        let journal = BrittleJournal::new(shared.clone()).unwrap();
        let chain = FakeChain::new(3);
        let watched = Watched {
            unit: chain.unit(ValidatorName::new("main").unwrap()),
            chain: "fake".into(),
            mode,
            act: ActLimits::default(),
            services: Vec::new(),
            fingerprint: "1".into(),
        };
        let lease = Arc::new(journal.store().lease());
        let parameters = Parameters { fleet, ..Parameters::new("host-1", "9.9.9") };
        let engine =
            Engine::open(parameters, Arc::new(journal.clone()), lease, shared.clone(), vec![watched]).await.unwrap();
        let stop = CancellationToken::new();
        let cx = Cx::root(shared, stop.clone());
        let handle = engine.handle();
        let socket = Socket::bind(&path, None).unwrap();
        let control = Control::new(handle.clone(), "host-1", Arc::new(Reloading(mode == Mode::Act)), &cx);
        let serving = tokio::spawn(control.serve(socket));
        let client = Client::new(&path, Duration::from_secs(20)).unwrap();
        let http = reqwest::Client::builder().unix_socket(path.as_path()).no_proxy().build().unwrap();
        Self {
            chain,
            clock,
            journal,
            handle,
            client,
            socket: path,
            serving,
            stop,
            http,
            engine: Some(engine),
            cx,
            directory,
        }
    }

    /// Running, every source asked, the signer known.
    pub(crate) async fn new(mode: Mode) -> Self {
        Self::asleep(mode).await.woken().await
    }

    /// The same where a single validator that turns down is too many.
    pub(crate) async fn wary() -> Self {
        let fleet = FleetLimits { correlation_part: 0.0, correlation_min: 1, ..FleetLimits::default() };
        Self::asleep_in(Mode::Act, fleet).await.woken().await
    }

    async fn woken(self) -> Self {
        let mut rig = self;
        let (engine, cx) = (rig.engine.take().unwrap(), rig.cx.clone());
        tokio::spawn(async move { engine.run(&cx).await });
        rig.until(|handle| handle.is_ready() && handle.status().validators[0].signer.is_some()).await;
        rig
    }

    /// Lets time pass until `is_so`.
    pub(crate) async fn until(&self, is_so: impl Fn(&Handle) -> bool) {
        for _ in 0..2000 {
            if is_so(&self.handle) {
                return;
            }
            self.clock.advance(Duration::from_millis(250));
            for _ in 0..20 {
                tokio::task::yield_now().await;
            }
        }
        panic!("it never came to be so: {:?}", self.handle.status());
    }

    pub(crate) fn request(&self, method: &str, path: &str) -> RequestBuilder {
        self.http.request(method.parse::<Method>().unwrap(), format!("http://tanist{path}"))
    }

    pub(crate) async fn send(&self, method: &str, path: &str, body: &str) -> Response {
        self.request(method, path).body(body.to_owned()).send().await.unwrap()
    }

    /// Status and body of an answer in JSON.
    pub(crate) async fn ask(&self, method: &str, path: &str, body: &str) -> (u16, Value) {
        let response = self.send(method, path, body).await;
        let status = response.status().as_u16();
        let media = response.headers()["content-type"].to_str().unwrap().to_owned();
        let expected = if status < 400 { "application/json" } else { "application/problem+json" };
        assert_eq!(media, expected, "{method} {path}");
        (status, response.json().await.unwrap())
    }
}
