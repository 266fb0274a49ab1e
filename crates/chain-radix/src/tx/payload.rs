//! Intents, signatures, and the bytes that go to the network.
use super::hash::{self, Hashes};
use super::header::Header;
use super::manifest::Manifest;
use super::sbor::{self, put_bytes, put_size};
use super::validity::Invalid;
use crate::address::{HashId, HashKind};
use crate::keys::{PublicKey, Signature, SigningKey};

/// Start of a notarized transaction: signed intent and notary signature, within it intent and
/// signatures, within it four fields.
pub(super) const NOTARIZED: [u8; 8] = [sbor::PREFIX, sbor::ENUM, 3, 2, sbor::TUPLE, 2, sbor::TUPLE, 4];

/// Start of an intent that nobody has signed.
pub(super) const INTENT: [u8; 4] = [sbor::PREFIX, sbor::ENUM, 1, 4];

/// The blobs of a manifest that has none.
pub(super) const NO_BLOBS: [u8; 3] = [sbor::ARRAY, sbor::ARRAY, 0];

/// The message of a transaction that has none.
pub(super) const NO_MESSAGE: [u8; 3] = [sbor::ENUM, 0, 0];

/// What is to happen, and when it may. Its hash is its identity.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Intent {
    /// When and by whom.
    pub header: Header,
    /// What.
    pub manifest: Manifest,
}

impl Intent {
    /// Signs with one key that is notary and signatory at once: the smallest transaction, and the
    /// one that several watchdogs with one key build alike, byte for byte.
    ///
    /// # Errors
    /// The key is not the notary of the header, or the header breaks a rule of the network.
    pub fn sign(&self, notary: &SigningKey) -> Result<Notarized, SignError> {
        self.sign_with(&[], notary)
    }

    /// Signs with further `signers`.
    ///
    /// # Errors
    /// As [`Intent::sign`], and where a key signs twice.
    pub fn sign_with(&self, signers: &[&SigningKey], notary: &SigningKey) -> Result<Notarized, SignError> {
        let transaction = self.assemble(signers, notary)?;
        transaction.validate(self.header.network)?;
        Ok(Notarized::new(transaction))
    }

    /// Signs without looking at the rules of the network: for tests and for showing what a node
    /// would refuse.
    ///
    /// # Errors
    /// The key is not the notary of the header.
    pub fn assemble(&self, signers: &[&SigningKey], notary: &SigningKey) -> Result<Transaction, SignError> {
        if notary.public_key() != self.header.notary {
            return Err(SignError::Notary { header: self.header.notary, key: notary.public_key() });
        }
        let intent_hash = hash::intent(self);
        let intent_signatures = signers.iter().map(|key| IntentSignature::new(key, &intent_hash)).collect();
        let mut transaction = Transaction {
            intent: self.clone(),
            intent_signatures,
            // Not part of what the notary signs; replaced below.
            notary_signature: Signature::Ed25519([0; 64]),
        };
        transaction.notary_signature = notary.sign(&hash::signed_intent(&intent_hash, &transaction));
        Ok(transaction)
    }

    /// Its hash.
    pub fn hash(&self) -> HashId {
        HashId { kind: HashKind::Intent, network: self.header.network, hash: hash::intent(self) }
    }

    /// The payload of an intent that nobody has signed, for review and for signing elsewhere.
    pub fn payload(&self) -> Vec<u8> {
        let mut out = INTENT.to_vec();
        self.put_fields(&mut out);
        out
    }

    fn put_fields(&self, out: &mut Vec<u8>) {
        out.extend(self.header.encode());
        out.extend(self.manifest.array());
        out.extend(NO_BLOBS);
        out.extend(NO_MESSAGE);
    }
}

/// A signature over an intent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum IntentSignature {
    /// ed25519 signatures come with their key.
    Ed25519 {
        /// The key.
        public_key: [u8; 32],
        /// The signature.
        signature: [u8; 64],
    },
    /// secp256k1 signatures tell their key.
    Secp256k1 {
        /// Recovery id, r, s.
        signature: [u8; 65],
    },
}

