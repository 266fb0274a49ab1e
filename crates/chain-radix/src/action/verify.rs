//! The steps that only look: whether what was committed came into effect.
use super::look::{Looks, Set};
use super::step::{Passage, RadixStep};
use crate::client::system::ConsensusStatus;
use crate::config::Refined;
use serde_json::json;
use watchdog_core::action::{Effect, Receipt, StepError};
use watchdog_core::cx::Cx;

/// Looks once.
pub(super) async fn look(settings: &Refined, step: &RadixStep, cx: &Cx) -> Result<Effect, StepError> {
    // The node that signed before may be gone; what it shows is not needed.
    let (RadixStep::AwaitEffective { passage: Passage { from, .. } }
    | RadixStep::AwaitProposal { passage: Passage { from, .. } }
    | RadixStep::AwaitLeft { from, .. }) = step
    else {
        return Err(StepError::Refuse("this step does more than look".into()));
    };
    let mut looks = Looks::take(settings, Some(from), cx).await;
    let Some((look, set)) = looks.set() else {
        return Err(StepError::Unknown(
            looks.blind.pop().map_or_else(|| "no source shows the validator set".into(), Into::into),
        ));
    };
    let component = looks.agreed(settings.policy.need, |look| Some(look.component));
    let proof = json!({ "epoch": look.epoch, "state_version": look.state_version });
    Ok(match step {
        RadixStep::AwaitLeft { .. } if set.own_key.is_none() => Effect::Done(Receipt(proof)),
        RadixStep::AwaitProposal { passage } => proposal(settings, passage, set, proof, cx).await,
        RadixStep::AwaitEffective { passage } => match (set.own_key, component) {
            (Some(key), _) if key == passage.new_key => Effect::Done(Receipt(proof)),
            (_, Some(component)) if component.key != passage.new_key => {
                Effect::Refused(format!("somebody else acted: the validator's key is {}", component.key))
            }
            _ => Effect::Pending,
        },
        _ => Effect::Pending,
    })
}

/// Whether the new key has made a proposal, and its node agrees that it validates.
async fn proposal(settings: &Refined, passage: &Passage, set: &Set, proof: serde_json::Value, cx: &Cx) -> Effect {
    match set.own_key {
        Some(key) if key != passage.new_key => {
            return Effect::Refused(format!("somebody else acted: the set names {key}"));
        }
        None => return Effect::Refused("the validator left the set".to_owned()),
        Some(_) => {}
    }
    let system = settings.node(&passage.to).and_then(|node| node.system.as_ref());
    let says = match system {
        Some(system) => {
            cx.bound(system.identity()).await.ok().and_then(Result::ok).map(|identity| identity.consensus_status)
        }
        None => None,
    };
    // A proposal is the proof; a node that cannot be asked takes nothing from it.
    let agrees = says.is_none_or(|status| status == ConsensusStatus::ValidatingInCurrentEpoch);
    if set.own_made > 0 && agrees { Effect::Done(Receipt(proof)) } else { Effect::Pending }
}
