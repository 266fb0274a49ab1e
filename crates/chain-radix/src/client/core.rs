//! Core API of a node, the endpoints that are used. Source: Core API document of babylon-node v1.3.
use super::error::ApiError;
use super::gateway::{KeyJson, Preview, PreviewRequest, Submitted, ValidatorState};
use super::http::Endpoint;
use serde::{Deserialize, Serialize};
use serde_json::json;
use watchdog_core::clock::Timestamp;

/// Calls to the Core API of one node.
#[derive(Clone, Debug)]
pub struct CoreClient {
    endpoint: Endpoint,
    network: String,
}

/// A moment, as the Core API writes it.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Instant {
    /// Milliseconds since 1970.
    pub unix_timestamp_ms: u64,
}

impl Instant {
    /// The moment.
    pub const fn timestamp(self) -> Timestamp {
        Timestamp(self.unix_timestamp_ms)
    }
}

/// Epoch and round.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct EpochRound {
    /// Epoch.
    pub epoch: u64,
    /// Round in it.
    pub round: u64,
}

/// State that an answer was read from.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct AtLedgerState {
    /// Number of transactions so far.
    pub state_version: u64,
    /// Summary of the newest header.
    pub header_summary: HeaderSummary,
}

/// Summary of a header.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct HeaderSummary {
    /// Where; the old epoch still, for the transaction that changes it.
    pub epoch_round: EpochRound,
    /// Proposer's time.
    pub proposer_timestamp: Instant,
}

/// A substate: its fields are in `value`.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Substate<T> {
    /// The fields.
    pub value: T,
}

/// Answer of `/status/network-status`.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct NetworkStatus {
    /// Newest state.
    pub current_state_identifier: StateIdentifier,
    /// Where it is; absent before genesis.
    #[serde(default)]
    pub current_epoch_round: Option<EpochRound>,
    /// Protocol version, lower case.
    pub current_protocol_version: String,
}

/// Identifies a state.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct StateIdentifier {
    /// Number of transactions so far.
    pub state_version: u64,
}

/// Answer of `/state/consensus-manager`: who is in the set, with which key, and what became of
/// every proposal of this epoch so far, in one consistent read.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct ConsensusManager {
    /// Where it was read.
    pub at_ledger_state: AtLedgerState,
    /// Rules of the network.
    pub config: Substate<ConsensusConfig>,
    /// Epoch and round; at the flip it is ahead of the header.
    pub state: Substate<ConsensusState>,
    /// Proposals of this epoch, indexed like the set.
    pub current_proposal_statistic: Substate<ProposalStatistic>,
    /// The set.
    pub current_validator_set: Substate<ValidatorSet>,
}

/// Rules of a network that are used.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct ConsensusConfig {
    /// When an epoch ends.
    pub epoch_change_condition: EpochChangeCondition,
}

/// When an epoch ends.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct EpochChangeCondition {
    /// Not before this round.
    pub min_round_count: u64,
    /// At this round in any case.
    pub max_round_count: u64,
    /// In between, after this time.
    pub target_duration_millis: u64,
}

/// Epoch and round, with the start of the epoch.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct ConsensusState {
    /// Epoch.
    pub epoch: u64,
    /// Round in it, from 0.
    pub round: u64,
    /// What the length of the epoch is counted from; may lie ahead.
    pub effective_epoch_start: Instant,
}

/// Proposals of the running epoch.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct ProposalStatistic {
    /// Made.
    pub completed: Vec<u64>,
    /// Missed.
    pub missed: Vec<u64>,
}

/// The set of the running epoch.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct ValidatorSet {
    /// By stake, highest first.
    pub validator_set: Vec<SetMember>,
}

/// A validator in the set.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct SetMember {
    /// Which.
    pub address: String,
    /// Its key in this epoch.
    pub key: KeyJson,
    /// Its stake, as a decimal.
    pub stake: String,
}

/// Answer of `/state/validator`.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct ValidatorAnswer {
    /// Where it was read.
    pub at_ledger_state: AtLedgerState,
    /// Which.
    pub address: String,
    /// Its component: the key is that from the next epoch on.
    pub state: Substate<ValidatorState>,
}

/// Answer of `/lts/transaction/construction`.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Construction {
    /// Epoch.
    pub current_epoch: u64,
    /// Proposer's time of the newest round.
    pub ledger_clock: Instant,
}

