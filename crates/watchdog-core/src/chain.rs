//! What a chain crate hands to the program that composes it.
use crate::clock::Clock;
use crate::composer::{Composer, TransactionReader};
use crate::config::{Mode, SecretRef};
use crate::id::ValidatorName;
#[cfg(feature = "keys")]
use crate::keys::KeyDerivation;
use crate::secret::{Secret, SecretError, SecretStore};
use crate::service::Service;
use crate::unit::Unit;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

/// What a chain crate offers without a network: one-shot work with keys, addresses, transactions.
pub trait Offline: Send + Sync + 'static {
    /// Value of `chain` in the config and of `--chain` on the command line.
    const NAME: &'static str;

    /// Key derivation, where the chain has one.
    #[cfg(feature = "keys")]
    fn keys() -> Option<&'static dyn KeyDerivation> {
        None
    }

    /// Address explanation: what is this text, and what is wrong with it.
    fn addresses() -> Option<&'static dyn AddressReader> {
        None
    }

    /// Transaction reading, where the chain's failover is a transaction.
    fn reader() -> Option<&'static dyn TransactionReader> {
        None
    }
}

/// A chain crate's entry point, for a chain whose validators it can watch.
pub trait Chain: Offline {
    /// The chain's own typed settings.
    type Settings: DeserializeOwned + JsonSchema;
    /// Why settings of the right form still cannot be used.
    type Error: std::error::Error + Send + Sync + 'static;

    /// Builds the parts of one validator. Does no network I/O: connections are made on first use,
    /// so `tanist config check` is instant and works offline. Secrets are read through `env`.
    fn assemble(
        name: ValidatorName,
        mode: Mode,
        settings: Self::Settings,
        env: &Env,
    ) -> Result<Assembly, AssembleError<Self::Error>>;
}

/// Explains addresses of a chain.
pub trait AddressReader: Send + Sync {
    /// What `text` is: kind, network, payload. With `network` it must also belong to that one.
    ///
    /// # Errors
    /// Says what is wrong, in one line.
    fn explain(&self, text: &str, network: Option<&str>) -> Result<serde_json::Value, String>;
}

/// A chain cannot build the parts of a validator.
#[derive(Debug, thiserror::Error)]
pub enum AssembleError<E: std::error::Error + 'static> {
    /// The settings make no sense; a matter of the config file.
    #[error(transparent)]
    Settings(E),
    /// A secret is missing, malformed or open to others.
    #[error(transparent)]
    Secret(#[from] SecretError),
}

/// What the composing program lends to chain crates.
#[derive(Clone)]
pub struct Env {
    /// Time.
    pub clock: Arc<dyn Clock>,
    secrets: Arc<dyn SecretStore>,
    parts: HashMap<TypeId, Arc<dyn Any + Send + Sync>>,
}

impl Env {
    /// An environment without parts.
    pub fn new(clock: Arc<dyn Clock>, secrets: Arc<dyn SecretStore>) -> Self {
        Self { clock, secrets, parts: HashMap::new() }
    }

    /// Lends `part`, found again by its type: a ready HTTP client, say. The core knows none of them.
    #[must_use]
    pub fn lending<T: Any + Send + Sync>(mut self, part: T) -> Self {
        self.parts.insert(TypeId::of::<T>(), Arc::new(part));
        self
    }

    /// The part of this type, where one was lent.
    pub fn part<T: Any + Send + Sync>(&self) -> Option<Arc<T>> {
        self.parts.get(&TypeId::of::<T>())?.clone().downcast().ok()
    }

    /// The secret behind `at`; `None` where only the form of the config is being checked.
    ///
    /// # Errors
    /// As [`SecretStore::read`].
    pub fn secret(&self, at: &SecretRef) -> Result<Option<Secret>, SecretError> {
        self.secrets.read(at)
    }
}

impl fmt::Debug for Env {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Env").field("clock", &self.clock).field("parts", &self.parts.len()).finish_non_exhaustive()
    }
}

/// The parts of one validator.
#[derive(Default)]
pub struct Assembly {
    /// Validators to watch; empty for a chain that only needs services.
    pub units: Vec<Unit>,
    /// Work besides failover.
    pub services: Vec<Box<dyn Service>>,
    /// Makes the failover transaction offline, where there is one.
    pub composer: Option<Arc<dyn Composer>>,
}

impl fmt::Debug for Assembly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let services: Vec<_> = self.services.iter().map(|s| s.name()).collect();
        f.debug_struct("Assembly").field("units", &self.units).field("services", &services).finish_non_exhaustive()
    }
}
