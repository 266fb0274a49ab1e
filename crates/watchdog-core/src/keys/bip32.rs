//! BIP-32 for secp256k1, strict: a step that the standard calls invalid is refused, and leading
//! zeros of a key are kept. [`trimmed`] is the one deviation from it that wallets are known to have.
mod public;
pub mod trimmed;

use super::hmac::{Half, halves};
use super::path::{Component, DerivationPath};
use k256::elliptic_curve::PrimeField;
use k256::{NonZeroScalar, Scalar, SecretKey};
pub use public::PublicNode;
use zeroize::Zeroizing;

/// A node of the tree: private key and chain code, both wiped on drop.
#[derive(Clone)]
pub struct Node {
    key: SecretKey,
    chain_code: Half,
}

impl Node {
    /// The root of `seed`, 16 to 64 bytes; `None` for the one seed in about 2^127 that has none.
    pub fn root(seed: &[u8]) -> Option<Self> {
        let (key, chain_code) = halves(b"Bitcoin seed", &[seed]);
        Some(Self { key: SecretKey::from_slice(key.as_slice()).ok()?, chain_code })
    }

    /// The node that an extended private key names: a key, 32 bytes big-endian, and a chain code.
    /// `None` where the key is zero or not below the order of the curve.
    pub fn from_parts(key: &[u8; 32], chain_code: &[u8; 32]) -> Option<Self> {
        Some(Self { key: SecretKey::from_slice(key).ok()?, chain_code: Zeroizing::new(*chain_code) })
    }

    /// The node at `path` below this one; `None` for the one path in about 2^127 that leads to no
    /// key.
    pub fn derive(&self, path: &DerivationPath) -> Option<Self> {
        path.components().iter().try_fold(self.clone(), |node, step| node.child(*step))
    }

    /// The node one step below; `None` for the one step in about 2^127 that leads to no key.
    pub fn child(&self, step: Component) -> Option<Self> {
        self.child_hashing(&self.private_key(), step)
    }

    /// The node one step below, where a hardened step hashes `key` for this node's own.
    fn child_hashing(&self, key: &[u8; 32], step: Component) -> Option<Self> {
        let number = step.number().to_be_bytes();
        let (tweak, chain_code) = if step.is_hardened() {
            halves(self.chain_code.as_slice(), &[&[0], key, &number])
        } else {
            halves(self.chain_code.as_slice(), &[&self.public_key(), &number])
        };
        let sum = Zeroizing::new(scalar(&tweak)?.add(self.key.to_nonzero_scalar().as_ref()));
        let key = Option::<NonZeroScalar>::from(NonZeroScalar::new(*sum))?;
        Some(Self { key: SecretKey::from(key), chain_code })
    }

    /// The public half: what an extended public key names.
    pub fn public(&self) -> PublicNode {
        PublicNode::new(self.key.public_key(), *self.chain_code)
    }

    /// Private key, 32 bytes big-endian.
    pub fn private_key(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.key.to_bytes().into())
    }

    /// Public key, compressed.
    pub fn public_key(&self) -> [u8; 33] {
        public::compressed(&self.key.public_key())
    }

    /// Chain code.
    pub fn chain_code(&self) -> &[u8; 32] {
        &self.chain_code
    }
}

/// The left half of a step as a number; `None` where it is not below the order of the curve.
fn scalar(half: &Half) -> Option<Zeroizing<Scalar>> {
    Option::<Scalar>::from(Scalar::from_repr((**half).into())).map(Zeroizing::new)
}

