//! Verifies a signature.
use super::{DOMAIN, MESSAGE, domain};
use crate::address::Address;
use crate::keys::{NotASignature, PublicKey, Signature, verifies};
use serde_json::{Map, Value};
use watchdog_core::keys::tool::{Answer, Argument, ArgumentKind, Count, Inputs, Tool};
use watchdog_core::keys::{Entropy, KeyError};

/// `tanist keys tool algorand verify`.
pub(super) const TOOL: Tool = Tool {
    name: "verify",
    about: "Check that a signature over the bytes of a file is of the key of an account",
    arguments: &[
        Argument { name: "address", about: "Address", kind: ArgumentKind::Text, count: Count::One },
        MESSAGE,
        Argument { name: "signature", about: "Signature, base64 or hex", kind: ArgumentKind::Text, count: Count::One },
        DOMAIN,
    ],
    run,
};

/// Verifies. A signature that does not hold is an error, so that a script cannot miss it.
fn run(inputs: &Inputs, _: &mut dyn Entropy) -> Result<Answer, KeyError> {
    let (name, domain) = domain(inputs)?;
    let refused = |argument, reason: String| KeyError::Argument { argument, reason };
    let address: Address =
        inputs.text("address")?.parse().map_err(|e: crate::address::AddressError| refused("address", e.to_string()))?;
    if PublicKey::new(*address.as_bytes()).is_err() {
        return Err(refused("address", "it is of no key, only keys sign".to_owned()));
    }
    let signature: Signature =
        inputs.text("signature")?.trim().parse().map_err(|e: NotASignature| refused("signature", e.to_string()))?;
    if !verifies(&address, domain, inputs.file("message")?, &signature) {
        return Err(KeyError::Signature(
            "it is not of this address over this message in this domain: check all three, and whether the account was \
             rekeyed to another key",
        ));
    }
    let facts: [(&str, Value); 3] =
        [("address", address.to_string().into()), ("domain", name.into()), ("valid", true.into())];
    let facts = facts.into_iter().map(|(name, value)| (name.to_owned(), value));
    Ok(Answer { facts: facts.collect::<Map<_, _>>(), ..Answer::default() })
}
