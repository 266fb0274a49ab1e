//! What goes over the simulated network.
use std::fmt;
use watchdog_core::id::{Epoch, InstanceId};
use watchdog_core::journal::{Checkpoint, Entry};
use watchdog_core::lease::Heartbeat;

/// A machine with an address.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Host {
    /// A watchdog.
    Engine(u8),
    /// The store of lease and journal.
    Store,
    /// A node that can sign.
    Node(u8),
    /// An API of the chain.
    Source(u8),
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Engine(number) => write!(f, "watchdog-{number}"),
            Self::Store => f.write_str("store"),
            Self::Node(number) => write!(f, "node-{}", node_name(*number)),
            Self::Source(number) => write!(f, "source-{number}"),
        }
    }
}

/// Name of a node in the watchdog's configuration.
pub(crate) fn node_name(number: u8) -> &'static str {
    if number == 0 { "a" } else { "b" }
}

/// A question or an order.
#[derive(Clone, Debug)]
pub(crate) enum Request {
    /// Acquire or renew.
    Hold { instance: InstanceId, name: String },
    /// Give the lease up.
    Release { token: u64 },
    /// Show a sign of life.
    Beat { token: u64, beat: Heartbeat },
    /// Read the newest sign of life.
    Heartbeat,
    /// Append entries that follow position `after`.
    Append { token: u64, after: u64, entries: Vec<Entry> },
    /// Read from a position on.
    Page { from: u64, most: usize },
    /// Read the checkpoint.
    Checkpoint,
    /// Put a checkpoint in the place of entries.
    Trim { token: u64, checkpoint: Box<Checkpoint> },
    /// What a node does.
    Status,
    /// Stop signing, also after a restart.
    Stop { epoch: Epoch },
    /// Sign.
    Start { epoch: Epoch },
    /// Never sign up to this slot.
    Protect { epoch: Epoch, watermark: u64 },
    /// What the chain says.
    View,
    /// What became of a transaction.
    Transaction { bytes: Vec<u8> },
    /// Take a transaction. The chain does not look at the epoch; the oracle does.
    Submit { epoch: Epoch, bytes: Vec<u8> },
}

impl Request {
    /// Number of its kind, for the trace.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Hold { .. } => "hold",
            Self::Release { .. } => "release",
            Self::Beat { .. } => "beat",
            Self::Heartbeat => "heartbeat",
            Self::Append { .. } => "append",
            Self::Page { .. } => "page",
            Self::Checkpoint => "checkpoint",
            Self::Trim { .. } => "trim",
            Self::Status => "status",
            Self::Stop { .. } => "stop",
            Self::Start { .. } => "start",
            Self::Protect { .. } => "protect",
            Self::View => "view",
            Self::Transaction { .. } => "transaction",
            Self::Submit { .. } => "submit",
        }
    }

    /// Whether it changes who can sign.
    pub(crate) fn is_command(&self) -> bool {
        matches!(self, Self::Stop { .. } | Self::Start { .. } | Self::Protect { .. } | Self::Submit { .. })
    }

    /// Epoch of a command.
    pub(crate) fn epoch(&self) -> Option<Epoch> {
        match self {
            Self::Stop { epoch } | Self::Start { epoch } | Self::Protect { epoch, .. } | Self::Submit { epoch, .. } => {
                Some(*epoch)
            }
            _ => None,
        }
    }
}

/// An answer.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// The lease is granted.
    Held { token: u64, ttl_millis: u64 },
    /// Somebody else has it.
    Taken { holder: String },
    /// Done.
    Done,
    /// The store could not write.
    Failed,
    /// The writer's token is not the newest.
    Stale { newest: u64 },
    /// The journal's end is not where the writer thought.
    Behind { head: u64 },
    /// Entries.
    Entries(Vec<Entry>),
    /// They were replaced by a checkpoint.
    Trimmed { upto: u64 },
    /// The checkpoint.
    Checkpoint(Option<Box<Checkpoint>>),
    /// The newest sign of life.
    Heartbeat(Option<Heartbeat>),
    /// What a node does.
    Node(NodeView),
    /// What the chain says.
    View(View),
    /// What became of a transaction.
    Transaction { head: u64, fate: Fate },
    /// Status 200 with an error in the body.
    ErrorBody,
    /// Status 200 with nothing in the body.
    Empty,
}

/// A node by its own words.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NodeView {
    /// Which chain it follows.
    pub(crate) genesis: u64,
    /// Whether it would sign.
    pub(crate) enabled: bool,
    /// Whether its process runs.
    pub(crate) running: bool,
    /// Newest epoch that it obeyed.
    pub(crate) seen: Epoch,
    /// Newest slot signed.
    pub(crate) watermark: u64,
    /// Its wall clock, milliseconds.
    pub(crate) wall: u64,
}

/// The chain by one source's words.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct View {
    /// Which chain.
    pub(crate) genesis: u64,
    /// Newest slot.
    pub(crate) head: u64,
    /// Duties done by the validator so far.
    pub(crate) made: u64,
    /// Duties missed.
    pub(crate) missed: u64,
    /// Newest slot with a signature, and the node that made it.
    pub(crate) last: Option<(u64, u8)>,
    /// Whose key the ledger names.
    pub(crate) key: u8,
    /// The source's wall clock, milliseconds.
    pub(crate) wall: u64,
}

/// What became of a transaction.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Fate {
    /// Never seen.
    Absent,
    /// Waits.
    Pending,
    /// In the ledger, and not yet effective.
    Committed,
    /// In the ledger and effective.
    Effective,
}
