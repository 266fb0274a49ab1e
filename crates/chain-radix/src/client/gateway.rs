//! Gateway API, the endpoints that are used. Source: Gateway API document v1.10.
use super::error::ApiError;
use super::http::Endpoint;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Calls to one gateway.
#[derive(Clone, Debug)]
pub struct GatewayClient {
    endpoint: Endpoint,
}

/// State of the ledger that an answer was read from.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct LedgerState {
    /// Logical name of the network.
    pub network: String,
    /// Number of transactions so far.
    pub state_version: u64,
    /// Proposer's time of the newest round.
    pub proposer_round_timestamp: Timestamp,
    /// Epoch.
    pub epoch: u64,
    /// Round in it.
    pub round: u64,
}

/// Answer that says where the ledger is, and nothing else that is used.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct AtLedger {
    /// Where.
    pub ledger_state: LedgerState,
}

/// Answer of `/status/gateway-status`.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct GatewayStatus {
    /// Newest state that it holds.
    pub ledger_state: LedgerState,
    /// Version of the software.
    pub release_info: ReleaseInfo,
}

/// Version of a gateway.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct ReleaseInfo {
    /// For people.
    pub release_version: String,
}

/// Answer of `/status/network-configuration`.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct NetworkConfiguration {
    /// Number of the network.
    pub network_id: u8,
    /// Its logical name.
    pub network_name: String,
}

/// Answer of `/statistics/validators/uptime`.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct UptimeAnswer {
    /// Where it was read.
    pub ledger_state: LedgerState,
    /// One entry for each address that the ledger knows.
    pub validators: Items<Uptime>,
}

/// A list under `items`.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Items<T> {
    /// The list.
    pub items: Vec<T>,
    /// There is more, and this is where it goes on.
    #[serde(default)]
    pub next_cursor: Option<String>,
}

/// Totals of one validator over its life, up to the last concluded epoch.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Uptime {
    /// Whose.
    pub address: String,
    /// Proposals made; absent where it was never in a set.
    #[serde(default)]
    pub proposals_made: Option<u64>,
    /// Proposals missed.
    #[serde(default)]
    pub proposals_missed: Option<u64>,
    /// Concluded epochs in which it was in the set.
    pub epochs_active_in: u64,
}

/// A public key.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct KeyJson {
    /// `EcdsaSecp256k1` or `EddsaEd25519`.
    pub key_type: String,
    /// Hex.
    pub key_hex: String,
}

/// Answer of `/state/entity/details`.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct EntityDetails {
    /// Where it was read.
    pub ledger_state: LedgerState,
    /// One entry for each address that the ledger knows.
    pub items: Vec<Entity>,
}

/// An entity.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Entity {
    /// Which.
    pub address: String,
    /// Tokens of an account.
    #[serde(default)]
    pub fungible_resources: Option<Items<FungibleResource>>,
    /// Non-fungible items of an account.
    #[serde(default)]
    pub non_fungible_resources: Option<Items<NonFungibleResource>>,
    /// State of a component.
    #[serde(default)]
    pub details: Option<ComponentDetails>,
}

/// State of a component, where it has one that is used.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct ComponentDetails {
    /// Kind of component: `Validator`.
    #[serde(default)]
    pub blueprint_name: Option<String>,
    /// Its state; read it with [`ComponentDetails::validator`].
    #[serde(default)]
    pub state: Option<serde_json::Value>,
}

/// State of a validator component, the same in Gateway and Core answers.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct ValidatorState {
    /// Key from the next epoch on.
    pub public_key: KeyJson,
    /// Whether it wants to be in the set.
    pub is_registered: bool,
}

impl ComponentDetails {
    /// The state of a validator; `None` for anything else.
    pub fn validator(&self) -> Option<ValidatorState> {
        let is_validator = self.blueprint_name.as_deref() == Some("Validator");
        is_validator.then(|| ValidatorState::deserialize(self.state.as_ref()?).ok()).flatten()
    }
}

/// A token in an account.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct FungibleResource {
    /// Which.
    pub resource_address: String,
    /// Vaults that hold it.
    pub vaults: Items<FungibleVault>,
}

/// A vault of tokens.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct FungibleVault {
    /// How much, as a decimal.
    pub amount: String,
}

