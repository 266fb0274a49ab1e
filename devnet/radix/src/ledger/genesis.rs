//! The first state: validators with stake, accounts with XRD, all protocol updates applied.

use super::Ledger;
use radix_common::address::{AddressBech32Decoder, AddressBech32Encoder};
use radix_common::crypto::Secp256k1PublicKey;
use radix_common::math::{CheckedDiv, Decimal};
use radix_common::network::NetworkDefinition;
use radix_common::prelude::{ComponentAddress, EntityType};
use radix_common::types::Epoch;
use radix_engine::system::bootstrap::{GenesisDataChunk, GenesisStakeAllocation, GenesisValidator};
use radix_engine::updates::ProtocolBuilder;
use radix_engine::vm::DefaultVmModules;
use radix_engine_interface::prelude::ConsensusManagerConfig;
use radix_substate_store_impls::memory_db::InMemorySubstateDatabase;
use radix_substate_store_interface::interface::ListableSubstateDatabaseExtensions;
use radix_transactions::validation::TransactionValidator;
use std::sync::Arc;

/// A validator that exists from the beginning.
#[derive(Debug, Clone)]
pub struct Seat {
    /// Its node key.
    pub key: Secp256k1PublicKey,
    /// XRD staked to it.
    pub stake: Decimal,
    /// The account that receives its owner badge.
    pub owner: ComponentAddress,
}

/// Everything the first state depends on.
#[derive(Debug, Clone)]
pub struct Genesis {
    /// Network whose id and address suffix all later transactions must carry.
    pub network: NetworkDefinition,
    /// The epoch in which genesis happens; the first live epoch is the next one.
    pub epoch: u64,
    /// Proposer time of genesis in milliseconds since 1970.
    pub start_ms: i64,
    /// Epoch lengths, emissions and the rest of the consensus parameters.
    pub config: ConsensusManagerConfig,
    /// Validators, all registered.
    pub seats: Vec<Seat>,
    /// The account that owns the stake units of every validator.
    pub staker: ComponentAddress,
    /// XRD given to accounts.
    pub balances: Vec<(ComponentAddress, Decimal)>,
}

impl Genesis {
    /// Runs genesis and every protocol update up to the newest one.
    pub fn bootstrap(&self) -> Ledger {
        let chunks = vec![
            GenesisDataChunk::Validators(
                self.seats
                    .iter()
                    .map(|seat| GenesisValidator {
                        key: seat.key,
                        accept_delegated_stake: true,
                        is_registered: true,
                        fee_factor: Decimal::from(2).checked_div(100).unwrap_or(Decimal::ZERO),
                        metadata: Vec::new(),
                        owner: seat.owner,
                    })
                    .collect(),
            ),
            GenesisDataChunk::Stakes {
                accounts: vec![self.staker],
                allocations: self
                    .seats
                    .iter()
                    .map(|seat| (seat.key, vec![GenesisStakeAllocation { account_index: 0, xrd_amount: seat.stake }]))
                    .collect(),
            },
            GenesisDataChunk::XrdBalances(self.balances.clone()),
        ];
        let mut db = InMemorySubstateDatabase::standard();
        ProtocolBuilder::for_network(&self.network)
            .configure_babylon(|mut settings| {
                settings.genesis_data_chunks = chunks;
                settings.genesis_epoch = Epoch::of(self.epoch);
                settings.consensus_manager_config = self.config.clone();
                settings.initial_time_ms = self.start_ms;
                settings.initial_current_leader = Some(0);
                settings.faucet_supply = Decimal::ZERO;
                settings
            })
            .from_bootstrap_to_latest()
            .commit_each_protocol_update(&mut db);
        let validators = self.validators_in_order(&db);
        Ledger {
            validator: TransactionValidator::new(&db, &self.network),
            db,
            modules: Arc::new(DefaultVmModules::default()),
            network: self.network.clone(),
            encoder: Arc::new(AddressBech32Encoder::new(&self.network)),
            decoder: Arc::new(AddressBech32Decoder::new(&self.network)),
            validators,
        }
    }

    /// The validators of the store, sorted by the place of their key in [`Genesis::seats`].
    fn validators_in_order(&self, db: &InMemorySubstateDatabase) -> Vec<ComponentAddress> {
        let mut found: Vec<(usize, ComponentAddress)> = Vec::new();
        for (node, _) in db.read_partition_keys() {
            if node.entity_type() != Some(EntityType::GlobalValidator) {
                continue;
            }
            let Ok(address) = ComponentAddress::try_from(node.as_bytes()) else { continue };
            if found.iter().any(|(_, known)| *known == address) {
                continue;
            }
            let key = super::read::validator_state(db, &address).map(|state| state.key);
            let place = self.seats.iter().position(|seat| Some(seat.key) == key).unwrap_or(usize::MAX);
            found.push((place, address));
        }
        found.sort_by_key(|(place, _)| *place);
        found.into_iter().map(|(_, address)| address).collect()
    }
}
