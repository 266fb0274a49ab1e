//! What a fence is worth.
pub mod statement;

use crate::action::{PlanError, Refusal};
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

impl Strength {
    /// What several fences are worth together: as much as the strongest; nothing where there is none.
    pub fn of(fences: impl IntoIterator<Item = Self>) -> Self {
        fences.into_iter().max().unwrap_or(Self::None)
    }

    /// Whether one key on several nodes may be activated after this.
    ///
    /// # Errors
    /// Where the success of the fence is no proof.
    pub fn proven(self) -> Result<(), TooWeak> {
        if self == Self::Proves { Ok(()) } else { Err(TooWeak { strongest: self }) }
    }
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

/// Several nodes can sign with one key, and no fence of the old one proves that it stopped.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "several nodes can sign with one key, and no fence of the old one proves that it stopped: the strongest is worth \
     `{strongest}`"
)]
pub struct TooWeak {
    /// What the strongest is worth.
    pub strongest: Strength,
}

impl From<TooWeak> for Refusal {
    fn from(weak: TooWeak) -> Self {
        Self::new(
            "fence_too_weak",
            weak.to_string(),
            "configure at least one fence that proves, and rehearse it with `tanist fence test`",
        )
    }
}

impl From<TooWeak> for PlanError {
    fn from(weak: TooWeak) -> Self {
        Refusal::from(weak).into()
    }
}
