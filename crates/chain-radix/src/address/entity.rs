//! What an address is the address of.
use crate::network::Network;
use std::fmt;

/// Type of an entity, its first byte. Source: radix-common `EntityType`.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum EntityType {
    /// Code.
    Package,
    /// Epochs, rounds, the validator set.
    ConsensusManager,
    /// A validator.
    Validator,
    /// Memory of committed intents.
    TransactionTracker,
    /// A component of somebody's package.
    GenericComponent,
    /// An account made by a transaction.
    Account,
    /// An identity made by a transaction.
    Identity,
    /// An access controller.
    AccessController,
    /// A pool of one resource.
    OneResourcePool,
    /// A pool of two resources.
    TwoResourcePool,
    /// A pool of many resources.
    MultiResourcePool,
    /// An account locker.
    AccountLocker,
    /// The account of a secp256k1 key.
    PreallocatedSecp256k1Account,
    /// The identity of a secp256k1 key.
    PreallocatedSecp256k1Identity,
    /// The account of an ed25519 key.
    PreallocatedEd25519Account,
    /// The identity of an ed25519 key.
    PreallocatedEd25519Identity,
    /// A token.
    FungibleResource,
    /// A vault of tokens.
    FungibleVault,
    /// A collection of items that differ.
    NonFungibleResource,
    /// A vault of such items.
    NonFungibleVault,
    /// A component inside another.
    InternalComponent,
    /// A key-value store.
    KeyValueStore,
}

/// Type, byte, kind in the address prefix, name in the Radix tools.
const TABLE: [(EntityType, u8, &str, &str); 22] = [
    (EntityType::Package, 0x0d, "package", "GlobalPackage"),
    (EntityType::ConsensusManager, 0x86, "consensusmanager", "GlobalConsensusManager"),
    (EntityType::Validator, 0x83, "validator", "GlobalValidator"),
    (EntityType::TransactionTracker, 0x82, "transactiontracker", "GlobalTransactionTracker"),
    (EntityType::GenericComponent, 0xc0, "component", "GlobalGenericComponent"),
    (EntityType::Account, 0xc1, "account", "GlobalAccount"),
    (EntityType::Identity, 0xc2, "identity", "GlobalIdentity"),
    (EntityType::AccessController, 0xc3, "accesscontroller", "GlobalAccessController"),
    (EntityType::OneResourcePool, 0xc4, "pool", "GlobalOneResourcePool"),
    (EntityType::TwoResourcePool, 0xc5, "pool", "GlobalTwoResourcePool"),
    (EntityType::MultiResourcePool, 0xc6, "pool", "GlobalMultiResourcePool"),
    (EntityType::AccountLocker, 0x68, "locker", "GlobalAccountLocker"),
    (EntityType::PreallocatedSecp256k1Account, 0xd1, "account", "GlobalPreallocatedSecp256k1Account"),
    (EntityType::PreallocatedSecp256k1Identity, 0xd2, "identity", "GlobalPreallocatedSecp256k1Identity"),
    (EntityType::PreallocatedEd25519Account, 0x51, "account", "GlobalPreallocatedEd25519Account"),
    (EntityType::PreallocatedEd25519Identity, 0x52, "identity", "GlobalPreallocatedEd25519Identity"),
    (EntityType::FungibleResource, 0x5d, "resource", "GlobalFungibleResourceManager"),
    (EntityType::FungibleVault, 0x58, "internal_vault", "InternalFungibleVault"),
    (EntityType::NonFungibleResource, 0x9a, "resource", "GlobalNonFungibleResourceManager"),
    (EntityType::NonFungibleVault, 0x98, "internal_vault", "InternalNonFungibleVault"),
    (EntityType::InternalComponent, 0xf8, "internal_component", "InternalGenericComponent"),
    (EntityType::KeyValueStore, 0xb0, "internal_keyvaluestore", "InternalKeyValueStore"),
];

impl EntityType {
    /// Every type.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|row| row.0)
    }

    /// The type of this first byte.
    pub fn of_byte(byte: u8) -> Option<Self> {
        TABLE.iter().find(|row| row.1 == byte).map(|row| row.0)
    }

    fn row(self) -> (Self, u8, &'static str, &'static str) {
        // The fallback is never taken: a test walks all types.
        TABLE.iter().copied().find(|row| row.0 == self).unwrap_or((self, 0, "", ""))
    }

    /// First byte of its node ids.
    pub fn byte(self) -> u8 {
        self.row().1
    }

    /// First part of its address prefix: `validator`.
    pub fn hrp_kind(self) -> &'static str {
        self.row().2
    }

    /// Name in the Radix tools: `GlobalValidator`.
    pub fn name(self) -> &'static str {
        self.row().3
    }

    /// Whether it is an account of any sort.
    pub const fn is_account(self) -> bool {
        matches!(self, Self::Account | Self::PreallocatedEd25519Account | Self::PreallocatedSecp256k1Account)
    }

    /// Whether it is an identity of any sort.
    pub const fn is_identity(self) -> bool {
        matches!(self, Self::Identity | Self::PreallocatedEd25519Identity | Self::PreallocatedSecp256k1Identity)
    }

    /// Whether it is a resource of any sort.
    pub const fn is_resource(self) -> bool {
        matches!(self, Self::FungibleResource | Self::NonFungibleResource)
    }

    /// Whether it stands for itself, so that transactions can call it; the others are inside one.
    pub const fn is_global(self) -> bool {
        !matches!(self, Self::FungibleVault | Self::NonFungibleVault | Self::InternalComponent | Self::KeyValueStore)
    }

    /// Kind and network of an address prefix; `None` where it is not one.
    pub(super) fn split_hrp(hrp: &str) -> Option<(&'static str, Network)> {
        TABLE.iter().find_map(|(_, _, kind, _)| {
            let suffix = hrp.strip_prefix(kind)?.strip_prefix('_')?;
            Some((*kind, Network::with_suffix(suffix)?))
        })
    }
}

impl fmt::Display for EntityType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use EntityType as E;

    #[test]
    fn every_type_has_its_row_and_its_own_byte() {
        let all = [
            E::Package,
            E::ConsensusManager,
            E::Validator,
            E::TransactionTracker,
            E::GenericComponent,
            E::Account,
            E::Identity,
            E::AccessController,
            E::OneResourcePool,
            E::TwoResourcePool,
            E::MultiResourcePool,
            E::AccountLocker,
            E::PreallocatedSecp256k1Account,
            E::PreallocatedSecp256k1Identity,
            E::PreallocatedEd25519Account,
            E::PreallocatedEd25519Identity,
            E::FungibleResource,
            E::FungibleVault,
            E::NonFungibleResource,
            E::NonFungibleVault,
            E::InternalComponent,
            E::KeyValueStore,
        ];
        assert!(E::all().eq(all));
        for entity in all {
            assert_eq!(E::of_byte(entity.byte()), Some(entity));
            assert_eq!(entity.is_global(), entity.name().starts_with("Global"));
            assert_eq!(
                E::split_hrp(&format!("{}_tdx_2_", entity.hrp_kind())),
                Some((entity.hrp_kind(), Network::STOKENET))
            );
        }
        assert_eq!((0..=255).filter_map(E::of_byte).count(), all.len());
    }
}
