//! Signed messages.
use crate::keys::network;
use chain_decred::address::Address;
use chain_decred::algorithm::Algorithm;
use chain_decred::keys::PrivateKey;
use chain_decred::message::{MessageError, digest, sign, verify};
use serde_json::Value;
use watchdog_testkit::vectors::{Case, Reader, Tally};

pub(crate) const READERS: &[Reader] = &[Reader { path: "message_signature.json", check }];

fn check(document: &Value, tally: &mut Tally) {
    tally.cases(document, |case| {
        let message = case.text("message")?.as_bytes();
        let address = Address::parse_on(case.text("address")?, network(case)?).map_err(|e| e.to_string())?;
        let verified = verify(&address, case.text("signature_base64")?, message);
        case.equals("valid", verified.is_ok())?;
        match (case.text("kind")?, verified) {
            ("ok", Ok(())) => signs(case, address, message),
            ("error", Err(MessageError::Mismatch)) => Ok(()),
            (kind, outcome) => Err(format!("{kind}: {outcome:?}")),
        }
    });
}

fn signs(case: Case<'_>, address: Address, message: &[u8]) -> Result<(), String> {
    let bytes = hex::decode(case.text("privkey_hex")?).map_err(|e| e.to_string())?;
    let bytes = bytes.try_into().map_err(|_| "a private key has 32 bytes".to_owned())?;
    let key = PrivateKey::new(Algorithm::Ecdsa, &bytes).ok_or("no private key")?;
    case.equals("address", Address::of_key_hash(address.network(), &key.public_key()).to_string())?;
    case.equals("digest", hex::encode(digest(message)))?;
    case.equals("signature_base64", sign(&key, message).map_err(|e| e.to_string())?)
}
