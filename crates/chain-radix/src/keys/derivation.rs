//! Mnemonic to keys, under the shared traits.
use super::cap26::{Cap26Path, Entity, KeyKind};
use super::olympia::olympia_path;
use super::public::Curve;
use super::signing::SigningKey;
use crate::address::{AccountAddress, IdentityAddress, NonFungibleId, OlympiaAddress};
use crate::network::Network;
use std::collections::BTreeMap;
use watchdog_core::keys::path::DerivationPath;
use watchdog_core::keys::phrase::{self, Phrase, seed_from_hex};
use watchdog_core::keys::{
    self, Branch, DerivedKey, Entropy, Inspection, KeyDerivation, KeyError, KeyPath, KeySource, Material, Role, Scheme,
};
use watchdog_core::keys::{bip32, slip10};
use watchdog_core::secret::Secret;

/// Babylon: ed25519, all steps hardened, the network in the path.
pub const CAP26: Scheme = Scheme("cap26");

/// Olympia: secp256k1, one key for all networks.
pub const OLYMPIA: Scheme = Scheme("olympia");

static SCHEMES: [Scheme; 2] = [CAP26, OLYMPIA];

static NETWORKS: [keys::Network; 10] = [
    keys::Network::known("mainnet"),
    keys::Network::known("stokenet"),
    keys::Network::known("adapanet"),
    keys::Network::known("nebunet"),
    keys::Network::known("kisharnet"),
    keys::Network::known("ansharnet"),
    keys::Network::known("zabanet"),
    keys::Network::known("localnet"),
    keys::Network::known("inttestnet"),
    keys::Network::known("simulator"),
];

/// Keys of Radix. Takes a mnemonic or a hex seed; networks also by number.
#[derive(Clone, Copy, Debug, Default)]
pub struct RadixKeys;

impl KeyDerivation for RadixKeys {
    fn networks(&self) -> &'static [keys::Network] {
        &NETWORKS
    }

    fn schemes(&self) -> &'static [Scheme] {
        &SCHEMES
    }

    fn open(
        &self,
        material: Material,
        scheme: Option<&Scheme>,
        network: &keys::Network,
        passphrase: &Secret,
    ) -> Result<Box<dyn KeySource>, KeyError> {
        let scheme = known(scheme)?;
        let network = Network::parse(network.name()).map_err(|e| KeyError::Network {
            given: e.0,
            known: "a name such as `mainnet` or `stokenet`, or a number from 0 to 255",
        })?;
        if !matches!(material, Material::Phrase(_)) && !passphrase.expose().is_empty() {
            return Err(KeyError::Unsupported("no passphrase for seeds, keystores and keys: it belongs to a phrase"));
        }
        let opened = match material {
            Material::Phrase(phrase) => {
                Opened::new(scheme, network, Phrase::parse(&phrase)?.seed(passphrase).as_slice())
            }
            Material::Seed(seed) => Opened::new(scheme, network, &seed_from_hex(&seed)?),
            other => return Err(KeyError::Material { scheme: scheme.0, material: other.kind() }),
        };
        Ok(Box::new(opened?))
    }

    fn inspect(&self, _: &str, content: &[u8]) -> Result<Inspection, KeyError> {
        let text = phrase::text(content)?;
        let phrase = Phrase::parse(&text)?;
        Ok(phrase.inspection(&[CAP26, OLYMPIA]))
    }

    fn generate(
        &self,
        scheme: Option<&Scheme>,
        words: Option<usize>,
        entropy: &mut dyn Entropy,
    ) -> Result<Secret, KeyError> {
        known(scheme)?;
        phrase::generate(words.unwrap_or(24), entropy)
    }
}

/// The scheme of this name; CAP-26 where none was named.
fn known(scheme: Option<&Scheme>) -> Result<Scheme, KeyError> {
    let scheme = scheme.unwrap_or(&CAP26);
    let known = SCHEMES.iter().find(|known| *known == scheme).copied();
    known.ok_or_else(|| KeyError::Scheme { given: scheme.0.to_owned(), known: "`cap26`, `olympia`" })
}

/// Root of one tree.
#[derive(Debug)]
enum Root {
    Cap26(slip10::Node),
    Olympia(bip32::Node),
}

/// An opened source.
#[derive(Debug)]
struct Opened {
    root: Root,
    network: Network,
}

impl Opened {
    fn new(scheme: Scheme, network: Network, seed: &[u8]) -> Result<Self, KeyError> {
        let root = if scheme == OLYMPIA {
            Root::Olympia(bip32::Node::root(seed).ok_or_else(|| KeyError::Barren("m".to_owned()))?)
        } else {
            Root::Cap26(slip10::Node::root(seed))
        };
        Ok(Self { root, network })
    }

    const fn scheme(&self) -> Scheme {
        match self.root {
            Root::Cap26(_) => CAP26,
            Root::Olympia(_) => OLYMPIA,
        }
    }

