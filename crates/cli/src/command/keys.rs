//! `tanist keys`
//!
//! One-shot work for scripts: no runtime, no configuration, no network.
use crate::args::Global;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::material::{self, Phrase};
use crate::output::Printer;
use crate::{Outcome, chains};
use serde_json::{Map, Value, json};
use std::fmt::Write as _;
use std::io::{IsTerminal, Write as _};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use watchdog_core::keys::{Branch, DerivedKey, KeyDerivation, KeyError, KeyPath, Material, Network, Role, Scheme};
use watchdog_core::secret::Secret;
use zeroize::Zeroizing;

/// Derive keys, explain addresses and phrases.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Keys {
    /// Derive keys and addresses from a mnemonic; prints public material only
    Derive(Derive),
    /// Explain an address: network, kind, payload, and what is wrong with it
    Address(Address),
    /// Say what a phrase is, without revealing it
    Inspect(Inspect),
}

/// Derive the keys of an account from a mnemonic.
#[derive(Debug, clap::Args)]
pub(crate) struct Derive {
    /// Chain whose derivation is used
    #[arg(long)]
    chain: String,
    /// Network, by name or number; the chain's main network where absent
    #[arg(long)]
    network: Option<String>,
    /// Way from phrase to key; the chain's usual one where absent
    #[arg(long)]
    scheme: Option<String>,
    /// What the key stands for
    #[arg(long, value_enum, value_name = "KIND")]
    entity: Option<Entity>,
    /// Account level of the scheme's standard path, where it has one
    #[arg(long, value_name = "A")]
    account: Option<u32>,
    /// Change level of the scheme's standard path, where it has one
    #[arg(long, value_name = "B")]
    change: Option<u32>,
    /// Index in the scheme's standard path
    #[arg(long, value_name = "I", default_value_t = 0, conflicts_with = "path")]
    index: u32,
    /// Full path instead of the standard one
    #[arg(long, value_name = "P", conflicts_with_all = ["entity", "account", "change", "count"])]
    path: Option<String>,
    /// Derive this many keys, from `--index` on, one JSON document a line with `--json`
    #[arg(long, value_name = "N")]
    count: Option<u32>,
    #[command(flatten)]
    phrase: Phrase,
    /// Read the passphrase (the "25th word") from this file
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// Write the private key to this new file (mode 0600)
    #[arg(long, value_name = "FILE", conflicts_with_all = ["count", "private_key_stdout"])]
    private_key_out: Option<PathBuf>,
    /// Print the private key as well; refused where standard output is a terminal
    #[arg(long)]
    private_key_stdout: bool,
}

/// What a key stands for.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Entity {
    /// Holds assets.
    Account,
    /// Logs in.
    Persona,
}

/// Explain addresses.
#[derive(Debug, clap::Args)]
pub(crate) struct Address {
    /// Chain that the address belongs to
    #[arg(long)]
    chain: String,
    /// Network that it must belong to, by name or number
    #[arg(long)]
    network: Option<String>,
    /// The addresses
    #[arg(required = true, value_name = "ADDRESS")]
    texts: Vec<String>,
}

/// Say what a phrase is.
#[derive(Debug, clap::Args)]
pub(crate) struct Inspect {
    /// Chain that it is for
    #[arg(long)]
    chain: String,
    #[command(flatten)]
    phrase: Phrase,
}

pub(crate) fn run(keys: &Keys, global: &Global, printer: Printer) -> Outcome {
    match keys {
        Keys::Derive(derive) => self::derive(derive, global, printer),
        Keys::Address(address) => self::address(address, printer),
        Keys::Inspect(inspect) => self::inspect(inspect, global, printer),
    }
}

fn derivation(chain: &str) -> Result<&'static dyn KeyDerivation, Box<Failure>> {
    match chains::registry().keys(chain) {
        Some(Some(keys)) => Ok(keys),
        Some(None) => Err(Failure::new(Exit::Config, "no_keys", format!("chain `{chain}` has no key derivation"))),
        None => Err(unknown_chain(chain)),
    }
}

