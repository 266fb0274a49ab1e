//! What people and scripts are shown of a running engine.
//!
//! Plain data for JSON: moments are RFC 3339, stretches of time are seconds, absent means not
//! applicable.
use crate::action::{Kind, Refusal};
use crate::clock::Timestamp;
use crate::config::Mode;
use crate::fence::Strength;
use crate::gates::Gate;
use crate::id::{NodeName, OperationId, ValidatorName};
use crate::journal::Outcome;
use crate::journal::fleet::CorrelationHold;
use crate::journal::standing::{Account, Finished, Moment, Pause};
use crate::plan::{Authority, Role};
use crate::policy::{Decision, Reason, Verdict};
use crate::saga::{Mark, Phase, Saga};
use crate::unit::{Actor, Reading};
use serde::{Serialize, Serializer};

/// The whole instance.
#[derive(Clone, Debug, Serialize)]
pub struct Status {
    /// Name of this instance.
    pub instance: String,
    /// Version of the program.
    pub version: String,
    /// When the process began.
    #[serde(serialize_with = "text")]
    pub started_at: Timestamp,
    /// The right to act.
    pub lease: LeaseStatus,
    /// Why nothing acts any more, where that is so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped: Option<Refusal>,
    /// Position of the newest journal entry.
    pub journal_seq: u64,
    /// Clock jumps and long stops noticed since the start.
    pub clock_anomalies: u64,
    /// Why no validator is acted upon automatically, where too many turned down together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub correlation: Option<CorrelationStatus>,
    /// The validators, by name.
    pub validators: Vec<ValidatorStatus>,
}

/// Too many validators turned down together.
#[derive(Clone, Debug, Serialize)]
pub struct CorrelationStatus {
    /// Since when nothing acts by itself.
    #[serde(serialize_with = "text")]
    pub since: Timestamp,
    /// Who turned down.
    pub down: Vec<ValidatorName>,
    /// Of how many.
    pub watched: u64,
}

impl From<&CorrelationHold> for CorrelationStatus {
    fn from(hold: &CorrelationHold) -> Self {
        Self { since: hold.since.at, down: hold.down.clone(), watched: hold.watched }
    }
}

/// Why a verdict is what it is, and why it is acted upon or not.
#[derive(Clone, Debug, Serialize)]
pub struct Explained {
    /// Whose.
    pub validator: ValidatorName,
    /// What the watchdog may do.
    pub mode: Mode,
    /// Since when the verdict has been so; absent before the first judgement.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "optional_text")]
    pub since: Option<Timestamp>,
    /// The newest judgement with every input and intermediate value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
    /// Every gate between `Down` and a failover, in the order in which they are asked.
    pub gates: Vec<Gate>,
    /// Whether all gates are open.
    pub acts: bool,
    /// What the newest round refused, where the validator is down: planning may, too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<Refusal>,
}

/// The right to act.
#[derive(Clone, Debug, Serialize)]
pub struct LeaseStatus {
    /// Whether it is held now.
    pub held: bool,
    /// Fencing token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<u64>,
    /// The other instance that holds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holder: Option<String>,
    /// For how long that instance has shown no sign of life, where it is late with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holder_late_seconds: Option<f64>,
    /// Why the lease store could not be asked last time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
    /// Time until it runs out; absent for the embedded lease, which does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remaining_seconds: Option<f64>,
}

/// One validator.
#[derive(Clone, Debug, Serialize)]
pub struct ValidatorStatus {
    /// Its name.
    pub name: ValidatorName,
    /// Its chain.
    pub chain: String,
    /// What the watchdog may do.
    pub mode: Mode,
    /// All of it in one word.
    pub state: State,
    /// The node that signs, by the journal and the chain.
    pub signer: Option<NodeName>,
    /// The nodes that could.
    pub nodes: Vec<NodeName>,
    /// What the fence of each node is worth; absent where the validator needs none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fences: Vec<FenceStatus>,
    /// The newest judgement.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub judgement: Option<Judgement>,
    /// What each source said last.
    pub readings: Vec<Reading>,
    /// Why nothing is done about a validator that is down.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hold: Option<Refusal>,
    /// What would be done, in mode `advise`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<Offer>,
    /// The operator's pause.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pause: Option<PauseStatus>,
    /// Time left of the cool-down after the last operation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cooldown_seconds: Option<f64>,
    /// The operation under way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<Operation>,
    /// The one that ended last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_operation: Option<Operation>,
}

