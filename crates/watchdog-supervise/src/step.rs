//! The fence of a plan, for the action of any chain.
use crate::doubt::FenceError;
use crate::ladder::{Attempt, Climb, Ladder, Lift, Rung};
use crate::order::{Order, Target};
use crate::statement::OperatorStatement;
use serde_json::{Value, json};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use watchdog_core::action::{Effect, Receipt, Refusal, StepError, Stragglers};
use watchdog_core::cx::Cx;
use watchdog_core::fence::Strength;
use watchdog_core::fence::statement::Statement;
use watchdog_core::guard::Permit;
use watchdog_core::id::Epoch;
use watchdog_core::plan::{Exclusive, Open, PlanBuilder};

/// The ladder of one node as a step of a plan, [`Role::Fence`](watchdog_core::plan::Role::Fence).
///
/// A [`FailoverAction`](watchdog_core::action::FailoverAction) takes that of the node concerned from the
/// [`Fences`](crate::fences::Fences) that its chain was lent, and hands the calls of its fence step on:
///
/// | call | does |
/// |---|---|
/// | [`plan_after`](Self::plan_after) | adds the step with the strength of the ladder: too weak a ladder is no plan |
/// | [`perform`](Self::perform) | climbs until a rung has proven; the receipt is the proof |
/// | [`inspect`](Self::inspect) | reads again whether a rung proves; sends nothing |
/// | [`undo`](Self::undo) | gives the authority back, with the epoch of the undo |
/// | [`stragglers`](Self::stragglers) | part of what the action answers |
///
/// The step needs no payload of its own.
#[derive(Clone, Debug)]
pub struct FenceStep {
    target: Target,
    ladder: Arc<Ladder>,
    /// A ladder of its own for the statement of a person, tried after all else.
    person: Option<Arc<Ladder>>,
    within: Duration,
}

/// What keeps a fence from being proven, or the authority from being given back, rung by rung.
#[derive(Debug)]
pub struct Unproven {
    target: Target,
    wanted: &'static str,
    attempts: Vec<Attempt>,
}

impl fmt::Display for Unproven {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "it is not proven that {} {}", self.target, self.wanted)?;
        if self.attempts.is_empty() {
            return f.write_str(": no fence of it proves");
        }
        for (place, attempt) in self.attempts.iter().enumerate() {
            write!(f, "{}{}: {}", if place == 0 { ": " } else { "; " }, attempt.rung, attempt.reason())?;
        }
        Ok(())
    }
}

impl std::error::Error for Unproven {}

impl FenceStep {
    /// The fence of `target` by `ladder`, which has `within` for one climb.
    pub fn new(target: Target, ladder: Ladder, within: Duration) -> Self {
        Self { target, ladder: Arc::new(ladder), person: None, within }
    }

    /// The same for one operation, in which a person has stated that the node cannot sign. The chain takes the
    /// statement from the request ([`PlanRequest::stated`]) and puts it into its step, so that it is reviewed and
    /// journaled with the plan; an operation that the watchdog begins by itself has none.
    ///
    /// [`PlanRequest::stated`]: watchdog_core::action::PlanRequest::stated
    ///
    /// # Errors
    /// Where the ladder has no rung for it, or it is about another node.
    pub fn stated(&self, statement: Statement) -> Result<Self, Refusal> {
        let Target { validator, node } = &self.target;
        if !statement.is_about(validator, node) {
            let message = format!("the statement is not about {}", self.target);
            return Err(Refusal::new("statement_elsewhere", message, "state something about the node that signs now"));
        }
        if !self.ladder.rungs().iter().any(|rung| rung.fence.awaits_statement()) {
            let message = format!("the fence of {} has no place for an operator's statement", self.target);
            let hint = "add a rung `statement = {}` to its `[fence.<name>]` and reload";
            return Err(Refusal::new("statement_not_awaited", message, hint));
        }
        let fence = Box::new(OperatorStatement::given(statement));
        let person = Ladder::new(vec![Rung { name: "statement".to_owned(), limit: self.within, fence }]);
        Ok(Self { person: Some(Arc::new(person)), ..self.clone() })
    }

    /// Time for the ladder, and as much for the person's rung where there is one.
    pub fn limit(&self) -> Duration {
        if self.person.is_some() { self.within.saturating_mul(2) } else { self.within }
    }

    /// Whom it fences.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// Its ladder, to be rehearsed.
    pub fn ladder(&self) -> &Ladder {
        &self.ladder
    }

    /// What it is worth.
    pub fn strength(&self) -> Strength {
        Strength::of(self.ladders().map(Ladder::strength))
    }

