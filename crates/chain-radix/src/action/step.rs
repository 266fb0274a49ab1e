//! What a failover of a Radix validator consists of.
use crate::address::ValidatorAddress;
use crate::keys::NodeKey;
use crate::tx::{Call, Decimal, Purpose};
use serde::{Deserialize, Serialize};
use std::fmt;
use watchdog_core::action::Kind;
use watchdog_core::id::NodeName;

/// One step. Holds nothing that changes by itself: the same world gives the same steps.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum RadixStep {
    /// Proof, from fresh readings and a preview, that the key change would work and help.
    Ready {
        /// Why the signer is to move.
        kind: Kind,
        /// From where to where.
        #[serde(flatten)]
        passage: Passage,
    },
    /// The transaction that gives the validator another key.
    UpdateKey {
        /// From where to where.
        #[serde(flatten)]
        passage: Passage,
        /// The validator.
        validator: ValidatorAddress,
        /// Most that it may cost, in XRD.
        fee_lock: Decimal,
    },
    /// Waits until the set of a new epoch names the new key.
    AwaitEffective {
        /// From where to where.
        #[serde(flatten)]
        passage: Passage,
    },
    /// Waits until the new key has made a proposal.
    AwaitProposal {
        /// From where to where.
        #[serde(flatten)]
        passage: Passage,
    },
    /// Proof that unregistering would work.
    ReadyToLeave {
        /// The node that would have to sign.
        from: NodeName,
        /// Its key.
        key: NodeKey,
    },
    /// The transaction that takes the validator out of duty.
    Unregister {
        /// The node that would have to sign.
        from: NodeName,
        /// Its key.
        key: NodeKey,
        /// The validator.
        validator: ValidatorAddress,
        /// Most that it may cost, in XRD.
        fee_lock: Decimal,
    },
    /// Waits until the set no longer names the validator.
    AwaitLeft {
        /// The node that would have to sign.
        from: NodeName,
        /// Its key.
        key: NodeKey,
    },
}

/// From which node with which key, to which node with which key.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Passage {
    /// The node that signs now.
    pub from: NodeName,
    /// Its key, which the ledger must still name.
    pub old_key: NodeKey,
    /// The node that shall sign.
    pub to: NodeName,
    /// Its key.
    pub new_key: NodeKey,
}

/// What a sending step asks of the ledger.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Wish<'a> {
    /// The call.
    pub call: Call,
    /// What its nonce is derived from.
    pub purpose: Purpose,
    /// The node whose key the ledger names until then.
    pub from: &'a NodeName,
    /// That key.
    pub old_key: NodeKey,
}

impl RadixStep {
    /// What the step asks of the ledger; `None` for a step that only looks.
    pub const fn wish(&self) -> Option<Wish<'_>> {
        match self {
            Self::UpdateKey { passage: Passage { from, old_key, new_key, .. }, .. } => Some(Wish {
                call: Call::UpdateKey(*new_key),
                purpose: Purpose::Failover { old: *old_key, new: *new_key },
                from,
                old_key: *old_key,
            }),
            Self::Unregister { from, key, .. } => {
                Some(Wish { call: Call::Unregister, purpose: Purpose::Other(Call::Unregister), from, old_key: *key })
            }
            _ => None,
        }
    }
}

impl fmt::Display for RadixStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ready { passage: Passage { from, to, new_key, .. }, .. } => {
                write!(
                    f,
                    "{to} holds {}, is synced and configured; the ledger still names {from}; preview succeeds",
                    Short(new_key)
                )
            }
            Self::UpdateKey { passage, fee_lock, .. } => {
                write!(f, "update_key to {} of {}, fee lock {fee_lock} XRD", Short(&passage.new_key), passage.to)
            }
            Self::AwaitEffective { passage } => {
                write!(f, "the set of the next epoch names {} of {}", Short(&passage.new_key), passage.to)
            }
            Self::AwaitProposal { passage } => write!(f, "{} validates and has made a proposal", passage.to),
            Self::ReadyToLeave { from, .. } => {
                write!(f, "the ledger still names {from}; preview of unregister succeeds")
            }
            Self::Unregister { fee_lock, .. } => write!(f, "unregister, fee lock {fee_lock} XRD"),
            Self::AwaitLeft { .. } => f.write_str("the set of the next epoch no longer names the validator"),
        }
    }
}

/// A key by its first and last digits.
struct Short<'a>(&'a NodeKey);

impl fmt::Display for Short<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hex = self.0.to_string();
        let (head, tail) = (hex.get(..6).unwrap_or(&hex), hex.get(hex.len().saturating_sub(4)..).unwrap_or_default());
        write!(f, "{head}…{tail}")
    }
}
