//! Transactions.

use super::{Answer, Call, Failure};
use crate::http::render::{at_ledger_state, instant, receipt};
use crate::mempool::{Standing, Submission};
use crate::preview::PreviewRequest;
use serde_json::{Value, json};

/// Epochs that a preview without end spans.
const PREVIEW_EPOCHS: u64 = 100;

impl Call<'_> {
    /// `/core/lts/transaction/construction`.
    pub(super) fn construction(&self) -> Answer {
        let snapshot = self.snapshot()?;
        Ok(json!({ "current_epoch": snapshot.consensus.epoch, "ledger_clock": instant(snapshot.timestamp_ms) }))
    }

    /// `/core/transaction/preview`.
    pub(super) fn preview(&self) -> Answer {
        let request: PreviewRequest = serde_json::from_value(self.body.clone())
            .map_err(|error| Failure::basic(400, format!("Failed to deserialize the JSON body: {error}")))?;
        let snapshot = self.snapshot()?;
        let epoch = snapshot.consensus.epoch;
        let preview =
            request.run(self.ledger()?, epoch, epoch + PREVIEW_EPOCHS).map_err(|error| Failure::basic(400, error.0))?;
        Ok(json!({
            "at_ledger_state": at_ledger_state(&snapshot),
            "encoded_receipt": "",
            "receipt": receipt(&preview),
            "instruction_resource_changes": [],
            "logs": [],
        }))
    }

    /// `/core/transaction/submit` and its LTS form; `kind` is the error type.
    pub(super) fn submit(&mut self, kind: &'static str) -> Answer {
        let bytes = hex::decode(self.text("notarized_transaction_hex")?)
            .map_err(|_| Failure::basic(400, "Failed to extract notarized transaction bytes from hex"))?;
        let force = self.body.get("force_recalculate").and_then(Value::as_bool).unwrap_or_default();
        let received = self.ledger()?.receive(&bytes);
        let outcome = self
            .world
            .submit_to_node(self.node, received, force, self.now_ms)
            .ok_or_else(|| Failure::basic(500, "the node is gone"))?;
        let refused = |message: &str, details: Value| Failure {
            status: 400,
            kind,
            message: message.to_owned(),
            details: Some(details),
        };
        match outcome {
            Submission::Accepted => Ok(json!({ "duplicate": false })),
            Submission::Duplicate => Ok(json!({ "duplicate": true })),
            Submission::AlreadyCommitted { as_, is_same } => Err(refused(
                "The transaction intent has already been committed",
                json!({
                    "type": "IntentAlreadyCommitted",
                    "committed_as": {
                        "state_version": as_.state_version,
                        "payload_hash": as_.payload,
                        "payload_hash_bech32m": as_.payload_text,
                        "is_same_transaction": is_same,
                    },
                }),
            )),
            Submission::Rejected(rejection) => Err(refused(
                "Transaction was rejected",
                json!({
                    "type": "Rejected",
                    "error_message": rejection.message,
                    "is_fresh": rejection.is_fresh,
                    "is_payload_rejection_permanent": rejection.payload_is_permanent,
                    "is_intent_rejection_permanent": rejection.intent_is_permanent,
                    "retry_from_timestamp": rejection.retry_from_ms.map(instant),
                    "retry_from_epoch": rejection.retry_from_epoch,
                    "invalid_from_epoch": rejection.invalid_from_epoch,
                }),
            )),
            Submission::Full { tip, required } => Err(refused(
                "The mempool is full and the submitted transaction's priority is not sufficient to replace any existing transactions",
                json!({
                    "type": "PriorityThresholdNotMet",
                    "tip_percentage": tip,
                    "min_tip_percentage_required": required,
                    "tip_proportion": proportion(tip),
                    "min_tip_proportion_required": proportion(required),
                }),
            )),
        }
    }

    /// `/core/transaction/status` and its LTS form.
    pub(super) fn transaction_status(&self, is_lts: bool) -> Answer {
        let text = self.text("intent_hash")?;
        let intent = self
            .world
            .chain
            .ledger()
            .intent_hash(text)
            .ok_or_else(|| Failure::basic(400, format!("Failed to extract intent hash from request: {text}")))?;
        let snapshot = self.snapshot()?;
        let committed = |status: &str, description: &str, payload: Value, version: u64| {
            json!({
                "intent_status": status,
                "status_description": description,
                "committed_state_version": is_lts.then_some(version),
                "known_payloads": [payload],
            })
        };
        if let Some(commit) = self.world.chain.committed(&intent, snapshot.state_version) {
            let status = if commit.failure.is_some() { "CommittedFailure" } else { "CommittedSuccess" };
            let outcome = if commit.failure.is_some() { "FAILURE" } else { "SUCCESS" };
            let payload = json!({
                "payload_hash": commit.payload,
                "payload_hash_bech32m": commit.payload_text,
                "state_version": commit.state_version,
                "status": status,
                "error_message": commit.failure,
            });
            let description =
                format!("The transaction has been committed to the ledger, with an outcome of {outcome}.");
            return Ok(committed(status, &description, payload, commit.state_version));
        }
        let node = self.node()?;
        let mempool = node.island.as_ref().map_or(&self.world.mempool, |island| &island.mempool);
        let (mut waiting, mut gone, mut transient, mut permanent) = (false, false, false, false);
        let mut invalid_from = None;
        let payloads: Vec<Value> = mempool
            .payloads_of(&intent)
            .map(|known| {
                let (status, error) = match &known.standing {
                    Standing::Waiting => {
                        waiting = true;
                        ("InMempool", None)
                    }
                    Standing::Gone => {
                        gone = true;
                        ("NotInMempool", None)
                    }
                    Standing::Rejected(rejection) if rejection.payload_is_permanent => {
                        permanent |= rejection.intent_is_permanent;
                        transient |= !rejection.intent_is_permanent;
                        ("PermanentlyRejected", Some(rejection.message.clone()))
                    }
                    Standing::Rejected(rejection) => {
                        transient = true;
                        ("TransientlyRejected", Some(rejection.message.clone()))
                    }
                };
                invalid_from = Some(known.received.end_epoch);
                json!({
                    "payload_hash": known.received.payload,
                    "payload_hash_bech32m": known.received.payload_text,
                    "status": status,
                    "error_message": error,
                })
            })
            .collect();
        let (status, description) = if permanent {
            (
                "PermanentRejection",
                "Based on the results from executing a payload for this intent, the node believes the intent is permanently rejected.",
            )
        } else if waiting {
            ("InMempool", "At least one payload for the intent is in this node's mempool.")
        } else if gone {
            ("FateUncertain", "At least one payload for this intent was not rejected at its last execution.")
        } else if transient {
            ("FateUncertainButLikelyRejection", "All known payloads were rejected at their last execution.")
        } else {
            ("NotSeen", "No payloads for this intent have been seen recently by this node.")
        };
        Ok(json!({
            "intent_status": status,
            "status_description": description,
            "invalid_from_epoch": if permanent { None } else { invalid_from },
            "known_payloads": payloads,
        }))
    }
}

/// A tip in per cent as the proportion it means.
fn proportion(percentage: u16) -> String {
    let digits = format!("{}.{:02}", percentage / 100, percentage % 100);
    digits.trim_end_matches('0').trim_end_matches('.').to_owned()
}
