//! A plan as it is shown, and the digest by which it is ordered.
use super::Shared;
use super::board::Live;
use crate::action::{PlanRequest, Refusal};
use crate::clock::Timestamp;
use crate::id::ValidatorName;
use crate::plan::Plan;
use crate::status::{Offer, OfferedStep};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// The offer of a plan.
pub(super) fn offer(live: &Live, request: &PlanRequest, plan: &Plan<Value>, shared: &Shared) -> Offer {
    let digest = digest_of(&live.name, request, plan);
    let step = |planned: &crate::plan::Planned<Value>| OfferedStep {
        role: planned.role,
        text: live.actor.describe(&planned.step),
        strength: planned.strength,
        limit_seconds: planned.limit.as_secs_f64(),
    };
    let expires_at: Timestamp = shared.clock.now().after(shared.parameters.plan_lasts);
    Offer {
        id: format!("plan_{}", digest.chars().take(16).collect::<String>()),
        digest,
        expires_at,
        validator: live.name.clone(),
        kind: request.kind,
        from: request.from.clone(),
        to: request.to.clone(),
        authority: plan.authority(),
        steps: plan.steps().iter().map(step).collect(),
    }
}

/// Two plans are the same where the same would be done to the same validator. The cause is left out:
/// its numbers change with every round.
pub(super) fn digest_of(validator: &ValidatorName, request: &PlanRequest, plan: &Plan<Value>) -> String {
    let what =
        json!({ "validator": validator, "kind": request.kind, "from": request.from, "to": request.to, "plan": plan });
    hex::encode(Sha256::digest(what.to_string()))
}

/// Why a plan that was made earlier is not begun.
pub(super) fn stale(message: String) -> Refusal {
    Refusal::new("plan_stale", message, "plan again, look at it, and execute the new one")
}
