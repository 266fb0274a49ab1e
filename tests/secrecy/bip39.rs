//! What a BIP-39 phrase stands for, worked out apart from the program.
use crate::needle::Needles;
use bip39::{Language, Mnemonic};
use sha2::Sha512;

/// Everything that must not be left of `phrase`: its words, its entropy, its seed under `passphrase`.
pub(crate) fn secrets(phrase: &str, passphrase: &str) -> Needles {
    let entropy = Mnemonic::parse_in_normalized(Language::English, phrase).unwrap().to_entropy();
    let mut seed = [0; 64];
    pbkdf2::pbkdf2_hmac::<Sha512>(phrase.as_bytes(), format!("mnemonic{passphrase}").as_bytes(), 2048, &mut seed);
    Needles::default().phrase(phrase).bytes("the entropy", &entropy).bytes("the seed", &seed)
}

/// Source: trezor/python-mnemonic `vectors.json`, the vectors that BIP-39 refers to.
#[test]
fn the_seed_that_is_searched_for_is_the_published_one() {
    let phrase = "legal winner thank year wave sausage worth useful legal winner thank yellow";
    let published = "2e8905819b8723fe2c1d161860e5ee1830318dbf49a83bd451cfb8440c28bd6fa457fe1296106559a3c80937a1c1069be3a3a5bd381ee6260e8d9739fce1f607";
    let secrets = secrets(phrase, "TREZOR");
    let found = secrets.found_in(published.as_bytes());
    assert_eq!(found.iter().filter(|(of, _)| of.ends_with("of the seed, hex")).count(), 8, "{found:?}");
}
