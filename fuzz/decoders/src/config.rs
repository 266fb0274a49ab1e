//! A configuration file: read as strictly as the program reads it, every chain built, no secret touched.
use crate::decoder::Outcome;
use crate::mutation::MARK;
use chain_algorand::Algorand;
use chain_decred::Decred;
use chain_ethereum::Ethereum;
use chain_oxen::Oxen;
use chain_radix::Radix;
use figment::Figment;
use figment::providers::{Format, Toml};
use serde::de::DeserializeOwned;
use std::fmt;
use std::path::Path;
use std::sync::{Arc, LazyLock};
use watchdog_core::chain::Env;
use watchdog_core::clock::SystemClock;
use watchdog_core::config::{FleetLimits, Mode};
use watchdog_core::lease::LeaseTimes;
use watchdog_core::registry::{ConfigError, Registry};
use watchdog_core::secret::Unread;
use watchdog_etcd::EtcdSettings;
use watchdog_supervise::settings::{LadderSettings, SidecarSettings};

/// What is shared by all inputs: nothing of it changes.
pub(crate) static PARTS: LazyLock<Option<(Registry, Env)>> = LazyLock::new(|| {
    let registry = Registry::default().with::<Radix>().with_offline::<Algorand>().with_offline::<Ethereum>();
    let registry = registry.with_offline::<Decred>().with_offline::<Oxen>();
    // Without a provider every HTTP client would panic; one that is there already is as good.
    rustls::crypto::ring::default_provider().install_default().ok();
    let client = reqwest::Client::builder().no_proxy().build().ok()?;
    Some((registry, Env::new(Arc::new(SystemClock::new()), Arc::new(Unread)).lending(client)))
});

/// A file in TOML.
pub(crate) fn file(input: &[u8]) -> Outcome {
    let Some((registry, env)) = &*PARTS else { panic!("no client can be made") };
    let text = String::from_utf8_lossy(input);
    let config = Figment::from(Toml::string(&text));
    let mut outcome = fleet(&config);
    outcome = outcome.or(part::<SidecarSettings, _>(&config, "sidecar", SidecarSettings::check));
    outcome = outcome.or(part::<EtcdSettings, _>(&config, "lease.etcd", EtcdSettings::check));
    if let Ok(etcd) = config.extract_inner::<EtcdSettings>("lease.etcd") {
        LeaseTimes::of(etcd.ttl.0).check().map_err(|error| tells("lease.etcd.ttl", &error)).ok();
    }
    for name in names(&config, "fence") {
        outcome = outcome.or(part::<LadderSettings, _>(&config, &format!("fence.{name}"), LadderSettings::check));
    }
    for mode in [Mode::Observe, Mode::Act] {
        match registry.assemble(&config, mode, env) {
            Ok(assembled) if assembled.is_empty() => {}
            Ok(_) => outcome = Outcome::Accepted,
            Err(error) => names_its_key(&error),
        }
    }
    outcome
}

/// Limits that are taken are limits: neither nothing nor everything is too many.
fn fleet(config: &Figment) -> Outcome {
    part::<FleetLimits, std::convert::Infallible>(config, "fleet", |limits| {
        let part = limits.correlation_part;
        assert!((0.0..=1.0).contains(&part), "a part of {part} is taken");
        Ok(())
    })
}

fn part<T: DeserializeOwned, E: fmt::Display>(
    config: &Figment,
    key: &str,
    check: impl Fn(&T) -> Result<(), E>,
) -> Outcome {
    if config.find_value(key).is_err() {
        return Outcome::Refused;
    }
    match config.extract_inner::<T>(key) {
        Ok(settings) => match check(&settings) {
            Ok(()) => Outcome::Accepted,
            Err(error) => {
                tells(key, &error);
                Outcome::Refused
            }
        },
        Err(error) => {
            error.into_iter().for_each(|error| names_its_key(&ConfigError::value(key, error)));
            Outcome::Refused
        }
    }
}

