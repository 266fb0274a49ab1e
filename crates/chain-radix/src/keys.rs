//! Keys of accounts, personas and nodes.
//!
//! Wallets of Babylon derive by CAP-26 (ed25519, SLIP-0010); those of Olympia, the network before
//! it, by BIP-44 on secp256k1. Both start from a BIP-39 mnemonic.
pub mod cap26;
pub mod derivation;
pub mod node_key;
pub mod olympia;
pub mod public;
pub mod signing;

pub use cap26::{Cap26Path, Entity, KeyKind};
pub use derivation::{CAP26, OLYMPIA, RadixKeys};
pub use node_key::{NodeKey, NodeKeyError};
pub use olympia::olympia_path;
pub use public::{Curve, PublicKey, Signature};
pub use signing::SigningKey;
