//! What keeps a node from signing, seen before it is needed.
use super::board::Live;
use crate::action::Refusal;
use crate::config::Mode;
use crate::fence::Strength;
use crate::gates::Gate;
use crate::id::NodeName;
use crate::status::FenceStatus;
use crate::unit::Actor;

/// What the fence of each node is worth; nothing where the validator needs none.
pub(super) fn fences(actor: &dyn Actor) -> Vec<FenceStatus> {
    let fence = |node: NodeName| actor.fence_strength(&node).map(|strength| FenceStatus { node, strength });
    actor.nodes().into_iter().filter_map(fence).collect()
}

/// Whether validation may move away from `signer`, as far as its fence goes: the gate at which a plan is
/// refused otherwise. Where nobody knows who signs, the weakest fence counts; `None` where none is needed.
pub(super) fn gate(actor: &dyn Actor, signer: Option<&NodeName>) -> Option<Gate> {
    let of_signer = |fence: &FenceStatus| signer.is_none_or(|signer| *signer == fence.node);
    let weakest = fences(actor).into_iter().filter(of_signer).min_by_key(|fence| fence.strength)?;
    let refusal = weakest.strength.proven().err().map(|weak| {
        let FenceStatus { node, strength } = &weakest;
        let message = format!(
            "several nodes can sign with one key, and no fence of `{node}` proves that it stopped: the strongest is \
             worth `{strength}`"
        );
        Refusal { message, ..weak.into() }
    });
    Some(Gate::of_truth("fence_proves", weakest.strength == Strength::Proves, true, refusal))
}

/// Says at once, and not in the night in which it is needed, that validation will not move.
pub(super) fn warn(live: &Live) {
    if live.conduct.mode == Mode::Observe {
        return;
    }
    for FenceStatus { node, strength } in fences(&*live.actor) {
        if strength.proven().is_err() {
            tracing::warn!(
                validator = %live.name,
                %node,
                %strength,
                "no fence of this node proves that it stopped, so validation will not move away from it by itself: give \
                 it one that does, and rehearse it with `tanist fence test`"
            );
        }
    }
}
