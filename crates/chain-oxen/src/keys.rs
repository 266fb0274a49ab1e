//! Keys of wallets, Session accounts and service nodes.
//!
//! They share no tree: a wallet has one spend and one view key and any number of subaddresses, a
//! Session account and a service node have one key each. Formats: [`crate::mnemonic`] for phrases,
//! [`KeyFileKind`] for the files in a service node's data directory.
mod derivation;
mod ed25519;
mod inspect;
mod key_file;
mod operator;
mod private_hex;
mod service_node;
mod session;
mod source;
mod wallet;

pub use derivation::{OxenKeys, SERVICE_NODE, SESSION, WALLET};
pub use ed25519::Ed25519Key;
pub use key_file::KeyFileKind;
pub use operator::operator_address;
pub(crate) use private_hex::decode as private_hex;
pub use service_node::ServiceNodeKey;
pub use session::SessionAccount;
pub use wallet::{Subwallet, WalletKeys};
