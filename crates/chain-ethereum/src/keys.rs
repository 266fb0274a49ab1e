//! Keys of validators and accounts.
//!
//! Validators sign with BLS12-381 keys of the tree of EIP-2333, at the paths of EIP-2334; accounts
//! with secp256k1 keys at the paths of BIP-44. Both start from one BIP-39 mnemonic.
pub mod bls;
pub mod derivation;
pub mod execution;
mod execution_source;
pub mod extended;
mod inspect;
mod single;
mod tools;
pub mod tree_path;
mod tree_source;

pub use derivation::{BIP44, EIP2334, EthereumKeys};
pub use execution::ExecutionKey;
pub use extended::ExtendedKey;
pub use tree_path::{TreePath, TreePathError};
