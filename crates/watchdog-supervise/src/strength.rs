//! What a fence is worth.
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What the success of a fence says. Ordered from nothing to everything.
///
/// Source: safety model, section 5.4.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Strength {
    /// Nothing: the node may sign as before.
    None,
    /// The node will hardly sign, and nobody can be sure.
    #[default]
    Likely,
    /// The authority is verifiably gone, also after a reboot.
    Proves,
}

impl fmt::Display for Strength {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::None => "none",
            Self::Likely => "likely",
            Self::Proves => "proves",
        })
    }
}
