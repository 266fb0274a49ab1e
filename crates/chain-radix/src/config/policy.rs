//! When the validator counts as down.
use super::error::SettingsError;
use super::span::Span;
use schemars::JsonSchema;
use serde::Deserialize;
use std::time::Duration;
use watchdog_core::config::TextDuration;

/// `[validator.<name>.policy]`: when the validator counts as down. Opportunities are counted, not
/// time: a small validator is due about once an epoch.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PolicySettings {
    /// Missed proposals among the last `of` opportunities; 1 to `of`, default 4.
    pub missed: u64,
    /// Opportunities that are looked back on; 1 to 1000, default 6.
    pub of: u64,
    /// How many of the newest must have been missed without one made; 1 to `of`, default 3.
    pub in_a_row: u64,
    /// Opportunities that are older do not count: epochs (`"8 epochs"`) or time (`"40m"`); default
    /// `"8 epochs"`. Below about 0.05 % of stake take a longer one, or a lower `of`.
    pub window: Span,
    /// Time from the end of one failover to the next automatic one; default `"1h"`. Leave it above
    /// three epochs.
    pub cooldown: TextDuration,
    /// Origins that must say so, each for itself; 1 to their number, default 2.
    pub need: usize,
    /// With the signer's own endpoints silent or out of sync for this long, `unwell_missed` misses
    /// in a row are enough; default `"60s"`. Silence alone never is.
    pub unwell_for: TextDuration,
    /// See `unwell_for`; 1 to 1000, default 2.
    pub unwell_missed: u64,
    /// Newest opportunities that must all have been used before a validator that missed some counts
    /// as healthy again; 1 to 1000, default 2.
    pub recover: u32,
    /// What is taken for trouble of the whole network.
    pub network: NetworkSettings,
}

/// `[validator.<name>.policy.network]`: what is taken for trouble of the whole network, in which
/// nobody is failed over.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct NetworkSettings {
    /// Part of the other validators' proposals, weighed by stake, that may be missed before it is
    /// the network; above 0 and up to 1, default 0.2.
    pub others_missed: f64,
    /// Time over which the others are looked at, and in which the ledger must have moved; `"1s"` to
    /// `"1h"`, default `"60s"`. They are also looked at since the validator's own newest proposal.
    pub over: TextDuration,
}

impl Default for PolicySettings {
    fn default() -> Self {
        Self {
            missed: 4,
            of: 6,
            in_a_row: 3,
            window: Span::Epochs(8),
            cooldown: TextDuration(Duration::from_hours(1)),
            need: 2,
            unwell_for: TextDuration(Duration::from_mins(1)),
            unwell_missed: 2,
            recover: 2,
            network: NetworkSettings::default(),
        }
    }
}

impl Default for NetworkSettings {
    fn default() -> Self {
        Self { others_missed: 0.2, over: TextDuration(Duration::from_mins(1)) }
    }
}

impl PolicySettings {
    /// Whether the numbers fit together.
    ///
    /// # Errors
    /// The first that does not.
    pub fn check(&self) -> Result<(), SettingsError> {
        let out = |field: &'static str, range: &'static str| Err(SettingsError::Range { field, range });
        match self {
            _ if !(1..=1000).contains(&self.of) => out("policy.of", "1 to 1000"),
            _ if !(1..=self.of).contains(&self.missed) => out("policy.missed", "1 to `of`"),
            _ if !(1..=self.of).contains(&self.in_a_row) => out("policy.in_a_row", "1 to `of`"),
            _ if self.window.is_zero() => out("policy.window", "at least one epoch, or a time above zero"),
            _ if self.need == 0 => out("policy.need", "1 to the number of origins"),
            _ if !(1..=1000).contains(&self.unwell_missed) => out("policy.unwell_missed", "1 to 1000"),
            _ if !(1..=1000).contains(&self.recover) => out("policy.recover", "1 to 1000"),
            _ if !(self.network.others_missed > 0.0 && self.network.others_missed <= 1.0) => {
                out("policy.network.others_missed", "above 0 and up to 1")
            }
            _ if !(Duration::from_secs(1)..=Duration::from_hours(1)).contains(&self.network.over.0) => {
                out("policy.network.over", "\"1s\" to \"1h\"")
            }
            _ => Ok(()),
        }
    }
}
