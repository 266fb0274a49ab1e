//! Ledgers that say whose key is authorised.
use crate::course::Class;
use crate::on_ledger::Book;

/// A ledger that names one key, and changes it between two epochs.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Pointer {
    key: u8,
    since: u8,
    next: u8,
    waits_for_next_epoch: bool,
}

impl Pointer {
    /// The first node's key is authorised.
    pub const SOUND: Self = Self { key: 0, since: 0, next: 0, waits_for_next_epoch: true };
    /// The same on a ledger that changes the key in the middle of an epoch.
    pub const HASTY: Self = Self { waits_for_next_epoch: false, ..Self::SOUND };
}

impl Book for Pointer {
    const CLASS: Class = Class::Pointer;

    fn authorised(&self, _: u8) -> [bool; 2] {
        [self.key == 0, self.key == 1]
    }

    fn start(&self, _: u8) -> u8 {
        0
    }

    fn land(&mut self, to: u8, _: u8, now: u8) {
        self.next = to;
        if !self.waits_for_next_epoch {
            self.turn(now);
        }
    }

    fn turn(&mut self, now: u8) {
        if self.key != self.next {
            (self.key, self.since) = (self.next, now);
        }
    }

    fn is_effective(&self, node: u8, view: u8) -> bool {
        self.key == node && self.since <= view
    }

    fn rests_with(&self, node: u8, _: u8) -> bool {
        self.key == node && self.next == node
    }

    fn retire(&mut self, _: u8, _: u8) -> bool {
        false
    }
}

/// A ledger on which every key has a window of its own, and two valid keys of one validator conflict.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Windows {
    /// First epoch of each node's key.
    starts: [u8; 2],
    /// First epoch after it.
    ends: [u8; 2],
    asks_for_the_end: bool,
}

/// First epoch in which the old key is not valid any more.
const OLD_END: u8 = 4;
const NEVER: u8 = u8::MAX;

impl Windows {
    /// The first node's key is valid for some epochs yet; the second node has none.
    pub const SOUND: Self = Self { starts: [0, NEVER], ends: [OLD_END, NEVER], asks_for_the_end: true };
    /// The same where the new key is registered as if an overlap did no harm.
    pub const OVERLAPPING: Self = Self { asks_for_the_end: false, ..Self::SOUND };
}

impl Book for Windows {
    const CLASS: Class = Class::Rotating;

    fn authorised(&self, now: u8) -> [bool; 2] {
        let ([s0, s1], [e0, e1]) = (self.starts, self.ends);
        [(s0..e0).contains(&now), (s1..e1).contains(&now)]
    }

    fn start(&self, view: u8) -> u8 {
        let [old_end, _] = self.ends;
        if self.asks_for_the_end { old_end.max(view + 1) } else { view + 1 }
    }

    /// A key becomes valid no sooner than in the epoch after its registration.
    fn land(&mut self, _: u8, start: u8, now: u8) {
        let [_, new] = &mut self.starts;
        *new = (*new).min(start.max(now + 1));
    }

    fn turn(&mut self, _: u8) {}

    fn is_effective(&self, node: u8, view: u8) -> bool {
        self.authorised(view).get(usize::from(node)).is_some_and(|is_valid| *is_valid)
    }

    fn rests_with(&self, node: u8, now: u8) -> bool {
        let [_, new] = self.starts;
        if node == 0 { new == NEVER } else { new <= now }
    }

    fn retire(&mut self, _: u8, now: u8) -> bool {
        let [old, _] = &mut self.ends;
        *old = (*old).min(now);
        true
    }
}
