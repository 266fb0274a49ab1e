//! The step that sends: making the payload, handing it in, and finding out what came of it.
use super::draft::Draft;
use super::fate::{self, Fate, Known, Patience};
use super::gather::{Call as Asked, Enough, gather};
use super::look::{Component, Looks};
use super::step::{RadixStep, Wish};
use super::submit::{self, Submission};
use crate::config::Refined;
use crate::probe::Freshness;
use crate::probe::gateway::wall;
use crate::tx::{Call, Epoch, Notarized};
use serde_json::json;
use watchdog_core::action::{Effect, Receipt, StepError};
use watchdog_core::cx::Cx;
use watchdog_core::id::NodeName;
use watchdog_core::payload::Payload;
use watchdog_core::probe::ProbeError;

/// The signed transaction of `wish` for this epoch: the first of its window that nobody knows as
/// committed or rejected for good.
pub(super) async fn prepare(settings: &Refined, wish: &Wish<'_>, cx: &Cx) -> Result<Payload, StepError> {
    let draft = Draft::of(settings, wish).map_err(|e| StepError::Refuse(e.into()))?;
    let epoch = epoch(settings, wish.from, cx).await?;
    for intent in draft.intents(epoch) {
        let id = intent.hash().to_string();
        let (reports, mut blind) = fate::ask(settings, &id, wish.from, Patience::First, cx).await;
        if reports.is_empty() {
            return Err(StepError::Retry(blind.pop().map_or_else(|| "no source can be asked".into(), Into::into)));
        }
        let is_spent =
            |known: &Known| matches!(known, Known::Succeeded { .. } | Known::Failed { .. } | Known::Rejected { .. });
        if !reports.iter().any(|report| is_spent(&report.status)) {
            let signed = intent.sign(draft.key()).map_err(|e| StepError::Refuse(e.into()))?;
            return Ok(Payload::new(signed.bytes));
        }
    }
    Err(StepError::Refuse("every intent of these epochs is spent: wait four epochs".into()))
}

/// Epoch of the ledger: a node's word, else a gateway's.
async fn epoch(settings: &Refined, except: &NodeName, cx: &Cx) -> Result<Epoch, StepError> {
    let freshness = Freshness { limit: settings.probe.stale_after.0 };
    let mut calls: Vec<Asked<Result<(bool, u64), ProbeError>>> = Vec::new();
    for core in settings.nodes.iter().filter(|node| node.name != *except).filter_map(|node| node.core.clone()) {
        let cx = cx.clone();
        calls.push(Box::pin(async move {
            let at = core.construction().await.map_err(|e| e.blind(core.name()))?;
            freshness.check(core.name(), cx.clock().now(), at.ledger_clock.timestamp())?;
            Ok((true, at.current_epoch))
        }));
    }
    for gateway in settings.gateways.iter().map(|gateway| gateway.client.clone()) {
        let cx = cx.clone();
        calls.push(Box::pin(async move {
            let at = gateway.construction().await.map_err(|e| e.blind(gateway.name()))?.ledger_state;
            freshness.check(gateway.name(), cx.clock().now(), wall(at.proposer_round_timestamp))?;
            Ok((false, at.epoch))
        }));
    }
    let mut answers = gather(
        calls,
        |answer| if matches!(answer, Ok((true, _))) { Enough::Yes } else { Enough::nearly(answer.is_ok()) },
        cx,
    )
    .await;
    let told = answers.iter().filter_map(|answer| answer.as_ref().ok()).max_by_key(|(is_node, _)| *is_node);
    match (told, answers.iter().position(Result::is_err)) {
        (Some((_, epoch)), _) => Ok(Epoch(*epoch)),
        (None, Some(place)) => match answers.swap_remove(place) {
            Err(error) => Err(StepError::Retry(error.into())),
            Ok((_, epoch)) => Ok(Epoch(epoch)),
        },
        (None, None) => Err(StepError::Retry("no source can be asked for the epoch".into())),
    }
}

/// Hands the payload in. Never done by this alone: acceptance is no commitment.
pub(super) async fn send(settings: &Refined, payload: &Payload, from: &NodeName, cx: &Cx) -> StepError {
    let signed = match Notarized::from_bytes(payload.bytes()) {
        Ok(signed) => signed,
        Err(error) => return StepError::Refuse(error.into()),
    };
    match submit::submit(settings, payload.bytes(), from, cx).await {
        Submission::Taken { by } => {
            StepError::Unknown(format!("submitted to {}, not yet committed", by.join(", ")).into())
        }
        Submission::Open(reason) => StepError::Unknown(reason.into()),
        Submission::Never(reason) => {
            // Everybody refuses what is over or done as well: that is for the status to tell.
            let id = signed.hashes.intent.to_string();
            let (reports, _) = fate::ask(settings, &id, from, Patience::Everybody, cx).await;
            match fate::join(&reports, signed.header().end_epoch.0) {
                Some(Fate::Open) => StepError::Refuse(reason.into()),
                _ => StepError::Unknown(reason.into()),
            }
        }
    }
}

/// What came of the payload, and whether the validator is as it was wished.
pub(super) async fn inspect(
    settings: &Refined,
    step: &RadixStep,
    payload: &Payload,
    cx: &Cx,
) -> Result<Effect, StepError> {
    let wish = step.wish().ok_or_else(|| StepError::Refuse("this step sends nothing".into()))?;
    let signed = Notarized::from_bytes(payload.bytes()).map_err(|e| StepError::Refuse(e.into()))?;
    let id = signed.hashes.intent.to_string();
    let (asked, looks) = tokio::join!(
        fate::ask(settings, &id, wish.from, Patience::Everybody, cx),
        Looks::take(settings, Some(wish.from), cx)
    );
    let (reports, mut blind) = asked;
    let Some(fate) = fate::join(&reports, signed.header().end_epoch.0) else {
        return Err(StepError::Unknown(blind.pop().map_or_else(|| "no source can be asked".into(), Into::into)));
    };
    let component = looks.agreed(settings.policy.need, |look| Some(look.component));
    let seen = component.map_or(Seen::Untold, |component| Seen::of(component, &wish));
    Ok(match (fate, seen) {
        (Fate::Succeeded { state_version }, Seen::Wished) => {
            Effect::Done(Receipt(json!({ "transaction": id, "state_version": state_version })))
        }
        (Fate::Succeeded { .. } | Fate::Expired, Seen::Other(what)) => {
            Effect::Refused(format!("somebody else acted: {what}"))
        }
        (Fate::Doomed { reason }, _) => Effect::Refused(reason),
        (Fate::Expired, _) => Effect::Expired,
        // Committed without a trace yet, or it may still commit; to send it again would act against
        // whoever acted meanwhile.
        (Fate::Succeeded { .. } | Fate::Underway, _) | (Fate::Open, Seen::Other(_)) => Effect::Pending,
        (Fate::Open, _) => Effect::None("the ledger has not taken the transaction up".into()),
    })
}

/// The validator as the ledger has it, against what was wished.
enum Seen {
    /// As it was.
    Before,
    /// As it was wished.
    Wished,
    /// As somebody else wished.
    Other(String),
    /// Too few views, or they disagree.
    Untold,
}

impl Seen {
    fn of(component: Component, wish: &Wish<'_>) -> Self {
        let Component { key, is_registered } = component;
        match wish.call {
            Call::UpdateKey(new) if key == new => Self::Wished,
            Call::Unregister if !is_registered => Self::Wished,
            _ if key == wish.old_key => Self::Before,
            _ => Self::Other(format!("the validator's key is {key}")),
        }
    }
}
