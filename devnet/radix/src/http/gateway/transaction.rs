//! Transactions.

use super::{Answer, Call, Failure};
use crate::gateway::Tracked;
use crate::http::render::receipt;
use crate::mempool::Submission;
use crate::preview::PreviewRequest;
use serde_json::{Value, json};

/// The intent as the gateway sees it.
struct Standing {
    status: &'static str,
    intent_status: &'static str,
    payload_status: &'static str,
    intent_description: &'static str,
    payload_description: &'static str,
    handling: &'static str,
}

const PENDING: Standing = Standing {
    status: "Pending",
    intent_status: "Pending",
    payload_status: "Pending",
    intent_description: "A payload for this transaction has been accepted into a node's mempool on the network. It's possible but not certain that it will be committed to this network.",
    payload_description: "This particular payload for this transaction has been accepted into a node's mempool on the network. It's possible but not certain that it will be committed to this network.",
    handling: "HandlingSubmission",
};
const LIKELY_REJECTED: Standing = Standing {
    status: "Pending",
    intent_status: "LikelyButNotCertainRejection",
    payload_status: "TemporarilyRejected",
    intent_description: "All known payload/s for this transaction have been temporarily rejected at their last execution. It may still be possible for this transaction to be committed to this network.",
    payload_description: "This particular payload for this transaction was rejected at its last execution. It may still be possible for this transaction payload to be committed to this network.",
    handling: "HandlingSubmission",
};
const REJECTED: Standing = Standing {
    status: "Rejected",
    intent_status: "PermanentlyRejected",
    payload_status: "PermanentlyRejected",
    intent_description: "This transaction is permanently rejected, so can never be committed to this network.",
    payload_description: "This particular payload for this transaction has been permanently rejected. It is not possible for this particular transaction payload to be committed to this network.",
    handling: "Concluded",
};
const SUCCESS: Standing = Standing {
    status: "CommittedSuccess",
    intent_status: "CommittedSuccess",
    payload_status: "CommittedSuccess",
    intent_description: "This transaction has been committed to the ledger as a success. For more information, use the /transaction/committed-details endpoint.",
    payload_description: "This particular payload for this transaction has been committed to the ledger as a success. For more information, use the /transaction/committed-details endpoint.",
    handling: "Concluded",
};
const FAILURE: Standing = Standing {
    status: "CommittedFailure",
    intent_status: "CommittedFailure",
    payload_status: "CommittedFailure",
    intent_description: "This transaction has been committed to the ledger as a failure. For more information, use the /transaction/committed-details endpoint.",
    payload_description: "This particular payload for this transaction has been committed to the ledger as a failure. For more information, use the /transaction/committed-details endpoint.",
    handling: "Concluded",
};

