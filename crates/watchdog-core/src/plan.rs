//! Steps in an order that cannot be wrong.
#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]
use crate::fence::{Strength, TooWeak};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::marker::PhantomData;
use std::time::Duration;

/// What a step is for.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Proof that the backup can take over. Always first.
    Ready,
    /// Reversible preparation.
    Prepare,
    /// Makes sure that the old signer cannot sign any more, and proves it.
    Fence,
    /// Lets the backup sign. The point of no return.
    Activate,
    /// Confirms that the backup signs.
    Verify,
}

impl Role {
    /// Whether a step of this role changes the world and can be taken back.
    pub fn is_reversible(self) -> bool {
        matches!(self, Self::Prepare | Self::Fence)
    }
}

/// What the protocol itself guarantees, and thus how strong the fence must be.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Authority {
    /// The ledger names one key: one transaction moves the authority.
    Pointer,
    /// Several nodes can sign with one key: fence, with proof, before activation.
    SharedKey,
    /// A new key becomes valid later than the old one ends.
    Rotating,
    /// Parallel signers are harmless.
    Idempotent,
}

/// Steps in order. There is no way to build one that activates before exclusivity is settled, nor one
/// for [`Authority::SharedKey`] without a fence that [proves](Strength::Proves).
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(try_from = "RawPlan<S>", bound(deserialize = "S: DeserializeOwned"))]
pub struct Plan<S> {
    authority: Authority,
    steps: Vec<Planned<S>>,
}

/// A step in a plan.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Planned<S> {
    /// What the step is for.
    pub role: Role,
    /// Time granted to one attempt.
    pub limit: Duration,
    /// What a fence is worth where it succeeds; `None` for all other steps, and for the fences of a plan
    /// that was stored before plans stated it: the contract of [`Role::Fence`] was to prove even then, so
    /// such a plan is still read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strength: Option<Strength>,
    /// The step itself.
    pub step: S,
}

#[derive(Deserialize)]
struct RawPlan<S> {
    authority: Authority,
    steps: Vec<Planned<S>>,
}

/// A stored plan is none that the builder makes.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Unsound {
    /// Roles are not in the order that the class of authority demands.
    #[error("roles of the stored plan are out of order")]
    Disordered,
    /// A strength without a fence, or a fence without a strength beside one that has it.
    #[error("the stored plan states strengths of something else than of every fence")]
    Misstated,
    /// No fence proves.
    #[error(transparent)]
    TooWeak(#[from] TooWeak),
}

impl<S> TryFrom<RawPlan<S>> for Plan<S> {
    type Error = Unsound;

    fn try_from(raw: RawPlan<S>) -> Result<Self, Unsound> {
        ordered(&raw)?;
        strong(&raw)?;
        Ok(Self { authority: raw.authority, steps: raw.steps })
    }
}

fn ordered<S>(raw: &RawPlan<S>) -> Result<(), Unsound> {
    let roles: Vec<_> = raw.steps.iter().map(|s| s.role).collect();
    let pivot = roles.iter().position(|r| *r == Role::Activate).ok_or(Unsound::Disordered)?;
    let (before, after) = roles.split_at_checked(pivot).ok_or(Unsound::Disordered)?;
    let (first, before) = before.split_first().ok_or(Unsound::Disordered)?;
    let (_, after) = after.split_first().ok_or(Unsound::Disordered)?;
    let fenced = before.contains(&Role::Fence);
    let ordered = *first == Role::Ready
        && before.iter().all(|r| matches!(r, Role::Prepare | Role::Fence))
        && after.iter().all(|r| *r == Role::Verify)
        && fenced == (raw.authority == Authority::SharedKey);
    if ordered { Ok(()) } else { Err(Unsound::Disordered) }
}

/// Every fence states its strength, nothing else does, and one proves. All of them silent: the plan was
/// stored when they could not say it.
fn strong<S>(raw: &RawPlan<S>) -> Result<(), Unsound> {
    if raw.steps.iter().all(|step| step.strength.is_none()) {
        return Ok(());
    }
    if raw.steps.iter().any(|step| step.strength.is_some() != (step.role == Role::Fence)) {
        return Err(Unsound::Misstated);
    }
    Ok(Strength::of(raw.steps.iter().filter_map(|step| step.strength)).proven()?)
}

/// Builder state: nothing keeps the old signer out yet.
#[derive(Debug)]
pub enum Open {}
/// Builder state: the old signer is fenced; whether with proof, the activation asks.
#[derive(Debug)]
pub enum Exclusive {}
/// Builder state: the backup signs.
#[derive(Debug)]
pub enum Active {}

/// Builds a [`Plan`]; its state says what may come next.
///
/// ```
/// # use watchdog_core::{fence::{Strength, TooWeak}, plan::Plan}; use std::time::Duration;
/// let s = Duration::from_secs(30);
/// let fenced = |strength| Plan::ready("check backup", s).fence("stop primary", strength, s).prepare("move protection", s);
/// fenced(Strength::Proves).activate("start backup", s)?.build();
/// # Ok::<(), TooWeak>(())
/// ```
/// Where no fence proves, there is no plan:
/// ```
/// # use watchdog_core::{fence::{Strength, TooWeak}, plan::Plan}; use std::time::Duration;
/// # let s = Duration::from_secs(30);
/// let weak = Plan::ready("check backup", s).fence("cut the network", Strength::Likely, s).activate("start backup", s);
/// assert_eq!(weak.unwrap_err(), TooWeak { strongest: Strength::Likely });
/// ```
/// An activation that nothing precedes does not compile:
/// ```compile_fail,E0599
/// # use watchdog_core::plan::Plan; use std::time::Duration;
/// let s = Duration::from_secs(30);
/// Plan::ready("check backup", s).activate("start backup", s).build();
/// ```
#[derive(Debug)]
pub struct PlanBuilder<S, State> {
    authority: Authority,
    steps: Vec<Planned<S>>,
    state: PhantomData<State>,
}

