//! The real Radix Engine over a substate store in memory.

mod genesis;
mod read;
mod transaction;

pub use genesis::{Genesis, Seat};
pub use read::{Consensus, Holdings, Seated, ValidatorState, Vault, VaultContent};
pub use transaction::{Preview, PreviewError, Received, Rejection, StaticError, Verdict};

use radix_common::address::{AddressBech32Decoder, AddressBech32Encoder};
use radix_common::network::NetworkDefinition;
use radix_common::prelude::{ComponentAddress, NodeId};
use radix_common::types::{Epoch, Round};
use radix_engine::blueprints::consensus_manager::ValidatorEmissionAppliedEvent;
use radix_engine::transaction::{
    CommitResult, ExecutionConfig, TransactionOutcome, TransactionResult, execute_and_commit_transaction,
};
use radix_engine::vm::DefaultVmModules;
use radix_engine_interface::prelude::{Emitter, LeaderProposalHistory, ModuleId};
use radix_substate_store_impls::memory_db::InMemorySubstateDatabase;
use radix_transactions::model::{PreparationSettings, RoundUpdateTransactionV1};
use radix_transactions::validation::TransactionValidator;
use sbor::prelude::IndexSet;
use std::sync::Arc;

/// One step of consensus to be committed: what the leader of `round` proposed, and who stayed silent before it.
#[derive(Debug, Clone)]
pub struct RoundStep {
    /// Epoch the round belongs to.
    pub epoch: u64,
    /// The round that commits.
    pub round: u64,
    /// Proposer time in milliseconds since 1970.
    pub timestamp_ms: i64,
    /// Index of the leader in the validator set of the epoch.
    pub leader: u8,
    /// Leaders of the rounds skipped since the last committed one, in order.
    pub gaps: Vec<u8>,
    /// Whether the leader's proposal was replaced by a fallback.
    pub fallback: bool,
}

/// What a committed round did beyond the counters.
#[derive(Debug, Clone)]
pub struct RoundEffect {
    /// Number of the epoch that began, if one did.
    pub next_epoch: Option<u64>,
    /// Emission events: the concluded epoch's numbers per validator.
    pub concluded: Vec<Concluded>,
}

/// One validator's share in a concluded epoch, as the engine's emission event tells it.
#[derive(Debug, Clone)]
pub struct Concluded {
    /// Address of the validator.
    pub validator: String,
    /// The epoch that ended.
    pub epoch: u64,
    /// Proposals made in it.
    pub made: u64,
    /// Proposals missed in it.
    pub missed: u64,
}

/// The engine refused a step that only a defect of the devnet can have made wrong.
#[derive(Debug, thiserror::Error)]
#[error("the engine did not commit the update of round {round} in epoch {epoch}: {reason}")]
pub struct RoundRefused {
    epoch: u64,
    round: u64,
    reason: String,
}

/// The ledger: substates, and the engine that changes them. A clone is an independent copy of the state.
#[derive(Clone)]
pub struct Ledger {
    db: InMemorySubstateDatabase,
    modules: Arc<DefaultVmModules>,
    network: NetworkDefinition,
    encoder: Arc<AddressBech32Encoder>,
    decoder: Arc<AddressBech32Decoder>,
    validator: TransactionValidator,
    validators: Vec<ComponentAddress>,
}

impl std::fmt::Debug for Ledger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ledger").field("network", &self.network.logical_name).finish_non_exhaustive()
    }
}

impl Ledger {
    /// The network of this ledger.
    pub fn network(&self) -> &NetworkDefinition {
        &self.network
    }

    /// Commits one round. The engine counts the proposals, pays emissions and changes the epoch by its own rules.
    pub fn update_round(&mut self, step: &RoundStep) -> Result<RoundEffect, RoundRefused> {
        let refused = |reason: String| RoundRefused { epoch: step.epoch, round: step.round, reason };
        let update = RoundUpdateTransactionV1 {
            proposer_timestamp_ms: step.timestamp_ms,
            epoch: Epoch::of(step.epoch),
            round: Round::of(step.round),
            leader_proposal_history: LeaderProposalHistory {
                gap_round_leaders: step.gaps.clone(),
                current_leader: step.leader,
                is_fallback: step.fallback,
            },
        };
        let executable = update
            .prepare(PreparationSettings::latest_ref())
            .map_err(|error| refused(format!("{error:?}")))?
            .create_executable();
        let config = ExecutionConfig::for_validator_transaction(self.network.clone());
        let receipt = execute_and_commit_transaction(&mut self.db, self.modules.as_ref(), &config, executable);
        match receipt.result {
            TransactionResult::Commit(commit) => match &commit.outcome {
                TransactionOutcome::Success(_) => Ok(self.effect_of(&commit)),
                TransactionOutcome::Failure(error) => Err(refused(format!("{error:?}"))),
            },
            TransactionResult::Reject(reject) => Err(refused(format!("{:?}", reject.reason))),
            TransactionResult::Abort(abort) => Err(refused(format!("{:?}", abort.reason))),
        }
    }

    fn effect_of(&self, commit: &CommitResult) -> RoundEffect {
        let mut concluded = Vec::new();
        for (identifier, payload) in &commit.application_events {
            let (Emitter::Method(node, ModuleId::Main), name) = (&identifier.0, &identifier.1) else { continue };
            if name != "ValidatorEmissionAppliedEvent" {
                continue;
            }
            if let Ok(event) = radix_common::data::scrypto::scrypto_decode::<ValidatorEmissionAppliedEvent>(payload) {
                concluded.push(Concluded {
                    validator: self.text(node),
                    epoch: event.epoch.number(),
                    made: event.proposals_made,
                    missed: event.proposals_missed,
                });
            }
        }
        RoundEffect { next_epoch: commit.next_epoch().map(|event| event.epoch.number()), concluded }
    }

    /// Text of an address on this network.
    pub fn text(&self, node: &NodeId) -> String {
        self.encoder.encode(node.as_bytes()).unwrap_or_else(|_| hex::encode(node.as_bytes()))
    }

    /// The node id behind an address text of this network. `None` for broken text or another network's address.
    pub fn parse(&self, text: &str) -> Option<NodeId> {
        let (_, bytes) = self.decoder.validate_and_decode(text).ok()?;
        Some(NodeId(<[u8; NodeId::LENGTH]>::try_from(bytes).ok()?))
    }

    /// Addresses of all validators in order of creation.
    pub fn validators(&self) -> &[ComponentAddress] {
        &self.validators
    }

    fn remember_validators(&mut self, addresses: &IndexSet<ComponentAddress>) {
        for address in addresses {
            let is_validator =
                address.as_node_id().entity_type() == Some(radix_common::types::EntityType::GlobalValidator);
            if is_validator && !self.validators.contains(address) {
                self.validators.push(*address);
            }
        }
    }
}
