//! Material to keys, under the shared traits.
use super::extended::ExtendedKey;
use super::inspection::inspect;
use super::seed::Seed;
use super::source::{Opened, Start};
use super::tool::TOOLS;
use super::trimmed;
use super::wif::Wif;
use crate::network::{CoinType, Network};
use watchdog_core::keys::tool::Tool;
use watchdog_core::keys::{self, Entropy, Inspection, KeyDerivation, KeyError, KeyFile, KeySource, Material, Scheme};
use watchdog_core::secret::Secret;

/// The registered coin type: 42 on the main network.
pub const SLIP44: Scheme = Scheme("slip44");

/// The coin type of old wallets and pools: 20 on the main network.
pub const LEGACY: Scheme = Scheme("legacy");

pub(super) static SCHEMES: [Scheme; 2] = [SLIP44, LEGACY];

static NETWORKS: [keys::Network; 3] =
    [keys::Network::known("mainnet"), keys::Network::known("testnet3"), keys::Network::known("simnet")];

/// Keys of Decred. Takes 33 words or a hex seed, an extended key, or a private key in text.
#[derive(Clone, Copy, Debug, Default)]
pub struct DecredKeys;

impl KeyDerivation for DecredKeys {
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
        let (scheme, coin) = known(scheme)?;
        let network = super::network(network)?;
        if !passphrase.expose().is_empty() {
            return Err(KeyError::Unsupported("no passphrase for seeds and keys"));
        }
        let start = match material {
            Material::Phrase(text) => seeded(network, &Seed::parse(&text)?)?,
            Material::Seed(text) => seeded(network, &Seed::from_hex(text.expose().trim())?)?,
            Material::ExtendedKey(text) => Start::of(ExtendedKey::parse_on(&trimmed(text.expose()), network)?),
            Material::KeyFile(file) => Start::Single(Wif::parse_on(&text_of(&file)?, network)?),
            other @ Material::Keystore { .. } => {
                return Err(KeyError::Material { scheme: scheme.0, material: other.kind() });
            }
        };
        Ok(Box::new(Opened::new(scheme, network.coin_type(coin), start)))
    }

    fn inspect(&self, _: &str, content: &[u8]) -> Result<Inspection, KeyError> {
        inspect(content)
    }

    fn generate(
        &self,
        scheme: Option<&Scheme>,
        words: Option<usize>,
        entropy: &mut dyn Entropy,
    ) -> Result<Secret, KeyError> {
        known(scheme)?;
        Seed::generate(words.unwrap_or(Seed::WORDS), entropy).map(|seed| seed.to_words())
    }

    fn tools(&self) -> &'static [Tool] {
        &TOOLS
    }
}

/// The scheme of this name; the registered coin type where none was named.
fn known(scheme: Option<&Scheme>) -> Result<(Scheme, CoinType), KeyError> {
    match scheme.copied().unwrap_or(SLIP44) {
        SLIP44 => Ok((SLIP44, CoinType::Slip44)),
        LEGACY => Ok((LEGACY, CoinType::Legacy)),
        Scheme(given) => Err(KeyError::Scheme { given: given.to_owned(), known: "`slip44`, `legacy`" }),
    }
}

fn seeded(network: Network, seed: &Seed) -> Result<Start, KeyError> {
    let root = ExtendedKey::root(network, seed.as_bytes());
    root.map(Start::Root).ok_or(KeyError::Seed("no wallet can use it: make another"))
}

