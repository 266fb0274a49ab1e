//! What is this text, and what is wrong with it.
use super::{AccountAddress, Address, AddressError, HashId, LocalId, NodeAddress, NonFungibleId, OlympiaAddress};
use super::{HashKind, ValidatorAddress};
use crate::keys::{NodeKey, PublicKey};
use crate::network::Network;
use schemars::JsonSchema;
use serde::Serialize;
use watchdog_core::chain::AddressReader;

/// What a text is. Fields that do not apply are absent.
#[derive(Clone, Debug, Default, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Explanation {
    /// What it is: `address`, `node_address`, `olympia_address`, `intent_hash`,
    /// `signed_intent_hash`, `subintent_hash`, `notarized_transaction_hash`, `local_id`,
    /// `non_fungible_id`, `public_key`.
    pub form: &'static str,
    /// The one spelling of it.
    pub text: String,
    /// Network by name or number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network: Option<Network>,
    /// Network number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network_id: Option<u8>,
    /// Type of entity: `GlobalValidator`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entity_type: Option<&'static str>,
    /// Bytes inside, hex.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payload: Option<String>,
    /// Of a validator: the badge of its owner.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner_badge: Option<String>,
    /// Of a key: its account on the network.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Of a secp256k1 key: the address of a node that holds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_address: Option<String>,
}

impl Explanation {
    fn new(form: &'static str, text: String) -> Self {
        Self { form, text, ..Self::default() }
    }

    fn of(form: &'static str, text: String, network: Network, payload: &[u8]) -> Self {
        let network_id = Some(network.id());
        Self { network: Some(network), network_id, payload: Some(hex::encode(payload)), ..Self::new(form, text) }
    }
}

/// Explains an address, hash, local id or public key.
///
/// With `network`, whatever names a network must name this one, and a bare key is shown as its
/// account there (on the main network otherwise).
///
/// # Errors
/// What is wrong with the text, as what it most looks like.
pub fn explain(text: &str, network: Option<Network>) -> Result<Explanation, AddressError> {
    let explanation = recognised(text, network.unwrap_or(Network::MAINNET))?;
    match (explanation.network, network) {
        (Some(found), Some(configured)) if found != configured => Err(AddressError::Network { found, configured }),
        _ => Ok(explanation),
    }
}

fn recognised(text: &str, network: Network) -> Result<Explanation, AddressError> {
    if text.is_empty() {
        return Err(AddressError::Empty);
    }
    if text.contains(':') {
        return text.parse().map(|id: NonFungibleId| Explanation {
            network: Some(id.resource.network()),
            network_id: Some(id.resource.network().id()),
            entity_type: Some(id.resource.address().entity().name()),
            ..Explanation::new("non_fungible_id", id.to_string())
        });
    }
    if text.starts_with(['#', '<', '[', '{']) {
        return text.parse().map(|id: LocalId| Explanation::new("local_id", id.to_string()));
    }
    if let Some(key) = PublicKey::from_hex(text) {
        return Ok(of_key(&key, network));
    }
    let lower = text.to_ascii_lowercase();
    if lower.starts_with("rdx1") || lower.starts_with("tdx1") {
        return text.parse().map(|address| of_olympia(&address, network));
    }
    if lower.starts_with("node_") {
        return text
            .parse()
            .map(|a: NodeAddress| Explanation::of("node_address", a.to_string(), a.network, a.key.as_bytes()));
    }
    match text.parse::<HashId>() {
        Ok(id) => Ok(Explanation::of(hash_form(id.kind), id.to_string(), id.network, &id.hash)),
        Err(AddressError::Prefix(_)) => Address::parse(text).map(of_address),
        Err(AddressError::Separator) => Err(AddressError::Unrecognised(text.to_owned())),
        Err(error) => Err(error),
    }
}

const fn hash_form(kind: HashKind) -> &'static str {
    match kind {
        HashKind::Intent => "intent_hash",
        HashKind::SignedIntent => "signed_intent_hash",
        HashKind::Subintent => "subintent_hash",
        HashKind::Notarized => "notarized_transaction_hash",
    }
}

fn of_address(address: Address) -> Explanation {
    Explanation {
        entity_type: Some(address.entity().name()),
        owner_badge: ValidatorAddress::try_from(address).ok().map(|v| v.owner_badge().to_string()),
        ..Explanation::of("address", address.to_string(), address.network(), address.node_id().as_bytes())
    }
}

fn of_key(key: &PublicKey, network: Network) -> Explanation {
    let node_key = NodeKey::try_from(*key).ok();
    Explanation {
        account: Some(AccountAddress::preallocated(network, key).to_string()),
        node_address: node_key.map(|key| NodeAddress { network, key }.to_string()),
        ..Explanation::new("public_key", hex::encode(key.as_bytes()))
    }
}

fn of_olympia(address: &OlympiaAddress, network: Network) -> Explanation {
    let key = address.public_key();
    // `tdx` does not say which test network: it stands for the one that was asked for.
    let network = match (address.is_mainnet(), network) {
        (true, _) => Network::MAINNET,
        (false, Network::MAINNET) => Network::STOKENET,
        (false, network) => network,
    };
    Explanation {
        network: Some(network),
        network_id: Some(network.id()),
        payload: Some(hex::encode(key.as_bytes())),
        account: Some(AccountAddress::preallocated(network, &key).to_string()),
        ..Explanation::new("olympia_address", address.to_string())
    }
}

