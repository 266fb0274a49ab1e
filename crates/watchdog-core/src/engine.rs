//! Watches every validator and acts where the journal, the lease and the operator allow it.
//!
//! ```text
//! rounds ── Sensed ──► desk ── watcher ── Planned ──► executor      for each validator, while there is work
//!    ▲ forget            ▲
//! clock watch            └── orders ── Handle                       one clock watch and one lease holder for all
//! ```
//! A round never waits for acting: when the journal fails or the lease is lost, nothing acts any
//! more, but observations and alerts go on. A validator about which nothing new is to be said takes memory
//! and no task.
mod admission;
mod board;
mod desk;
mod explain;
mod fenced;
mod fleet;
mod handle;
mod holder;
mod offer;
mod rounds;
mod supervisor;
mod watcher;

pub use handle::{Handle, PauseOrder};

use crate::action::Refusal;
use crate::clock::{Clock, Timestamp, Uptime};
use crate::config::{ActLimits, FleetLimits, Mode};
use crate::cx::Cx;
use crate::fence::statement::Statements;
use crate::gap::GapDetector;
use crate::id::ValidatorName;
use crate::journal::chronicle::{Chronicle, Known};
use crate::journal::{Journal, JournalError, Record};
use crate::lease::{Held, Lease, LeaseTimes};
use crate::recording::recorder::Recorder;
use crate::service::Service;
use crate::unit::Unit;
use board::{Board, Live};
use desk::Desks;
use holder::Tenure;
use rounds::Rounds;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// One validator as the engine is told to watch it.
pub struct Watched {
    /// Its parts.
    pub unit: Unit,
    /// Name of its chain.
    pub chain: String,
    /// What may be done.
    pub mode: Mode,
    /// How freely it may be done automatically.
    pub act: ActLimits,
    /// Work besides failover, restarted together with the validator.
    pub services: Vec<Box<dyn Service>>,
    /// Everything that the config says about it, in any stable form: tells a reload what changed.
    pub fingerprint: String,
}

impl fmt::Debug for Watched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watched")
            .field("unit", &self.unit)
            .field("chain", &self.chain)
            .field("mode", &self.mode)
            .finish_non_exhaustive()
    }
}

/// How the engine behaves besides its validators.
#[derive(Clone, Debug)]
pub struct Parameters {
    /// Name of this instance in the status.
    pub instance: String,
    /// Version of the program.
    pub version: String,
    /// Longest time in which a command still takes effect; the lease must outlast it.
    pub command_max: Duration,
    /// Time between two renewals of the lease.
    pub renew_every: Duration,
    /// Time between two tries where the lease store does not answer.
    pub retry: Duration,
    /// Renewals that fail for this long end the belief in the lease.
    pub renew_deadline: Duration,
    /// A holder that shows no sign of life for this long is late, and whoever waits says so.
    pub heartbeat_late: Duration,
    /// How long a plan may be executed after it was made.
    pub plan_lasts: Duration,
    /// Time granted to planning and to reading the signer.
    pub plan_patience: Duration,
    /// When too many validators turn down together.
    pub fleet: FleetLimits,
}

impl Parameters {
    /// The defaults of the safety model, section 6.4.
    pub fn new(instance: impl Into<String>, version: impl Into<String>) -> Self {
        Self {
            instance: instance.into(),
            version: version.into(),
            command_max: Duration::from_secs(4),
            renew_every: Duration::from_secs(3),
            retry: Duration::from_secs(1),
            renew_deadline: Duration::from_secs(9),
            heartbeat_late: Duration::from_secs(15),
            plan_lasts: Duration::from_mins(5),
            plan_patience: Duration::from_secs(10),
            fleet: FleetLimits::default(),
        }
    }
}

