//! Radix addresses in both directions.
//!
//! An address is a network and a [`NodeId`] of 30 bytes whose first byte says what it is. Its text
//! is bech32m; whatever could be read two ways is refused with its own error.
pub mod badge;
pub mod entity;
pub mod error;
pub mod explain;
pub mod hash_id;
pub mod kind;
pub mod local_id;
pub mod node_address;
pub mod node_id;
pub mod olympia;
mod text;

pub use badge::NonFungibleId;
pub use entity::EntityType;
pub use error::AddressError;
pub use explain::{Explanation, RadixAddresses, explain};
pub use hash_id::{HashId, HashKind};
pub use kind::{AccountAddress, AddressOf, ComponentAddress, IdentityAddress, Kind, ResourceAddress, ValidatorAddress};
pub use local_id::LocalId;
pub use node_address::NodeAddress;
pub use node_id::NodeId;
pub use olympia::OlympiaAddress;

use crate::keys::PublicKey;
use crate::network::Network;
use std::fmt;
use std::str::FromStr;

/// An address of any entity on one network.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Address {
    network: Network,
    node_id: NodeId,
    entity: EntityType,
}

impl Address {
    /// The address of `node_id` on `network`.
    ///
    /// # Errors
    /// [`AddressError::Entity`] where its first byte means nothing.
    pub fn new(network: Network, node_id: NodeId) -> Result<Self, AddressError> {
        let entity = node_id.entity().ok_or(AddressError::Entity(node_id.first_byte()))?;
        Ok(Self { network, node_id, entity })
    }

    /// As [`Address::new`], for node ids of this crate's own constants, whose first byte is known
    /// to mean something.
    pub(crate) fn known(network: Network, node_id: NodeId) -> Self {
        let entity = node_id.entity().unwrap_or(EntityType::GenericComponent);
        Self { network, node_id, entity }
    }

    /// The account that exists implicitly for `key`.
    pub fn preallocated_account(network: Network, key: &PublicKey) -> Self {
        let entity = match key {
            PublicKey::Ed25519(_) => EntityType::PreallocatedEd25519Account,
            PublicKey::Secp256k1(_) => EntityType::PreallocatedSecp256k1Account,
        };
        Self { network, node_id: NodeId::preallocated(entity, key), entity }
    }

    /// The identity (persona) that exists implicitly for `key`.
    pub fn preallocated_identity(network: Network, key: &PublicKey) -> Self {
        let entity = match key {
            PublicKey::Ed25519(_) => EntityType::PreallocatedEd25519Identity,
            PublicKey::Secp256k1(_) => EntityType::PreallocatedSecp256k1Identity,
        };
        Self { network, node_id: NodeId::preallocated(entity, key), entity }
    }

    /// Reads an address of any network and kind.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let (hrp, bytes) = text::decode_m(text)?;
        let (kind, network) = EntityType::split_hrp(&hrp).ok_or(AddressError::Prefix(hrp))?;
        let address = Self::new(network, NodeId::new(text::exactly(&bytes)?))?;
        if address.entity.hrp_kind() == kind {
            Ok(address)
        } else {
            Err(AddressError::KindMismatch { prefix: kind, entity: address.entity })
        }
    }

    /// Reads an address that must belong to `network`.
    ///
    /// # Errors
    /// As [`Address::parse`], and [`AddressError::Network`].
    pub fn parse_on(text: &str, network: Network) -> Result<Self, AddressError> {
        Self::parse(text)?.on(network)
    }

    /// This address, if it belongs to `network`.
    ///
    /// # Errors
    /// [`AddressError::Network`].
    pub fn on(self, network: Network) -> Result<Self, AddressError> {
        if self.network == network {
            Ok(self)
        } else {
            Err(AddressError::Network { found: self.network, configured: network })
        }
    }

    /// Its network.
    pub const fn network(&self) -> Network {
        self.network
    }

    /// Its 30 bytes, what stands in a transaction.
    pub const fn node_id(&self) -> NodeId {
        self.node_id
    }

    /// What it is the address of.
    pub const fn entity(&self) -> EntityType {
        self.entity
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        text::write_m(f, self.entity.hrp_kind(), self.network, self.node_id.as_bytes())
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        Self::parse(text)
    }
}
