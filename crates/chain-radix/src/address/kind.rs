//! Addresses whose kind is known to the compiler.
use super::badge::NonFungibleId;
use super::{Address, AddressError, EntityType, LocalId, NodeId};
use crate::keys::PublicKey;
use crate::network::Network;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

/// What an [`AddressOf`] may be the address of.
pub trait Kind: Copy + fmt::Debug + Eq + Ord + std::hash::Hash + 'static {
    /// The kind with its article, for messages: `a validator`.
    const NAME: &'static str;
    /// Name of its JSON schema.
    const SCHEMA: &'static str;
    /// Whether an entity is of this kind.
    fn admits(entity: EntityType) -> bool;
}

/// An address of one kind, of any network. As text (serialised too) it is the usual address.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct AddressOf<K: Kind> {
    address: Address,
    kind: PhantomData<K>,
}

/// Address of a validator.
pub type ValidatorAddress = AddressOf<Validator>;
/// Address of an account, preallocated or not.
pub type AccountAddress = AddressOf<Account>;
/// Address of an identity (persona), preallocated or not.
pub type IdentityAddress = AddressOf<Identity>;
/// Address of a resource, fungible or not.
pub type ResourceAddress = AddressOf<Resource>;
/// Address of a component of somebody's package.
pub type ComponentAddress = AddressOf<Component>;

/// Kind of [`ValidatorAddress`].
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Validator;
/// Kind of [`AccountAddress`].
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Account;
/// Kind of [`IdentityAddress`].
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Identity;
/// Kind of [`ResourceAddress`].
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Resource;
/// Kind of [`ComponentAddress`].
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Component;

impl Kind for Validator {
    const NAME: &'static str = "a validator";
    const SCHEMA: &'static str = "RadixValidatorAddress";
    fn admits(entity: EntityType) -> bool {
        entity == EntityType::Validator
    }
}

impl Kind for Account {
    const NAME: &'static str = "an account";
    const SCHEMA: &'static str = "RadixAccountAddress";
    fn admits(entity: EntityType) -> bool {
        entity.is_account()
    }
}

impl Kind for Identity {
    const NAME: &'static str = "an identity";
    const SCHEMA: &'static str = "RadixIdentityAddress";
    fn admits(entity: EntityType) -> bool {
        entity.is_identity()
    }
}

impl Kind for Resource {
    const NAME: &'static str = "a resource";
    const SCHEMA: &'static str = "RadixResourceAddress";
    fn admits(entity: EntityType) -> bool {
        entity.is_resource()
    }
}

impl Kind for Component {
    const NAME: &'static str = "a component";
    const SCHEMA: &'static str = "RadixComponentAddress";
    fn admits(entity: EntityType) -> bool {
        entity == EntityType::GenericComponent
    }
}

impl<K: Kind> AddressOf<K> {
    /// For addresses of this crate's own constants, whose kind is known.
    pub(crate) const fn known(address: Address) -> Self {
        Self { address, kind: PhantomData }
    }

    /// Reads an address of this kind that must belong to `network`.
    ///
    /// # Errors
    /// What is wrong with the text, its kind or its network.
    pub fn parse_on(text: &str, network: Network) -> Result<Self, AddressError> {
        Self::try_from(Address::parse_on(text, network)?)
    }

    /// This address, if it belongs to `network`.
    ///
    /// # Errors
    /// [`AddressError::Network`].
    pub fn on(self, network: Network) -> Result<Self, AddressError> {
        self.address.on(network).map(Self::known)
    }

    /// The same as an address of any kind.
    pub const fn address(&self) -> Address {
        self.address
    }

    /// Its network.
    pub const fn network(&self) -> Network {
        self.address.network()
    }

    /// Its 30 bytes.
    pub const fn node_id(&self) -> NodeId {
        self.address.node_id()
    }
}

impl ValidatorAddress {
    /// The badge whose holder may change this validator.
    pub fn owner_badge(&self) -> NonFungibleId {
        NonFungibleId {
            resource: self.network().validator_owner_badge(),
            local_id: LocalId::Bytes(self.node_id().as_bytes().to_vec()),
        }
    }
}

impl AccountAddress {
    /// The account that exists implicitly for `key`.
    pub fn preallocated(network: Network, key: &PublicKey) -> Self {
        Self::known(Address::preallocated_account(network, key))
    }
}

impl IdentityAddress {
    /// The identity that exists implicitly for `key`.
    pub fn preallocated(network: Network, key: &PublicKey) -> Self {
        Self::known(Address::preallocated_identity(network, key))
    }
}

impl<K: Kind> TryFrom<Address> for AddressOf<K> {
    type Error = AddressError;

    fn try_from(address: Address) -> Result<Self, AddressError> {
        if K::admits(address.entity()) {
            Ok(Self::known(address))
        } else {
            Err(AddressError::Kind { found: address.entity(), expected: K::NAME })
        }
    }
}

impl<K: Kind> From<AddressOf<K>> for Address {
    fn from(address: AddressOf<K>) -> Self {
        address.address
    }
}

impl<K: Kind> FromStr for AddressOf<K> {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        Self::try_from(Address::parse(text)?)
    }
}

impl<K: Kind> fmt::Display for AddressOf<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.address.fmt(f)
    }
}

impl<K: Kind> Serialize for AddressOf<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, K: Kind> Deserialize<'de> for AddressOf<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

impl<K: Kind> JsonSchema for AddressOf<K> {
    fn schema_name() -> Cow<'static, str> {
        K::SCHEMA.into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "description": format!("Address of {} on a Radix network.", K::NAME), "type": "string" })
    }
}
