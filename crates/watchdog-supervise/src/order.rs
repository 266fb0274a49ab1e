//! Whom a fence is for, and which command it is.
use serde::{Deserialize, Serialize};
use std::fmt;
use watchdog_core::guard::Permit;
use watchdog_core::id::{Epoch, NodeName, ValidatorName};

/// One node of one validator.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Target {
    /// Whose node.
    pub validator: ValidatorName,
    /// Which node.
    pub node: NodeName,
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.validator, self.node)
    }
}

/// A command to a node: it holds only where the node has seen none newer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Order {
    /// For whom.
    pub target: Target,
    /// Age of the command; travels with it.
    pub epoch: Epoch,
}

impl Order {
    /// The order that `permit` allows for `target`. The permit itself is used up by the step that
    /// gives the order; its epoch was journaled before.
    pub fn permitted(permit: &Permit, target: Target) -> Self {
        Self { target, epoch: permit.epoch() }
    }
}
