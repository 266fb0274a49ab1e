//! From config tables to running parts, without knowing any chain.
use crate::chain::{AddressReader, AssembleError, Assembly, Chain, Env, Offline};
use crate::composer::TransactionReader;
use crate::config::{ActLimits, Mode, Own, ValidatorSection};
use crate::id::ValidatorName;
#[cfg(feature = "keys")]
use crate::keys::KeyDerivation;
use crate::secret::SecretError;
use figment::Figment;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use std::collections::BTreeMap;
use std::fmt;

type Build = fn(&Figment, &ValidatorName, Mode, &Env) -> Result<Assembly, ConfigError>;
type Describe = fn(&mut SchemaGenerator) -> Schema;

/// How a chain's validators are configured and built.
#[derive(Clone, Copy)]
struct Watched {
    build: Build,
    describe: Describe,
}

#[derive(Clone, Copy)]
struct Entry {
    watched: Option<Watched>,
    #[cfg(feature = "keys")]
    keys: fn() -> Option<&'static dyn KeyDerivation>,
    addresses: fn() -> Option<&'static dyn AddressReader>,
    reader: fn() -> Option<&'static dyn TransactionReader>,
}

/// The chains built into a program.
#[derive(Default)]
pub struct Registry {
    chains: BTreeMap<&'static str, Entry>,
}

/// One validator of the config, ready to be watched.
#[derive(Debug)]
pub struct Assembled {
    /// Its name.
    pub name: ValidatorName,
    /// Which chain built it.
    pub chain: &'static str,
    /// What the watchdog may do.
    pub mode: Mode,
    /// How freely it may act by itself.
    pub act: ActLimits,
    /// Its parts.
    pub parts: Assembly,
}

impl Registry {
    /// Adds a chain.
    #[must_use]
    pub fn with<C: Chain>(self) -> Self {
        self.entered::<C>(Some(Watched { build: build::<C>, describe: C::Settings::json_schema }))
    }

    /// Adds a chain for one-shot work only: no validator of it can be configured.
    #[must_use]
    pub fn with_offline<C: Offline>(self) -> Self {
        self.entered::<C>(None)
    }

    fn entered<C: Offline>(mut self, watched: Option<Watched>) -> Self {
        let entry = Entry {
            watched,
            #[cfg(feature = "keys")]
            keys: C::keys,
            addresses: C::addresses,
            reader: C::reader,
        };
        self.chains.insert(C::NAME, entry);
        self
    }

    /// Names of the chains, in their order.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.chains.keys().copied()
    }

    /// Chains whose validators can be watched.
    fn watched(&self) -> impl Iterator<Item = (&'static str, Watched)> {
        self.chains.iter().filter_map(|(name, entry)| Some((*name, entry.watched?)))
    }

    /// Key derivation of chain `name`; the outer `None` means that no such chain was built in.
    #[cfg(feature = "keys")]
    pub fn keys(&self, name: &str) -> Option<Option<&'static dyn KeyDerivation>> {
        self.chains.get(name).map(|entry| (entry.keys)())
    }

    /// Address explanation of chain `name`; the outer `None` means that no such chain was built in.
    pub fn addresses(&self, name: &str) -> Option<Option<&'static dyn AddressReader>> {
        self.chains.get(name).map(|entry| (entry.addresses)())
    }

    /// Transaction reading of chain `name`; the outer `None` means that no such chain was built in.
    pub fn reader(&self, name: &str) -> Option<Option<&'static dyn TransactionReader>> {
        self.chains.get(name).map(|entry| (entry.reader)())
    }

    /// Builds every `[validator.<name>]` of the config; `mode` is that of validators without one.
    ///
    /// # Errors
    /// The first problem found, with its key.
    pub fn assemble(&self, config: &Figment, mode: Mode, env: &Env) -> Result<Vec<Assembled>, ConfigError> {
        let tables: BTreeMap<String, figment::value::Value> = match config.find_value("validator") {
            Ok(table) => table.deserialize().map_err(|error| ConfigError::value("validator", error))?,
            Err(_) => BTreeMap::new(),
        };
        tables.into_keys().map(|name| self.one(config, &name, mode, env)).collect()
    }

    fn one(&self, config: &Figment, name: &str, mode: Mode, env: &Env) -> Result<Assembled, ConfigError> {
        let validator = ValidatorName::new(name).ok_or_else(|| ConfigError::Name(name.to_owned()))?;
        let at = format!("validator.{name}");
        let section: ValidatorSection = config.focus(&at).extract().map_err(|error| ConfigError::value(&at, error))?;
        let Some((chain, watched)) = self.watched().find(|(name, _)| *name == section.chain) else {
            let known = self.watched().map(|(name, _)| name).collect::<Vec<_>>().join(", ");
            if let Some(chain) = self.names().find(|name| *name == section.chain) {
                return Err(ConfigError::OnlyOffline { validator, chain, known });
            }
            return Err(ConfigError::UnknownChain { validator, chain: section.chain, known });
        };
        let mode = section.mode.unwrap_or(mode);
        let parts = (watched.build)(config, &validator, mode, env)?;
        Ok(Assembled { name: validator, chain, mode, act: section.act, parts })
    }

    /// JSON schema of one `[validator.<name>]` table: one alternative per chain, chosen by `chain`.
    pub fn schema(&self, generator: &mut SchemaGenerator) -> Schema {
        let mode = generator.subschema_for::<Mode>();
        let act = generator.subschema_for::<ActLimits>();
        let mut branches = Vec::new();
        for (name, watched) in self.watched() {
            let mut table = (watched.describe)(generator);
            let own = table.ensure_object().entry("properties").or_insert_with(|| serde_json::json!({}));
            own["chain"] =
                serde_json::json!({ "const": name, "description": "Which chain this validator belongs to." });
            own["mode"] = mode.clone().to_value();
            own["act"] = act.clone().to_value();
            branches.push(serde_json::json!({
                "if": { "properties": { "chain": { "const": name } }, "required": ["chain"] },
                "then": table,
            }));
        }
        let names: Vec<_> = self.watched().map(|(name, _)| name).collect();
        let schema = serde_json::json!({
            "type": "object",
            "required": ["chain"],
            "properties": { "chain": { "enum": names } },
            "allOf": branches,
        });
        Schema::try_from(schema).unwrap_or_default()
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.chains.keys()).finish()
    }
}

