//! What a person says that they have done: the last of all fences.
use crate::action::PlanRequest;
use crate::clock::{BootTime, Clock, Timestamp};
use crate::id::{NodeName, ValidatorName};
use serde::{Deserialize, Serialize};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// For so long after it was made, a statement counts, unless an operation rested on it before. A node may have
/// been switched on again since.
pub const STATEMENT_LASTS: Duration = Duration::from_mins(10);

/// A statement of a named person about one node, journaled word for word with the operation that rests on it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Statement {
    by: String,
    text: String,
    validator: ValidatorName,
    node: NodeName,
    at: Timestamp,
    said: BootTime,
}

/// A statement that does not count.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NotAStatement {
    /// Nobody stands behind it.
    #[error("a statement needs the name of who makes it")]
    Nameless,
    /// It does not say what it is about.
    #[error("a statement says what was done, and names the node: such as \"{0} powered off\"")]
    Vague(NodeName),
    /// Its meaning was not confirmed.
    #[error("a statement that `{0}` cannot sign lets another node sign: confirm it with the name of the node")]
    Unconfirmed(NodeName),
}

impl Statement {
    /// What `by` says about `node` now. The text names the node, so that a statement about another one is not
    /// taken for it by mistake, and so does the confirmation, which is typed for that alone.
    ///
    /// # Errors
    /// Where it says too little.
    pub fn new(
        by: &str,
        text: &str,
        (validator, node): (ValidatorName, NodeName),
        confirmed: &str,
        clock: &dyn Clock,
    ) -> Result<Self, NotAStatement> {
        let (by, text) = (by.trim(), text.trim());
        let mut words = text.split(|c: char| !(c.is_alphanumeric() || c == '_'));
        match () {
            () if by.is_empty() => Err(NotAStatement::Nameless),
            () if text.split_whitespace().count() < 2 || !words.any(|word| word == node.as_str()) => {
                Err(NotAStatement::Vague(node))
            }
            () if confirmed != node.as_str() => Err(NotAStatement::Unconfirmed(node)),
            () => {
                let said = BootTime { boot: clock.boot().clone(), up: clock.uptime() };
                Ok(Self { by: by.to_owned(), text: text.to_owned(), validator, node, at: clock.now(), said })
            }
        }
    }

    /// Who.
    pub fn by(&self) -> &str {
        &self.by
    }

    /// What.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whose node it is about.
    pub fn validator(&self) -> &ValidatorName {
        &self.validator
    }

    /// Whether it is about this node.
    pub fn is_about(&self, validator: &ValidatorName, node: &NodeName) -> bool {
        self.validator == *validator && self.node == *node
    }

    /// Whether it still counts. After a restart of the machine, or on another one, nobody knows how old it
    /// is: then it does not.
    pub fn counts(&self, clock: &dyn Clock) -> bool {
        let now = BootTime { boot: clock.boot().clone(), up: clock.uptime() };
        now.since(&self.said).is_some_and(|age| age < STATEMENT_LASTS)
    }
}

/// Statements that were made lately and that no operation has rested on. Kept by the engine, in memory alone: what
/// nobody orders within [`STATEMENT_LASTS`], nobody has said.
#[derive(Debug, Default)]
pub struct Statements(Mutex<Vec<Statement>>);

impl Statements {
    /// Hears `statement`; replaces an earlier one about the same node.
    pub fn hear(&self, statement: Statement, clock: &dyn Clock) {
        let mut all = self.lock();
        all.retain(|other| other.counts(clock) && !other.is_about(&statement.validator, &statement.node));
        all.push(statement);
    }

    /// What was said about the node that `request` moves validation away from. Nothing where the watchdog
    /// itself asks: a statement never makes anything act unattended.
    pub fn about(&self, validator: &ValidatorName, request: &PlanRequest, clock: &dyn Clock) -> Option<Statement> {
        let is_ordered = request.cause.is_none();
        let all = self.lock();
        let mut counting = all.iter().filter(|statement| is_ordered && statement.counts(clock));
        counting.find(|statement| statement.is_about(validator, &request.from)).cloned()
    }

    /// An operation rests on `statement`: it counts for no other. One that was made about the same node since stays.
    pub fn use_up(&self, statement: &Statement) {
        self.lock().retain(|other| other != statement);
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Statement>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
