//! What a secret text is, without revealing it.
use super::derivation::SCHEMES;
use super::extended::ExtendedKey;
use super::seed::Seed;
use super::trimmed;
use super::wif::Wif;
use crate::address::Address;
use std::collections::BTreeMap;
use watchdog_core::keys::{Inspection, KeyError, phrase};
use watchdog_core::secret::Secret;

/// Recognises seed words, a hex seed, an extended key and a private key in text.
///
/// # Errors
/// What is wrong with it, where it begins like one of these; [`KeyError::Unrecognised`] otherwise.
pub(super) fn inspect(content: &[u8]) -> Result<Inspection, KeyError> {
    let text = trimmed(phrase::text(content)?.expose());
    if ExtendedKey::resembles(text.expose()) {
        return extended(&text);
    }
    if Wif::resembles(text.expose()) {
        return wif(&text);
    }
    let in_words = text.expose().contains(' ');
    let is_hex = !text.expose().is_empty() && text.expose().bytes().all(|c| c.is_ascii_hexdigit());
    if in_words || is_hex {
        return Seed::parse(&text).map(|seed| seed.inspection(in_words, &SCHEMES));
    }
    Err(KeyError::Unrecognised(
        "give 33 words with single blanks, a seed in hex, an extended key (dprv…, dpub…) or a private key (Pm…)"
            .to_owned(),
    ))
}

fn extended(text: &Secret) -> Result<Inspection, KeyError> {
    let key = ExtendedKey::parse(text)?;
    let (network, depth, number) = (key.network(), key.depth(), key.child_number());
    let kind = if key.is_private() { "private" } else { "public" };
    let hardened = number >> 31 == 1;
    let child = format!("{}{}", number & (u32::MAX >> 1), if hardened { "'" } else { "" });
    Ok(Inspection {
        format: if key.is_private() { "decred_extended_private_key" } else { "decred_extended_public_key" },
        about: format!("Decred extended {kind} key of {network}, depth {depth}, child {child}"),
        schemes: SCHEMES.iter().map(|scheme| scheme.0).collect(),
        facts: BTreeMap::from([
            ("network", network.name().into()),
            ("depth", depth.into()),
            ("child_number", number.into()),
            ("child", child.into()),
            ("parent_fingerprint", hex::encode(key.parent_fingerprint()).into()),
            ("fingerprint", hex::encode(key.fingerprint()).into()),
            ("private", key.is_private().into()),
            ("public_key", key.public_key()?.to_string().into()),
        ]),
    })
}

fn wif(text: &Secret) -> Result<Inspection, KeyError> {
    let wif = Wif::parse(text)?;
    let public = wif.key.public_key();
    let algorithm = public.algorithm();
    Ok(Inspection {
        format: "decred_wif",
        about: format!("Decred private key of {}, {algorithm}", wif.network),
        schemes: SCHEMES.iter().map(|scheme| scheme.0).collect(),
        facts: BTreeMap::from([
            ("network", wif.network.name().into()),
            ("algorithm", algorithm.name().into()),
            ("public_key", public.to_string().into()),
            ("address", Address::of_key_hash(wif.network, &public).to_string().into()),
        ]),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::Network;
    use watchdog_core::keys::path::DerivationPath;

    fn format(text: &str) -> Result<&'static str, &'static str> {
        inspect(text.as_bytes()).map(|i| i.format).map_err(|e| e.code())
    }

    #[test]
    fn every_format_is_told_apart_and_nothing_private_is_shown() {
        let seed = Seed::new(&[7; 32]).unwrap();
        let path: DerivationPath = "m/44'/42'/5'".parse().unwrap();
        let key = ExtendedKey::root(Network::Mainnet, seed.as_bytes()).unwrap().derive(&path).unwrap();
        let wif = Wif { network: Network::Simnet, key: key.private_key().unwrap() }.to_text();
        let private = key.to_private_text().unwrap();
        for (text, expected) in [
            (seed.to_words(), "decred_seed_words"),
            (seed.to_hex(), "decred_seed_hex"),
            (private.clone(), "decred_extended_private_key"),
            (Secret::new(key.to_public_text()), "decred_extended_public_key"),
            (wif.clone(), "decred_wif"),
        ] {
            assert_eq!(format(text.expose()), Ok(expected));
            let shown = serde_json::to_string(&inspect(text.expose().as_bytes()).unwrap()).unwrap();
            for secret in [seed.to_hex(), private.clone(), wif.clone(), key.private_key().unwrap().to_hex()] {
                assert!(!shown.contains(secret.expose()), "{expected}");
            }
        }
        let facts = inspect(private.expose().as_bytes()).unwrap().facts;
        assert_eq!((&facts["depth"], &facts["child"]), (&3.into(), &"5'".into()));
        assert_eq!(facts["network"], "mainnet");
    }

    #[test]
    fn what_begins_like_a_format_is_refused_as_that_format() {
        assert_eq!(format("PmQdGRXNZdAgEqwDZMLAF2XSQRLFeSFKi4HLPbdW3kC66HegjYtxz"), Err("key_invalid"));
        assert_eq!(format(&format!("dprv{}", "3".repeat(107))), Err("key_invalid"));
        assert_eq!(format("aardvark adroitness"), Err("word_count"));
        assert_eq!(format("00"), Err("seed_invalid"));
        assert_eq!(format("something"), Err("unrecognised"));
        assert_eq!(format(""), Err("unrecognised"));
        assert_eq!(inspect(&[0xff]).map(|i| i.format).map_err(|e| e.code()), Err("unrecognised"));
    }
}
