//! `tanist config`
use super::layers;
use crate::args::Global;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Printer;
use crate::settings::layers::Layers;
use crate::settings::{Settings, explain, problem, schema, show};
use crate::{Outcome, chains, secrets};
use serde_json::json;
use std::fmt::Write;
use std::sync::Arc;
use watchdog_core::chain::Env;
use watchdog_core::clock::SystemClock;
use watchdog_core::registry::Assembled;
use watchdog_core::secret::{SecretStore, Unread};

/// Check, show and explain the configuration.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Config {
    /// Check every key, without network and without reading a secret
    Check(Check),
    /// Print every value that holds, and where it comes from
    Show,
    /// Print the JSON Schema of the configuration
    Schema,
    /// Say what a key means, what it takes and what its default is
    Explain(Explain),
}

/// Check the configuration.
#[derive(Debug, clap::Args)]
pub(crate) struct Check {
    /// Read every secret as well, as the daemon would
    #[arg(long)]
    secrets: bool,
}

/// Explain a key.
#[derive(Debug, clap::Args)]
pub(crate) struct Explain {
    /// The key, such as `journal.path` or `validator.main.policy`; nothing for the top level
    #[arg(default_value = "")]
    key: String,
}

pub(crate) fn run(config: &Config, global: &Global, printer: Printer) -> Outcome {
    match config {
        Config::Check(check) => self::check(check, global, printer),
        Config::Show => self::show(global, printer),
        Config::Schema => {
            // The schema itself is the document.
            let text = serde_json::to_string_pretty(&schema::of(&chains::registry())).unwrap_or_default();
            printer.text(&text);
            Ok(Exit::Ok)
        }
        Config::Explain(explain) => self::explain(explain, printer),
    }
}

/// Every validator of the configuration with its parts, built by its chain.
pub(crate) fn assemble(layers: &Layers, settings: &Settings, env: &Env) -> Result<Vec<Assembled>, Box<Failure>> {
    let assembled = chains::registry().assemble(&layers.figment, settings.mode, env);
    assembled.map_err(|error| problem::failure(&error, layers).into())
}

/// What is lent to chains: time, secrets, a ready HTTP client.
pub(crate) fn environment(
    clock: Arc<dyn watchdog_core::clock::Clock>,
    secrets: Arc<dyn SecretStore>,
) -> Result<Env, Box<Failure>> {
    let client = reqwest::Client::builder()
        .user_agent(concat!("tanist/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .map_err(|error| Failure::new(Exit::Error, "http_client", "no HTTP client can be made").caused_by(&error))?;
    Ok(Env::new(clock, secrets).lending(client))
}

fn check(check: &Check, global: &Global, printer: Printer) -> Outcome {
    let layers = layers(global)?;
    let settings = Settings::read(&layers)?;
    let store: Arc<dyn SecretStore> = if check.secrets { Arc::new(secrets::System::new()) } else { Arc::new(Unread) };
    let env = environment(Arc::new(SystemClock::new()), store)?;
    let validators = assemble(&layers, &settings, &env)?;
    let files: Vec<_> = layers.files().map(|path| path.display().to_string()).collect();
    let names: Vec<_> =
        validators.iter().map(|one| json!({ "name": one.name, "chain": one.chain, "mode": one.mode })).collect();
    printer.result("config-check", json!({ "files": files, "validators": names }), || {
        let mut text = String::from("configuration is valid\n");
        for one in &validators {
            writeln!(text, "  {}  {}  {}", one.name, one.chain, one.mode).ok();
        }
        if validators.is_empty() {
            text.push_str("  no validator is configured\n");
        }
        text
    });
    Ok(Exit::Ok)
}

fn show(global: &Global, printer: Printer) -> Outcome {
    let layers = layers(global)?;
    let settings = Settings::read(&layers)?;
    let env = environment(Arc::new(SystemClock::new()), Arc::new(Unread))?;
    assemble(&layers, &settings, &env)?;
    let shown = show::effective(&layers, &schema::of(&chains::registry()));
    printer.result("config", json!({ "values": shown }), || {
        let widest =
            shown.iter().map(|one| one.key.chars().count() + one.value.to_string().chars().count()).max().unwrap_or(0)
                + 3;
        let mut text = String::new();
        for one in &shown {
            let line = format!("{} = {}", one.key, one.value);
            writeln!(text, "{line:widest$}  # {}", one.origin).ok();
        }
        text
    });
    Ok(Exit::Ok)
}

fn explain(explain: &Explain, printer: Printer) -> Outcome {
    let schema = schema::of(&chains::registry());
    let explained = explain::of(&schema, &explain.key);
    if explained.is_empty() {
        let failure = Failure::new(Exit::NotFound, "no_such_key", format!("there is no key `{}`", explain.key));
        let beside = explain::beside(&schema, &explain.key);
        let failure =
            if beside.is_empty() { failure } else { failure.expected(format!("one of: {}", beside.join(", "))) };
        return Err(failure);
    }
    printer.result("config-key", &explained, || explain::text(&explained));
    Ok(Exit::Ok)
}