fn text_of(file: &KeyFile) -> Result<Secret, KeyError> {
    let text = std::str::from_utf8(&file.bytes).map_err(|_| KeyError::Key("the file is not text: give a WIF key"))?;
    Ok(trimmed(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchdog_core::keys::{Branch, KeyPath, Role};

    const WORDS: &str = "aardvark adviser accrue aggregate adrift almighty afflict amusement aimless applicant allow \
        armistice ammo asteroid apple atmosphere assume Babylon atlas barbecue baboon bifocals backward bookseller \
        beaming bottomless beehive bravado befriend breakaway berserk businessman cement";
    const HEX: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    const WIF: &str = "PmQdGRXNZdAgEqwDZMLAF2XSQRLFeSFKi4HLPbdW3kC66HegjYtxq";

    fn secret(text: &str) -> Secret {
        Secret::new(text.to_owned())
    }

    fn open(material: Material, network: &str) -> Result<Box<dyn KeySource>, KeyError> {
        DecredKeys.open(material, None, &keys::Network::named(network), &secret(""))
    }

    fn source(material: Material) -> Box<dyn KeySource> {
        open(material, "mainnet").unwrap_or_else(|e| panic!("{e}"))
    }

    fn seeded() -> Box<dyn KeySource> {
        source(Material::Phrase(secret(WORDS)))
    }

    fn file(text: &str) -> Material {
        Material::KeyFile(KeyFile { name: String::new(), bytes: text.as_bytes().to_vec().into() })
    }

    fn json(key: &keys::DerivedKey) -> serde_json::Value {
        serde_json::to_value(key).unwrap()
    }

    #[test]
    fn words_hex_and_the_root_in_text_are_one_source() {
        let paths = [KeyPath::index(7), KeyPath::Full("m/44'/42'/2'/1/3".to_owned()), KeyPath::Full("m".to_owned())];
        let root = seeded().key(&paths[2]).unwrap().private["extended_private_key"].clone();
        for path in &paths {
            let key = json(&seeded().key(path).unwrap());
            for material in
                [Material::Phrase(secret(HEX)), Material::Seed(secret(HEX)), Material::ExtendedKey(root.clone())]
            {
                assert_eq!(json(&source(material).key(path).unwrap()), key);
            }
        }
    }

    #[test]
    fn a_standard_branch_and_its_full_path_give_one_key() {
        let branch = Branch { account: Some(2), change: Some(1), index: 3, ..Branch::default() };
        let standard = seeded().key(&KeyPath::Standard(branch)).unwrap();
        assert_eq!(standard.path.as_deref(), Some("m/44'/42'/2'/1/3"));
        let full = seeded().key(&KeyPath::Full("m/44H/42H/2H/1/3".to_owned())).unwrap();
        assert_eq!(json(&full), json(&standard));
        let legacy =
            DecredKeys.open(Material::Seed(secret(HEX)), Some(&LEGACY), &keys::Network::known("simnet"), &secret(""));
        let legacy = legacy.unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(legacy.key(&KeyPath::index(0)).unwrap().path.as_deref(), Some("m/44'/115'/0'/0/0"));
        assert_eq!(legacy.scheme(), LEGACY);
    }

    #[test]
    fn an_account_key_leads_to_the_same_keys_with_and_without_private_halves() {
        let key = seeded().key(&KeyPath::index(9)).unwrap();
        let private = Material::ExtendedKey(key.private["account_extended_private_key"].clone());
        let public = Material::ExtendedKey(secret(key.extra["account_extended_public_key"].as_str().unwrap()));
        for (material, is_private) in [(private, true), (public, false)] {
            let source = source(material);
            for path in [KeyPath::index(9), KeyPath::Full("m/0/9".to_owned())] {
                let below = source.key(&path).unwrap();
                assert_eq!((&below.public_key, &below.address), (&key.public_key, &key.address));
                assert_eq!(below.extra["pubkey_address"], key.extra["pubkey_address"]);
                assert_eq!(below.path.as_deref(), Some("m/0/9"));
                assert_eq!(below.secret.is_some(), is_private);
                assert_eq!(below.private.is_empty(), !is_private);
            }
        }
    }

    #[test]
    fn a_key_in_text_is_one_key_without_branches() {
        let source = source(file(&format!("{WIF}\n")));
        let key = source.key(&KeyPath::index(0)).unwrap();
        assert_eq!(key.public_key, "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798");
        assert_eq!(key.private["wif"].expose(), WIF);
        assert_eq!(key.path, None);
        for path in [KeyPath::index(1), KeyPath::Full("m/0".to_owned())] {
            assert!(source.key(&path).unwrap_err().is_request());
        }
    }

    #[test]
    fn what_a_scheme_has_no_place_for_is_refused() {
        let empty = Branch::default();
        for path in [
            KeyPath::Standard(Branch { role: Some(Role::Persona), ..empty }),
            KeyPath::Standard(Branch { account: Some((1 << 31) - 1), ..empty }),
            KeyPath::Standard(Branch { account: Some(1 << 31), ..empty }),
            KeyPath::Standard(Branch { change: Some(1 << 31), ..empty }),
            KeyPath::Standard(Branch { index: 1 << 31, ..empty }),
            KeyPath::Full("m/44'/20'/0'/0/0".to_owned()),
            KeyPath::Full("m/44'/42'/0/0/0".to_owned()),
            KeyPath::Full("m/43'/42'/0'/0/0".to_owned()),
            KeyPath::Full("m/44/42'/0'/0/0".to_owned()),
            KeyPath::Full("0/0".to_owned()),
        ] {
            let error = seeded().key(&path).unwrap_err();
            assert!(error.is_request(), "{path:?}: {error}");
        }
        let account = seeded().key(&KeyPath::index(0)).unwrap().private["account_extended_private_key"].clone();
        let account = source(Material::ExtendedKey(account));
        let level = account.key(&KeyPath::Standard(Branch { account: Some(0), ..empty })).unwrap_err();
        assert_eq!(level.code(), "no_such_level");
    }

    #[test]
    fn what_cannot_be_opened_says_why() {
        let code = |material, network| open(material, network).err().map(|e| e.code());
        assert_eq!(code(file(WIF), "testnet"), Some("wrong_network"));
        assert_eq!(code(file(WIF), "regnet"), Some("unknown_network"));
        assert_eq!(
            code(Material::Keystore { json: Vec::new(), password: secret("") }, "mainnet"),
            Some("wrong_material")
        );
        let root = seeded().key(&KeyPath::Full("m".to_owned())).unwrap().private["extended_private_key"].clone();
        assert_eq!(code(Material::ExtendedKey(root), "simnet"), Some("wrong_network"));
        let passphrase = DecredKeys.open(
            Material::Seed(secret(HEX)),
            None,
            &keys::Network::known("mainnet"),
            &secret("a passphrase"),
        );
        assert_eq!(passphrase.err().map(|e| e.code()), Some("unsupported"));
        let scheme = DecredKeys.open(
            Material::Seed(secret(HEX)),
            Some(&Scheme("cap26")),
            &keys::Network::known("mainnet"),
            &secret(""),
        );
        assert_eq!(scheme.err().map(|e| e.code()), Some("unknown_scheme"));
    }

    #[test]
    fn generated_words_are_of_the_number_asked_for_and_open() {
        struct Counting(u8);
        impl Entropy for Counting {
            fn fill(&mut self, bytes: &mut [u8]) -> Result<(), KeyError> {
                for byte in bytes {
                    self.0 += 1;
                    *byte = self.0;
                }
                Ok(())
            }
        }
        for (words, expected) in [(None, 33), (Some(17), 17), (Some(65), 65)] {
            let phrase = DecredKeys.generate(None, words, &mut Counting(0)).unwrap();
            assert_eq!(phrase.expose().split(' ').count(), expected);
            assert!(open(Material::Phrase(phrase), "mainnet").is_ok());
        }
        for words in [0, 1, 16, 66] {
            let error = DecredKeys.generate(None, Some(words), &mut Counting(0)).unwrap_err();
            assert_eq!(error.code(), "word_count");
        }
    }

    #[test]
    fn private_keys_are_in_no_json_and_no_debug_text() {
        let key = seeded().key(&KeyPath::index(0)).unwrap();
        let printed = format!("{} {key:?}", json(&key));
        let secrets = key.private.values().chain(&key.secret);
        assert_eq!(secrets.clone().count(), 4);
        for secret in secrets {
            assert!(!printed.contains(secret.expose()));
        }
    }
}