/// A chain that was not built in.
pub(crate) fn unknown_chain(chain: &str) -> Box<Failure> {
    let known = chains::registry().names().collect::<Vec<_>>().join(", ");
    Failure::new(Exit::Config, "unknown_chain", format!("unknown chain `{chain}`")).expected(format!("one of: {known}"))
}

fn failed(error: &KeyError) -> Box<Failure> {
    let exit = if error.is_request() { Exit::Config } else { Exit::Secret };
    Failure::new(exit, error.code(), error.to_string())
}

fn derive(derive: &Derive, global: &Global, printer: Printer) -> Outcome {
    if derive.private_key_stdout && std::io::stdout().is_terminal() {
        let what = "a private key is not printed to a terminal";
        return Err(Failure::new(Exit::Refused, "private_key_to_terminal", what)
            .hint("send standard output to a file or program, or use --private-key-out FILE"));
    }
    let keys = derivation(&derive.chain)?;
    let network = match &derive.network {
        Some(name) => Network::named(name.clone()),
        None => keys.networks().first().cloned().unwrap_or(Network::known("mainnet")),
    };
    let scheme = derive.scheme.as_deref().map(|name| scheme(keys, name)).transpose()?;
    let phrase = derive.phrase.read(global)?;
    let passphrase = match &derive.passphrase_file {
        Some(path) => material::of_file(path.clone())?,
        None => Secret::new(String::new()),
    };
    let source =
        keys.open(Material::Phrase(phrase), scheme.as_ref(), &network, &passphrase).map_err(|error| failed(&error))?;
    for place in 0..derive.count.unwrap_or(1) {
        let key = source.key(&path(derive, place)?).map_err(|error| failed(&error))?;
        let head = Head { chain: &derive.chain, network: &network, scheme: source.scheme() };
        deliver(derive, &head, &key, printer)?;
    }
    Ok(Exit::Ok)
}

fn scheme(keys: &dyn KeyDerivation, name: &str) -> Result<Scheme, Box<Failure>> {
    let known = keys.schemes();
    known.iter().find(|scheme| scheme.0 == name).copied().ok_or_else(|| {
        let names: Vec<_> = known.iter().map(|scheme| scheme.0).collect();
        Failure::new(Exit::Config, "unknown_scheme", format!("there is no scheme `{name}`"))
            .expected(format!("one of: {}", names.join(", ")))
    })
}

fn path(derive: &Derive, place: u32) -> Result<KeyPath, Box<Failure>> {
    if let Some(path) = &derive.path {
        return Ok(KeyPath::Full(path.clone()));
    }
    let index = derive.index.checked_add(place).ok_or_else(|| failed(&KeyError::Index(u32::MAX)))?;
    let role = derive.entity.map(|entity| match entity {
        Entity::Account => Role::Account,
        Entity::Persona => Role::Persona,
    });
    Ok(KeyPath::Standard(Branch { role, account: derive.account, change: derive.change, index }))
}

struct Head<'a> {
    chain: &'a str,
    network: &'a Network,
    scheme: Scheme,
}

fn deliver(derive: &Derive, head: &Head<'_>, key: &DerivedKey, printer: Printer) -> Result<(), Box<Failure>> {
    let document = document(head, key);
    if derive.private_key_stdout {
        return print_private(&document, key, printer);
    }
    if let Some(path) = &derive.private_key_out {
        store_private(path, key)?;
        printer.note(&format!("wrote the private key to {}", path.display()));
    }
    if printer.json {
        printer.document(&Value::Object(document));
    } else {
        printer.text(&text(&document));
    }
    Ok(())
}

/// Flat, without a time: the same phrase gives the same bytes.
fn document(head: &Head<'_>, key: &DerivedKey) -> Map<String, Value> {
    let mut document = Map::new();
    document.insert("schema".to_owned(), "tanist/keys/v1".into());
    document.insert("chain".to_owned(), head.chain.into());
    document.insert("network".to_owned(), head.network.name().into());
    document.insert("scheme".to_owned(), head.scheme.0.into());
    if let Ok(Value::Object(facts)) = serde_json::to_value(key) {
        document.extend(facts);
    }
    document
}

