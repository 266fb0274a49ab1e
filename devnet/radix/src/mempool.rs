//! A node's waiting transactions and its memory of rejected ones.

use crate::chain::{Chain, Committed};
use crate::ledger::{Ledger, Received, Rejection, StaticError, Verdict};
use std::collections::BTreeMap;

/// What the pool does with what it accepts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Mode {
    /// Executes it in the next successful round.
    #[default]
    Run,
    /// Keeps it without executing it.
    Hold,
    /// Forgets it at once: accepted, never executed.
    Drop,
    /// Refuses everything below this tip in per cent.
    Full(u16),
    /// Rejects everything, temporarily, with these words.
    Reject(String),
}

/// A rejection as the node remembers it.
#[derive(Debug, Clone)]
pub struct Remembered {
    /// The engine's words.
    pub message: String,
    /// Computed for this very request.
    pub is_fresh: bool,
    /// This payload can never commit.
    pub payload_is_permanent: bool,
    /// No payload of the intent can ever commit.
    pub intent_is_permanent: bool,
    /// Until then (milliseconds since 1970) the remembered verdict is repeated.
    pub retry_from_ms: Option<i64>,
    /// Until this epoch the transaction is early.
    pub retry_from_epoch: Option<u64>,
    /// First epoch in which it is void.
    pub invalid_from_epoch: Option<u64>,
    times: u32,
}

/// The answer to a submission.
#[derive(Debug, Clone)]
pub enum Submission {
    /// In the mempool now.
    Accepted,
    /// It was there already.
    Duplicate,
    /// The intent is on the ledger.
    AlreadyCommitted {
        /// The commit.
        as_: Committed,
        /// Whether the committed payload is the submitted one.
        is_same: bool,
    },
    /// Not let in.
    Rejected(Remembered),
    /// No room at this tip.
    Full {
        /// Tip of the submitted transaction in per cent.
        tip: u16,
        /// Tip that would have been enough.
        required: u16,
    },
}

/// Where a known payload stands.
#[derive(Debug, Clone)]
pub enum Standing {
    /// Waiting.
    Waiting,
    /// Gone without a verdict.
    Gone,
    /// Rejected at its last execution.
    Rejected(Remembered),
}

/// A payload that the node has seen.
#[derive(Debug, Clone)]
pub struct Known {
    /// The transaction.
    pub received: Received,
    /// Where it stands.
    pub standing: Standing,
    order: u64,
}

/// The pool.
#[derive(Debug, Clone, Default)]
pub struct Mempool {
    known: BTreeMap<String, Known>,
    next_order: u64,
    /// What it does with what it accepts.
    pub mode: Mode,
    /// How long a temporary verdict is repeated, doubling with each further rejection, in milliseconds.
    pub retry_ms: i64,
}

impl Mempool {
    /// An empty pool.
    pub fn new(retry_ms: i64) -> Self {
        Self { retry_ms, ..Self::default() }
    }

    /// Payloads of an intent (hex), in the order in which they were seen.
    pub fn payloads_of<'a>(&'a self, intent: &'a str) -> impl Iterator<Item = &'a Known> {
        let mut payloads: Vec<&Known> = self.known.values().filter(|known| known.received.intent == intent).collect();
        payloads.sort_by_key(|known| known.order);
        payloads.into_iter()
    }

    /// Number of waiting transactions.
    pub fn waiting(&self) -> usize {
        self.known.values().filter(|known| matches!(known.standing, Standing::Waiting)).count()
    }

