//! Programs that use the library: `embed.rs` watches a validator from a program of its own, `custom_chain.rs` adds a
//! chain, `shared_key.rs` one whose old signer must be fenced. The tests of this package run all of them. Here is what
//! they share: an engine around one validator, with a journal in memory.
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use watchdog_core::clock::{Clock, SystemClock};
use watchdog_core::config::{ActLimits, Mode};
use watchdog_core::cx::Cx;
use watchdog_core::engine::{Engine, Handle, Parameters, Watched};
use watchdog_core::event::Event;
use watchdog_core::id::{InstanceId, ValidatorName};
use watchdog_core::journal::store::RedbJournal;
use watchdog_core::status::ValidatorStatus;
use watchdog_core::unit::Unit;

/// Longest time that an example waits for anything.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running engine in mode `act`, and the one validator that it watches.
#[derive(Debug)]
pub struct Stage {
    handle: Handle,
    validator: ValidatorName,
    clock: Arc<dyn Clock>,
    stop: CancellationToken,
    running: JoinHandle<()>,
}

impl Stage {
    /// Begins to watch `unit` of the chain `chain`.
    ///
    /// # Errors
    /// Where the journal cannot be opened.
    pub async fn open(chain: &str, unit: Unit) -> Result<Self, Box<dyn Error>> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        // A program that means it writes `RedbJournal::open(path, …)`, with a random instance id.
        let disk = redb::backends::InMemoryBackend::new();
        let journal = RedbJournal::with_backend(disk, InstanceId([1; 16]), clock.clone())?;
        let lease = Arc::new(journal.lease());
        let validator = unit.name.clone();
        let watched = Watched {
            unit,
            chain: chain.to_owned(),
            mode: Mode::Act,
            act: ActLimits::default(),
            services: Vec::new(),
            fingerprint: String::new(),
        };
        let parameters = Parameters::new("example", env!("CARGO_PKG_VERSION"));
        let engine = Engine::open(parameters, Arc::new(journal), lease, clock.clone(), vec![watched]).await?;
        let (handle, stop) = (engine.handle(), CancellationToken::new());
        let cx = Cx::root(clock.clone(), stop.clone());
        let running = tokio::spawn(async move { engine.run(&cx).await });
        Ok(Self { handle, validator, clock, stop, running })
    }

    /// Waits until the validator's status is as `wanted`; looks again at every event.
    ///
    /// # Errors
    /// After 20 s, or where the engine has ended.
    pub async fn until(&self, wanted: impl Fn(&ValidatorStatus) -> bool) -> Result<(), Box<dyn Error>> {
        let cx = Cx::root(self.clock.clone(), self.stop.clone()).within(PATIENCE);
        let mut newest = self.handle.newest();
        while !wanted(&self.handle.validator(&self.validator).map_err(|refusal| refusal.message)?) {
            cx.bound(newest.changed()).await??;
        }
        Ok(())
    }

    /// What has happened, oldest first.
    ///
    /// # Errors
    /// Where the journal cannot be read.
    pub async fn events(&self) -> Result<Vec<Event>, Box<dyn Error>> {
        Ok(self.handle.events(0, 1000).await?)
    }

    /// Stops the engine and waits for its end.
    ///
    /// # Errors
    /// Where it ended abnormally.
    pub async fn close(self) -> Result<(), Box<dyn Error>> {
        self.stop.cancel();
        Ok(self.running.await?)
    }
}
