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
pub(crate) struct Told {
    pub(crate) source: Arc<dyn Named>,
    pub(crate) said: Arc<dyn Said>,
    pub(crate) took: Duration,
}

impl Told {
    /// When the source was asked.
    pub(crate) fn asked(&self) -> Uptime {
        self.said.asked()
    }

    /// In words and numbers.
    pub(crate) fn reading(&self) -> Reading {
        self.said.reading(&*self.source, self.took)
    }
}

/// A [`Source`] of any evidence.
pub(crate) trait Named: Send + Sync {
    fn name(&self) -> &str;
    fn origin(&self) -> &Origin;
}

impl<E: Evidence> Named for Source<E> {
    fn name(&self) -> &str {
        &self.name
    }

    fn origin(&self) -> &Origin {
        &self.origin
    }
}

/// An [`Observation`] of any evidence.
pub(crate) trait Said: Send + Sync {
    fn asked(&self) -> Uptime;
    fn reading(&self, source: &dyn Named, took: Duration) -> Reading;
}

impl<E: Evidence> Said for Observation<E> {
    fn asked(&self) -> Uptime {
        self.at
    }

    fn reading(&self, source: &dyn Named, took: Duration) -> Reading {
        let evidence = self.outcome.as_ref().ok();
        Reading {
            source: source.name().to_owned(),
            origin: source.origin().clone(),
            at: self.wall,
            asked: self.at,
            facts: evidence.map(Facts::of),
            took,
            position: evidence.map(Evidence::position),
            performance: evidence.map(Evidence::performance),
            line: self.outcome.as_ref().map_or_else(|error| causes::line(&**error), ToString::to_string),
            evidence: evidence.and_then(|evidence| serde_json::to_value(evidence).ok()),
        }
    }
}

impl fmt::Debug for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.reading().fmt(f)
    }
}
