//! Settings made into what cannot be wrong. Reads no secret but those that the mode needs, and
//! connects to nothing.
use super::base_url::BaseUrl;
use super::endpoint::{BasicAuthSettings, NodeSettings};
use super::error::SettingsError;
use super::policy::PolicySettings;
use super::span::Span;
use super::{ProbeSettings, Settings};
use crate::address::{AccountAddress, NonFungibleId, ValidatorAddress};
use crate::client::http::BasicAuth;
use crate::client::{CoreClient, Endpoint, GatewayClient, PrometheusClient, SystemClient};
use crate::keys::{NodeKey, SigningKey};
use crate::network::Network;
use crate::tx::{Authorization, Decimal};
use reqwest::Url;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use watchdog_core::chain::{AssembleError, Env};
use watchdog_core::config::{Mode, SecretRef};
use watchdog_core::id::{NodeName, Origin};
use watchdog_core::secret::SecretError;

/// Lowest fee lock: a key change costs about 0.3 XRD, and a lock of 0.2 is rejected.
const FEE_LOCK_MIN: Decimal = Decimal::from_attos(500_000_000_000_000_000);
/// Highest fee lock; beyond it somebody meant another unit.
const FEE_LOCK_MAX: Decimal = Decimal::whole(100);

/// One validator's settings, refined.
#[derive(Debug)]
pub struct Refined {
    /// Network of every address.
    pub network: Network,
    /// The validator.
    pub address: ValidatorAddress,
    /// Who may change it; `None` where no transaction can be made.
    pub owner: Option<Owner>,
    /// By which right.
    pub authorisation: Authorization,
    /// Most that one transaction may cost.
    pub fee_lock: Decimal,
    /// Gateways, in the order of the config.
    pub gateways: Vec<GatewaySource>,
    /// Nodes, in the order of their names.
    pub nodes: Vec<NodeSource>,
    /// Thresholds.
    pub policy: PolicySettings,
    /// How sources are asked.
    pub probe: ProbeSettings,
    /// How long to wait before the validator is unregistered; `None`: never.
    pub last_resort: Option<Duration>,
}

/// The account that pays and signs.
#[derive(Clone, Debug)]
pub struct Owner {
    /// The account.
    pub account: AccountAddress,
    /// Its key; `None` where only the form of the config is checked, or nothing is ever sent.
    pub key: Option<Arc<SigningKey>>,
}

/// A gateway.
#[derive(Clone, Debug)]
pub struct GatewaySource {
    /// Its host, with the port where there is one: for people.
    pub name: String,
    /// Failure domain.
    pub origin: Origin,
    /// Calls to it.
    pub client: GatewayClient,
}

/// A node that can validate.
#[derive(Clone, Debug)]
pub struct NodeSource {
    /// Its name in the config.
    pub name: NodeName,
    /// Its consensus key.
    pub key: NodeKey,
    /// Failure domain.
    pub origin: Origin,
    /// Its System API.
    pub system: Option<SystemClient>,
    /// Its Core API.
    pub core: Option<CoreClient>,
    /// Its metrics.
    pub prometheus: Option<PrometheusClient>,
}

impl NodeSource {
    /// Whether it can see proposals.
    const fn sees(&self) -> bool {
        self.core.is_some() || self.prometheus.is_some()
    }
}

impl Refined {
    /// Refines `settings` for `mode`.
    ///
    /// # Errors
    /// What makes no sense, or which secret cannot be used.
    pub fn new(settings: Settings, mode: Mode, env: &Env) -> Result<Self, AssembleError<SettingsError>> {
        let client = env.part::<reqwest::Client>().ok_or(AssembleError::Settings(SettingsError::NoClient))?;
        let owner = owner(&settings, mode, env)?;
        let parts = Parts { client: (*client).clone(), timeout: settings.probe.timeout.0, network: settings.network };
        check_times(&settings.probe).and_then(|()| settings.policy.check()).map_err(AssembleError::Settings)?;
        let nodes =
            settings.node.iter().map(|(name, node)| parts.node(name, node, env)).collect::<Result<Vec<_>, _>>()?;
        let gateways = settings.gateways.iter().enumerate().map(|(k, g)| parts.gateway(k, &g.url, g.origin.as_ref()));
        let gateways = gateways.collect::<Result<Vec<_>, _>>().map_err(AssembleError::Settings)?;
        Self::joined(settings, owner, gateways, nodes).map_err(AssembleError::Settings)
    }

