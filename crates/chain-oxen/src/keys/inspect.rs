//! What a phrase or key file is, without revealing it.
use super::{KeyFileKind, SERVICE_NODE, SESSION, WALLET};
use crate::mnemonic::{Form, Mnemonic};
use std::collections::BTreeMap;
use watchdog_core::keys::phrase;
use watchdog_core::keys::{Inspection, KeyError, KeyFile};
use zeroize::Zeroizing;

/// What `content` of the file `name` is. A key file by its name, or by its content where that is
/// hex or no text; everything else as a phrase.
pub(super) fn inspect(name: &str, content: &[u8]) -> Result<Inspection, KeyError> {
    if KeyFileKind::named(name).is_some() || !is_phrase(content) {
        let file = KeyFile { name: name.to_owned(), bytes: Zeroizing::new(content.to_vec()) };
        return key_file(&file);
    }
    let phrase = Mnemonic::parse(&phrase::text(content)?, Form::Any)?;
    Ok(mnemonic(&phrase))
}

/// Text that is not one run of hex.
fn is_phrase(content: &[u8]) -> bool {
    let hex = content.strip_prefix(b"0x").unwrap_or(content);
    let hex = hex.strip_suffix(b"\n").unwrap_or(hex);
    std::str::from_utf8(content).is_ok() && (hex.is_empty() || !hex.iter().all(u8::is_ascii_hexdigit))
}

fn key_file(file: &KeyFile) -> Result<Inspection, KeyError> {
    let kind = KeyFileKind::of(file)?;
    let key = kind.open(&file.bytes)?;
    let (format, what) = match kind {
        KeyFileKind::Ed25519 => ("oxen_key_ed25519", "identity (Ed25519), its halves belong together"),
        KeyFileKind::Bls => ("oxen_key_bls", "key of the rewards contract (BLS on BN254)"),
        KeyFileKind::Legacy => ("oxen_key", "legacy identity, not used from hard fork 21"),
    };
    let mut facts = key.facts();
    facts.insert("public_key", key.public_key().into());
    let about = format!("service-node key file `{}`: {what}", kind.file_name());
    Ok(Inspection { format, about, schemes: vec![SERVICE_NODE.0], facts })
}

fn mnemonic(phrase: &Mnemonic) -> Inspection {
    let words = phrase.words();
    let (format, scheme, what) = match words {
        13 => ("session_mnemonic", SESSION, "a Session account"),
        _ => ("oxen_mnemonic", WALLET, "an Oxen wallet"),
    };
    let checksum = if phrase.has_checksum() { "valid" } else { "absent" };
    Inspection {
        format,
        about: format!("mnemonic of {what}, {words} English words, checksum {checksum}"),
        schemes: vec![scheme.0],
        facts: BTreeMap::from([("language", "english".into()), ("words", words.into()), ("checksum", checksum.into())]),
    }
}
