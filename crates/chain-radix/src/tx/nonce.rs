//! The same intent from every watchdog.
//!
//! Several watchdogs that see the same failure derive the same window and nonce, so they build the
//! same intent and, with one account key, the same bytes: the ledger commits it once.
use super::call::Call;
use super::epoch::Epoch;
use super::hash::blake2b;
use crate::address::ValidatorAddress;
use crate::keys::NodeKey;

/// Epochs that share a window.
const STEP: u64 = 4;

/// Epochs that an intent stays valid, from the start of its window.
const LENGTH: u64 = 8;

/// Epochs in which an intent may commit: `[start, end)`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Window {
    /// First epoch: a multiple of 4.
    pub start: Epoch,
    /// First epoch in which it no longer may: eight after the start.
    pub end: Epoch,
}

impl Window {
    /// The window for an intent that is made in `epoch`; 4 to 8 epochs of it are left.
    pub const fn at(epoch: Epoch) -> Self {
        let start = Epoch(epoch.0 - epoch.0 % STEP);
        Self { start, end: start.plus(LENGTH) }
    }
}

/// What an intent is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Purpose {
    /// Moves validation from one node to another.
    Failover {
        /// Key that the ledger has.
        old: NodeKey,
        /// Key that it shall have.
        new: NodeKey,
    },
    /// Any other call.
    Other(Call),
}

impl Purpose {
    fn bytes(&self, validator: ValidatorAddress) -> Vec<u8> {
        let (name, details) = match self {
            Self::Failover { old, new } => ("failover", [old.as_bytes().as_slice(), new.as_bytes()].concat()),
            Self::Other(call) => (
                call.method(),
                match call {
                    Call::UpdateKey(key) => key.as_bytes().to_vec(),
                    Call::UpdateAcceptDelegatedStake(accepts) => vec![u8::from(*accepts)],
                    Call::Register | Call::Unregister => Vec::new(),
                },
            ),
        };
        [name.as_bytes(), validator.node_id().as_bytes(), &details].concat()
    }
}

/// The `counter`-th nonce for `purpose` in a window: first four bytes of the hash of purpose,
/// validator, keys, start epoch (u64) and counter (u32), numbers little-endian.
///
/// `None` for the one hash in 2^32 that gives 0, which gateways do not preview: take the next
/// counter. Take the next one too where the intent is known as committed or rejected for good,
/// because otherwise a second failover within the window would be the first one's intent and look
/// already done.
pub fn nonce(purpose: &Purpose, validator: ValidatorAddress, window: Window, counter: u32) -> Option<u32> {
    let mut bytes = purpose.bytes(validator);
    bytes.extend(window.start.0.to_le_bytes());
    bytes.extend(counter.to_le_bytes());
    let [a, b, c, d, ..] = blake2b(&bytes);
    Some(u32::from_le_bytes([a, b, c, d])).filter(|nonce| *nonce != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALIDATOR: &str = "validator_rdx1sds4prpgf0p25pu458fg468nw9rtwqdawwg9w45hgf0t95yd3ncs09";
    const OTHER: &str = "validator_rdx1sw5zkx2h6hp6k0js6dqaaxpz4580awncmm0rlzv7ufcf97cukjegy8";

    fn failover() -> Purpose {
        Purpose::Failover {
            old: "02c3de592fb85bc9dc414ef726e0aedbc9ecd57b05f16313a1c04be7d3ad340f87".parse().unwrap(),
            new: "0282403e1ae258fcbcbda46b2576e294dd53fe1c726af1c2f6db91b2e32d923df4".parse().unwrap(),
        }
    }

    #[test]
    fn watchdogs_in_the_same_four_epochs_share_a_window() {
        let window = Window { start: Epoch(40_528), end: Epoch(40_536) };
        for epoch in 40_528..40_532 {
            assert_eq!(Window::at(Epoch(epoch)), window);
        }
        assert_eq!(Window::at(Epoch(40_532)).start, Epoch(40_532));
        assert_eq!(Window::at(Epoch(u64::MAX)).end, Epoch(u64::MAX));
    }

    #[test]
    fn everything_that_makes_an_intent_another_makes_another_nonce() {
        let (one, two) = (VALIDATOR.parse().unwrap(), OTHER.parse().unwrap());
        let Purpose::Failover { old, new } = failover() else { unreachable!() };
        let here = Window::at(Epoch(40_529));
        let next = Window::at(Epoch(40_533));
        let nonces = [
            nonce(&failover(), one, here, 0),
            nonce(&failover(), one, here, 1),
            nonce(&failover(), one, next, 0),
            nonce(&failover(), two, here, 0),
            nonce(&Purpose::Failover { old: new, new: old }, one, here, 0),
            nonce(&Purpose::Other(Call::UpdateKey(new)), one, here, 0),
            nonce(&Purpose::Other(Call::Register), one, here, 0),
            nonce(&Purpose::Other(Call::Unregister), one, here, 0),
            nonce(&Purpose::Other(Call::UpdateAcceptDelegatedStake(true)), one, here, 0),
            nonce(&Purpose::Other(Call::UpdateAcceptDelegatedStake(false)), one, here, 0),
        ];
        let different: std::collections::HashSet<_> = nonces.iter().collect();
        assert_eq!(different.len(), nonces.len());
        assert_eq!(nonce(&failover(), one, here, 0), nonce(&failover(), one, Window::at(Epoch(40_531)), 0));
    }

    /// Another watchdog must find the same number: computed apart, with `hashlib` of Python.
    #[test]
    fn the_nonce_of_a_failover_is_fixed_by_its_parts() {
        let window = Window::at(Epoch(40_529));
        assert_eq!(nonce(&failover(), VALIDATOR.parse().unwrap(), window, 0), Some(1_585_384_386));
    }
}
