//! Whether the key change would work and help, from fresh readings and a preview.
use super::draft::{Draft, DraftError};
use super::gather::{Call as Asked, Enough, gather};
use super::look::Looks;
use super::refusals::{self, Obstacle, Previews, Word};
use super::step::Passage;
use crate::client::gateway::{Preview, PreviewRequest, PreviewStatus};
use crate::client::{ApiError, SystemClient};
use crate::config::{NodeSource, Refined};
use crate::keys::NodeKey;
use crate::tx::{Call, Decimal, Epoch, Purpose};
use async_trait::async_trait;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use watchdog_core::action::{Kind, Receipt, Refusal, StepError};
use watchdog_core::clock::Uptime;
use watchdog_core::cx::Cx;
use watchdog_core::id::NodeName;
use watchdog_core::service::{Ready, Service, ServiceError};

/// Time between two proofs that nobody asked for.
const EVERY: Duration = Duration::from_hours(1);
/// The same after one that failed.
const EVERY_WHILE_FAILING: Duration = Duration::from_mins(5);
/// The account should hold this many times what a transaction locks.
const RESERVE: u32 = 10;

/// What stands against a key change.
#[derive(Debug, Default)]
pub(super) struct Assessment {
    /// Whatever the successor.
    pub(super) general: Vec<Obstacle>,
    /// For each successor, in the order in which they were named.
    pub(super) successors: Vec<Assessed>,
    /// Length that epochs aim at.
    pub(super) target: Option<Duration>,
    /// What the account holds.
    balance: Option<Decimal>,
    /// Protocol versions by node.
    protocols: BTreeMap<NodeName, String>,
}

/// One successor.
#[derive(Debug)]
pub(super) struct Assessed {
    /// Which.
    node: NodeName,
    /// What stands against it.
    pub(super) obstacles: Vec<Obstacle>,
    /// State version and epoch that it was found at.
    at: Option<(u64, u64)>,
    /// What the transaction costs.
    cost: Option<Decimal>,
}

impl Assessment {
    fn obstacles(&self) -> impl Iterator<Item = &Obstacle> {
        self.general.iter().chain(self.successors.iter().flat_map(|one| &one.obstacles))
    }

    /// Every refusal, those for all successors first, none twice.
    pub(super) fn refusals(&self) -> Vec<Refusal> {
        let mut refusals: Vec<Refusal> = Vec::new();
        for obstacle in self.obstacles() {
            if !refusals.contains(&obstacle.refusal) {
                refusals.push(obstacle.refusal.clone());
            }
        }
        refusals
    }

    /// The proof that `to` can take over, once nothing stands against it.
    pub(super) fn receipt(&self, to: &NodeSource) -> Receipt {
        let assessed = self.successors.iter().find(|one| one.node == to.name);
        let (at, cost) = (assessed.and_then(|one| one.at).unzip(), assessed.and_then(|one| one.cost));
        Receipt(json!({
            "node": to.name, "key": to.key, "state_version": at.0, "epoch": at.1, "preview": "succeeded", "cost_xrd": cost,
        }))
    }

    /// The whole as the error of a step: worth another look where every obstacle may pass.
    fn error(&self) -> StepError {
        let reasons =
            self.refusals().iter().map(|r| format!("{}: {}", r.code, r.message)).collect::<Vec<_>>().join("; ");
        if self.obstacles().all(|obstacle| obstacle.is_transient) {
            StepError::Retry(reasons.into())
        } else {
            StepError::Refuse(reasons.into())
        }
    }
}

/// How long a proof made for a plan serves as its first step.
const PROOF_LASTS: Duration = Duration::from_secs(3);

/// The newest proof that was made for a plan. It serves once.
#[derive(Debug, Default)]
pub(super) struct NewestProof(Mutex<Option<Proof>>);

#[derive(Debug)]
struct Proof {
    at: Uptime,
    kind: Kind,
    passage: Passage,
    receipt: Receipt,
}

impl NewestProof {
    /// Keeps a proof whose readings began at `at`.
    pub(super) fn keep(&self, at: Uptime, kind: Kind, passage: Passage, receipt: Receipt) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Proof { at, kind, passage, receipt });
    }

    fn take(&self, kind: Kind, passage: &Passage, cx: &Cx) -> Option<Receipt> {
        let proof = self.0.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        let is_fresh = cx.clock().uptime().since(proof.at) <= PROOF_LASTS;
        (is_fresh && proof.kind == kind && proof.passage == *passage).then_some(proof.receipt)
    }
}

