//! The chain: slots, duties, and one record of who may sign.
use crate::chance::Chance;
use crate::wire::{Fate, View};
use serde::{Deserialize, Serialize};
use watchdog_core::plan::Authority;

/// Number of the chain that everybody should be on.
pub(crate) const GENESIS: u64 = 7;

/// A transaction that moves the authority to another node.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Order {
    /// The node that shall sign.
    pub(crate) to: u8,
    /// First slot in which it can no longer commit.
    pub(crate) until: u64,
    /// Makes two orders for the same move different.
    pub(crate) nonce: u64,
}

impl Order {
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }
}

struct Transaction {
    bytes: Vec<u8>,
    order: Order,
    commits: Option<u64>,
    effective: Option<u64>,
}

/// One chain. Moved on slot by slot.
pub(crate) struct Ledger {
    class: Authority,
    slot: u64,
    key: u8,
    made: u64,
    missed: u64,
    last: Option<(u64, u8)>,
    transactions: Vec<Transaction>,
    chance: Chance,
    /// How many of the first transactions get lost after they were accepted.
    loses: u32,
    /// Whether a person moved the pointer.
    pub(crate) moved_by_hand: bool,
}

impl Ledger {
    pub(crate) fn new(class: Authority, loses: u32, chance: Chance) -> Self {
        Self {
            class,
            slot: 1000,
            key: 0,
            made: 500,
            missed: 0,
            last: None,
            transactions: Vec::new(),
            chance,
            loses,
            moved_by_hand: false,
        }
    }

    pub(crate) fn slot(&self) -> u64 {
        self.slot
    }

    /// The node whose key may sign now, where the ledger decides that.
    pub(crate) fn key(&self) -> u8 {
        self.key
    }

    /// A new slot begins: what is due commits and takes effect.
    pub(crate) fn advance(&mut self) {
        self.slot += 1;
        let slot = self.slot;
        let epoch = if self.class == Authority::Rotating { 12 } else { 5 };
        for transaction in &mut self.transactions {
            if transaction.commits == Some(slot) && transaction.order.until > slot {
                transaction.effective = Some((slot / epoch + 1) * epoch);
            }
            if transaction.effective == Some(slot) {
                self.key = transaction.order.to;
            }
        }
    }

    /// The duty of this slot was done by a node, or missed.
    pub(crate) fn record(&mut self, by: Option<u8>) {
        match by {
            Some(node) => (self.made, self.last) = (self.made + 1, Some((self.slot, node))),
            None => self.missed += 1,
        }
    }

    /// Takes a transaction; the same bytes count once.
    pub(crate) fn submit(&mut self, bytes: &[u8]) {
        let Some(order) = Order::read(bytes) else { return };
        if order.until <= self.slot || self.transactions.iter().any(|known| known.bytes == bytes) {
            return;
        }
        let is_lost = self.loses > 0;
        self.loses = self.loses.saturating_sub(1);
        let commits = (!is_lost).then(|| self.slot + self.chance.between(1, 3));
        self.transactions.push(Transaction { bytes: bytes.to_vec(), order, commits, effective: None });
    }

    /// A person moves the authority at once.
    pub(crate) fn move_by_hand(&mut self, to: u8) {
        (self.key, self.moved_by_hand) = (to, true);
    }

    pub(crate) fn fate(&self, bytes: &[u8]) -> Fate {
        let Some(known) = self.transactions.iter().find(|known| known.bytes == bytes) else { return Fate::Absent };
        match known.effective {
            Some(effective) if effective <= self.slot => Fate::Effective,
            Some(_) => Fate::Committed,
            None if known.order.until <= self.slot => Fate::Absent,
            None => Fate::Pending,
        }
    }

    pub(crate) fn view(&self) -> View {
        let Self { made, missed, last, key, .. } = *self;
        View { genesis: GENESIS, head: self.slot, made, missed, last, key, wall: 0 }
    }
}
