//! Typed reads of the substates that the APIs show.

use super::Ledger;
use radix_common::constants::CONSENSUS_MANAGER;
use radix_common::math::Decimal;
use radix_common::prelude::{
    ComponentAddress, EntityType, NodeId, NonFungibleLocalId, ResourceAddress, scrypto_encode,
};
use radix_engine::blueprints::consensus_manager::{
    ConsensusManagerConfigurationFieldPayload, ConsensusManagerCurrentProposalStatisticFieldPayload,
    ConsensusManagerCurrentValidatorSetFieldPayload, ConsensusManagerField,
    ConsensusManagerProposerMilliTimestampFieldPayload, ConsensusManagerProposerMinuteTimestampFieldPayload,
    ConsensusManagerStateFieldPayload, ValidatorField, ValidatorStateFieldPayload, ValidatorSubstate,
};
use radix_engine::blueprints::resource::{FungibleVaultBalanceFieldPayload, FungibleVaultField};
use radix_engine::system::system_db_reader::SystemDatabaseReader;
use radix_engine_interface::api::ModuleId;
use radix_engine_interface::blueprints::resource::{LiquidFungibleResource, LiquidNonFungibleVault};
use radix_engine_interface::prelude::ConsensusManagerConfig;
use radix_substate_store_impls::memory_db::InMemorySubstateDatabase;
use radix_substate_store_interface::db_key_mapper::{DatabaseKeyMapper, SpreadPrefixKeyMapper};
use radix_substate_store_queries::query::{StateTreeTraverser, StateTreeVisitor};
use std::collections::BTreeMap;

/// One member of the running epoch's validator set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seated {
    /// Address of the validator.
    pub address: String,
    /// The key that signs in this epoch, 33 bytes in hex.
    pub key: String,
    /// XRD that weighs in this epoch.
    pub stake: Decimal,
}

/// The consensus manager's substates at one state version.
#[derive(Debug, Clone)]
pub struct Consensus {
    /// Parameters of genesis.
    pub config: ConsensusManagerConfig,
    /// Running epoch.
    pub epoch: u64,
    /// Last committed round of it, 0 right after the change.
    pub round: u64,
    /// Milliseconds since 1970 from which the epoch's length counts.
    pub effective_start_ms: i64,
    /// Milliseconds since 1970 at which the epoch really began.
    pub actual_start_ms: i64,
    /// Leader of the last committed round.
    pub leader: Option<u8>,
    /// Last proposer time in milliseconds since 1970.
    pub time_ms: i64,
    /// The same rounded down to minutes.
    pub time_minutes: i64,
    /// Proposals made in this epoch, indexed like `set`.
    pub completed: Vec<u64>,
    /// Proposals missed in this epoch, indexed like `set`.
    pub missed: Vec<u64>,
    /// The validator set of this epoch, by stake, highest first.
    pub set: Vec<Seated>,
}

/// A vault with what it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vault {
    /// Address of the vault.
    pub address: String,
    /// Address of the resource in it.
    pub resource: String,
    /// Its content.
    pub content: VaultContent,
}

/// What a vault holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VaultContent {
    /// An amount of a fungible resource.
    Amount(Decimal),
    /// Local ids of a non-fungible resource, in text form.
    Ids(Vec<String>),
}

/// All vaults of an account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Holdings(pub Vec<Vault>);

impl Holdings {
    /// The amount of a fungible resource, 0 if there is none.
    pub fn amount(&self, resource: &str) -> Decimal {
        let held = self.0.iter().find_map(|vault| match &vault.content {
            VaultContent::Amount(amount) if vault.resource == resource => Some(*amount),
            _ => None,
        });
        held.unwrap_or(Decimal::ZERO)
    }
}

/// A validator component at one state version.
#[derive(Debug, Clone)]
pub struct ValidatorState {
    /// Its address.
    pub address: String,
    /// Key that will sign from the next epoch on, 33 bytes in hex.
    pub key: String,
    /// Whether it wants to be in the next set.
    pub registered: bool,
    /// Whether strangers may stake to it.
    pub accepts_delegated_stake: bool,
    /// Share of the emission that goes to the owner.
    pub fee_factor: Decimal,
    /// Address of the stake unit resource.
    pub stake_units: String,
    /// Address of the claim receipt resource.
    pub claim_receipts: String,
    /// Vaults: staked XRD, pending withdrawals of XRD, locked owner units, pending owner units; with their balance.
    pub vaults: [(String, Decimal); 4],
    /// Owner units already unlocked.
    pub unlocked_owner_units: Decimal,
    /// Index key in the list of registered validators: prefix, whole database key and key, all hex.
    pub sorted_key: Option<[String; 3]>,
}

/// The validator's state substate. `None` if there is no such validator.
pub(super) fn validator_state(db: &InMemorySubstateDatabase, address: &ComponentAddress) -> Option<ValidatorSubstate> {
    SystemDatabaseReader::new(db)
        .read_typed_object_field::<ValidatorStateFieldPayload>(
            address.as_node_id(),
            ModuleId::Main,
            ValidatorField::State.into(),
        )
        .ok()
        .map(ValidatorStateFieldPayload::fully_update_and_into_latest_version)
}

