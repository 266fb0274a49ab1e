//! BIP-32 with lost leading zeros: a deviation, kept apart from the standard.
//!
//! The private key that a step leads to loses its leading zero bytes, and a hardened step from
//! there hashes what is left, directly after the zero byte that stands before a private key, with
//! the zeros behind it. One key in 256 is short. Everything else is the standard: steps without
//! hardening, public keys, the written form of a key. The key of a root or of a written extended
//! key has lost nothing, so a hardened step below a short key that was written down and read again
//! leads elsewhere than the same step in one go.
//!
//! Wallets of Decred derive so. Source: dcrd, `hdkeychain.ExtendedKey.Child` ("Strip leading zeroes
//! to maintain legacy behavior"), `NewMaster` and `NewKeyFromString`.
use super::super::path::{Component, DerivationPath};
use super::PublicNode;
use zeroize::Zeroizing;

/// A node of the tree: private key and chain code, both wiped on drop.
#[derive(Clone)]
pub struct Node {
    node: super::Node,
    /// Whether a step led here, so that leading zeros are lost.
    derived: bool,
}

impl Node {
    /// The root of `seed`, 16 to 64 bytes; `None` for the one seed in about 2^127 that has none.
    pub fn root(seed: &[u8]) -> Option<Self> {
        Some(Self { node: super::Node::root(seed)?, derived: false })
    }

    /// The node that an extended private key names; `None` where the key is zero or not below the
    /// order of the curve.
    pub fn from_parts(key: &[u8; 32], chain_code: &[u8; 32]) -> Option<Self> {
        Some(Self { node: super::Node::from_parts(key, chain_code)?, derived: false })
    }

    /// The node at `path` below this one; `None` for the one path in about 2^127 that leads to no
    /// key.
    pub fn derive(&self, path: &DerivationPath) -> Option<Self> {
        path.components().iter().try_fold(self.clone(), |node, step| node.child(*step))
    }

    /// The node one step below; `None` for the one step in about 2^127 that leads to no key.
    pub fn child(&self, step: Component) -> Option<Self> {
        let mut key = self.node.private_key();
        if self.derived {
            let zeros = key.iter().take_while(|byte| **byte == 0).count();
            key.rotate_left(zeros);
        }
        Some(Self { node: self.node.child_hashing(&key, step)?, derived: true })
    }

    /// The public half: what an extended public key names. Its steps are those of the standard.
    pub fn public(&self) -> PublicNode {
        self.node.public()
    }

    /// Private key, 32 bytes big-endian, with its zeros.
    pub fn private_key(&self) -> Zeroizing<[u8; 32]> {
        self.node.private_key()
    }

    /// Public key, compressed.
    pub fn public_key(&self) -> [u8; 33] {
        self.node.public_key()
    }

    /// Chain code.
    pub fn chain_code(&self) -> &[u8; 32] {
        self.node.chain_code()
    }
}

impl std::fmt::Debug for Node {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("trimmed::Node(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A seed whose key at `m/44'/42'` starts with a zero byte, and its keys one step further: by
    /// the deviation, and by the standard. Source: dcrd 2.1.6 and BIP-32, run on it.
    const SHORT: &str = "0163b98626a63acfed7b3866acf5fac50d80c1a7a496f12f8ca9db1802ed35cd";

    fn short() -> Node {
        Node::root(&hex::decode(SHORT).unwrap()).unwrap().derive(&"m/44'/42'".parse().unwrap()).unwrap()
    }

    fn first(hardened: bool) -> Component {
        if hardened { Component::hardened(0).unwrap() } else { Component::normal(0).unwrap() }
    }

    #[test]
    fn a_hardened_step_from_a_short_key_leaves_the_standard_and_no_other_step_does() {
        let node = short();
        let key = node.private_key();
        assert_eq!(key[0], 0);
        let strict = super::super::Node::from_parts(&key, node.chain_code()).unwrap();
        assert_ne!(node.child(first(true)).unwrap().public(), strict.child(first(true)).unwrap().public());
        assert_eq!(node.child(first(false)).unwrap().public(), strict.child(first(false)).unwrap().public());
        assert_eq!(
            hex::encode(*node.child(first(true)).unwrap().private_key()),
            "c0d8c99fe5cc2693b144a71db42216d5a0513f36eeb83f56e8102b3977cf3eb5"
        );
        assert_eq!(
            hex::encode(*strict.child(first(true)).unwrap().private_key()),
            "dda4eca244d56f06b98012b5b5b9c1cab560d8727133883e1bbc7079d0ae148e"
        );
    }

    #[test]
    fn a_short_key_that_was_written_down_has_lost_nothing() {
        let node = short();
        let written = Node::from_parts(&node.private_key(), node.chain_code()).unwrap();
        let strict = super::super::Node::from_parts(&node.private_key(), node.chain_code()).unwrap();
        assert_eq!(written.child(first(true)).unwrap().public(), strict.child(first(true)).unwrap().public());
    }

    #[test]
    fn whole_keys_take_the_steps_of_the_standard() {
        let path = "m/44'/42'/0'/0/5'".parse().unwrap();
        for byte in 1..=8 {
            let trimmed = Node::root(&[byte; 16]).unwrap().derive(&path).unwrap();
            let strict = super::super::Node::root(&[byte; 16]).unwrap().derive(&path).unwrap();
            assert_eq!(trimmed.public(), strict.public());
        }
    }
}