impl<S> Plan<S> {
    /// A plan starts with the proof that the backup can take over.
    pub fn ready(step: S, limit: Duration) -> PlanBuilder<S, Open> {
        let steps = vec![Planned { role: Role::Ready, limit, strength: None, step }];
        PlanBuilder { authority: Authority::SharedKey, steps, state: PhantomData }
    }

    /// Steps in order.
    pub fn steps(&self) -> &[Planned<S>] {
        &self.steps
    }

    /// Class of authority the plan was built for.
    pub fn authority(&self) -> Authority {
        self.authority
    }

    pub(crate) fn try_map<T, E>(&self, f: impl Fn(&S) -> Result<T, E>) -> Result<Plan<T>, E> {
        let steps = self
            .steps
            .iter()
            .map(|p| Ok(Planned { role: p.role, limit: p.limit, strength: p.strength, step: f(&p.step)? }));
        Ok(Plan { authority: self.authority, steps: steps.collect::<Result<_, E>>()? })
    }
}

impl<S, State> PlanBuilder<S, State> {
    fn push<Next>(self, role: Role, step: S, limit: Duration) -> PlanBuilder<S, Next> {
        self.add(Planned { role, limit, strength: None, step })
    }

    fn push_fence(self, step: S, strength: Strength, limit: Duration) -> PlanBuilder<S, Exclusive> {
        self.add(Planned { role: Role::Fence, limit, strength: Some(strength), step })
    }

    fn add<Next>(mut self, planned: Planned<S>) -> PlanBuilder<S, Next> {
        self.steps.push(planned);
        PlanBuilder { authority: self.authority, steps: self.steps, state: PhantomData }
    }
}

impl<S> PlanBuilder<S, Open> {
    /// Adds reversible preparation.
    #[must_use]
    pub fn prepare(self, step: S, limit: Duration) -> Self {
        self.push(Role::Prepare, step, limit)
    }

    /// Adds the fence. `strength` is what its success is worth: that of the strongest way it may take.
    #[must_use]
    pub fn fence(self, step: S, strength: Strength, limit: Duration) -> PlanBuilder<S, Exclusive> {
        self.push_fence(step, strength, limit)
    }

    /// Adds the one transaction that takes the authority from the primary and gives it to the backup.
    #[must_use]
    pub fn move_pointer(mut self, step: S, limit: Duration) -> PlanBuilder<S, Active> {
        self.authority = Authority::Pointer;
        self.push(Role::Activate, step, limit)
    }

    /// Adds the registration of a new key that becomes valid after the old one ends.
    #[must_use]
    pub fn rotate(mut self, step: S, limit: Duration) -> PlanBuilder<S, Active> {
        self.authority = Authority::Rotating;
        self.push(Role::Activate, step, limit)
    }

    /// For chains that accept several voters for one stake.
    #[must_use]
    pub fn activate_parallel(mut self, step: S, limit: Duration) -> PlanBuilder<S, Active> {
        self.authority = Authority::Idempotent;
        self.push(Role::Activate, step, limit)
    }
}

impl<S> PlanBuilder<S, Exclusive> {
    /// Adds preparation that is only right once the old signer has stopped, such as moving the
    /// final slashing protection.
    #[must_use]
    pub fn prepare(self, step: S, limit: Duration) -> Self {
        self.push(Role::Prepare, step, limit)
    }

    /// Adds a further fence.
    #[must_use]
    pub fn fence(self, step: S, strength: Strength, limit: Duration) -> Self {
        self.push_fence(step, strength, limit)
    }

    /// Adds the activation.
    ///
    /// # Errors
    /// Where no fence before it proves that the old node stopped. `?` turns it into the refusal of the
    /// plan, `fence_too_weak`.
    pub fn activate(self, step: S, limit: Duration) -> Result<PlanBuilder<S, Active>, TooWeak> {
        Strength::of(self.steps.iter().filter_map(|planned| planned.strength)).proven()?;
        Ok(self.push(Role::Activate, step, limit))
    }
}

impl<S> PlanBuilder<S, Active> {
    /// Adds a check that the backup signs.
    #[must_use]
    pub fn verify(self, step: S, limit: Duration) -> Self {
        self.push(Role::Verify, step, limit)
    }

    /// The plan.
    pub fn build(self) -> Plan<S> {
        Plan { authority: self.authority, steps: self.steps }
    }
}

#[cfg(test)]
mod tests {
    use super::Role;

    #[test]
    fn only_what_is_done_before_the_activation_and_changes_something_is_taken_back() {
        let all = [Role::Ready, Role::Prepare, Role::Fence, Role::Activate, Role::Verify];
        assert_eq!(all.map(Role::is_reversible), [false, true, true, false, false]);
    }
}