impl Ledger {
    /// The consensus manager now. `None` only if the store is not a bootstrapped one.
    pub fn consensus(&self) -> Option<Consensus> {
        let reader = SystemDatabaseReader::new(&self.db);
        macro_rules! field {
            ($payload:ty, $field:ident) => {
                reader
                    .read_typed_object_field::<$payload>(
                        CONSENSUS_MANAGER.as_node_id(),
                        ModuleId::Main,
                        ConsensusManagerField::$field.into(),
                    )
                    .ok()?
                    .fully_update_and_into_latest_version()
            };
        }
        let config = field!(ConsensusManagerConfigurationFieldPayload, Configuration).config;
        let state = field!(ConsensusManagerStateFieldPayload, State);
        let statistic = field!(ConsensusManagerCurrentProposalStatisticFieldPayload, CurrentProposalStatistic);
        let set = field!(ConsensusManagerCurrentValidatorSetFieldPayload, CurrentValidatorSet);
        let time = field!(ConsensusManagerProposerMilliTimestampFieldPayload, ProposerMilliTimestamp);
        let minute = field!(ConsensusManagerProposerMinuteTimestampFieldPayload, ProposerMinuteTimestamp);
        Some(Consensus {
            config,
            epoch: state.epoch.number(),
            round: state.round.number(),
            effective_start_ms: state.effective_epoch_start_milli,
            actual_start_ms: state.actual_epoch_start_milli,
            leader: state.current_leader,
            time_ms: time.epoch_milli,
            time_minutes: i64::from(minute.epoch_minute),
            completed: statistic.validator_statistics.iter().map(|count| count.made).collect(),
            missed: statistic.validator_statistics.iter().map(|count| count.missed).collect(),
            set: set
                .validator_set
                .validators_by_stake_desc
                .iter()
                .map(|(address, seated)| Seated {
                    address: self.text(address.as_node_id()),
                    key: hex::encode(seated.key.0),
                    stake: seated.stake,
                })
                .collect(),
        })
    }

    /// A validator component. `None` if there is no such validator.
    pub fn validator(&self, address: &ComponentAddress) -> Option<ValidatorState> {
        let state = validator_state(&self.db, address)?;
        let vault = |own: &NodeId| (self.text(own), self.vault_balance(own));
        Some(ValidatorState {
            address: self.text(address.as_node_id()),
            key: hex::encode(state.key.0),
            registered: state.is_registered,
            accepts_delegated_stake: state.accepts_delegated_stake,
            fee_factor: state.validator_fee_factor,
            stake_units: self.text(state.stake_unit_resource.as_node_id()),
            claim_receipts: self.text(state.claim_nft.as_node_id()),
            vaults: [
                vault(&state.stake_xrd_vault_id.0),
                vault(&state.pending_xrd_withdraw_vault_id.0),
                vault(&state.locked_owner_stake_unit_vault_id.0),
                vault(&state.pending_owner_stake_unit_unlock_vault_id.0),
            ],
            unlocked_owner_units: state.already_unlocked_owner_stake_unit_amount,
            sorted_key: state.sorted_key.map(|key| {
                let database_key = SpreadPrefixKeyMapper::sorted_to_db_sort_key(&key);
                [hex::encode(key.0), hex::encode(database_key.0), hex::encode(key.1)]
            }),
        })
    }

    fn vault_balance(&self, vault: &NodeId) -> Decimal {
        SystemDatabaseReader::new(&self.db)
            .read_typed_object_field::<FungibleVaultBalanceFieldPayload>(
                vault,
                ModuleId::Main,
                FungibleVaultField::Balance.into(),
            )
            .map_or(Decimal::ZERO, |payload| payload.fully_update_and_into_latest_version().amount())
    }

    /// Whether the node exists in the store. Preallocated accounts exist only once they were funded.
    pub fn exists(&self, node: &NodeId) -> bool {
        SystemDatabaseReader::new(&self.db).get_type_info(node).is_ok()
    }

    /// All vaults of an account, empty for an untouched preallocated account.
    pub fn holdings(&self, account: &NodeId) -> Holdings {
        if !self.exists(account) {
            return Holdings::default();
        }
        let mut content = Content::default();
        StateTreeTraverser::new(&self.db, &mut content, 4).traverse_subtree(None, *account);
        let mut vaults: Vec<Vault> = content
            .0
            .into_iter()
            .map(|(vault, (resource, content))| Vault {
                address: self.text(&vault),
                resource: self.text(resource.as_node_id()),
                content,
            })
            .collect();
        vaults.sort_by(|a, b| (&a.resource, &a.address).cmp(&(&b.resource, &b.address)));
        Holdings(vaults)
    }

    /// SBOR bytes of a local id as the APIs write them (`sbor_hex`).
    pub fn local_id_sbor(id: &NonFungibleLocalId) -> String {
        scrypto_encode(id).map(hex::encode).unwrap_or_default()
    }

    /// Whether the address names an account, preallocated or created.
    pub fn is_account(node: &NodeId) -> bool {
        matches!(
            node.entity_type(),
            Some(
                EntityType::GlobalAccount
                    | EntityType::GlobalPreallocatedEd25519Account
                    | EntityType::GlobalPreallocatedSecp256k1Account
            )
        )
    }
}

#[derive(Default)]
struct Content(BTreeMap<NodeId, (ResourceAddress, VaultContent)>);

impl StateTreeVisitor for Content {
    fn visit_fungible_vault(&mut self, vault: NodeId, resource: &ResourceAddress, held: &LiquidFungibleResource) {
        self.0.insert(vault, (*resource, VaultContent::Amount(held.amount())));
    }

    fn visit_non_fungible_vault(&mut self, vault: NodeId, resource: &ResourceAddress, _held: &LiquidNonFungibleVault) {
        self.0.entry(vault).or_insert_with(|| (*resource, VaultContent::Ids(Vec::new())));
    }

    fn visit_non_fungible(&mut self, vault: NodeId, resource: &ResourceAddress, id: &NonFungibleLocalId) {
        let entry = self.0.entry(vault).or_insert_with(|| (*resource, VaultContent::Ids(Vec::new())));
        if let VaultContent::Ids(ids) = &mut entry.1 {
            ids.push(id.to_string());
        }
    }
}
