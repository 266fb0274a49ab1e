//! Observing a validator.
use crate::clock::{Timestamp, Uptime};
use crate::cx::{Cx, Interrupted};
use crate::id::Origin;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// A chain's reading of one validator at one moment.
///
/// Typed per chain. The core reads only what every chain can answer; a chain's own policy reads
/// its fields. `Display` is the one line that notifications and `tanist status` show.
pub trait Evidence: fmt::Debug + fmt::Display + Serialize + Send + Sync + 'static {
    /// How the validator performs, by the chain's own rules.
    fn performance(&self) -> Performance;
    /// Chain position of this reading (round, slot, state version, height); it tells a fresh
    /// reading from a stale source.
    fn position(&self) -> u64;
    /// Epoch of this reading, on chains that have epochs.
    fn epoch(&self) -> Option<u64> {
        None
    }
    /// The validator's duties since the reading before of the same source. Differences, not totals:
    /// counters that a chain or a restart sets back are the probe's business.
    fn duties(&self) -> Duties {
        Duties::default()
    }
    /// The same for everybody else together, weighted as the chain weighs them; `None` where this
    /// source does not see the others.
    fn others(&self) -> Option<Duties> {
        None
    }
    /// Positions of downtime that the protocol still forgives; `None` where it keeps no such credit
    /// or this source does not tell.
    fn credit(&self) -> Option<u64> {
        None
    }
    /// Time until the protocol punishes the validator if it goes on like this, counted from this
    /// reading; `None` where no punishment comes or this source does not tell.
    fn grace(&self) -> Option<Duration> {
        None
    }
    /// What stands beside the signer says about its process; `None` from anywhere else.
    fn local_report(&self) -> Option<LocalReport> {
        None
    }
    /// The evidence that was recorded as `value`, so that it can be judged again; `None` where it is
    /// another one's. Without it a chain's observations are kept, but cannot be tested against.
    fn recall(value: &serde_json::Value) -> Option<Self>
    where
        Self: Sized,
    {
        let _ = value;
        None
    }
}

/// What a sidecar on the signer's own host says about the signer's process.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LocalReport {
    /// The process runs and its port is open.
    Running,
    /// The process ended.
    Exited,
    /// The service manager has given the unit up.
    UnitFailed,
    /// The process may run, but nobody listens on its port.
    PortClosed,
}

impl LocalReport {
    /// Whether the signer has stopped by this report.
    pub fn is_stopped(self) -> bool {
        self != Self::Running
    }
}

/// Opportunities to do a duty, and what became of them.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Duties {
    /// Done.
    pub made: u64,
    /// Due and not done.
    pub missed: u64,
}

impl Duties {
    /// All opportunities.
    pub fn due(self) -> u64 {
        self.made.saturating_add(self.missed)
    }

    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self { made: self.made.saturating_add(other.made), missed: self.missed.saturating_add(other.missed) }
    }
}

/// How the validator performs.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Performance {
    /// Every duty due was done.
    Performing,
    /// No duty was due: says nothing.
    Idle,
    /// Some duties due were missed.
    Impaired,
    /// Every duty due was missed, or the validator left the active set.
    Failing,
}

/// Observes one validator of one chain from one vantage point.
#[async_trait]
pub trait HealthProbe: Send + Sync + 'static {
    /// What this probe reads.
    type Evidence: Evidence;

    /// Reads the validator's state once. Has no side effect; may be dropped at any await point.
    ///
    /// # Errors
    /// An error says that the watchdog could not see, never that the validator is down.
    async fn observe(&self, cx: &Cx) -> Result<Self::Evidence, ProbeError>;

    /// Forgets what differences are taken from. Called after a clock jump or a long stop, so that
    /// what happened meanwhile is not judged as if it had just been seen.
    fn forget(&self) {}
}

/// The watchdog could not see. Counts against the vantage point, not against the validator.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProbeError {
    /// No answer from the source.
    #[error("{endpoint} did not answer")]
    Unreachable {
        /// The source asked, without credentials.
        endpoint: String,
        /// Transport error.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The source answered something that the chain's rules do not allow.
    #[error("{endpoint} answered nonsense: {reason}")]
    Malformed {
        /// The source asked.
        endpoint: String,
        /// What is wrong with the answer.
        reason: String,
    },
    /// The source is behind the chain, so that its answer is about the past.
    #[error("{endpoint} is {behind} behind")]
    Stale {
        /// The source asked.
        endpoint: String,
        /// Distance to the best known position, or to the wall clock.
        behind: Lag,
    },
    /// Cancelled or out of time.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

/// How far a source is behind.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Lag {
    /// In the chain's own positions.
    Positions(u64),
    /// In time.
    Time(Duration),
}

impl fmt::Display for Lag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Positions(count) => write!(f, "{count} positions"),
            Self::Time(time) => write!(f, "{} s", time.as_secs()),
        }
    }
}

/// One probe result with its time.
#[derive(Debug)]
pub struct Observation<E> {
    /// When the probe was started.
    pub at: Uptime,
    /// The same on the wall.
    pub wall: Timestamp,
    /// What was seen, or why nothing was. Windows are full of these, and errors are rare and large.
    pub outcome: Result<E, Box<ProbeError>>,
}

impl<E> Observation<E> {
    /// What a probe that was started then answered.
    pub fn new(at: Uptime, wall: Timestamp, outcome: Result<E, ProbeError>) -> Self {
        Self { at, wall, outcome: outcome.map_err(Box::new) }
    }
}

/// One source: a probe and the failure domain it stands in. A unit holds several, of different
/// probe types over one evidence type.
#[derive(Clone)]
pub struct Source<E> {
    /// What operators call it: `gateway gateway-1.example`, `node_b core`.
    pub name: String,
    /// Failure domain.
    pub origin: Origin,
    /// The probe.
    pub probe: Arc<dyn HealthProbe<Evidence = E>>,
}

impl<E> fmt::Debug for Source<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source").field("name", &self.name).field("origin", &self.origin).finish_non_exhaustive()
    }
}
