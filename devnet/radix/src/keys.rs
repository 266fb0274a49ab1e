//! Throw-away keys. Nothing made here may ever hold anything of value.

use radix_common::crypto::{Ed25519PrivateKey, IsHash, Secp256k1PrivateKey, hash};
use sha2::{Digest, Sha512};

/// The well-known phrase of zero entropy. Everybody knows it: the account behind it is worthless anywhere but here.
pub const OWNER_PHRASE: &str = "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon \
abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon art";

/// A secp256k1 key that depends on the label and the seed alone.
pub fn node_key(label: &str, seed: u64) -> Secp256k1PrivateKey {
    let mut counter = 0_u64;
    loop {
        let digest = hash(format!("radix-devnet {label} {seed} {counter}"));
        if let Ok(key) = Secp256k1PrivateKey::from_bytes(digest.as_bytes()) {
            return key;
        }
        counter += 1;
    }
}

/// The account key of [`OWNER_PHRASE`] at `m/44'/1022'/{network}'/525'/1460'/{index}'` (SLIP-0010, ed25519).
pub fn owner_key(network_id: u8, index: u32) -> Ed25519PrivateKey {
    account_key(OWNER_PHRASE, network_id, index)
}

fn account_key(phrase: &str, network_id: u8, index: u32) -> Ed25519PrivateKey {
    let seed = phrase_seed(phrase);
    let mut node = hmac_sha512(b"ed25519 seed", &[&seed]);
    for component in [44, 1022, u32::from(network_id), 525, 1460, index] {
        let (key, chain_code) = node.split_at(32);
        let hardened = (component | 0x8000_0000_u32).to_be_bytes();
        node = hmac_sha512(chain_code, &[&[0], key, &hardened]);
    }
    let mut bytes = [0_u8; 32];
    bytes.copy_from_slice(&node[..32]);
    Ed25519PrivateKey::from_bytes(&bytes).unwrap_or_else(|()| unreachable!("32 bytes are an ed25519 key"))
}

/// BIP-39: PBKDF2-HMAC-SHA512, 2048 rounds, no passphrase, one block.
fn phrase_seed(phrase: &str) -> [u8; 64] {
    let mut round = hmac_sha512(phrase.as_bytes(), &[b"mnemonic", &1_u32.to_be_bytes()]);
    let mut seed = round;
    for _ in 1..2048 {
        round = hmac_sha512(phrase.as_bytes(), &[&round]);
        for (byte, other) in seed.iter_mut().zip(round) {
            *byte ^= other;
        }
    }
    seed
}

fn hmac_sha512(key: &[u8], parts: &[&[u8]]) -> [u8; 64] {
    let mut block = [0_u8; 128];
    if key.len() > block.len() {
        block[..64].copy_from_slice(&Sha512::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let mut inner = Sha512::new();
    inner.update(block.map(|byte| byte ^ 0x36));
    for part in parts {
        inner.update(part);
    }
    let mut outer = Sha512::new();
    outer.update(block.map(|byte| byte ^ 0x5c));
    outer.update(inner.finalize());
    outer.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_account_key_is_the_one_wallets_derive() {
        // source: radix-engine-toolkit 2.3.5 and bip_utils 2.12.3, case 1 of the account vectors
        let phrase = "final parent confirm pool gloom fiction street snake soon vanish brand ask";
        assert_eq!(
            hex::encode(account_key(phrase, 1, 0).to_bytes()),
            "d2a894b30c5aa944aa0e0c0ea1129fb81dc800234e194ab0e5c1f0151a81edab"
        );
    }
}
