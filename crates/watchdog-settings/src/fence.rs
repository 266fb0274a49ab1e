//! What `[fence.<name>]` and `[sidecar]` must hold besides their form.
use crate::Settings;
use crate::layers::Layers;
use crate::problem::{Problem, invalid};
use std::collections::BTreeMap;
use watchdog_core::id::NodeName;
use watchdog_supervise::settings::SettingsError;

/// Checks every ladder and the sidecar, without touching a file or the network.
pub(crate) fn check(settings: &Settings, layers: &Layers) -> Result<(), Box<Problem>> {
    let mut seen = BTreeMap::new();
    for (name, ladder) in &settings.fence {
        let at = format!("fence.{name}");
        let below = |key: &str| format!("{at}.{key}");
        if NodeName::new(name).is_none() {
            let rule = "a lower-case letter, then up to 31 lower-case letters, digits and `_`";
            return Err(invalid(format!("`{name}` is not a name"), &at, layers).expected(rule));
        }
        let (validator, node) = (&ladder.validator, &ladder.node);
        if !layers.figment.contains(&format!("validator.{validator}.node.{node}")) {
            let message = format!("there is no node `{node}` of a validator `{validator}`");
            return Err(invalid(message, &below("node"), layers).hint("name a node that the configuration has"));
        }
        if let Some(other) = seen.insert(ladder.target(), name) {
            let message = format!("`{other}` is for the same node");
            return Err(invalid(message, &below("node"), layers).hint("give each node one ladder, with all its rungs"));
        }
        ladder.check().map_err(|error| wrong(&error, &at, layers))?;
    }
    settings
        .sidecar
        .as_ref()
        .map_or(Ok(()), |sidecar| sidecar.check().map_err(|error| wrong(&error, "sidecar", layers)))
}

fn wrong(error: &SettingsError, table: &str, layers: &Layers) -> Box<Problem> {
    match error {
        SettingsError::Value { key, reason } => {
            let key = format!("{table}.{key}");
            let name = key.rsplit('.').next().unwrap_or_default();
            invalid(format!("`{name}`: {reason}"), &key, layers)
        }
        other => invalid(other.to_string(), table, layers),
    }
}
