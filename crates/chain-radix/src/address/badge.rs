//! One item of a non-fungible resource, such as the owner badge of a validator.
use super::kind::ResourceAddress;
use super::{AccountAddress, AddressError, LocalId};
use crate::keys::PublicKey;
use crate::network::Network;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// Resource and local id; as text `resource_rdx1…:[8361…]`.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct NonFungibleId {
    /// The collection.
    pub resource: ResourceAddress,
    /// Which of its items.
    pub local_id: LocalId,
}

impl NonFungibleId {
    /// The badge that a transaction shows once `key` has signed it; it owns what the key owns, such as
    /// the preallocated account. Its local id is the last 29 bytes of the key's hash, as in the address
    /// of that account. Source: radix-common `NonFungibleGlobalId::from_public_key`.
    pub fn of_signature(network: Network, key: &PublicKey) -> Self {
        let account = AccountAddress::preallocated(network, key).node_id();
        let hash = account.as_bytes().iter().skip(1).copied().collect();
        Self { resource: network.signature_badge(key.curve()), local_id: LocalId::Bytes(hash) }
    }
}

impl fmt::Display for NonFungibleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.resource, self.local_id)
    }
}

impl FromStr for NonFungibleId {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let (resource, local_id) = text.split_once(':').ok_or_else(|| AddressError::NonFungibleId(text.to_owned()))?;
        Ok(Self { resource: resource.parse()?, local_id: local_id.parse()? })
    }
}

impl Serialize for NonFungibleId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for NonFungibleId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<'de, str>::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl JsonSchema for NonFungibleId {
    fn schema_name() -> Cow<'static, str> {
        "RadixNonFungibleId".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "description": "Resource address, `:`, local id.", "type": "string" })
    }
}