    fn refused(&self, path: &str, reason: &str) -> KeyError {
        KeyError::Path { path: path.to_owned(), scheme: self.scheme().0, reason: reason.to_owned() }
    }

    fn level(&self, level: &'static str) -> KeyError {
        KeyError::Level { scheme: self.scheme().0, level }
    }

    fn parsed(&self, text: &str) -> Result<DerivationPath, KeyError> {
        text.parse().map_err(|e: watchdog_core::keys::path::PathError| self.refused(text, &e.to_string()))
    }

    fn cap26(&self, root: &slip10::Node, path: &KeyPath) -> Result<DerivedKey, KeyError> {
        let place = match path {
            KeyPath::Standard(branch) => Cap26Path {
                network: self.network,
                entity: if branch.role == Some(Role::Persona) { Entity::Persona } else { Entity::Account },
                kind: KeyKind::TransactionSigning,
                index: branch.index,
            },
            KeyPath::Full(text) => {
                let place = Cap26Path::of(&self.parsed(text)?).map_err(|reason| self.refused(text, reason))?;
                if place.network != self.network {
                    let reason = format!("it is of network {}, asked for {}", place.network, self.network);
                    return Err(self.refused(text, &reason));
                }
                place
            }
        };
        let path = place.path().ok_or(KeyError::Index(place.index))?;
        let node = root.derive(&path).ok_or_else(|| KeyError::Barren(path.to_string()))?;
        let key =
            SigningKey::new(Curve::Ed25519, node.private_key()).ok_or_else(|| KeyError::Barren(path.to_string()))?;
        let public = key.public_key();
        let address = match (place.kind, place.entity) {
            (KeyKind::TransactionSigning, Entity::Account) => {
                Some(AccountAddress::preallocated(self.network, &public).to_string())
            }
            (KeyKind::TransactionSigning, Entity::Persona) => {
                Some(IdentityAddress::preallocated(self.network, &public).to_string())
            }
            _ => None,
        };
        Ok(self.derived(&path, &key, address, None))
    }

    fn olympia(&self, root: &bip32::Node, path: &KeyPath) -> Result<DerivedKey, KeyError> {
        let path = match path {
            KeyPath::Standard(Branch { role: Some(Role::Persona), .. }) => return Err(self.level("persona")),
            KeyPath::Standard(branch) => olympia_path(branch.index).ok_or(KeyError::Index(branch.index))?,
            KeyPath::Full(text) => {
                let path = self.parsed(text)?;
                let start: Vec<_> = path.components().iter().take(2).map(ToString::to_string).collect();
                if start != ["44'", "1022'"] {
                    return Err(self.refused(text, "it must start with m/44'/1022'"));
                }
                path
            }
        };
        let barren = || KeyError::Barren(path.to_string());
        let node = root.derive(&path).ok_or_else(barren)?;
        let key = SigningKey::new(Curve::Secp256k1, &node.private_key()).ok_or_else(barren)?;
        let public = key.public_key();
        let address = AccountAddress::preallocated(self.network, &public).to_string();
        Ok(self.derived(&path, &key, Some(address), OlympiaAddress::new(self.network, &public)))
    }

    /// A key with an address owns it; that of another kind owns nothing.
    fn derived(
        &self,
        path: &DerivationPath,
        key: &SigningKey,
        address: Option<String>,
        olympia: Option<OlympiaAddress>,
    ) -> DerivedKey {
        let public = key.public_key();
        let mut extra = BTreeMap::from([("curve", public.curve().name().into())]);
        if address.is_some() {
            extra.insert("owner_badge", NonFungibleId::of_signature(self.network, &public).to_string().into());
        }
        extra.extend(olympia.map(|address| ("olympia_address", address.to_string().into())));
        DerivedKey {
            path: Some(path.to_string()),
            public_key: public.to_string(),
            address,
            extra,
            secret: Some(key.to_hex()),
            ..DerivedKey::default()
        }
    }
}

impl KeySource for Opened {
    fn scheme(&self) -> Scheme {
        Self::scheme(self)
    }

