//! Why settings of the right form still cannot be used.
use crate::address::AddressError;
use crate::tx::DecimalError;
use watchdog_core::id::NodeName;

/// Settings of the right form that make no sense. Names the key below the validator's table.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// An address of another network, or of another kind.
    #[error("{field}: {source}")]
    Address {
        /// Key below the validator's table.
        field: &'static str,
        /// What is wrong.
        source: AddressError,
    },
    /// A number or duration out of its range.
    #[error("{field} is out of range: use {range}")]
    Range {
        /// Key below the validator's table.
        field: &'static str,
        /// What is allowed.
        range: &'static str,
    },
    /// An amount that is none.
    #[error("fee_lock: {0}")]
    Fee(#[source] DecimalError),
    /// A key that the mode needs is absent.
    #[error("{field} is missing: mode `{mode}` needs it to make transactions (mode `observe` does not)")]
    Missing {
        /// Key below the validator's table.
        field: &'static str,
        /// Mode of the validator.
        mode: String,
    },
    /// A host that cannot name a failure domain.
    #[error("{field}: its host cannot name an origin, set `origin`")]
    Origin {
        /// Key below the validator's table.
        field: String,
    },
    /// There is nobody to fail over to.
    #[error("node: {0} configured, a primary and a backup need at least 2")]
    TooFewNodes(usize),
    /// Two nodes that could both sign: no transaction can move validation between them, and running
    /// both is a double signer.
    #[error(
        "node.{one} and node.{two} have one public_key: give every node its own, this watchdog never works with a shared one"
    )]
    SharedKey {
        /// A node.
        one: NodeName,
        /// Another.
        two: NodeName,
    },
    /// A node that can be asked nothing.
    #[error("node.{0} has no endpoint: give it at least one of system, core and prometheus")]
    Silent(NodeName),
    /// No network without a name can be asked for by name.
    #[error("network {0} has no logical name, which the Core API asks for: leave `core` out")]
    Nameless(u8),
    /// So few origins would be left without a node that its death could never be agreed on.
    #[error(
        "policy.need is {need}, but without node.{node} only {left} origins can see proposals: add gateways or third nodes"
    )]
    TooFewOrigins {
        /// The node whose death could not be seen.
        node: NodeName,
        /// Origins left.
        left: usize,
        /// Origins needed.
        need: usize,
    },
    /// The program that uses this crate lends no HTTP client.
    #[error("no HTTP client was lent to the chain")]
    NoClient,
}
