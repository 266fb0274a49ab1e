//! Words to seed and back.
use super::{refused, secret};
use crate::keys::private_hex;
use crate::mnemonic::{Form, Mnemonic};
use std::collections::BTreeMap;
use watchdog_core::keys::tool::{Answer, Argument, Count, Inputs, Tool};
use watchdog_core::keys::{Entropy, KeyError};
use watchdog_core::secret::Secret;

const PHRASE: Argument = secret("phrase", "a mnemonic of 13, 24 or 25 words", Count::Optional);

const SEED: Argument = secret("seed", "a seed of 32 or 64 hex digits", Count::Optional);

pub(super) const TOOL: Tool = Tool {
    name: "seed",
    about: "Turn a mnemonic into its seed, or a seed into its mnemonic",
    arguments: &[PHRASE, SEED],
    run,
};

fn run(inputs: &Inputs, _: &mut dyn Entropy) -> Result<Answer, KeyError> {
    let (mnemonic, name, text) = match (inputs.has(PHRASE.name), inputs.has(SEED.name)) {
        (true, false) => {
            let mnemonic = Mnemonic::parse(inputs.secret(PHRASE.name)?, Form::Any)?;
            let seed = Secret::new(hex::encode(mnemonic.seed()));
            (mnemonic, "seed", seed)
        }
        (false, true) => {
            let mnemonic = of_hex(inputs.secret(SEED.name)?.expose().trim())?;
            let phrase = mnemonic.phrase();
            (mnemonic, "mnemonic", phrase)
        }
        _ => return Err(refused(PHRASE.name, "give either this or --seed")),
    };
    let facts = [("words".to_owned(), mnemonic.words().into())].into_iter().collect();
    Ok(Answer { facts, private: BTreeMap::from([(name, text)]), ..Answer::default() })
}

fn of_hex(text: &str) -> Result<Mnemonic, KeyError> {
    let short = private_hex::<16>(text).and_then(|seed| Mnemonic::of_seed(seed.as_slice()));
    let long = || private_hex::<32>(text).and_then(|seed| Mnemonic::of_seed(seed.as_slice()));
    short.or_else(long).ok_or(KeyError::Seed("it must be 64 hex digits of a wallet, or 32 of a Session account"))
}