/// Assesses `successors` of `from`. Everything is asked at once, but for the previews, which need
/// to know the epoch.
pub(super) async fn assess(
    settings: &Refined,
    kind: Kind,
    from: &NodeSource,
    successors: &[&NodeSource],
    cx: &Cx,
) -> Assessment {
    // A node presumed dead is not waited for, and its word is not needed.
    let except = (kind == Kind::Failover).then_some(&from.name);
    let nodes = successors.iter().copied().chain((kind == Kind::Switchover).then_some(from));
    let asked: Vec<_> = nodes.filter_map(|node| Some((node.name.clone(), node.system.clone()?))).collect();
    let (looks, words) = tokio::join!(Looks::take(settings, except, cx), words(asked, cx));
    let mut general = refusals::of_ledger(settings, &looks, from);
    general.extend(refusals::of_account(settings, &looks));
    if kind == Kind::Switchover {
        general.extend(refusals::of_signer(from, words.get(&from.name)));
    }
    let mut assessment =
        Assessment { general, target: looks.target(), balance: balance(&looks), ..Assessment::default() };
    for node in successors {
        let mut obstacles = refusals::of_successor(settings, &looks, from, node, words.get(&node.name));
        let purpose = Purpose::Failover { old: from.key, new: node.key };
        let previews = previews(settings, &looks, Some(node), Call::UpdateKey(node.key), purpose, cx).await;
        obstacles.extend(previews.as_ref().and_then(refusals::of_previews));
        let at = looks.at(&node.name).map(|look| (look.state_version, look.epoch));
        assessment.successors.push(Assessed {
            node: node.name.clone(),
            obstacles,
            at,
            cost: previews.as_ref().and_then(refusals::cost),
        });
    }
    assessment.protocols =
        words.into_iter().filter_map(|(name, word)| Some((name, word.health.ok()?.current_protocol_version))).collect();
    assessment
}

/// Assesses whether the validator can be unregistered.
pub(super) async fn assess_leaving(settings: &Refined, from: &NodeSource, cx: &Cx) -> Assessment {
    let looks = Looks::take(settings, Some(&from.name), cx).await;
    let mut general = refusals::of_ledger(settings, &looks, from);
    general.extend(refusals::of_account(settings, &looks));
    let previews = previews(settings, &looks, None, Call::Unregister, Purpose::Other(Call::Unregister), cx).await;
    general.extend(previews.as_ref().and_then(refusals::of_previews));
    Assessment { general, target: looks.target(), balance: balance(&looks), ..Assessment::default() }
}

fn balance(looks: &Looks) -> Option<Decimal> {
    looks.fresh.iter().filter_map(|look| look.holdings.as_ref()?.xrd).max()
}

/// What nodes say of themselves.
async fn words(nodes: Vec<(NodeName, SystemClient)>, cx: &Cx) -> BTreeMap<NodeName, Word> {
    let late = || Word { health: Err("no answer in time".to_owned()), identity: Err("no answer in time".to_owned()) };
    let mut words: BTreeMap<_, _> = nodes.iter().map(|(name, _)| (name.clone(), late())).collect();
    let calls = nodes.into_iter().map(|(name, system)| async move {
        let (health, identity) = tokio::join!(system.health(), system.identity());
        (name, Word { health: health.map_err(|e| e.line()), identity: identity.map_err(|e| e.line()) })
    });
    words.extend(gather(calls, |(_, word)| Enough::nearly(word.identity.is_ok() && word.health.is_ok()), cx).await);
    words
}

/// Who was asked for a preview, whether that is a node, and what it answered.
type Previewed = (String, bool, Result<Preview, ApiError>);

/// Previews of `call` through every gateway and the successor's own node; `None` where there is no
/// key to make it with, or no fresh view to tell the epoch.
async fn previews(
    settings: &Refined,
    looks: &Looks,
    to: Option<&NodeSource>,
    call: Call,
    purpose: Purpose,
    cx: &Cx,
) -> Option<Previews> {
    let epoch = Epoch(looks.fresh.first()?.epoch);
    let request = match Draft::new(settings, call, purpose) {
        Ok(draft) => Arc::new(draft.preview(epoch)),
        Err(DraftError::NoOwner | DraftError::NoKey) => return None,
        Err(error @ DraftError::Call(_)) => {
            return Some(Previews { failed: vec![error.to_string()], ..Previews::default() });
        }
    };
    let mut calls: Vec<Asked<Previewed>> = Vec::new();
    let nodes = settings.nodes.iter().filter(|node| to.is_none_or(|to| to.name == node.name));
    for (name, core) in nodes.filter_map(|node| Some((node.name.to_string(), node.core.clone()?))) {
        let request: Arc<PreviewRequest> = request.clone();
        calls.push(Box::pin(async move { (name, true, core.preview(&request).await) }));
    }
    for gateway in &settings.gateways {
        let (name, client, request) = (gateway.name.clone(), gateway.client.clone(), request.clone());
        calls.push(Box::pin(async move { (name, false, client.preview(&request).await) }));
    }
    let mut previews = Previews::default();
    // The word of the operator's own node that it succeeds needs no other.
    let enough = |(_, is_node, answer): &Previewed| match answer {
        Ok(preview) if *is_node && preview.receipt.status == PreviewStatus::Succeeded => Enough::Yes,
        answer => Enough::nearly(answer.is_ok()),
    };
    for (name, is_node, answer) in gather(calls, enough, cx).await {
        match answer {
            Ok(preview) => previews.given.push((name, is_node, preview)),
            Err(error) => previews.failed.push(format!("{name}: {}", error.line())),
        }
    }
    Some(previews)
}