    fn joined(
        settings: Settings,
        owner: Option<Owner>,
        gateways: Vec<GatewaySource>,
        nodes: Vec<NodeSource>,
    ) -> Result<Self, SettingsError> {
        let (network, address) = (settings.network, settings.address);
        let address = address.on(network).map_err(|source| SettingsError::Address { field: "address", source })?;
        let fee_lock: Decimal = settings.fee_lock.0.parse().map_err(SettingsError::Fee)?;
        if !(FEE_LOCK_MIN..=FEE_LOCK_MAX).contains(&fee_lock) {
            return Err(SettingsError::Range { field: "fee_lock", range: "0.5 to 100 XRD" });
        }
        if settings.last_resort.is_some_and(Span::is_zero) {
            return Err(SettingsError::Range {
                field: "last_resort",
                range: "at least one epoch, or a time above zero",
            });
        }
        check_nodes(&nodes)?;
        check_origins(&gateways, &nodes, settings.policy.need)?;
        Ok(Self {
            network,
            address,
            owner,
            authorisation: settings.authorisation.refine(network)?,
            fee_lock,
            gateways,
            nodes,
            last_resort: settings.last_resort.map(Span::time),
            policy: settings.policy,
            probe: settings.probe,
        })
    }

    /// The node of this name.
    pub fn node(&self, name: &NodeName) -> Option<&NodeSource> {
        self.nodes.iter().find(|node| node.name == *name)
    }

    /// The badge that the owner's account must hold.
    pub fn badge(&self) -> NonFungibleId {
        match &self.authorisation {
            Authorization::Direct => self.address.owner_badge(),
            Authorization::Manager { access_key, .. } | Authorization::Warden { access_key, .. } => access_key.clone(),
        }
    }

    /// The node that holds `key`.
    pub fn holder(&self, key: &NodeKey) -> Option<&NodeSource> {
        self.nodes.iter().find(|node| node.key == *key)
    }
}

/// What every client needs.
struct Parts {
    client: reqwest::Client,
    timeout: Duration,
    network: Network,
}

impl Parts {
    fn endpoint(&self, url: Url, auth: Option<BasicAuth>) -> Endpoint {
        Endpoint::new(self.client.clone(), url, auth, self.timeout)
    }

    fn gateway(&self, place: usize, url: &BaseUrl, origin: Option<&Origin>) -> Result<GatewaySource, SettingsError> {
        let name = url.host_and_port();
        let host = if url.is_this_machine() { name.clone() } else { url.host() };
        let origin = origin.cloned().or_else(|| Origin::new(&host));
        let origin = origin.ok_or_else(|| SettingsError::Origin { field: format!("gateways[{place}]") })?;
        Ok(GatewaySource { name, origin, client: GatewayClient::new(self.endpoint(url.above(""), None)) })
    }

    fn node(
        &self,
        name: &NodeName,
        node: &NodeSettings,
        env: &Env,
    ) -> Result<NodeSource, AssembleError<SettingsError>> {
        let first = [&node.core, &node.system, &node.prometheus].into_iter().find_map(Option::as_ref);
        let first = first.ok_or_else(|| AssembleError::Settings(SettingsError::Silent(name.clone())))?;
        let host = if first.is_this_machine() { name.to_string() } else { first.host() };
        let origin = node.origin.clone().or_else(|| Origin::new(&host));
        let origin =
            origin.ok_or_else(|| AssembleError::Settings(SettingsError::Origin { field: format!("node.{name}") }))?;
        let auth = node.basic_auth.as_ref().map(|auth| basic_auth(auth, env)).transpose()?.flatten();
        let at = |url: Url| self.endpoint(url, auth.clone());
        let core = node.core.as_ref().map(|url| {
            let nameless = AssembleError::Settings(SettingsError::Nameless(self.network.id()));
            self.network.name().map(|network| CoreClient::new(at(url.rooted("core")), network)).ok_or(nameless)
        });
        Ok(NodeSource {
            name: name.clone(),
            key: node.public_key,
            origin,
            system: node.system.as_ref().map(|url| SystemClient::new(at(url.above("system")))),
            core: core.transpose()?,
            prometheus: node.prometheus.as_ref().map(|url| PrometheusClient::new(at(url.url()))),
        })
    }
}

