//! Phrases, seeds and key files to keys, under the shared traits.
use super::private_hex::decode;
use super::source::Opened;
use super::{KeyFileKind, SessionAccount, WalletKeys, inspect};
use crate::mnemonic::{Form, Mnemonic};
use crate::network::Network;
use curve25519_dalek::scalar::Scalar;
use watchdog_core::keys::{self, Entropy, Inspection, KeyDerivation, KeyError, KeySource, Material, Scheme};
use watchdog_core::secret::Secret;
use zeroize::Zeroizing;

/// An Oxen wallet: 25 words, 24 without the checksum, or a seed of 32 bytes.
pub const WALLET: Scheme = Scheme("wallet");

/// A Session account: 13 words, or a seed of 16 bytes.
pub const SESSION: Scheme = Scheme("session");

/// A service node: the files `key_ed25519`, `key_bls` and `key`.
pub const SERVICE_NODE: Scheme = Scheme("service-node");

static SCHEMES: [Scheme; 3] = [WALLET, SESSION, SERVICE_NODE];

static NETWORKS: [keys::Network; 5] = [
    keys::Network::known("mainnet"),
    keys::Network::known("testnet"),
    keys::Network::known("devnet"),
    keys::Network::known("stagenet"),
    keys::Network::known("localdev"),
];

/// Keys of Oxen and Session. The material decides the scheme where none is named: 13 words or 16
/// bytes are a Session account, 24 or 25 words or 32 bytes a wallet, a key file is a service node's.
#[derive(Clone, Copy, Debug, Default)]
pub struct OxenKeys;

impl KeyDerivation for OxenKeys {
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
        let scheme = scheme.map(known).transpose()?;
        let network = parsed(network)?;
        if !passphrase.expose().is_empty() {
            return Err(KeyError::Unsupported("no passphrases: its mnemonics are complete without one"));
        }
        match material {
            Material::Phrase(phrase) => of_phrase(&phrase, scheme, network),
            Material::Seed(seed) => of_seed(&seed, scheme, network),
            Material::KeyFile(file) if scheme.is_none_or(|scheme| scheme == SERVICE_NODE) => {
                let key = KeyFileKind::of(&file)?.open(&file.bytes)?;
                Ok(Box::new(Opened::ServiceNode(key)))
            }
            other => Err(KeyError::Material { scheme: scheme.unwrap_or(WALLET).0, material: other.kind() }),
        }
    }

    fn inspect(&self, name: &str, content: &[u8]) -> Result<Inspection, KeyError> {
        inspect::inspect(name, content)
    }

    fn generate(
        &self,
        scheme: Option<&Scheme>,
        words: Option<usize>,
        entropy: &mut dyn Entropy,
    ) -> Result<Secret, KeyError> {
        let scheme = known(scheme.unwrap_or(&WALLET))?;
        if scheme == SERVICE_NODE {
            return Err(KeyError::Unsupported("no phrases for service nodes: oxend makes their key files itself"));
        }
        let (count, expected) = if scheme == SESSION { (13, "13") } else { (25, "25, or 13 with scheme `session`") };
        if let Some(found) = words.filter(|words| *words != count) {
            return Err(KeyError::WordCount { found, expected });
        }
        let phrase = if scheme == SESSION {
            let mut seed = Zeroizing::new([0; 16]);
            entropy.fill(seed.as_mut_slice())?;
            Mnemonic::of_seed(seed.as_slice())
        } else {
            // Twice the bytes, so that every number below the order is as likely as any other. A
            // seed below the order is one that wallets show with the same words.
            let mut wide = Zeroizing::new([0; 64]);
            entropy.fill(wide.as_mut_slice())?;
            let seed = Zeroizing::new(Scalar::from_bytes_mod_order_wide(&wide));
            Mnemonic::of_seed(seed.as_bytes())
        };
        phrase.map(|phrase| phrase.phrase()).ok_or(KeyError::Entropy)
    }

    fn tools(&self) -> &'static [keys::tool::Tool] {
        crate::tool::ALL
    }
}

/// The scheme of this name.
fn known(scheme: &Scheme) -> Result<Scheme, KeyError> {
    let found = SCHEMES.iter().find(|known| *known == scheme).copied();
    found.ok_or_else(|| KeyError::Scheme { given: scheme.0.to_owned(), known: "`wallet`, `session`, `service-node`" })
}

