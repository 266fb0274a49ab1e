//! Transactions made and read without any connection, for review.
use crate::id::NodeName;
use serde_json::Value;

/// Composes the transaction of a failover offline. Pure: the same order gives the same bytes.
pub trait Composer: Send + Sync {
    /// The transaction that `order` describes.
    ///
    /// # Errors
    /// Where the order names something that the validator's settings do not have.
    fn compose(&self, order: &Order) -> Result<Composed, ComposeError>;
}

/// What to compose.
#[derive(Clone, Debug)]
pub struct Order {
    /// The call, in the chain's own words (`update_key`); `None`: what a failover sends.
    pub method: Option<String>,
    /// The node whose key is to sign, for calls that name one.
    pub to: Option<NodeName>,
    /// First epoch (or height, round) in which it may be included.
    pub start: u64,
    /// Sign with the configured key. Unsigned otherwise.
    pub sign: bool,
}

/// A transaction for review.
#[derive(Clone, Debug)]
pub struct Composed {
    /// What would be submitted, or the unsigned form of it.
    pub bytes: Vec<u8>,
    /// The same for people: a manifest.
    pub text: String,
    /// Ids, header and limits, in the chain's own words.
    pub facts: Value,
}

/// Reads a transaction of a chain for review.
pub trait TransactionReader: Send + Sync {
    /// Everything that `bytes` say, and whether they are valid.
    ///
    /// # Errors
    /// Says where the bytes stop making sense.
    fn read(&self, bytes: &[u8]) -> Result<Value, ComposeError>;
}

/// A transaction cannot be composed or read.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ComposeError {
    /// The order does not fit the validator.
    #[error("{0}")]
    Order(String),
    /// A key is needed and none was given.
    #[error("{0}")]
    Key(String),
    /// The bytes are not a transaction of this chain.
    #[error("not a transaction of this chain: {0}")]
    Bytes(String),
}