impl Parameters {
    /// The same with the times of another lease.
    #[must_use]
    pub fn with_times(self, times: &LeaseTimes) -> Self {
        Self {
            command_max: times.command_max,
            renew_every: times.renew_every,
            retry: times.retry,
            renew_deadline: times.renew_deadline,
            heartbeat_late: times.ttl,
            ..self
        }
    }
}

/// The engine before it runs.
pub struct Engine {
    lease: Arc<dyn Lease>,
    tasks: Vec<Task>,
    reloads: mpsc::Receiver<Reload>,
    shared: Arc<Shared>,
}

/// What all tasks of an engine share.
struct Shared {
    parameters: Parameters,
    started_at: Timestamp,
    chronicle: Arc<Chronicle>,
    clock: Arc<dyn Clock>,
    held: watch::Sender<Option<Held>>,
    term_began: watch::Sender<Uptime>,
    tenure: watch::Sender<Tenure>,
    anomalies: watch::Sender<u64>,
    beat: watch::Sender<Uptime>,
    board: Board,
    statements: Statements,
    rounds: Rounds,
    desks: Desks,
    /// Under which everything works, once it does.
    work: std::sync::OnceLock<Cx>,
    recorder: std::sync::OnceLock<Recorder>,
    reload: mpsc::Sender<Reload>,
}

/// Other validators to watch, and whom to tell how that went.
struct Reload {
    watched: Vec<Watched>,
    reply: oneshot::Sender<Result<Vec<String>, Refusal>>,
}

impl Engine {
    /// An engine that writes to `journal` under `lease`. Reads the whole journal.
    ///
    /// # Errors
    /// Where the journal cannot be read or contradicts itself.
    pub async fn open(
        parameters: Parameters,
        journal: Arc<dyn Journal>,
        lease: Arc<dyn Lease>,
        clock: Arc<dyn Clock>,
        watched: Vec<Watched>,
    ) -> Result<Self, JournalError> {
        let chronicle = Arc::new(Chronicle::open(journal, clock.clone()).await?);
        let (reload, reloads) = mpsc::channel(1);
        let shared = Shared {
            started_at: clock.now(),
            parameters,
            chronicle,
            held: watch::Sender::new(None),
            term_began: watch::Sender::new(clock.uptime()),
            tenure: watch::Sender::new(Tenure::default()),
            anomalies: watch::Sender::new(0),
            beat: watch::Sender::new(clock.uptime()),
            clock,
            board: Board::default(),
            statements: Statements::default(),
            rounds: Rounds::default(),
            desks: Desks::default(),
            work: std::sync::OnceLock::new(),
            recorder: std::sync::OnceLock::new(),
            reload,
        };
        let shared = Arc::new(shared);
        let tasks = watched.into_iter().map(|watched| Task::new(watched, &shared)).collect();
        Ok(Self { lease, tasks, reloads, shared })
    }

    /// Keeps what is observed, for judging it again later; the first recorder given counts. Losing any
    /// of it stops nothing.
    #[must_use]
    pub fn recording_to(self, recorder: Recorder) -> Self {
        if self.shared.recorder.set(recorder).is_err() {
            tracing::warn!("observations are recorded already; the second recorder is not used");
        }
        self
    }

    /// For everything outside: status, plans, operations.
    pub fn handle(&self) -> Handle {
        Handle::new(self.shared.clone())
    }

    /// Works until `cx` is called off. Returns once no command is under way any more; what was begun
    /// is taken up at the next start.
    pub async fn run(self, cx: &Cx) {
        let Self { lease, tasks, mut reloads, shared } = self;
        let cx = &shared.work.get_or_init(|| cx.clone()).clone();
        let holder = tokio::spawn(holder::hold(lease.clone(), shared.clone(), cx.clone()));
        let ticker = tokio::spawn(watch_clocks(shared.clone(), cx.clone()));
        let rounds = tokio::spawn(rounds::run(shared.clone(), cx.clone()));
        let begun = |task: Task| (task.live.name.clone(), task.begin(&shared, cx));
        let mut tasks: BTreeMap<_, _> = tasks.into_iter().map(begun).collect();
        loop {
            tokio::select! {
                biased;
                () = cx.cancelled() => break,
                Some(reload) = reloads.recv() => {
                    let answer = reload_tasks(&mut tasks, reload.watched, &shared, cx).await;
                    reload.reply.send(answer).ok();
                }
            }
        }
        for (_, task) in tasks {
            task.end().await;
        }
        for task in [holder, ticker, rounds] {
            task.await.ok();
        }
        let held = *shared.held.borrow();
        if let Some(held) = held {
            lease.release(held, cx).await.ok();
        }
    }
}

