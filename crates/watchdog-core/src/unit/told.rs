//! What one source said, kept as it was seen and put into words for whoever asks.
use crate::causes;
use crate::clock::{Timestamp, Uptime};
use crate::id::Origin;
use crate::probe::{Evidence, Observation, Performance, Source};
use crate::recording::Facts;
use serde::Serialize;
use serde_json::Value;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// What one source said, for people and scripts.
#[derive(Clone, Debug, Serialize)]
pub struct Reading {
    /// Name of the source.
    pub source: String,
    /// Failure domain of the source.
    pub origin: Origin,
    /// When it was asked.
    pub at: Timestamp,
    /// The same since boot.
    #[serde(skip)]
    pub asked: Uptime,
    /// The part of the evidence that every chain can answer.
    #[serde(skip)]
    pub facts: Option<Facts>,
    /// How long the answer took.
    #[serde(rename = "took_seconds", serialize_with = "seconds")]
    pub took: Duration,
    /// Chain position of the evidence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<u64>,
    /// How the validator performs by this evidence alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub performance: Option<Performance>,
    /// The evidence in one line, or why there is none.
    pub line: String,
    /// The evidence with all its fields.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Value>,
}

fn seconds<S: serde::Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(time.as_secs_f64())
}

/// The newest word of one source, its evidence type hidden. Shared with the window that is judged, so
/// it costs next to nothing as long as nobody reads it.
pub(crate) trait Told: Send + Sync {
    /// When the source was asked.
    fn asked(&self) -> Uptime;
    /// In words and numbers.
    fn reading(&self) -> Reading;
}

/// A [`Told`] of one evidence type.
pub(crate) struct Answer<E> {
    pub(crate) source: Arc<Source<E>>,
    pub(crate) observation: Arc<Observation<E>>,
    pub(crate) took: Duration,
}

impl<E: Evidence> Told for Answer<E> {
    fn asked(&self) -> Uptime {
        self.observation.at
    }

    fn reading(&self) -> Reading {
        let outcome = &self.observation.outcome;
        let evidence = outcome.as_ref().ok();
        Reading {
            source: self.source.name.clone(),
            origin: self.source.origin.clone(),
            at: self.observation.wall,
            asked: self.observation.at,
            facts: evidence.map(Facts::of),
            took: self.took,
            position: evidence.map(Evidence::position),
            performance: evidence.map(Evidence::performance),
            line: outcome.as_ref().map_or_else(|error| causes::line(error), ToString::to_string),
            evidence: evidence.and_then(|evidence| serde_json::to_value(evidence).ok()),
        }
    }
}

impl fmt::Debug for dyn Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.reading().fmt(f)
    }
}
