//! Extended keys of BIP-32, `xprv…` and `xpub…`.
use sha2::{Digest, Sha256};
use std::fmt;
use subtle::ConstantTimeEq;
use watchdog_core::keys::KeyError;
use watchdog_core::keys::bip32::{Node, PublicNode};
use watchdog_core::secret::Secret;
use zeroize::Zeroizing;

/// Bytes of an extended key, and 4 of checksum.
const LEN: usize = 82;

/// First bytes of `xprv…`. Source: BIP-32, "Serialization format".
const PRIVATE: [u8; 4] = [0x04, 0x88, 0xad, 0xe4];

/// First bytes of `xpub…`. Source: BIP-32, "Serialization format".
const PUBLIC: [u8; 4] = [0x04, 0x88, 0xb2, 0x1e];

/// Longest text that 82 bytes take in base58.
const LONGEST: usize = 113;

/// An extended key and where it stands in its tree.
#[derive(Clone)]
pub struct ExtendedKey {
    /// Steps below the root; 0 is the root.
    pub depth: u8,
    /// First bytes of the hash of the parent's public key, zero for the root.
    pub parent: [u8; 4],
    /// Number of the step that led here, 2^31 added where it was hardened; 0 for the root.
    pub child: u32,
    /// The key itself.
    pub half: KeyHalf,
}

/// Which half of the tree an extended key reaches.
#[derive(Clone, Debug)]
pub enum KeyHalf {
    /// Private key.
    Private(Node),
    /// Public key only.
    Public(PublicNode),
}

impl ExtendedKey {
    /// Reads base58check text.
    ///
    /// # Errors
    /// [`KeyError::Key`]: what is wrong with it.
    pub fn parse(text: &Secret) -> Result<Self, KeyError> {
        let bytes = decoded(text.expose().trim())?;
        let mut fields = Fields(bytes.as_slice());
        let version: [u8; 4] = fields.take()?;
        let [depth] = fields.take()?;
        let parent = fields.take()?;
        let child = u32::from_be_bytes(fields.take()?);
        let chain_code: Zeroizing<[u8; 32]> = fields.take().map(Zeroizing::new)?;
        let half = match version {
            PRIVATE => {
                let ([pad], key) = (fields.take()?, Zeroizing::new(fields.take()?));
                let node = if pad == 0 { Node::from_parts(&key, &chain_code) } else { None };
                KeyHalf::Private(node.ok_or(KeyError::Key("its private key is not one of secp256k1"))?)
            }
            PUBLIC => {
                let node = PublicNode::from_parts(&fields.take()?, &chain_code);
                KeyHalf::Public(node.ok_or(KeyError::Key("its public key is no point of secp256k1"))?)
            }
            _ => return Err(KeyError::Key("it is an extended key of another kind: Ethereum has `xprv` and `xpub`")),
        };
        if depth == 0 && (parent != [0; 4] || child != 0) {
            return Err(KeyError::Key("it says that it is a root and that it has a parent"));
        }
        Ok(Self { depth, parent, child, half })
    }

    /// Public key, compressed.
    pub fn public_key(&self) -> [u8; 33] {
        match &self.half {
            KeyHalf::Private(node) => node.public_key(),
            KeyHalf::Public(node) => node.public_key(),
        }
    }
}

/// 78 bytes whose checksum is right.
fn decoded(text: &str) -> Result<Zeroizing<[u8; LEN]>, KeyError> {
    let mut bytes = Zeroizing::new([0; LEN]);
    if text.len() > LONGEST {
        return Err(KeyError::Key("an extended key has 111 characters"));
    }
    let read = bs58::decode(text).onto(bytes.as_mut_slice());
    match read {
        Ok(LEN) => {}
        Ok(_) | Err(bs58::decode::Error::BufferTooSmall) => {
            return Err(KeyError::Key("an extended key has 111 characters"));
        }
        Err(_) => return Err(KeyError::Key("it has a character that base58 does not have")),
    }
    let (content, checksum) = bytes.split_at(LEN - 4);
    let hash = Sha256::digest(Sha256::digest(content));
    let is_right = hash.iter().zip(checksum).fold(subtle::Choice::from(1), |all, (a, b)| all & a.ct_eq(b));
    if bool::from(is_right) { Ok(bytes) } else { Err(KeyError::Key("its checksum is wrong: it was mistyped or cut")) }
}

/// What is left to be read.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], KeyError> {
        let (field, rest) = self.0.split_first_chunk().ok_or(KeyError::Key("it is too short"))?;
        self.0 = rest;
        Ok(*field)
    }
}

impl fmt::Debug for ExtendedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExtendedKey").field("depth", &self.depth).field("child", &self.child).finish_non_exhaustive()
    }
}
