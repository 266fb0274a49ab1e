//! `tanist keys`
//!
//! One-shot work for scripts: no runtime, no configuration, no network.
mod address;
mod derive;
mod facts;
mod generate;
mod inspect;
mod outlet;
mod tool;

use crate::args::Global;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Printer;
use crate::{Outcome, chains};
use watchdog_core::keys::{KeyDerivation, KeyError, Network, Scheme};

/// Derive keys, explain addresses, name, make and work on key material.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Keys {
    /// Derive keys and addresses; prints public material only
    Derive(Box<derive::Derive>),
    /// Explain an address: network, kind, payload, and what is wrong with it
    Address(address::Address),
    /// Say what a phrase, key file, keystore or extended key is, without revealing it
    Inspect(inspect::Inspect),
    /// Make a fresh phrase or keystore from the system's randomness
    Generate(generate::Generate),
    /// Key work that only one chain knows; alone it lists what there is
    Tool(tool::ToolCall),
}

pub(crate) fn run(keys: &Keys, global: &Global, printer: Printer) -> Outcome {
    match keys {
        Keys::Derive(derive) => derive::run(derive, global, printer),
        Keys::Address(address) => address::run(address, printer),
        Keys::Inspect(inspect) => inspect::run(inspect, global, printer),
        Keys::Generate(generate) => generate::run(generate, global, printer),
        Keys::Tool(call) => tool::run(call, printer),
    }
}

/// A chain that was not built in.
pub(crate) fn unknown_chain(chain: &str) -> Box<Failure> {
    let known = chains::registry().names().collect::<Vec<_>>().join(", ");
    Failure::new(Exit::Config, "unknown_chain", format!("unknown chain `{chain}`")).expected(format!("one of: {known}"))
}

fn derivation(chain: &str) -> Result<&'static dyn KeyDerivation, Box<Failure>> {
    match chains::registry().keys(chain) {
        Some(Some(keys)) => Ok(keys),
        Some(None) => Err(Failure::new(Exit::Config, "no_keys", format!("chain `{chain}` has no key derivation"))),
        None => Err(unknown_chain(chain)),
    }
}

/// The network that was named, else the chain's first.
fn network(keys: &dyn KeyDerivation, named: Option<&str>) -> Network {
    match named {
        Some(name) => Network::named(name),
        None => keys.networks().first().cloned().unwrap_or(Network::known("mainnet")),
    }
}

/// The scheme that was named, if any.
fn scheme(keys: &dyn KeyDerivation, name: Option<&str>) -> Result<Option<Scheme>, Box<Failure>> {
    let Some(name) = name else { return Ok(None) };
    let known = keys.schemes();
    known.iter().find(|scheme| scheme.0 == name).copied().map(Some).ok_or_else(|| {
        let names: Vec<_> = known.iter().map(|scheme| scheme.0).collect();
        Failure::new(Exit::Config, "unknown_scheme", format!("there is no scheme `{name}`"))
            .expected(format!("one of: {}", names.join(", ")))
    })
}

/// A refusal of a chain: exit code 11 where the request is wrong, 12 where the material is.
fn failed(error: &KeyError) -> Box<Failure> {
    let exit = if error.is_request() { Exit::Config } else { Exit::Secret };
    let failure = Failure::new(exit, error.code(), error.to_string());
    match error {
        KeyError::WordCount { .. } | KeyError::Material { .. } | KeyError::Keystore(_) | KeyError::Key(_) => {
            failure.hint("`tanist keys inspect` says what it is, and which chains and schemes take it")
        }
        KeyError::Password => failure.hint("one trailing newline of a password file is removed, nothing else"),
        _ => failure,
    }
}
