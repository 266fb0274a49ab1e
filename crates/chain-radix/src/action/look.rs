//! The ledger as one source shows it, read at the moment it is needed.
use super::gather::{Call, Enough, gather};
use crate::address::ValidatorAddress;
use crate::client::gateway::{Entity, GatewayClient, KeyJson, ValidatorState};
use crate::client::{ApiError, CoreClient};
use crate::config::{GatewaySource, NodeSource, Refined};
use crate::keys::NodeKey;
use crate::probe::Freshness;
use crate::probe::gateway::wall;
use crate::tx::Decimal;
use std::collections::BTreeMap;
use std::time::Duration;
use watchdog_core::cx::Cx;
use watchdog_core::id::{NodeName, Origin};
use watchdog_core::probe::ProbeError;

/// What one source shows of the ledger.
#[derive(Clone, Debug)]
pub(super) struct Look {
    /// Failure domain of the source.
    pub(super) origin: Origin,
    /// The node that was asked; `None`: a gateway.
    pub(super) node: Option<NodeName>,
    /// State version.
    pub(super) state_version: u64,
    /// Epoch.
    pub(super) epoch: u64,
    /// Key from the next epoch on, and whether the validator is registered.
    pub(super) component: Component,
    /// The set of this epoch, where the source shows it.
    pub(super) set: Option<Set>,
    /// What the owner's account holds, where the source shows it.
    pub(super) holdings: Option<Holdings>,
}

/// The validator component.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Component {
    /// Key from the next epoch on.
    pub(super) key: NodeKey,
    /// Whether it is registered.
    pub(super) is_registered: bool,
}

/// The validator set of an epoch.
#[derive(Clone, Debug)]
pub(super) struct Set {
    /// Key of this validator in it; `None` where it is not in the set.
    pub(super) own_key: Option<NodeKey>,
    /// Proposals of this validator in this epoch.
    pub(super) own_made: u64,
    /// Keys of all the others, with their addresses.
    pub(super) others: BTreeMap<NodeKey, String>,
    /// Length that epochs aim at, where the source tells.
    pub(super) target: Option<Duration>,
}

/// What an account holds.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Holdings {
    /// XRD; `None` where the list goes on and did not show it.
    pub(super) xrd: Option<Decimal>,
    /// Whether the badge is there; `None` where the list goes on and did not show it.
    pub(super) has_badge: Option<bool>,
}

/// The fresh looks, and why the others are none.
#[derive(Debug, Default)]
pub(super) struct Looks {
    /// Fresh ones, nodes first.
    pub(super) fresh: Vec<Look>,
    /// Sources that could not be read.
    pub(super) blind: Vec<ProbeError>,
}

impl Looks {
    /// Looks through every gateway and every node but `except`.
    pub(super) async fn take(settings: &Refined, except: Option<&NodeName>, cx: &Cx) -> Self {
        let freshness = Freshness { limit: settings.probe.stale_after.0 };
        let address = settings.address;
        let asked = Asked::of(settings);
        let cores = settings.nodes.iter().filter(|node| Some(&node.name) != except);
        let cores = cores.filter_map(|node| Some((node.clone(), node.core.clone()?)));
        let mut calls: Vec<Call<Result<Look, ProbeError>>> = Vec::new();
        for (node, core) in cores {
            let cx = cx.clone();
            calls.push(Box::pin(async move { at_node(&node, &core, address, freshness, &cx).await }));
        }
        for gateway in settings.gateways.clone() {
            let (cx, asked) = (cx.clone(), asked.clone());
            calls.push(Box::pin(async move { at_gateway(&gateway, &asked, freshness, &cx).await }));
        }
        let mut looks = Self::default();
        for look in gather(calls, |look| Enough::nearly(look.is_ok()), cx).await {
            match look {
                Ok(look) => looks.fresh.push(look),
                Err(error) => looks.blind.push(error),
            }
        }
        looks.fresh.sort_by_key(|look| look.node.is_none());
        if !looks.fresh.is_empty() && looks.fresh.iter().all(|look| look.set.is_none()) {
            looks.find_set(settings, cx).await;
        }
        looks
    }

