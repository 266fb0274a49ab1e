//! Everything that must hold before a key change is sent, and how to say that it does not.
use super::look::{Component, Holdings, Look, Looks, Set};
use crate::address::{NodeAddress, ValidatorAddress};
use crate::client::gateway::{Preview, PreviewStatus};
use crate::client::system::{ConsensusStatus, Health, HealthStatus, Identity};
use crate::config::{NodeSource, Refined};
use crate::keys::NodeKey;
use crate::tx::Decimal;
use watchdog_core::action::Refusal;
use watchdog_core::id::NodeName;

/// A reason not to act. One that may be gone a second later is transient: it is worth another look
/// before the work is given up.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Obstacle {
    pub(super) refusal: Refusal,
    pub(super) is_transient: bool,
}

impl Obstacle {
    fn lasting(code: &str, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { refusal: Refusal::new(code, message, hint), is_transient: false }
    }

    fn passing(code: &str, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { refusal: Refusal::new(code, message, hint), is_transient: true }
    }
}

/// What a node says of itself; the error as text where it could not be asked.
#[derive(Clone, Debug)]
pub(super) struct Word {
    pub(super) health: Result<Health, String>,
    pub(super) identity: Result<Identity, String>,
}

/// What became of the previews of one transaction.
#[derive(Clone, Debug, Default)]
pub(super) struct Previews {
    /// Answers, with who gave them and whether that is a node.
    pub(super) given: Vec<(String, bool, Preview)>,
    /// Why others gave none.
    pub(super) failed: Vec<String>,
}

const ENDPOINTS: &str = "check the endpoints of this validator with `tanist status NAME`";

