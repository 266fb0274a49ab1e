//! State and statistics.

use super::{Answer, Call, Failure};
use crate::chain::UptimeRow;
use crate::http::render::{key, owner_rule, validator_field};
use crate::ledger::{Holdings, Ledger, ValidatorState, Vault, VaultContent};
use radix_common::constants::CONSENSUS_MANAGER_PACKAGE;
use radix_common::math::{CheckedAdd, CheckedDiv, CheckedMul, Decimal};
use radix_common::prelude::{EntityType, NodeId};
use serde_json::{Value, json};

/// Validators on one page of the list.
const PAGE: usize = 1000;

impl Call<'_> {
    /// `/statistics/validators/uptime`.
    pub(super) fn uptime(&mut self) -> Answer {
        let addresses = self.addresses("validator_addresses", 200)?;
        let at = self.selected()?;
        let from = self.selector("from_ledger_state")?;
        let held = self.tip().state_version;
        let mut items: Vec<Value> = Vec::new();
        for (text, node) in addresses {
            if items.iter().any(|item| item["address"] == *text) || !self.is_known(&node) {
                continue;
            }
            let rows = self.world.chain.uptime(&text, held);
            let last = rows.iter().rev().find(|row| row.epoch <= at.epoch);
            let first = from.as_ref().and_then(|from| {
                rows.iter().find(|row| row.epoch >= from.epoch && last.is_some_and(|last| row.epoch < last.epoch))
            });
            let base = first.copied().unwrap_or_default();
            let count = |of: fn(&UptimeRow) -> u64| last.map(|last| of(last) - of(&base));
            items.push(json!({
                "address": text,
                "proposals_made": count(|row| row.made),
                "proposals_missed": count(|row| row.missed),
                "epochs_active_in": count(|row| row.epochs).unwrap_or_default(),
            }));
        }
        Ok(json!({ "ledger_state": self.ledger_state(&at), "validators": { "items": items } }))
    }

    /// `/state/entity/details`.
    pub(super) fn entity_details(&mut self) -> Answer {
        let addresses = self.addresses("addresses", 20)?;
        for (_, node) in &addresses {
            if Ledger::is_account(node) {
                self.world.chain.track(*node);
            }
        }
        let snapshot = self.selected()?;
        let by_vault = self.body.get("aggregation_level").and_then(Value::as_str) == Some("Vault");
        let with_ids =
            self.body.pointer("/opt_ins/non_fungible_include_nfids").and_then(Value::as_bool).unwrap_or_default();
        let mut items = Vec::new();
        for (text, node) in addresses {
            if let Some(validator) = snapshot.validators.iter().find(|validator| validator.address == text) {
                items.push(self.validator_item(validator, &node));
            } else if Ledger::is_account(&node) {
                let holdings = snapshot.accounts.get(&text).cloned().unwrap_or_default();
                items.push(account_item(&text, &holdings, &node, by_vault, with_ids));
            }
        }
        Ok(json!({ "ledger_state": self.ledger_state(&snapshot), "items": items }))
    }

    fn validator_item(&self, validator: &ValidatorState, node: &NodeId) -> Value {
        json!({
            "address": validator.address,
            "metadata": { "total_count": 0, "items": [] },
            "details": {
                "type": "Component",
                "package_address": self.world.chain.ledger().text(CONSENSUS_MANAGER_PACKAGE.as_node_id()),
                "blueprint_name": "Validator",
                "blueprint_version": "1.0.0",
                "state": validator_field(validator),
                "role_assignments": { "owner": owner_rule(self.world, node, true), "entries": [] },
            },
        })
    }

    /// `/state/validators/list`.
    pub(super) fn validators_list(&mut self) -> Answer {
        let cursor = self.body.get("cursor").and_then(Value::as_str);
        if cursor.is_some() && self.body.pointer("/at_ledger_state/state_version").is_none() {
            return Err(Failure::invalid("", "AtLedgerState.StateVersion is required if cursor is provided"));
        }
        let start = match cursor {
            None => 0,
            Some(cursor) => cursor
                .strip_prefix("offset-")
                .and_then(|offset| offset.parse::<usize>().ok())
                .ok_or_else(|| Failure::invalid("cursor", "'cursor' is invalid."))?,
        };
        let snapshot = self.selected()?;
        let set = &snapshot.consensus.set;
        let total = set.iter().fold(Decimal::ZERO, |sum, seated| sum.checked_add(seated.stake).unwrap_or(sum));
        let percentage = |stake: Decimal| {
            let share = stake.checked_mul(100).and_then(|hundredfold: Decimal| hundredfold.checked_div(total));
            share.and_then(|share| share.to_string().parse::<f64>().ok()).unwrap_or_default()
        };
        let items: Vec<Value> = snapshot
            .validators
            .iter()
            .skip(start)
            .take(PAGE)
            .map(|validator| {
                let seated = set.iter().find(|seated| seated.address == validator.address);
                let [stake, withdrawals, locked, pending] = &validator.vaults;
                let vault = |(address, balance): &(String, Decimal)| {
                    json!({
                        "balance": balance.to_string(),
                        "last_changed_at_state_version": snapshot.state_version,
                        "address": address,
                    })
                };
                json!({
                    "address": validator.address,
                    "stake_vault": vault(stake),
                    "pending_xrd_withdraw_vault": vault(withdrawals),
                    "locked_owner_stake_unit_vault": vault(locked),
                    "pending_owner_stake_unit_unlock_vault": vault(pending),
                    "state": validator_field(validator),
                    "metadata": { "total_count": 0, "items": [] },
                    "effective_fee_factor": { "current": { "fee_factor": validator.fee_factor.to_string() } },
                    "active_in_epoch": seated.map(|seated| json!({
                        "stake": seated.stake.to_string(),
                        "stake_percentage": percentage(seated.stake),
                        "key": key(&seated.key),
                    })),
                })
            })
            .collect();
        let left = snapshot.validators.len().saturating_sub(start);
        let next = (left > PAGE).then(|| format!("offset-{}", start + PAGE));
        Ok(json!({
            "ledger_state": self.ledger_state(&snapshot),
            "validators": { "total_count": left, "next_cursor": next, "items": items },
        }))
    }

    /// The addresses of a request member, decoded for this network.
    fn addresses(&self, member: &str, most: usize) -> Result<Vec<(String, NodeId)>, Failure> {
        let list = self.body.get(member).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        if list.is_empty() {
            let words: Vec<String> = member.split('_').map(capitalised).collect();
            return Err(Failure::invalid(member, format!("'{}' must not be empty.", words.join(" "))));
        }
        if list.len() > most {
            return Err(Failure::invalid(member, format!("'{member}' must contain at most {most} elements.")));
        }
        list.iter()
            .enumerate()
            .map(|(place, value)| {
                let text = value.as_str().unwrap_or_default();
                let node = self.world.chain.ledger().parse(text).ok_or_else(|| {
                    let path = format!("{member}[{place}]");
                    Failure::invalid(&path, format!("'{path}' must be a valid Bech32M-encoded RadixAddress."))
                })?;
                Ok((text.to_owned(), node))
            })
            .collect()
    }

    /// Whether the ledger knows the entity; preallocated accounts are always known.
    fn is_known(&self, node: &NodeId) -> bool {
        let is_preallocated = matches!(
            node.entity_type(),
            Some(EntityType::GlobalPreallocatedEd25519Account | EntityType::GlobalPreallocatedSecp256k1Account)
        );
        is_preallocated || self.world.chain.ledger().exists(node)
    }
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn account_item(text: &str, holdings: &Holdings, node: &NodeId, by_vault: bool, with_ids: bool) -> Value {
    let fungible: Vec<Value> = grouped(holdings, true)
        .map(|(resource, vaults)| {
            if by_vault {
                let items: Vec<Value> = vaults
                    .iter()
                    .map(|vault| {
                        json!({
                            "vault_address": vault.address,
                            "amount": amount(vault).to_string(),
                            "last_updated_at_state_version": 1,
                        })
                    })
                    .collect();
                json!({
                    "aggregation_level": "Vault",
                    "resource_address": resource,
                    "vaults": { "total_count": items.len(), "items": items },
                })
            } else {
                let sum = vaults.iter().fold(Decimal::ZERO, |sum, vault| sum.checked_add(amount(vault)).unwrap_or(sum));
                json!({
                    "aggregation_level": "Global",
                    "resource_address": resource,
                    "amount": sum.to_string(),
                    "last_updated_at_state_version": 1,
                })
            }
        })
        .collect();
    let non_fungible: Vec<Value> = grouped(holdings, false)
        .map(|(resource, vaults)| {
            if by_vault {
                let items: Vec<Value> = vaults
                    .iter()
                    .map(|vault| {
                        let ids = ids(vault);
                        json!({
                            "vault_address": vault.address,
                            "total_count": ids.len(),
                            "last_updated_at_state_version": 1,
                            "items": with_ids.then_some(ids),
                        })
                    })
                    .collect();
                json!({
                    "aggregation_level": "Vault",
                    "resource_address": resource,
                    "vaults": { "total_count": items.len(), "items": items },
                })
            } else {
                let count: usize = vaults.iter().map(|vault| ids(vault).len()).sum();
                json!({
                    "aggregation_level": "Global",
                    "resource_address": resource,
                    "amount": count,
                    "last_updated_at_state_version": 1,
                })
            }
        })
        .collect();
    let blueprint = if node.entity_type() == Some(EntityType::GlobalPreallocatedSecp256k1Account) {
        "PreallocatedSecp256k1Account"
    } else {
        "Account"
    };
    json!({
        "address": text,
        "fungible_resources": { "total_count": fungible.len(), "items": fungible },
        "non_fungible_resources": { "total_count": non_fungible.len(), "items": non_fungible },
        "metadata": { "total_count": 0, "items": [] },
        "details": { "type": "Component", "blueprint_name": blueprint, "blueprint_version": "1.0.0" },
    })
}

/// Vaults by resource, fungible or not.
fn grouped(holdings: &Holdings, fungible: bool) -> impl Iterator<Item = (&str, Vec<&Vault>)> {
    let mut groups: Vec<(&str, Vec<&Vault>)> = Vec::new();
    for vault in &holdings.0 {
        if matches!(vault.content, VaultContent::Amount(_)) != fungible {
            continue;
        }
        match groups.iter_mut().find(|(resource, _)| *resource == vault.resource) {
            Some((_, vaults)) => vaults.push(vault),
            None => groups.push((&vault.resource, vec![vault])),
        }
    }
    groups.into_iter()
}

fn amount(vault: &Vault) -> Decimal {
    match &vault.content {
        VaultContent::Amount(amount) => *amount,
        VaultContent::Ids(_) => Decimal::ZERO,
    }
}

fn ids(vault: &Vault) -> &[String] {
    match &vault.content {
        VaultContent::Amount(_) => &[],
        VaultContent::Ids(ids) => ids,
    }
}
