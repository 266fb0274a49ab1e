//! Fences in order, until one proves.
use crate::doubt::{Doubt, FenceError};
use crate::fence::{Evidence, Fence, Rehearsal};
use crate::order::{Order, Target};
use serde::Serialize;
use serde_json::Value;
use std::time::Duration;
use watchdog_core::action::{Refusal, Stragglers};
use watchdog_core::causes;
use watchdog_core::clock::Uptime;
use watchdog_core::cx::{Cx, Interrupted};
use watchdog_core::fence::Strength;
use watchdog_core::plan::Authority;

/// One fence in a ladder.
#[derive(Debug)]
pub struct Rung {
    /// Name in messages, journal and metrics.
    pub name: String,
    /// Longest time for one command and for one reading; what is longer is given up and not proven.
    pub limit: Duration,
    /// The fence.
    pub fence: Box<dyn Fence>,
}

/// The fences of one node, in the order in which they are tried.
///
/// Source: safety model, section 5.4.
#[derive(Debug, Default)]
pub struct Ladder {
    rungs: Vec<Rung>,
}

/// A node that verifiably cannot sign. Only [`Ladder`] makes it: from a rung that proves, succeeded,
/// and was read again.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Proof {
    rung: String,
    done: Value,
    read: Value,
}

/// What giving the authority back came to.
#[derive(Debug)]
pub enum Lift {
    /// Every rung has given back what it may have taken.
    Lifted(Vec<Evidence>),
    /// Some rung has not, or not yet.
    NotLifted(Vec<Attempt>),
    /// The node obeys somebody newer: nothing may be done any more.
    Refused(Vec<Attempt>),
}

impl Proof {
    /// Name of the rung that proved.
    pub fn rung(&self) -> &str {
        &self.rung
    }

    /// What it saw, to be journaled; `done` is null where it was only read again.
    pub fn evidence(&self) -> Evidence {
        Evidence(serde_json::json!({ "rung": self.rung, "done": self.done, "read": self.read }))
    }
}

/// What trying a ladder came to.
#[derive(Debug)]
pub enum Climb {
    /// The node cannot sign.
    Proven {
        /// The proof.
        proof: Proof,
        /// The rungs tried before.
        before: Vec<Attempt>,
    },
    /// The node may sign, or may not: nothing may be activated.
    NotProven(Vec<Attempt>),
    /// The node obeys somebody newer: nothing may be done any more.
    Refused(Vec<Attempt>),
}

impl Climb {
    /// The same where other rungs had been tried before.
    #[must_use]
    pub fn after(self, mut earlier: Vec<Attempt>) -> Self {
        match self {
            Self::Proven { proof, before } => {
                earlier.extend(before);
                Self::Proven { proof, before: earlier }
            }
            Self::NotProven(attempts) => {
                earlier.extend(attempts);
                Self::NotProven(earlier)
            }
            Self::Refused(attempts) => {
                earlier.extend(attempts);
                Self::Refused(earlier)
            }
        }
    }
}

/// A rung that did not prove, or did not give back.
#[derive(Debug)]
pub struct Attempt {
    /// Its name.
    pub rung: String,
    /// What it is worth.
    pub strength: Strength,
    /// What kept it from that; `None` where it succeeded, and success of it is none.
    pub error: Option<FenceError>,
}

impl Attempt {
    /// What came of it, one line.
    pub fn reason(&self) -> String {
        match &self.error {
            Some(error) => causes::line(error),
            None => format!("done, but a fence of strength `{}` is no proof", self.strength),
        }
    }
}

/// What the rehearsal of one rung came to.
#[derive(Debug)]
pub struct Rehearsed {
    /// The rung.
    pub rung: String,
    /// What it is worth.
    pub strength: Strength,
    /// Time it took.
    pub took: Duration,
    /// What it met.
    pub result: Result<Rehearsal, FenceError>,
}

impl Ladder {
    /// A ladder of `rungs`, tried in this order.
    pub fn new(rungs: Vec<Rung>) -> Self {
        Self { rungs }
    }

    /// The rungs in their order.
    pub fn rungs(&self) -> &[Rung] {
        &self.rungs
    }

    /// What the strongest rung is worth; `none` for an empty ladder.
    pub fn strength(&self) -> Strength {
        Strength::of(self.rungs.iter().map(|rung| rung.fence.strength()))
    }

    /// Whether a plan for `authority` may rest on this ladder: where several nodes can sign with one
    /// key, at least one rung must prove. What it answers goes into
    /// [`PlanError::Refused`](watchdog_core::action::PlanError::Refused).
    pub fn admits(&self, authority: Authority) -> Result<(), Refusal> {
        admits(self.rungs.iter().map(|rung| rung.fence.strength()), authority)
    }

    /// Tries the rungs in order until one proves, `cx`'s deadline has passed, or the node obeys
    /// somebody newer. May be repeated with the same or a newer epoch.
    pub async fn climb(&self, order: &Order, cx: &Cx) -> Climb {
        let mut before = Vec::new();
        for rung in &self.rungs {
            let strength = rung.fence.strength();
            let error = match rung.prove(order, cx).await {
                Ok(proof) if strength == Strength::Proves => return Climb::Proven { proof, before },
                Ok(_) => None,
                Err(error) => Some(error),
            };
            let is_stale = matches!(error, Some(FenceError::Stale { .. }));
            let is_over = error.as_ref().is_some_and(is_interrupted) && is_over(cx).await;
            let attempt = Attempt { rung: rung.name.clone(), strength, error };
            tracing::warn!(node = %order.target, rung = rung.name, reason = attempt.reason(), "fence did not prove");
            before.push(attempt);
            if is_stale {
                return Climb::Refused(before);
            }
            if is_over {
                break;
            }
        }
        Climb::NotProven(before)
    }

