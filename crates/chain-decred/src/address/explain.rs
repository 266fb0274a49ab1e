//! What a text is, and what is wrong with it.
use super::{Address, AddressError, Payload};
use crate::keys::{ExtendedKey, PublicKey};
use crate::network::Network;
use crate::script;
use serde_json::{Map, Value};
use watchdog_core::chain::AddressReader;
use watchdog_core::secret::Secret;

/// Explains an address, an extended public key or a compressed public key in hex.
///
/// Fields: `form` (`address`, `extended_public_key`, `public_key`), `text` and `network`; of an
/// address `type` (`p2pkh`, `p2pk`, `p2sh`), its contents and the scripts that it stands for. With
/// `network` whatever names a network must name this one, and a bare key is shown with its
/// addresses there (on the main network otherwise).
///
/// # Errors
/// What is wrong with the text, as what it most looks like.
pub fn explain(text: &str, network: Option<Network>) -> Result<Map<String, Value>, AddressError> {
    if let Ok(key) = text.parse::<PublicKey>() {
        return Ok(of_key(key, network.unwrap_or(Network::Mainnet)));
    }
    if ExtendedKey::resembles(text) && !ExtendedKey::resembles_private(text) {
        return of_extended(text, network);
    }
    let address = match network {
        Some(network) => Address::parse_on(text, network)?,
        None => text.parse()?,
    };
    Ok(of_address(&address))
}

fn object<const N: usize>(fields: [(&str, Value); N]) -> Map<String, Value> {
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn of_key(key: PublicKey, network: Network) -> Map<String, Value> {
    object([
        ("form", "public_key".into()),
        ("text", key.to_string().into()),
        ("network", network.name().into()),
        ("algorithm", key.algorithm().name().into()),
        ("hash160", hex::encode(key.hash160()).into()),
        ("p2pkh", Address::of_key_hash(network, &key).to_string().into()),
        ("p2pk", Address::of_key(network, key).to_string().into()),
    ])
}

fn of_extended(text: &str, network: Option<Network>) -> Result<Map<String, Value>, AddressError> {
    let key = ExtendedKey::parse(&Secret::new(text.to_owned()))?;
    if let Some(expected) = network.filter(|expected| *expected != key.network()) {
        return Err(AddressError::Network { found: key.network(), expected });
    }
    Ok(object([
        ("form", "extended_public_key".into()),
        ("text", key.to_public_text().into()),
        ("network", key.network().name().into()),
        ("depth", key.depth().into()),
        ("child_number", key.child_number().into()),
        ("parent_fingerprint", hex::encode(key.parent_fingerprint()).into()),
        ("public_key", key.public_key()?.to_string().into()),
    ]))
}

fn of_address(address: &Address) -> Map<String, Value> {
    let mut fields = object([
        ("form", "address".into()),
        ("text", address.to_string().into()),
        ("network", address.network().name().into()),
        ("script_version", 0.into()),
        ("payment_script", hex::encode(script::payment(address)).into()),
    ]);
    fields.extend(match address.payload() {
        Payload::PublicKeyHash(algorithm, hash) => object([
            ("type", "p2pkh".into()),
            ("algorithm", algorithm.name().into()),
            ("hash160", hex::encode(hash).into()),
        ]),
        Payload::ScriptHash(hash) => object([("type", "p2sh".into()), ("hash160", hex::encode(hash).into())]),
        Payload::PublicKey(key) => object([
            ("type", "p2pk".into()),
            ("algorithm", key.algorithm().name().into()),
            ("public_key", key.to_string().into()),
            ("p2pkh", Address::of_key_hash(address.network(), &key).to_string().into()),
        ]),
    });
    fields.extend(script::voting_rights(address).map(|s| ("voting_rights_script".to_owned(), hex::encode(s).into())));
    fields
}

/// Explains addresses of Decred under the shared trait.
#[derive(Clone, Copy, Debug, Default)]
pub struct DecredAddresses;

impl AddressReader for DecredAddresses {
    fn explain(&self, text: &str, network: Option<&str>) -> Result<Value, String> {
        let network = network.map(Network::parse).transpose().map_err(|e| e.to_string())?;
        explain(text, network).map(Value::Object).map_err(|e| e.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "02d7e6b5f9aae54cf47d980044220f529f36092095e4288b5730ffbcb6543e7483";

    #[test]
    fn a_key_leads_to_its_addresses_and_they_lead_back() {
        let key = explain(KEY, Some(Network::Testnet3)).unwrap();
        let p2pk = explain(key["p2pk"].as_str().unwrap(), None).unwrap();
        assert_eq!((&p2pk["public_key"], &p2pk["p2pkh"]), (&KEY.into(), &key["p2pkh"]));
        assert_eq!((&p2pk["type"], &p2pk["network"]), (&"p2pk".into(), &"testnet3".into()));
        assert!(!p2pk.contains_key("voting_rights_script"));
        let p2pkh = explain(p2pk["p2pkh"].as_str().unwrap(), Some(Network::Testnet3)).unwrap();
        assert_eq!((&p2pkh["hash160"], &p2pkh["type"]), (&key["hash160"], &"p2pkh".into()));
        assert!(p2pkh.contains_key("voting_rights_script"));
    }

    #[test]
    fn an_extended_public_key_is_explained_and_a_private_one_is_not() {
        let key = ExtendedKey::root(Network::Simnet, &[7; 32]).unwrap();
        let explanation = explain(&key.to_public_text(), None).unwrap();
        assert_eq!((&explanation["form"], &explanation["depth"]), (&"extended_public_key".into(), &0.into()));
        let other = DecredAddresses.explain(&key.to_public_text(), Some("mainnet")).unwrap_err();
        assert_eq!(other, "address is of simnet, mainnet is needed here");
        assert_eq!(explain(key.to_private_text().unwrap().expose(), None), Err(AddressError::Private));
        let damaged = DecredAddresses.explain(&key.to_public_text().replace('s', "t"), None).unwrap_err();
        assert!(damaged.contains("checksum of the extended key"), "{damaged}");
        assert!(DecredAddresses.explain(KEY, Some("regnet")).unwrap_err().contains("no network `regnet`"));
    }
}
