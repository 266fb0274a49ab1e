//! How a watchdog moves the authority, on a chain of each class.
use crate::ledger::{GENESIS, Order};
use crate::port::Port;
use crate::probe::{SOURCES, sane};
use crate::wire::{Fate, Host, NodeView, Reply, Request, View, node_name};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use watchdog_core::action::{
    Effect, FailoverAction, PlanError, PlanRequest, Proposal, Receipt, Refusal, Signer, StepError, Stragglers,
};
use watchdog_core::clock::Clock;
use watchdog_core::cx::Cx;
use watchdog_core::fence::Strength;
use watchdog_core::guard::Permit;
use watchdog_core::id::{Epoch, NodeName};
use watchdog_core::payload::Payload;
use watchdog_core::plan::{Authority, Plan};
use watchdog_core::probe::ProbeError;

/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_millis(1200);
/// A node whose clock is further off than this does not get the validator.
const CLOCK_OFF_MILLIS: u64 = 30_000;
/// Slots for which a transaction is valid: more than a lease and a drain last.
const VALIDITY_SLOTS: u64 = 45;
/// Sources that must agree.
const AGREED: usize = 2;

/// What is done.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) enum Deed {
    /// The successor is ready.
    Check,
    /// The old node stops.
    Stop,
    /// The newest slot signed goes along.
    Protect,
    /// The new node signs.
    Start,
    /// The ledger names the new node.
    Submit,
    /// The new node's signature is on the chain.
    Confirm,
}

/// A step: what, and from which node to which.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub(crate) struct Step {
    deed: Deed,
    from: u8,
    to: u8,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}, from {} to {}", self.deed, node_name(self.from), node_name(self.to))
    }
}

/// Faults that a test plants.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Planted {
    /// Takes a node that does not answer for stopped.
    pub(crate) takes_silence_for_fence: bool,
    /// Takes a payload for expired that was only not seen yet.
    pub(crate) gives_up_payloads_early: bool,
    /// Says that stragglers are refused where they are not.
    pub(crate) denies_stragglers: bool,
}

/// The action of one process.
pub(crate) struct Action {
    pub(crate) class: Authority,
    pub(crate) checks_epochs: bool,
    pub(crate) port: Arc<Port>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) planted: Planted,
}

fn number(node: &NodeName) -> u8 {
    u8::from(node.as_str() != node_name(0))
}

fn retry(reason: impl Into<String>) -> StepError {
    StepError::Retry(reason.into().into())
}

fn unknown(reason: impl Into<String>) -> StepError {
    StepError::Unknown(reason.into().into())
}

fn done() -> Receipt {
    Receipt(serde_json::Value::Null)
}

impl Action {
    fn is_on_ledger(&self) -> bool {
        matches!(self.class, Authority::Pointer | Authority::Rotating)
    }

    /// Asks or orders a node.
    async fn node(&self, node: u8, request: Request) -> Result<NodeView, String> {
        match self.port.call(Host::Node(node), request, PATIENCE).await {
            Ok(Reply::Node(view)) if view.genesis == GENESIS => Ok(view),
            Ok(Reply::Node(view)) => Err(format!("node {} is on chain {}", node_name(node), view.genesis)),
            Ok(_) => Err(format!("node {} answered nonsense", node_name(node))),
            Err(silence) => Err(silence.to_string()),
        }
    }

    /// The views that can be believed, of sources near the common head.
    async fn views(&self) -> Vec<View> {
        let mut views = Vec::new();
        for source in 0..SOURCES {
            let reply = self.port.call(Host::Source(source), Request::View, PATIENCE).await;
            if let Ok(Ok(view)) = reply.map(|reply| sane(&reply, self.clock.now().0)) {
                views.push(view);
            }
        }
        let head = views.iter().map(|view| view.head).max().unwrap_or(0);
        views.retain(|view| head - view.head < 20);
        views
    }

    /// The node whose key the ledger names, by enough sources.
    async fn key(&self) -> Result<u8, String> {
        let views = self.views().await;
        let named = |node: u8| views.iter().filter(|view| view.key == node).count() >= AGREED;
        [0, 1].into_iter().find(|node| named(*node)).ok_or_else(|| "the sources do not agree".to_owned())
    }

    /// What became of a transaction, by enough sources; and the newest slot that they share.
    async fn fate(&self, bytes: &[u8]) -> Result<(Fate, u64), String> {
        let mut told = Vec::new();
        for source in 0..SOURCES {
            let request = Request::Transaction { bytes: bytes.to_vec() };
            if let Ok(Reply::Transaction { head, fate }) = self.port.call(Host::Source(source), request, PATIENCE).await
            {
                told.push((fate, head));
            }
        }
        for wanted in [Fate::Effective, Fate::Committed, Fate::Pending, Fate::Absent] {
            let mut heads: Vec<_> = told.iter().filter(|(fate, _)| *fate == wanted).map(|(_, head)| *head).collect();
            heads.sort_unstable_by(|a, b| b.cmp(a));
            // Accepted by one is accepted; gone must be said by enough of them.
            let needed = if wanted == Fate::Pending { 1 } else { AGREED };
            if let Some(head) = heads.get(needed - 1) {
                return Ok((wanted, *head));
            }
        }
        Err("the sources do not agree".to_owned())
    }