    /// Fills in the set from a gateway's validator list, where no node shows it.
    async fn find_set(&mut self, settings: &Refined, cx: &Cx) {
        let address = settings.address;
        let calls = settings.gateways.iter().cloned().map(|gateway| async move {
            let set = set_at_gateway(&gateway.client, address).await.ok()?;
            Some((gateway.origin, set))
        });
        for (origin, set) in gather(calls, |set| Enough::nearly(set.is_some()), cx).await.into_iter().flatten() {
            for look in self.fresh.iter_mut().filter(|look| look.origin == origin) {
                look.set = Some(set.clone());
            }
        }
    }

    /// What most origins show by `read`, if those are at least `need` and more than show anything
    /// else.
    pub(super) fn agreed<T: Clone + Ord>(&self, need: usize, read: impl Fn(&Look) -> Option<T>) -> Option<T> {
        let mut votes = BTreeMap::<T, Vec<&Origin>>::new();
        for look in &self.fresh {
            if let Some(value) = read(look) {
                let origins = votes.entry(value).or_default();
                if !origins.contains(&&look.origin) {
                    origins.push(&look.origin);
                }
            }
        }
        let most = votes.values().map(Vec::len).max().filter(|most| *most >= need)?;
        let mut winners = votes.iter().filter(|(_, origins)| origins.len() == most);
        let (value, _) = winners.next()?;
        winners.next().is_none().then(|| value.clone())
    }

    /// Origins that show anything.
    pub(super) fn origins(&self) -> usize {
        self.fresh.iter().map(|look| &look.origin).collect::<std::collections::BTreeSet<_>>().len()
    }

    /// A set, from a node where there is one.
    pub(super) fn set(&self) -> Option<(&Look, &Set)> {
        self.fresh.iter().find_map(|look| Some((look, look.set.as_ref()?)))
    }

    /// Look through this node.
    pub(super) fn at(&self, node: &NodeName) -> Option<&Look> {
        self.fresh.iter().find(|look| look.node.as_ref() == Some(node))
    }

    /// Length that epochs aim at.
    pub(super) fn target(&self) -> Option<Duration> {
        self.fresh.iter().find_map(|look| look.set.as_ref()?.target)
    }
}

/// What a gateway is asked for.
#[derive(Clone, Debug)]
struct Asked {
    validator: String,
    account: Option<String>,
    xrd: String,
    badge: (String, String),
}

impl Asked {
    fn of(settings: &Refined) -> Self {
        let badge = settings.badge();
        Self {
            validator: settings.address.to_string(),
            account: settings.owner.as_ref().map(|owner| owner.account.to_string()),
            xrd: settings.network.xrd().to_string(),
            badge: (badge.resource.to_string(), badge.local_id.to_string()),
        }
    }

    fn addresses(&self) -> Vec<String> {
        std::iter::once(self.validator.clone()).chain(self.account.clone()).collect()
    }
}

fn key(endpoint: &str, key: &KeyJson) -> Result<NodeKey, ProbeError> {
    key.key_hex
        .parse()
        .map_err(|e| ProbeError::Malformed { endpoint: endpoint.to_owned(), reason: format!("key: {e}") })
}

fn component(endpoint: &str, state: &ValidatorState) -> Result<Component, ProbeError> {
    Ok(Component { key: key(endpoint, &state.public_key)?, is_registered: state.is_registered })
}

async fn at_node(
    node: &NodeSource,
    core: &CoreClient,
    address: ValidatorAddress,
    fresh: Freshness,
    cx: &Cx,
) -> Result<Look, ProbeError> {
    let (name, address) = (core.name(), address.to_string());
    let (manager, validator) = tokio::join!(core.consensus_manager(), core.validator(&address));
    let (manager, validator) = (manager.map_err(|e| e.blind(name))?, validator.map_err(|e| e.blind(name))?);
    let at = &manager.at_ledger_state;
    fresh.check(name, cx.clock().now(), at.header_summary.proposer_timestamp.timestamp())?;
    let mut set = Set {
        own_key: None,
        own_made: 0,
        others: BTreeMap::new(),
        target: Some(Duration::from_millis(manager.config.value.epoch_change_condition.target_duration_millis)),
    };
    let made = &manager.current_proposal_statistic.value.completed;
    for (member, made) in manager.current_validator_set.value.validator_set.iter().zip(made) {
        if member.address == address {
            (set.own_key, set.own_made) = (Some(key(name, &member.key)?), *made);
        } else if let Ok(theirs) = key(name, &member.key) {
            set.others.insert(theirs, member.address.clone());
        }
    }
    Ok(Look {
        origin: node.origin.clone(),
        node: Some(node.name.clone()),
        state_version: at.state_version,
        epoch: manager.state.value.epoch,
        component: component(name, &validator.state.value)?,
        set: Some(set),
        holdings: None,
    })
}