/// Explains addresses of Radix under the shared trait.
#[derive(Clone, Copy, Debug, Default)]
pub struct RadixAddresses;

impl AddressReader for RadixAddresses {
    fn explain(&self, text: &str, network: Option<&str>) -> Result<serde_json::Value, String> {
        let network = network.map(Network::parse).transpose().map_err(|e| e.to_string())?;
        let explanation = explain(text, network).map_err(|e| e.to_string())?;
        serde_json::to_value(explanation).map_err(|e| e.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALIDATOR: &str = "validator_rdx1sds4prpgf0p25pu458fg468nw9rtwqdawwg9w45hgf0t95yd3ncs09";
    const NODE_ID: &str = "8361508c284bc2aa0795a1d28ae8f37146b701bd7390575697425eb2d08d";
    const OLYMPIA: &str = "rdx1qspmrdkmlllm4v4f3su8d9f822emlj49ffdtvm497kugg837vryf8fcn953dv";
    const OLYMPIA_KEY: &str = "03b1b6dbffffbab2a98c3876952752b3bfcaa54a5ab66ea5f5b8841e3e60c893a7";
    const OLYMPIA_ACCOUNT: &str = "account_rdx169m6tsnd3mv7nftscccvz4gclqufhjet8gvcadrrhvzax7yuyhlrvm";

    #[test]
    fn every_form_is_told_apart() {
        for (text, form) in [
            (VALIDATOR, "address"),
            (OLYMPIA, "olympia_address"),
            (OLYMPIA_KEY, "public_key"),
            ("txid_rdx1mvk7q9z5h9jye9dckdjmpg4hqz5h0y3u3xc26wn9u7flrvx979zsvksy8k", "intent_hash"),
            ("signedintent_rdx1dleptplfvddpmptccwq2wzevhva6h5akmll4waj22l0afk3rcpzqawsru8", "signed_intent_hash"),
            (
                "notarizedtransaction_rdx12mnvfd0ns35qyeqh79rjr395m83289gfzm8n67ardxqmfjm80maqa3uljn",
                "notarized_transaction_hash",
            ),
            ("#7#", "local_id"),
            ("resource_rdx1nfxxxxxxxxxxvdrwnrxxxxxxxxx004365253834xxxxxxxxxvdrwnr:#7#", "non_fungible_id"),
        ] {
            let explanation = explain(text, None).unwrap();
            assert_eq!((explanation.form, explanation.text.as_str()), (form, text));
        }
    }

    #[test]
    fn a_validator_is_shown_with_its_badge_and_a_key_with_its_account_and_node() {
        let validator = explain(VALIDATOR, Some(Network::MAINNET)).unwrap();
        let badge = Network::MAINNET.validator_owner_badge();
        assert_eq!(validator.owner_badge, Some(format!("{badge}:[{NODE_ID}]")));
        assert_eq!(validator.entity_type, Some("GlobalValidator"));
        assert_eq!(validator.payload.as_deref(), Some(NODE_ID));

        let key = explain(OLYMPIA_KEY, None).unwrap();
        assert_eq!(key.account.as_deref(), Some(OLYMPIA_ACCOUNT));
        let node = explain(&key.node_address.unwrap(), None).unwrap();
        assert_eq!((node.form, node.payload.as_deref()), ("node_address", Some(OLYMPIA_KEY)));
        assert_eq!(explain(OLYMPIA, None).unwrap().account.as_deref(), Some(OLYMPIA_ACCOUNT));
    }

    #[test]
    fn a_refusal_says_what_is_wrong() {
        let mixed = VALIDATOR.replacen("sds4", "SDS4", 1);
        let says = |text: &str, network| explain(text, network).unwrap_err().to_string();
        let stokenet = Some(Network::STOKENET);
        assert_eq!(says(VALIDATOR, stokenet), "address of mainnet, configured network stokenet");
        assert_eq!(says(OLYMPIA, stokenet), "address of mainnet, configured network stokenet");
        assert!(says(&mixed, None).contains("mixes capital and small letters"));
        assert!(says(&VALIDATOR[..60], None).contains("checksum"));
        assert!(says("validator", None).contains("not an address, hash, local id or key"));
        assert!(says("", None).contains("empty"));
        let (kind, entity) = ("validator", crate::address::EntityType::Account);
        let error = explain("validator_rdx1c9s4prpgf0p25pu458fg468nw9rtwqdawwg9w45hgf0t95ydeeppds", None);
        assert_eq!(error, Err(AddressError::KindMismatch { prefix: kind, entity }));
        let old = explain("validator_rdx1sds4prpgf0p25pu458fg468nw9rtwqdawwg9w45hgf0t95ydy0gu28", None);
        assert_eq!(old, Err(AddressError::Variant { found: "bech32", expected: "bech32m" }));
        for (text, found) in [
            ("validator_rdx1sds4prpgf0p25pu458fg468nw9rtwqdawwg9w45hgf0t95ydqqhzu9lr", 31),
            ("validator_rdx1sds4prpgf0p25pu458fg468nw9rtwqdawwg9w45hgf0t95q2t5c32", 29),
        ] {
            assert_eq!(explain(text, None), Err(AddressError::Length { found, expected: 30 }));
        }
    }
}