/// A non-fungible resource in an account.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct NonFungibleResource {
    /// Which.
    pub resource_address: String,
    /// Vaults that hold it.
    pub vaults: Items<NonFungibleVault>,
}

/// A vault of non-fungible items.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct NonFungibleVault {
    /// How many.
    pub total_count: u64,
    /// Their local ids; absent where they were not asked for or there are none.
    #[serde(default)]
    pub items: Vec<String>,
    /// There are more.
    #[serde(default)]
    pub next_cursor: Option<String>,
}

/// A page of `/state/validators/list`.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct ValidatorsPage {
    /// Where it was read.
    pub ledger_state: LedgerState,
    /// The page.
    pub validators: Items<ListedValidator>,
}

/// A validator of the list.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct ListedValidator {
    /// Which.
    pub address: String,
    /// Its component.
    pub state: ValidatorState,
    /// Its place in the set of the running epoch; absent where it has none.
    #[serde(default)]
    pub active_in_epoch: Option<ActiveInEpoch>,
}

/// A place in the set.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct ActiveInEpoch {
    /// Stake, as a decimal.
    pub stake: String,
    /// Key of the running epoch.
    pub key: KeyJson,
}

/// What a preview is asked about.
#[derive(Clone, Debug, Serialize)]
pub struct PreviewRequest {
    /// The manifest as text.
    pub manifest: String,
    /// First epoch of validity.
    pub start_epoch_inclusive: u64,
    /// First epoch after it.
    pub end_epoch_exclusive: u64,
    /// Key of the notary.
    pub notary_public_key: KeyJson,
    /// Whether the notary signs for the account too.
    pub notary_is_signatory: bool,
    /// Further signers.
    pub signer_public_keys: Vec<KeyJson>,
    /// From 1; 0 is taken for missing.
    pub nonce: u32,
    /// Tip in per cent.
    pub tip_percentage: u16,
    /// All false: the preview proves what a real transaction would find.
    pub flags: PreviewFlags,
}

/// What a preview pretends; nothing, here.
#[derive(Clone, Copy, Debug, Default, Serialize)]
#[allow(clippy::struct_excessive_bools, reason = "the interface has them")]
pub struct PreviewFlags {
    /// Pretends that the fee is paid.
    pub use_free_credit: bool,
    /// Pretends that everybody signed.
    pub assume_all_signature_proofs: bool,
    /// Pretends that any epoch is right.
    pub skip_epoch_check: bool,
}

/// Answer of a preview, of a gateway or of a node.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Preview {
    /// What came of it.
    pub receipt: PreviewReceipt,
}

/// What came of a preview.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct PreviewReceipt {
    /// Whether it would commit, and how.
    pub status: PreviewStatus,
    /// Why not.
    #[serde(default)]
    pub error_message: Option<String>,
    /// What it would cost.
    #[serde(default)]
    pub fee_summary: Option<FeeSummary>,
}

/// Outcome of a preview.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum PreviewStatus {
    /// It would commit and do what it says.
    Succeeded,
    /// It would commit, cost its fee, and do nothing.
    Failed,
    /// It would not commit.
    Rejected,
}

/// Parts of a fee in XRD, as decimals.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct FeeSummary {
    /// Execution.
    pub xrd_total_execution_cost: String,
    /// Finalization.
    pub xrd_total_finalization_cost: String,
    /// Storage.
    pub xrd_total_storage_cost: String,
    /// Royalties.
    pub xrd_total_royalty_cost: String,
    /// Tip.
    pub xrd_total_tipping_cost: String,
}

/// Answer of a submission, of a gateway or of a node.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Submitted {
    /// Whether these bytes were known already.
    pub duplicate: bool,
}

/// Answer of `/transaction/status`.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct TransactionStatus {
    /// Where it was read.
    pub ledger_state: LedgerState,
    /// What is known of the intent.
    pub intent_status: IntentStatus,
    /// What is known of payloads of it.
    #[serde(default)]
    pub known_payloads: Vec<KnownPayload>,
    /// Where it was committed.
    #[serde(default)]
    pub committed_state_version: Option<u64>,
    /// Why it failed or was rejected: for people.
    #[serde(default)]
    pub error_message: Option<String>,
}