/// The fence of a node.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct FenceStatus {
    /// Which node.
    pub node: NodeName,
    /// What keeping it from signing is worth while nobody has stated anything.
    pub strength: Strength,
}

/// A validator in one word.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Does its duties.
    Healthy,
    /// Misses some.
    Degraded,
    /// Is down.
    Failing,
    /// An operation is under way.
    Moving,
    /// Automatic action is paused.
    Paused,
    /// Too little is seen.
    Unknown,
}

/// A judgement with its history.
#[derive(Clone, Debug, Serialize)]
pub struct Judgement {
    /// What.
    pub verdict: Verdict,
    /// Since when it has been so.
    #[serde(serialize_with = "text")]
    pub since: Timestamp,
    /// When it was made last.
    #[serde(serialize_with = "text")]
    pub at: Timestamp,
    /// Why, in one line.
    pub summary: String,
    /// Why, with all numbers.
    pub reason: Reason,
}

impl Judgement {
    /// The judgement that `decision`, made at `at`, continues or begins.
    pub fn of(decision: &Decision, since: Timestamp, at: Timestamp) -> Self {
        let Decision { verdict, reason, .. } = decision.clone();
        Self { verdict, since, at, summary: reason.to_string(), reason }
    }
}

/// An operator's pause.
#[derive(Clone, Debug, Serialize)]
pub struct PauseStatus {
    /// Since when.
    #[serde(serialize_with = "text")]
    pub since: Timestamp,
    /// Until when; absent: until somebody resumes.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "optional_text")]
    pub until: Option<Timestamp>,
    /// Why.
    pub reason: String,
    /// Who.
    pub by: String,
}

impl From<&Pause> for PauseStatus {
    fn from(pause: &Pause) -> Self {
        let until = pause.lasts.map(|lasts| pause.since.at.after(lasts));
        Self { since: pause.since.at, until, reason: pause.reason.clone(), by: pause.by.clone() }
    }
}

/// A plan that can be executed until it expires.
#[derive(Clone, Debug, Serialize)]
pub struct Offer {
    /// Its name: the beginning of the digest.
    pub id: String,
    /// SHA-256 of what would be done, hex. Executing names it.
    pub digest: String,
    /// From then on it must be planned anew.
    #[serde(serialize_with = "text")]
    pub expires_at: Timestamp,
    /// Whose.
    pub validator: ValidatorName,
    /// What was asked.
    pub kind: Kind,
    /// Who signs now.
    pub from: NodeName,
    /// Who would.
    pub to: Option<NodeName>,
    /// What keeps two signers apart.
    pub authority: Authority,
    /// In order.
    pub steps: Vec<OfferedStep>,
}

/// A step of an offer.
#[derive(Clone, Debug, Serialize)]
pub struct OfferedStep {
    /// What it is for.
    pub role: Role,
    /// What it does, one line.
    pub text: String,
    /// What a fence is worth; absent for all other steps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strength: Option<Strength>,
    /// Time granted to it.
    pub limit_seconds: f64,
}

/// A failover, under way or over.
#[derive(Clone, Debug, Serialize)]
pub struct Operation {
    /// Its name.
    pub id: OperationId,
    /// Whose.
    pub validator: ValidatorName,
    /// What was asked.
    pub kind: Kind,
    /// Who signed before.
    pub from: NodeName,
    /// Who shall sign.
    pub to: Option<NodeName>,
    /// The operator who asked; absent: the watchdog itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// All of it in one word.
    pub state: OperationState,
    /// How far it is, in the words of the safety model.
    pub phase: PhaseName,
    /// When it was planned.
    #[serde(serialize_with = "text")]
    pub opened_at: Timestamp,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "optional_text")]
    pub closed_at: Option<Timestamp>,
    /// The newest reason for which a step was given up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
    /// Its steps.
    pub steps: Vec<OperationStep>,
}

/// An operation in one word.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OperationState {
    /// Planned, nothing was done yet.
    Pending,
    /// Under way.
    Running,
    /// The new node signs.
    Succeeded,
    /// It ended, and the validator verifiably did not move.
    Failed,
    /// A precondition did not hold; nothing was done.
    Refused,
    /// It ended without a proof of who signs.
    Unknown,
    /// An operator took it back.
    Cancelled,
}

