//! Proof of possession of a BLS key, as registrations carry it.
use super::contract::{CHAIN_ID, CONTRACT, NODE, OPERATOR, Terms};
use super::secret;
use crate::keys::{KeyFileKind, ServiceNodeKey};
use watchdog_core::keys::tool::{Answer, Argument, Count, Inputs, Tool};
use watchdog_core::keys::{Entropy, KeyError};

const KEY: Argument = secret("key-bls", "content of the node's file `key_bls`, as text", Count::One);

pub(super) const TOOL: Tool = Tool {
    name: "bls-prove",
    about: "Sign the proof that a service node holds its BLS key, for its registration",
    arguments: &[KEY, OPERATOR, NODE, CHAIN_ID, CONTRACT],
    run,
};

fn run(inputs: &Inputs, _: &mut dyn Entropy) -> Result<Answer, KeyError> {
    let terms = Terms::read(inputs)?;
    let opened = KeyFileKind::Bls.open(inputs.secret(KEY.name)?.expose().as_bytes())?;
    let ServiceNodeKey::Bls { key, .. } = opened else { return Err(KeyError::Key("`key_bls` is of another kind")) };
    let public = key.public_key();
    let message = terms.message(&public);
    let proof = key.sign(&message).ok_or(KeyError::Key("this message has no point on the curve: use another key"))?;
    let mut facts = terms.facts(&public);
    facts.insert("message".to_owned(), hex::encode(message.bytes()).into());
    facts.insert("proof".to_owned(), proof.to_string().into());
    Ok(Answer { facts, ..Answer::default() })
}
