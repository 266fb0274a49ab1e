//! Moving validation to the backup.
use crate::causes;
use crate::cx::{Cx, Interrupted};
use crate::fence::Strength;
use crate::fence::statement::Statement;
use crate::guard::Permit;
use crate::id::{Epoch, NodeName};
use crate::payload::Payload;
use crate::plan::{Authority, Plan};
use crate::policy::Reason;
use crate::probe::ProbeError;
use async_trait::async_trait;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

/// One unit of work that a chain can prepare, perform, inspect and (mostly) undo.
///
/// It is journaled before it runs, so it holds references (addresses, secret names) and never a
/// secret. `Display` is what a dry run prints.
pub trait Step: fmt::Debug + fmt::Display + Serialize + DeserializeOwned + Send + Sync + 'static {}
impl<T> Step for T where T: fmt::Debug + fmt::Display + Serialize + DeserializeOwned + Send + Sync + 'static {}

/// Moves validation of one validator to its backup.
#[async_trait]
pub trait FailoverAction: Send + Sync + 'static {
    /// This chain's steps.
    type Step: Step;

    /// What this validator's setup guarantees. The engine refuses a plan built for another class.
    fn authority(&self) -> Authority;

    /// What becomes of a command that arrives late. Where in doubt: [`Stragglers::Within`].
    fn stragglers(&self) -> Stragglers;

    /// The nodes that can be named in a request, in the order of preference as successors.
    fn nodes(&self) -> Vec<NodeName>;

    /// What the fence of `node` is worth while nobody has stated anything: the strongest way to keep it from
    /// signing, as a plan away from it would state. `None` where the class of authority needs no fence. Asked
    /// often, and answered without asking anybody.
    fn fence_strength(&self, node: &NodeName) -> Option<Strength> {
        let _ = node;
        // A chain that shares a key and says nothing is seen to have no fence, before one is missed.
        (self.authority() == Authority::SharedKey).then_some(Strength::None)
    }

    /// Whom the chain itself names as signer. Reads only. The journal's own idea of the signer is
    /// compared with it before anything is planned.
    async fn signer(&self, cx: &Cx) -> Result<Signer, ProbeError>;

    /// Works out the steps from the current state of the chain. Reads only; a dry run ends here.
    /// Steps hold nothing that changes by itself (epochs, nonces, balances): two plans for one
    /// world are equal.
    async fn plan(&self, request: &PlanRequest, cx: &Cx) -> Result<Proposal<Self::Step>, PlanError>;

    /// Makes what attempt number `attempt` (from 1) of `step` will send. No effect; may be called
    /// again, and what it made before is then forgotten: only journaled bytes are ever sent.
    async fn prepare(&self, step: &Self::Step, attempt: u32, cx: &Cx) -> Result<Payload, StepError>;

    /// Sends `payload`. Called once per journaled intent; again with the same payload and a newer
    /// epoch only after [`inspect`](Self::inspect) said [`Effect::None`].
    async fn perform(
        &self,
        step: &Self::Step,
        payload: &Payload,
        permit: Permit,
        cx: &Cx,
    ) -> Result<Receipt, StepError>;

    /// Looks whether `payload` took effect; `epoch` is that of the newest command. Reads only.
    async fn inspect(&self, step: &Self::Step, payload: &Payload, epoch: Epoch, cx: &Cx) -> Result<Effect, StepError>;

    /// Brings back what was before `step`, whether or not it ever took effect. Called newest step
    /// first, and never once an activation was intended; may be repeated with a newer epoch.
    async fn undo(&self, step: &Self::Step, permit: Permit, cx: &Cx) -> Result<(), StepError>;
}

/// What is asked of [`FailoverAction::plan`].
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct PlanRequest {
    /// Why the signer is to move.
    pub kind: Kind,
    /// The node that signs now, by the journal.
    pub from: NodeName,
    /// The node that shall sign; `None` leaves the choice to the plan.
    pub to: Option<NodeName>,
    /// What the policy found; `None` where an operator asked.
    pub cause: Option<Reason>,
    /// What a person has stated about `from`, where an operator asked and it counts. A chain whose fence rests on it
    /// puts it into its step, so that it is reviewed with the plan. The operation that begins uses it up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stated: Option<Box<Statement>>,
}

/// Why the signer is to move.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The primary is presumed dead.
    Failover,
    /// Both nodes are healthy.
    Switchover,
    /// No backup can take over: the validator is taken out of duty where the chain allows that.
    LastResort,
}

/// Whom the chain names as signer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Signer {
    /// Exactly this node.
    Node(NodeName),
    /// No node that the config names: the key it found, as the chain writes it.
    Stranger(String),
    /// Nobody, and that is in order: the validator is out of duty.
    Nobody,
    /// More than one can sign with the same authority.
    Several(Vec<NodeName>),
}