impl IntentSignature {
    fn new(key: &SigningKey, intent_hash: &[u8; 32]) -> Self {
        match (key.public_key(), key.sign(intent_hash)) {
            (PublicKey::Ed25519(public_key), Signature::Ed25519(signature)) => Self::Ed25519 { public_key, signature },
            (_, Signature::Secp256k1(signature)) => Self::Secp256k1 { signature },
            // Not reached: a key signs on its own curve. Zeros verify for nobody.
            (PublicKey::Secp256k1(_), Signature::Ed25519(_)) => Self::Secp256k1 { signature: [0; 65] },
        }
    }

    /// The key that made it over `intent_hash`; `None` where it is not valid.
    pub fn signer(&self, intent_hash: &[u8; 32]) -> Option<PublicKey> {
        match self {
            Self::Ed25519 { public_key, signature } => {
                let key = PublicKey::Ed25519(*public_key);
                key.verifies(intent_hash, &Signature::Ed25519(*signature)).then_some(key)
            }
            Self::Secp256k1 { signature } => Signature::Secp256k1(*signature).signer(intent_hash),
        }
    }
}

/// A transaction with all its signatures, valid or not.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Transaction {
    /// What is to happen.
    pub intent: Intent,
    /// Signatures over the intent.
    pub intent_signatures: Vec<IntentSignature>,
    /// The notary's signature over intent and signatures.
    pub notary_signature: Signature,
}

impl Transaction {
    /// The payload that `/transaction/submit` takes.
    pub fn payload(&self) -> Vec<u8> {
        let mut out = NOTARIZED.to_vec();
        self.intent.put_fields(&mut out);
        out.extend(signatures_value(&self.intent_signatures));
        out.extend(notary_value(&self.notary_signature));
        out
    }

    /// Its hashes.
    pub fn hashes(&self) -> Hashes {
        Hashes::of(self)
    }
}

/// A signed transaction that keeps the rules of its network, ready to be stored and submitted.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Notarized {
    /// The transaction.
    pub transaction: Transaction,
    /// Its payload: store it before the first submission, and submit only these bytes.
    pub bytes: Vec<u8>,
    /// Its hashes.
    pub hashes: Hashes,
}

impl Notarized {
    fn new(transaction: Transaction) -> Self {
        Self { bytes: transaction.payload(), hashes: transaction.hashes(), transaction }
    }

    /// Reads stored bytes back.
    ///
    /// # Errors
    /// Where the bytes stop making sense, or which rule they break.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, FromBytesError> {
        let transaction = Transaction::decode(bytes)?;
        transaction.validate(transaction.intent.header.network)?;
        Ok(Self::new(transaction))
    }

    /// When and by whom.
    pub const fn header(&self) -> &Header {
        &self.transaction.intent.header
    }

    /// The payload in hex, as the APIs take it.
    pub fn to_hex(&self) -> String {
        hex::encode(&self.bytes)
    }
}

