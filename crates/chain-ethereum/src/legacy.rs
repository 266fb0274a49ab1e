//! Files of the validator supervisor that came before tanist: its users bring them along.
//!
//! A [`Descriptor`] and a password give the root key, the root key gives the key of the encrypted
//! [`Archive`] of keystores and slashing protection. [`auth::response`] speaks to a running
//! supervisor. Everything is read, nothing is written in these formats.
pub mod archive;
pub mod auth;
pub mod descriptor;
pub mod error;
mod keyed_hash;
pub mod root_key;
mod secret_box;

pub use archive::Archive;
pub use descriptor::{Algorithm, Descriptor};
pub use error::LegacyError;
pub use root_key::RootKey;
