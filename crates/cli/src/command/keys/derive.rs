//! `tanist keys derive`
use super::facts::Facts;
use super::{derivation, failed, network, outlet, scheme};
use crate::Outcome;
use crate::args::Global;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::material::{self, Source};
use crate::output::Printer;
use std::path::PathBuf;
use watchdog_core::keys::{Branch, DerivedKey, KeyDerivation, KeyError, KeyPath, KeySource, Network, Role};
use watchdog_core::secret::swept;

/// Derive keys.
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("has_password").multiple(true).args(["keystore", "keystore_out"]))]
pub(crate) struct Derive {
    /// Chain whose derivation is used
    #[arg(long)]
    chain: String,
    /// Network, by name or number; the chain's main network where absent
    #[arg(long)]
    network: Option<String>,
    /// Way from material to key; where absent what the material says, else the chain's usual one
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
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    count: Option<u32>,
    #[command(flatten)]
    source: Source,
    #[command(flatten)]
    passwords: Passwords,
    #[command(flatten)]
    outlets: Outlets,
}

/// What protects the material beside file permissions.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Passphrase and passwords")]
struct Passwords {
    /// Read the passphrase (the "25th word") from this file
    #[arg(long = "passphrase-file", value_name = "FILE")]
    passphrase: Option<PathBuf>,
    /// Read the password of the keystore from this file
    #[arg(long = "password-file", value_name = "FILE", requires = "has_password")]
    password: Option<PathBuf>,
    /// Read another password for `--keystore-out` from this file
    #[arg(long = "new-password-file", value_name = "FILE", requires = "keystore_out")]
    new_password: Option<PathBuf>,
}

/// Where the private key goes.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Private key")]
struct Outlets {
    /// Write the private key to this new file (mode 0600)
    #[arg(long, value_name = "FILE", conflicts_with_all = ["count", "private_key_stdout"])]
    private_key_out: Option<PathBuf>,
    /// Write the private key to this new encrypted keystore (mode 0600)
    #[arg(long, value_name = "FILE", conflicts_with = "count")]
    keystore_out: Option<PathBuf>,
    /// Print the private key alone; with `--json` as a member of the document, beside the chain's
    /// other private forms. Refused where standard output is a terminal
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

pub(super) fn run(derive: &Derive, global: &Global, printer: Printer) -> Outcome {
    if derive.outlets.private_key_stdout {
        outlet::not_a_terminal("--private-key-stdout", "--private-key-out FILE")?;
    }
    let keys = derivation(&derive.chain)?;
    let network = network(keys, derive.network.as_deref());
    let source = open(derive, keys, &network, global)?;
    for place in 0..derive.count.unwrap_or(1) {
        let path = path(derive, place)?;
        let key = swept(|| source.key(&path)).map_err(|error| failed(&error))?;
        seal(derive, keys, &network, &key, global, printer)?;
        let facts = Facts::of_key(&derive.chain, &network, source.scheme(), &key);
        deliver(derive, &facts, &key, printer)?;
    }
    Ok(Exit::Ok)
}

/// The costly part, once.
fn open(
    derive: &Derive,
    keys: &dyn KeyDerivation,
    network: &Network,
    global: &Global,
) -> Result<Box<dyn KeySource>, Box<Failure>> {
    let scheme = scheme(keys, derive.scheme.as_deref())?;
    let passwords = &derive.passwords;
    let material = derive.source.material(global, || material::password(passwords.password.as_deref(), global))?;
    let passphrase = material::passphrase(passwords.passphrase.as_deref())?;
    swept(|| keys.open(material, scheme.as_ref(), network, &passphrase)).map_err(|error| failed(&error))
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

fn seal(
    derive: &Derive,
    keys: &dyn KeyDerivation,
    network: &Network,
    key: &DerivedKey,
    global: &Global,
    printer: Printer,
) -> Result<(), Box<Failure>> {
    let Some(path) = &derive.outlets.keystore_out else { return Ok(()) };
    outlet::private(key, "--keystore-out")?;
    let passwords = &derive.passwords;
    let file = passwords.new_password.as_ref().or(passwords.password.as_ref());
    let password = material::new_password(file.map(PathBuf::as_path), global)?;
    outlet::seal(keys, key, network, &password, path)?;
    printer.note(&format!("wrote the keystore to {}", path.display()));
    Ok(())
}

fn deliver(derive: &Derive, facts: &Facts, key: &DerivedKey, printer: Printer) -> Result<(), Box<Failure>> {
    if derive.outlets.private_key_stdout {
        return outlet::print(facts, &outlet::private(key, "--private-key-stdout")?, printer);
    }
    if let Some(path) = &derive.outlets.private_key_out {
        let private = outlet::private(key, "--private-key-out")?;
        if let Some((_, secret)) = private.first() {
            outlet::store(path, secret)?;
        }
        printer.note(&format!("wrote the private key to {}", path.display()));
    }
    printer.text(&if printer.json { facts.json() } else { facts.text() });
    Ok(())
}
