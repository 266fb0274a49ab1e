//! Preview requests, in the form that Gateway and Core API share.

use crate::ledger::{Ledger, Preview, PreviewError};
use radix_common::crypto::{Ed25519PublicKey, PublicKey, Secp256k1PublicKey};
use radix_common::types::Epoch;
use radix_transactions::manifest::{BlobProvider, compile_manifest_v1};
use radix_transactions::model::{
    BlobsV1, InstructionsV1, IntentV1, MessageV1, PreviewFlags, PreviewIntentV1, TransactionHeaderV1,
};
use serde::Deserialize;

/// A public key of the APIs.
#[derive(Debug, Clone, Deserialize)]
pub struct KeyText {
    /// `EddsaEd25519` or `EcdsaSecp256k1`.
    pub key_type: String,
    /// The key, hex.
    pub key_hex: String,
}

/// Preview flags of the APIs.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default)]
#[allow(clippy::struct_excessive_bools, reason = "the APIs have them so")]
pub struct Flags {
    use_free_credit: bool,
    assume_all_signature_proofs: bool,
    skip_epoch_check: bool,
    disable_auth_checks: bool,
}

/// A preview request.
#[derive(Debug, Clone, Deserialize)]
pub struct PreviewRequest {
    /// Manifest text.
    pub manifest: String,
    /// First epoch.
    pub start_epoch_inclusive: Option<u64>,
    /// First epoch that is too late.
    pub end_epoch_exclusive: Option<u64>,
    /// Key of the notary.
    pub notary_public_key: Option<KeyText>,
    /// Whether the notary signs for its account too.
    #[serde(default)]
    pub notary_is_signatory: bool,
    /// Tip in per cent.
    pub tip_percentage: Option<u32>,
    /// Nonce.
    pub nonce: Option<u64>,
    /// Keys whose signatures are assumed.
    pub signer_public_keys: Option<Vec<KeyText>>,
    /// Flags.
    pub flags: Option<Flags>,
}

impl KeyText {
    fn parse(&self) -> Result<PublicKey, PreviewError> {
        let bytes = hex::decode(&self.key_hex).unwrap_or_default();
        let key = match self.key_type.as_str() {
            "EddsaEd25519" => Ed25519PublicKey::try_from(bytes.as_slice()).ok().map(PublicKey::Ed25519),
            "EcdsaSecp256k1" => Secp256k1PublicKey::try_from(bytes.as_slice()).ok().map(PublicKey::Secp256k1),
            _ => None,
        };
        key.ok_or_else(|| PreviewError(format!("not a public key: {} {}", self.key_type, self.key_hex)))
    }
}

impl PreviewRequest {
    /// Compiles the manifest and runs it on the ledger. Absent epochs are `default_start` and `default_end`.
    pub fn run(&self, ledger: &Ledger, default_start: u64, default_end: u64) -> Result<Preview, PreviewError> {
        let manifest = compile_manifest_v1(&self.manifest, ledger.network(), BlobProvider::new())
            .map_err(|error| PreviewError(format!("the manifest does not compile: {error:?}")))?;
        let notary = match &self.notary_public_key {
            Some(key) => key.parse()?,
            None => PublicKey::Ed25519(Ed25519PublicKey([0; 32])),
        };
        let signers = self.signer_public_keys.iter().flatten().map(KeyText::parse).collect::<Result<Vec<_>, _>>()?;
        let flags = self.flags.unwrap_or_default();
        let number = |value: Option<u64>| u32::try_from(value.unwrap_or_default()).unwrap_or(u32::MAX);
        ledger.preview(PreviewIntentV1 {
            intent: IntentV1 {
                header: TransactionHeaderV1 {
                    network_id: ledger.network().id,
                    start_epoch_inclusive: Epoch::of(self.start_epoch_inclusive.unwrap_or(default_start)),
                    end_epoch_exclusive: Epoch::of(self.end_epoch_exclusive.unwrap_or(default_end)),
                    nonce: number(self.nonce),
                    notary_public_key: notary,
                    notary_is_signatory: self.notary_is_signatory,
                    tip_percentage: u16::try_from(self.tip_percentage.unwrap_or_default()).unwrap_or(u16::MAX),
                },
                instructions: InstructionsV1::from(manifest.instructions),
                blobs: BlobsV1 { blobs: Vec::new() },
                message: MessageV1::None,
            },
            signer_public_keys: signers,
            flags: PreviewFlags {
                use_free_credit: flags.use_free_credit,
                assume_all_signature_proofs: flags.assume_all_signature_proofs,
                skip_epoch_check: flags.skip_epoch_check,
                disable_auth: flags.disable_auth_checks,
            },
        })
    }
}
