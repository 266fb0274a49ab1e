//! The three hashes of a transaction.
use super::payload::{Intent, Transaction, notary_value, signatures_value};
use crate::address::{HashId, HashKind};
use crate::network::Network;
use blake2::{Blake2b256, Digest};
use serde::Serialize;

/// First byte of what is hashed into a transaction hash, so that it is never the hash of anything
/// else.
const HASHED: u8 = 0x54;

/// Hashes of a transaction on its network.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Hashes {
    /// Identity: no ledger commits two transactions with the same one.
    pub intent: HashId,
    /// Intent and signatures; what the notary signs.
    pub signed_intent: HashId,
    /// The whole payload.
    pub notarized: HashId,
}

impl Hashes {
    /// Hashes of `transaction`.
    pub fn of(transaction: &Transaction) -> Self {
        let network = transaction.intent.header.network;
        let intent = intent(&transaction.intent);
        let signed = signed_intent(&intent, transaction);
        let notarized = tagged(3, &[signed, blake2b(&notary_value(&transaction.notary_signature))]);
        Self {
            intent: id(HashKind::Intent, network, intent),
            signed_intent: id(HashKind::SignedIntent, network, signed),
            notarized: id(HashKind::Notarized, network, notarized),
        }
    }
}

impl Serialize for Hashes {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let mut fields = serializer.serialize_struct("Hashes", 3)?;
        fields.serialize_field("intent_hash", &self.intent.to_string())?;
        fields.serialize_field("signed_intent_hash", &self.signed_intent.to_string())?;
        fields.serialize_field("notarized_transaction_hash", &self.notarized.to_string())?;
        fields.end()
    }
}

const fn id(kind: HashKind, network: Network, hash: [u8; 32]) -> HashId {
    HashId { kind, network, hash }
}

/// Hash of an intent, which its signers sign.
pub(super) fn intent(intent: &Intent) -> [u8; 32] {
    // The third part stands for blobs, of which there are none.
    let parts = [
        blake2b(&intent.header.encode()),
        blake2b(&intent.manifest.array()),
        blake2b(&[]),
        blake2b(&super::payload::NO_MESSAGE),
    ];
    tagged(1, &parts)
}

/// Hash of intent and signatures, which the notary signs.
pub(super) fn signed_intent(intent: &[u8; 32], transaction: &Transaction) -> [u8; 32] {
    tagged(2, &[*intent, blake2b(&signatures_value(&transaction.intent_signatures))])
}

fn tagged(tag: u8, parts: &[[u8; 32]]) -> [u8; 32] {
    let mut hasher = Blake2b256::new_with_prefix([HASHED, tag]);
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize().into()
}

/// Blake2b-256, the hash that Radix uses everywhere.
pub(super) fn blake2b(bytes: &[u8]) -> [u8; 32] {
    Blake2b256::digest(bytes).into()
}
