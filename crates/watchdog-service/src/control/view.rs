//! What goes over the wire, as a client reads and writes it.
//!
//! Readers take what they know and ignore the rest: fields and words may be added.
use serde::{Deserialize, Serialize};
use serde_json::Value;
use watchdog_core::policy::{Decision, Measure};
use watchdog_core::recording::Recorded;

/// An answer: the document as it came, and its result typed.
#[derive(Clone, Debug)]
pub struct Answer<T> {
    /// The whole document.
    pub document: Value,
    /// Its `result`.
    pub result: T,
}

/// Body of `POST /v1/validators/{name}/plans`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct PlanBody {
    /// `failover` or `switchover`.
    pub kind: String,
    /// The node that shall sign; the plan chooses where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
}

/// Body of `POST /v1/plans/{id}/execute`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ExecuteOrder {
    /// The digest that was reviewed.
    pub digest: String,
}

/// Body of `PUT /v1/validators/{name}/pause`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct PauseBody {
    /// RFC 3339; until somebody resumes where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// Why, one line.
    pub reason: String,
}

/// Body of `PUT /v1/validators/{name}/statement`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct StatementBody {
    /// The node that cannot sign any more.
    pub node: String,
    /// What was done, naming the node, one line.
    pub text: String,
    /// The node once more: that it is meant.
    pub confirm: String,
}

/// A statement that was heard.
#[derive(Clone, Debug, Deserialize)]
pub struct Heard {
    /// Who made it.
    pub by: String,
    /// For so long it counts, unless an operation uses it up before.
    pub counts_seconds: f64,
}

/// The whole instance.
#[derive(Clone, Debug, Deserialize)]
pub struct Status {
    /// Name of the instance.
    pub instance: String,
    /// Version of the program.
    pub version: String,
    /// Since when it runs.
    pub started_at: String,
    /// The right to act.
    pub lease: Lease,
    /// Why nothing acts any more.
    #[serde(default)]
    pub stopped: Option<Refusal>,
    /// Why nothing acts by itself: too many validators turned down together.
    #[serde(default)]
    pub correlation: Option<Correlation>,
    /// The validators.
    pub validators: Vec<Validator>,
}

/// Too many validators turned down together.
#[derive(Clone, Debug, Deserialize)]
pub struct Correlation {
    /// Since when nothing acts by itself.
    pub since: String,
    /// Who turned down.
    pub down: Vec<String>,
    /// Of how many.
    pub watched: u64,
}

/// What a release ended.
#[derive(Clone, Debug, Deserialize)]
pub struct Released {
    /// The hold; absent where there was none.
    #[serde(default)]
    pub released: Option<Correlation>,
}

/// The right to act.
#[derive(Clone, Debug, Deserialize)]
pub struct Lease {
    /// Whether it is held.
    pub held: bool,
    /// Time until it runs out.
    #[serde(default)]
    pub remaining_seconds: Option<f64>,
    /// The other instance that holds it.
    #[serde(default)]
    pub holder: Option<String>,
    /// For how long that one has shown no sign of life, where it is late with it.
    #[serde(default)]
    pub holder_late_seconds: Option<f64>,
    /// Why the lease store could not be asked last time.
    #[serde(default)]
    pub trouble: Option<String>,
}

/// Why something is not done.
#[derive(Clone, Debug, Deserialize)]
pub struct Refusal {
    /// For scripts.
    pub code: String,
    /// For people.
    pub message: String,
    /// What to do next.
    #[serde(default)]
    pub hint: String,
}

/// One validator.
#[derive(Clone, Debug, Deserialize)]
pub struct Validator {
    /// Its name.
    pub name: String,
    /// Its chain.
    pub chain: String,
    /// The chain's network.
    #[serde(default)]
    pub network: Option<String>,
    /// What the watchdog may do.
    pub mode: String,
    /// All of it in one word.
    pub state: String,
    /// The node that signs.
    #[serde(default)]
    pub signer: Option<String>,
    /// The nodes that could.
    #[serde(default)]
    pub nodes: Vec<String>,
    /// What the fence of each node is worth; none where the validator needs none.
    #[serde(default)]
    pub fences: Vec<Fence>,
    /// The newest judgement.
    #[serde(default)]
    pub judgement: Option<Judgement>,
    /// What each source said last.
    #[serde(default)]
    pub readings: Vec<Reading>,
    /// Why nothing is done.
    #[serde(default)]
    pub hold: Option<Refusal>,
    /// What would be done.
    #[serde(default)]
    pub advice: Option<Offer>,
    /// The operator's pause.
    #[serde(default)]
    pub pause: Option<Pause>,
    /// Time left of the cool-down.
    #[serde(default)]
    pub cooldown_seconds: Option<f64>,
    /// The operation under way.
    #[serde(default)]
    pub operation: Option<Operation>,
    /// The one that ended last.
    #[serde(default)]
    pub last_operation: Option<Operation>,
}

/// The fence of a node.
#[derive(Clone, Debug, Deserialize)]
pub struct Fence {
    /// Which node.
    pub node: String,
    /// `none`, `likely`, `proves`.
    pub strength: String,
}