/// The phase of a saga without its outcome.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PhaseName {
    /// Nothing was done.
    Planned,
    /// The backup was proven ready.
    Proven,
    /// The old signer is being fenced.
    Fencing,
    /// All before the activation is done.
    Fenced,
    /// The activation was intended: no way back.
    Activating,
    /// The activation is done.
    Effective,
    /// Steps are being taken back.
    Reverting,
    /// It ended as wanted.
    Completed,
    /// It was taken back.
    Reverted,
    /// It ended before anything was done.
    Aborted,
    /// The ledger refused it.
    Failed,
    /// Nobody knows; a person must decide.
    Blocked,
}

impl From<Phase> for PhaseName {
    fn from(phase: Phase) -> Self {
        match phase {
            Phase::Planned => Self::Planned,
            Phase::Proven => Self::Proven,
            Phase::Fencing => Self::Fencing,
            Phase::Fenced => Self::Fenced,
            Phase::Activating => Self::Activating,
            Phase::Effective => Self::Effective,
            Phase::Reverting => Self::Reverting,
            Phase::Closed(Outcome::Completed) => Self::Completed,
            Phase::Closed(Outcome::Reverted) => Self::Reverted,
            Phase::Closed(Outcome::Aborted) => Self::Aborted,
            Phase::Closed(Outcome::Failed) => Self::Failed,
            Phase::Closed(Outcome::Blocked) => Self::Blocked,
        }
    }
}

/// A step of an operation.
#[derive(Clone, Debug, Serialize)]
pub struct OperationStep {
    /// What it is for.
    pub role: Role,
    /// What it does, one line.
    pub text: String,
    /// What a fence is worth; absent for all other steps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strength: Option<Strength>,
    /// What became of it.
    pub state: Mark,
    /// Number of its newest attempt; 0 before the first.
    pub attempt: u32,
    /// Commands sent in that attempt.
    pub sends: u32,
}

impl Operation {
    /// The operation under way.
    pub fn running(validator: &ValidatorName, account: &Account, actor: &dyn Actor) -> Self {
        let phase = account.saga.phase();
        let state = if phase == Phase::Planned { OperationState::Pending } else { OperationState::Running };
        Self::new(validator, account, state, None, actor)
    }

    /// An operation that is over.
    pub fn over(validator: &ValidatorName, finished: &Finished, actor: &dyn Actor) -> Self {
        let state = match finished.outcome {
            Outcome::Completed => OperationState::Succeeded,
            _ if finished.account.saga.is_cancelled() => OperationState::Cancelled,
            Outcome::Aborted => OperationState::Refused,
            Outcome::Reverted | Outcome::Failed => OperationState::Failed,
            Outcome::Blocked => OperationState::Unknown,
        };
        Self::new(validator, &finished.account, state, Some(&finished.closed), actor)
    }

    fn new(
        validator: &ValidatorName,
        account: &Account,
        state: OperationState,
        closed: Option<&Moment>,
        actor: &dyn Actor,
    ) -> Self {
        Self {
            id: OperationId { validator: validator.clone(), saga: account.saga.id() },
            validator: validator.clone(),
            kind: account.request.kind,
            from: account.request.from.clone(),
            to: account.request.to.clone(),
            by: account.by.clone(),
            state,
            phase: account.saga.phase().into(),
            opened_at: account.opened.at,
            closed_at: closed.map(|moment| moment.at),
            trouble: account.trouble.clone(),
            steps: steps(&account.saga, actor),
        }
    }
}

fn steps(saga: &Saga, actor: &dyn Actor) -> Vec<OperationStep> {
    let step = |(planned, progress): (&crate::plan::Planned<_>, &crate::saga::Progress)| OperationStep {
        role: planned.role,
        text: actor.describe(&planned.step),
        strength: planned.strength,
        state: progress.mark(),
        attempt: progress.attempt(),
        sends: progress.sends(),
    };
    saga.parts().map(step).collect()
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
pub(crate) fn text<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(at)
}

#[allow(clippy::ref_option, reason = "serde's signature")]
pub(crate) fn optional_text<S: Serializer>(at: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => serializer.collect_str(at),
        None => serializer.serialize_none(),
    }
}
