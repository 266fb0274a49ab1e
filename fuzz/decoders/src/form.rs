//! Forms of input, and the promises of whoever decodes them.
use crate::cost::{is_cheap, is_hostile};
use crate::decoder::Outcome;
use crate::entropy::Counting;
use crate::mutation::MARK;
use crate::{api, config, exchange, journal, settings, windows};
use std::path::Path;
use watchdog_core::chain::Offline;
use watchdog_core::keys::path::DerivationPath;
use watchdog_core::keys::phrase::{Phrase, seed_from_hex};
use watchdog_core::keys::tool::{ArgumentKind, Inputs, Tool};
use watchdog_core::keys::{DerivedKey, KeyDerivation, KeyError, KeyFile, KeyPath, KeySource, Material, Network};
use watchdog_core::secret::Secret;

/// What an input is taken for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Form {
    /// An address.
    Address,
    /// Any file: a name, a newline, its content.
    Inspection,
    /// Words.
    Mnemonic,
    /// A seed in hex.
    Seed,
    /// An extended key.
    ExtendedKey,
    /// A private key in a wallet's import format, which an extended key's place takes too.
    Wif,
    /// A key file: a name, a newline, its content.
    KeyFile,
    /// A keystore: its password, a newline, its content.
    Keystore,
    /// Arguments of a tool: a byte that picks the tool, then each argument with a record separator (0x1e) after it.
    Tool,
    /// A derivation path.
    Path,
    /// Lines of a journal, an entry each.
    Journal,
    /// A journal's checkpoint.
    Checkpoint,
    /// A configuration file.
    Config,
    /// Files, variables of the environment and keys to explain, each with a record separator (0x1e) after it.
    Settings,
    /// Requests to the control API.
    Api,
    /// The words of a forced command.
    Request,
    /// What a forced command printed.
    Answer,
    /// Who holds a node's lease.
    Holder,
    /// What a node keeps in files.
    Memory,
    /// Observations under every policy.
    Windows,
}

impl Form {
    /// Name in fuzz targets.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Inspection => "inspection",
            Self::Mnemonic => "mnemonic",
            Self::Seed => "seed",
            Self::ExtendedKey => "extended_key",
            Self::Wif => "wif",
            Self::KeyFile => "key_file",
            Self::Keystore => "keystore",
            Self::Tool => "tool",
            Self::Path => "path",
            Self::Journal => "journal",
            Self::Checkpoint => "checkpoint",
            Self::Config => "config",
            Self::Settings => "settings",
            Self::Api => "api",
            Self::Request => "request",
            Self::Answer => "answer",
            Self::Holder => "holder",
            Self::Memory => "memory",
            Self::Windows => "windows",
        }
    }

    /// The function that takes an input for this form of chain `C`.
    pub(crate) fn of<C: Offline>(self) -> fn(&[u8]) -> Outcome {
        match self {
            Self::Address => address::<C>,
            Self::Inspection => inspection::<C>,
            Self::Mnemonic => |input| opened::<C>(&|| Material::Phrase(text(input))),
            Self::Seed => |input| opened::<C>(&|| Material::Seed(text(input))),
            Self::ExtendedKey | Self::Wif => |input| opened::<C>(&|| Material::ExtendedKey(text(input))),
            Self::KeyFile => key_file::<C>,
            Self::Keystore => keystore::<C>,
            Self::Tool => tool::<C>,
            Self::Path => path,
            Self::Journal => journal::entries,
            Self::Checkpoint => journal::checkpoint,
            Self::Config => config::file,
            Self::Settings => settings::layers,
            Self::Api => api::requests,
            Self::Request => exchange::request,
            Self::Answer => exchange::answer,
            Self::Holder => exchange::holder,
            Self::Memory => exchange::memory,
            Self::Windows => windows::windows,
        }
    }

    /// Inputs to begin with that are in no vector of a chain; `None` for a form that has such vectors.
    pub(crate) fn own_inputs(self, top: &Path) -> Result<Option<Vec<Vec<u8>>>, String> {
        Ok(Some(match self {
            Self::Journal => journal::stories(),
            Self::Checkpoint => journal::checkpoints(),
            Self::Config => config::files(top)?,
            Self::Settings => [settings::layered(top)?, settings::endless()].concat(),
            Self::Api => api::conversations(),
            Self::Request => exchange::requests(),
            Self::Answer => exchange::answers(),
            Self::Holder => exchange::holders(),
            Self::Memory => exchange::memories(),
            Self::Windows => windows::lives(),
            _ => return Ok(None),
        }))
    }
}

