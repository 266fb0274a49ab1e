//! System API of a node, the endpoints that are used. Source: System API document of babylon-node v1.3.
use super::error::ApiError;
use super::http::Endpoint;
use serde::{Deserialize, Serialize};

/// Calls to the System API of one node.
#[derive(Clone, Debug)]
pub struct SystemClient {
    endpoint: Endpoint,
}

/// Answer of `/system/health`.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Health {
    /// Whether the node follows the ledger.
    pub status: HealthStatus,
    /// What became of the node's own newest proposals.
    pub recent_self_proposal_miss_statistic: MissStatistic,
    /// Protocol version, lower case.
    pub current_protocol_version: String,
}

/// Whether a node follows the ledger.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum HealthStatus {
    /// Before the first state.
    BootingPreGenesis,
    /// Behind, and catching up; a node that is cut off in the middle of it keeps saying so.
    Syncing,
    /// Newest proposer's time is below 60 s old.
    Up,
    /// Behind, and not catching up; the same where the whole network halts.
    OutOfSync,
}

/// A node's own newest proposals.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct MissStatistic {
    /// Missed among them; 0 on a node whose key is not in the set.
    pub missed_count: u64,
    /// How many are looked back on.
    pub recent_proposals_tracked_count: u64,
}

/// Answer of `/system/identity`.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Identity {
    /// The node's consensus key, hex.
    pub public_key_hex: String,
    /// `node_…`: names the network.
    pub node_address: String,
    /// The validator it is configured for.
    #[serde(default)]
    pub validator_address: Option<String>,
    /// Whether it validates.
    pub consensus_status: ConsensusStatus,
}

/// Whether a node validates.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ConsensusStatus {
    /// The set names its validator with its key.
    ValidatingInCurrentEpoch,
    /// It does not.
    NotValidatingInCurrentEpoch,
    /// The node has no `consensus.validator_address`: it never will.
    NotConfiguredAsValidator,
}

/// Answer of `/system/version`.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Version {
    /// Version of the node software.
    pub version: String,
}

/// Answer of `/system/network-sync-status`.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct SyncAnswer {
    /// The status.
    pub sync_status: SyncStatus,
}

/// How far a node is.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct SyncStatus {
    /// Where it is.
    pub current_state_version: u64,
    /// Where it is going. A difference proves lag; its absence proves nothing.
    pub target_state_version: u64,
}

/// Answer of `/system/peers`.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Peers {
    /// Nodes that it is connected to.
    pub peers: Vec<Peer>,
}

/// A node that another is connected to.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Peer {
    /// `node_…`.
    pub peer_id: String,
}

impl SystemClient {
    /// A client of the System API at `endpoint`, which is the address above `/system`.
    pub const fn new(endpoint: Endpoint) -> Self {
        Self { endpoint }
    }

    /// What errors call it.
    pub fn name(&self) -> &str {
        self.endpoint.name()
    }

    /// Whether the node follows the ledger.
    ///
    /// # Errors
    /// As [`ApiError`] lists them; so for all calls.
    pub async fn health(&self) -> Result<Health, ApiError> {
        self.endpoint.get("/system/health").await
    }

    /// Which key the node holds, and for which validator.
    pub async fn identity(&self) -> Result<Identity, ApiError> {
        self.endpoint.get("/system/identity").await
    }

    /// Version of the node software.
    pub async fn version(&self) -> Result<Version, ApiError> {
        self.endpoint.get("/system/version").await
    }

    /// How far the node is.
    pub async fn sync_status(&self) -> Result<SyncAnswer, ApiError> {
        self.endpoint.get("/system/network-sync-status").await
    }

    /// Whom the node is connected to.
    pub async fn peers(&self) -> Result<Peers, ApiError> {
        self.endpoint.get("/system/peers").await
    }
}
