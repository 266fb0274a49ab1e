//! `tanist tx`
use super::config::{assemble, environment};
use super::keys::unknown_chain;
use super::layers;
use crate::args::Global;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Printer;
use crate::secrets::System;
use crate::settings::Settings;
use crate::{Outcome, chains};
use serde_json::json;
use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;
use watchdog_core::clock::SystemClock;
use watchdog_core::composer::{ComposeError, Order};
use watchdog_core::id::NodeName;
use watchdog_core::secret::{SecretStore, Unread};

/// Largest transaction that is read, bytes of text.
const LARGEST: u64 = 4 * 1024 * 1024;

/// Build or decode a failover transaction.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Tx {
    /// Build the transaction that a failover would send; unsigned unless `--sign`
    Build(Build),
    /// Decode a transaction for review
    Inspect(Inspect),
}

/// Build a transaction.
#[derive(Debug, clap::Args)]
pub(crate) struct Build {
    /// Validator of the configuration
    validator: String,
    /// Call to make, in the chain's own words; what a failover sends where absent
    #[arg(long)]
    method: Option<String>,
    /// Node whose key shall sign
    #[arg(long, value_name = "NODE")]
    to: Option<NodeName>,
    /// First epoch, round or height in which it may be included
    #[arg(long, value_name = "N")]
    start: u64,
    /// Sign it with the configured key
    #[arg(long)]
    sign: bool,
}

/// Decode a transaction.
#[derive(Debug, clap::Args)]
pub(crate) struct Inspect {
    /// Chain that it belongs to
    #[arg(long)]
    chain: String,
    /// The transaction in hex
    #[arg(required_unless_present = "file", conflicts_with = "file")]
    hex: Option<String>,
    /// Read the hex from this file; `-` is standard input
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
}

pub(crate) fn run(tx: &Tx, global: &Global, printer: Printer) -> Outcome {
    match tx {
        Tx::Build(build) => self::build(build, global, printer),
        Tx::Inspect(inspect) => self::inspect(inspect, printer),
    }
}

fn failed(error: &ComposeError) -> Box<Failure> {
    match error {
        ComposeError::Key(_) => Failure::new(Exit::Secret, "key_missing", error.to_string()),
        ComposeError::Bytes(_) => Failure::new(Exit::Usage, "transaction_invalid", error.to_string()),
        _ => Failure::new(Exit::Config, "order_invalid", error.to_string()),
    }
}

fn build(build: &Build, global: &Global, printer: Printer) -> Outcome {
    let layers = layers(global)?;
    let settings = Settings::read(&layers)?;
    let store: Arc<dyn SecretStore> = if build.sign { Arc::new(System::new()) } else { Arc::new(Unread) };
    let env = environment(Arc::new(SystemClock::new()), store)?;
    let validators = assemble(&layers, &settings, &env)?;
    let names = validators.iter().map(|one| one.name.as_str()).collect::<Vec<_>>().join(", ");
    let Some(found) = validators.iter().find(|one| one.name.as_str() == build.validator) else {
        let failure = Failure::new(
            Exit::NotFound,
            "no_such_validator",
            format!("no validator `{}` is configured", build.validator),
        );
        return Err(failure.expected(format!("one of: {names}")));
    };
    let Some(maker) = &found.parts.composer else {
        let what = format!("a failover of {} is not one transaction", found.chain);
        return Err(Failure::new(Exit::Config, "no_transaction", what).validator(&found.name));
    };
    let order = Order { method: build.method.clone(), to: build.to.clone(), start: build.start, sign: build.sign };
    let composed = maker.compose(&order).map_err(|error| failed(&error).validator(&found.name))?;
    let hex = hex::encode(&composed.bytes);
    let facts = json!({
        "validator": found.name,
        "chain": found.chain,
        "signed": build.sign,
        "hex": hex,
        "text": composed.text,
        "facts": composed.facts,
    });
    printer.result("transaction", facts, || {
        let facts = serde_json::to_string_pretty(&composed.facts).unwrap_or_default();
        format!("{}\n{facts}\n{hex}", composed.text.trim_end())
    });
    Ok(Exit::Ok)
}

fn inspect(inspect: &Inspect, printer: Printer) -> Outcome {
    let reader = match chains::registry().reader(&inspect.chain) {
        Some(Some(reader)) => reader,
        Some(None) => {
            return Err(Failure::new(
                Exit::Config,
                "no_transaction",
                format!("chain `{}` has no transactions to read", inspect.chain),
            ));
        }
        None => return Err(unknown_chain(&inspect.chain)),
    };
    let text = match (&inspect.hex, &inspect.file) {
        (Some(hex), _) => hex.clone(),
        (None, Some(path)) => read(path)?,
        (None, None) => String::new(),
    };
    let bytes = hex::decode(text.trim())
        .map_err(|error| Failure::new(Exit::Usage, "not_hex", "the transaction is not hex").caused_by(&error))?;
    let facts = reader.read(&bytes).map_err(|error| failed(&error))?;
    printer.result("transaction", json!({ "chain": inspect.chain, "bytes": bytes.len(), "facts": facts }), || {
        serde_json::to_string_pretty(&facts).unwrap_or_default()
    });
    Ok(Exit::Ok)
}

fn read(path: &std::path::Path) -> Result<String, Box<Failure>> {
    let failed = |error: std::io::Error| {
        Failure::new(Exit::Usage, "unreadable", format!("{} cannot be read", path.display())).caused_by(&error)
    };
    let source: Box<dyn Read> = if path.as_os_str() == "-" {
        Box::new(std::io::stdin())
    } else {
        Box::new(std::fs::File::open(path).map_err(failed)?)
    };
    let mut text = String::new();
    source.take(LARGEST).read_to_string(&mut text).map_err(failed)?;
    Ok(text)
}
