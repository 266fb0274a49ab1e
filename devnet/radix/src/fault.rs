//! Faults on request, each bound to servers, paths and a number of requests.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Kind {
    /// An error page of a proxy.
    Html {
        /// HTTP status.
        #[serde(default = "bad_gateway")]
        status: u16,
    },
    /// 429 with `retry-after`.
    RateLimit {
        /// Seconds named in the header.
        #[serde(default = "thirty")]
        retry_after: u64,
    },
    /// An error with the given status and JSON body.
    Error {
        /// HTTP status.
        status: u16,
        /// Body as it is sent.
        body: Value,
    },
    /// The answer comes late.
    Slow {
        /// Milliseconds before the request is looked at.
        ms: u64,
    },
    /// The second half of the body is missing.
    Truncated,
    /// The connection is cut before the request has any effect.
    Dropped,
    /// The request takes effect, then the connection is cut.
    AnswerLost,
    /// Values of the answer replaced, by JSON pointer.
    Lie {
        /// Pointer and value that it shall show.
        set: BTreeMap<String, Value>,
    },
    /// The view stands still.
    Stale {
        /// Whether a gateway refuses reads as its default configuration says.
        #[serde(default = "yes")]
        refuse: bool,
        /// Makes the frozen view look this much older than it is, in milliseconds.
        #[serde(default)]
        age_ms: i64,
    },
    /// The view differs from everybody else's.
    Fork {
        /// Added to every epoch number.
        #[serde(default)]
        epoch_shift: i64,
        /// Key shown for our validator, hex.
        #[serde(default)]
        key: Option<String>,
    },
}

impl Kind {
    /// Whether the fault lies in the view rather than in single answers.
    pub const fn is_of_view(&self) -> bool {
        matches!(self, Self::Stale { .. } | Self::Fork { .. })
    }
}

/// A fault and where it applies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fault {
    /// Number given by the devnet.
    #[serde(default)]
    pub id: u64,
    /// `gateway_1`, `gateways`, `node_b`, `node_b/core`, `node_b/system`, `node_b/prometheus`, `nodes` or `*`.
    pub target: String,
    /// Only requests whose path begins so; all if absent.
    #[serde(default)]
    pub path: Option<String>,
    /// Number of requests it applies to; without limit if absent.
    #[serde(default)]
    pub count: Option<u64>,
    /// What goes wrong.
    #[serde(flatten)]
    pub kind: Kind,
}

/// A server as faults name it: `gateway_1`, `node_b/core`, …
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// `gateway_1` or `node_a`.
    pub name: String,
    /// `core`, `system` or `prometheus`; absent for a gateway.
    pub part: Option<&'static str>,
}

impl Server {
    /// Whether a target text means this server.
    pub fn is_meant_by(&self, target: &str) -> bool {
        let family = if self.part.is_some() { "nodes" } else { "gateways" };
        if target == "*" || target == family || target == self.name {
            return true;
        }
        let part = self.part.unwrap_or_default();
        target.split_once('/').is_some_and(|(name, wanted)| (name == self.name || name == family) && wanted == part)
    }
}

/// All faults in force.
#[derive(Debug, Default)]
pub struct Faults {
    list: Vec<Fault>,
    last_id: u64,
}

impl Faults {
    /// Puts a fault in force and gives it its number.
    pub fn add(&mut self, mut fault: Fault) -> u64 {
        self.last_id += 1;
        fault.id = self.last_id;
        self.list.push(fault);
        self.last_id
    }

    /// Ends one fault or all of them; returns those that ended.
    pub fn remove(&mut self, id: Option<u64>) -> Vec<Fault> {
        let (ended, kept) =
            std::mem::take(&mut self.list).into_iter().partition(|fault| id.is_none_or(|id| fault.id == id));
        self.list = kept;
        ended
    }

    /// Faults in force.
    pub fn list(&self) -> &[Fault] {
        &self.list
    }

    /// Faults that strike a request, in the order in which they were added. Counted ones are used up.
    pub fn strike(&mut self, server: &Server, path: &str) -> Vec<Kind> {
        let mut struck = Vec::new();
        for fault in &mut self.list {
            let is_meant = !fault.kind.is_of_view()
                && server.is_meant_by(&fault.target)
                && fault.path.as_deref().is_none_or(|prefix| path.starts_with(prefix));
            if is_meant {
                if let Some(left) = &mut fault.count {
                    *left = left.saturating_sub(1);
                }
                struck.push(fault.kind.clone());
            }
        }
        self.list.retain(|fault| fault.kind.is_of_view() || fault.count != Some(0));
        struck
    }
}

const fn bad_gateway() -> u16 {
    502
}

const fn thirty() -> u64 {
    30
}

const fn yes() -> bool {
    true
}
