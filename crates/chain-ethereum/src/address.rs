//! Addresses: accounts of the execution layer, keys of validators, withdrawal credentials.
pub mod error;
pub mod execution;
pub mod explain;
pub mod withdrawal;

pub use error::AddressError;
pub use execution::{Checksummed, ExecutionAddress};
pub use explain::EthereumAddresses;
pub use withdrawal::WithdrawalCredentials;
