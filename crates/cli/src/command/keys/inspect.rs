//! `tanist keys inspect`
use super::facts::Facts;
use super::{derivation, failed};
use crate::args::Global;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::material::{self, Content, Source};
use crate::output::Printer;
use crate::secrets::Rule;
use crate::{Outcome, chains};
use std::path::PathBuf;
use watchdog_core::keys::Inspection;
use watchdog_core::secret::swept;

/// Say what a phrase, key file, keystore or extended key is.
#[derive(Debug, clap::Args)]
pub(crate) struct Inspect {
    /// Chain that it is for; every chain is asked where absent
    #[arg(long)]
    chain: Option<String>,
    /// Look at this file, whatever it may hold; nobody else may be able to read it
    #[arg(long, value_name = "FILE", conflicts_with = "source")]
    file: Option<PathBuf>,
    #[command(flatten)]
    source: Source,
}

pub(super) fn run(inspect: &Inspect, global: &Global, printer: Printer) -> Outcome {
    let chosen = inspect.chain.as_deref().map(|chain| derivation(chain).map(|keys| (chain, keys))).transpose()?;
    let content = match &inspect.file {
        Some(path) => material::of_any_file(path, Rule::Private)?,
        None => inspect.source.content(global)?,
    };
    if let Some((chain, keys)) = chosen {
        let found = swept(|| keys.inspect(&content.name, &content.bytes)).map_err(|error| failed(&error))?;
        tell(chain, &found, printer);
    } else {
        for (chain, found) in by_every_chain(&content)? {
            tell(chain, &found, printer);
        }
    }
    Ok(Exit::Ok)
}

/// What each chain that knows it takes it for; where none does, why not.
fn by_every_chain(content: &Content) -> Result<Vec<(&'static str, Inspection)>, Box<Failure>> {
    let registry = chains::registry();
    let (mut found, mut refusals) = (Vec::new(), Vec::new());
    for chain in registry.names() {
        let Some(Some(keys)) = registry.keys(chain) else { continue };
        match swept(|| keys.inspect(&content.name, &content.bytes)) {
            Ok(inspection) => found.push((chain, inspection)),
            Err(error) => refusals.push(format!("{chain}: {error}")),
        }
    }
    if found.is_empty() {
        let what = "no chain knows it as a phrase, key file, keystore or extended key";
        let mut failure = Failure::new(Exit::Secret, "unrecognised", what);
        failure.causes = refusals;
        return Err(failure);
    }
    Ok(found)
}

fn tell(chain: &str, found: &Inspection, printer: Printer) {
    if printer.json {
        let facts = Facts::new("tanist/inspect/v1")
            .with("chain", chain)
            .with("format", found.format)
            .with("about", &*found.about)
            .with("schemes", found.schemes.clone());
        let facts = found.facts.iter().fold(facts, |all, (name, value)| all.with(name, value.clone()));
        printer.text(&facts.json());
    } else {
        printer.text(&format!("{chain}: {}\n  schemes that take it: {}", found.about, found.schemes.join(", ")));
    }
}
