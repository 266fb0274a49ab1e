//! JSON shapes that several endpoints share.

use crate::chain::Snapshot;
use crate::clock::{instant_text, trimmed_text};
use crate::ledger::{Preview, ValidatorState};
use crate::world::World;
use radix_common::constants::VALIDATOR_OWNER_BADGE;
use radix_common::crypto::{IsHash, hash};
use radix_common::prelude::{NodeId, NonFungibleLocalId};
use serde_json::{Map, Value, json};

/// Drops every member that is null, at any depth.
pub(super) fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(members) => Value::Object(
            members
                .into_iter()
                .filter(|(_, member)| !member.is_null())
                .map(|(name, member)| (name, without_nulls(member)))
                .collect::<Map<_, _>>(),
        ),
        Value::Array(items) => Value::Array(items.into_iter().map(without_nulls).collect()),
        other => other,
    }
}

/// `ledger_state` of the gateway.
pub(super) fn ledger_state(world: &World, snapshot: &Snapshot) -> Value {
    json!({
        "network": world.settings.network.logical_name,
        "state_version": snapshot.state_version,
        "proposer_round_timestamp": trimmed_text(snapshot.timestamp_ms),
        "epoch": snapshot.epoch,
        "round": snapshot.round,
    })
}

/// An instant of the Core API.
pub(super) fn instant(ms: i64) -> Value {
    json!({ "unix_timestamp_ms": ms, "date_time": instant_text(ms) })
}

/// The three tree hashes of a state version. The engine keeps no trees here; they stand for the version alone.
pub(super) fn tree_hashes(version: u64) -> Value {
    let tree = |name: &str| hex::encode(hash(format!("{name} {version}")).as_bytes());
    json!({
        "state_tree_hash": tree("state"),
        "transaction_tree_hash": tree("transaction"),
        "receipt_tree_hash": tree("receipt"),
    })
}

/// A state identifier of the Core API.
pub(super) fn state_identifier(version: u64) -> Value {
    let mut identifier = if version == 0 {
        let zero = "0".repeat(64);
        json!({ "state_tree_hash": zero, "transaction_tree_hash": zero, "receipt_tree_hash": zero })
    } else {
        tree_hashes(version)
    };
    if let Some(members) = identifier.as_object_mut() {
        members.insert("state_version".to_owned(), json!(version));
    }
    identifier
}

/// `at_ledger_state` of the Core API.
pub(super) fn at_ledger_state(snapshot: &Snapshot) -> Value {
    json!({
        "state_version": snapshot.state_version,
        "header_summary": {
            "epoch_round": { "epoch": snapshot.epoch, "round": snapshot.round },
            "ledger_hashes": tree_hashes(snapshot.state_version),
            "proposer_timestamp": instant(snapshot.timestamp_ms),
        },
    })
}

/// A secp256k1 public key.
pub(super) fn key(hex: &str) -> Value {
    json!({ "key_type": "EcdsaSecp256k1", "key_hex": hex })
}

/// `ValidatorFieldStateValue`.
pub(super) fn validator_field(validator: &ValidatorState) -> Value {
    let [stake, withdrawals, locked, pending] = &validator.vaults;
    let vault = |vault: &(String, _)| json!({ "entity_type": "InternalFungibleVault", "is_global": false, "entity_address": vault.0 });
    without_nulls(json!({
        "public_key": key(&validator.key),
        "is_registered": validator.registered,
        "accepts_delegated_stake": validator.accepts_delegated_stake,
        "validator_fee_factor": validator.fee_factor.to_string(),
        "stake_unit_resource_address": validator.stake_units,
        "stake_xrd_vault": vault(stake),
        "claim_token_resource_address": validator.claim_receipts,
        "pending_xrd_withdraw_vault": vault(withdrawals),
        "locked_owner_stake_unit_vault": vault(locked),
        "pending_owner_stake_unit_unlock_vault": vault(pending),
        "pending_owner_stake_unit_withdrawals": [],
        "already_unlocked_owner_stake_unit_amount": validator.unlocked_owner_units.to_string(),
        "sorted_key": validator.sorted_key.as_ref().map(|[prefix, database_key, key]| json!({
            "key_type": "Sorted",
            "db_sort_key_hex": database_key,
            "sort_prefix_hex": prefix,
            "key_hex": key,
        })),
    }))
}

/// The rule that only the holder of the validator's owner badge may act as its owner. `with_text` adds the
/// gateway's `simple_rep` of the whole badge.
pub(super) fn owner_rule(world: &World, validator: &NodeId, with_text: bool) -> Value {
    let resource = world.chain.ledger().text(VALIDATOR_OWNER_BADGE.as_node_id());
    let id = NonFungibleLocalId::bytes(validator.as_bytes()).map_or_else(|_| String::new(), |id| id.to_string());
    let sbor = NonFungibleLocalId::bytes(validator.as_bytes())
        .map(|id| crate::ledger::Ledger::local_id_sbor(&id))
        .unwrap_or_default();
    let badge = json!({
        "simple_rep": with_text.then(|| format!("{resource}:{id}")),
        "resource_address": resource,
        "local_id": { "id_type": "Bytes", "sbor_hex": sbor, "simple_rep": id },
    });
    without_nulls(json!({
        "rule": {
            "type": "Protected",
            "access_rule": {
                "type": "ProofRule",
                "proof_rule": {
                    "type": "Require",
                    "requirement": { "type": "NonFungible", "non_fungible": badge },
                },
            },
        },
        "updater": "None",
    }))
}

/// `receipt` of a preview.
pub(super) fn receipt(preview: &Preview) -> Value {
    let fees = &preview.fees;
    without_nulls(json!({
        "status": preview.status,
        "fee_summary": {
            "execution_cost_units_consumed": fees.total_execution_cost_units_consumed,
            "finalization_cost_units_consumed": fees.total_finalization_cost_units_consumed,
            "xrd_total_execution_cost": fees.total_execution_cost_in_xrd.to_string(),
            "xrd_total_finalization_cost": fees.total_finalization_cost_in_xrd.to_string(),
            "xrd_total_royalty_cost": fees.total_royalty_cost_in_xrd.to_string(),
            "xrd_total_storage_cost": fees.total_storage_cost_in_xrd.to_string(),
            "xrd_total_tipping_cost": fees.total_tipping_cost_in_xrd.to_string(),
        },
        "error_message": preview.error,
    }))
}
