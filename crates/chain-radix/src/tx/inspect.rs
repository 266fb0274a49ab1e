//! Transactions for review.
use super::hash::Hashes;
use super::payload::{INTENT, Intent, Transaction};
use super::validity::Invalid;
use crate::keys::PublicKey;
use crate::network::Network;
use serde::Serialize;
use watchdog_core::composer::{ComposeError, TransactionReader};

/// Everything that a payload says. Serialised for `tanist tx inspect --json`.
#[derive(Clone, Debug, Serialize)]
pub struct Inspection {
    /// `notarized_transaction` or `intent` (not signed).
    pub form: &'static str,
    /// Network by name or number.
    pub network: Network,
    /// Network number.
    pub network_id: u8,
    /// First epoch in which it can commit.
    pub start_epoch_inclusive: u64,
    /// First epoch in which it can no longer commit.
    pub end_epoch_exclusive: u64,
    /// Nonce.
    pub nonce: u32,
    /// Key of the notary, hex.
    pub notary_public_key: String,
    /// Curve of the notary.
    pub notary_curve: &'static str,
    /// Whether the notary's signature counts as a signer's.
    pub notary_is_signatory: bool,
    /// Tip in percent.
    pub tip_percentage: u16,
    /// The manifest as text.
    pub manifest: String,
    /// `txid_…`, its identity.
    pub intent_hash: String,
    /// `signedintent_…`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signed_intent_hash: Option<String>,
    /// `notarizedtransaction_…`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notarized_transaction_hash: Option<String>,
    /// Keys that signed the intent, hex; empty text for a signature that is not valid.
    pub intent_signers: Vec<String>,
    /// Length of the payload in bytes.
    pub payload_bytes: usize,
    /// Whether it keeps the rules that need no ledger; never for an intent that is not signed.
    pub statically_valid: bool,
    /// The rule that it breaks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invalid: Option<String>,
}

impl Inspection {
    /// Reads a notarized transaction, or an intent that is not signed.
    ///
    /// # Errors
    /// Where the bytes stop making sense.
    pub fn of(payload: &[u8]) -> Result<Self, super::DecodeError> {
        if payload.starts_with(&INTENT) {
            let intent = Intent::decode(payload)?;
            return Ok(Self::intent(&intent, payload.len()));
        }
        let transaction = Transaction::decode(payload)?;
        let Hashes { intent, signed_intent, notarized } = transaction.hashes();
        let broken = transaction.validate(transaction.intent.header.network).err();
        let signers = transaction.intent_signatures.iter().map(|s| s.signer(&intent.hash));
        Ok(Self {
            form: "notarized_transaction",
            signed_intent_hash: Some(signed_intent.to_string()),
            notarized_transaction_hash: Some(notarized.to_string()),
            intent_signers: signers.map(|key| key.as_ref().map(PublicKey::to_string).unwrap_or_default()).collect(),
            statically_valid: broken.is_none(),
            invalid: broken.as_ref().map(Invalid::to_string),
            ..Self::intent(&transaction.intent, payload.len())
        })
    }

    fn intent(intent: &Intent, payload_bytes: usize) -> Self {
        let header = &intent.header;
        Self {
            form: "intent",
            network: header.network,
            network_id: header.network.id(),
            start_epoch_inclusive: header.start_epoch.0,
            end_epoch_exclusive: header.end_epoch.0,
            nonce: header.nonce,
            notary_public_key: header.notary.to_string(),
            notary_curve: header.notary.curve().name(),
            notary_is_signatory: header.notary_is_signatory,
            tip_percentage: header.tip_percentage,
            manifest: intent.manifest.text(header.network),
            intent_hash: intent.hash().to_string(),
            signed_intent_hash: None,
            notarized_transaction_hash: None,
            intent_signers: Vec::new(),
            payload_bytes,
            statically_valid: false,
            invalid: Some("not signed".to_owned()),
        }
    }
}

/// Reads transactions of Radix under the shared trait.
#[derive(Clone, Copy, Debug, Default)]
pub struct RadixTransactions;

impl TransactionReader for RadixTransactions {
    fn read(&self, bytes: &[u8]) -> Result<serde_json::Value, ComposeError> {
        let inspection = Inspection::of(bytes).map_err(|e| ComposeError::Bytes(e.to_string()))?;
        serde_json::to_value(inspection).map_err(|e| ComposeError::Bytes(e.to_string()))
    }
}
