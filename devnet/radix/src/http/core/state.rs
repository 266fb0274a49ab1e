//! Status and state.

use super::{Answer, Call, Failure};
use crate::http::render::{at_ledger_state, instant, key, owner_rule, state_identifier, validator_field};
use radix_common::math::{CheckedDiv, Decimal};
use radix_common::prelude::EntityType;
use serde_json::{Value, json};

/// XRD per US dollar as the engine's genesis parameters have it.
const XRD_PER_USD_TIMES_THREE: i64 = 50;

impl Call<'_> {
    /// `/core/status/network-status`.
    pub(super) fn network_status(&self) -> Answer {
        let snapshot = self.snapshot()?;
        let oldest = self.world.chain.oldest();
        let genesis_epoch = self.world.settings.genesis_epoch;
        Ok(json!({
            "pre_genesis_state_identifier": state_identifier(0),
            "genesis_epoch_round": { "epoch": genesis_epoch, "round": 1 },
            "post_genesis_state_identifier": state_identifier(oldest.state_version.min(63)),
            "post_genesis_epoch_round": { "epoch": genesis_epoch + 1, "round": 0 },
            "current_state_identifier": state_identifier(snapshot.state_version),
            "current_epoch_round": { "epoch": snapshot.epoch, "round": snapshot.round },
            "current_protocol_version": self.node()?.protocol_version,
        }))
    }

    /// `/core/state/consensus-manager`.
    pub(super) fn consensus_manager(&self) -> Answer {
        let snapshot = self.snapshot()?;
        let consensus = &snapshot.consensus;
        let config = &consensus.config;
        let condition = &config.epoch_change_condition;
        let in_xrd = |usd: Decimal| {
            use radix_common::math::CheckedMul;
            usd.checked_mul(XRD_PER_USD_TIMES_THREE).and_then(|sum| sum.checked_div(3)).unwrap_or(usd)
        };
        let substate = |kind: &str, is_locked: bool, value: Value| json!({ "substate_type": format!("ConsensusManagerField{kind}"), "is_locked": is_locked, "value": value });
        let set: Vec<Value> = consensus
            .set
            .iter()
            .map(|seated| {
                json!({ "address": seated.address, "key": key(&seated.key), "stake": seated.stake.to_string() })
            })
            .collect();
        Ok(json!({
            "at_ledger_state": at_ledger_state(&snapshot),
            "config": substate("Config", true, json!({
                "max_validators": config.max_validators,
                "epoch_change_condition": {
                    "min_round_count": condition.min_round_count,
                    "max_round_count": condition.max_round_count,
                    "target_duration_millis": condition.target_duration_millis,
                },
                "num_unstake_epochs": config.num_unstake_epochs,
                "total_emission_xrd_per_epoch": config.total_emission_xrd_per_epoch.to_string(),
                "min_validator_reliability": config.min_validator_reliability.to_string(),
                "num_owner_stake_units_unlock_epochs": config.num_owner_stake_units_unlock_epochs,
                "num_fee_increase_delay_epochs": config.num_fee_increase_delay_epochs,
                "validator_creation_usd_equivalent_cost": config.validator_creation_usd_cost.to_string(),
                "validator_creation_xrd_cost": in_xrd(config.validator_creation_usd_cost).to_string(),
            })),
            "state": substate("State", false, json!({
                "epoch": consensus.epoch,
                "round": consensus.round,
                "is_started": true,
                "effective_epoch_start": instant(consensus.effective_start_ms),
                "actual_epoch_start": instant(consensus.actual_start_ms),
                "current_leader": consensus.leader.map(|index| json!({ "index": index })),
            })),
            "current_proposal_statistic": substate("CurrentProposalStatistic", false, json!({
                "completed": consensus.completed,
                "missed": consensus.missed,
            })),
            "current_validator_set": substate("CurrentValidatorSet", false, json!({ "validator_set": set })),
            "current_time": substate("CurrentTime", false, json!({
                "proposer_timestamp": instant(snapshot.timestamp_ms),
            })),
            "current_time_rounded_to_minutes": substate("CurrentTimeRoundedToMinutes", false, json!({
                "proposer_timestamp_rounded_down_to_minute": instant(consensus.time_minutes * 60_000),
            })),
        }))
    }

    /// `/core/state/validator`.
    pub(super) fn validator(&self) -> Answer {
        let address = self.text("validator_address")?;
        let node = self
            .world
            .chain
            .ledger()
            .parse(address)
            .ok_or_else(|| Failure::basic(400, format!("Failed to extract address from request: {address}")))?;
        if node.entity_type() != Some(EntityType::GlobalValidator) {
            return Err(Failure::basic(400, "Only validator addresses work for this endpoint."));
        }
        let snapshot = self.snapshot()?;
        let validator = snapshot
            .validators
            .iter()
            .find(|validator| validator.address == address)
            .ok_or_else(|| Failure::basic(404, "Substate not found"))?;
        let mut rule = owner_rule(self.world, &node, false);
        if let Some(text) = rule.pointer_mut("/rule/access_rule/proof_rule/requirement/non_fungible") {
            text.as_object_mut().map(|members| members.remove("simple_rep"));
        }
        let vaults: Vec<Value> = validator
            .vaults
            .iter()
            .map(|(vault, balance)| {
                json!({
                    "resource_amount": { "resource_type": "Fungible", "amount": balance.to_string() },
                    "vault_entity": {
                        "entity_type": "InternalFungibleVault",
                        "is_global": false,
                        "entity_address": vault,
                    },
                })
            })
            .collect();
        Ok(json!({
            "at_ledger_state": at_ledger_state(&snapshot),
            "address": address,
            "state": { "substate_type": "ValidatorFieldState", "is_locked": false, "value": validator_field(validator) },
            "protocol_update_readiness_signal": {
                "substate_type": "ValidatorFieldProtocolUpdateReadinessSignal",
                "is_locked": false,
                "value": {},
            },
            "owner_role": {
                "substate_type": "RoleAssignmentModuleFieldOwnerRole",
                "is_locked": false,
                "value": { "owner_role": rule },
            },
            "vaults": vaults,
            "descendent_nodes": [],
        }))
    }
}
