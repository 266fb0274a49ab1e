//! What is this text, and what is wrong with it.
use super::{AddressError, ExecutionAddress, WithdrawalCredentials};
use crate::hexadecimal;
use crate::keys::bls::PublicKey;
use crate::network;
use serde_json::{Value, json};
use watchdog_core::chain::AddressReader;

/// Explains addresses of Ethereum, which are the same on every network.
#[derive(Clone, Copy, Debug, Default)]
pub struct EthereumAddresses;

impl AddressReader for EthereumAddresses {
    fn explain(&self, text: &str, network: Option<&str>) -> Result<Value, String> {
        if let Some(name) = network {
            network::checked(name).map_err(|error| error.to_string())?;
        }
        explain(text).map_err(|error| error.to_string())
    }
}

/// Explains the address of an account (`kind` is `execution_address`), the public key of a validator
/// (`consensus_public_key`) or withdrawal credentials (`withdrawal_credentials`).
///
/// # Errors
/// What is wrong with the text, as what its length makes it look like.
pub fn explain(text: &str) -> Result<Value, AddressError> {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    let is_hex = digits.bytes().all(|c| c.is_ascii_hexdigit());
    match digits.len() {
        64 if is_hex => hexadecimal::exactly(text).ok_or(AddressError::WithdrawalType).and_then(credentials),
        96 if is_hex => Ok(public_key(&text.parse()?)),
        _ => address(text),
    }
}

fn address(text: &str) -> Result<Value, AddressError> {
    let read = ExecutionAddress::parse(text)?;
    Ok(json!({
        "kind": "execution_address",
        "text": read.address.to_string(),
        "payload": hexadecimal::prefixed(read.address.as_bytes()),
        "is_checksummed": read.is_checksummed,
    }))
}

fn public_key(key: &PublicKey) -> Value {
    json!({
        "kind": "consensus_public_key",
        "text": key.to_string(),
        "bls_withdrawal_credentials": hexadecimal::prefixed(&key.withdrawal_credentials()),
    })
}

fn credentials(bytes: [u8; 32]) -> Result<Value, AddressError> {
    let credentials = WithdrawalCredentials::new(bytes)?;
    let mut facts = json!({
        "kind": "withdrawal_credentials",
        "text": credentials.to_string(),
        "credentials_type": credentials.name(),
    });
    if let (Some(facts), Some(address)) = (facts.as_object_mut(), credentials.address()) {
        facts.insert("execution_address".to_owned(), address.to_string().into());
    }
    Ok(facts)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADDRESS: &str = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";

    fn credentials(prefix: &str, padding: &str) -> String {
        prefix.to_owned() + padding + &ADDRESS[2..]
    }

    #[test]
    fn every_kind_is_told_apart() {
        let key = "a99a76ed7796f7be22d5b7e85deeb7c5677e88e511e0b337618f8c4eb61349b4bf2d153f649f7b53359fe8b94a38e44c";
        for (text, kind) in [
            (ADDRESS.to_owned(), "execution_address"),
            (key.to_owned(), "consensus_public_key"),
            ("0x".to_owned() + key, "consensus_public_key"),
            ("0x00".to_owned() + &"5a".repeat(31), "withdrawal_credentials"),
            (credentials("0x01", &"00".repeat(11)), "withdrawal_credentials"),
            (credentials("02", &"00".repeat(11)), "withdrawal_credentials"),
        ] {
            assert_eq!(explain(&text).unwrap()["kind"], kind, "{text}");
        }
    }

    #[test]
    fn withdrawal_credentials_show_the_account_with_its_checksum() {
        for (prefix, name) in [("0x01", "execution"), ("0x02", "compounding")] {
            let facts = explain(&credentials(prefix, &"00".repeat(11)).to_lowercase()).unwrap();
            assert_eq!((facts["credentials_type"].as_str(), facts["execution_address"].as_str()), {
                (Some(name), Some(ADDRESS))
            });
        }
        let padded = explain(&credentials("0x01", &("00".repeat(10) + "01")));
        assert_eq!(padded, Err(AddressError::WithdrawalPadding(1)));
    }

    #[test]
    fn a_private_key_given_by_mistake_is_not_repeated() {
        let key = "2b".repeat(32);
        let error = EthereumAddresses.explain(&key, None).unwrap_err();
        assert!(error.contains("show it to nobody") && !error.contains("2b2b"), "{error}");
    }

    #[test]
    fn a_network_that_does_not_exist_is_refused() {
        assert!(EthereumAddresses.explain(ADDRESS, Some("chiado")).is_ok());
        assert!(EthereumAddresses.explain(ADDRESS, Some("goerli")).unwrap_err().contains("no network `goerli`"));
    }
}
