//! Notarized transactions and previews.

use super::Ledger;
use radix_common::prelude::{ContextualDisplay, Hash, IsHash, ScryptoValueDisplayContext};
use radix_common::types::Epoch;
use radix_engine::errors::RejectionReason;
use radix_engine::transaction::{
    ExecutionConfig, TransactionFeeSummary, TransactionOutcome, TransactionReceipt, TransactionResult,
    execute_and_commit_transaction, execute_preview, execute_transaction,
};
use radix_transactions::errors::{IntentValidationError, TransactionValidationError};
use radix_transactions::model::{
    ExecutableTransaction, HasNotarizedTransactionHash, HasTransactionIntentHash, PreparedTransaction,
    PreparedUserTransaction, PreviewIntentV1, RawNotarizedTransaction, TransactionHashBech32Decoder,
    TransactionHashBech32Encoder, TransactionIntentHash,
};

/// A payload that passed the engine's static validation.
#[derive(Debug, Clone)]
pub struct Received {
    /// Intent hash, hex.
    pub intent: String,
    /// Intent hash in text form (`txid_…`).
    pub intent_text: String,
    /// Hash of the notarized transaction, hex.
    pub payload: String,
    /// The same in text form (`notarizedtransaction_…`).
    pub payload_text: String,
    /// First epoch in which it may commit.
    pub start_epoch: u64,
    /// First epoch in which it may not commit any more.
    pub end_epoch: u64,
    /// Tip in per cent (V1) as the mempool weighs it.
    pub tip_percentage: u16,
    executable: ExecutableTransaction,
}

/// Why a payload can never be valid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct StaticError {
    /// The engine's words.
    pub message: String,
    /// Whether the bytes are no notarized transaction at all.
    pub undecodable: bool,
    /// Whether no other payload of the same intent could be valid either.
    pub intent_is_invalid: bool,
}

/// Why the engine does not let a valid payload in now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// The engine's words.
    pub message: String,
    /// Neither this payload nor another one of the intent can ever commit.
    pub is_permanent: bool,
    /// The epoch from which it can be tried again, if it is merely early.
    pub retry_from_epoch: Option<u64>,
}

/// What became of an executed transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Committed, and it did what it says.
    Success,
    /// Committed with a failure: the fee is paid, nothing else happened.
    Failure(String),
    /// Not committed.
    Rejected(Rejection),
}

/// Result of a preview.
#[derive(Debug, Clone)]
pub struct Preview {
    /// `Succeeded`, `Failed` or `Rejected`.
    pub status: &'static str,
    /// The engine's words, absent on success.
    pub error: Option<String>,
    /// Cost units and costs.
    pub fees: TransactionFeeSummary,
}

/// The preview could not be run.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub struct PreviewError(pub String);

impl Ledger {
    /// Decodes and validates a notarized transaction: structure, header, signatures, network.
    pub fn receive(&self, payload: &[u8]) -> Result<Received, StaticError> {
        let undecodable = |message: String| StaticError { message, undecodable: true, intent_is_invalid: false };
        let raw = RawNotarizedTransaction::from_slice(payload);
        let prepared = PreparedUserTransaction::prepare(&raw, self.validator.preparation_settings())
            .map_err(|error| undecodable(format!("{error:?}")))?;
        let encoder = TransactionHashBech32Encoder::new(&self.network);
        let intent = prepared.transaction_intent_hash();
        let notarized = prepared.notarized_transaction_hash();
        let end_epoch = prepared.end_epoch_exclusive().number();
        let (start_epoch, tip_percentage) = match &prepared {
            #[allow(deprecated, reason = "the only way to a prepared header of version 1")]
            PreparedUserTransaction::V1(v1) => {
                let header = &v1.signed_intent.intent.header.inner;
                (header.start_epoch_inclusive.number(), header.tip_percentage)
            }
            PreparedUserTransaction::V2(_) => (0, 0),
        };
        let validated = prepared.validate(&self.validator).map_err(|error| {
            let intent_is_invalid = matches!(
                error,
                TransactionValidationError::IntentValidationError(_, IntentValidationError::HeaderValidationError(_))
                    | TransactionValidationError::IntentValidationError(..)
            );
            StaticError { message: format!("{error:?}"), undecodable: false, intent_is_invalid }
        })?;
        let text = |hash: Result<String, _>, inner: &Hash| -> String {
            hash.unwrap_or_else(|_: radix_transactions::model::TransactionHashBech32EncodeError| {
                hex::encode(inner.as_bytes())
            })
        };
        Ok(Received {
            intent: hex::encode(intent.as_bytes()),
            intent_text: text(encoder.encode(&intent), intent.as_hash()),
            payload: hex::encode(notarized.as_bytes()),
            payload_text: text(encoder.encode(&notarized), notarized.as_hash()),
            start_epoch,
            end_epoch,
            tip_percentage,
            executable: validated.create_executable(),
        })
    }

