//! The sidecar as a service, in the foreground.
use super::answer::unusable;
use super::{configured, prefix, stage_command};
use crate::args::Global;
use crate::command::run::{instance_id, store};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::settings::Settings;
use crate::{Outcome, logs};
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use watchdog_core::clock::{Clock, SystemClock};
use watchdog_core::cx::Cx;
use watchdog_etcd::{EtcdLease, EtcdSettings};
use watchdog_supervise::settings::SidecarSettings;
use watchdog_supervise::sidecar::device::{Device, DeviceError, KernelDevice};
use watchdog_supervise::sidecar::holder::Holder;
use watchdog_supervise::sidecar::{Sidecar, SidecarError};

/// Time that one member of the lease store has for one call, at most.
const PATIENCE_MAX: Duration = Duration::from_secs(2);

pub(super) fn run(global: &Global) -> Outcome {
    let (settings, node) = configured(global)?;
    let etcd = settings.lease.etcd.as_ref().ok_or_else(no_store)?;
    logs::start(settings.log.format, global.quiet, global.verbose)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("sidecar")
        .enable_all()
        .build()
        .map_err(|error| Failure::new(Exit::Error, "runtime", "no runtime can be started").caused_by(&error))?;
    let outcome = runtime.block_on(serve(&settings, &node, etcd));
    runtime.shutdown_timeout(Duration::from_millis(100));
    outcome
}

async fn serve(settings: &Settings, node: &SidecarSettings, etcd: &EtcdSettings) -> Outcome {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let stop = CancellationToken::new();
    listen(stop.clone())?;
    let memory = node.store().map_err(|error| unusable(&error))?;
    let signer = node.supervised(&memory, stage_command()).map_err(|error| unusable(&error))?;
    let client = store::client(etcd, node.times().renew_every.min(PATIENCE_MAX))?;
    let instance = instance_id()?;
    // Last of all: from here on the machine is reset where nobody feeds the device.
    let device = node.watchdog.as_ref().map(KernelDevice::open).transpose().map_err(|error| unguarded(&error))?;
    let timeout = device.as_ref().map(Device::timeout);
    let holder = Holder { target: node.target(), lease: node.ttl.0, device: timeout };
    let lease = EtcdLease::new(client, &prefix(etcd, &holder.target), &holder.to_string(), instance, node.ttl.0);
    tracing::info!(node = %holder.target, host = settings.instance(), watchdog = timeout.is_some(), "sidecar started");
    let device = device.map(|device| Box::new(device) as Box<dyn Device>);
    let sidecar = Sidecar::new(Arc::new(lease), signer, memory, device, node.times());
    sidecar.run(&Cx::root(clock, stop)).await.map_err(|error| ended(&error))?;
    tracing::info!("sidecar stopped, and the signer before it");
    Ok(Exit::Ok)
}

/// Calls the work off at SIGTERM and SIGINT.
fn listen(stop: CancellationToken) -> Result<(), Box<Failure>> {
    let deaf =
        |error: std::io::Error| Failure::new(Exit::Error, "signals", "signals cannot be heard").caused_by(&error);
    let mut terminate = signal(SignalKind::terminate()).map_err(deaf)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(deaf)?;
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping: the signer first");
        stop.cancel();
    });
    Ok(())
}

fn no_store() -> Box<Failure> {
    Failure::new(Exit::Config, "config_invalid", "a sidecar needs a lease store that the watchdog shares")
        .at("lease.etcd")
        .hint("set `[lease.etcd]` as in the watchdog's own configuration")
}

fn unguarded(error: &DeviceError) -> Box<Failure> {
    Failure::new(Exit::Error, "watchdog_device", error.to_string())
        .causes_of(error)
        .hint("load the driver (such as `modprobe softdog`), end whatever else has the device open, or take `sidecar.watchdog` out")
}

fn ended(error: &SidecarError) -> Box<Failure> {
    let (exit, code) = match error {
        SidecarError::NotStopped(_) => (Exit::Unknown, "fence_unproven"),
        _ => (Exit::Storage, "storage"),
    };
    Failure::new(exit, code, error.to_string()).causes_of(error)
}