    async fn is_signing(&self, node: u8) -> bool {
        let views = self.views().await;
        let signs = |view: &&View| view.last.is_some_and(|(slot, by)| by == node && view.head - slot < 4);
        views.iter().filter(signs).count() >= AGREED
    }

    /// What keeps `node` from taking over.
    async fn trouble(&self, node: u8) -> Option<Refusal> {
        let view = match self.node(node, Request::Status).await {
            Ok(view) => view,
            Err(reason) => return Some(Refusal::new("backup_unreachable", reason, "look at the node")),
        };
        let is_off = view.wall.abs_diff(self.clock.now().0) > CLOCK_OFF_MILLIS;
        // A plan made before the validator moved here would stop, and on a cancel start, the wrong node.
        let signs = view.enabled && self.class == Authority::SharedKey;
        let message = match (view.running, is_off, signs) {
            (true, false, false) => return None,
            (true, false, true) => "it signs already",
            (true, true, _) => "its clock is off",
            (false, ..) => "it does not run",
        };
        Some(Refusal::new("backup_not_ready", message, "look at the node"))
    }

    async fn stop(&self, node: u8, epoch: Epoch) -> Result<Receipt, StepError> {
        if self.planted.takes_silence_for_fence {
            self.node(node, Request::Stop { epoch }).await.ok();
            return Ok(done());
        }
        self.node(node, Request::Stop { epoch }).await.map_err(unknown)?;
        // Believed is what is read anew.
        let view = self.node(node, Request::Status).await.map_err(unknown)?;
        if self.is_fenced(&view, epoch) { Ok(done()) } else { Err(unknown("it still signs")) }
    }

    fn is_fenced(&self, view: &NodeView, epoch: Epoch) -> bool {
        !view.enabled && (!self.checks_epochs || view.seen >= epoch)
    }

    async fn protect(&self, step: &Step, epoch: Epoch) -> Result<Receipt, StepError> {
        let old = self.node(step.from, Request::Status).await.map_err(retry)?;
        let request = Request::Protect { epoch, watermark: old.watermark };
        let new = self.node(step.to, request).await.map_err(unknown)?;
        if new.watermark >= old.watermark { Ok(done()) } else { Err(unknown("it was not taken")) }
    }

    async fn submit(&self, payload: &Payload, epoch: Epoch) -> Result<Receipt, StepError> {
        let mut is_taken = false;
        for source in 0..SOURCES {
            let request = Request::Submit { epoch, bytes: payload.bytes().to_vec() };
            let reply = self.port.call(Host::Source(source), request, PATIENCE).await;
            is_taken |= matches!(reply, Ok(Reply::Done));
            if is_taken {
                break;
            }
        }
        Err(unknown(if is_taken { "accepted, not effective yet" } else { "no source took it" }))
    }
}

#[async_trait]
impl FailoverAction for Action {
    type Step = Step;

    fn authority(&self) -> Authority {
        self.class
    }

    fn stragglers(&self) -> Stragglers {
        if self.checks_epochs || self.is_on_ledger() || self.planted.denies_stragglers {
            return Stragglers::Refused;
        }
        Stragglers::Within(Duration::from_millis(4004))
    }

    fn nodes(&self) -> Vec<NodeName> {
        [0, 1].into_iter().filter_map(|node| NodeName::new(node_name(node))).collect()
    }

    fn fence_strength(&self, _: &NodeName) -> Option<Strength> {
        (self.class == Authority::SharedKey).then_some(Strength::Proves)
    }

    async fn signer(&self, _: &Cx) -> Result<Signer, ProbeError> {
        let unreadable = |reason: String| ProbeError::Malformed { endpoint: "nodes".to_owned(), reason };
        let mut nodes = self.nodes();
        if self.is_on_ledger() {
            let key = self.key().await.map_err(unreadable)?;
            return Ok(Signer::Node(nodes.swap_remove(key.into())));
        }
        let mut enabled = Vec::new();
        for node in nodes {
            let view = self.node(number(&node), Request::Status).await.map_err(unreadable)?;
            if view.enabled {
                enabled.push((view.seen, node));
            }
        }
        Ok(match (enabled.pop(), enabled.pop()) {
            (None, _) => Signer::Nobody,
            (Some((_, node)), None) => Signer::Node(node),
            // Where parallel signers are harmless, the one that was started last is the one in charge.
            (Some((b_seen, b)), Some((a_seen, a))) if self.class == Authority::Idempotent => {
                Signer::Node(if b_seen > a_seen { b } else { a })
            }
            (Some((_, b)), Some((_, a))) => Signer::Several(vec![a, b]),
        })
    }