    fn key(&self, path: &KeyPath) -> Result<DerivedKey, KeyError> {
        match path {
            KeyPath::Standard(Branch { account: Some(_), .. }) => return Err(self.level("account")),
            KeyPath::Standard(Branch { change: Some(_), .. }) => return Err(self.level("change")),
            _ => {}
        }
        match &self.root {
            Root::Cap26(root) => self.cap26(root, path),
            Root::Olympia(root) => self.olympia(root, path),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(scheme: Scheme, network: &str) -> Box<dyn KeySource> {
        let seed = Material::Seed(Secret::new("5a".repeat(64)));
        let network = keys::Network::named(network);
        RadixKeys.open(seed, Some(&scheme), &network, &Secret::new(String::new())).unwrap_or_else(|e| panic!("{e}"))
    }

    #[test]
    fn every_network_that_is_offered_is_known_by_that_name() {
        for network in RadixKeys.networks() {
            assert_eq!(Network::parse(network.name()).unwrap().name(), Some(network.name()));
        }
    }

    #[test]
    fn a_standard_branch_and_its_full_path_give_one_key() {
        for (scheme, path) in [(CAP26, "m/44H/1022H/2H/525H/1460H/7H"), (OLYMPIA, "m/44'/1022'/0'/0/7'")] {
            let source = open(scheme, "stokenet");
            let standard = source.key(&KeyPath::index(7)).unwrap();
            let full = source.key(&KeyPath::Full(path.to_owned())).unwrap();
            assert_eq!(standard.path, Some(path.replace('H', "'")));
            assert_eq!(serde_json::to_value(&standard).unwrap(), serde_json::to_value(&full).unwrap());
        }
    }

    #[test]
    fn a_persona_has_an_identity_address_and_a_key_of_another_kind_has_none() {
        let source = open(CAP26, "2");
        let persona = Branch { role: Some(Role::Persona), ..Branch::default() };
        let persona = source.key(&KeyPath::Standard(persona)).unwrap();
        assert_eq!(persona.path.unwrap(), "m/44'/1022'/2'/618'/1460'/0'");
        assert!(persona.address.unwrap().starts_with("identity_tdx_2_1"));
        for kind in ["1678", "1391"] {
            let key = source.key(&KeyPath::Full(format!("m/44'/1022'/2'/525'/{kind}'/0'"))).unwrap();
            assert_eq!((key.address, key.extra.get("owner_badge")), (None, None));
        }
    }

    /// The local id is the hash that stands in the account's address too.
    #[test]
    fn a_key_is_shown_with_the_badge_that_its_signature_shows() {
        for (scheme, resource) in [
            (CAP26, "resource_tdx_2_1nfxxxxxxxxxxed25sgxxxxxxxxx002236757237xxxxxxxxx3e2cpa"),
            (OLYMPIA, "resource_tdx_2_1nfxxxxxxxxxxsecpsgxxxxxxxxx004638826440xxxxxxxxxcdcdpa"),
        ] {
            let key = open(scheme, "stokenet").key(&KeyPath::index(0)).unwrap();
            let account: AccountAddress = key.address.unwrap().parse().unwrap();
            let local = account.node_id().to_string().split_off(2);
            assert_eq!(key.extra["owner_badge"], format!("{resource}:[{local}]"));
        }
    }

    #[test]
    fn what_a_scheme_has_no_place_for_is_refused() {
        let standard = |branch| KeyPath::Standard(branch);
        let full = |path: &str| KeyPath::Full(path.to_owned());
        let empty = Branch::default();
        for (scheme, path) in [
            (CAP26, standard(Branch { account: Some(0), ..empty })),
            (CAP26, standard(Branch { change: Some(0), ..empty })),
            (CAP26, standard(Branch { index: 1 << 31, ..empty })),
            (OLYMPIA, standard(Branch { index: 1 << 31, ..empty })),
            (OLYMPIA, standard(Branch { role: Some(Role::Persona), ..empty })),
            (CAP26, full("m/44'/1022'/1'/525'/1460'/0")),
            (CAP26, full("m/44'/1022'/2'/525'/1460'/0'")),
            (CAP26, full("m/44'/1022'/1'/525'/1460'")),
            (CAP26, full("m/44'/1022'/1'/526'/1460'/0'")),
            (CAP26, full("m/44'/1022'/1'/525'/1461'/0'")),
            (CAP26, full("m/44'/501'/1'/525'/1460'/0'")),
            (CAP26, full("44'/1022'")),
            (OLYMPIA, full("m/44'/0'/0'/0/0'")),
        ] {
            let error = open(scheme, "mainnet").key(&path).unwrap_err();
            assert!(error.is_request(), "{path:?}: {error}");
        }
    }

    #[test]
    fn a_passphrase_that_would_change_nothing_is_refused() {
        let seed = Material::Seed(Secret::new("5a".repeat(64)));
        let refused = RadixKeys.open(seed, None, &keys::Network::known("mainnet"), &Secret::new("wet".to_owned()));
        assert!(matches!(refused.err(), Some(KeyError::Unsupported(_))));
    }

    #[test]
    fn private_keys_are_in_no_json_and_no_debug_text() {
        let key = open(CAP26, "mainnet").key(&KeyPath::index(0)).unwrap();
        let secret = key.secret.as_ref().unwrap().expose().to_owned();
        assert_eq!(secret.len(), 64);
        assert!(!serde_json::to_string(&key).unwrap().contains(&secret));
        assert!(!format!("{key:?}").contains(&secret));
        let signing = SigningKey::from_hex(Curve::Ed25519, key.secret.as_ref().unwrap()).unwrap();
        assert!(!format!("{signing:?}").contains(&secret));
        assert_eq!(signing.to_hex().expose(), secret);
    }
}