/// Proves that `passage` can be made, as the step that every plan begins with. What was proven for
/// the plan itself a moment ago is not asked for again: seconds count.
pub(super) async fn prove(
    settings: &Refined,
    kind: Kind,
    passage: &Passage,
    newest: &NewestProof,
    cx: &Cx,
) -> Result<Receipt, StepError> {
    if let Some(receipt) = newest.take(kind, passage, cx) {
        return Ok(receipt);
    }
    let node = |name: &NodeName, key: NodeKey| {
        let found = settings.node(name).filter(|node| node.key == key);
        found.ok_or_else(|| StepError::Refuse(format!("the config no longer has node {name} with key {key}").into()))
    };
    let (from, to) = (node(&passage.from, passage.old_key)?, node(&passage.to, passage.new_key)?);
    let found = assess(settings, kind, from, &[to], cx).await;
    if found.obstacles().next().is_some() {
        return Err(found.error());
    }
    Ok(found.receipt(to))
}

/// Proves that the validator can be unregistered.
pub(super) async fn prove_leaving(
    settings: &Refined,
    from: &NodeName,
    key: NodeKey,
    cx: &Cx,
) -> Result<Receipt, StepError> {
    let node = settings.node(from).filter(|node| node.key == key);
    let node =
        node.ok_or_else(|| StepError::Refuse(format!("the config no longer has node {from} with key {key}").into()))?;
    let found = assess_leaving(settings, node, cx).await;
    if found.obstacles().next().is_some() {
        return Err(found.error());
    }
    Ok(Receipt(json!({ "preview": "succeeded" })))
}

/// Proves, at the start and every hour, that a failover would work now: a backup that is not ready,
/// a badge that was moved or an account without XRD is better found before it is needed.
///
/// It only reads. What it finds is logged, as a warning where it may pass and as an error where a
/// person must act.
#[derive(Debug)]
pub struct ReadinessService {
    name: String,
    settings: Arc<Refined>,
}

impl ReadinessService {
    /// Proves it for the validator of `settings`; `name` is that of the validator.
    pub fn new(name: &str, settings: Arc<Refined>) -> Self {
        Self { name: format!("{name}.readiness"), settings }
    }

    /// One proof. Whether nothing stands against a failover.
    async fn look(&self, cx: &Cx) -> bool {
        let settings = &*self.settings;
        let looks = Looks::take(settings, None, cx).await;
        let component = looks.agreed(settings.policy.need, |look| Some(look.component));
        let Some(signer) = component.and_then(|component| settings.holder(&component.key)) else {
            tracing::warn!(
                service = self.name,
                "readiness was not looked at: no configured node signs, or too few views agree"
            );
            return false;
        };
        let successors: Vec<_> = settings.nodes.iter().filter(|node| node.name != signer.name).collect();
        // As for a failover: what must hold when the signer is gone.
        let found = assess(settings, Kind::Failover, signer, &successors, cx).await;
        self.report(&found, &successors);
        found.general.is_empty() && found.successors.iter().any(|one| one.obstacles.is_empty())
    }

    fn report(&self, found: &Assessment, successors: &[&NodeSource]) {
        for Obstacle { refusal, is_transient } in found.obstacles() {
            let Refusal { code, message, hint } = refusal;
            if *is_transient {
                tracing::warn!(service = self.name, code, hint, "failover would be refused now: {message}");
            } else {
                tracing::error!(service = self.name, code, hint, "failover would be refused: {message}");
            }
        }
        for (node, one) in successors.iter().zip(&found.successors) {
            if found.general.is_empty() && one.obstacles.is_empty() {
                let cost = one.cost.map(|cost| cost.to_string());
                tracing::info!(service = self.name, node = %node.name, cost_xrd = cost, "failover was proven possible");
            }
        }
        let reserve = self.settings.fee_lock.checked_mul(RESERVE);
        if let Some((balance, reserve)) = found.balance.zip(reserve).filter(|(balance, reserve)| balance < reserve) {
            tracing::warn!(service = self.name, balance_xrd = %balance, reserve_xrd = %reserve, "owner_account runs low: send it XRD");
        }
        let versions: std::collections::BTreeSet<_> = found.protocols.values().collect();
        if versions.len() > 1 {
            tracing::warn!(service = self.name, protocols = ?found.protocols, "nodes run different protocol versions: update the older");
        }
    }
}

#[async_trait]
impl Service for ReadinessService {
    fn name(&self) -> &str {
        &self.name
    }

    async fn run(&self, cx: &Cx, ready: Ready) -> Result<(), ServiceError> {
        ready.announce();
        while !cx.is_cancelled() {
            let is_ready = self.look(cx).await;
            let wait = if is_ready { EVERY } else { EVERY_WHILE_FAILING };
            if cx.sleep_until(cx.clock().uptime().after(wait)).await.is_err() {
                break;
            }
        }
        Ok(())
    }
}
