//! One process of the watchdog: the real engine on a runtime of its own, which runs when the run says so.
use crate::action::{self, Action};
use crate::client::Client;
use crate::clock::{Machine, SimClock};
use crate::disk::Disk;
use crate::embedded::Embedded;
use crate::kernel::{Event, Kernel, Micros, SECOND};
use crate::port::Port;
use crate::probe;
use crate::scenario::Scenario;
use crate::wire::Host;
use crate::world::Sabotage;
use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use tokio_util::sync::CancellationToken;
use watchdog_core::clock::Clock;
use watchdog_core::config::{ActLimits, Mode, TextDuration};
use watchdog_core::cx::Cx;
use watchdog_core::engine::{Engine, Handle, Parameters, Watched};
use watchdog_core::id::{InstanceId, ValidatorName};
use watchdog_core::journal::mirrored::Mirrored;
use watchdog_core::journal::store::RedbJournal;
use watchdog_core::journal::{Journal, JournalError};
use watchdog_core::lease::{Lease, LeaseTimes};
use watchdog_core::unit::Unit;

/// Enough for every task that is ready to have its turn before the run goes on.
const TURN: u32 = 1 << 30;

/// A process that runs or stands still.
pub(crate) struct Process {
    pub(crate) number: u32,
    pub(crate) runtime: Runtime,
    pub(crate) port: Arc<Port>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) handle: Arc<OnceLock<Handle>>,
    pub(crate) started: Micros,
    /// What waits for it while it stands still; `None` while it runs.
    pub(crate) standstill: Option<VecDeque<Event>>,
    pub(crate) is_slow: bool,
    stop: CancellationToken,
}

/// Where a process starts.
pub(crate) struct Start<'a> {
    pub(crate) kernel: &'a Kernel,
    pub(crate) scenario: &'a Scenario,
    pub(crate) engine: u8,
    pub(crate) number: u32,
    pub(crate) machine: Arc<Mutex<Machine>>,
    pub(crate) disk: Disk,
    pub(crate) planted: action::Planted,
    pub(crate) sabotage: Option<Sabotage>,
}

/// The one validator of every run.
pub(crate) fn validator() -> Option<ValidatorName> {
    ValidatorName::new("main")
}

/// The process that has this id.
pub(crate) fn instance(engine: u8, number: u32) -> InstanceId {
    let mut id = [engine; 16];
    id[12..].copy_from_slice(&number.to_le_bytes());
    InstanceId(id)
}

impl Process {
    /// Starts one; what a damaged or failing disk makes impossible is an error.
    pub(crate) fn start(start: Start<'_>) -> Result<Self, JournalError> {
        let Start { kernel, scenario, engine, number, machine, disk, planted, sabotage } = start;
        let clock: Arc<dyn Clock> = Arc::new(SimClock::new(kernel.clone(), machine, number));
        let port = Arc::new(Port::new(kernel.clone(), Host::Engine(engine), number, clock.clone()));
        let runtime = Builder::new_current_thread().event_interval(TURN).build().map_err(JournalError::Io)?;
        let name = format!("watchdog-{engine}");
        let id = instance(engine, number);
        let own = (scenario.is_embedded || scenario.is_mirrored)
            .then(|| RedbJournal::with_backend(disk.backend(), id, clock.clone()))
            .transpose()?;
        let client = Arc::new(Client {
            port: port.clone(),
            clock: clock.clone(),
            name: name.clone(),
            instance: id,
            keeps: scenario.keeps,
            seen: Mutex::new(0),
        });
        let (journal, lease): (Arc<dyn Journal>, Arc<dyn Lease>) = match own {
            Some(own) if scenario.is_embedded => {
                let found = runtime.block_on(own.replay(1))?;
                let now = kernel.now();
                kernel.lock().oracle.reopened(now, &found);
                let lease = own.lease();
                let both = Embedded { kernel: kernel.clone(), process: number, disk, journal: own, lease };
                let both = Arc::new(both);
                (both.clone(), both)
            }
            Some(copy) => (Arc::new(runtime.block_on(Mirrored::open(client.clone(), copy))?), client),
            None => (client.clone(), client),
        };
        let Some(watched) = watched(scenario, &port, &clock, (planted, sabotage)) else {
            return Err(JournalError::Io(io::Error::other("the validator has no name")));
        };
        let parameters = Parameters::new(name, format!("0.0.{number}")).with_times(&LeaseTimes::of(crate::store::TTL));
        let stop = CancellationToken::new();
        let cx = Cx::root(clock.clone(), stop.clone());
        let handle = Arc::new(OnceLock::new());
        let (tell, noted, opened_by) = (handle.clone(), kernel.clone(), clock.clone());
        runtime.spawn(async move {
            match Engine::open(parameters, journal, lease, opened_by, vec![watched]).await {
                Ok(engine) => {
                    tell.set(engine.handle()).ok();
                    engine.run(&cx).await;
                }
                Err(error) => noted.note(|| format!("watchdog-{engine} does not start: {error}")),
            }
        });
        let started = kernel.now();
        let process = Self { number, runtime, port, clock, handle, started, standstill: None, is_slow: false, stop };
        process.run();
        Ok(process)
    }

    /// Lets every task have its turn that is ready.
    pub(crate) fn run(&self) {
        self.runtime.block_on(async {
            tokio::task::yield_now().await;
            tokio::task::yield_now().await;
        });
    }

    /// A context for calls from outside.
    pub(crate) fn cx(&self) -> Cx {
        Cx::root(self.clock.clone(), self.stop.clone())
    }
}

fn watched(
    scenario: &Scenario,
    port: &Arc<Port>,
    clock: &Arc<dyn Clock>,
    (planted, sabotage): (action::Planted, Option<Sabotage>),
) -> Option<Watched> {
    let is_free = sabotage == Some(Sabotage::LimitsIgnored);
    let dawdles = if sabotage == Some(Sabotage::Dawdling) { 30 * SECOND } else { 0 };

    let action = Action {
        class: scenario.class,
        checks_epochs: scenario.checks_epochs,
        port: port.clone(),
        clock: clock.clone(),
        planted,
    };
    let mut unit = Unit::new(validator()?, probe::sources(port, clock), probe::policy(), action);
    (unit.period, unit.patience) = (probe::PERIOD, probe::PATIENCE);
    unit.cooldown = Duration::from_micros(if is_free { 0 } else { scenario.cooldown });
    let micros = |time| TextDuration(Duration::from_micros(time));
    let act = ActLimits {
        per_day: if is_free { 100 } else { scenario.per_day },
        per_week: 10,
        confirm_for: micros(scenario.confirm_for + dawdles),
        confirm_urgent: micros(scenario.confirm_for + dawdles),
        failback_hold: micros(if is_free { 0 } else { scenario.failback_hold }),
        failure_domain: None,
    };
    let fingerprint = String::new();
    Some(Watched { unit, chain: "simulated".to_owned(), mode: Mode::Act, act, services: Vec::new(), fingerprint })
}
