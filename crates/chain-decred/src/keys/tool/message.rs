//! `sign-message` and `verify-message`.
use super::{address, argument, checked, facts, refused};
use crate::address::Address;
use crate::keys::Wif;
use crate::message::{MessageError, digest, sign, verify};
use watchdog_core::keys::tool::{Answer, Argument, ArgumentKind, Inputs, Tool};
use watchdog_core::keys::{Entropy, KeyError};

const KEY: &str = "private-key";
const ADDRESS: &str = "address";
const SIGNATURE: &str = "signature";
const MESSAGE: &str = "message";

const FILE: Argument =
    argument(MESSAGE, "File whose bytes are the message, a last newline included", ArgumentKind::File);

const TO_SIGN: [Argument; 2] =
    [argument(KEY, "File with the private key in text (WIF, Pm…)", ArgumentKind::SecretFile), FILE];

const TO_VERIFY: [Argument; 3] = [
    argument(ADDRESS, "Address whose key signed (Ds…)", ArgumentKind::Text),
    argument(SIGNATURE, "The signature, base64", ArgumentKind::Text),
    FILE,
];

pub(super) const SIGN: Tool = Tool {
    name: "sign-message",
    about: "Sign a message with the key of an address, as voting services ask for it",
    arguments: &TO_SIGN,
    run: run_sign,
};

pub(super) const VERIFY: Tool = Tool {
    name: "verify-message",
    about: "Check that the key of an address signed a message; fails where it did not",
    arguments: &TO_VERIFY,
    run: run_verify,
};

fn run_sign(inputs: &Inputs, _: &mut dyn Entropy) -> Result<Answer, KeyError> {
    let wif = Wif::parse(&crate::keys::trimmed(inputs.secret(KEY)?.expose()))?;
    let network = checked(inputs, wif.network)?;
    let message = inputs.file(MESSAGE)?;
    let signature = sign(&wif.key, message).map_err(|e| refused(KEY, &e))?;
    let facts = facts([
        ("network", network.name().into()),
        ("address", Address::of_key_hash(network, &wif.key.public_key()).to_string().into()),
        ("digest", hex::encode(digest(message)).into()),
        ("signature", signature.into()),
    ]);
    Ok(Answer { facts, ..Answer::default() })
}

fn run_verify(inputs: &Inputs, _: &mut dyn Entropy) -> Result<Answer, KeyError> {
    let address = address(inputs, ADDRESS)?;
    let message = inputs.file(MESSAGE)?;
    verify(&address, inputs.text(SIGNATURE)?, message).map_err(|e| match e {
        MessageError::Address => refused(ADDRESS, &e),
        MessageError::Mismatch => KeyError::Signature(
            "it was not made over this message with the key of this address: check all three, and the end of the file",
        ),
        _ => refused(SIGNATURE, &e),
    })?;
    let facts = facts([
        ("valid", true.into()),
        ("network", address.network().name().into()),
        ("address", address.to_string().into()),
        ("digest", hex::encode(digest(message)).into()),
    ]);
    Ok(Answer { facts, ..Answer::default() })
}
