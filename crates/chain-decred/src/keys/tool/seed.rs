//! `seed`: words to hex, and hex to words.
use super::{argument, facts};
use crate::keys::Seed;
use std::collections::BTreeMap;
use watchdog_core::keys::tool::{Answer, Argument, ArgumentKind, Inputs, Tool};
use watchdog_core::keys::{Entropy, KeyError};

const SEED: &str = "seed";

const ARGUMENTS: [Argument; 1] = [argument(SEED, "File with 33 words or a seed in hex", ArgumentKind::SecretFile)];

pub(super) const TOOL: Tool =
    Tool { name: "seed", about: "A seed in words and in hex, whichever of both is given", arguments: &ARGUMENTS, run };

fn run(inputs: &Inputs, _: &mut dyn Entropy) -> Result<Answer, KeyError> {
    let seed = Seed::parse(inputs.secret(SEED)?)?;
    let facts = facts([("seed_bytes", seed.as_bytes().len().into()), ("words", seed.word_count().into())]);
    let private = BTreeMap::from([("mnemonic", seed.to_words()), ("seed_hex", seed.to_hex())]);
    Ok(Answer { facts, private, ..Answer::default() })
}
