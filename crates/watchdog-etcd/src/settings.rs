//! `[lease.etcd]`
use schemars::JsonSchema;
use serde::Deserialize;
use std::path::PathBuf;
use std::time::Duration;
use url::Url;
use watchdog_core::config::{SecretRef, Text, TextDuration};

/// Shortest time to live that etcd grants as it was asked for. Source: etcd, minimum lease TTL derived
/// from the election timeout (1 s asked for is granted as 2 s).
const SHORTEST: Duration = Duration::from_secs(2);

/// Agreement between watchdogs on several hosts: one of them holds the lease and acts, the others
/// watch and wait. Every one needs the same endpoints and prefix.
#[derive(Clone, Debug, Deserialize, JsonSchema, serde::Serialize)]
#[serde(deny_unknown_fields)]
pub struct EtcdSettings {
    /// Client addresses of the cluster's members; three members or more survive the loss of one.
    #[schemars(with = "Vec<String>", extend("examples" = [["https://10.0.0.1:2379"]]))]
    pub endpoints: Vec<Url>,
    /// Where the keys begin; watchdogs with the same one agree among themselves.
    #[serde(default = "EtcdSettings::default_prefix")]
    pub prefix: String,
    /// How long the lease outlives its holder, whole seconds from 2 s. A take-over waits this long, and
    /// twice as long where the store changes its leader meanwhile.
    #[serde(default = "EtcdSettings::default_ttl")]
    pub ttl: TextDuration,
    /// User, where the cluster asks for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub user: Option<Text>,
    /// Password of that user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<SecretRef>,
    /// Certificates for `https` endpoints; the system's own authorities where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<TlsSettings>,
    /// Entries that stay in the shared journal before a checkpoint takes their place; each instance's
    /// own journal file keeps them all.
    #[serde(default = "EtcdSettings::default_keep")]
    pub keep: u64,
}

/// Certificates.
#[derive(Clone, Debug, Deserialize, JsonSchema, serde::Serialize)]
#[serde(deny_unknown_fields)]
pub struct TlsSettings {
    /// PEM file of the authorities that the cluster's certificates come from; the system's where
    /// absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca: Option<PathBuf>,
    /// PEM file of our own certificate, where the cluster asks for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cert: Option<PathBuf>,
    /// PEM text of our own certificate's private key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<SecretRef>,
}

impl EtcdSettings {
    fn default_prefix() -> String {
        "/tanist".to_owned()
    }

    const fn default_ttl() -> TextDuration {
        TextDuration(Duration::from_secs(15))
    }

    const fn default_keep() -> u64 {
        500
    }

    /// What cannot be used, by its key.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn check(&self) -> Result<(), SettingsError> {
        if self.endpoints.is_empty() {
            return Err(SettingsError::new("endpoints", "it is empty: name at least one member of the cluster"));
        }
        for endpoint in &self.endpoints {
            let usable = matches!(endpoint.scheme(), "http" | "https") && endpoint.host_str().is_some();
            if !usable || !endpoint.username().is_empty() || endpoint.password().is_some() {
                let reason = "an endpoint is `http://HOST:PORT` or `https://HOST:PORT`, without a user in it";
                return Err(SettingsError::new("endpoints", reason));
            }
        }
        if self.ttl.0 < SHORTEST || self.ttl.0.subsec_nanos() != 0 {
            return Err(SettingsError::new("ttl", "it is whole seconds, at least \"2s\": etcd grants no shorter ones"));
        }
        if self.user.is_some() != self.password.is_some() {
            return Err(SettingsError::new("user", "`user` and `password` come together"));
        }
        if !self.prefix.starts_with('/') || self.prefix.trim_matches('/').is_empty() {
            return Err(SettingsError::new("prefix", "it begins with `/` and has at least one more character"));
        }
        if self.keep == 0 {
            return Err(SettingsError::new("keep", "at least 1 entry must stay"));
        }
        let half = self.tls.as_ref().is_some_and(|tls| tls.cert.is_some() != tls.key.is_some());
        if half { Err(SettingsError::new("tls", "`cert` and `key` come together")) } else { Ok(()) }
    }
}

/// A setting that cannot be used.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("lease.etcd.{key}: {reason}")]
pub struct SettingsError {
    /// Its key below `lease.etcd`.
    pub key: &'static str,
    /// What is wrong, and what would be right.
    pub reason: String,
}

impl SettingsError {
    pub(crate) fn new(key: &'static str, reason: impl Into<String>) -> Self {
        Self { key, reason: reason.into() }
    }
}