impl Validator {
    /// Whether it does its duties and nothing is under way.
    pub fn is_healthy(&self) -> bool {
        let judged = self.judgement.as_ref().is_some_and(|judgement| judgement.verdict == "healthy");
        judged && matches!(self.state.as_str(), "healthy" | "paused")
    }
}

/// A judgement.
#[derive(Clone, Debug, Deserialize)]
pub struct Judgement {
    /// `healthy`, `degraded`, `unknown`, `down`.
    pub verdict: String,
    /// Since when.
    pub since: String,
    /// When it was made last.
    pub at: String,
    /// Why, in one line.
    pub summary: String,
}

/// Why a verdict is what it is, and why it is acted upon or not.
#[derive(Clone, Debug, Deserialize)]
pub struct Explained {
    /// Whose.
    pub validator: String,
    /// What the watchdog may do.
    pub mode: String,
    /// Since when the verdict has been so.
    #[serde(default)]
    pub since: Option<String>,
    /// The newest judgement with every input and intermediate value.
    #[serde(default)]
    pub decision: Option<Decision>,
    /// Every gate between `down` and a failover.
    pub gates: Vec<Gate>,
    /// Whether all gates are open.
    pub acts: bool,
    /// What the newest round refused.
    #[serde(default)]
    pub refused: Option<Refusal>,
}

/// One gate with its numbers.
#[derive(Clone, Debug, Deserialize)]
pub struct Gate {
    /// What it looks at.
    pub name: String,
    /// What was found.
    pub measured: Measure,
    /// What it is compared with.
    pub limit: Measure,
    /// Why it is closed; absent where it is open.
    #[serde(default)]
    pub closed: Option<Refusal>,
}

/// What one source said.
#[derive(Clone, Debug, Deserialize)]
pub struct Reading {
    /// Name of the source.
    pub source: String,
    /// Time that the answer took.
    #[serde(default)]
    pub took_seconds: f64,
    /// How the validator performs by it; absent where it could not say.
    #[serde(default)]
    pub performance: Option<String>,
    /// In one line.
    pub line: String,
}

/// An operator's pause.
#[derive(Clone, Debug, Deserialize)]
pub struct Pause {
    /// Until when; absent: until somebody resumes.
    #[serde(default)]
    pub until: Option<String>,
    /// Why.
    pub reason: String,
    /// Who.
    pub by: String,
}

/// A plan that can be executed.
#[derive(Clone, Debug, Deserialize)]
pub struct Offer {
    /// Its name.
    pub id: String,
    /// What it would do, as a digest.
    pub digest: String,
    /// From then on it must be planned anew.
    pub expires_at: String,
    /// Whose.
    pub validator: String,
    /// What was asked.
    pub kind: String,
    /// Who signs now.
    pub from: String,
    /// Who would.
    #[serde(default)]
    pub to: Option<String>,
    /// What keeps two signers apart.
    pub authority: String,
    /// In order.
    pub steps: Vec<Step>,
}

/// A step of a plan or of an operation.
#[derive(Clone, Debug, Deserialize)]
pub struct Step {
    /// What it is for.
    pub role: String,
    /// What it does.
    pub text: String,
    /// What a fence is worth.
    #[serde(default)]
    pub strength: Option<String>,
    /// What became of it, in an operation.
    #[serde(default)]
    pub state: Option<String>,
}

/// A failover.
#[derive(Clone, Debug, Deserialize)]
pub struct Operation {
    /// Its name.
    pub id: String,
    /// Whose.
    pub validator: String,
    /// What was asked.
    pub kind: String,
    /// Who signed before.
    pub from: String,
    /// Who shall sign.
    #[serde(default)]
    pub to: Option<String>,
    /// Who asked; absent: the watchdog itself.
    #[serde(default)]
    pub by: Option<String>,
    /// All of it in one word.
    pub state: String,
    /// How far it is.
    pub phase: String,
    /// When it was planned.
    pub opened_at: String,
    /// When it ended.
    #[serde(default)]
    pub closed_at: Option<String>,
    /// The newest reason for which a step was given up.
    #[serde(default)]
    pub trouble: Option<String>,
    /// Its steps.
    #[serde(default)]
    pub steps: Vec<Step>,
}

impl Operation {
    /// Whether nothing more will happen by itself.
    pub fn is_over(&self) -> bool {
        self.closed_at.is_some()
    }
}

/// One event.
#[derive(Clone, Debug, Deserialize)]
pub struct Event {
    /// Position, without gaps.
    pub seq: u64,
    /// When.
    pub at: String,
    /// Whom it is about.
    #[serde(default)]
    pub validator: Option<String>,
    /// The operation it belongs to.
    #[serde(default)]
    pub operation: Option<String>,
    /// What happened, in one word.
    pub event: String,
    /// What happened, in one line.
    pub summary: String,
}

/// Some of what is kept of the observations of a validator.
#[derive(Clone, Debug)]
pub struct ObservationsPage {
    /// In the order in which they were kept.
    pub observations: Vec<Recorded>,
    /// The position after which there is more; absent at the end.
    pub next: Option<u64>,
    /// Parts of the store that were left out because they are damaged.
    pub damaged_parts: u64,
}

/// What a reload changed.
#[derive(Clone, Debug, Deserialize)]
pub struct Reloaded {
    /// One line each.
    pub changes: Vec<String>,
}
