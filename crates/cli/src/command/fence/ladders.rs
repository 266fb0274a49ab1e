//! From `[fence.<name>]` to ladders, for whoever climbs or rehearses them.
use crate::command::run::store;
use crate::command::sidecar::{self, STAGE};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::settings::Settings;
use std::sync::Arc;
use std::time::Duration;
use watchdog_core::id::InstanceId;
use watchdog_core::lease::Lease;
use watchdog_etcd::{Etcd, EtcdLease};
use watchdog_supervise::fences::{Fences, Unusable};
use watchdog_supervise::order::Target;
use watchdog_supervise::settings::{LadderSettings, Parts};

/// Time that one member of the lease store has for one call.
const PATIENCE: Duration = Duration::from_secs(2);

/// A table with its name.
pub(super) type Table<'a> = (&'a String, &'a LadderSettings);

/// The ladders of `tables`, in the name of this `instance`. Asks nobody yet.
pub(in crate::command) fn build<'a>(
    tables: impl IntoIterator<Item = Table<'a>>,
    settings: &Settings,
    instance: InstanceId,
) -> Result<Fences, Box<Failure>> {
    Fences::build(tables, &Configured::new(settings, instance)?).map_err(|unusable| failure(&unusable))
}

fn failure(unusable: &Unusable) -> Box<Failure> {
    let at = format!("fence.{}", unusable.name);
    Failure::new(Exit::Config, "config_invalid", unusable.to_string()).at(at).causes_of(unusable)
}

/// The lease store of this configuration, as an engine uses it on the leases of nodes.
struct Configured<'a> {
    settings: &'a Settings,
    instance: InstanceId,
    etcd: Option<Etcd>,
}

impl<'a> Configured<'a> {
    /// Reads the secrets of the store only where a fence needs it.
    fn new(settings: &'a Settings, instance: InstanceId) -> Result<Self, Box<Failure>> {
        let needs_store =
            settings.fence.values().flat_map(|ladder| ladder.rung.values()).any(|rung| rung.lapse.is_some());
        let etcd = settings.lease.etcd.as_ref().filter(|_| needs_store);
        let etcd = etcd.map(|etcd| store::client(etcd, PATIENCE)).transpose()?;
        Ok(Self { settings, instance, etcd })
    }
}

impl Parts for Configured<'_> {
    fn lease(&self, target: &Target) -> Option<Arc<dyn Lease>> {
        let (etcd, settings) = (self.etcd.clone()?, self.settings.lease.etcd.as_ref()?);
        let prefix = sidecar::prefix(settings, target);
        let name = self.settings.instance();
        Some(Arc::new(EtcdLease::new(etcd, &prefix, &name, self.instance, settings.ttl.0)))
    }

    fn stage(&self) -> Vec<String> {
        STAGE.iter().map(ToString::to_string).collect()
    }
}
