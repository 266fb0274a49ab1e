//! Transactions of the first version: what we send, byte for byte, and reading it back.
//!
//! From the outside in: a [`ValidatorCall`] says what is wanted and gives a [`Manifest`]; with a
//! [`Header`] it is an [`Intent`]; signed it is [`Notarized`], whose bytes go to the network and
//! whose [`Hashes`] are its identity. The encoding is Manifest SBOR; only the instructions that
//! this crate sends are known to it.
pub mod call;
pub mod decimal;
pub mod decode;
pub mod epoch;
pub mod hash;
pub mod header;
pub mod inspect;
pub mod instruction;
pub mod manifest;
pub mod nonce;
pub mod payload;
mod sbor;
pub mod validity;
pub mod value;

pub use call::{Authorization, Call, CallError, ValidatorCall};
pub use decimal::{Decimal, DecimalError};
pub use decode::DecodeError;
pub use epoch::Epoch;
pub use hash::Hashes;
pub use header::Header;
pub use inspect::{Inspection, RadixTransactions};
pub use instruction::Instruction;
pub use manifest::Manifest;
pub use nonce::{Purpose, Window, nonce};
pub use payload::{Intent, IntentSignature, Notarized, SignError, Transaction};
pub use validity::Invalid;
pub use value::Value;
