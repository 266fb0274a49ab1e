//! A person as the last rung.
use crate::doubt::{Doubt, FenceError};
use crate::fence::{Evidence, Fence, Rehearsal};
use crate::order::{Order, Target};
use async_trait::async_trait;
use std::time::Duration;
use watchdog_core::action::Stragglers;
use watchdog_core::cx::Cx;
use watchdog_core::fence::Strength;
use watchdog_core::fence::statement::Statement;

/// The last rung: a person has seen to it.
///
/// It proves as a statement alone, and there is none unattended: a configuration cannot contain one, so
/// that a ladder which rests on it is worth nothing until somebody has spoken.
#[derive(Clone, Debug, Default)]
pub struct OperatorStatement {
    given: Option<Statement>,
}

impl OperatorStatement {
    /// Nobody has said anything yet.
    pub fn awaited() -> Self {
        Self { given: None }
    }

    /// A statement of a person who was asked for it now, for this operation.
    pub fn given(statement: Statement) -> Self {
        Self { given: Some(statement) }
    }

    fn evidence(&self, order: &Order, cx: &Cx) -> Result<Evidence, FenceError> {
        let Target { validator, node } = &order.target;
        match &self.given {
            None => Err(Doubt::Weak("no operator has stated that the node cannot sign".to_owned()).into()),
            Some(statement) if !statement.is_about(validator, node) => {
                Err(Doubt::Elsewhere("the statement is about another node".to_owned()).into())
            }
            Some(statement) if !statement.counts(cx.clock()) => {
                Err(Doubt::Weak("the operator's statement is too old to count: look again".to_owned()).into())
            }
            Some(statement) => Ok(Evidence(serde_json::json!({ "statement": statement, "epoch": order.epoch }))),
        }
    }
}

#[async_trait]
impl Fence for OperatorStatement {
    fn strength(&self) -> Strength {
        if self.given.is_some() { Strength::Proves } else { Strength::None }
    }

    async fn fence(&self, order: &Order, cx: &Cx) -> Result<Evidence, FenceError> {
        self.evidence(order, cx)
    }

    async fn verify(&self, order: &Order, cx: &Cx) -> Result<Evidence, FenceError> {
        self.evidence(order, cx)
    }

    async fn rehearse(&self, target: &Target, _: &Cx) -> Result<Rehearsal, FenceError> {
        let found = format!("a person would be asked to state that {} cannot sign", target.node);
        Ok(Rehearsal { found, lacking: vec![] })
    }

    fn awaits_statement(&self) -> bool {
        true
    }

    /// Nothing is taken back where nothing was stated.
    async fn lift(&self, _: &Order, _: &Cx) -> Result<Evidence, FenceError> {
        match &self.given {
            None => Ok(Evidence(serde_json::Value::Null)),
            Some(_) => Err(FenceError::Refused("what a person has done, a person takes back".to_owned())),
        }
    }

    /// No command goes anywhere.
    fn stragglers(&self, _: Duration) -> Stragglers {
        Stragglers::Refused
    }
}