/// What a gateway knows of an intent.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum IntentStatus {
    /// Nothing, which is no proof of anything.
    Unknown,
    /// A node has it in its mempool, as far as the gateway knows.
    Pending,
    /// On the ledger, outcome to follow.
    CommitPendingOutcomeUnknown,
    /// Rejected for now.
    LikelyButNotCertainRejection,
    /// On the ledger, and done.
    CommittedSuccess,
    /// On the ledger, paid for, and not done.
    CommittedFailure,
    /// It can never commit.
    PermanentlyRejected,
}

/// What a gateway knows of one payload.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct KnownPayload {
    /// Its hash.
    pub payload_hash: String,
    /// Why the gateway could not hand it to a node: for people.
    #[serde(default)]
    pub submission_error: Option<String>,
    /// Why it was rejected: for people.
    #[serde(default)]
    pub error_message: Option<String>,
}

impl GatewayClient {
    /// A client of the gateway at `endpoint`.
    pub const fn new(endpoint: Endpoint) -> Self {
        Self { endpoint }
    }

    /// What errors call it.
    pub fn name(&self) -> &str {
        self.endpoint.name()
    }

    /// Where the gateway is. Never refuses, however old its state is.
    ///
    /// # Errors
    /// As [`ApiError`] lists them; so for all calls.
    pub async fn status(&self) -> Result<GatewayStatus, ApiError> {
        self.endpoint.post("/status/gateway-status", &json!({})).await
    }

    /// Which network it serves.
    pub async fn network(&self) -> Result<NetworkConfiguration, ApiError> {
        self.endpoint.post("/status/network-configuration", &json!({})).await
    }

    /// Totals of a validator at the tip. Never with `from_ledger_state`: what it subtracts is not
    /// what it says, and without two rows in the window it subtracts nothing.
    pub async fn uptime(&self, validator: &str) -> Result<UptimeAnswer, ApiError> {
        self.endpoint.post("/statistics/validators/uptime", &json!({ "validator_addresses": [validator] })).await
    }

    /// Totals of a validator up to and including a concluded epoch. Skips the gateway's own check
    /// of its age.
    pub async fn uptime_at(&self, validator: &str, epoch: u64) -> Result<UptimeAnswer, ApiError> {
        let body = json!({ "validator_addresses": [validator], "at_ledger_state": { "epoch": epoch } });
        self.endpoint.post("/statistics/validators/uptime", &body).await
    }

    /// State and holdings of entities, at most 20.
    pub async fn entities(&self, addresses: &[String]) -> Result<EntityDetails, ApiError> {
        let body = json!({
            "addresses": addresses,
            "aggregation_level": "Vault",
            "opt_ins": { "non_fungible_include_nfids": true },
        });
        self.endpoint.post("/state/entity/details", &body).await
    }

    /// A page of all validators; `from` is state version and cursor of the page before. Heavy:
    /// hundreds of kilobytes.
    pub async fn validators(&self, from: Option<(u64, &str)>) -> Result<ValidatorsPage, ApiError> {
        let body = match from {
            None => json!({}),
            Some((version, cursor)) => json!({ "at_ledger_state": { "state_version": version }, "cursor": cursor }),
        };
        self.endpoint.post("/state/validators/list", &body).await
    }

    /// Where the ledger is, for making a transaction. Refuses where the gateway is behind.
    pub async fn construction(&self) -> Result<AtLedger, ApiError> {
        self.endpoint.post("/transaction/construction", &json!({})).await
    }

    /// What would become of a transaction.
    pub async fn preview(&self, request: &PreviewRequest) -> Result<Preview, ApiError> {
        self.endpoint.post("/transaction/preview", request).await
    }

    /// Hands in a payload. Success is a receipt, not acceptance: the status tells.
    pub async fn submit(&self, payload: &[u8]) -> Result<Submitted, ApiError> {
        let body = json!({ "notarized_transaction_hex": hex::encode(payload) });
        self.endpoint.post("/transaction/submit", &body).await
    }

    /// What is known of an intent, by its `txid_…`.
    pub async fn transaction(&self, intent: &str) -> Result<TransactionStatus, ApiError> {
        self.endpoint.post("/transaction/status", &json!({ "intent_hash": intent })).await
    }
}