/// What stands against any transaction of this validator while `from` signs.
pub(super) fn of_ledger(settings: &Refined, looks: &Looks, from: &NodeSource) -> Vec<Obstacle> {
    let (mut found, need) = (Vec::new(), settings.policy.need);
    if looks.origins() < need {
        let (seen, blind) =
            (looks.origins(), looks.blind.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "));
        let because = if blind.is_empty() { String::new() } else { format!(" ({blind})") };
        let message = format!("only {seen} of {need} independent views of the ledger are fresh{because}");
        found.push(Obstacle::passing("too_few_views", message, ENDPOINTS));
        return found;
    }
    let Some(component) = looks.agreed(need, |look| Some(look.component)) else {
        let message = "the views of the ledger disagree on the validator's key";
        found.push(Obstacle::passing(
            "views_disagree",
            message,
            "wait a moment; if it stays so, find out which view lies",
        ));
        return found;
    };
    if component.key != from.key {
        found.push(moved(settings, component, from));
    }
    if !component.is_registered {
        let message = "the validator is not registered: no node has anything to sign";
        found.push(Obstacle::lasting("validator_not_registered", message, "register it, then wait for the next epoch"));
    }
    match looks.set() {
        None => {
            let message = "no view shows the validator set of this epoch";
            found.push(Obstacle::passing("set_unseen", message, "give a node its `core` endpoint"));
        }
        Some((look, Set { own_key: None, .. })) => {
            let message = format!("the validator is not in the set of epoch {}: no proposal is due", look.epoch);
            let hint = "nothing needs to move; see whether its stake is still among the highest 100";
            found.push(Obstacle::lasting("validator_not_in_set", message, hint));
        }
        Some((look, Set { own_key: Some(key), .. })) if *key != component.key => {
            let message = format!(
                "a key change waits for the epoch after {}: the set names {key}, the validator {}",
                look.epoch, component.key
            );
            found.push(Obstacle::lasting("key_change_pending", message, "wait for the next epoch"));
        }
        Some(_) => {}
    }
    found
}

fn moved(settings: &Refined, component: Component, from: &NodeSource) -> Obstacle {
    let holder = settings.holder(&component.key).map_or("no configured node".to_owned(), |node| node.name.to_string());
    let message = format!(
        "the ledger names key {} of {holder}, not that of {}: somebody else moved it",
        component.key, from.name
    );
    Obstacle::lasting("ledger_key_changed", message, "nothing was sent; the change is adopted")
}

/// What stands against `to` as the next signer.
pub(super) fn of_successor(
    settings: &Refined,
    looks: &Looks,
    from: &NodeSource,
    to: &NodeSource,
    word: Option<&Word>,
) -> Vec<Obstacle> {
    let mut found = Vec::new();
    let name = &to.name;
    if to.key == from.key {
        let message = format!("{name} and {} hold one key: no transaction can move validation between them", from.name);
        found.push(Obstacle::lasting("same_key", message, "give every node a key of its own"));
    }
    if let Some(owner) = looks.set().and_then(|(_, set)| set.others.get(&to.key)) {
        let message = format!("the key of {name} signs for another validator, {owner}");
        found.push(Obstacle::lasting("key_in_use", message, "give the node a key of its own"));
    }
    let Some(word) = word else {
        let message = format!("{name} has no `system` endpoint, so nobody can tell whether it is ready");
        found.push(Obstacle::lasting(
            "backup_not_watchable",
            message,
            format!("set node.{name}.system and node.{name}.core"),
        ));
        return found;
    };
    match &word.identity {
        Err(error) => found.push(unreachable(name, error)),
        Ok(identity) => of_identity(settings, to, identity, &mut found),
    }
    match &word.health {
        Err(error) if word.identity.is_ok() => found.push(unreachable(name, error)),
        Err(_) => {}
        Ok(health) if health.status == HealthStatus::Up => found.extend(of_sync(settings, looks, to)),
        Ok(health) => {
            let message = format!("{name} is not synced: it says of itself {:?}", health.status);
            found.push(Obstacle::lasting(
                "backup_not_synced",
                message,
                format!("wait until {name} is up, or name another node"),
            ));
        }
    }
    found
}

fn unreachable(name: &NodeName, error: &str) -> Obstacle {
    let message = format!("{name} cannot be asked whether it is ready: {error}");
    Obstacle::passing("backup_unreachable", message, format!("start {name}, or mend the way to its System API"))
}

fn of_identity(settings: &Refined, to: &NodeSource, identity: &Identity, found: &mut Vec<Obstacle>) {
    let name = &to.name;
    match identity.node_address.parse::<NodeAddress>() {
        Ok(address) if address.network != settings.network => {
            let message = format!("{name} is on network {}, the validator on {}", address.network, settings.network);
            found.push(Obstacle::lasting(
                "backup_wrong_network",
                message,
                format!("give node.{name} the endpoints of the right node"),
            ));
        }
        Ok(_) => {}
        Err(error) => {
            let message = format!("{name} says of itself a node address that is none: {error}");
            found.push(Obstacle::lasting(
                "backup_wrong_network",
                message,
                format!("give node.{name} the endpoints of a Radix node"),
            ));
        }
    }
    if identity.public_key_hex.parse::<NodeKey>() != Ok(to.key) {
        let message = format!("{name} holds key {}, configured is {}", identity.public_key_hex, to.key);
        found.push(Obstacle::lasting(
            "backup_wrong_key",
            message,
            format!("set node.{name}.public_key, or give the node its keystore back"),
        ));
    }
    let validator = identity.validator_address.as_deref();
    if identity.consensus_status == ConsensusStatus::NotConfiguredAsValidator || validator.is_none() {
        let message = format!("{name} is not configured as validator: failing over to it would lose the validator");
        let hint =
            format!("set consensus.validator_address = {} in the node's config and restart it", settings.address);
        found.push(Obstacle::lasting("backup_not_configured", message, hint));
    } else if validator.and_then(|text| text.parse::<ValidatorAddress>().ok()) != Some(settings.address) {
        let message = format!("{name} is configured for another validator, {}", validator.unwrap_or_default());
        let hint =
            format!("set consensus.validator_address = {} in the node's config and restart it", settings.address);
        found.push(Obstacle::lasting("backup_wrong_validator", message, hint));
    } else if identity.consensus_status == ConsensusStatus::ValidatingInCurrentEpoch {
        let message = format!("{name} says that it validates already");
        found.push(Obstacle::passing("backup_validating", message, "wait for the next epoch, then look again"));
    }
}

/// Whether the node is where the others are. Its own word is not enough: cut off from its peers, it
/// still believes to be up for a minute.
fn of_sync(settings: &Refined, looks: &Looks, to: &NodeSource) -> Option<Obstacle> {
    let (name, limit) = (&to.name, settings.probe.sync_lag);
    let hint = format!("wait until {name} is synced, or name another node");
    let Some(own) = looks.at(name) else {
        let message = format!("{name} shows no fresh state of the ledger through its Core API");
        return Some(if to.core.is_some() {
            Obstacle::passing("backup_not_synced", message, hint)
        } else {
            Obstacle::lasting("backup_not_watchable", message, format!("set node.{name}.core"))
        });
    };
    let others = || looks.fresh.iter().filter(|look| look.node.as_ref() != Some(name));
    let far =
        |look: &Look| look.state_version.abs_diff(own.state_version) > limit || look.epoch.abs_diff(own.epoch) > 1;
    // A single view that is far off may lie; where most are, it is the node.
    if others().filter(|look| far(look)).count() * 2 <= others().count() {
        return None;
    }
    let (at, head) = (own.state_version, others().map(|look| look.state_version).max().unwrap_or_default());
    let message = format!("{name} is not synced: it is at state version {at} in epoch {}, others at {head}", own.epoch);
    Some(Obstacle::lasting("backup_not_synced", message, hint))
}

/// What stands against a planned change: the node that signs must be well, so that it signs up to
/// the boundary.
pub(super) fn of_signer(from: &NodeSource, word: Option<&Word>) -> Option<Obstacle> {
    let name = &from.name;
    let hint = "for a node that is down use `tanist failover`";
    match word {
        None => None,
        Some(Word { health: Ok(health), identity: Ok(identity) }) => {
            let is_well = health.status == HealthStatus::Up
                && identity.consensus_status == ConsensusStatus::ValidatingInCurrentEpoch;
            let message = format!("{name} is not validating: {:?}, {:?}", health.status, identity.consensus_status);
            (!is_well).then(|| Obstacle::lasting("signer_not_healthy", message, hint))
        }
        Some(Word { health: Err(error), .. } | Word { identity: Err(error), .. }) => {
            Some(Obstacle::passing("signer_not_healthy", format!("{name} cannot be asked: {error}"), hint))
        }
    }
}

/// What stands against paying for the transaction and against being allowed it.
pub(super) fn of_account(settings: &Refined, looks: &Looks) -> Vec<Obstacle> {
    let Some(owner) = &settings.owner else {
        let message = "no owner_account is configured, so no transaction can be made";
        return vec![Obstacle::lasting(
            "owner_key_missing",
            message,
            "set owner_account and owner_key, and mode advise or act",
        )];
    };
    let mut found = Vec::new();
    if owner.key.is_none() {
        let message = format!("the key of {} was not read, so no transaction can be made", owner.account);
        found.push(Obstacle::lasting("owner_key_missing", message, "set owner_key, and mode advise or act"));
    }
    let most = |read: fn(&Holdings) -> Option<Decimal>| {
        looks.fresh.iter().filter_map(|look| read(look.holdings.as_ref()?)).max()
    };
    if let Some(xrd) = most(|held| held.xrd).filter(|xrd| *xrd < settings.fee_lock) {
        let message = format!(
            "{} holds {xrd} XRD, fewer than the {} XRD that a transaction locks",
            owner.account, settings.fee_lock
        );
        let hint = "send it XRD: ten times fee_lock is a good reserve";
        found.push(Obstacle::lasting("balance_low", message, hint));
    }
    let badges: Vec<_> = looks.fresh.iter().filter_map(|look| look.holdings.as_ref()?.has_badge).collect();
    if !badges.is_empty() && !badges.contains(&true) {
        let message = format!("{} does not hold the badge {}", owner.account, settings.badge());
        found.push(Obstacle::lasting(
            "badge_missing",
            message,
            "move the badge there, or set owner_account and authorisation to where it is",
        ));
    }
    found
}

/// What the previews say against it.
pub(super) fn of_previews(previews: &Previews) -> Option<Obstacle> {
    let succeeded = |is_node: bool| {
        previews.given.iter().any(|(_, node, p)| *node == is_node && p.receipt.status == PreviewStatus::Succeeded)
    };
    let failed = previews.given.iter().find(|(.., p)| p.receipt.status != PreviewStatus::Succeeded);
    match failed {
        // The word of the operator's own node stands above that of a gateway.
        _ if succeeded(true) => None,
        None if succeeded(false) => None,
        None => {
            let message = format!("nobody could preview the transaction: {}", previews.failed.join("; "));
            Some(Obstacle::passing("preview_unavailable", message, ENDPOINTS))
        }
        Some((source, _, preview)) => {
            let receipt = &preview.receipt;
            let why = receipt.error_message.as_deref().unwrap_or("no reason given");
            let message = format!("preview through {source}: {:?}, {why}", receipt.status);
            let hint = "see that the account holds XRD and the badge, and that authorisation is right";
            Some(Obstacle::lasting("preview_failed", message, hint))
        }
    }
}

/// What a preview said that the transaction costs in XRD.
pub(super) fn cost(previews: &Previews) -> Option<Decimal> {
    previews.given.iter().find_map(|(.., preview)| {
        let fee = preview.receipt.fee_summary.as_ref()?;
        let parts = [
            &fee.xrd_total_execution_cost,
            &fee.xrd_total_finalization_cost,
            &fee.xrd_total_storage_cost,
            &fee.xrd_total_royalty_cost,
            &fee.xrd_total_tipping_cost,
        ];
        parts.into_iter().try_fold(Decimal::ZERO, |sum, part| sum.checked_add(part.parse().ok()?))
    })
}