/// Stored bytes are no transaction that could be submitted.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FromBytesError {
    /// They do not decode.
    #[error(transparent)]
    Decode(#[from] super::decode::DecodeError),
    /// They decode to what every node refuses.
    #[error(transparent)]
    Invalid(#[from] Invalid),
}

/// An intent cannot be signed.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SignError {
    /// Another key than the header names.
    #[error("header names {header} as notary, the key given is that of {key}")]
    Notary {
        /// In the header.
        header: PublicKey,
        /// Of the key given.
        key: PublicKey,
    },
    /// Every node would refuse it.
    #[error(transparent)]
    Invalid(#[from] Invalid),
}

/// The array of intent signatures with its kind, as a transaction carries and hashes it.
pub(super) fn signatures_value(signatures: &[IntentSignature]) -> Vec<u8> {
    let mut out = vec![sbor::ARRAY, sbor::ENUM];
    put_size(&mut out, signatures.len());
    for signature in signatures {
        match signature {
            IntentSignature::Ed25519 { public_key, signature } => {
                out.extend([1, 2]);
                put_bytes(&mut out, public_key);
                out.extend([sbor::TUPLE, 1]);
                put_bytes(&mut out, signature);
            }
            IntentSignature::Secp256k1 { signature } => {
                out.extend([0, 1, sbor::TUPLE, 1]);
                put_bytes(&mut out, signature);
            }
        }
    }
    out
}

/// The notary's signature with its kind, as a transaction carries and hashes it.
pub(super) fn notary_value(signature: &Signature) -> Vec<u8> {
    let variant = match signature {
        Signature::Secp256k1(_) => 0,
        Signature::Ed25519(_) => 1,
    };
    let mut out = vec![sbor::ENUM, variant, 1, sbor::TUPLE, 1];
    put_bytes(&mut out, signature.as_bytes());
    out
}

#[cfg(test)]
mod tests {
    use super::super::epoch::Epoch;
    use super::super::header::curve_variant;
    use super::*;
    use crate::keys::Curve;
    use crate::network::Network;

    fn key(curve: Curve, byte: u8) -> SigningKey {
        SigningKey::new(curve, &[byte; 32]).unwrap()
    }

    fn intent(notary: &SigningKey, epochs: u64) -> Intent {
        let header = Header {
            network: Network::STOKENET,
            start_epoch: Epoch(1000),
            end_epoch: Epoch(1000 + epochs),
            nonce: 7,
            notary: notary.public_key(),
            notary_is_signatory: true,
            tip_percentage: 0,
        };
        Intent { header, manifest: Manifest::default() }
    }

    #[test]
    fn watchdogs_with_one_key_build_the_same_bytes() {
        for curve in [Curve::Ed25519, Curve::Secp256k1] {
            let [one, two] = [key(curve, 3), key(curve, 3)].map(|key| intent(&key, 8).sign(&key).unwrap());
            assert_eq!(one.bytes, two.bytes);
            assert_eq!(Notarized::from_bytes(&one.bytes), Ok(one));
        }
    }

    #[test]
    fn only_the_notary_of_the_header_can_sign() {
        let (notary, other) = (key(Curve::Ed25519, 3), key(Curve::Ed25519, 4));
        let error = SignError::Notary { header: notary.public_key(), key: other.public_key() };
        assert_eq!(intent(&notary, 8).sign(&other), Err(error));
    }

    #[test]
    fn what_every_node_would_refuse_is_not_signed() {
        let (notary, signer) = (key(Curve::Ed25519, 3), key(Curve::Secp256k1, 4));
        for epochs in [0, 8641] {
            let error = intent(&notary, epochs).sign(&notary).unwrap_err();
            assert!(matches!(error, SignError::Invalid(Invalid::EpochRange { .. })), "{error}");
        }
        let twice = intent(&notary, 8).sign_with(&[&signer, &signer], &notary);
        assert_eq!(twice, Err(SignError::Invalid(Invalid::DuplicateSigner(1))));
        let valid = intent(&notary, 8640).assemble(&[&signer], &notary).unwrap();
        assert_eq!(valid.validate(Network::STOKENET), Ok(()));
        let elsewhere = valid.validate(Network::MAINNET);
        assert_eq!(elsewhere, Err(Invalid::Network { found: Network::STOKENET, expected: Network::MAINNET }));
    }

    #[test]
    fn a_signature_in_the_malleable_form_is_not_valid() {
        let notary = key(Curve::Secp256k1, 3);
        let mut transaction = intent(&notary, 8).assemble(&[], &notary).unwrap();
        let Signature::Secp256k1([recovery, rs @ ..]) = transaction.notary_signature else { unreachable!() };
        let low = k256::ecdsa::Signature::from_slice(&rs).unwrap();
        let high = k256::ecdsa::Signature::from_scalars(low.r().to_bytes(), (-*low.s()).to_bytes()).unwrap();
        let mut bytes = [recovery ^ 1; 65];
        bytes[1..].copy_from_slice(&high.to_bytes());
        transaction.notary_signature = Signature::Secp256k1(bytes);
        assert_eq!(transaction.validate(Network::STOKENET), Err(Invalid::NotarySignature));
    }

    #[test]
    fn keys_and_signatures_of_one_curve_have_one_number() {
        let value = notary_value(&Signature::Secp256k1([0; 65]));
        assert_eq!(value[1], curve_variant(&PublicKey::Secp256k1([0; 33])));
        let value = notary_value(&Signature::Ed25519([0; 64]));
        assert_eq!(value[1], curve_variant(&PublicKey::Ed25519([0; 32])));
    }
}