    /// Reads again whether what the rung called `name` proved still holds. `None` where no rung that
    /// proves has this name.
    pub async fn verify(&self, name: &str, order: &Order, cx: &Cx) -> Option<Result<Evidence, FenceError>> {
        let rung = self.proving().find(|rung| rung.name == name)?;
        Some(rung.read(order, cx).await)
    }

    /// Reads the rungs that prove, in order, until one finds that the node cannot sign. Changes nothing, and
    /// does not need to know which rung it was.
    pub async fn read(&self, order: &Order, cx: &Cx) -> Climb {
        let mut before = Vec::new();
        for rung in self.proving() {
            let error = match rung.read(order, cx).await {
                Ok(Evidence(read)) => {
                    return Climb::Proven { proof: Proof { rung: rung.name.clone(), done: Value::Null, read }, before };
                }
                Err(error) => error,
            };
            let is_stale = matches!(error, FenceError::Stale { .. });
            before.push(Attempt { rung: rung.name.clone(), strength: Strength::Proves, error: Some(error) });
            if is_stale {
                return Climb::Refused(before);
            }
        }
        Climb::NotProven(before)
    }

    /// Gives back what any rung may have taken, the last one first; nobody remembers how far the climb
    /// came. A rung that fails does not keep the others from giving back. May be repeated with the same or
    /// a newer epoch.
    pub async fn lift(&self, order: &Order, cx: &Cx) -> Lift {
        let (mut lifted, mut failed) = (Vec::new(), Vec::new());
        for rung in self.rungs.iter().rev() {
            match bounded(rung.limit, cx, |cx| async move { rung.fence.lift(order, &cx).await }).await {
                Ok(evidence) => lifted.push(evidence),
                Err(error) => {
                    let is_stale = matches!(error, FenceError::Stale { .. });
                    let attempt =
                        Attempt { rung: rung.name.clone(), strength: rung.fence.strength(), error: Some(error) };
                    tracing::warn!(node = %order.target, rung = rung.name, reason = attempt.reason(), "fence not lifted");
                    failed.push(attempt);
                    if is_stale {
                        return Lift::Refused(failed);
                    }
                }
            }
        }
        if failed.is_empty() { Lift::Lifted(lifted) } else { Lift::NotLifted(failed) }
    }

    /// What becomes of a command of any rung that arrives late.
    pub fn stragglers(&self) -> Stragglers {
        Stragglers::longest(self.rungs.iter().map(|rung| rung.fence.stragglers(rung.limit)))
    }

    fn proving(&self) -> impl Iterator<Item = &Rung> {
        self.rungs.iter().filter(|rung| rung.fence.strength() == Strength::Proves)
    }

    /// Rehearses every rung, one after the other.
    pub async fn rehearse(&self, target: &Target, cx: &Cx) -> Vec<Rehearsed> {
        let mut rehearsed = Vec::new();
        for rung in &self.rungs {
            let began = cx.clock().uptime();
            let result = bounded(rung.limit, cx, |cx| async move { rung.fence.rehearse(target, &cx).await }).await;
            let took = cx.clock().uptime().since(began);
            rehearsed.push(Rehearsed { rung: rung.name.clone(), strength: rung.fence.strength(), took, result });
        }
        rehearsed
    }
}

impl Rung {
    /// Does it, then reads it again: an exit status alone proves nothing.
    async fn prove(&self, order: &Order, cx: &Cx) -> Result<Proof, FenceError> {
        let Evidence(done) = bounded(self.limit, cx, |cx| async move { self.fence.fence(order, &cx).await }).await?;
        let Evidence(read) = self.read(order, cx).await?;
        Ok(Proof { rung: self.name.clone(), done, read })
    }

    async fn read(&self, order: &Order, cx: &Cx) -> Result<Evidence, FenceError> {
        bounded(self.limit, cx, |cx| async move { self.fence.verify(order, &cx).await }).await
    }
}

/// Whether strengths admit a plan for `authority`. Pure.
///
/// Source: safety model, sections 2 and 5.4.
pub fn admits(strengths: impl IntoIterator<Item = Strength>, authority: Authority) -> Result<(), Refusal> {
    match authority {
        Authority::SharedKey => Ok(Strength::of(strengths).proven()?),
        Authority::Pointer | Authority::Rotating | Authority::Idempotent => Ok(()),
    }
}

/// `call` within `limit`; a call that is late is dropped, and proves nothing.
async fn bounded<T, F>(limit: Duration, cx: &Cx, call: impl FnOnce(Cx) -> F) -> Result<T, FenceError>
where
    F: Future<Output = Result<T, FenceError>>,
{
    let began: Uptime = cx.clock().uptime();
    let inner = cx.within(limit);
    match inner.bound(call(inner.clone())).await {
        Ok(result) => result,
        Err(Interrupted::Deadline) => Err(Doubt::Late(cx.clock().uptime().since(began)).into()),
        Err(Interrupted::Cancelled) => Err(Interrupted::Cancelled.into()),
    }
}

fn is_interrupted(error: &FenceError) -> bool {
    matches!(error, FenceError::NotProven(Doubt::Interrupted(_) | Doubt::Late(_)))
}

/// Whether the time of the whole ladder is over.
async fn is_over(cx: &Cx) -> bool {
    cx.bound(tokio::task::yield_now()).await.is_err()
}
