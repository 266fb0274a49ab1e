//! Radix (Babylon) adapter of the failover watchdog: watches a validator, and moves it to another
//! node with one transaction.
//!
//! Read [`evidence`] and [`probe`] for what is seen, [`policy`] for what is made of it, [`action`]
//! for what is done, [`tx`] and [`keys`] for the bytes that are sent. Operators read
//! `docs/chains/radix.md`.
pub mod action;
pub mod address;
pub mod client;
pub mod composer;
pub mod config;
pub mod evidence;
pub mod keys;
pub mod network;
pub mod policy;
pub mod probe;
pub mod tx;

use action::{RadixAction, ReadinessService};
use composer::{RadixAddresses, RadixComposer};
use config::{NodeSource, Refined, Settings, SettingsError};
use evidence::RadixEvidence;
use keys::RadixKeys;
use policy::RadixPolicy;
use probe::{CoreProbe, Freshness, HealthProbe, RoundsProbe, UptimeProbe};
use std::sync::Arc;
use tx::RadixTransactions;
use watchdog_core::chain::{AddressReader, AssembleError, Assembly, Chain, Env, Offline};
use watchdog_core::composer::TransactionReader;
use watchdog_core::config::Mode;
use watchdog_core::id::ValidatorName;
use watchdog_core::keys::KeyDerivation;
use watchdog_core::probe::Source;
use watchdog_core::unit::Unit;

/// The chain, for a registry: `Registry::default().with::<Radix>()`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Radix;

impl Offline for Radix {
    const NAME: &'static str = "radix";

    fn keys() -> Option<&'static dyn KeyDerivation> {
        Some(&RadixKeys)
    }

    fn addresses() -> Option<&'static dyn AddressReader> {
        Some(&RadixAddresses)
    }

    fn reader() -> Option<&'static dyn TransactionReader> {
        Some(&RadixTransactions)
    }
}

impl Chain for Radix {
    type Settings = Settings;
    type Error = SettingsError;

    fn assemble(
        name: ValidatorName,
        mode: Mode,
        settings: Settings,
        env: &Env,
    ) -> Result<Assembly, AssembleError<SettingsError>> {
        let settings = Arc::new(Refined::new(settings, mode, env)?);
        let action = RadixAction::new(settings.clone());
        let mut unit = Unit::new(name.clone(), sources(&settings), RadixPolicy::new(&settings), action);
        unit.cooldown = settings.policy.cooldown.0;
        unit.last_resort = settings.last_resort;
        unit.period = settings.probe.period.0;
        unit.patience = settings.probe.timeout.0;
        let mut assembly = Assembly { units: vec![unit], ..Assembly::default() };
        if settings.owner.as_ref().is_some_and(|owner| owner.key.is_some()) {
            assembly.services.push(Box::new(ReadinessService::new(name.as_str(), settings.clone())));
        }
        assembly.composer = Some(Arc::new(RadixComposer::new(settings)));
        Ok(assembly)
    }
}

/// Every source of a validator, live ones first.
fn sources(settings: &Refined) -> Vec<Source<RadixEvidence>> {
    let freshness = Freshness { limit: settings.probe.stale_after.0 };
    let mut sources: Vec<_> = settings.nodes.iter().flat_map(|node| at_node(settings, node, freshness)).collect();
    sources.extend(settings.gateways.iter().map(|gateway| {
        let network = settings.network.to_string();
        let probe = UptimeProbe::new(gateway.client.clone(), settings.address, &network, freshness);
        Source { name: format!("gateway {}", gateway.name), origin: gateway.origin.clone(), probe: Arc::new(probe) }
    }));
    sources
}

fn at_node(settings: &Refined, node: &NodeSource, freshness: Freshness) -> Vec<Source<RadixEvidence>> {
    let named = |api: &str, probe| Source { name: format!("{} {api}", node.name), origin: node.origin.clone(), probe };
    let mut sources: Vec<Source<RadixEvidence>> = Vec::new();
    if let Some(core) = &node.core {
        sources.push(named("core", Arc::new(CoreProbe::new(core.clone(), settings.address, freshness))));
    }
    if let Some(prometheus) = &node.prometheus {
        sources.push(named("prometheus", Arc::new(RoundsProbe::new(prometheus.clone(), settings.address, freshness))));
    }
    if let Some(system) = &node.system {
        sources.push(named("system", Arc::new(HealthProbe::new(system.clone()))));
    }
    sources
}