/// Puts other validators in the place of those that run, all or nothing; what did not change goes on
/// undisturbed.
async fn reload_tasks(
    tasks: &mut BTreeMap<ValidatorName, Task>,
    watched: Vec<Watched>,
    shared: &Arc<Shared>,
    cx: &Cx,
) -> Result<Vec<String>, Refusal> {
    let mut wanted: BTreeMap<_, _> = watched.into_iter().map(|w| (w.unit.name.clone(), w)).collect();
    let gone: Vec<_> = tasks.keys().filter(|name| !wanted.contains_key(*name)).cloned().collect();
    wanted.retain(|name, new| tasks.get(name).is_none_or(|task| task.fingerprint != fingerprint(new)));
    for name in gone.iter().chain(wanted.keys()) {
        if shared.chronicle.with_standing(name, |standing| standing.current().is_some()) {
            let message = format!("an operation of `{name}` is under way, so its settings cannot change now");
            return Err(Refusal::new(
                "conflict",
                message,
                "wait for its end (`tanist status`), or cancel it, then reload again",
            ));
        }
    }
    let mut changes = Vec::new();
    for name in gone {
        if let Some(task) = tasks.remove(&name) {
            task.end().await;
            shared.board.hide(&name);
            changes.push(format!("validator.{name}: removed"));
        }
    }
    for (name, new) in wanted {
        let before = tasks.remove(&name);
        changes.push(format!("validator.{name}: {}", if before.is_some() { "changed" } else { "added" }));
        if let Some(task) = before {
            task.end().await;
        }
        tasks.insert(name, Task::new(new, shared).begin(shared, cx));
    }
    Ok(changes)
}

/// What is done for one validator.
struct Task {
    /// Digest of everything that the config says about it: the text may be long, and there may be many.
    fingerprint: Fingerprint,
    live: Arc<Live>,
    services: Option<Box<Services>>,
}

type Fingerprint = [u8; 32];

fn fingerprint(watched: &Watched) -> Fingerprint {
    Sha256::digest(&watched.fingerprint).into()
}

/// The work besides failover.
enum Services {
    Waiting(Vec<Box<dyn Service>>),
    Running { stop: CancellationToken, handles: Vec<JoinHandle<()>> },
}

impl Task {
    /// Shows the validator; nothing is done yet.
    fn new(mut watched: Watched, shared: &Shared) -> Self {
        let (fingerprint, services) = (fingerprint(&watched), std::mem::take(&mut watched.services));
        let services = (!services.is_empty()).then(|| Box::new(Services::Waiting(services)));
        watched.unit.name = shared.chronicle.share(&watched.unit.name);
        let known = shared.chronicle.with_standing(&watched.unit.name, crate::journal::standing::Standing::verdict);
        let live = Arc::new(Live::new(watched, known, &shared.board, shared.clock.uptime()));
        shared.board.show(live.clone());
        Self { fingerprint, live, services }
    }

    fn begin(self, shared: &Arc<Shared>, cx: &Cx) -> Self {
        fenced::warn(&self.live);
        let run = |services| match services {
            Services::Waiting(services) => {
                let (cx, stop) = cx.child();
                let run = |service| tokio::spawn(supervisor::supervise(service, cx.clone()));
                Services::Running { stop, handles: services.into_iter().map(run).collect() }
            }
            running @ Services::Running { .. } => running,
        };
        let services = self.services.map(|services| Box::new(run(*services)));
        shared.rounds.plan(self.live.clone(), shared.clock.uptime());
        desk::wake(&self.live, shared, cx);
        Self { services, ..self }
    }

