//! `tanist keys address`
use super::facts::Facts;
use super::unknown_chain;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Printer;
use crate::{Outcome, chains};
use serde_json::Value;
use watchdog_core::chain::AddressReader;

/// Explain addresses.
#[derive(Debug, clap::Args)]
pub(crate) struct Address {
    /// Chain that the address belongs to
    #[arg(long)]
    chain: String,
    /// Network that it must belong to, by name or number
    #[arg(long)]
    network: Option<String>,
    /// The addresses, one JSON document a line with `--json`
    #[arg(required = true, value_name = "ADDRESS")]
    texts: Vec<String>,
}

pub(super) fn run(address: &Address, printer: Printer) -> Outcome {
    let reader = reader(&address.chain)?;
    for (place, text) in address.texts.iter().enumerate() {
        let facts = reader.explain(text, address.network.as_deref());
        let facts = facts.map_err(|reason| refused(place, address.texts.len(), &reason))?;
        let head = Facts::new("tanist/address/v1").with("chain", &*address.chain).with("address", &**text);
        let facts = match facts {
            Value::Object(facts) => head.all(facts),
            other => head.with("facts", other),
        };
        let gap = if place == 0 { "" } else { "\n" };
        printer.text(&if printer.json { facts.json() } else { format!("{gap}{}", facts.text()) });
    }
    Ok(Exit::Ok)
}

/// The text is not repeated: it may be a private key, given by mistake.
fn refused(place: usize, of: usize, reason: &str) -> Box<Failure> {
    let which = if of == 1 { "the address".to_owned() } else { format!("address {} of {of}", place.saturating_add(1)) };
    Failure::new(Exit::Secret, "address_invalid", format!("{which} is not valid: {reason}"))
}

fn reader(chain: &str) -> Result<&'static dyn AddressReader, Box<Failure>> {
    match chains::registry().addresses(chain) {
        Some(Some(reader)) => Ok(reader),
        Some(None) => {
            Err(Failure::new(Exit::Config, "no_addresses", format!("chain `{chain}` has no addresses to explain")))
        }
        None => Err(unknown_chain(chain)),
    }
}