fn parsed(network: &keys::Network) -> Result<Network, KeyError> {
    Network::parse(network.name())
        .ok_or_else(|| KeyError::Network { given: network.name().to_owned(), known: Network::NAMES })
}

fn of_phrase(phrase: &Secret, scheme: Option<Scheme>, network: Network) -> Result<Box<dyn KeySource>, KeyError> {
    let form = match scheme {
        None => Form::Any,
        Some(WALLET) => Form::Wallet,
        Some(SESSION) => Form::Session,
        Some(other) => return Err(KeyError::Material { scheme: other.0, material: "a phrase" }),
    };
    let phrase = Mnemonic::parse(phrase, form)?;
    of_mnemonic(&phrase, network, None)
}

fn of_seed(seed: &Secret, scheme: Option<Scheme>, network: Network) -> Result<Box<dyn KeySource>, KeyError> {
    let text = seed.expose().trim();
    let wanted = match scheme {
        None if text.len() == 32 => SESSION,
        None => WALLET,
        Some(SERVICE_NODE) => return Err(KeyError::Material { scheme: SERVICE_NODE.0, material: "a seed" }),
        Some(scheme) => scheme,
    };
    let read = if wanted == SESSION {
        decode::<16>(text).and_then(|seed| Mnemonic::of_seed(seed.as_slice()))
    } else {
        decode::<32>(text).and_then(|seed| Mnemonic::of_seed(seed.as_slice()))
    };
    let mnemonic = read.ok_or(KeyError::Seed(match scheme {
        Some(SESSION) => "a Session account has 32 hex digits",
        Some(_) => "a wallet has 64 hex digits",
        None => "a wallet has 64 hex digits, a Session account 32",
    }))?;
    let phrase = mnemonic.phrase();
    of_mnemonic(&mnemonic, network, Some(phrase))
}

