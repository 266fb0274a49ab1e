//! Material to keys, under the shared traits.
use super::bls::PublicKey;
use super::execution_source::ExecutionSource;
use super::single::SingleSource;
use super::tree_source::TreeSource;
use super::{inspect, tools};
use crate::keystore::{Keystore, Recipe, password};
use crate::network;
use watchdog_core::keys::phrase::{self, Phrase, seed_from_hex};
use watchdog_core::keys::tool::Tool;
use watchdog_core::keys::{
    DerivedKey, Entropy, Inspection, KeyDerivation, KeyError, KeySource, Material, Network, Scheme,
};
use watchdog_core::secret::Secret;
use zeroize::Zeroizing;

/// Consensus keys of validators, BLS12-381.
pub const EIP2334: Scheme = Scheme("eip2334");

/// Execution keys of accounts, secp256k1.
pub const BIP44: Scheme = Scheme("bip44");

static SCHEMES: [Scheme; 2] = [EIP2334, BIP44];

/// Keys of Ethereum. The network changes none of them, but it must be one that is known.
#[derive(Clone, Copy, Debug, Default)]
pub struct EthereumKeys;

impl KeyDerivation for EthereumKeys {
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
        network::checked(network.name())?;
        if !matches!(material, Material::Phrase(_)) && !passphrase.expose().is_empty() {
            return Err(KeyError::Unsupported("no passphrase for seeds, keystores and keys: it belongs to a phrase"));
        }
        let scheme = match (scheme, &material) {
            (None, Material::ExtendedKey(_)) => BIP44,
            (scheme, _) => known(scheme)?,
        };
        if scheme == BIP44 { execution(material, passphrase) } else { consensus(material, passphrase) }
    }

    fn inspect(&self, _: &str, content: &[u8]) -> Result<Inspection, KeyError> {
        inspect::inspect(content)
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

    fn seal(
        &self,
        key: &DerivedKey,
        password: &Secret,
        entropy: &mut dyn Entropy,
    ) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let public: PublicKey =
            key.public_key.parse().map_err(|_| KeyError::Unsupported("no keystores for execution keys"))?;
        let secret = key.secret.as_ref().ok_or(KeyError::PublicOnly { wanted: "a keystore" })?;
        let secret = SingleSource::consensus_key(secret.expose())?;
        if secret.public_key() != public {
            return Err(KeyError::Mismatch);
        }
        if password::standard(password.expose()).is_empty() {
            let reason = "nothing is left of it without control characters: choose a longer one".to_owned();
            return Err(KeyError::Argument { argument: "new-password-file", reason });
        }
        let recipe = Recipe::draw(key.path.as_deref().unwrap_or_default(), entropy)?;
        let document = recipe.seal(&secret, password)?;
        Ok(Zeroizing::new(document.into_bytes()))
    }

    fn tools(&self) -> &'static [Tool] {
        &tools::TOOLS
    }
}

/// The scheme of this name; EIP-2334 where none was named.
fn known(scheme: Option<&Scheme>) -> Result<Scheme, KeyError> {
    let scheme = scheme.unwrap_or(&EIP2334);
    let known = SCHEMES.iter().find(|known| *known == scheme).copied();
    known.ok_or_else(|| KeyError::Scheme { given: scheme.0.to_owned(), known: "`eip2334`, `bip44`" })
}

fn consensus(material: Material, passphrase: &Secret) -> Result<Box<dyn KeySource>, KeyError> {
    Ok(match material {
        Material::Phrase(phrase) => Box::new(TreeSource::new(Phrase::parse(&phrase)?.seed(passphrase).as_slice())?),
        Material::Seed(seed) => Box::new(TreeSource::new(&seed_of(&seed)?)?),
        Material::Keystore { json, password } => {
            Box::new(SingleSource::of_keystore(&Keystore::parse(&json)?, &password)?)
        }
        Material::KeyFile(file) => Box::new(SingleSource::of_consensus_file(&file.bytes)?),
        other @ Material::ExtendedKey(_) => {
            return Err(KeyError::Material { scheme: EIP2334.0, material: other.kind() });
        }
    })
}

fn execution(material: Material, passphrase: &Secret) -> Result<Box<dyn KeySource>, KeyError> {
    Ok(match material {
        Material::Phrase(phrase) => {
            Box::new(ExecutionSource::new(Phrase::parse(&phrase)?.seed(passphrase).as_slice())?)
        }
        Material::Seed(seed) => Box::new(ExecutionSource::new(&seed_of(&seed)?)?),
        Material::ExtendedKey(text) => Box::new(ExecutionSource::of_extended_key(&text)?),
        Material::KeyFile(file) => Box::new(SingleSource::of_execution_file(&file.bytes)?),
        other @ Material::Keystore { .. } => {
            return Err(KeyError::Material { scheme: BIP44.0, material: other.kind() });
        }
    })
}

/// Reads a seed with or without `0x`.
fn seed_of(text: &Secret) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    match text.expose().trim().strip_prefix("0x") {
        Some(digits) => seed_from_hex(&Secret::new(digits.to_owned())),
        None => seed_from_hex(text),
    }
}
