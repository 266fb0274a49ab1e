//! The 30 bytes behind an address.
use super::entity::EntityType;
use crate::keys::PublicKey;
use blake2::{Blake2b256, Digest};
use std::fmt;

/// Identity of an entity on the ledger: one byte of type and 29 more. The same on every network.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct NodeId([u8; 30]);

impl NodeId {
    /// Length in bytes.
    pub const LEN: usize = 30;

    /// Takes any 30 bytes; see [`NodeId::entity`] for what they mean.
    pub const fn new(bytes: [u8; Self::LEN]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    pub const fn as_bytes(&self) -> &[u8; Self::LEN] {
        &self.0
    }

    /// What the first byte says; `None` where it says nothing known.
    pub fn entity(&self) -> Option<EntityType> {
        EntityType::of_byte(self.first_byte())
    }

    pub(crate) const fn first_byte(&self) -> u8 {
        let [first, ..] = self.0;
        first
    }

    /// The id that is fixed by a public key: type, then the last 29 bytes of the key's hash.
    pub(crate) fn preallocated(entity: EntityType, key: &PublicKey) -> Self {
        let hash = Blake2b256::digest(key.as_bytes());
        let mut bytes = [entity.byte(); Self::LEN];
        bytes.iter_mut().skip(1).zip(hash.iter().skip(3)).for_each(|(to, from)| *to = *from);
        Self(bytes)
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NodeId({self})")
    }
}
