//! Moving a Radix validator to another node: one transaction that gives it another key.
//!
//! The ledger itself is the fence. In any epoch its validator set names exactly one key, so of two
//! nodes with different keys at most one can vote, also while both run and also while the old one
//! is cut off. Nothing has to be switched off, and nothing may be done where two nodes hold one key.
mod draft;
mod fate;
mod gather;
mod look;
mod perform;
mod readiness;
mod refusals;
mod step;
mod submit;
mod verify;

pub use readiness::ReadinessService;
pub use step::{Passage, RadixStep, Wish};

pub(crate) use draft::{COUNTERS, Draft, DraftError};

use crate::config::{NodeSource, Refined};
use async_trait::async_trait;
use look::{Component, Looks};
use readiness::NewestProof;
use std::sync::Arc;
use std::time::Duration;
use watchdog_core::action::{
    Effect, FailoverAction, Kind, PlanError, PlanRequest, Proposal, Receipt, Refusal, Signer, StepError, Stragglers,
};
use watchdog_core::cx::Cx;
use watchdog_core::guard::Permit;
use watchdog_core::id::{Epoch, NodeName};
use watchdog_core::payload::Payload;
use watchdog_core::plan::{Authority, Plan};
use watchdog_core::probe::ProbeError;

/// Time for the proof that a node can take over.
const READY: Duration = Duration::from_mins(1);
/// Length of an epoch where nobody tells.
const EPOCH: Duration = Duration::from_mins(5);
/// Epochs granted to the transaction: its window is over after eight at most, and that must be seen
/// before a new one can be made. Epochs may last longer than they aim at.
const EPOCHS_TO_COMMIT: u32 = 12;
/// Epochs granted to the set, and then to the first proposal.
const EPOCHS_TO_VERIFY: u32 = 6;
/// On top of both, for short epochs.
const SLACK: Duration = Duration::from_mins(1);

/// Fails one validator over.
#[derive(Clone, Debug)]
pub struct RadixAction {
    settings: Arc<Refined>,
    newest: Arc<NewestProof>,
}

impl RadixAction {
    /// Acts on the validator of `settings`.
    pub fn new(settings: Arc<Refined>) -> Self {
        Self { settings, newest: Arc::default() }
    }

    fn known(&self, name: &NodeName) -> Result<&NodeSource, Refusal> {
        self.settings.node(name).ok_or_else(|| {
            let names: Vec<_> = self.settings.nodes.iter().map(|node| node.name.as_str()).collect();
            let message = format!("there is no node {name} in the config");
            Refusal::new("node_unknown", message, format!("use one of {}", names.join(", ")))
        })
    }

    /// The validator component as the views agree on it.
    async fn component(&self, cx: &Cx) -> Result<Component, ProbeError> {
        let mut looks = Looks::take(&self.settings, None, cx).await;
        let (need, seen) = (self.settings.policy.need, looks.origins());
        if let Some(component) = looks.agreed(need, |look| Some(look.component)) {
            return Ok(component);
        }
        let blind = if seen < need { looks.blind.pop() } else { None };
        Err(blind.unwrap_or_else(|| ProbeError::Malformed {
            endpoint: self.settings.address.to_string(),
            reason: format!("{seen} fresh views of the ledger do not agree on its key"),
        }))
    }

    async fn plan_passage(
        &self,
        request: &PlanRequest,
        from: &NodeSource,
        cx: &Cx,
    ) -> Result<Proposal<RadixStep>, PlanError> {
        let named = request
            .to
            .as_ref()
            .map(|to| self.known(to))
            .transpose()
            .map_err(|refusal| PlanError::Refused(vec![refusal]))?;
        let successors: Vec<_> = match named {
            Some(to) => vec![to],
            None => self.settings.nodes.iter().filter(|node| node.name != from.name).collect(),
        };
        let began = cx.clock().uptime();
        let found = readiness::assess(&self.settings, request.kind, from, &successors, cx).await;
        let ready = found.successors.iter().zip(&successors).find(|(assessed, _)| assessed.obstacles.is_empty());
        let (Some((_, to)), []) = (ready, &found.general[..]) else {
            return Err(PlanError::Refused(found.refusals()));
        };
        let passage = Passage { from: from.name.clone(), old_key: from.key, to: to.name.clone(), new_key: to.key };
        self.newest.keep(began, request.kind, passage.clone(), found.receipt(to));
        let (commit, verify) = limits(found.target);
        let update = RadixStep::UpdateKey {
            passage: passage.clone(),
            validator: self.settings.address,
            fee_lock: self.settings.fee_lock,
        };
        let plan = Plan::ready(RadixStep::Ready { kind: request.kind, passage: passage.clone() }, READY)
            .move_pointer(update, commit)
            .verify(RadixStep::AwaitEffective { passage: passage.clone() }, verify)
            .verify(RadixStep::AwaitProposal { passage }, verify)
            .build();
        Ok(Proposal { to: Some(to.name.clone()), plan })
    }

