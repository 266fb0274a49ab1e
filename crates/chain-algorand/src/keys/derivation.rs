//! Mnemonics, seeds and extended keys to keys, under the shared traits.
use super::scheme::{Kind, SCHEMES};
use super::source::Opened;
use super::{ALGORAND_25, ARC52_PEIKERT, ExtendedKey, KeyText, Seed, Variant, inspection, root, tool};
use crate::{mnemonic, network};
use watchdog_core::keys::phrase::{self, Phrase};
use watchdog_core::keys::tool::Tool;
use watchdog_core::keys::{Entropy, Inspection, KeyDerivation, KeyError, KeySource, Material, Network, Scheme};
use watchdog_core::secret::Secret;
use zeroize::Zeroizing;

/// Words of a mnemonic of any scheme, as text.
pub(super) const COUNTS: &str = "25, or 12, 15, 18, 21 or 24 of BIP-39";

/// Keys of Algorand. Takes both kinds of mnemonic, seeds in hex (32 bytes of a single key, 64 of a
/// BIP-39 phrase), key files and extended keys.
#[derive(Clone, Copy, Debug, Default)]
pub struct AlgorandKeys;

impl KeyDerivation for AlgorandKeys {
    fn networks(&self) -> &'static [Network] {
        &network::NETWORKS
    }

    fn schemes(&self) -> &'static [Scheme] {
        &SCHEMES
    }

    fn open(
        &self,
        material: Material,
        scheme: Option<&Scheme>,
        network: &Network,
        passphrase: &Secret,
    ) -> Result<Box<dyn KeySource>, KeyError> {
        let kind = scheme.map(Kind::of).transpose()?;
        network::check(network.name())?;
        let opened = match &material {
            Material::Phrase(phrase) => return open_phrase(phrase, kind, passphrase),
            Material::Seed(seed) => open_seed(seed, kind),
            Material::KeyFile(file) => open_key_file(KeyText::read(&file.bytes)?, kind),
            Material::ExtendedKey(key) => match kind.unwrap_or(Kind::Tree(Variant::Peikert)) {
                Kind::Tree(variant) => ExtendedKey::from_hex(key).map(|key| Opened::Below(variant, key)),
                kind @ Kind::Single => Err(refused(kind, &material)),
            },
            Material::Keystore { .. } => Err(refused(kind.unwrap_or(Kind::Single), &material)),
        }?;
        refuse_passphrase(passphrase, "no passphrase for seeds and keys, only for BIP-39 phrases")?;
        Ok(Box::new(opened))
    }

    fn inspect(&self, _: &str, content: &[u8]) -> Result<Inspection, KeyError> {
        inspection::inspect(content)
    }

    fn generate(
        &self,
        scheme: Option<&Scheme>,
        words: Option<usize>,
        entropy: &mut dyn Entropy,
    ) -> Result<Secret, KeyError> {
        match Kind::of(scheme.unwrap_or(&ALGORAND_25))? {
            Kind::Tree(_) => phrase::generate(words.unwrap_or(24), entropy),
            Kind::Single => match words.unwrap_or(mnemonic::WORDS) {
                mnemonic::WORDS => {
                    let mut seed = Zeroizing::new([0; 32]);
                    entropy.fill(seed.as_mut_slice())?;
                    Ok(mnemonic::spell(&Seed::new(&seed)))
                }
                found => Err(KeyError::WordCount { found, expected: "25, or name a scheme of BIP-39 phrases" }),
            },
        }
    }

    fn tools(&self) -> &'static [Tool] {
        tool::TOOLS
    }
}

/// Without a scheme the number of words decides; a named one is never changed.
fn open_phrase(text: &Secret, kind: Option<Kind>, passphrase: &Secret) -> Result<Box<dyn KeySource>, KeyError> {
    match kind.map_or_else(|| kind_of_phrase(text), Ok)? {
        Kind::Single => {
            refuse_passphrase(passphrase, "no passphrase for 25 words, only for BIP-39 phrases")?;
            Ok(Box::new(Opened::Seed(mnemonic::parse(text)?)))
        }
        Kind::Tree(variant) => Ok(Box::new(tree(variant, &Phrase::parse(text)?.seed(passphrase))?)),
    }
}

fn kind_of_phrase(text: &Secret) -> Result<Kind, KeyError> {
    match text.expose().split_whitespace().count() {
        mnemonic::WORDS => Ok(Kind::Single),
        12 | 15 | 18 | 21 | 24 => Kind::of(&ARC52_PEIKERT),
        found => Err(KeyError::WordCount { found, expected: COUNTS }),
    }
}

