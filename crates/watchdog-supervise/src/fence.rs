//! The one interface of every fence.
use crate::doubt::FenceError;
use crate::order::{Order, Target};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt;
use std::time::Duration;
use watchdog_core::action::Stragglers;
use watchdog_core::cx::Cx;
use watchdog_core::fence::Strength;

/// A way to keep one node from signing. Every call is bounded by the deadline of its `cx`; a call
/// that is dropped leaves no child process of its own behind.
#[async_trait]
pub trait Fence: fmt::Debug + Send + Sync {
    /// What this fence is worth where it succeeds.
    fn strength(&self) -> Strength;

    /// Takes the authority away. May be repeated with the same or a newer epoch: the effect is that
    /// of doing it once. `Ok` says that the fence itself believes to have succeeded; whether that is
    /// so, [`verify`](Self::verify) tells.
    async fn fence(&self, order: &Order, cx: &Cx) -> Result<Evidence, FenceError>;

    /// Reads again whether the authority is gone. Changes nothing.
    async fn verify(&self, order: &Order, cx: &Cx) -> Result<Evidence, FenceError>;

    /// The harmless form: walks the whole way up to the effect, and says what it met. Changes nothing.
    async fn rehearse(&self, target: &Target, cx: &Cx) -> Result<Rehearsal, FenceError>;

    /// Gives the authority back. Only with an epoch newer than that of the fence, and never where
    /// another node may have been activated.
    async fn lift(&self, order: &Order, cx: &Cx) -> Result<Evidence, FenceError>;

    /// Whether this is the place of an operator's statement: without one, nobody is asked.
    fn awaits_statement(&self) -> bool {
        false
    }

    /// What becomes of a command that arrives late, where one command has `limit`. In doubt it may take
    /// effect as long as it had time.
    fn stragglers(&self, limit: Duration) -> Stragglers {
        Stragglers::Within(limit)
    }
}

/// What a fence saw, to be journaled: plain facts, no secret.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Evidence(pub Value);

/// What a rehearsal met.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Rehearsal {
    /// One line for people: what answered, and in which state it is.
    pub found: String,
    /// What would keep the fence from being a proof, each with its remedy. Empty where it would hold.
    pub lacking: Vec<String>,
}