fn names(config: &Figment, key: &str) -> Vec<String> {
    let tables = config.find_value(key).ok().and_then(figment::value::Value::into_dict);
    tables.map(|tables| tables.into_keys().filter(|name| !name.contains('.')).collect()).unwrap_or_default()
}

fn tells(key: &str, error: &impl fmt::Display) {
    assert!(!error.to_string().is_empty(), "an error about {key} without a text");
}

/// An error says where, and the reason of a chain or a secret store never quotes what stands for a secret.
fn names_its_key(error: &ConfigError) {
    let told = error.to_string();
    let is_syntax = matches!(error, ConfigError::Value { key, .. } if key.is_empty());
    let place = ["validator", "fence", "fleet", "lease", "sidecar"].iter().find(|place| told.starts_with(**place));
    assert!(is_syntax || place.is_some(), "an error that does not say where: {told}");
    let about_secrets = matches!(error, ConfigError::Secret { .. });
    assert!(!about_secrets || !told.contains(MARK), "an error about a secret quotes it: {told}");
}

/// The example, each of its tables alone, and the parts that it does not have.
pub(crate) fn files(top: &Path) -> Result<Vec<Vec<u8>>, String> {
    let path = top.join("config/example.toml");
    let example = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    // What the example only mentions is there as well.
    let full: Vec<_> = example.lines().map(|line| line.strip_prefix("# ").unwrap_or(line)).collect();
    let is_toml = |text: &String| Figment::from(Toml::string(text)).extract::<figment::value::Dict>().is_ok();
    let whole = [example.clone()].into_iter().chain(Some(full.join("\n")).filter(is_toml));
    let tables = tables(&example).filter(is_toml);
    let others = OTHERS.iter().map(ToString::to_string);
    Ok(whole.chain(tables).chain(others).map(String::into_bytes).collect())
}

/// The tables of one validator each, without the comments.
fn tables(example: &str) -> impl Iterator<Item = String> {
    let is_head = |line: &&str| line.starts_with("# ---- ");
    let starts: Vec<_> = example.match_indices("# ---- ").map(|(place, _)| place).collect();
    let ends = starts.iter().skip(1).copied().chain([example.len()]).collect::<Vec<_>>();
    let parts: Vec<_> = starts.into_iter().zip(ends).filter_map(|(start, end)| example.get(start..end)).collect();
    let bare = |part: &str| {
        let lines = part.lines().filter(|line| !is_head(line)).map(|line| line.split(" #").next().unwrap_or(line));
        lines.filter(|line| !line.trim().is_empty()).collect::<Vec<_>>().join("\n")
    };
    parts.into_iter().map(bare).collect::<Vec<_>>().into_iter()
}

const OTHERS: [&str; 4] = [
    "[fleet]\ncorrelation_part = 0.2\ncorrelation_min = 3\ncorrelation_within = \"5m\"\n",
    "[lease.etcd]\nendpoints = [\"https://10.0.0.1:2379\"]\nttl = \"15s\"\nuser = \"tanist\"\npassword = { env = \"P\" }\n",
    "[fence.node_a]\nvalidator = \"main\"\nnode = \"node_a\"\norder = [\"bmc\"]\nwithin = \"2m\"\n\
     [fence.node_a.rung.bmc]\nlimit = \"15s\"\nhook = { command = [\"/bin/true\"], strength = \"proves\" }\n",
    "[sidecar]\nvalidator = \"main\"\nnode = \"node_a\"\nstate = \"/var/lib/tanist/node\"\n\
     unit = { name = \"signer.service\" }\n",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_is_taken() {
        let top = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
        let files = files(top).unwrap();
        assert!(files.len() >= OTHERS.len() + 2, "{} files", files.len());
        assert_eq!(file(&files[0]), Outcome::Accepted);
        let taken = files.iter().filter(|text| file(text) == Outcome::Accepted).count();
        assert!(taken * 2 > files.len(), "{taken} of {}", files.len());
    }
}