/// A path is printed as it is read again.
pub(crate) fn path(input: &[u8]) -> Outcome {
    let Ok(path) = String::from_utf8_lossy(input).parse::<DerivationPath>() else { return Outcome::Refused };
    assert_eq!(path.to_string().parse().as_ref(), Ok(&path), "a path changes when it is printed and read again");
    Outcome::Accepted
}

/// A BIP-39 phrase.
pub(crate) fn phrase(input: &[u8]) -> Outcome {
    outcome(Phrase::parse(&text(input)).map(|phrase| {
        assert!(matches!(phrase.words(), 12 | 15 | 18 | 21 | 24), "a phrase of another number of words is taken");
        phrase.seed(&text(MARK.as_bytes()))
    }))
}

/// A seed in hex.
pub(crate) fn seed(input: &[u8]) -> Outcome {
    outcome(seed_from_hex(&text(input)).map(|seed| {
        assert!((16..=64).contains(&seed.len()), "a seed of another length is taken");
    }))
}

fn address<C: Offline>(input: &[u8]) -> Outcome {
    let Some(reader) = C::addresses() else { return Outcome::Refused };
    let text = String::from_utf8_lossy(input);
    let networks = C::keys().map_or(&[][..], KeyDerivation::networks);
    let explained = reader.explain(&text, None);
    for network in networks.iter().take(2) {
        let within = reader.explain(&text, Some(network.name()));
        assert!(within.is_err() || explained.is_ok(), "an address belongs to a network and is none without it");
    }
    if explained.is_ok() { Outcome::Accepted } else { Outcome::Refused }
}

fn inspection<C: Offline>(input: &[u8]) -> Outcome {
    let Some(keys) = C::keys() else { return Outcome::Refused };
    let (name, content) = headed(input);
    outcome(keys.inspect(&name, content).map(|found| {
        let told = serde_json::to_string(&found).unwrap_or_default();
        assert!(!told.contains(MARK), "what a file is said to be quotes the file: {}", found.format);
    }))
}

fn key_file<C: Offline>(input: &[u8]) -> Outcome {
    let (name, content) = headed(input);
    opened::<C>(&|| Material::KeyFile(KeyFile { name: name.clone(), bytes: content.to_vec().into() }))
}

/// Keystores that ask for usual work are left alone, those that ask for too much must be refused at once.
fn keystore<C: Offline>(input: &[u8]) -> Outcome {
    let (password, json) = headed(input);
    let document = serde_json::from_slice(json).unwrap_or_default();
    let is_hostile = is_hostile(&document);
    if !is_cheap(&document) && !is_hostile && document.is_object() {
        return Outcome::Refused;
    }
    let outcome = opened::<C>(&|| Material::Keystore { json: json.to_vec(), password: Secret::new(password.clone()) });
    assert!(!is_hostile || outcome == Outcome::Refused, "a keystore of endless work is opened");
    outcome
}

/// Opens `material` under every scheme, and takes keys of what opens.
fn opened<C: Offline>(material: &dyn Fn() -> Material) -> Outcome {
    let Some(keys) = C::keys() else { return Outcome::Refused };
    let network = keys.networks().first().cloned().unwrap_or(Network::known("mainnet"));
    let schemes = std::iter::once(None).chain(keys.schemes().iter().map(Some));
    let open = |scheme| outcome(keys.open(material(), scheme, &network, &text(b"")).map(|source| take_keys(&*source)));
    schemes.map(open).fold(Outcome::Refused, Outcome::or)
}