fn basic_auth(auth: &BasicAuthSettings, env: &Env) -> Result<Option<BasicAuth>, SecretError> {
    let password = env.secret(&auth.password)?;
    Ok(password.map(|password| BasicAuth { user: auth.user.clone(), password }))
}

/// The owner with its key, as far as `mode` needs it.
fn owner(settings: &Settings, mode: Mode, env: &Env) -> Result<Option<Owner>, AssembleError<SettingsError>> {
    let account = settings.owner_account.map(|account| account.on(settings.network)).transpose();
    let account = account.map_err(|source| SettingsError::Address { field: "owner_account", source });
    let account = account.map_err(AssembleError::Settings)?;
    if mode == Mode::Observe {
        return Ok(account.map(|account| Owner { account, key: None }));
    }
    let missing = |field| AssembleError::Settings(SettingsError::Missing { field, mode: mode.to_string() });
    let account = account.ok_or_else(|| missing("owner_account"))?;
    let owner_key = settings.owner_key.as_ref().ok_or_else(|| missing("owner_key"))?;
    let read = |at: &SecretRef| env.secret(at);
    let Some(secret) = read(&owner_key.secret)? else { return Ok(Some(Owner { account, key: None })) };
    let passphrase = owner_key.passphrase.as_ref().map(read).transpose()?.flatten();
    let key = owner_key.key(settings.network, &secret, passphrase.as_ref())?;
    let own = AccountAddress::preallocated(settings.network, &key.public_key());
    // An account that a transaction made names no key; whether this one opens it, the preview tells.
    let is_preallocated = account.address().entity() != crate::address::EntityType::Account;
    if is_preallocated && own != account {
        let reason = format!("it is the key of {own}, owner_account is {account}: check scheme, index and passphrase");
        return Err(SecretError::Malformed { place: owner_key.secret.to_string(), reason }.into());
    }
    Ok(Some(Owner { account, key: Some(Arc::new(key)) }))
}

fn check_times(probe: &ProbeSettings) -> Result<(), SettingsError> {
    let ms = Duration::from_millis;
    let out = |field, range| Err(SettingsError::Range { field, range });
    match probe {
        _ if !(ms(100)..=Duration::from_mins(5)).contains(&probe.period.0) => {
            out("probe.period", "\"100ms\" to \"5m\"")
        }
        _ if !(ms(50)..=Duration::from_mins(1)).contains(&probe.timeout.0) => {
            out("probe.timeout", "\"50ms\" to \"1m\"")
        }
        _ if !(ms(1000)..=Duration::from_hours(1)).contains(&probe.stale_after.0) => {
            out("probe.stale_after", "\"1s\" to \"1h\"")
        }
        _ if probe.skew == 0 => out("probe.skew", "from 1"),
        _ if probe.sync_lag == 0 => out("probe.sync_lag", "from 1"),
        _ => Ok(()),
    }
}

fn check_nodes(nodes: &[NodeSource]) -> Result<(), SettingsError> {
    if nodes.len() < 2 {
        return Err(SettingsError::TooFewNodes(nodes.len()));
    }
    for (place, one) in nodes.iter().enumerate() {
        if let Some(two) = nodes.iter().skip(place + 1).find(|two| two.key == one.key) {
            return Err(SettingsError::SharedKey { one: one.name.clone(), two: two.name.clone() });
        }
    }
    Ok(())
}

/// The death of any node must leave enough origins to agree on it.
fn check_origins(gateways: &[GatewaySource], nodes: &[NodeSource], need: usize) -> Result<(), SettingsError> {
    for dead in nodes {
        let seeing = nodes.iter().filter(|node| node.sees() && node.origin != dead.origin).map(|node| &node.origin);
        let gateways = gateways.iter().map(|gateway| &gateway.origin).filter(|origin| **origin != dead.origin);
        let left = seeing.chain(gateways).collect::<BTreeSet<_>>().len();
        if left < need {
            return Err(SettingsError::TooFewOrigins { node: dead.name.clone(), left, need });
        }
    }
    Ok(())
}
