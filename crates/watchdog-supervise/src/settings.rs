//! `[fence.<name>]` and `[sidecar]`, and what they come to.
mod build;

use crate::hook::HookSettings;
use crate::process::ProcessSettings;
use crate::sidecar::device::DeviceSettings;
use crate::ssh::SshSettings;
use crate::unit::UnitSettings;
pub use build::{Parts, SettingsError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;
use watchdog_core::config::TextDuration;
use watchdog_core::id::{NodeName, ValidatorName};

/// `[fence.<name>]`: the fences of one node, tried in order until one proves that it cannot sign.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct LadderSettings {
    /// Whose node.
    pub validator: ValidatorName,
    /// Which node.
    pub node: NodeName,
    /// Names of all rungs, in the order in which they are tried.
    pub order: Vec<String>,
    /// Time for the whole ladder.
    #[serde(default = "LadderSettings::default_within")]
    pub within: TextDuration,
    /// The rungs, each in a table under its name.
    pub rung: BTreeMap<String, RungSettings>,
}

impl LadderSettings {
    fn default_within() -> TextDuration {
        TextDuration(Duration::from_mins(2))
    }
}

/// `[fence.<name>.rung.<name>]`: one fence. Exactly one of the kinds is given.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RungSettings {
    /// Time for one command and for one reading: 15 s where absent, 2 minutes for `lapse`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<TextDuration>,
    /// `tanist sidecar answer` on the node, as the forced command of an SSH key. Proves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forced_command: Option<SshSettings>,
    /// Stop and mask by the service manager, read again. Proves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<ServiceSettings>,
    /// A signer on this host, by its process group or its unit. Proves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub local: Option<LocalSettings>,
    /// A program of yours: machine controller, power strip, cloud.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hook: Option<HookSettings>,
    /// The node's own lease, waited out. Proves with a watchdog device, else likely.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lapse: Option<LapseSettings>,
    /// The statement of a person, asked for in the operation. Worth nothing unattended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statement: Option<StatementSettings>,
}

/// A unit and how it is reached.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceSettings {
    /// The unit.
    pub unit: UnitSettings,
    /// Its host; this one where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ssh: Option<SshSettings>,
    /// Time between asking it to stop and killing it.
    #[serde(default = "default_grace")]
    pub grace: TextDuration,
}

/// A signer on this host. Exactly one of `process` and `unit` is given.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct LocalSettings {
    /// Directory of the node's memory, mode 0700, for this node alone.
    pub state: PathBuf,
    /// The signer as a child process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub process: Option<ProcessSettings>,
    /// The signer as a unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<UnitSettings>,
    /// Time between asking it to stop and killing it.
    #[serde(default = "default_grace")]
    pub grace: TextDuration,
}

/// The node's own lease.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct LapseSettings {
    /// The node has a watchdog device. The fence then proves, and fails where the node has not published
    /// that the device is confirmed active.
    #[serde(default)]
    pub watchdog: bool,
}

/// Nothing to set: the statement itself is asked for when it is needed.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct StatementSettings {}

/// `[sidecar]`: what `tanist sidecar` does on this node. Exactly one of `process` and `unit` is given.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SidecarSettings {
    /// Whose node this is.
    pub validator: ValidatorName,
    /// Which node.
    pub node: NodeName,
    /// Directory of the node's memory, mode 0700, for this node alone. It must survive a reboot.
    #[serde(default = "SidecarSettings::default_state")]
    pub state: PathBuf,
    /// Time to live of the node's own lease, at least 2 s.
    #[serde(default = "SidecarSettings::default_ttl")]
    pub ttl: TextDuration,
    /// Time between two renewals; a fifth of `ttl` where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renew_every: Option<TextDuration>,
    /// Time between asking the signer to stop and killing it; a fifth of `ttl` where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grace: Option<TextDuration>,
    /// The signer as a child process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub process: Option<ProcessSettings>,
    /// The signer as a unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<UnitSettings>,
    /// A watchdog device, fed only while the lease is valid or nothing of the signer runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub watchdog: Option<DeviceSettings>,
}

impl SidecarSettings {
    fn default_state() -> PathBuf {
        PathBuf::from("/var/lib/tanist/sidecar")
    }

    fn default_ttl() -> TextDuration {
        TextDuration(Duration::from_secs(15))
    }
}

fn default_grace() -> TextDuration {
    TextDuration(Duration::from_secs(3))
}
