//! What a secret text is, without a password and without revealing it.
use super::bls::SecretKey;
use super::derivation::{BIP44, EIP2334};
use super::execution::ExecutionKey;
use super::extended::{ExtendedKey, KeyHalf};
use crate::hexadecimal::{prefixed, secret_bytes};
use crate::keystore::Keystore;
use crate::legacy::Descriptor;
use serde_json::Value;
use std::collections::BTreeMap;
use watchdog_core::keys::phrase::{self, Phrase};
use watchdog_core::keys::{Inspection, KeyError};
use watchdog_core::secret::Secret;

pub(super) fn inspect(content: &[u8]) -> Result<Inspection, KeyError> {
    let text = phrase::text(content)?;
    let trimmed = text.expose().trim();
    if trimmed.starts_with('{') {
        return match Descriptor::parse(content) {
            Ok(found) => Ok(descriptor(&found)),
            Err(_) => Ok(keystore(&Keystore::parse(content)?)),
        };
    }
    if ["xprv", "xpub"].iter().any(|prefix| trimmed.starts_with(prefix)) {
        return Ok(extended(&ExtendedKey::parse(&text)?));
    }
    let digits = trimmed.strip_prefix("0x").unwrap_or(trimmed);
    if !digits.is_empty() && digits.bytes().all(|c| c.is_ascii_hexdigit()) {
        return hex(digits);
    }
    phrase(&text)
}

fn phrase(text: &Secret) -> Result<Inspection, KeyError> {
    let is_words = text.expose().split_whitespace().count() > 1;
    match Phrase::parse(text) {
        Ok(phrase) => Ok(phrase.inspection(&[EIP2334, BIP44])),
        Err(error) if is_words => Err(error),
        Err(_) => Err(KeyError::Unrecognised("it is no JSON, base58, hex or mnemonic".to_owned())),
    }
}

fn inspection<const N: usize>(
    format: &'static str,
    about: String,
    schemes: &[&'static str],
    facts: [(&'static str, Value); N],
) -> Inspection {
    Inspection { format, about, schemes: schemes.to_vec(), facts: BTreeMap::from(facts) }
}

fn keystore(keystore: &Keystore) -> Inspection {
    let strength = keystore.cost.strength();
    inspection(
        "eip2335_keystore",
        format!("EIP-2335 keystore under {} ({})", keystore.cost, strength.name().replace('_', " ")),
        &[EIP2334.0],
        [
            ("version", 4.into()),
            ("kdf", keystore.cost.function().into()),
            ("kdf_parameters", keystore.cost.parameters()),
            ("kdf_strength", strength.name().into()),
            ("cipher", "aes-128-ctr".into()),
            ("public_key", keystore.public_key.as_ref().map(|key| prefixed(key)).into()),
            ("path", keystore.path.as_str().into()),
            ("uuid", keystore.uuid.as_str().into()),
            ("description", keystore.description.clone().into()),
        ],
    )
}

fn descriptor(descriptor: &Descriptor) -> Inspection {
    let algorithm = descriptor.algorithm.name();
    let about = format!("key descriptor of the validator supervisor, {algorithm}");
    inspection("supervisor_key_descriptor", about, &[], [("algorithm", algorithm.into())])
}

fn extended(key: &ExtendedKey) -> Inspection {
    let (format, half) = match key.half {
        KeyHalf::Private(_) => ("bip32_extended_private_key", "private"),
        KeyHalf::Public(_) => ("bip32_extended_public_key", "public"),
    };
    let about = format!("BIP-32 extended {half} key at depth {}, checksum valid", key.depth);
    let facts = [
        ("depth", key.depth.into()),
        ("child_index", (key.child & !(1 << 31)).into()),
        ("child_is_hardened", (key.child >> 31 == 1).into()),
        ("parent_fingerprint", prefixed(&key.parent).into()),
        ("public_key", prefixed(&key.public_key()).into()),
    ];
    inspection(format, about, &[BIP44.0], facts)
}

/// A private key of either curve, or a seed: the digits alone do not tell.
fn hex(digits: &str) -> Result<Inspection, KeyError> {
    let bytes = digits.len() / 2;
    let facts = [("bytes", bytes.into())];
    if let Some(secret) = secret_bytes::<32>(digits) {
        let mut schemes = Vec::new();
        schemes.extend(SecretKey::from_bytes(&secret).map(|_| EIP2334.0));
        schemes.extend(ExecutionKey::of_secret(&secret).map(|_| BIP44.0));
        let about = "32 bytes in hex: a private key, of which curve it does not say, or a seed".to_owned();
        return Ok(inspection("raw_key", about, &schemes, facts));
    }
    match digits.len() {
        32..=128 if digits.len().is_multiple_of(2) => {
            let both = [EIP2334.0, BIP44.0];
            let schemes = if bytes < 32 { &both[1..] } else { &both[..] };
            Ok(inspection("seed", format!("{bytes} bytes in hex, as long as a seed"), schemes, facts))
        }
        _ => Err(KeyError::Unrecognised("it is hex of a length that neither keys nor seeds have".to_owned())),
    }
}
