//! Signs a message.
use super::{DOMAIN, MESSAGE, domain};
use crate::keys::{AlgorandKeys, KeyText, SigningKey, scheme};
use crate::network::NETWORKS;
use serde_json::{Map, Value};
use watchdog_core::keys::tool::{Answer, Argument, ArgumentKind, Count, Inputs, Tool};
use watchdog_core::keys::{Entropy, KeyDerivation, KeyError, KeyFile, KeyPath, Material, Network};
use watchdog_core::secret::Secret;
use zeroize::Zeroizing;

/// `tanist keys tool algorand sign`.
pub(super) const TOOL: Tool = Tool {
    name: "sign",
    about: "Sign the bytes of a file with the key of an account",
    arguments: &[
        Argument {
            name: "key",
            about: "Mnemonic of either kind, or private key as `keys derive` writes it",
            kind: ArgumentKind::SecretFile,
            count: Count::One,
        },
        Argument {
            name: "passphrase",
            about: "Passphrase of a BIP-39 phrase",
            kind: ArgumentKind::SecretFile,
            count: Count::Optional,
        },
        Argument {
            name: "scheme",
            about: "Scheme; without it the number of words decides as for `keys derive`",
            kind: ArgumentKind::Text,
            count: Count::Optional,
        },
        Argument {
            name: "path",
            about: "Path in the tree of a BIP-39 phrase, m/44'/283'/0'/0/0 by default",
            kind: ArgumentKind::Text,
            count: Count::Optional,
        },
        MESSAGE,
        DOMAIN,
    ],
    run,
};

/// Signs.
fn run(inputs: &Inputs, _: &mut dyn Entropy) -> Result<Answer, KeyError> {
    let (name, domain) = domain(inputs)?;
    let message = inputs.file("message")?;
    let scheme = inputs.texts("scheme").first().map(|name| scheme::named(name)).transpose()?;
    let path = inputs.texts("path").first().map_or(KeyPath::index(0), |path| KeyPath::Full(path.clone()));
    let none = Secret::new(String::new());
    let passphrase = if inputs.has("passphrase") { inputs.secret("passphrase")? } else { &none };
    let [default, ..] = &NETWORKS;
    let network: &Network = inputs.network().unwrap_or(default);
    let source = AlgorandKeys.open(material(inputs.secret("key")?), scheme.as_ref(), network, passphrase)?;
    let key = source.key(&path)?;
    let secret = key.secret.as_ref().ok_or(KeyError::PublicOnly { wanted: "a signature" })?;
    let signature = SigningKey::from(&KeyText::read(secret.expose().as_bytes())?).sign(domain, message);
    let facts = [
        ("scheme", Some(source.scheme().0.to_owned())),
        ("path", key.path),
        ("public_key", Some(key.public_key)),
        ("address", key.address),
        ("domain", Some(name.to_owned())),
        ("signature", Some(signature.to_string())),
        ("signature_hex", Some(signature.to_hex())),
    ];
    let facts = facts.into_iter().filter_map(|(name, text)| Some((name.to_owned(), Value::from(text?))));
    Ok(Answer { facts: facts.collect::<Map<_, _>>(), ..Answer::default() })
}

/// Several words are a mnemonic, one is a key.
fn material(text: &Secret) -> Material {
    if text.expose().split_whitespace().nth(1).is_some() {
        return Material::Phrase(text.clone());
    }
    Material::KeyFile(KeyFile { name: String::new(), bytes: Zeroizing::new(text.expose().as_bytes().to_vec()) })
}
