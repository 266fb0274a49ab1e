//! The consensus key of a node.
use super::public::PublicKey;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// A compressed secp256k1 key that lies on the curve; as text 66 hex digits.
///
/// The ledger checks nothing about the key of `update_key`: 33 zero bytes commit and take the
/// validator out of consensus. So whatever is sent to it goes through this type.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct NodeKey([u8; 33]);

impl NodeKey {
    /// Length in bytes.
    pub const LEN: usize = 33;

    /// Takes a key.
    ///
    /// # Errors
    /// All zeros, or no point of the curve.
    pub fn new(bytes: [u8; Self::LEN]) -> Result<Self, NodeKeyError> {
        if bytes == [0; Self::LEN] {
            return Err(NodeKeyError::Zero);
        }
        PublicKey::secp256k1(bytes).map_err(|_| NodeKeyError::OffCurve)?;
        Ok(Self(bytes))
    }

    /// The bytes.
    pub const fn as_bytes(&self) -> &[u8; Self::LEN] {
        &self.0
    }
}

impl From<NodeKey> for PublicKey {
    fn from(key: NodeKey) -> Self {
        Self::Secp256k1(key.0)
    }
}

impl TryFrom<PublicKey> for NodeKey {
    type Error = NodeKeyError;

    fn try_from(key: PublicKey) -> Result<Self, NodeKeyError> {
        match key {
            PublicKey::Secp256k1(bytes) => Self::new(bytes),
            PublicKey::Ed25519(_) => Err(NodeKeyError::Length(32)),
        }
    }
}

impl FromStr for NodeKey {
    type Err = NodeKeyError;

    fn from_str(text: &str) -> Result<Self, NodeKeyError> {
        let bytes = hex::decode(text).map_err(|_| NodeKeyError::Hex)?;
        Self::new(bytes.as_slice().try_into().map_err(|_| NodeKeyError::Length(bytes.len()))?)
    }
}

impl fmt::Display for NodeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for NodeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NodeKey({self})")
    }
}

impl Serialize for NodeKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for NodeKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<'de, str>::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl JsonSchema for NodeKey {
    fn schema_name() -> Cow<'static, str> {
        "RadixNodeKey".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "Consensus key of a node: compressed secp256k1 public key in hex, as `/system/identity` shows it.",
            "type": "string",
            "pattern": "^0[23][0-9a-fA-F]{64}$",
        })
    }
}

/// Bytes that must never be made the key of a validator.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum NodeKeyError {
    /// Not hex.
    #[error("node key is not hex")]
    Hex,
    /// Not 33 bytes.
    #[error("node key has {0} bytes, 33 are needed (compressed secp256k1)")]
    Length(usize),
    /// 33 zeros.
    #[error("node key is all zeros")]
    Zero,
    /// No point of the curve.
    #[error("node key is not a point of secp256k1")]
    OffCurve,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_points_of_the_curve_become_node_keys() {
        let good = "02c3de592fb85bc9dc414ef726e0aedbc9ecd57b05f16313a1c04be7d3ad340f87";
        assert_eq!(good.parse::<NodeKey>().unwrap().to_string(), good);
        for (bad, error) in [
            (String::new(), NodeKeyError::Length(0)),
            ("zz".repeat(33), NodeKeyError::Hex),
            (good[..64].to_owned(), NodeKeyError::Length(32)),
            ("00".repeat(33), NodeKeyError::Zero),
            ("02".to_owned() + &"ff".repeat(32), NodeKeyError::OffCurve),
            ("04".to_owned() + &good[2..], NodeKeyError::OffCurve),
            ("05".to_owned() + &good[2..], NodeKeyError::OffCurve),
        ] {
            assert_eq!(bad.parse::<NodeKey>(), Err(error), "{bad}");
        }
    }
}