async fn at_gateway(gateway: &GatewaySource, asked: &Asked, fresh: Freshness, cx: &Cx) -> Result<Look, ProbeError> {
    let name = gateway.client.name();
    let answer = gateway.client.entities(&asked.addresses()).await.map_err(|e| e.blind(name))?;
    let ledger = &answer.ledger_state;
    fresh.check(name, cx.clock().now(), wall(ledger.proposer_round_timestamp))?;
    let entity = |address: &str| answer.items.iter().find(|item| item.address == address);
    let state = entity(&asked.validator).and_then(|item| item.details.as_ref()?.validator());
    let state = state.ok_or_else(|| ProbeError::Malformed {
        endpoint: name.to_owned(),
        reason: format!("it shows no state of {}", asked.validator),
    })?;
    Ok(Look {
        origin: gateway.origin.clone(),
        node: None,
        state_version: ledger.state_version,
        epoch: ledger.epoch,
        component: component(name, &state)?,
        set: None,
        holdings: asked.account.as_deref().and_then(entity).map(|account| holdings(account, asked)),
    })
}

fn holdings(account: &Entity, asked: &Asked) -> Holdings {
    let tokens = account.fungible_resources.as_ref();
    let xrd = tokens.and_then(|list| list.items.iter().find(|item| item.resource_address == asked.xrd));
    let xrd = match xrd {
        Some(item) => item
            .vaults
            .items
            .iter()
            .map(|vault| vault.amount.parse::<Decimal>().ok())
            .try_fold(Decimal::ZERO, |sum, amount| sum.checked_add(amount?)),
        None => tokens.is_none_or(|list| list.next_cursor.is_none()).then_some(Decimal::ZERO),
    };
    let (resource, local_id) = &asked.badge;
    let badges = account.non_fungible_resources.as_ref();
    let mut has_badge = badges.is_none_or(|list| list.next_cursor.is_none()).then_some(false);
    for vault in badges
        .iter()
        .flat_map(|list| &list.items)
        .filter(|item| item.resource_address == *resource)
        .flat_map(|item| &item.vaults.items)
    {
        if vault.items.contains(local_id) {
            has_badge = Some(true);
        } else if has_badge == Some(false)
            && (vault.next_cursor.is_some() || (vault.items.is_empty() && vault.total_count > 0))
        {
            has_badge = None;
        }
    }
    Holdings { xrd, has_badge }
}

/// Pages of the validator list that are read at most; a page holds 1000.
const PAGES: usize = 5;

async fn set_at_gateway(gateway: &GatewayClient, address: ValidatorAddress) -> Result<Set, ApiError> {
    let address = address.to_string();
    let mut set = Set { own_key: None, own_made: 0, others: BTreeMap::new(), target: None };
    let mut from: Option<(u64, String)> = None;
    for _ in 0..PAGES {
        let page = gateway.validators(from.as_ref().map(|(version, cursor)| (*version, cursor.as_str()))).await?;
        for listed in page.validators.items {
            let Some(active) = listed.active_in_epoch else { continue };
            let key: NodeKey = active
                .key
                .key_hex
                .parse()
                .map_err(|e| ApiError::Malformed(format!("key of {}: {e}", listed.address)))?;
            if listed.address == address {
                set.own_key = Some(key);
            } else {
                set.others.insert(key, listed.address);
            }
        }
        let version = from.map_or(page.ledger_state.state_version, |(version, _)| version);
        match page.validators.next_cursor {
            Some(cursor) => from = Some((version, cursor)),
            None => return Ok(set),
        }
    }
    Err(ApiError::Malformed(format!("more than {PAGES} pages of validators")))
}