fn build<C: Chain>(config: &Figment, name: &ValidatorName, mode: Mode, env: &Env) -> Result<Assembly, ConfigError> {
    let at = format!("validator.{name}");
    let Own(settings) =
        config.focus(&at).extract::<Own<C::Settings>>().map_err(|error| ConfigError::value(&at, error))?;
    C::assemble(name.clone(), mode, settings, env).map_err(|error| match error {
        AssembleError::Settings(source) => ConfigError::Settings { validator: name.clone(), source: Box::new(source) },
        AssembleError::Secret(source) => ConfigError::Secret { validator: name.clone(), source },
    })
}

/// A config that cannot be run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A value is missing or of the wrong form.
    #[error("{key}: {kind}")]
    Value {
        /// Full key in lower case, such as `validator.main.policy.window`; for a missing or unknown
        /// field, the table's.
        key: String,
        /// File or environment it came from, where known.
        origin: Option<String>,
        /// What is wrong with it.
        kind: Box<figment::error::Kind>,
    },
    /// No crate for this chain was built in.
    #[error("validator.{validator}: unknown chain `{chain}`, this build has: {known}")]
    UnknownChain {
        /// Table name.
        validator: ValidatorName,
        /// Value of `chain`.
        chain: String,
        /// Names built in, comma separated.
        known: String,
    },
    /// The chain has key commands in this build, but nothing that watches it.
    #[error(
        "validator.{validator}: this build has key commands for chain `{chain}`, but cannot watch it; it watches: {known}"
    )]
    OnlyOffline {
        /// Table name.
        validator: ValidatorName,
        /// Value of `chain`.
        chain: &'static str,
        /// Names of chains that can be watched, comma separated.
        known: String,
    },
    /// A validator name that cannot be set through the environment.
    #[error(
        "validator.{0}: a validator's name is a lower-case letter, then up to 31 lower-case letters, digits and `_`"
    )]
    Name(String),
    /// The chain crate refused the settings.
    #[error("validator.{validator}: {source}")]
    Settings {
        /// Table name.
        validator: ValidatorName,
        /// The chain crate's own error.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A secret that the chain crate needs cannot be used.
    #[error("validator.{validator}: {source}")]
    Secret {
        /// Table name.
        validator: ValidatorName,
        /// Which, and why not.
        source: SecretError,
    },
}

impl ConfigError {
    /// A value error of the table at `at`. figment's paths begin with the profile, and those of the
    /// environment are upper case.
    pub fn value(at: &str, error: figment::Error) -> Self {
        let below = error.path.iter().filter(|key| *key != "default").map(|key| key.to_lowercase());
        let mut key = at.to_owned();
        for part in below {
            if !key.is_empty() {
                key.push('.');
            }
            key.push_str(&part);
        }
        let origin = error.metadata.as_ref().map(|m| match &m.source {
            Some(source) => source.to_string(),
            None => m.name.to_string(),
        });
        Self::Value { key, origin, kind: Box::new(error.kind) }
    }
}
