//! The ways a transaction comes in.

use super::World;
use crate::ledger::{Received, StaticError};
use crate::mempool::Submission;
use crate::record::Arrival;

impl World {
    /// Validates bytes with the engine.
    pub fn receive(&self, payload: &[u8]) -> Result<Received, StaticError> {
        self.chain.ledger().receive(payload)
    }

    /// Hands a payload to the reachable part of the network.
    pub fn submit(
        &mut self,
        through: &str,
        received: Result<Received, StaticError>,
        force: bool,
        now_ms: i64,
    ) -> Submission {
        let version = self.chain.tip().state_version;
        let known = received.clone();
        let outcome = self.mempool.submit(self.chain.ledger(), &self.chain, version, received, force, now_ms);
        self.note_arrival(through, &known, &outcome, now_ms);
        outcome
    }

    /// Hands a payload to one node, which may be cut off.
    pub fn submit_to_node(
        &mut self,
        name: &str,
        received: Result<Received, StaticError>,
        force: bool,
        now_ms: i64,
    ) -> Option<Submission> {
        let index = self.nodes.iter().position(|node| node.name == name)?;
        let version = self.nodes.get(index)?.look(&self.chain, &self.ours, now_ms).state_version;
        let node = self.nodes.get_mut(index)?;
        let known = received.clone();
        let outcome = match &mut node.island {
            Some(island) => island.mempool.submit(&island.ledger, &self.chain, version, received, force, now_ms),
            None => self.mempool.submit(self.chain.ledger(), &self.chain, version, received, force, now_ms),
        };
        self.note_arrival(name, &known, &outcome, now_ms);
        Some(outcome)
    }

    /// Gateways hand waiting payloads to their nodes again, a few times and ever more rarely.
    pub(super) fn resubmit(&mut self, now_ms: i64) {
        let version = self.chain.tip().state_version;
        let wait_ms = self.settings.resubmit_ms;
        for gateway in &mut self.gateways {
            for received in gateway.due(now_ms, wait_ms) {
                if self.chain.committed(&received.intent, version).is_some() {
                    continue;
                }
                let outcome =
                    self.mempool.submit(self.chain.ledger(), &self.chain, version, Ok(received.clone()), false, now_ms);
                gateway.note(&received, &outcome);
            }
        }
    }

    /// Writes into the record that an endpoint got a payload it already had.
    pub fn note_duplicate(&mut self, through: &str, received: &Received, now_ms: i64) {
        self.note_arrival(through, &Ok(received.clone()), &Submission::Duplicate, now_ms);
    }

    fn note_arrival(
        &mut self,
        through: &str,
        received: &Result<Received, StaticError>,
        outcome: &Submission,
        now_ms: i64,
    ) {
        let Ok(received) = received else { return };
        let outcome = match outcome {
            Submission::Accepted => "accepted".to_owned(),
            Submission::Duplicate => "duplicate".to_owned(),
            Submission::AlreadyCommitted { .. } => "already committed".to_owned(),
            Submission::Rejected(rejection) => format!("rejected: {}", rejection.message),
            Submission::Full { .. } => "mempool full".to_owned(),
        };
        let arrival =
            Arrival { wall_ms: now_ms, through: through.to_owned(), payload_hash: received.payload.clone(), outcome };
        self.record.arrival(&received.intent, &received.intent_text, arrival);
    }
}
