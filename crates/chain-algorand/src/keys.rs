//! Keys of accounts, and signatures.
//!
//! Wallets of Algorand keep either one seed per account, written down as 25 words, or a BIP-39
//! phrase with a tree of keys by ARC-52. Keys of such a tree have no seed: they sign from an
//! expanded key, which is why [`SigningKey`] has two forms.
mod derivation;
mod extended;
mod half;
mod inspection;
mod khovratovich;
mod path;
mod peikert;
mod public;
mod root;
mod scheme;
mod seed;
mod signature;
mod signing;
mod source;
mod text;
mod tool;
mod variant;

pub use derivation::AlgorandKeys;
pub use extended::{ExtendedKey, ExtendedPrivate, ExtendedPublic};
pub use public::PublicKey;
pub use root::root;
pub use scheme::{ALGORAND_25, ARC52_KHOVRATOVICH, ARC52_PEIKERT};
pub use seed::Seed;
pub use signature::{NotASignature, Signature};
pub use signing::{Domain, ExpandedKey, SigningKey, verifies};
pub use text::KeyText;
pub use variant::Variant;