fn tree(variant: Variant, seed: &[u8; 64]) -> Result<Opened, KeyError> {
    root(seed).map(|root| Opened::Tree(variant, root)).ok_or_else(|| KeyError::Barren("m".to_owned()))
}

/// Seeds of both kinds differ in their length, and it decides.
fn open_seed(text: &Secret, kind: Option<Kind>) -> Result<Opened, KeyError> {
    let text = text.expose().trim();
    let kind = match (kind, text.len()) {
        (Some(kind), _) => kind,
        (None, 64) => Kind::Single,
        (None, 128) => Kind::Tree(Variant::Peikert),
        _ => return Err(KeyError::Seed("give 64 hex digits for a single key, or the 128 of a BIP-39 phrase")),
    };
    let unhex = |bytes: &mut [u8]| {
        hex::decode_to_slice(text, bytes).map_err(|_| KeyError::Seed("it has a character that is no hex digit"))
    };
    match kind {
        Kind::Single if text.len() != 64 => Err(KeyError::Seed("scheme `algorand-25` takes 32 bytes, 64 hex digits")),
        Kind::Tree(_) if text.len() != 128 => {
            Err(KeyError::Seed("schemes of trees take the 64 bytes of a BIP-39 phrase, 128 hex digits"))
        }
        Kind::Single => {
            let mut seed = Zeroizing::new([0; 32]);
            unhex(seed.as_mut_slice())?;
            Ok(Opened::Seed(Seed::new(&seed)))
        }
        Kind::Tree(variant) => {
            let mut seed = Zeroizing::new([0; 64]);
            unhex(seed.as_mut_slice())?;
            tree(variant, &seed)
        }
    }
}

fn open_key_file(key: KeyText, kind: Option<Kind>) -> Result<Opened, KeyError> {
    match (key, kind) {
        (KeyText::Seed(seed), None | Some(Kind::Single)) => Ok(Opened::Seed(seed)),
        (KeyText::Extended(key), None) => Ok(Opened::File(Variant::Peikert, key)),
        (KeyText::Extended(key), Some(Kind::Tree(variant))) => Ok(Opened::File(variant, key)),
        (KeyText::Seed(_), Some(kind)) => {
            Err(KeyError::Material { scheme: kind.scheme().0, material: "the seed of a single key" })
        }
        (KeyText::Extended(_), Some(kind)) => {
            Err(KeyError::Material { scheme: kind.scheme().0, material: "an extended key" })
        }
    }
}

fn refused(kind: Kind, material: &Material) -> KeyError {
    KeyError::Material { scheme: kind.scheme().0, material: material.kind() }
}