    /// Adds the fence as the chain's `step`.
    #[must_use]
    pub fn plan_after<S>(&self, plan: PlanBuilder<S, Open>, step: S) -> PlanBuilder<S, Exclusive> {
        plan.fence(step, self.strength(), self.limit())
    }

    /// Takes the authority away, and proves it.
    ///
    /// # Errors
    /// `Refuse` where no rung can have had an effect, and where the node obeys somebody newer; else
    /// `Unknown`: the node may be fenced, and it is not proven.
    pub async fn perform(&self, permit: Permit, cx: &Cx) -> Result<Receipt, StepError> {
        let order = Order::permitted(&permit, self.target.clone());
        let mut climb = self.ladder.climb(&order, &cx.within(self.within)).await;
        if let (Climb::NotProven(attempts), Some(person)) = (&mut climb, &self.person) {
            climb = person.climb(&order, &cx.within(self.within)).await.after(std::mem::take(attempts));
        }
        match climb {
            Climb::Proven { proof, before } => Ok(receipt(proof.evidence().0, &before)),
            Climb::NotProven(attempts) => Err(self.failed("cannot sign", attempts)),
            Climb::Refused(attempts) => Err(StepError::Refuse(self.unproven("cannot sign", attempts).into())),
        }
    }

    /// Reads whether the authority is gone. A command that is in doubt may be sent again: fencing twice is
    /// fencing once.
    ///
    /// # Errors
    /// Where the node obeys somebody newer.
    pub async fn inspect(&self, epoch: Epoch, cx: &Cx) -> Result<Effect, StepError> {
        let order = Order { target: self.target.clone(), epoch };
        let mut climb = self.ladder.read(&order, &cx.within(self.within)).await;
        if let (Climb::NotProven(attempts), Some(person)) = (&mut climb, &self.person) {
            climb = person.read(&order, &cx.within(self.within)).await.after(std::mem::take(attempts));
        }
        match climb {
            Climb::Proven { proof, before } => Ok(Effect::Done(receipt(proof.evidence().0, &before))),
            Climb::NotProven(attempts) => Ok(Effect::None(self.unproven("cannot sign", attempts).to_string())),
            Climb::Refused(attempts) => Err(StepError::Refuse(self.unproven("cannot sign", attempts).into())),
        }
    }

    /// Gives the authority back, whether or not it was taken.
    ///
    /// # Errors
    /// `Refuse` where it surely was not given back and cannot be by this, such as what a person has done by
    /// hand; else `Unknown`.
    pub async fn undo(&self, permit: Permit, cx: &Cx) -> Result<(), StepError> {
        let order = Order::permitted(&permit, self.target.clone());
        let lift = self.ladder.lift(&order, &cx.within(self.within)).await;
        match (lift, &self.person) {
            (Lift::Lifted(_), Some(person)) => match person.lift(&order, cx).await {
                Lift::Lifted(_) => Ok(()),
                Lift::NotLifted(attempts) | Lift::Refused(attempts) => Err(self.failed("may sign again", attempts)),
            },
            (Lift::Lifted(_), None) => Ok(()),
            (Lift::NotLifted(attempts), _) => Err(self.failed("may sign again", attempts)),
            (Lift::Refused(attempts), _) => Err(StepError::Refuse(self.unproven("may sign again", attempts).into())),
        }
    }

    /// What becomes of its commands that arrive late. An action answers with the longest of all its nodes.
    pub fn stragglers(&self) -> Stragglers {
        self.ladder.stragglers()
    }

    fn ladders(&self) -> impl Iterator<Item = &Ladder> {
        [Some(&self.ladder), self.person.as_ref()].into_iter().flatten().map(Arc::as_ref)
    }

    fn failed(&self, wanted: &'static str, attempts: Vec<Attempt>) -> StepError {
        let is_sure = attempts.iter().all(|attempt| matches!(attempt.error, Some(FenceError::Refused(_))));
        let unproven = Box::new(self.unproven(wanted, attempts));
        if is_sure { StepError::Refuse(unproven) } else { StepError::Unknown(unproven) }
    }

    fn unproven(&self, wanted: &'static str, attempts: Vec<Attempt>) -> Unproven {
        Unproven { target: self.target.clone(), wanted, attempts }
    }
}

fn receipt(proof: Value, before: &[Attempt]) -> Receipt {
    let before: Vec<_> =
        before.iter().map(|attempt| json!({ "rung": attempt.rung, "reason": attempt.reason() })).collect();
    let mut receipt = proof;
    if let Some(fields) = receipt.as_object_mut().filter(|_| !before.is_empty()) {
        fields.insert("before".to_owned(), before.into());
    }
    Receipt(receipt)
}