    async fn plan(&self, request: &PlanRequest, _: &Cx) -> Result<Proposal<Step>, PlanError> {
        let from = number(&request.from);
        let to = request.to.as_ref().map_or(1 - from, number);
        let mut refusals: Vec<_> = self.trouble(to).await.into_iter().collect();
        if self.is_on_ledger() {
            match self.key().await {
                Ok(key) if key == from => {}
                Ok(_) => refusals.push(Refusal::new("ledger_key_changed", "the ledger names another", "look again")),
                Err(reason) => refusals.push(Refusal::new("unreadable", reason, "look at the sources")),
            }
        }
        if !refusals.is_empty() {
            return Err(PlanError::Refused(refusals));
        }
        let (short, long) = (Duration::from_secs(20), Duration::from_mins(2));
        let step = |deed| Step { deed, from, to };
        let plan = Plan::ready(step(Deed::Check), short);
        let plan = match self.class {
            Authority::SharedKey => {
                let fenced = plan.fence(step(Deed::Stop), Strength::Proves, long);
                fenced.prepare(step(Deed::Protect), short).activate(step(Deed::Start), long)?
            }
            Authority::Pointer => plan.move_pointer(step(Deed::Submit), long),
            Authority::Rotating => plan.rotate(step(Deed::Submit), long),
            Authority::Idempotent => plan.activate_parallel(step(Deed::Start), long),
        };
        Ok(Proposal { to: NodeName::new(node_name(to)), plan: plan.verify(step(Deed::Confirm), long).build() })
    }

    async fn prepare(&self, step: &Step, attempt: u32, _: &Cx) -> Result<Payload, StepError> {
        if step.deed != Deed::Submit {
            return Ok(Payload::new(format!("{step} {attempt}")));
        }
        let views = self.views().await;
        let mut heads: Vec<_> = views.iter().map(|view| view.head).collect();
        heads.sort_unstable_by(|a, b| b.cmp(a));
        let head = heads.get(AGREED - 1).copied().ok_or_else(|| retry("the sources do not agree"))?;
        let order = Order { to: step.to, until: head + VALIDITY_SLOTS, nonce: self.clock.now().0 };
        serde_json::to_vec(&order).map(Payload::new).map_err(|error| StepError::Refuse(error.into()))
    }

    async fn perform(&self, step: &Step, payload: &Payload, permit: Permit, _: &Cx) -> Result<Receipt, StepError> {
        let epoch = permit.epoch();
        match step.deed {
            Deed::Check => match self.trouble(step.to).await {
                None => Ok(done()),
                Some(refusal) => Err(retry(refusal.message)),
            },
            Deed::Stop => self.stop(step.from, epoch).await,
            Deed::Protect => self.protect(step, epoch).await,
            Deed::Start => {
                let view = self.node(step.to, Request::Start { epoch }).await.map_err(unknown)?;
                if view.enabled { Ok(done()) } else { Err(unknown("it does not sign")) }
            }
            Deed::Submit => self.submit(payload, epoch).await,
            Deed::Confirm => Err(unknown("to be seen")),
        }
    }

    async fn inspect(&self, step: &Step, payload: &Payload, epoch: Epoch, _: &Cx) -> Result<Effect, StepError> {
        let of_truth = |is: bool| if is { Effect::Done(done()) } else { Effect::None("it is not so".into()) };
        match step.deed {
            Deed::Check => Ok(of_truth(self.trouble(step.to).await.is_none())),
            Deed::Stop => {
                let view = self.node(step.from, Request::Status).await.map_err(retry)?;
                Ok(of_truth(self.is_fenced(&view, epoch)))
            }
            Deed::Protect => {
                let old = self.node(step.from, Request::Status).await.map_err(retry)?;
                let new = self.node(step.to, Request::Status).await.map_err(retry)?;
                Ok(of_truth(new.watermark >= old.watermark))
            }
            Deed::Start => {
                let view = self.node(step.to, Request::Status).await.map_err(retry)?;
                Ok(of_truth(view.enabled && (!self.checks_epochs || view.seen >= epoch)))
            }
            Deed::Submit => {
                let (fate, head) = self.fate(payload.bytes()).await.map_err(retry)?;
                let until = Order::read(payload.bytes()).map_or(u64::MAX, |order| order.until);
                Ok(match fate {
                    Fate::Effective => Effect::Done(done()),
                    Fate::Pending | Fate::Absent if self.planted.gives_up_payloads_early => Effect::Expired,
                    Fate::Committed | Fate::Pending => Effect::Pending,
                    Fate::Absent if head >= until => Effect::Expired,
                    Fate::Absent => Effect::None("the ledger does not know it".into()),
                })
            }
            Deed::Confirm => Ok(if self.is_signing(step.to).await { Effect::Done(done()) } else { Effect::Pending }),
        }
    }

    async fn undo(&self, step: &Step, permit: Permit, _: &Cx) -> Result<(), StepError> {
        if step.deed != Deed::Stop {
            return Ok(());
        }
        let view = self.node(step.from, Request::Start { epoch: permit.epoch() }).await.map_err(unknown)?;
        if view.enabled { Ok(()) } else { Err(unknown("it does not sign")) }
    }
}