/// Answer of `/transaction/status`.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct CoreTransactionStatus {
    /// What the node knows of the intent.
    pub intent_status: CoreIntentStatus,
    /// For people.
    #[serde(default)]
    pub status_description: String,
    /// First epoch in which it is no longer valid.
    #[serde(default)]
    pub invalid_from_epoch: Option<u64>,
    /// What is known of payloads of it.
    #[serde(default)]
    pub known_payloads: Vec<CorePayload>,
}

/// What a node knows of an intent. The words are not the gateway's.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum CoreIntentStatus {
    /// On the ledger, and done.
    CommittedSuccess,
    /// On the ledger, paid for, and not done.
    CommittedFailure,
    /// It can never commit.
    PermanentRejection,
    /// In its mempool.
    InMempool,
    /// Nothing, which is no proof of anything.
    NotSeen,
    /// Not in its mempool, and not rejected when it was last looked at.
    FateUncertain,
    /// Rejected for now.
    FateUncertainButLikelyRejection,
}

/// What a node knows of one payload.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct CorePayload {
    /// Its hash, hex.
    pub payload_hash: String,
    /// Where it was committed.
    #[serde(default)]
    pub state_version: Option<u64>,
    /// Why it failed or was rejected: for people.
    #[serde(default)]
    pub error_message: Option<String>,
}

impl CoreClient {
    /// A client of the Core API at `endpoint`, for a node of the network with this logical name.
    pub fn new(endpoint: Endpoint, network: &str) -> Self {
        Self { endpoint, network: network.to_owned() }
    }

    /// What errors call it.
    pub fn name(&self) -> &str {
        self.endpoint.name()
    }

    /// Where the node is, and which protocol it runs.
    ///
    /// # Errors
    /// As [`ApiError`] lists them; so for all calls.
    pub async fn network_status(&self) -> Result<NetworkStatus, ApiError> {
        self.endpoint.post("/status/network-status", &json!({ "network": self.network })).await
    }

    /// The set with its keys, and the proposals of this epoch.
    pub async fn consensus_manager(&self) -> Result<ConsensusManager, ApiError> {
        let answer: ConsensusManager =
            self.endpoint.post("/state/consensus-manager", &json!({ "network": self.network })).await?;
        let (set, statistic) = (&answer.current_validator_set.value, &answer.current_proposal_statistic.value);
        let members = set.validator_set.len();
        if statistic.completed.len() == members && statistic.missed.len() == members {
            return Ok(answer);
        }
        let (completed, missed) = (statistic.completed.len(), statistic.missed.len());
        Err(ApiError::Malformed(format!(
            "{members} validators in the set, but {completed} and {missed} proposal counters"
        )))
    }

    /// State of a validator component.
    pub async fn validator(&self, address: &str) -> Result<ValidatorAnswer, ApiError> {
        let body = json!({ "network": self.network, "validator_address": address });
        self.endpoint.post("/state/validator", &body).await
    }

    /// Epoch and ledger time, for making a transaction.
    pub async fn construction(&self) -> Result<Construction, ApiError> {
        self.endpoint.post("/lts/transaction/construction", &json!({ "network": self.network })).await
    }

    /// What would become of a transaction.
    pub async fn preview(&self, request: &PreviewRequest) -> Result<Preview, ApiError> {
        let mut body = serde_json::to_value(request).map_err(|e| ApiError::Malformed(format!("request: {e}")))?;
        if let Some(body) = body.as_object_mut() {
            body.insert("network".to_owned(), self.network.clone().into());
        }
        self.endpoint.post("/transaction/preview", &body).await
    }

    /// Hands in a payload; the node looks at it anew even where it rejected it lately.
    pub async fn submit(&self, payload: &[u8]) -> Result<Submitted, ApiError> {
        let hex = hex::encode(payload);
        let body = json!({ "network": self.network, "notarized_transaction_hex": hex, "force_recalculate": true });
        self.endpoint.post("/transaction/submit", &body).await
    }

    /// What is known of an intent, by its `txid_…`.
    pub async fn transaction(&self, intent: &str) -> Result<CoreTransactionStatus, ApiError> {
        self.endpoint.post("/transaction/status", &json!({ "network": self.network, "intent_hash": intent })).await
    }
}