    /// Ends the work; a command under way is waited for.
    async fn end(self) {
        self.live.slot().close();
        desk::close(&self.live).await;
        let Some(Services::Running { stop, handles }) = self.services.map(|services| *services) else { return };
        stop.cancel();
        for handle in handles {
            if let Err(error) = handle.await {
                tracing::error!(%error, "a service of a validator ended abnormally");
            }
        }
    }
}

/// Compares the clocks at a steady tick, and tells everybody when time was not what it seemed.
async fn watch_clocks(shared: Arc<Shared>, cx: Cx) {
    let mut detector = GapDetector::default();
    loop {
        let up = shared.clock.uptime();
        shared.beat.send_replace(up);
        if let Some(anomaly) = detector.tick(up, shared.clock.now()) {
            tracing::warn!(%anomaly, "clock anomaly: everything seen before is forgotten, and the lease is renewed before anything acts");
            shared.anomalies.send_modify(|count| *count = count.saturating_add(1));
        }
        if cx.sleep_until(up.after(GapDetector::TICK)).await.is_err() {
            return;
        }
    }
}

impl Shared {
    /// Has operations that stand still looked at again: what they waited for may be there now.
    fn wake_standing(self: &Arc<Self>) {
        let Some(cx) = self.work.get() else { return };
        let is_open = |known: &Known<'_>| {
            let open = known.standings().filter(|(_, standing)| standing.current().is_some());
            open.map(|(name, _)| name.clone()).collect::<Vec<_>>()
        };
        for live in self.chronicle.look(is_open).iter().filter_map(|name| self.board.find(name)) {
            desk::wake(&live, self, cx);
        }
    }

    /// Appends records about `validator`, where the lease is held.
    async fn append(&self, validator: Option<&ValidatorName>, records: &[Record]) -> Result<(), Refusal> {
        let appended = self.chronicle.append(self.held()?, validator, records).await;
        appended.map(|_durable| ()).map_err(|error| storage(&error))
    }

    /// The lease, where it is held.
    fn held(&self) -> Result<Held, Refusal> {
        let held = *self.held.borrow();
        held.ok_or_else(|| self.no_lease())
    }

    /// `term`, where it is still the one that is held: what was found out in an earlier term may have been
    /// changed by whoever held the lease in between.
    fn still_held(&self, term: Held) -> Result<Held, Refusal> {
        let held = self.held()?;
        if held.token() == term.token() {
            return Ok(held);
        }
        Err(offer::stale(format!("the lease was lost in between: term {} began", held.token())))
    }

    /// Why nothing can be done without the lease.
    fn no_lease(&self) -> Refusal {
        match &self.tenure.borrow().holder {
            Some(holder) => {
                let message = format!("instance `{holder}` holds the lease");
                Refusal::new("no_lease", message, "ask that instance, or stop it: this one takes over then")
            }
            None => Refusal::new(
                "no_lease",
                "the lease is not held",
                "wait until it is; `tanist status` says what the lease store does",
            ),
        }
    }
}

/// What a journal error means to whoever asked.
fn storage(error: &JournalError) -> Refusal {
    if error.is_passing() {
        let message = crate::causes::line(error);
        return Refusal::new(
            "unsettled",
            message,
            "wait until the lease is held again, look with `tanist status`, then ask anew",
        );
    }
    Refusal::new(
        "storage",
        error.to_string(),
        "nothing acts any more: check the disk, run `tanist journal verify`, restart",
    )
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine")
            .field("parameters", &self.shared.parameters)
            .field("watched", &self.tasks.iter().map(|task| &task.live.name).collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}