    async fn plan_leave(&self, from: &NodeSource, cx: &Cx) -> Result<Proposal<RadixStep>, PlanError> {
        let found = readiness::assess_leaving(&self.settings, from, cx).await;
        if !found.general.is_empty() {
            return Err(PlanError::Refused(found.refusals()));
        }
        let (commit, verify) = limits(found.target);
        let (name, key) = (from.name.clone(), from.key);
        let (validator, fee_lock) = (self.settings.address, self.settings.fee_lock);
        let plan = Plan::ready(RadixStep::ReadyToLeave { from: name.clone(), key }, READY)
            .move_pointer(RadixStep::Unregister { from: name.clone(), key, validator, fee_lock }, commit)
            .verify(RadixStep::AwaitLeft { from: name, key }, verify)
            .build();
        Ok(Proposal { to: None, plan })
    }
}

/// Time granted to the transaction, and to each look that follows.
fn limits(target: Option<Duration>) -> (Duration, Duration) {
    let epoch = target.unwrap_or(EPOCH);
    let time = |epochs| epoch.saturating_mul(epochs).saturating_add(SLACK);
    (time(EPOCHS_TO_COMMIT), time(EPOCHS_TO_VERIFY))
}

#[async_trait]
impl FailoverAction for RadixAction {
    type Step = RadixStep;

    fn authority(&self) -> Authority {
        Authority::Pointer
    }

    /// The ledger takes an intent at most once, and until its last epoch.
    fn stragglers(&self) -> Stragglers {
        Stragglers::Refused
    }

    fn nodes(&self) -> Vec<NodeName> {
        self.settings.nodes.iter().map(|node| node.name.clone()).collect()
    }

    /// The key that the validator has from the next epoch on: a change that has been committed is
    /// already somebody's decision.
    async fn signer(&self, cx: &Cx) -> Result<Signer, ProbeError> {
        let component = self.component(cx).await?;
        Ok(match self.settings.holder(&component.key) {
            _ if !component.is_registered => Signer::Nobody,
            Some(node) => Signer::Node(node.name.clone()),
            None => Signer::Stranger(component.key.to_string()),
        })
    }

    async fn plan(&self, request: &PlanRequest, cx: &Cx) -> Result<Proposal<RadixStep>, PlanError> {
        let refused = |refusal| PlanError::Refused(vec![refusal]);
        let from = self.known(&request.from).map_err(refused)?;
        if request.to.as_ref() == Some(&request.from) {
            let message = format!("{} signs already", request.from);
            return Err(refused(Refusal::new("same_node", message, "name another node")));
        }
        match request.kind {
            Kind::LastResort if self.settings.last_resort.is_none() => {
                let message = "unregistering is not allowed for this validator";
                Err(refused(Refusal::new("last_resort_disabled", message, "set last_resort to allow it")))
            }
            Kind::LastResort => self.plan_leave(from, cx).await,
            Kind::Failover | Kind::Switchover => self.plan_passage(request, from, cx).await,
        }
    }

    async fn prepare(&self, step: &RadixStep, _attempt: u32, cx: &Cx) -> Result<Payload, StepError> {
        match step.wish() {
            Some(wish) => perform::prepare(&self.settings, &wish, cx).await,
            None => Ok(Payload::empty()),
        }
    }

    async fn perform(&self, step: &RadixStep, payload: &Payload, _: Permit, cx: &Cx) -> Result<Receipt, StepError> {
        match step {
            RadixStep::Ready { kind, passage } => {
                readiness::prove(&self.settings, *kind, passage, &self.newest, cx).await
            }
            RadixStep::ReadyToLeave { from, key } => readiness::prove_leaving(&self.settings, from, *key, cx).await,
            RadixStep::UpdateKey { passage: Passage { from, .. }, .. } | RadixStep::Unregister { from, .. } => {
                Err(perform::send(&self.settings, payload, from, cx).await)
            }
            RadixStep::AwaitEffective { .. } | RadixStep::AwaitProposal { .. } | RadixStep::AwaitLeft { .. } => {
                match verify::look(&self.settings, step, cx).await? {
                    Effect::Done(receipt) => Ok(receipt),
                    _ => Err(StepError::Unknown("not yet".into())),
                }
            }
        }
    }

    async fn inspect(&self, step: &RadixStep, payload: &Payload, _: Epoch, cx: &Cx) -> Result<Effect, StepError> {
        match step {
            // A proof has no effect: it is made again.
            RadixStep::Ready { .. } | RadixStep::ReadyToLeave { .. } => Ok(Effect::None("it is made again".into())),
            RadixStep::UpdateKey { .. } | RadixStep::Unregister { .. } => {
                perform::inspect(&self.settings, step, payload, cx).await
            }
            RadixStep::AwaitEffective { .. } | RadixStep::AwaitProposal { .. } | RadixStep::AwaitLeft { .. } => {
                verify::look(&self.settings, step, cx).await
            }
        }
    }

    /// Nothing before the transaction changes anything, so there is nothing to take back.
    async fn undo(&self, _: &RadixStep, _: Permit, _: &Cx) -> Result<(), StepError> {
        Ok(())
    }
}