    /// Decides on a payload as a node does: structure, ledger, memory, then a run without commit.
    /// `version` is the state version up to which the node knows commits.
    pub fn submit(
        &mut self,
        ledger: &Ledger,
        chain: &Chain,
        version: u64,
        payload: Result<Received, StaticError>,
        force: bool,
        now_ms: i64,
    ) -> Submission {
        let received = match payload {
            Ok(received) => received,
            Err(error) => {
                return Submission::Rejected(Remembered {
                    message: error.message,
                    is_fresh: true,
                    payload_is_permanent: true,
                    intent_is_permanent: error.intent_is_invalid,
                    retry_from_ms: None,
                    retry_from_epoch: None,
                    invalid_from_epoch: None,
                    times: 1,
                });
            }
        };
        if let Some(commit) = chain.committed(&received.intent, version) {
            return Submission::AlreadyCommitted { as_: commit.clone(), is_same: commit.payload == received.payload };
        }
        let times = match self.known.get(&received.payload).map(|known| &known.standing) {
            Some(Standing::Waiting) => return Submission::Duplicate,
            Some(Standing::Rejected(remembered)) => {
                let is_settled = remembered.intent_is_permanent || remembered.payload_is_permanent;
                let is_cached = remembered.retry_from_ms.is_some_and(|retry| now_ms < retry);
                if !force && (is_settled || is_cached) {
                    return Submission::Rejected(Remembered { is_fresh: false, ..remembered.clone() });
                }
                remembered.times
            }
            Some(Standing::Gone) | None => 0,
        };
        if let Mode::Full(required) = self.mode
            && received.tip_percentage < required
        {
            return Submission::Full { tip: received.tip_percentage, required };
        }
        let rejection = match &self.mode {
            Mode::Reject(message) => {
                Some(Rejection { message: message.clone(), is_permanent: false, retry_from_epoch: None })
            }
            _ => ledger.rejection_of(&received),
        };
        if let Some(rejection) = rejection {
            return Submission::Rejected(self.remember(&received, rejection, times, now_ms));
        }
        let standing = if self.mode == Mode::Drop { Standing::Gone } else { Standing::Waiting };
        self.insert(received, standing);
        Submission::Accepted
    }

    /// Executes everything that waits, in the order of arrival, and commits it. Rejected ones leave the pool.
    pub fn execute(&mut self, chain: &mut Chain, now_ms: i64) -> Vec<(Received, Verdict)> {
        if self.mode != Mode::Run {
            return Vec::new();
        }
        let mut waiting: Vec<(u64, Received)> = self
            .known
            .values()
            .filter(|known| matches!(known.standing, Standing::Waiting))
            .map(|known| (known.order, known.received.clone()))
            .collect();
        waiting.sort_by_key(|(order, _)| *order);
        let mut executed = Vec::new();
        for (_, received) in waiting {
            let verdict = chain.commit_transaction(&received);
            match &verdict {
                Verdict::Success | Verdict::Failure(_) => {
                    self.known.remove(&received.payload);
                }
                Verdict::Rejected(rejection) => {
                    self.remember(&received, rejection.clone(), 0, now_ms);
                }
            }
            executed.push((received, verdict));
        }
        executed
    }

    /// Takes over what another pool holds (a node that is reachable again passes on what it got meanwhile).
    pub fn absorb(&mut self, other: Self) {
        let mut waiting: Vec<Known> = other.known.into_values().collect();
        waiting.sort_by_key(|known| known.order);
        for known in waiting {
            if matches!(known.standing, Standing::Waiting) && !self.known.contains_key(&known.received.payload) {
                self.insert(known.received, Standing::Waiting);
            }
        }
    }

    fn insert(&mut self, received: Received, standing: Standing) {
        self.next_order += 1;
        self.known.insert(received.payload.clone(), Known { received, standing, order: self.next_order });
    }

    fn remember(&mut self, received: &Received, rejection: Rejection, times: u32, now_ms: i64) -> Remembered {
        let wait = self.retry_ms.saturating_mul(1_i64.checked_shl(times.min(16)).unwrap_or(1));
        let is_early = rejection.retry_from_epoch.is_some();
        let remembered = Remembered {
            message: rejection.message,
            is_fresh: true,
            payload_is_permanent: rejection.is_permanent,
            intent_is_permanent: rejection.is_permanent,
            retry_from_ms: (!rejection.is_permanent && !is_early).then_some(now_ms + wait),
            retry_from_epoch: rejection.retry_from_epoch,
            invalid_from_epoch: (!rejection.is_permanent).then_some(received.end_epoch),
            times: times + 1,
        };
        self.insert(received.clone(), Standing::Rejected(remembered.clone()));
        remembered
    }
}
