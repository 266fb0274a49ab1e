//! From the configuration to what the engine watches.
use crate::command::config::{assemble, environment};
use crate::command::fence::ladders;
use crate::failure::Failure;
use crate::secrets::System;
use crate::settings::Settings;
use crate::settings::layers::Layers;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use watchdog_core::clock::Clock;
use watchdog_core::config::SecretRef;
use watchdog_core::engine::Watched;
use watchdog_core::id::{InstanceId, ValidatorName};
use watchdog_core::registry::Assembled;
use watchdog_core::secret::{Secret, SecretError, SecretStore};

/// The network that each validator is on.
pub(super) type Networks = BTreeMap<String, String>;

/// Every validator of the configuration, its secrets read and its fences ready.
pub(super) fn of(
    layers: &Layers,
    settings: &Settings,
    instance: InstanceId,
    clock: Arc<dyn Clock>,
) -> Result<(Vec<Watched>, Networks), Box<Failure>> {
    let store = Arc::new(Noting { system: System::new(), seen: Mutex::default() });
    let fences = ladders::build(&settings.fence, settings, instance)?;
    let env = environment(clock, store.clone())?.lending(fences);
    let assembled = assemble(layers, settings, &env)?;
    let networks = assembled.iter().filter_map(|one| Some((one.name.to_string(), network(one, layers)?))).collect();
    Ok((assembled.into_iter().flat_map(|one| watch(one, layers, settings, &store)).collect(), networks))
}

fn network(one: &Assembled, layers: &Layers) -> Option<String> {
    let network = layers.figment.find_value(&format!("validator.{}.network", one.name)).ok()?;
    let number = || network.to_u128().map(|number| number.to_string());
    network.as_str().map(str::to_owned).or_else(number)
}

fn watch(one: Assembled, layers: &Layers, settings: &Settings, store: &Noting) -> Vec<Watched> {
    let table = layers.figment.find_value(&format!("validator.{}", one.name)).ok();
    let table = table.and_then(|table| serde_json::to_value(table).ok()).unwrap_or_default();
    let fences = fences(&one.name, settings);
    let fingerprint = format!("{} {table} {} {fences}", one.mode, store.fingerprint(&table));
    let Assembled { chain, mode, act, parts, .. } = one;
    let mut services = Some(parts.services);
    let watched = |unit| Watched {
        unit,
        chain: chain.to_owned(),
        mode,
        act: act.clone(),
        services: services.take().unwrap_or_default(),
        fingerprint: fingerprint.clone(),
    };
    parts.units.into_iter().map(watched).collect()
}

/// What the configuration says about the fences of `validator`: they are part of what is done for it.
fn fences(validator: &ValidatorName, settings: &Settings) -> Value {
    let own = settings.fence.iter().filter(|(_, table)| table.validator == *validator);
    own.map(|(name, table)| (name.clone(), serde_json::to_value(table).unwrap_or_default())).collect()
}

/// Reads secrets and notes which content each had, so that a reload notices a secret that was
/// replaced. The notes are digests, salted anew in every process and never written anywhere.
struct Noting {
    system: System,
    seen: Mutex<Vec<(SecretRef, String)>>,
}

impl Noting {
    /// The content of every secret that `table` refers to, as one text.
    fn fingerprint(&self, table: &Value) -> String {
        let mut references = Vec::new();
        collect(table, &mut references);
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let noted = seen.iter().filter(|(at, _)| references.contains(at)).map(|(_, digest)| digest.as_str());
        noted.collect::<Vec<_>>().join(" ")
    }
}

fn collect(value: &Value, references: &mut Vec<SecretRef>) {
    if let Ok(reference) = serde_json::from_value(value.clone()) {
        references.push(reference);
    }
    match value {
        Value::Object(members) => members.values().for_each(|member| collect(member, references)),
        Value::Array(entries) => entries.iter().for_each(|entry| collect(entry, references)),
        _ => {}
    }
}

impl SecretStore for Noting {
    fn read(&self, at: &SecretRef) -> Result<Option<Secret>, SecretError> {
        let secret = self.system.read(at)?;
        if let Some(secret) = &secret {
            let digest = Sha256::new().chain_update(salt()).chain_update(secret.expose()).finalize();
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            seen.push((at.clone(), hex::encode(digest)));
        }
        Ok(secret)
    }
}

impl fmt::Debug for Noting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Noting")
    }
}

/// Random, the same for the life of the process. Without randomness a replaced secret would still be
/// noticed; the salt only makes the digest useless elsewhere.
fn salt() -> [u8; 32] {
    static SALT: std::sync::OnceLock<[u8; 32]> = std::sync::OnceLock::new();
    *SALT.get_or_init(|| {
        let mut salt = [0; 32];
        getrandom::fill(&mut salt).ok();
        salt
    })
}