    /// Runs a payload without committing it, as a node does before it lets it into its mempool. `None` = fine.
    pub fn rejection_of(&self, received: &Received) -> Option<Rejection> {
        let config = ExecutionConfig::for_notarized_transaction_rejection_check(self.network.clone());
        let receipt = execute_transaction(&self.db, self.modules.as_ref(), &config, &received.executable);
        match receipt.result {
            TransactionResult::Reject(reject) => Some(self.rejection(&reject.reason)),
            TransactionResult::Commit(_) | TransactionResult::Abort(_) => None,
        }
    }

    /// Executes and commits.
    pub fn commit(&mut self, received: &Received) -> Verdict {
        let config = ExecutionConfig::for_notarized_transaction(self.network.clone());
        let receipt =
            execute_and_commit_transaction(&mut self.db, self.modules.as_ref(), &config, &received.executable);
        self.verdict(receipt)
    }

    fn verdict(&mut self, receipt: TransactionReceipt) -> Verdict {
        match receipt.result {
            TransactionResult::Commit(commit) => {
                self.remember_validators(commit.new_component_addresses());
                match commit.outcome {
                    TransactionOutcome::Success(_) => Verdict::Success,
                    TransactionOutcome::Failure(error) => Verdict::Failure(error.to_string(self.display())),
                }
            }
            TransactionResult::Reject(reject) => Verdict::Rejected(self.rejection(&reject.reason)),
            TransactionResult::Abort(abort) => Verdict::Rejected(Rejection {
                message: format!("{:?}", abort.reason),
                is_permanent: false,
                retry_from_epoch: None,
            }),
        }
    }

    fn display(&self) -> ScryptoValueDisplayContext<'_> {
        ScryptoValueDisplayContext::with_optional_bech32(Some(&self.encoder))
    }

    fn rejection(&self, reason: &RejectionReason) -> Rejection {
        let is_permanent = matches!(
            reason,
            RejectionReason::TransactionEpochNoLongerValid { .. }
                | RejectionReason::TransactionProposerTimestampNoLongerValid { .. }
                | RejectionReason::IntentHashPreviouslyCommitted(_)
                | RejectionReason::IntentHashPreviouslyCancelled(_)
        );
        let retry_from_epoch = match reason {
            RejectionReason::TransactionEpochNotYetValid { valid_from, .. } => Some(valid_from.number()),
            _ => None,
        };
        Rejection { message: reason.to_string(self.display()), is_permanent, retry_from_epoch }
    }

    /// Runs a preview on the present state.
    pub fn preview(&self, intent: PreviewIntentV1) -> Result<Preview, PreviewError> {
        let receipt = execute_preview(&self.db, self.modules.as_ref(), &self.network, intent, false)
            .map_err(|error| PreviewError(format!("{error:?}")))?;
        let (status, error) = match &receipt.result {
            TransactionResult::Commit(commit) => match &commit.outcome {
                TransactionOutcome::Success(_) => ("Succeeded", None),
                TransactionOutcome::Failure(error) => ("Failed", Some(error.to_string(self.display()))),
            },
            TransactionResult::Reject(reject) => ("Rejected", Some(reject.reason.to_string(self.display()))),
            TransactionResult::Abort(abort) => ("Rejected", Some(format!("{:?}", abort.reason))),
        };
        Ok(Preview { status, error, fees: receipt.fee_summary })
    }

    /// Hex of an intent hash given as hex or as `txid_…` of this network.
    pub fn intent_hash(&self, text: &str) -> Option<String> {
        if text.len() == 64 && hex::decode(text).is_ok() {
            return Some(text.to_ascii_lowercase());
        }
        let hash: TransactionIntentHash =
            TransactionHashBech32Decoder::new(&self.network).validate_and_decode(text).ok()?;
        Some(hex::encode(hash.as_bytes()))
    }

    /// An epoch as the transaction header wants it.
    pub fn epoch(number: u64) -> Epoch {
        Epoch::of(number)
    }
}
