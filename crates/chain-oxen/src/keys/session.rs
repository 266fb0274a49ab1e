//! Session accounts: 13 words, one Ed25519 key.
use super::Ed25519Key;
use crate::address::AccountId;
use std::fmt;
use zeroize::Zeroizing;

/// The key of a Session account. Neither a wallet nor a service node.
pub struct SessionAccount(Ed25519Key);

impl SessionAccount {
    /// The account of a seed: with 16 zeros behind it, it is the seed of the Ed25519 key.
    pub fn of_seed(seed: &[u8; 16]) -> Self {
        let mut padded = Zeroizing::new([0; 32]);
        padded.iter_mut().zip(seed).for_each(|(to, from)| *to = *from);
        Self(Ed25519Key::of_seed(&padded))
    }

    /// What others write to.
    pub fn id(&self) -> AccountId {
        AccountId::new(self.0.x25519_public())
    }

    /// Its key.
    pub const fn key(&self) -> &Ed25519Key {
        &self.0
    }
}

impl fmt::Debug for SessionAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SessionAccount({})", self.id())
    }
}