fn take_keys(source: &dyn KeySource) {
    let full = KeyPath::Full("m/44'/0'/0/1".to_owned());
    for path in [KeyPath::index(0), KeyPath::index(1), KeyPath::index(u32::MAX), full] {
        match source.key(&path) {
            Ok(key) => keeps_its_secret(&key),
            Err(error) => quotes_nothing(&error),
        }
    }
}

/// What is printed of a key holds nothing private.
fn keeps_its_secret(key: &DerivedKey) {
    let told = format!("{key:?} {}", serde_json::to_string(key).unwrap_or_default());
    for secret in key.secret.iter().chain(key.private.values()) {
        let secret = secret.expose();
        assert!(secret.len() < 16 || !told.contains(secret), "what is printed of a key holds its private half");
    }
}

fn tool<C: Offline>(input: &[u8]) -> Outcome {
    let tools = C::keys().map_or(&[][..], KeyDerivation::tools);
    let [choice, input @ ..] = input else { return Outcome::Refused };
    let Some(tool) = usize::from(*choice).checked_rem(tools.len()).and_then(|k| tools.get(k)) else {
        return Outcome::Refused;
    };
    let network = C::keys().and_then(|keys| keys.networks().first().cloned());
    outcome((tool.run)(&inputs(tool, network, input), &mut Counting(*choice)))
}

/// The parts of `input` as the tool's arguments, in the order of its list; parts that are left over go to its last.
fn inputs(tool: &Tool, network: Option<Network>, input: &[u8]) -> Inputs {
    let last = tool.arguments.len().saturating_sub(1);
    let parts = input.split(|byte| *byte == 0x1e).enumerate();
    parts.fold(Inputs::new(network), |inputs, (k, part)| match tool.arguments.get(k.min(last)) {
        None => inputs,
        Some(argument) => match argument.kind {
            ArgumentKind::Text => inputs.with_text(argument.name, public(part)),
            ArgumentKind::File => inputs.with_file(argument.name, part.to_vec()),
            ArgumentKind::SecretFile => inputs.with_secret(argument.name, text(part)),
        },
    })
}

fn outcome<T>(result: Result<T, KeyError>) -> Outcome {
    match result {
        Ok(_) => Outcome::Accepted,
        Err(error) => {
            quotes_nothing(&error);
            Outcome::Refused
        }
    }
}

fn quotes_nothing(error: &KeyError) {
    let told = format!("{error} {error:?}").to_lowercase();
    assert!(!told.contains(MARK), "an error quotes what it was given: {told}");
}

fn text(input: &[u8]) -> Secret {
    Secret::new(String::from_utf8_lossy(input).into_owned())
}

/// The first line, and what comes after it. A name is public and may be quoted, so it never holds the mark.
fn headed(input: &[u8]) -> (String, &[u8]) {
    let end = input.iter().position(|byte| *byte == b'\n').unwrap_or_default();
    let rest = input.get(end..).unwrap_or_default();
    (public(&input[..end]), rest.strip_prefix(b"\n").unwrap_or(rest))
}

fn public(input: &[u8]) -> String {
    String::from_utf8_lossy(input).replace(MARK, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "an error quotes what it was given")]
    fn an_error_that_quotes_what_it_was_given_is_a_fault() {
        quotes_nothing(&KeyError::Unrecognised(format!("it begins with {}", MARK.to_uppercase())));
    }

    #[test]
    #[should_panic(expected = "holds its private half")]
    fn a_key_that_shows_its_private_half_is_a_fault() {
        let secret = "0011223344556677";
        keeps_its_secret(&DerivedKey {
            public_key: secret.to_owned(),
            secret: Some(Secret::new(secret.to_owned())),
            ..DerivedKey::default()
        });
    }

    #[test]
    fn the_first_line_is_the_name_and_the_rest_the_content() {
        assert_eq!(headed(b"key_bls\na\nb"), ("key_bls".to_owned(), &b"a\nb"[..]));
        assert_eq!(headed(b"\nab"), (String::new(), &b"ab"[..]));
        assert_eq!(headed(b"ab"), (String::new(), &b"ab"[..]));
    }
}
