//! What is this text, and what is wrong with it.
use super::{AccountId, Address, AddressError, EvmAddress, Kind, SnodeName, exactly, point};
use crate::bls;
use crate::network::Network;
use serde::Serialize;
use watchdog_core::chain::AddressReader;

/// What a text is. Fields that do not apply are absent.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Explanation {
    /// What it is: `address`, `session_account_id`, `snode_name`, `ethereum_address`,
    /// `ed25519_public_key`, `bls_public_key`.
    pub form: &'static str,
    /// The one spelling of it.
    pub text: String,
    /// Of a wallet address: its network. One of `localdev` is shown as of `devnet` unless asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network: Option<&'static str>,
    /// Of a wallet address: `standard`, `integrated` or `subaddress`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<&'static str>,
    /// Of a wallet address: the number that it begins with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix: Option<u64>,
    /// Of a wallet address: public spend key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spend_public_key: Option<String>,
    /// Of a wallet address: public view key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub view_public_key: Option<String>,
    /// Of an integrated address: the payment id, 8 bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment_id: Option<String>,
    /// Of a service node: its Ed25519 public key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ed25519_public_key: Option<String>,
    /// Of a service node or Session account: its X25519 public key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub x25519_public_key: Option<String>,
    /// Of a service node: its name in lokinet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub snode: Option<String>,
}

impl Explanation {
    fn new(form: &'static str, text: String) -> Self {
        Self { form, text, ..Self::default() }
    }
}

/// Explains a wallet address, Session account id, service-node name or key, or Ethereum address.
///
/// With `network` a wallet address must belong to it; the other forms belong to no network.
///
/// # Errors
/// What is wrong with the text, as what it most looks like.
pub fn explain(text: &str, network: Option<Network>) -> Result<Explanation, AddressError> {
    if text.starts_with("0x") || text.starts_with("0X") {
        return text.parse().map(|address: EvmAddress| Explanation::new("ethereum_address", address.to_string()));
    }
    if SnodeName::is_likely(text) {
        return text.parse().map(|name: SnodeName| of_node("snode_name", name.to_string(), name));
    }
    if text.len() >= 60 && text.bytes().all(|c| c.is_ascii_hexdigit()) {
        return of_hex(text);
    }
    let address = Address::parse(text)?;
    network.map_or(Ok(address), |network| address.on(network)).map(|address| of_address(&address))
}

/// So long a text of hex digits alone is no base58: `0` is no digit there, and every key has some.
fn of_hex(text: &str) -> Result<Explanation, AddressError> {
    match text.len() {
        64 => {
            let key = exactly(text).filter(|key| point(key).is_some()).ok_or(AddressError::Key(32))?;
            Ok(of_node("ed25519_public_key", hex::encode(key), SnodeName::new(key)))
        }
        128 => {
            let key = exactly(text).and_then(|key| bls::PublicKey::from_bytes(&key)).ok_or(AddressError::Key(64))?;
            Ok(Explanation::new("bls_public_key", key.to_string()))
        }
        _ => text.parse().map(|id: AccountId| Explanation {
            x25519_public_key: Some(hex::encode(id.key())),
            ..Explanation::new("session_account_id", id.to_string())
        }),
    }
}

fn of_node(form: &'static str, text: String, name: SnodeName) -> Explanation {
    Explanation {
        ed25519_public_key: Some(hex::encode(name.key())),
        x25519_public_key: point(name.key()).map(|point| hex::encode(point.to_montgomery().as_bytes())),
        snode: Some(name.to_string()),
        ..Explanation::new(form, text)
    }
}

fn of_address(address: &Address) -> Explanation {
    let payment_id = match address.kind() {
        Kind::Integrated(id) => Some(hex::encode(id)),
        Kind::Standard | Kind::Subaddress => None,
    };
    Explanation {
        network: Some(address.network().name()),
        kind: Some(address.kind().name()),
        prefix: Some(address.prefix()),
        spend_public_key: Some(hex::encode(address.spend_key())),
        view_public_key: Some(hex::encode(address.view_key())),
        payment_id,
        ..Explanation::new("address", address.to_string())
    }
}

/// Explains addresses of Oxen and Session under the shared trait.
#[derive(Clone, Copy, Debug, Default)]
pub struct OxenAddresses;

