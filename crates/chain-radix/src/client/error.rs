//! How a call fails, by the machine-readable part of the answer and never by its text.
use serde::Deserialize;
use std::time::Duration;
use watchdog_core::probe::{Lag, ProbeError};

/// An endpoint did not give the answer asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApiError {
    /// The request did not get there, or the answer did not come back whole.
    #[error("no answer")]
    Unreachable(#[source] reqwest::Error),
    /// The answer is not what the interface describes: not JSON, a field is missing, too large.
    #[error("answer cannot be used: {0}")]
    Malformed(String),
    /// The source says of itself that it is behind the ledger.
    #[error("source is {} s behind the ledger", .0.as_secs())]
    Behind(Duration),
    /// Too many requests (429).
    #[error("too many requests{}", wait(.0.as_ref()))]
    Busy(Option<Duration>),
    /// The service, or a proxy in front of it, is in trouble (5xx, HTML instead of JSON).
    #[error("HTTP status {status}{}", exception.as_ref().map_or(String::new(), |e| format!(" ({e})")))]
    Unavailable {
        /// HTTP status.
        status: u16,
        /// Kind of exception, where the service names one: `NoValidCoreApiNodesAvailable`.
        exception: Option<String>,
    },
    /// The service understood the request and refused it.
    #[error("refused with HTTP status {status}: {message}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// Why, by `details.type`.
        why: Refused,
        /// The service's own words: for people, never to decide on.
        message: String,
    },
}

fn wait(time: Option<&Duration>) -> String {
    time.map_or(String::new(), |time| format!(", wait {} s", time.as_secs()))
}

/// Why a request was refused, by `details.type`.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Refused {
    /// `InvalidRequestError`: the request is wrong, also for an address of another network.
    Request,
    /// `InvalidEntityError`: the address means nothing there.
    Entity,
    /// `InvalidTransactionError`: static, out of its epochs, or rejected for good.
    Transaction,
    /// `EntityNotFoundError`.
    EntityNotFound,
    /// `TransactionNotFoundError`.
    TransactionNotFound,
    /// `IntentAlreadyCommitted`: it is on the ledger.
    Committed {
        /// Where.
        state_version: u64,
        /// Whether as the very payload that was submitted.
        is_same_transaction: bool,
    },
    /// `Rejected` by a node.
    Rejected(Rejection),
    /// `PriorityThresholdNotMet`: the mempool is full.
    MempoolFull,
    /// An error without details, of a Core endpoint (`error_type` `Basic`) or of a web framework.
    Plain,
    /// A kind of error that this program does not know.
    Other(String),
}

/// Why a node did not take a transaction into its mempool, and for how long.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
pub struct Rejection {
    /// The engine's words: for people.
    #[serde(default)]
    pub error_message: String,
    /// Whether it was looked at now, rather than remembered.
    pub is_fresh: bool,
    /// Whether these bytes can never commit.
    pub is_payload_rejection_permanent: bool,
    /// Whether no payload of this intent can ever commit.
    pub is_intent_rejection_permanent: bool,
    /// First epoch in which it is worth trying again.
    #[serde(default)]
    pub retry_from_epoch: Option<u64>,
    /// First epoch in which the transaction is no longer valid.
    #[serde(default)]
    pub invalid_from_epoch: Option<u64>,
}

/// The parts of an error body that decide.
#[derive(Debug, Default, Deserialize)]
struct Body {
    #[serde(default)]
    message: String,
    #[serde(default)]
    details: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct NotSyncedUp {
    current_sync_delay_seconds: u64,
}

#[derive(Deserialize)]
struct Exception {
    exception: String,
}

#[derive(Deserialize)]
struct AlreadyCommitted {
    committed_as: CommittedAs,
}

#[derive(Deserialize)]
struct CommittedAs {
    state_version: u64,
    is_same_transaction: bool,
}

impl ApiError {
    /// The error of an answer that is no success.
    pub fn of_answer(status: u16, retry_after: Option<Duration>, body: &[u8]) -> Self {
        if status == 429 {
            return Self::Busy(retry_after);
        }
        let Ok(body) = serde_json::from_slice::<Body>(body) else {
            return Self::without_details(status, String::new());
        };
        let Some(details) = body.details else {
            return Self::without_details(status, body.message);
        };
        let kind = details.get("type").and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
        let why = match kind.as_str() {
            "NotSyncedUpError" => {
                return match NotSyncedUp::deserialize(&details) {
                    Ok(sync) => Self::Behind(Duration::from_secs(sync.current_sync_delay_seconds)),
                    Err(_) => Self::Unavailable { status, exception: Some(kind) },
                };
            }
            "InternalServerError" => {
                let exception = Exception::deserialize(&details).map_or(kind, |e| e.exception);
                return Self::Unavailable { status, exception: Some(exception) };
            }
            "InvalidRequestError" => Refused::Request,
            "InvalidEntityError" => Refused::Entity,
            "InvalidTransactionError" => Refused::Transaction,
            "EntityNotFoundError" => Refused::EntityNotFound,
            "TransactionNotFoundError" => Refused::TransactionNotFound,
            "PriorityThresholdNotMet" => Refused::MempoolFull,
            "IntentAlreadyCommitted" => match AlreadyCommitted::deserialize(&details) {
                Ok(AlreadyCommitted { committed_as: at }) => {
                    Refused::Committed { state_version: at.state_version, is_same_transaction: at.is_same_transaction }
                }
                Err(error) => return Self::Malformed(format!("details of {kind}: {error}")),
            },
            "Rejected" => match Rejection::deserialize(&details) {
                Ok(rejection) => Refused::Rejected(rejection),
                Err(error) => return Self::Malformed(format!("details of {kind}: {error}")),
            },
            _ if status >= 500 => return Self::Unavailable { status, exception: Some(kind) },
            _ => Refused::Other(kind),
        };
        Self::Refused { status, why, message: body.message }
    }

    fn without_details(status: u16, message: String) -> Self {
        if status >= 500 || status == 499 {
            Self::Unavailable { status, exception: None }
        } else {
            Self::Refused { status, why: Refused::Plain, message }
        }
    }

    /// Whether the request surely did not reach the service.
    pub fn is_unsent(&self) -> bool {
        matches!(self, Self::Unreachable(error) if error.is_connect()) || matches!(self, Self::Busy(_))
    }

    /// Whether the service is there and said no to this very request.
    pub const fn refusal(&self) -> Option<&Refused> {
        match self {
            Self::Refused { why, .. } => Some(why),
            _ => None,
        }
    }

    /// The same as an observation that failed: whatever went wrong, the watchdog could not see.
    pub fn blind(self, endpoint: &str) -> ProbeError {
        let endpoint = endpoint.to_owned();
        match self {
            Self::Behind(time) => ProbeError::Stale { endpoint, behind: Lag::Time(time) },
            Self::Malformed(reason) => ProbeError::Malformed { endpoint, reason },
            Self::Refused { status, message, .. } => {
                ProbeError::Malformed { endpoint, reason: format!("refused with HTTP status {status}: {message}") }
            }
            source => ProbeError::Unreachable { endpoint, source: Box::new(source) },
        }
    }

    /// The error with its causes, one line.
    pub fn line(&self) -> String {
        watchdog_core::causes::line(self)
    }
}
