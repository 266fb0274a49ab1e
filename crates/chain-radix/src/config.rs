//! `[validator.<name>]` where `chain = "radix"`: what may be typed, and what is made of it.
pub mod base_url;
pub mod endpoint;
pub mod error;
pub mod owner;
pub mod policy;
pub mod refine;
pub mod span;

pub use base_url::BaseUrl;
pub use endpoint::{BasicAuthSettings, GatewaySettings, NodeSettings};
pub use error::SettingsError;
pub use owner::{AuthorisationSettings, OwnerKeySettings, OwnerScheme};
pub use policy::{NetworkSettings, PolicySettings};
pub use refine::{GatewaySource, NodeSource, Owner, Refined};
pub use span::Span;

use crate::address::{AccountAddress, ValidatorAddress};
use crate::network::Network;
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::time::Duration;
use watchdog_core::config::{Text, TextDuration};
use watchdog_core::id::NodeName;

/// `[validator.<name>]` where `chain = "radix"`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Network by its logical name (`mainnet`, `stokenet`) or number from 0 to 255. Every address
    /// must belong to it.
    pub network: Network,
    /// The validator's address, `validator_…`.
    pub address: ValidatorAddress,
    /// The account that holds the owner badge (or the access key) and pays fees. Needed in the
    /// modes `advise` and `act`.
    #[serde(default)]
    pub owner_account: Option<AccountAddress>,
    /// Key of that account. Needed in the modes `advise` and `act`; never read in `observe`.
    #[serde(default)]
    pub owner_key: Option<OwnerKeySettings>,
    /// Gateways to ask, each an origin of its own. Public ones, community ones, your own.
    #[serde(default)]
    pub gateways: Vec<GatewaySettings>,
    /// Most that one transaction may cost, in XRD, as text; the rest comes back. 0.5 to 100;
    /// default `"2"`. A key change costs about 0.3.
    #[serde(default = "Settings::default_fee_lock")]
    pub fee_lock: Text,
    /// By which right the account may change the validator. Default: it holds the owner badge.
    #[serde(default)]
    pub authorisation: AuthorisationSettings,
    /// When the validator counts as down.
    #[serde(default)]
    pub policy: PolicySettings,
    /// Nodes that can validate, by name: at least two, each with its own key.
    pub node: BTreeMap<NodeName, NodeSettings>,
    /// Opt-in: how long the validator must be down, with no node that could take over, before it is
    /// unregistered so that the network stops electing a dead leader. Epochs (`"6 epochs"`, counted
    /// as 5 minutes each) or time (`"30m"`). Registering again is manual. Absent: never.
    #[serde(default)]
    pub last_resort: Option<Span>,
    /// How the sources are asked.
    #[serde(default)]
    pub probe: ProbeSettings,
}

impl Settings {
    fn default_fee_lock() -> Text {
        Text("2".to_owned())
    }
}

/// `[validator.<name>.probe]`: how the sources are asked.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ProbeSettings {
    /// Time from one round of asking to the next; `"100ms"` to `"5m"`, default `"5s"`.
    pub period: TextDuration,
    /// Time granted to one request; `"50ms"` to `"1m"`, default `"4s"`.
    pub timeout: TextDuration,
    /// Largest distance between a source's ledger time and this machine's clock, in either
    /// direction, with which it still has a vote; `"1s"` to `"1h"`, default `"60s"`.
    pub stale_after: TextDuration,
    /// Largest distance in state versions between a source and the others with which it still has
    /// a vote; from 1, default 2000.
    pub skew: u64,
    /// Largest distance in state versions between a backup and the other views with which it counts
    /// as synced; from 1, default 300.
    pub sync_lag: u64,
}

impl Default for ProbeSettings {
    fn default() -> Self {
        Self {
            period: TextDuration(Duration::from_secs(5)),
            timeout: TextDuration(Duration::from_secs(4)),
            stale_after: TextDuration(Duration::from_mins(1)),
            skew: 2000,
            sync_lag: 300,
        }
    }
}