impl AddressReader for OxenAddresses {
    fn explain(&self, text: &str, network: Option<&str>) -> Result<serde_json::Value, String> {
        let named = |name: &str| Network::parse(name).ok_or_else(|| AddressError::UnknownNetwork(name.to_owned()));
        let explanation = network.map(named).transpose().and_then(|network| explain(text, network));
        let explanation = explanation.map_err(|e| e.to_string())?;
        serde_json::to_value(explanation).map_err(|e| e.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAINNET: &str =
        "LCFxT37LAogDn1jLQKf4y7aAqfi21DjovX9qyijaLYQSdrxY1U5VGcnMJMjWrD9RhjeK5Lym67wZ73uh9AujXLQ1RKmXEyL";
    const DEVNET: &str =
        "dV3EhSE1xXgSzswBgVioqFNTfcqGopvTrcYjs4YDLHUfU64DuHxFoEmbwoyipTidGiTXx5EuYdgzZhDLMTo9uEv82M4A7Uimp";
    const NODE: &str = "7bde9cea6b67102597a75d523420c28f202b800176d065724e444683d62a1e9b";

    #[test]
    fn every_form_is_told_apart() {
        for (text, form) in [
            (MAINNET, "address"),
            ("05d2ad010eeb72d72e561d9de7bd7b6989af77dcabffa03a5111a6c859ae5c3a72", "session_account_id"),
            ("xxxj34umchenmf78mijdeegnthonzyybq5egkh1qetde8itkd4po.snode", "snode_name"),
            ("0x2febcaa9a960CAbD561c084b9e5Fc0Bb55d0e958", "ethereum_address"),
            (NODE, "ed25519_public_key"),
            (
                "2f00351089f0ff1055c87834b6a9bbfdc272dee290adb578200a7e824398aaa90c75ce85786c4cd7c41098cba895c43343ffe78208aba8ec14c8774406cbe489",
                "bls_public_key",
            ),
        ] {
            let explanation = explain(text, Some(Network::Mainnet)).unwrap();
            assert_eq!((explanation.form, explanation.text.as_str()), (form, text));
        }
    }

    #[test]
    fn a_node_is_shown_with_both_its_keys_and_its_name() {
        let node = explain(NODE, None).unwrap();
        let name = explain(node.snode.as_deref().unwrap(), None).unwrap();
        assert_eq!(name.ed25519_public_key.as_deref(), Some(NODE));
        let x25519 = "932937503bb863976a8ed7c727ef2f1abc6418fcdbaa85e7a5ee922ded03031d";
        assert_eq!(node.x25519_public_key.as_deref(), Some(x25519));
        assert_eq!(name.x25519_public_key, node.x25519_public_key);
    }

    #[test]
    fn devnet_and_localdev_share_their_addresses_and_no_other_networks_do() {
        let shown = |network| explain(DEVNET, network).map(|explanation| explanation.network);
        assert_eq!(shown(None), Ok(Some("devnet")));
        assert_eq!(shown(Some(Network::Localdev)), Ok(Some("localdev")));
        let (found, expected) = (Network::Devnet, Network::Mainnet);
        assert_eq!(shown(Some(expected)), Err(AddressError::Network { found, expected }));
    }

    #[test]
    fn a_refusal_says_what_is_wrong() {
        let says = |text: &str| explain(text, None).unwrap_err();
        assert_eq!(says(""), AddressError::Empty);
        assert_eq!(says(&MAINNET[..94]), AddressError::Length);
        assert_eq!(says(&MAINNET.replace("LCFx", "LCFy")), AddressError::Checksum);
        assert_eq!(says(&MAINNET.replace("LCFx", "LCF0")), AddressError::Character { character: '0', place: 4 });
        assert_eq!(says(&MAINNET.replace("LCFxT37LAog", "zzzzzzzzzzz")), AddressError::Overflow { block: 1 });
        // Source: address of the Monero project's donations.
        let monero = "44AFFq5kSiGBoZ4NMDwYtN18obc8AemS33DBLWs3H7otXft3XjrpDtQGv7SqSsaBYBb98uNbr2VBBEt7f2wfn3RVGQBEP3A";
        assert_eq!(says(monero), AddressError::Prefix(18));
        assert_eq!(says(&format!("03{NODE}")), AddressError::AccountId);
        assert_eq!(says(&format!("02{}", "00".repeat(31))), AddressError::Key(32));
        assert_eq!(says(&NODE.repeat(2)), AddressError::Key(64));
        assert_eq!(says("0X2febcaa9a960cabd561c084b9e5fc0bb55d0e958"), AddressError::EvmForm);
        let error = OxenAddresses.explain(NODE, Some("mainet")).unwrap_err();
        assert!(error.contains("no network `mainet`"), "{error}");
    }
}
