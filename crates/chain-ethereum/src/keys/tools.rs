//! Key work that only this chain knows.
use super::bls::SecretKey;
use crate::hexadecimal::prefixed;
use crate::legacy::{Archive, Descriptor, LegacyError, RootKey, auth};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use watchdog_core::keys::tool::{Answer, Argument, ArgumentKind, Count, Inputs, Tool};
use watchdog_core::keys::{Entropy, KeyError};

const fn one(name: &'static str, kind: ArgumentKind, about: &'static str) -> Argument {
    Argument { name, about, kind, count: Count::One }
}

const DESCRIPTOR: Argument = one(
    "descriptor",
    ArgumentKind::File,
    "The supervisor's configuration, or its `key_descriptor` alone (`algo`, `salt`, `checksum`; YAML or JSON)",
);

const PASSWORD: Argument = one("password", ArgumentKind::SecretFile, "Password that unlocks the supervisor");

pub(super) static TOOLS: [Tool; 4] = [
    Tool {
        name: "legacy-key",
        about: "Check the password of the old validator supervisor; takes 1 GiB of memory for some seconds",
        arguments: &[DESCRIPTOR, PASSWORD],
        run: legacy_key,
    },
    Tool {
        name: "legacy-archive",
        about: "Open an encrypted backup of the old validator supervisor: keystores, passwords, slashing protection",
        arguments: &[
            DESCRIPTOR,
            one("archive", ArgumentKind::File, "The backup, as the supervisor wrote it"),
            PASSWORD,
        ],
        run: legacy_archive,
    },
    Tool {
        name: "legacy-auth",
        about: "Answer the login challenge of a running old validator supervisor",
        arguments: &[
            one("challenge", ArgumentKind::Text, "What `get_auth_challenge` returned"),
            one("key", ArgumentKind::SecretFile, "The user's key, as it stands under `rpc_users`"),
        ],
        run: legacy_auth,
    },
    Tool {
        name: "interop-key",
        about: "Key of a validator on a development network, known to everybody: never stake with it",
        arguments: &[one("index", ArgumentKind::Text, "Number of the validator, from 0")],
        run: interop_key,
    },
];

fn facts(facts: Value) -> Map<String, Value> {
    match facts {
        Value::Object(facts) => facts,
        _ => Map::new(),
    }
}

fn unlocked(inputs: &Inputs) -> Result<(Descriptor, RootKey), KeyError> {
    let descriptor = Descriptor::parse(inputs.file("descriptor")?)?;
    let key = RootKey::derive(&descriptor, inputs.secret("password")?)?;
    Ok((descriptor, key))
}

fn legacy_key(inputs: &Inputs, _: &mut dyn Entropy) -> Result<Answer, KeyError> {
    let (descriptor, key) = unlocked(inputs)?;
    let facts = facts(json!({
        "algorithm": descriptor.algorithm.name(),
        "passes": descriptor.algorithm.passes(),
        "memory_bytes": descriptor.algorithm.memory_bytes(),
        "password": "right",
        "backup_key_fingerprint": hex::encode(key.backup_key().fingerprint()),
    }));
    Ok(Answer { facts, ..Answer::default() })
}

fn legacy_archive(inputs: &Inputs, _: &mut dyn Entropy) -> Result<Answer, KeyError> {
    let (_, key) = unlocked(inputs)?;
    let archive = Archive::open(&key.backup_key(), inputs.file("archive")?)?;
    let made = jiff::Timestamp::from_second(archive.timestamp.into()).map(|at| at.to_string());
    let listed: Vec<_> =
        archive.files.iter().map(|(path, content)| json!({ "path": path, "bytes": content.len() })).collect();
    let facts = facts(json!({
        "timestamp": archive.timestamp,
        "made_at": made.ok(),
        "backup_key_fingerprint": hex::encode(key.backup_key().fingerprint()),
        "files": listed,
        "missing": archive.missing(),
    }));
    Ok(Answer { facts, files: archive.files, ..Answer::default() })
}

fn legacy_auth(inputs: &Inputs, _: &mut dyn Entropy) -> Result<Answer, KeyError> {
    let response = auth::response(inputs.text("challenge")?, inputs.secret("key")?);
    let response =
        response.map_err(|error: LegacyError| KeyError::Argument { argument: "key", reason: error.to_string() })?;
    Ok(Answer { facts: facts(json!({ "response": response })), ..Answer::default() })
}

fn interop_key(inputs: &Inputs, _: &mut dyn Entropy) -> Result<Answer, KeyError> {
    let wrong = |reason: &str| KeyError::Argument { argument: "index", reason: reason.to_owned() };
    let index =
        inputs.text("index")?.parse().map_err(|_| wrong("it must be a number from 0 to 18446744073709551615"))?;
    let key = SecretKey::interop(index).ok_or_else(|| wrong("this index has no key: take another"))?;
    let public = key.public_key();
    let facts = facts(json!({
        "index": index,
        "public_key": public.to_string(),
        "bls_withdrawal_credentials": prefixed(&public.withdrawal_credentials()),
        "warning": "everybody knows this private key: for development networks only",
    }));
    Ok(Answer { facts, private: BTreeMap::from([("private_key", key.to_hex())]), ..Answer::default() })
}