fn text(document: &Map<String, Value>) -> String {
    let mut text = String::new();
    for (key, value) in document.iter().filter(|(key, _)| *key != "schema") {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        writeln!(text, "{:<16}{value}", key.replace('_', " ")).ok();
    }
    text
}

/// The key goes to standard output past every buffer, from memory that is wiped.
fn print_private(document: &Map<String, Value>, key: &DerivedKey, printer: Printer) -> Result<(), Box<Failure>> {
    let secret = private(key)?.expose();
    let mut line = Zeroizing::new(String::with_capacity(4096 + secret.len()));
    if printer.json {
        let public = Value::Object(document.clone()).to_string();
        line.push_str(public.trim_end_matches('}'));
        line.push_str(",\"private_key\":\"");
        line.push_str(secret);
        line.push_str("\"}\n");
    } else {
        line.push_str(secret);
        line.push('\n');
    }
    material::write_out(line.as_bytes())
        .map_err(|error| Failure::new(Exit::Error, "output", "standard output cannot be written").caused_by(&error))
}

fn private(key: &DerivedKey) -> Result<&Secret, Box<Failure>> {
    key.secret.as_ref().ok_or_else(|| failed(&KeyError::PublicOnly { wanted: "--private-key-out" }))
}

/// A new file that only its owner can read; an existing one is never touched.
fn store_private(path: &Path, key: &DerivedKey) -> Result<(), Box<Failure>> {
    let failed = |error: std::io::Error| {
        let failure =
            Failure::new(Exit::Error, "output", format!("file {} cannot be created", path.display())).caused_by(&error);
        match error.kind() {
            std::io::ErrorKind::AlreadyExists => failure.hint("name a file that does not exist yet"),
            _ => failure,
        }
    };
    let secret = private(key)?.expose();
    let mut line = Zeroizing::new(String::with_capacity(secret.len() + 1));
    line.push_str(secret);
    line.push('\n');
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(failed)?;
    file.write_all(line.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)
}

fn address(address: &Address, printer: Printer) -> Outcome {
    let reader = match chains::registry().addresses(&address.chain) {
        Some(Some(reader)) => reader,
        Some(None) => {
            return Err(Failure::new(
                Exit::Config,
                "no_addresses",
                format!("chain `{}` has no addresses to explain", address.chain),
            ));
        }
        None => return Err(unknown_chain(&address.chain)),
    };
    for text in &address.texts {
        let facts = reader.explain(text, address.network.as_deref()).map_err(|reason| {
            Failure::new(Exit::Secret, "address_invalid", format!("`{text}` is not a valid address: {reason}"))
        })?;
        let mut document = Map::new();
        document.insert("schema".to_owned(), "tanist/address/v1".into());
        document.insert("chain".to_owned(), address.chain.as_str().into());
        document.insert("address".to_owned(), text.as_str().into());
        match facts {
            Value::Object(facts) => document.extend(facts),
            other => drop(document.insert("facts".to_owned(), other)),
        }
        if printer.json {
            printer.document(&Value::Object(document));
        } else {
            printer.text(&self::text(&document));
        }
    }
    Ok(Exit::Ok)
}

fn inspect(inspect: &Inspect, global: &Global, printer: Printer) -> Outcome {
    let keys = derivation(&inspect.chain)?;
    let text = inspect.phrase.read(global)?;
    let found = keys.inspect("", text.expose().as_bytes()).map_err(|error| failed(&error))?;
    let mut facts = json!({ "schema": "tanist/inspect/v1", "chain": inspect.chain });
    if let (Value::Object(facts), Ok(Value::Object(found))) = (&mut facts, serde_json::to_value(&found)) {
        facts.extend(found);
    }
    if printer.json {
        printer.document(&facts);
    } else {
        printer.text(&format!(
            "{}\nschemes of {} that take it: {}",
            found.about,
            inspect.chain,
            found.schemes.join(", ")
        ));
    }
    Ok(Exit::Ok)
}
