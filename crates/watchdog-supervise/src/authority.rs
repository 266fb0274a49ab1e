//! Whether a node may sign, as it remembers it itself.
mod store;

use crate::order::{Order, Target};
use serde::{Deserialize, Serialize};
pub use store::{AuthorityStore, Locked, StoreError};
pub(crate) use store::{content, replace};
use watchdog_core::id::Epoch;

/// What a node remembers across crashes and reboots. A node that remembers nothing has no authority.
///
/// Source: safety model, invariants I3 and I9.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Authority {
    v: u8,
    target: Target,
    newest: Epoch,
    right: Right,
}

/// Whether the signer may run.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Right {
    /// It may not.
    Fenced,
    /// It may, in this one term of the node's own lease: every other term, the next boot's included,
    /// needs a new grant. 0 where the node has no lease of its own.
    Granted {
        /// Token of the lease.
        term: u64,
    },
}

/// A command that is not obeyed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Disobeyed {
    /// A newer one was obeyed before, or another one with the same epoch.
    #[error("command {}.{} is not newer than {}.{}, which was obeyed", given.token, given.seq, newest.token, newest.seq)]
    Stale {
        /// Its epoch.
        given: Epoch,
        /// Newest epoch obeyed.
        newest: Epoch,
    },
    /// It is for another node.
    #[error("this node is another one")]
    Elsewhere,
}

impl Authority {
    const VERSION: u8 = 1;

    /// A node that was never told anything.
    pub fn none(target: Target) -> Self {
        Self { v: Self::VERSION, target, newest: Epoch::default(), right: Right::Fenced }
    }

    /// Newest epoch obeyed.
    pub fn newest(&self) -> Epoch {
        self.newest
    }

    /// Whether the signer may run.
    pub fn right(&self) -> Right {
        self.right
    }

    /// Whether the signer may run in the term with this token.
    pub fn permits(&self, term: u64) -> bool {
        self.right == Right::Granted { term }
    }

    /// After a fence. Repeating it changes nothing; an older command, or one with the epoch of a
    /// grant, is not obeyed.
    pub fn fenced(&self, order: &Order) -> Result<Self, Disobeyed> {
        self.after(order, Right::Fenced)
    }

    /// After a grant for `term`. Repeating it changes nothing; an older command, or one with the
    /// epoch of a fence, is not obeyed.
    pub fn granted(&self, order: &Order, term: u64) -> Result<Self, Disobeyed> {
        self.after(order, Right::Granted { term })
    }

    fn after(&self, order: &Order, right: Right) -> Result<Self, Disobeyed> {
        if order.target != self.target {
            return Err(Disobeyed::Elsewhere);
        }
        let is_repeated = order.epoch == self.newest && right == self.right && self.newest != Epoch::default();
        if order.epoch > self.newest || is_repeated {
            Ok(Self { newest: order.epoch, right, ..self.clone() })
        } else {
            Err(Disobeyed::Stale { given: order.epoch, newest: self.newest })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchdog_core::id::{NodeName, ValidatorName};

    fn target(node: &str) -> Target {
        Target { validator: ValidatorName::new("main").unwrap(), node: NodeName::new(node).unwrap() }
    }

    fn order(token: u64, seq: u64) -> Order {
        Order { target: target("node_a"), epoch: Epoch { token, seq } }
    }

    #[test]
    fn a_node_that_was_never_told_anything_may_not_sign() {
        let none = Authority::none(target("node_a"));
        assert!(!none.permits(0) && !none.permits(1));
    }

    #[test]
    fn a_grant_holds_in_its_own_term_alone() {
        let granted = Authority::none(target("node_a")).granted(&order(1, 1), 5).unwrap();
        assert!(granted.permits(5));
        assert!(!granted.permits(4) && !granted.permits(6) && !granted.permits(0));
    }

    #[test]
    fn a_command_that_is_not_newer_is_not_obeyed_unless_it_is_the_same() {
        let fenced = Authority::none(target("node_a")).fenced(&order(2, 5)).unwrap();
        assert_eq!(fenced.fenced(&order(2, 5)), Ok(fenced.clone()));
        for late in [order(2, 4), order(1, 99), order(0, 0)] {
            assert!(matches!(fenced.fenced(&late), Err(Disobeyed::Stale { .. })), "{late:?}");
            assert!(matches!(fenced.granted(&late, 1), Err(Disobeyed::Stale { .. })), "{late:?}");
        }
        assert!(fenced.granted(&order(2, 5), 1).is_err(), "one epoch is one command");
        assert!(fenced.granted(&order(2, 6), 1).unwrap().permits(1));
        assert!(fenced.granted(&order(3, 1), 1).unwrap().permits(1));
    }

    #[test]
    fn a_command_for_another_node_is_not_obeyed() {
        let other = Order { target: target("node_b"), ..order(9, 9) };
        assert_eq!(Authority::none(target("node_a")).fenced(&other), Err(Disobeyed::Elsewhere));
    }
}
