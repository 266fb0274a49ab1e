//! What a keystore asks for, read apart from the decoder.
use serde_json::{Map, Value};

/// Most work that a fuzzer pays for: one that stretches passwords does nothing else.
const CHEAP: u128 = 1 << 14;
/// More work than any keystore may ask for: 16 GiB of scrypt, or as many rounds of PBKDF2.
const HOSTILE: u128 = 1 << 27;

/// Whether it is a keystore that asks for next to no work.
pub(crate) fn is_cheap(keystore: &Value) -> bool {
    keystore.get("crypto").is_some() && work(keystore) <= CHEAP
}

/// Whether a decoder must refuse it without working for it.
pub(crate) fn is_hostile(keystore: &Value) -> bool {
    work(keystore) > HOSTILE
}

/// `n·r·p` of scrypt (128 bytes each) or the rounds of PBKDF2, at any depth; what is no such number counts as nothing,
/// for no decoder may take it for one.
fn work(value: &Value) -> u128 {
    let Some(fields) = value.as_object() else { return 0 };
    let number = |name: &str| fields.get(name).and_then(Value::as_u64).map(u128::from);
    let product = |names: &[&str]| names.iter().filter_map(|name| number(name)).fold(1, u128::saturating_mul);
    let here = product(&["n", "r", "p"]).max(product(&["c"]));
    Map::values(fields).map(work).fold(here, u128::max)
}

#[test]
fn cheap_usual_and_hostile_keystores_are_told_apart() {
    let scrypt = |n: u64| serde_json::json!({ "crypto": { "kdf": { "params": { "n": n, "r": 8, "p": 1 } } } });
    assert!(is_cheap(&scrypt(2)) && !is_hostile(&scrypt(2)));
    assert!(!is_cheap(&scrypt(1 << 18)) && !is_hostile(&scrypt(1 << 18)));
    assert!(is_hostile(&scrypt(u64::MAX)));
    assert!(is_hostile(&serde_json::json!({ "crypto": { "kdf": { "params": { "c": 1_u64 << 40 } } } })));
}
