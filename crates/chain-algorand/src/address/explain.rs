//! What is this text, and what is wrong with it.
use super::{Address, AddressError};
use crate::keys::PublicKey;
use crate::network;
use data_encoding::HEXLOWER_PERMISSIVE;
use serde_json::{Value, json};
use watchdog_core::chain::AddressReader;

/// Explains an address, a public key in hex (64 digits) or the number of an application.
///
/// `kind` of the answer is `account`, `zero_address` or `application_account`. An address does not
/// tell whether it is that of a key, an application, a multisig or a logic signature; where
/// `is_public_key` is false it is certainly not that of a key.
///
/// # Errors
/// What is wrong with the text, as what it most looks like.
pub fn explain(text: &str) -> Result<Value, AddressError> {
    if let Some(app_id) = application(text) {
        return Ok(with(described(Address::of_application(app_id), "application_account"), "app_id", app_id.into()));
    }
    if let Some(bytes) = hex_key(text) {
        let key = PublicKey::new(bytes).map_err(|_| AddressError::NoKey)?;
        return Ok(described(key.address(), "account"));
    }
    let address: Address = text.parse()?;
    Ok(described(address, if address.is_zero() { "zero_address" } else { "account" }))
}

/// The number of an application: it starts with no zero and no sign.
fn application(text: &str) -> Option<u64> {
    text.parse().ok().filter(|_| text.starts_with(|c: char| matches!(c, '1'..='9')))
}

fn hex_key(text: &str) -> Option<[u8; 32]> {
    HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok()?.try_into().ok()
}

fn described(address: Address, kind: &str) -> Value {
    json!({
        "form": "address",
        "text": address.to_string(),
        "kind": kind,
        "payload": hex::encode(address.as_bytes()),
        "checksum": hex::encode(address.checksum()),
        "is_public_key": PublicKey::new(*address.as_bytes()).is_ok(),
    })
}

fn with(mut explanation: Value, field: &str, value: Value) -> Value {
    if let Some(fields) = explanation.as_object_mut() {
        fields.insert(field.to_owned(), value);
    }
    explanation
}

/// Explains addresses of Algorand under the shared trait. An address is the same on every network,
/// so that a network needs only to exist.
#[derive(Clone, Copy, Debug, Default)]
pub struct AlgorandAddresses;

impl AddressReader for AlgorandAddresses {
    fn explain(&self, text: &str, network: Option<&str>) -> Result<Value, String> {
        network.map(network::check).transpose().map_err(|e| e.to_string())?;
        explain(text).map_err(|e| e.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ZERO: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAY5HFKQ";
    const ACCOUNT: &str = "HNVCPPGOW2SC2YVDVDICU3YNONSTEFLXDXREHJR2YBEKDC2Z3IUZSC6YGI";
    const KEY: &str = "3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29";

    #[test]
    fn account_zero_address_key_and_application_are_told_apart() {
        let account = explain(ACCOUNT).unwrap();
        assert_eq!((&account["kind"], &account["payload"]), (&json!("account"), &json!(KEY)));
        assert_eq!(account["is_public_key"], true);
        assert_eq!(explain(KEY).unwrap(), account);
        let zero = explain(ZERO).unwrap();
        assert_eq!((&zero["kind"], &zero["is_public_key"]), (&json!("zero_address"), &json!(false)));
        let application = explain("1").unwrap();
        assert_eq!(application["kind"], "application_account");
        assert_eq!(application["text"], "WCS6TVPJRBSARHLN2326LRU5BYVJZUKI2VJ53CAWKYYHDE455ZGKANWMGM");
    }

    #[test]
    fn a_refusal_says_what_is_wrong() {
        let says = |text: &str, network| AlgorandAddresses.explain(text, network).unwrap_err();
        assert!(says("", None).contains("empty"));
        for text in ["-1", "+1", "01"] {
            assert!(says(text, None).contains("2 characters"), "{text}");
        }
        assert!(says(&ZERO.replace("Y5", "5Y"), None).contains("checksum"));
        assert!(says(&ZERO.replace("KQ", "KR"), None).contains(ZERO));
        assert!(says(&ZERO.to_lowercase(), None).contains("capital letters"));
        assert!(says(&"02".repeat(32), None).contains("no public key"));
        assert!(says(ZERO, Some("stokenet")).contains("no network `stokenet`"));
        assert!(AlgorandAddresses.explain(ZERO, Some("testnet")).is_ok());
    }
}