impl Call<'_> {
    /// `/transaction/construction`.
    pub(super) fn construction(&self) -> Answer {
        let tip = self.fresh_tip("Construction")?;
        Ok(json!({ "ledger_state": self.ledger_state(&tip) }))
    }

    /// `/transaction/preview`: runs on the node behind the gateway, whatever the gateway's own view is.
    pub(super) fn preview(&self) -> Answer {
        let empty = |name: &str| {
            Failure::invalid(&name.to_lowercase().replace(' ', "_"), format!("'{name}' must not be empty."))
        };
        let request: PreviewRequest = serde_json::from_value(self.body.clone())
            .map_err(|error| Failure::invalid("", format!("The request body is invalid: {error}")))?;
        if request.nonce.unwrap_or_default() == 0 {
            return Err(empty("Nonce"));
        }
        if request.tip_percentage.unwrap_or_default() > 255 {
            return Err(Failure::invalid("tip_percentage", "'Tip Percentage' must be between 0 and 255."));
        }
        if request.signer_public_keys.is_none() {
            return Err(empty("Signer Public Keys"));
        }
        if request.flags.is_none() {
            return Err(empty("Flags"));
        }
        let preview = request.run(self.world.chain.ledger(), 0, 0).map_err(|error| Failure::invalid("?", error.0))?;
        Ok(json!({
            "encoded_receipt": "",
            "receipt": receipt(&preview),
            "resource_changes": [],
            "logs": [],
        }))
    }

    /// `/transaction/submit`.
    pub(super) fn submit(&mut self) -> Answer {
        let tip = self.fresh_tip("Read")?;
        let text = self.body.get("notarized_transaction_hex").and_then(Value::as_str).unwrap_or_default();
        let bytes = hex::decode(text).map_err(|_| {
            Failure::invalid("notarized_transaction_hex", "'notarized_transaction_hex' must be a valid hex string.")
        })?;
        if bytes.len() < 3 {
            return Err(Failure::internal("UnknownException"));
        }
        let received = self.world.receive(&bytes).map_err(|error| {
            if error.undecodable {
                Failure::invalid_transaction("Expected notarized transaction")
            } else {
                Failure::invalid_transaction(format!("Invalid transaction: {}", error.message))
            }
        })?;
        let epoch = tip.epoch;
        if received.end_epoch <= epoch {
            return Err(Failure::invalid_transaction(format!(
                "Transaction is no longer valid from epoch {} but it is now epoch {epoch}",
                received.end_epoch
            )));
        }
        if received.start_epoch > epoch + 1 {
            return Err(Failure::invalid_transaction(format!(
                "Transaction start epoch {} is not yet close enough to current epoch {epoch}",
                received.start_epoch
            )));
        }
        let is_committed = self.world.chain.committed(&received.intent, tip.state_version).is_some();
        let Some(gateway) = self.world.gateways.get(self.gateway) else {
            return Err(Failure::internal("NoValidCoreApiNodesAvailable"));
        };
        if is_committed || gateway.knows(&received) {
            let name = gateway.name.clone();
            self.world.note_duplicate(&name, &received, self.now_ms);
            return Ok(json!({ "duplicate": true }));
        }
        let name = gateway.name.clone();
        let outcome = self.world.submit(&name, Ok(received.clone()), false, self.now_ms);
        let wait_ms = self.world.settings.resubmit_ms;
        if let Some(gateway) = self.world.gateways.get_mut(self.gateway) {
            gateway.track(received, &outcome, self.now_ms, wait_ms);
        }
        match outcome {
            Submission::Rejected(rejection) if rejection.payload_is_permanent || rejection.intent_is_permanent => {
                Err(Failure::invalid_transaction(format!("The transaction is rejected: {}", rejection.message)))
            }
            Submission::Accepted
            | Submission::Duplicate
            | Submission::AlreadyCommitted { .. }
            | Submission::Rejected(_)
            | Submission::Full { .. } => Ok(json!({ "duplicate": false })),
        }
    }

    /// `/transaction/status`.
    pub(super) fn transaction_status(&mut self) -> Answer {
        let text = self.body.get("intent_hash").and_then(Value::as_str).unwrap_or_default();
        let intent = self.world.chain.ledger().intent_hash(text).ok_or_else(|| {
            Failure::invalid("intent_hash", "'intent_hash' must be a valid Bech32M-encoded RadixAddress.")
        })?;
        let tip = self.fresh_tip("Read")?;
        let tracked = self.world.gateways.get(self.gateway).map_or(&[][..], |gateway| gateway.payloads_of(&intent));
        let commit = self.world.chain.committed(&intent, tip.state_version);
        let mut payloads: Vec<Value> = Vec::new();
        let mut statuses = Vec::new();
        for tracked in tracked {
            let standing = match commit {
                Some(commit) if commit.payload != tracked.received.payload => REJECTED,
                Some(commit) if commit.failure.is_some() => FAILURE,
                Some(_) => SUCCESS,
                None if tracked.received.end_epoch <= tip.epoch || tracked.is_permanently_rejected => REJECTED,
                None if tracked.latest_error.is_some() => LIKELY_REJECTED,
                None => PENDING,
            };
            let error = match commit {
                Some(commit) => commit.failure.clone(),
                None => error_of(tracked, tip.epoch),
            };
            payloads.push(payload_item(tracked, &standing, error.as_deref()));
            statuses.push((standing.intent_status, error, tracked.received.end_epoch));
        }
        if let Some(commit) = commit {
            let standing = if commit.failure.is_some() { FAILURE } else { SUCCESS };
            if !payloads.iter().any(|payload| payload["payload_hash"] == *commit.payload_text) {
                payloads.push(json!({
                    "payload_hash": commit.payload_text,
                    "status": standing.status,
                    "payload_status": standing.payload_status,
                    "payload_status_description": standing.payload_description,
                    "error_message": commit.failure,
                    "handling_status": standing.handling,
                }));
            }
            return Ok(json!({
                "ledger_state": self.ledger_state(&tip),
                "status": standing.status,
                "intent_status": standing.intent_status,
                "intent_status_description": standing.intent_description,
                "known_payloads": payloads,
                "committed_state_version": commit.state_version,
                "error_message": commit.failure,
            }));
        }
        let best = [&PENDING, &LIKELY_REJECTED, &REJECTED].into_iter().find_map(|standing| {
            let found = statuses.iter().find(|(status, _, _)| *status == standing.intent_status)?;
            Some((standing, found.1.clone(), found.2))
        });
        Ok(match best {
            None => json!({
                "ledger_state": self.ledger_state(&tip),
                "status": "Unknown",
                "intent_status": "Unknown",
                "intent_status_description": "No information is known about the possible outcome of this transaction.",
                "known_payloads": [],
            }),
            Some((standing, error, end_epoch)) => json!({
                "ledger_state": self.ledger_state(&tip),
                "status": standing.status,
                "intent_status": standing.intent_status,
                "intent_status_description": standing.intent_description,
                "known_payloads": payloads,
                "permanently_rejects_at_epoch": (standing.status != "Rejected").then_some(end_epoch),
                "error_message": error,
            }),
        })
    }
}

fn error_of(tracked: &Tracked, epoch: u64) -> Option<String> {
    let end = tracked.received.end_epoch;
    if tracked.first_error.is_none() && end <= epoch {
        return Some(format!("Transaction has expired, as its expiry epoch of {end} has been reached."));
    }
    tracked.first_error.clone()
}

fn payload_item(tracked: &Tracked, standing: &Standing, error: Option<&str>) -> Value {
    let latest = tracked.latest_error.as_deref().filter(|latest| Some(*latest) != error && error.is_some());
    json!({
        "payload_hash": tracked.received.payload_text,
        "status": standing.status,
        "payload_status": standing.payload_status,
        "payload_status_description": standing.payload_description,
        "error_message": error,
        "latest_error_message": latest,
        "handling_status": standing.handling,
        "submission_error": tracked.submission_error,
    })
}