impl std::fmt::Debug for Node {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Node(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGITS: &[u8] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

    /// Chain code and key of an extended private key (78 bytes and 4 of checksum).
    fn parts(xprv: &str) -> (String, String) {
        let mut bytes = [0u8; 82];
        for c in xprv.bytes() {
            let mut carry = DIGITS.iter().position(|d| *d == c).unwrap();
            for b in bytes.iter_mut().rev() {
                carry += usize::from(*b) * 58;
                *b = carry.to_le_bytes()[0];
                carry >>= 8;
            }
            assert_eq!(carry, 0);
        }
        assert_eq!(bytes[45], 0);
        (hex::encode(&bytes[13..45]), hex::encode(&bytes[46..78]))
    }

    /// Source: BIP-32, "Test vector 1", "3" and "4" (the last two keep leading zeros).
    #[test]
    fn the_published_nodes_come_out() {
        let seed_1 = "000102030405060708090a0b0c0d0e0f";
        let seed_3 = "4b381541583be4423346c643850da4b320e46a87ae3d2a4e6da11eba819cd4acba45d239319ac14f863b8d5ab5a0d0c64d2e8a1e7d1457df2e5a3c51c73235be";
        let seed_4 = "3ddd5602285899a946114506157c7997e5444528f3003f6134712147db19b678";
        for (seed, path, xprv) in [
            (
                seed_1,
                "m",
                "xprv9s21ZrQH143K3QTDL4LXw2F7HEK3wJUD2nW2nRk4stbPy6cq3jPPqjiChkVvvNKmPGJxWUtg6LnF5kejMRNNU3TGtRBeJgk33yuGBxrMPHi",
            ),
            (
                seed_1,
                "m/0'",
                "xprv9uHRZZhk6KAJC1avXpDAp4MDc3sQKNxDiPvvkX8Br5ngLNv1TxvUxt4cV1rGL5hj6KCesnDYUhd7oWgT11eZG7XnxHrnYeSvkzY7d2bhkJ7",
            ),
            (
                seed_1,
                "m/0'/1",
                "xprv9wTYmMFdV23N2TdNG573QoEsfRrWKQgWeibmLntzniatZvR9BmLnvSxqu53Kw1UmYPxLgboyZQaXwTCg8MSY3H2EU4pWcQDnRnrVA1xe8fs",
            ),
            (
                seed_1,
                "m/0'/1/2'",
                "xprv9z4pot5VBttmtdRTWfWQmoH1taj2axGVzFqSb8C9xaxKymcFzXBDptWmT7FwuEzG3ryjH4ktypQSAewRiNMjANTtpgP4mLTj34bhnZX7UiM",
            ),
            (
                seed_1,
                "m/0'/1/2'/2",
                "xprvA2JDeKCSNNZky6uBCviVfJSKyQ1mDYahRjijr5idH2WwLsEd4Hsb2Tyh8RfQMuPh7f7RtyzTtdrbdqqsunu5Mm3wDvUAKRHSC34sJ7in334",
            ),
            (
                seed_1,
                "m/0'/1/2'/2/1000000000",
                "xprvA41z7zogVVwxVSgdKUHDy1SKmdb533PjDz7J6N6mV6uS3ze1ai8FHa8kmHScGpWmj4WggLyQjgPie1rFSruoUihUZREPSL39UNdE3BBDu76",
            ),
            (
                seed_3,
                "m",
                "xprv9s21ZrQH143K25QhxbucbDDuQ4naNntJRi4KUfWT7xo4EKsHt2QJDu7KXp1A3u7Bi1j8ph3EGsZ9Xvz9dGuVrtHHs7pXeTzjuxBrCmmhgC6",
            ),
            (
                seed_3,
                "m/0'",
                "xprv9uPDJpEQgRQfDcW7BkF7eTya6RPxXeJCqCJGHuCJ4GiRVLzkTXBAJMu2qaMWPrS7AANYqdq6vcBcBUdJCVVFceUvJFjaPdGZ2y9WACViL4L",
            ),
            (
                seed_4,
                "m",
                "xprv9s21ZrQH143K48vGoLGRPxgo2JNkJ3J3fqkirQC2zVdk5Dgd5w14S7fRDyHH4dWNHUgkvsvNDCkvAwcSHNAQwhwgNMgZhLtQC63zxwhQmRv",
            ),
            (
                seed_4,
                "m/0'",
                "xprv9vB7xEWwNp9kh1wQRfCCQMnZUEG21LpbR9NPCNN1dwhiZkjjeGRnaALmPXCX7SgjFTiCTT6bXes17boXtjq3xLpcDjzEuGLQBM5ohqkao9G",
            ),
            (
                seed_4,
                "m/0'/1'",
                "xprv9xJocDuwtYCMNAo3Zw76WENQeAS6WGXQ55RCy7tDJ8oALr4FWkuVoHJeHVAcAqiZLE7Je3vZJHxspZdFHfnBEjHqU5hG1Jaj32dVoS6XLT1",
            ),
        ] {
            let node = Node::root(&hex::decode(seed).unwrap()).unwrap().derive(&path.parse().unwrap()).unwrap();
            let (chain_code, key) = parts(xprv);
            assert_eq!(hex::encode(node.private_key().as_slice()), key, "{path}");
            assert_eq!(hex::encode(node.chain_code()), chain_code, "{path}");
        }
    }
}
