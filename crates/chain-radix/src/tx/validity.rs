//! Rules that every node checks before it looks at the ledger.
use super::decode::LONGEST;
use super::epoch::Epoch;
use super::hash;
use super::instruction::Instruction;
use super::manifest::Manifest;
use super::payload::Transaction;
use super::value::Value;
use crate::network::Network;
use std::collections::HashSet;

/// Longest range of epochs.
pub const MAX_EPOCHS: u64 = 8640;

/// Most intent signatures.
pub const MAX_SIGNATURES: usize = 16;

/// Most instructions.
pub const MAX_INSTRUCTIONS: usize = 1000;

/// Every node refuses the transaction, for good.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Invalid {
    /// Meant for another network.
    #[error("transaction is of network {found}, not of {expected}")]
    Network {
        /// In its header.
        found: Network,
        /// Where it was to be used.
        expected: Network,
    },
    /// Empty, backward or too long.
    #[error("epochs {start} to {end} are no valid range: the end must be 1 to 8640 epochs after the start")]
    EpochRange {
        /// First epoch.
        start: Epoch,
        /// First epoch in which it is no longer valid.
        end: Epoch,
    },
    /// Too many signatures.
    #[error("{0} intent signatures, at most 16 are allowed")]
    Signatures(usize),
    /// Too many instructions.
    #[error("{0} instructions, at most 1000 are allowed")]
    Instructions(usize),
    /// Too long.
    #[error("payload has {0} bytes, at most 1048576 are allowed")]
    Length(usize),
    /// A signature that is not of its key, counted from 0.
    #[error("intent signature {0} is not valid")]
    IntentSignature(usize),
    /// A key that signed twice; the later signature counted from 0.
    #[error("intent signature {0} is of a key that has signed before")]
    DuplicateSigner(usize),
    /// The notary's signature is not of the notary's key.
    #[error("notary signature is not valid")]
    NotarySignature,
    /// A proof that no instruction made, or that was handed over before; the instruction counted
    /// from 0.
    #[error("instruction {0} uses a proof that is not there")]
    Proof(usize),
}

impl Invalid {
    /// Name of the rule in the reference implementation's own errors.
    pub const fn rule(&self) -> &'static str {
        match self {
            Self::Network { .. } => "InvalidNetwork",
            Self::EpochRange { .. } => "InvalidEpochRange",
            Self::Signatures(_) => "TooManySignatures",
            Self::Instructions(_) => "TooManyInstructions",
            Self::Length(_) => "TransactionTooLarge",
            Self::IntentSignature(_) => "InvalidIntentSignature",
            Self::DuplicateSigner(_) => "DuplicateSigner",
            Self::NotarySignature => "InvalidNotarySignature",
            Self::Proof(_) => "ProofNotFound",
        }
    }
}

impl Transaction {
    /// Checks the rules that need no ledger, for use on `network`.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn validate(&self, network: Network) -> Result<(), Invalid> {
        let header = &self.intent.header;
        if header.network != network {
            return Err(Invalid::Network { found: header.network, expected: network });
        }
        if !(1..=MAX_EPOCHS).contains(&header.end_epoch.since(header.start_epoch)) {
            return Err(Invalid::EpochRange { start: header.start_epoch, end: header.end_epoch });
        }
        let instructions = self.intent.manifest.instructions.len();
        if instructions > MAX_INSTRUCTIONS {
            return Err(Invalid::Instructions(instructions));
        }
        let length = self.payload().len();
        if length > LONGEST {
            return Err(Invalid::Length(length));
        }
        proofs_exist(&self.intent.manifest)?;
        self.signatures_hold()
    }

    fn signatures_hold(&self) -> Result<(), Invalid> {
        if self.intent_signatures.len() > MAX_SIGNATURES {
            return Err(Invalid::Signatures(self.intent_signatures.len()));
        }
        let intent_hash = hash::intent(&self.intent);
        let mut signers = HashSet::new();
        for (k, signature) in self.intent_signatures.iter().enumerate() {
            let signer = signature.signer(&intent_hash).ok_or(Invalid::IntentSignature(k))?;
            if !signers.insert(signer) {
                return Err(Invalid::DuplicateSigner(k));
            }
        }
        let signed_hash = hash::signed_intent(&intent_hash, self);
        if self.intent.header.notary.verifies(&signed_hash, &self.notary_signature) {
            Ok(())
        } else {
            Err(Invalid::NotarySignature)
        }
    }
}

/// Every proof is made once and handed over at most once.
fn proofs_exist(manifest: &Manifest) -> Result<(), Invalid> {
    let mut held = HashSet::new();
    let mut made = 0_u32;
    for (k, instruction) in manifest.instructions.iter().enumerate() {
        match instruction {
            Instruction::PopFromAuthZone => {
                held.insert(made);
                made = made.saturating_add(1);
            }
            Instruction::CallMethod { arguments, .. } => {
                for argument in arguments {
                    if matches!(argument, Value::Proof(index) if !held.remove(index)) {
                        return Err(Invalid::Proof(k));
                    }
                }
            }
        }
    }
    Ok(())
}