/// `why` completes "this chain has".
fn refuse_passphrase(passphrase: &Secret, why: &'static str) -> Result<(), KeyError> {
    if passphrase.expose().is_empty() { Ok(()) } else { Err(KeyError::Unsupported(why)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::{ARC52_KHOVRATOVICH, ExtendedPublic};
    use watchdog_core::keys::{Branch, DerivedKey, KeyFile, KeyPath, Role};

    const ONE: &str = "reward health exact casino huge retire collect solid phrase shoot rule solar access parrot sleep trap name web view tooth primary fish travel abstract asset";
    const TREE: &str = "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";

    fn secret(text: &str) -> Secret {
        Secret::new(text.to_owned())
    }

    fn phrase(text: &str) -> Material {
        Material::Phrase(secret(text))
    }

    fn file(text: &str) -> Material {
        Material::KeyFile(KeyFile { name: String::new(), bytes: Zeroizing::new(text.as_bytes().to_vec()) })
    }

    fn open(material: Material, scheme: Option<Scheme>) -> Result<Box<dyn KeySource>, KeyError> {
        AlgorandKeys.open(material, scheme.as_ref(), &Network::known("mainnet"), &secret(""))
    }

    fn refusal(material: Material, scheme: Option<Scheme>) -> KeyError {
        open(material, scheme).err().unwrap()
    }

    fn at(source: &dyn KeySource, path: &str) -> Result<DerivedKey, KeyError> {
        source.key(&KeyPath::Full(path.to_owned()))
    }

    #[test]
    fn the_word_count_decides_and_a_named_scheme_is_never_changed() {
        assert_eq!(open(phrase(ONE), None).unwrap().scheme(), ALGORAND_25);
        assert_eq!(open(phrase(TREE), None).unwrap().scheme(), ARC52_PEIKERT);
        assert_eq!(open(phrase(TREE), Some(ARC52_KHOVRATOVICH)).unwrap().scheme(), ARC52_KHOVRATOVICH);
        let counted = |found, expected| KeyError::WordCount { found, expected };
        assert_eq!(refusal(phrase(TREE), Some(ALGORAND_25)), counted(12, "25"));
        assert_eq!(refusal(phrase(ONE), Some(ARC52_PEIKERT)), counted(25, "12, 15, 18, 21 or 24"));
        assert_eq!(refusal(phrase("abandon"), None), counted(1, COUNTS));
    }

    #[test]
    fn unknown_schemes_and_networks_are_refused_as_requests() {
        let scheme = refusal(phrase(ONE), Some(Scheme("cap26")));
        assert!(scheme.is_request() && scheme.to_string().contains("arc52-khovratovich"), "{scheme}");
        let network = AlgorandKeys.open(phrase(ONE), None, &Network::known("stokenet"), &secret("")).err().unwrap();
        assert!(network.is_request() && network.to_string().contains("localnet"), "{network}");
    }

    #[test]
    fn a_passphrase_is_refused_wherever_it_would_be_ignored() {
        let network = Network::known("testnet");
        let key = "40".repeat(96);
        for material in [phrase(ONE), Material::Seed(secret(&"07".repeat(64))), file(&key), file(&"07".repeat(32))] {
            let refusal = AlgorandKeys.open(material, None, &network, &secret("x")).err().unwrap();
            assert!(refusal.is_request() && refusal.to_string().contains("only for BIP-39 phrases"), "{refusal}");
        }
        let with = AlgorandKeys.open(phrase(TREE), None, &network, &secret("x")).unwrap();
        let without = open(phrase(TREE), None).unwrap();
        let [with, without] = [with, without].map(|source| source.key(&KeyPath::index(0)).unwrap().address);
        assert_ne!(with, without);
    }

    #[test]
    fn a_seed_file_gives_what_its_25_words_give() {
        let words = open(phrase(ONE), None).unwrap().key(&KeyPath::index(0)).unwrap();
        assert_eq!(words.path, None);
        assert_eq!(words.private["mnemonic"].expose(), ONE);
        let seed = words.secret.as_ref().unwrap();
        for material in
            [file(seed.expose()), Material::Seed(seed.clone()), file(words.private["sdk_private_key"].expose())]
        {
            let key = open(material, None).unwrap().key(&KeyPath::index(0)).unwrap();
            assert_eq!((key.address, key.public_key), (words.address.clone(), words.public_key.clone()));
            assert_eq!(key.private["mnemonic"].expose(), ONE);
        }
    }

    #[test]
    fn a_single_key_has_no_levels() {
        let source = open(phrase(ONE), None).unwrap();
        let branch = Branch::default();
        for (branch, level) in [
            (Branch { account: Some(0), ..branch }, "account"),
            (Branch { change: Some(0), ..branch }, "change"),
            (Branch { role: Some(Role::Persona), ..branch }, "persona"),
            (Branch { index: 1, ..branch }, "index"),
        ] {
            let refusal = source.key(&KeyPath::Standard(branch)).unwrap_err();
            assert_eq!(refusal, KeyError::Level { scheme: "algorand-25", level });
        }
        assert!(matches!(at(source.as_ref(), "m"), Err(KeyError::Path { .. })));
    }

    #[test]
    fn an_accounts_extended_key_gives_its_children_again_private_and_public() {
        for scheme in [ARC52_PEIKERT, ARC52_KHOVRATOVICH] {
            let tree = open(phrase(TREE), Some(scheme)).unwrap();
            let account = at(tree.as_ref(), "m/44'/283'/2'").unwrap();
            assert_eq!((account.address, &account.extra["xpub"]), (None, &account.extra["account_xpub"]));
            let branch = Branch { account: Some(2), change: Some(1), index: 5, role: None };
            let key = tree.key(&KeyPath::Standard(branch)).unwrap();
            assert_eq!(key.extra["account_xpub"], account.extra["xpub"]);

            let below = KeyPath::Standard(Branch { account: None, ..branch });
            let private = Material::ExtendedKey(account.secret.unwrap());
            let private = open(private, Some(scheme)).unwrap().key(&below).unwrap();
            assert_eq!(private.secret.unwrap().expose(), key.secret.as_ref().unwrap().expose());
            let public = Material::ExtendedKey(secret(account.extra["xpub"].as_str().unwrap()));
            let source = open(public, Some(scheme)).unwrap();
            let public = source.key(&below).unwrap();
            assert_eq!(public.path.as_deref(), Some("m/1/5"));
            assert_eq!((&public.address, &public.extra["xpub"]), (&key.address, &key.extra["xpub"]));
            assert!(public.secret.is_none() && public.private.is_empty());
            assert_eq!(at(source.as_ref(), "m/0'").unwrap_err().code(), "public_only");
            assert_eq!(source.key(&KeyPath::Standard(branch)).unwrap_err().code(), "bad_argument");
        }
    }

    #[test]
    fn the_private_key_that_was_written_out_is_the_same_key_in_a_file() {
        let key = open(phrase(TREE), None).unwrap().key(&KeyPath::index(3)).unwrap();
        let file = open(file(key.secret.as_ref().unwrap().expose()), None).unwrap();
        let again = file.key(&KeyPath::index(0)).unwrap();
        assert_eq!((again.path, again.address), (None, key.address));
        assert!(matches!(file.key(&KeyPath::index(1)), Err(KeyError::Path { .. })));
        assert!(matches!(at(file.as_ref(), "m"), Err(KeyError::Path { .. })));
    }

    #[test]
    fn identities_and_levels_above_a_key_have_no_address() {
        let tree = open(phrase(TREE), None).unwrap();
        for path in ["m", "m/44'", "m/44'/0'/0'/0/0", "m/44'/283'/0'/0"] {
            let key = at(tree.as_ref(), path).unwrap();
            assert_eq!((key.address, key.path.as_deref()), (None, Some(path)));
        }
        assert!(!at(tree.as_ref(), "m").unwrap().extra.contains_key("account_xpub"));
    }

    #[test]
    fn material_of_another_scheme_is_refused() {
        let key = "40".repeat(96);
        let keystore = Material::Keystore { json: Vec::new(), password: secret("") };
        for (material, scheme) in [
            (file(&key), ALGORAND_25),
            (file(&"07".repeat(32)), ARC52_PEIKERT),
            (Material::ExtendedKey(secret(&key)), ALGORAND_25),
            (keystore, ARC52_PEIKERT),
        ] {
            assert_eq!(refusal(material, Some(scheme)).code(), "wrong_material");
        }
        assert_eq!(refusal(Material::Seed(secret(&"07".repeat(64))), Some(ALGORAND_25)).code(), "seed_invalid");
        assert_eq!(refusal(Material::Seed(secret(&"07".repeat(32))), Some(ARC52_PEIKERT)).code(), "seed_invalid");
        assert_eq!(refusal(Material::Seed(secret("zz")), None).code(), "seed_invalid");
    }

    #[test]
    fn a_step_that_leads_to_no_key_is_barren() {
        let mut bytes = [0xff; 96];
        bytes[0] = 0xf8;
        bytes[31] = 0x7f;
        let key = Material::ExtendedKey(secret(&hex::encode(bytes)));
        let source = open(key, None).unwrap();
        assert_eq!(source.key(&KeyPath::index(0)).unwrap_err(), KeyError::Barren("m/0/0".to_owned()));
    }

    struct Counting(u8);

    impl Entropy for Counting {
        fn fill(&mut self, bytes: &mut [u8]) -> Result<(), KeyError> {
            for byte in bytes {
                *byte = self.0;
                self.0 = self.0.wrapping_add(1);
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
    fn a_fresh_phrase_opens_again_and_holds_all_the_entropy_it_was_given() {
        let fresh = |scheme: Option<Scheme>, words| AlgorandKeys.generate(scheme.as_ref(), words, &mut Counting(1));
        let one = fresh(None, None).unwrap();
        let key = open(Material::Phrase(one.clone()), None).unwrap().key(&KeyPath::index(0)).unwrap();
        assert_eq!(key.secret.unwrap().expose(), hex::encode((1..=32).collect::<Vec<u8>>()));
        for (words, expected) in [(None, 24), (Some(12), 12)] {
            let phrase = fresh(Some(ARC52_KHOVRATOVICH), words).unwrap();
            assert_eq!(phrase.expose().split_whitespace().count(), expected);
            assert!(open(Material::Phrase(phrase), None).is_ok());
        }
        assert_eq!(fresh(None, Some(24)).unwrap_err().code(), "word_count");
        assert_eq!(fresh(Some(ARC52_PEIKERT), Some(25)).unwrap_err().code(), "word_count");
        assert_eq!(AlgorandKeys.generate(None, None, &mut Dry).unwrap_err(), KeyError::Entropy);
    }

    #[test]
    fn an_extended_public_key_is_read_as_it_is_written() {
        let tree = open(phrase(TREE), None).unwrap();
        let xpub = tree.key(&KeyPath::index(0)).unwrap().extra["xpub"].as_str().unwrap().to_owned();
        assert_eq!(ExtendedPublic::from_hex(&xpub).unwrap().to_string(), xpub);
    }
}
