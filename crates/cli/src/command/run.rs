//! `tanist run`
#[cfg(feature = "crash-points")]
mod crash;
mod memory;
mod recorder;
mod reload;
pub(super) mod store;
mod systemd;
mod watched;

use super::{journal, layers};
use crate::args::Global;
use crate::command::version::VERSION;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Printer;
use crate::settings::{Settings, problem};
use crate::{Outcome, logs};
use reload::Reloader;
use std::sync::Arc;
use std::time::Duration;
use store::Store;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;
use watchdog_core::clock::{Clock, SystemClock};
use watchdog_core::cx::Cx;
use watchdog_core::engine::{Engine, Parameters};
use watchdog_core::id::InstanceId;
use watchdog_core::journal::store::RedbJournal;
use watchdog_service::control::server::{Configuration, Control};
use watchdog_service::control::socket::{Socket, SocketError};

/// Time in which the service ends once asked to. A command under way ends sooner by its own limit;
/// should it not, the journal knows it, and the next start takes it up.
const END_WITHIN: Duration = Duration::from_millis(4500);

/// Watch the configured validators, in the foreground.
///
/// SIGTERM and SIGINT end it within 5 s without losing a step; SIGHUP reads the configuration anew
/// and puts it in force as a whole, or refuses it.
#[derive(Debug, clap::Args)]
pub(crate) struct Run {}

pub(crate) fn run(_: &Run, global: &Global, _: Printer) -> Outcome {
    let layers = layers(global)?;
    let settings = Settings::read(&layers)?;
    logs::start(settings.log.format, global.quiet, global.verbose)?;
    memory::protect();
    #[cfg(feature = "crash-points")]
    crash::arm();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let instance = instance_id()?;
    let (watched, networks) = watched::of(&layers, &settings, instance, clock.clone())?;
    let path = &settings.journal.path;
    let journal = RedbJournal::open(path, instance, clock.clone()).map_err(|error| journal::failure(&error, path))?;
    // One worker beside this thread: every further one costs an arena of memory that stays locked, and
    // nothing here computes for long. The journal's commits run on threads of their own.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("tanist")
        .enable_all()
        .build()
        .map_err(|error| Failure::new(Exit::Error, "runtime", "no runtime can be started").caused_by(&error))?;
    let outcome = runtime.block_on(async {
        let signals = Signals::listen()?;
        let group = settings.api.group.as_ref().map(|group| group.0.as_str());
        let socket = Socket::bind(&settings.api.socket, group).map_err(|error| taken(&error, &layers))?;
        let name = settings.instance();
        let parameters = Parameters { fleet: settings.fleet.clone(), ..Parameters::new(&name, VERSION) };
        let Store { journal, lease, parameters } =
            Store::open(&settings, journal, instance, parameters, clock.clone()).await?;
        let opened = Engine::open(parameters, journal, lease, clock.clone(), watched).await;
        let engine = recorder::attached(opened.map_err(|error| journal::failure(&error, path))?, &settings);
        let reloader = Reloader::new(engine.handle(), &settings, networks, global.clone(), instance, clock.clone());
        serve(engine, socket, &name, Arc::new(reloader), clock, signals).await
    });
    runtime.shutdown_timeout(Duration::from_millis(100));
    outcome
}

async fn serve(
    engine: Engine,
    socket: Socket,
    name: &str,
    reloader: Arc<Reloader>,
    clock: Arc<dyn Clock>,
    mut signals: Signals,
) -> Outcome {
    let stop = CancellationToken::new();
    let cx = Cx::root(clock.clone(), stop.clone());
    let handle = engine.handle();
    let validators = handle.status().validators.len();
    let control = Control::new(handle.clone(), name, reloader.clone(), &cx);
    let path = socket.path().display().to_string();
    let serving = tokio::spawn(control.serve(socket));
    let feeding = tokio::spawn(systemd::feed(handle, cx.clone()));
    let running = tokio::spawn({
        let cx = cx.clone();
        async move { engine.run(&cx).await }
    });
    tokio::pin!(running);
    tracing::info!(instance = name, version = VERSION, socket = path, validators, "started");
    systemd::ready();
    let ended = loop {
        tokio::select! {
            _ = signals.terminate.recv() => break None,
            _ = signals.interrupt.recv() => break None,
            Some(()) = signals.hangup.recv() => reload_on_signal(&reloader).await,
            ended = &mut running => break Some(ended),
        }
    };
    tracing::info!("stopping: no new step is begun");
    systemd::stopping();
    stop.cancel();
    if let Some(ended) = ended {
        let failure = Failure::new(Exit::Error, "engine_ended", "the engine has ended by itself")
            .hint("report this as a fault; the journal has everything that was done");
        return Err(match ended {
            Ok(()) => failure,
            Err(error) => failure.caused_by(&error),
        });
    }
    let all = async {
        running.await.ok();
        serving.await.ok();
        feeding.await.ok();
    };
    tokio::select! {
        () = all => tracing::info!("stopped"),
        () = clock.sleep_until(clock.uptime().after(END_WITHIN)) => {
            tracing::warn!("stopped while a command was under way: it is in the journal, and the next start takes it up");
        }
    }
    Ok(Exit::Ok)
}

/// What the service is told by signals. Listened to before anything can be waited for, so that none
/// ends the process unheard.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
}

impl Signals {
    fn listen() -> Result<Self, Box<Failure>> {
        let (terminate, interrupt) = (on(SignalKind::terminate())?, on(SignalKind::interrupt())?);
        Ok(Self { terminate, interrupt, hangup: on(SignalKind::hangup())? })
    }
}

async fn reload_on_signal(reloader: &Reloader) {
    systemd::reloading();
    match reloader.reload().await {
        Ok(changes) if changes.is_empty() => tracing::info!("reloaded: nothing has changed"),
        Ok(changes) => tracing::info!(changes = changes.join("; "), "reloaded"),
        Err(problem) => tracing::error!(
            code = problem.code,
            at = problem.at,
            hint = problem.hint,
            "reload refused, the configuration in force stays: {}",
            problem.detail
        ),
    }
    systemd::ready();
}

fn on(kind: SignalKind) -> Result<Signal, Box<Failure>> {
    signal(kind).map_err(|error| Failure::new(Exit::Error, "signals", "signals cannot be received").caused_by(&error))
}

pub(super) fn instance_id() -> Result<InstanceId, Box<Failure>> {
    let mut id = [0; 16];
    getrandom::fill(&mut id).map_err(|error| {
        Failure::new(Exit::Error, "randomness", "the system gives no random numbers").caused_by(&error)
    })?;
    Ok(InstanceId(id))
}

fn taken(error: &SocketError, layers: &crate::settings::layers::Layers) -> Box<Failure> {
    let message = error.to_string();
    match error {
        SocketError::NoGroup { .. } => problem::invalid(message, "api.group", layers)
            .hint("create it with `groupadd --system`, or leave `api.group` out")
            .into(),
        SocketError::TooLong { .. } => problem::invalid(message, "api.socket", layers).into(),
        SocketError::Taken { .. } => Failure::new(Exit::Address, "address_taken", message)
            .hint("another instance listens there: stop it, or set another `api.socket`"),
        SocketError::NotASocket { .. } => {
            Failure::new(Exit::Address, "address_taken", message).hint("remove it, or set another `api.socket`")
        }
        _ => Failure::new(Exit::Address, "address_refused", message)
            .causes_of(error)
            .hint("check the directory, its owner and permissions, and that this user is in `api.group`"),
    }
}
