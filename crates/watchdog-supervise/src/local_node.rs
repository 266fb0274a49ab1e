//! A signer on the engine's own host.
use crate::doubt::FenceError;
use crate::fence::{Evidence, Fence, Rehearsal};
use crate::forced_command::rehearsal;
use crate::node::Node;
use crate::order::{Order, Target};
use crate::wire::Request;
use async_trait::async_trait;
use std::time::Duration;
use watchdog_core::action::Stragglers;
use watchdog_core::cx::Cx;
use watchdog_core::fence::Strength;

/// The process group (or unit) of a signer on this host, stopped and looked for without a network
/// between. Proves as [`ForcedCommand`](crate::forced_command::ForcedCommand) does: the same node does
/// the same work.
#[derive(Clone, Debug)]
pub struct LocalNode {
    node: Node,
}

impl LocalNode {
    /// The node on this host; it has no lease of its own.
    pub fn new(node: Node) -> Self {
        Self { node }
    }
}

#[async_trait]
impl Fence for LocalNode {
    fn strength(&self) -> Strength {
        Strength::Proves
    }

    async fn fence(&self, order: &Order, cx: &Cx) -> Result<Evidence, FenceError> {
        let answer = self.node.answer(&Request::Fence(order.clone()), cx).await;
        answer.fenced(order)?;
        Ok(answer.evidence())
    }

    async fn verify(&self, order: &Order, cx: &Cx) -> Result<Evidence, FenceError> {
        let answer = self.node.answer(&Request::Status(order.target.clone()), cx).await;
        answer.fenced(order)?;
        Ok(answer.evidence())
    }

    async fn rehearse(&self, target: &Target, cx: &Cx) -> Result<Rehearsal, FenceError> {
        let answer = self.node.answer(&Request::Status(target.clone()), cx).await;
        Ok(rehearsal(&answer))
    }

    /// The node compares epochs, and remembers the newest.
    fn stragglers(&self, _: Duration) -> Stragglers {
        Stragglers::Refused
    }

    async fn lift(&self, order: &Order, cx: &Cx) -> Result<Evidence, FenceError> {
        let answer = self.node.answer(&Request::Grant { order: order.clone(), term: 0 }, cx).await;
        answer.granted(order)?;
        Ok(answer.evidence())
    }
}