impl fmt::Display for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Node(node) => node.fmt(f),
            Self::Stranger(key) => write!(f, "a key of no configured node, {key}"),
            Self::Nobody => f.write_str("nobody"),
            Self::Several(nodes) => {
                let names: Vec<_> = nodes.iter().map(NodeName::as_str).collect();
                write!(f, "several nodes: {}", names.join(", "))
            }
        }
    }
}

/// What a plan came to.
#[derive(Clone, Debug)]
pub struct Proposal<S> {
    /// The node that shall sign; `None` where the plan ends with nobody signing.
    pub to: Option<NodeName>,
    /// The steps.
    pub plan: Plan<S>,
}

/// One reason not to act. `code` is stable and for scripts, the rest for people.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Refusal {
    /// Lower snake case: `backup_not_synced`.
    pub code: String,
    /// What is wrong, with what.
    pub message: String,
    /// What to do next.
    pub hint: String,
}

impl Refusal {
    /// A refusal in its three parts.
    pub fn new(code: &str, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into(), hint: hint.into() }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Failover => "failover",
            Self::Switchover => "switchover",
            Self::LastResort => "last resort",
        })
    }
}

/// What becomes of a command that reaches its target after a newer one was sent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Stragglers {
    /// Every target refuses an older epoch, or the ledger takes the payload at most once.
    Refused,
    /// It may take effect up to this long after it was sent, so this long is waited.
    Within(Duration),
}

impl Stragglers {
    /// What becomes of commands of several kinds: the longest that any of them may still take effect. Without
    /// any command, none arrives late.
    pub fn longest(kinds: impl IntoIterator<Item = Self>) -> Self {
        let late = kinds.into_iter().filter_map(|kind| match kind {
            Self::Within(longest) => Some(longest),
            Self::Refused => None,
        });
        late.max().map_or(Self::Refused, Self::Within)
    }
}

/// Proof that a step took effect: transaction id, exit status, signed statement. Journaled.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Receipt(pub serde_json::Value);

/// Whether an intended step took effect.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Not yet; the same payload may be sent again. What is there instead, in one line: where the step is given
    /// up, it is journaled as the reason.
    None(String),
    /// No, and this payload never will: it is absent *and* past its last validity. A new attempt
    /// with a new payload may follow.
    Expired,
    /// No, and no command of this attempt ever will: the target took it up and refused it for good.
    /// The reason in one line. No new attempt follows.
    Refused(String),
    /// Sent and accepted, not yet final; waiting is all there is to do.
    Pending,
    /// Yes.
    Done(Receipt),
}

/// No plan can be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// Something that must hold first does not. Nothing was sent.
    #[error("{}", join(.0))]
    Refused(Vec<Refusal>),
    /// The plan was built for another class of authority than the action declares.
    #[error("plan is for {built:?}, validator needs {needed:?}")]
    WrongAuthority {
        /// Declared by the action.
        needed: Authority,
        /// Built into the plan.
        built: Authority,
    },
    /// A step has no JSON form.
    #[error("step cannot be journaled")]
    Step(#[source] serde_json::Error),
    /// The state of the chain could not be read.
    #[error(transparent)]
    Probe(#[from] ProbeError),
}

impl From<Refusal> for PlanError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(vec![refusal])
    }
}

fn join(refusals: &[Refusal]) -> String {
    let reasons: Vec<_> = refusals.iter().map(Refusal::to_string).collect();
    reasons.join("; ")
}

/// How a call failed. The variant is what the executor acts on; it speaks of this call only, not
/// of earlier sends of the same payload.
#[derive(Debug, thiserror::Error)]
pub enum StepError {
    /// It surely had no effect; trying again may help.
    #[error("no effect yet")]
    Retry(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// It surely had no effect, and trying again cannot help.
    #[error("refused")]
    Refuse(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// It may have had an effect; `inspect` must tell before anything else happens.
    #[error("effect unknown")]
    Unknown(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl StepError {
    /// The cause with its own causes, one line.
    pub fn reason(&self) -> String {
        let (Self::Retry(source) | Self::Refuse(source) | Self::Unknown(source)) = self;
        causes::line(source.as_ref())
    }
}

/// What is not even tried has no effect.
impl From<Refusal> for StepError {
    fn from(refusal: Refusal) -> Self {
        Self::Refuse(refusal.message.into())
    }
}

impl From<Interrupted> for StepError {
    fn from(interrupted: Interrupted) -> Self {
        Self::Unknown(Box::new(interrupted))
    }
}
