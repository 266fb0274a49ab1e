//! A gateway: an own view of the ledger and an own list of the payloads that clients handed to it.

use crate::ledger::Received;
use crate::mempool::Submission;
use crate::sight::Sight;
use std::collections::BTreeMap;

/// How often a gateway hands a payload to its nodes again.
const RESUBMISSIONS: u32 = 5;

/// A payload known to a gateway.
#[derive(Debug, Clone)]
pub struct Tracked {
    /// The transaction.
    pub received: Received,
    /// First rejection seen.
    pub first_error: Option<String>,
    /// Last rejection seen.
    pub latest_error: Option<String>,
    /// The node said that it can never commit.
    pub is_permanently_rejected: bool,
    /// Why it could not be handed to a node, if so.
    pub submission_error: Option<String>,
    resubmitted: u32,
    next_ms: i64,
}

/// One gateway.
#[derive(Debug, Default)]
pub struct Gateway {
    /// `gateway_1`, `gateway_2`, …
    pub name: String,
    /// Its view.
    pub sight: Sight,
    /// Whether it refuses reads when its view is old.
    pub refuses_stale: bool,
    tracked: BTreeMap<String, Vec<Tracked>>,
}

impl Gateway {
    /// A gateway that follows the tip and refuses reads when it falls behind.
    pub fn new(name: String) -> Self {
        Self { name, refuses_stale: true, ..Self::default() }
    }

    /// Payloads of an intent (hex) that clients gave to this gateway.
    pub fn payloads_of(&self, intent: &str) -> &[Tracked] {
        self.tracked.get(intent).map_or(&[][..], Vec::as_slice)
    }

    /// Whether this very payload was given to it before.
    pub fn knows(&self, received: &Received) -> bool {
        self.payloads_of(&received.intent).iter().any(|tracked| tracked.received.payload == received.payload)
    }

    /// Keeps a payload and what the node said about it. `wait_ms` is the time to the first resubmission.
    pub fn track(&mut self, received: Received, outcome: &Submission, now_ms: i64, wait_ms: i64) {
        let mut tracked = Tracked {
            received,
            first_error: None,
            latest_error: None,
            is_permanently_rejected: false,
            submission_error: None,
            resubmitted: 0,
            next_ms: now_ms + wait_ms,
        };
        tracked.note(outcome);
        self.tracked.entry(tracked.received.intent.clone()).or_default().push(tracked);
    }

    /// Payloads due to be handed to a node again; each call counts as one attempt.
    pub fn due(&mut self, now_ms: i64, wait_ms: i64) -> Vec<Received> {
        let mut due = Vec::new();
        for tracked in self.tracked.values_mut().flatten() {
            if tracked.next_ms <= now_ms && tracked.resubmitted < RESUBMISSIONS && !tracked.is_permanently_rejected {
                tracked.resubmitted += 1;
                tracked.next_ms = now_ms + wait_ms.saturating_mul(1 << tracked.resubmitted);
                due.push(tracked.received.clone());
            }
        }
        due
    }

    /// Keeps what a node said about a resubmitted payload.
    pub fn note(&mut self, received: &Received, outcome: &Submission) {
        for tracked in self.tracked.values_mut().flatten() {
            if tracked.received.payload == received.payload {
                tracked.note(outcome);
            }
        }
    }
}

impl Tracked {
    fn note(&mut self, outcome: &Submission) {
        match outcome {
            Submission::Accepted | Submission::Duplicate | Submission::AlreadyCommitted { .. } => {
                self.submission_error = None;
                self.latest_error = None;
                self.first_error = None;
            }
            Submission::Rejected(rejection) => {
                self.is_permanently_rejected |= rejection.payload_is_permanent || rejection.intent_is_permanent;
                self.first_error.get_or_insert_with(|| rejection.message.clone());
                self.latest_error = Some(rejection.message.clone());
            }
            Submission::Full { required, .. } => {
                self.submission_error =
                    Some(format!("The mempool is full: a tip of at least {required} per cent is needed"));
            }
        }
    }
}
