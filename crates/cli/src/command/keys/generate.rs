//! `tanist keys generate`
use super::facts::Facts;
use super::{derivation, failed, network, outlet, scheme};
use crate::Outcome;
use crate::args::Global;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::material;
use crate::output::Printer;
use crate::random::SystemRandom;
use std::path::PathBuf;
use watchdog_core::keys::{DerivedKey, KeyDerivation, KeyPath, Material, Network};
use watchdog_core::secret::{Secret, swept};

/// Make a fresh phrase or keystore. Prints what is public of its first key.
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("outlet").required(true).multiple(true)
    .args(["phrase_out", "phrase_stdout", "keystore_out"]))]
pub(crate) struct Generate {
    /// Chain that it is for
    #[arg(long)]
    chain: String,
    /// Network of the first key, by name or number; the chain's main network where absent
    #[arg(long)]
    network: Option<String>,
    /// Scheme that it is for; the chain's usual one where absent
    #[arg(long)]
    scheme: Option<String>,
    /// Number of words; the scheme's usual one where absent
    #[arg(long, value_name = "N")]
    words: Option<usize>,
    /// Write the phrase to this new file (mode 0600)
    #[arg(long, value_name = "FILE", conflicts_with = "phrase_stdout")]
    phrase_out: Option<PathBuf>,
    /// Print the phrase, on a terminal too
    #[arg(long)]
    phrase_stdout: bool,
    /// Write the first key to this new encrypted keystore (mode 0600)
    #[arg(long, value_name = "FILE")]
    keystore_out: Option<PathBuf>,
    /// Read the password of the keystore from this file
    #[arg(long, value_name = "FILE", requires = "keystore_out")]
    password_file: Option<PathBuf>,
}

pub(super) fn run(generate: &Generate, global: &Global, printer: Printer) -> Outcome {
    let keys = derivation(&generate.chain)?;
    let network = network(keys, generate.network.as_deref());
    let scheme = scheme(keys, generate.scheme.as_deref())?;
    let phrase =
        swept(|| keys.generate(scheme.as_ref(), generate.words, &mut SystemRandom)).map_err(|error| failed(&error))?;
    // The phrase is read back before anybody relies on it.
    let material = Material::Phrase(phrase.clone());
    let source = swept(|| keys.open(material, scheme.as_ref(), &network, &Secret::new(String::new())));
    let source = source.map_err(|error| failed(&error))?;
    let key = swept(|| source.key(&KeyPath::index(0))).map_err(|error| failed(&error))?;
    seal(generate, keys, &network, &key, global, printer)?;
    let facts = Facts::of_key(&generate.chain, &network, source.scheme(), &key);
    deliver(generate, &facts, &phrase, printer)?;
    Ok(Exit::Ok)
}

fn seal(
    generate: &Generate,
    keys: &dyn KeyDerivation,
    network: &Network,
    key: &DerivedKey,
    global: &Global,
    printer: Printer,
) -> Result<(), Box<Failure>> {
    let Some(path) = &generate.keystore_out else { return Ok(()) };
    let password = material::new_password(generate.password_file.as_deref(), global)?;
    outlet::seal(keys, key, network, &password, path)?;
    printer.note(&format!("wrote the keystore to {}", path.display()));
    if generate.phrase_out.is_none() && !generate.phrase_stdout {
        printer.note("the phrase was not kept: the keystore is the only copy of its key");
    }
    Ok(())
}

fn deliver(generate: &Generate, facts: &Facts, phrase: &Secret, printer: Printer) -> Result<(), Box<Failure>> {
    if generate.phrase_stdout {
        printer.note(&facts.text());
        return outlet::print(facts, &[("phrase", phrase)], printer);
    }
    if let Some(path) = &generate.phrase_out {
        outlet::store(path, phrase)?;
        printer.note(&format!("wrote the phrase to {}", path.display()));
    }
    printer.text(&if printer.json { facts.json() } else { facts.text() });
    Ok(())
}
