//! What a person says that they have done.
use crate::doubt::{Doubt, FenceError};
use crate::fence::{Evidence, Fence, Rehearsal};
use crate::order::{Order, Target};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use watchdog_core::action::Stragglers;
use watchdog_core::clock::Timestamp;
use watchdog_core::cx::Cx;
use watchdog_core::fence::Strength;

/// A statement of a named person about one node, to be journaled word for word.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Statement {
    by: String,
    text: String,
    about: Target,
    at: Timestamp,
}

/// A statement that says too little.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NotAStatement {
    /// Nobody stands behind it.
    #[error("a statement needs the name of who makes it")]
    Nameless,
    /// It does not say what it is about.
    #[error("a statement says what was done, and names the node: such as \"node_a powered off\"")]
    Vague,
}

impl Statement {
    /// What `by` says about `about`. The text names the node, so that a statement about another one is
    /// not taken for it by mistake.
    pub fn new(by: &str, text: &str, about: Target, at: Timestamp) -> Result<Self, NotAStatement> {
        let (by, text) = (by.trim(), text.trim());
        let words = |text: &str| text.split_whitespace().count();
        if by.is_empty() {
            return Err(NotAStatement::Nameless);
        }
        if words(text) < 2 || !text.contains(about.node.as_str()) {
            return Err(NotAStatement::Vague);
        }
        Ok(Self { by: by.to_owned(), text: text.to_owned(), about, at })
    }
}

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

    fn evidence(&self, order: &Order) -> Result<Evidence, FenceError> {
        match &self.given {
            None => Err(Doubt::Weak("no operator has stated that the node cannot sign".to_owned()).into()),
            Some(statement) if statement.about != order.target => {
                Err(Doubt::Elsewhere(format!("the statement is about {}", statement.about)).into())
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

    async fn fence(&self, order: &Order, _: &Cx) -> Result<Evidence, FenceError> {
        self.evidence(order)
    }

    async fn verify(&self, order: &Order, _: &Cx) -> Result<Evidence, FenceError> {
        self.evidence(order)
    }

    async fn rehearse(&self, target: &Target, _: &Cx) -> Result<Rehearsal, FenceError> {
        let found = format!("a person would be asked to state that {} cannot sign", target.node);
        Ok(Rehearsal { found, lacking: vec![] })
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

#[cfg(test)]
mod tests {
    use super::*;
    use watchdog_core::id::{NodeName, ValidatorName};

    #[test]
    fn a_statement_has_a_name_and_says_which_node() {
        let about = Target { validator: ValidatorName::new("main").unwrap(), node: NodeName::new("node_a").unwrap() };
        let state = |by, text| Statement::new(by, text, about.clone(), Timestamp(0));
        assert!(state("ops", "node_a powered off").is_ok());
        assert_eq!(state(" ", "node_a powered off"), Err(NotAStatement::Nameless));
        for vague in ["", "yes", "node_a", "node_b powered off"] {
            assert_eq!(state("ops", vague), Err(NotAStatement::Vague), "{vague}");
        }
    }
}
