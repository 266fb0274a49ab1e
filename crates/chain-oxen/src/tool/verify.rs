//! Whether a proof of possession holds.
use super::contract::{CHAIN_ID, CONTRACT, NODE, OPERATOR, Terms};
use super::{bytes, refused, text};
use crate::bls::{PublicKey, Signature};
use watchdog_core::keys::tool::{Answer, Argument, Count, Inputs, Tool};
use watchdog_core::keys::{Entropy, KeyError};

const KEY: Argument = text("bls-public-key", "BLS public key, 128 hex digits", Count::One);

const PROOF: Argument = text("proof", "the proof, 256 hex digits", Count::One);

pub(super) const TOOL: Tool = Tool {
    name: "bls-verify",
    about: "Check the proof that a service node holds its BLS key, as the rewards contract does",
    arguments: &[KEY, PROOF, OPERATOR, NODE, CHAIN_ID, CONTRACT],
    run,
};

fn run(inputs: &Inputs, _: &mut dyn Entropy) -> Result<Answer, KeyError> {
    let terms = Terms::read(inputs)?;
    let key = PublicKey::from_bytes(&bytes(inputs, KEY.name)?);
    let key = key.ok_or_else(|| refused(KEY.name, "it is no point of the curve: check it for a mistyped digit"))?;
    let proof = Signature::from_bytes(&bytes(inputs, PROOF.name)?);
    let proof =
        proof.ok_or_else(|| refused(PROOF.name, "it is no point of the curve: check it for a mistyped digit"))?;
    if !proof.verifies(&terms.message(&key), &key) {
        return Err(KeyError::Signature(
            "the proof is not of this BLS key for this operator, service node, chain and contract: check each of them",
        ));
    }
    let mut facts = terms.facts(&key);
    facts.insert("valid".to_owned(), true.into());
    Ok(Answer { facts, ..Answer::default() })
}