/// Opens a seed that was read as words, or from which `phrase` was written.
fn of_mnemonic(mnemonic: &Mnemonic, network: Network, phrase: Option<Secret>) -> Result<Box<dyn KeySource>, KeyError> {
    let seed = mnemonic.seed();
    if let Ok(seed) = <&[u8; 16]>::try_from(seed) {
        return Ok(Box::new(Opened::Session { account: SessionAccount::of_seed(seed), phrase }));
    }
    let seed = seed.try_into().map_err(|_| KeyError::Seed("a wallet has 64 hex digits"))?;
    Ok(Box::new(Opened::Wallet { keys: WalletKeys::of_seed(seed)?, network, phrase }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchdog_core::keys::{Branch, DerivedKey, KeyFile, KeyPath, Role};

    const WALLET_SEED: &str = "0c89ab7497aa71d832e73a3be1ed82f994600afe3f8249f03758351363777f08";
    const SESSION_SEED: &str = "0123456789abcdef0123456789abcdef";
    const ACCOUNT: &str = "05d2ad010eeb72d72e561d9de7bd7b6989af77dcabffa03a5111a6c859ae5c3a72";

    fn secret(text: &str) -> Secret {
        Secret::new(text.to_owned())
    }

    fn seed(text: &str) -> Material {
        Material::Seed(secret(text))
    }

    fn open(material: Material, scheme: Option<Scheme>) -> Result<Box<dyn KeySource>, KeyError> {
        OxenKeys.open(material, scheme.as_ref(), &keys::Network::known("mainnet"), &secret(""))
    }

    fn key(material: Material) -> DerivedKey {
        open(material, None).unwrap().key(&KeyPath::index(0)).unwrap()
    }

    fn refusal(material: Material, scheme: Option<Scheme>) -> KeyError {
        open(material, scheme).err().unwrap()
    }

    /// Counts up.
    struct Counter(u8);

    impl Entropy for Counter {
        fn fill(&mut self, bytes: &mut [u8]) -> Result<(), KeyError> {
            for byte in bytes {
                self.0 = self.0.wrapping_add(1);
                *byte = self.0;
            }
            Ok(())
        }
    }

    struct Dry;

    impl Entropy for Dry {
        fn fill(&mut self, _: &mut [u8]) -> Result<(), KeyError> {
            Err(KeyError::Entropy)
        }
    }

    #[test]
    fn every_network_that_is_offered_is_known_by_that_name_and_no_other_is() {
        let names: Vec<_> = OxenKeys.networks().iter().map(keys::Network::name).collect();
        assert_eq!(names, Network::ALL.map(Network::name));
        let error =
            OxenKeys.open(seed(WALLET_SEED), None, &keys::Network::known("fakechain"), &secret("")).err().unwrap();
        assert!(matches!(error, KeyError::Network { .. }) && error.is_request());
    }

    #[test]
    fn a_seed_opens_what_its_phrase_opens_and_gives_the_phrase() {
        for (text, scheme) in [(WALLET_SEED, WALLET), (SESSION_SEED, SESSION)] {
            let from_seed = key(seed(text));
            let phrase = from_seed.private.get("mnemonic").unwrap().clone();
            let source = open(Material::Phrase(phrase), None).unwrap();
            assert_eq!(source.scheme(), scheme);
            let from_phrase = source.key(&KeyPath::index(0)).unwrap();
            assert_eq!(from_phrase.address, from_seed.address);
            assert_eq!(from_phrase.secret.unwrap().expose(), from_seed.secret.unwrap().expose());
            assert!(!from_phrase.private.contains_key("mnemonic"));
        }
        assert_eq!(key(seed(SESSION_SEED)).address.as_deref(), Some(ACCOUNT));
    }

    #[test]
    fn a_named_scheme_takes_only_its_own_material() {
        let phrase = |text| key(seed(text)).private.get("mnemonic").unwrap().clone();
        let count = |text, scheme| refusal(Material::Phrase(phrase(text)), Some(scheme));
        assert!(matches!(count(WALLET_SEED, SESSION), KeyError::WordCount { found: 25, expected: "13" }));
        assert!(matches!(count(SESSION_SEED, WALLET), KeyError::WordCount { found: 13, .. }));
        assert!(matches!(count(WALLET_SEED, SERVICE_NODE), KeyError::Material { .. }));
        assert!(matches!(refusal(seed(WALLET_SEED), Some(SESSION)), KeyError::Seed(_)));
        assert!(matches!(refusal(seed(SESSION_SEED), Some(WALLET)), KeyError::Seed(_)));
        assert!(matches!(refusal(seed("5a"), None), KeyError::Seed(_)));
        assert!(matches!(refusal(seed(WALLET_SEED), Some(SERVICE_NODE)), KeyError::Material { .. }));
        assert!(matches!(refusal(seed(WALLET_SEED), Some(Scheme("cap26"))), KeyError::Scheme { .. }));
        let file = || Material::KeyFile(KeyFile { name: "key".to_owned(), bytes: Zeroizing::new(vec![7; 32]) });
        assert!(matches!(refusal(file(), Some(WALLET)), KeyError::Material { .. }));
        assert!(matches!(refusal(Material::ExtendedKey(secret("x")), None), KeyError::Material { .. }));
        for scheme in [None, Some(SERVICE_NODE)] {
            assert_eq!(open(file(), scheme).unwrap().scheme(), SERVICE_NODE);
        }
    }

    #[test]
    fn a_passphrase_is_refused() {
        let error =
            OxenKeys.open(seed(WALLET_SEED), None, &keys::Network::known("mainnet"), &secret("x")).err().unwrap();
        assert!(matches!(error, KeyError::Unsupported(_)));
    }

    #[test]
    fn a_branch_or_path_that_the_scheme_has_not_is_refused() {
        let file = KeyFile { name: "key".to_owned(), bytes: Zeroizing::new(vec![7; 32]) };
        let one = Branch { index: 1, ..Branch::default() };
        let account = Branch { account: Some(0), ..Branch::default() };
        let change = Branch { change: Some(0), ..Branch::default() };
        let role = Branch { role: Some(Role::Persona), ..Branch::default() };
        for (source, refused) in [
            (open(seed(WALLET_SEED), None).unwrap(), vec![change, role]),
            (open(seed(SESSION_SEED), None).unwrap(), vec![one, account, change, role]),
            (open(Material::KeyFile(file), None).unwrap(), vec![one, account, change, role]),
        ] {
            for branch in refused {
                let error = source.key(&KeyPath::Standard(branch)).unwrap_err();
                assert!(matches!(error, KeyError::Level { .. }) && error.is_request(), "{branch:?}: {error}");
            }
            let error = source.key(&KeyPath::Full("m/0".to_owned())).unwrap_err();
            assert!(matches!(error, KeyError::Path { .. }), "{error}");
            assert!(source.key(&KeyPath::index(0)).is_ok());
        }
    }

    #[test]
    fn a_fresh_phrase_opens_under_its_scheme_and_wallets_show_the_same_words() {
        for (scheme, words) in [(None, 25), (Some(WALLET), 25), (Some(SESSION), 13)] {
            let phrase = OxenKeys.generate(scheme.as_ref(), None, &mut Counter(0)).unwrap();
            assert_eq!(phrase.expose().split(' ').count(), words);
            let other = OxenKeys.generate(scheme.as_ref(), Some(words), &mut Counter(100)).unwrap();
            assert_ne!(phrase.expose(), other.expose());
            let key = key(Material::Phrase(phrase));
            assert_ne!(key.extra.get("seed_is_canonical"), Some(&false.into()));
        }
        for (scheme, words) in [(WALLET, 24), (WALLET, 13), (SESSION, 12), (SESSION, 25)] {
            let error = OxenKeys.generate(Some(&scheme), Some(words), &mut Counter(0)).unwrap_err();
            assert!(matches!(error, KeyError::WordCount { found, .. } if found == words));
        }
        assert!(matches!(OxenKeys.generate(Some(&SERVICE_NODE), None, &mut Counter(0)), Err(KeyError::Unsupported(_))));
        for scheme in [WALLET, SESSION] {
            assert_eq!(OxenKeys.generate(Some(&scheme), None, &mut Dry).err(), Some(KeyError::Entropy));
        }
    }

    #[test]
    fn private_forms_are_in_no_json_and_no_debug_text() {
        for text in [WALLET_SEED, SESSION_SEED] {
            let source = open(seed(text), None).unwrap();
            let key = source.key(&KeyPath::index(0)).unwrap();
            let shown = format!("{key:?} {}", serde_json::to_string(&key).unwrap());
            for private in key.private.values().chain(&key.secret) {
                assert!(!shown.contains(private.expose()));
            }
        }
    }

    #[test]
    fn inspection_tells_every_kind_and_reveals_nothing_private() {
        let phrase = |text| key(seed(text)).private.get("mnemonic").unwrap().expose().to_owned();
        let wallet = phrase(WALLET_SEED);
        let without = wallet.rsplit_once(' ').unwrap().0.to_owned();
        let (session, bls) = (phrase(SESSION_SEED), format!("0x{}\n", "5a".repeat(32)));
        for (name, content, format, scheme, checksum) in [
            ("", &wallet, "oxen_mnemonic", "wallet", Some("valid")),
            ("phrase.txt", &without, "oxen_mnemonic", "wallet", Some("absent")),
            ("", &session, "session_mnemonic", "session", Some("valid")),
            ("key_bls", &bls, "oxen_key_bls", "service-node", None),
        ] {
            let found = OxenKeys.inspect(name, content.as_bytes()).unwrap();
            assert_eq!((found.format, found.schemes.as_slice()), (format, [scheme].as_slice()));
            assert_eq!(found.facts.get("checksum").and_then(|value| value.as_str()), checksum);
            let shown = serde_json::to_string(&found).unwrap();
            let words: Vec<_> = content.split_whitespace().collect();
            assert!(!shown.contains("5a5a5a5a") && !words.windows(2).any(|two| shown.contains(&two.join(" "))));
        }
        assert!(matches!(OxenKeys.inspect("", bls.as_bytes()), Err(KeyError::Key(_))));
        assert!(matches!(OxenKeys.inspect("", &[0xff; 5]), Err(KeyError::Unrecognised(_))));
        assert!(matches!(OxenKeys.inspect("", b"one two"), Err(KeyError::WordCount { found: 2, .. })));
        assert!(matches!(OxenKeys.inspect("key_ed25519", b"one two"), Err(KeyError::Key(_))));
    }
}
