//! Hashes.
use blake2::{Blake2s256, Digest as _};
use chain_decred::hash::{blake256, double_blake256, hash160};
use serde_json::Value;
use sha2::Sha256;
use watchdog_testkit::vectors::{Reader, Tally};

pub(crate) const READERS: &[Reader] = &[Reader { path: "blake256.json", check }];

fn check(document: &Value, tally: &mut Tally) {
    tally.cases(document, |case| {
        case.equals("kind", "ok")?;
        let message = hex::decode(case.text("message_hex")?).map_err(|e| e.to_string())?;
        case.equals("blake256", hex::encode(blake256(&message)))?;
        case.equals("double_blake256", hex::encode(double_blake256(&message)))?;
        case.equals("hash160", hex::encode(hash160(&message)))?;
        // What it must not be mixed up with.
        case.equals("sha256_for_contrast", hex::encode(Sha256::digest(&message)))?;
        case.equals("blake2s_for_contrast", hex::encode(Blake2s256::digest(&message)))
    });
}
