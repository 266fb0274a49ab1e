//! Stretches in which duties were missed and none was done.
use super::{Replayed, seconds};
use crate::clock::{Timestamp, Uptime};
use crate::probe::Evidence;
use crate::status::{optional_text, text};
use serde::Serialize;
use std::time::Duration;

/// Duties were missed and none was done.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Outage {
    /// First miss seen.
    #[serde(serialize_with = "text")]
    pub from: Timestamp,
    /// First duty done after it; absent where the recording ends before.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "optional_text")]
    pub to: Option<Timestamp>,
    /// How long, at least.
    #[serde(rename = "lasted_seconds", serialize_with = "seconds")]
    pub lasted: Duration,
}

/// The same by the time of its boot.
pub(super) struct Silence {
    pub(super) from: Uptime,
    pub(super) to: Option<Uptime>,
}

/// Of all observations of one boot, in order, by any source.
pub(super) fn silences<E: Evidence>(all: &[Replayed<E>]) -> Vec<Silence> {
    let mut found: Vec<Silence> = Vec::new();
    for replayed in all {
        let at = replayed.observation.at;
        let Ok(evidence) = &replayed.observation.outcome else { continue };
        let duties = evidence.duties();
        let open = found.last_mut().filter(|silence| silence.to.is_none());
        match open {
            Some(silence) if duties.made > 0 => silence.to = Some(at),
            None if duties.made == 0 && duties.missed > 0 => found.push(Silence { from: at, to: None }),
            _ => {}
        }
    }
    found
}
