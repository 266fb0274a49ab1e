//! The node's own command behind a key that can do nothing else.
use crate::doubt::{Doubt, FenceError};
use crate::fence::{Evidence, Fence, Rehearsal};
use crate::order::{Order, Target};
use crate::ssh::SshSettings;
use crate::wire::{Answer, Request, State};
use async_trait::async_trait;
use std::time::Duration;
use watchdog_core::action::Stragglers;
use watchdog_core::cx::Cx;
use watchdog_core::fence::Strength;

/// `tanist sidecar answer` on the node, as the forced command of an SSH key (`restrict,command="…"`).
///
/// Proves: the node journals the command, stops the signer, and looks for what is left of it; only exit
/// status 0 *and* the one line that names this node, this epoch and the state `fenced` count.
#[derive(Clone, Debug)]
pub struct ForcedCommand {
    ssh: SshSettings,
}

impl ForcedCommand {
    /// The command behind `ssh`.
    pub fn new(ssh: SshSettings) -> Self {
        Self { ssh }
    }

    async fn ask(&self, request: &Request, cx: &Cx) -> Result<Answer, FenceError> {
        let finished = self.ssh.run(&request.to_string(), cx).await?;
        let (status, target) = (finished.status, request.target());
        let answer = Answer::read(&finished.output, target);
        match answer {
            // A refusal is said by status and by answer; either alone is strange.
            Ok(answer) if status.success() || matches!(answer.state, State::Refused | State::Stale) => Ok(answer),
            Ok(answer) => {
                let reason = answer.reason.unwrap_or_else(|| format!("it ended with {status}"));
                Err(Doubt::StillThere(reason).into())
            }
            Err(doubt) if status.success() => Err(doubt.into()),
            Err(_) => Err(Doubt::Status(status.to_string()).into()),
        }
    }
}

#[async_trait]
impl Fence for ForcedCommand {
    fn strength(&self) -> Strength {
        Strength::Proves
    }

    async fn fence(&self, order: &Order, cx: &Cx) -> Result<Evidence, FenceError> {
        let answer = self.ask(&Request::Fence(order.clone()), cx).await?;
        answer.fenced(order)?;
        Ok(answer.evidence())
    }

    async fn verify(&self, order: &Order, cx: &Cx) -> Result<Evidence, FenceError> {
        let answer = self.ask(&Request::Status(order.target.clone()), cx).await?;
        answer.fenced(order)?;
        Ok(answer.evidence())
    }

    async fn rehearse(&self, target: &Target, cx: &Cx) -> Result<Rehearsal, FenceError> {
        let answer = self.ask(&Request::Status(target.clone()), cx).await?;
        Ok(rehearsal(&answer))
    }

    /// The node compares epochs, and remembers the newest.
    fn stragglers(&self, _: Duration) -> Stragglers {
        Stragglers::Refused
    }

    async fn lift(&self, order: &Order, cx: &Cx) -> Result<Evidence, FenceError> {
        // The term is named, so that a command that arrives after the node's lease has lapsed grants nothing.
        let status = self.ask(&Request::Status(order.target.clone()), cx).await?;
        let grant = Request::Grant { order: order.clone(), term: status.term.unwrap_or_default() };
        let answer = self.ask(&grant, cx).await?;
        answer.granted(order)?;
        Ok(answer.evidence())
    }
}

pub(crate) fn rehearsal(answer: &Answer) -> Rehearsal {
    let (token, seq) = (answer.epoch.token, answer.epoch.seq);
    let found = format!("the node answers: {}, newest command {token}.{seq}", answer.state);
    Rehearsal { found, lacking: answer.reason.clone().into_iter().collect() }
}
