//! One row of the table: a model, what must come of it, and what did.
use stateright::{Checker, CheckerBuilder, Expectation, HasDiscoveries, Model};
use std::collections::BTreeSet;
use std::fmt;
use std::hash::Hash;

/// What must come of a model.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Expected {
    /// No reachable state breaks a rule, and everything that shall be reachable is.
    Safe {
        /// Reachable states.
        states: usize,
    },
    /// A rule is broken.
    Violated {
        /// The rule.
        rule: &'static str,
        /// Steps of the shortest way there.
        steps: usize,
    },
}

/// What came of a model.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// Every reachable state was looked at and none breaks a rule.
    Safe,
    /// A rule is broken.
    Violated {
        /// The rule.
        rule: &'static str,
        /// A shortest way there.
        steps: Vec<String>,
    },
    /// No rule is broken, but something that shall be reachable is not: the model proves nothing.
    Unreached {
        /// What is never reached.
        goal: &'static str,
    },
}

/// What came of a model, and how much was looked at.
#[derive(Clone, Debug)]
pub struct Found {
    /// What came of it.
    pub verdict: Verdict,
    /// Different states looked at.
    pub states: usize,
    /// Greatest number of steps looked at.
    pub depth: usize,
}

/// One model of the table.
pub struct Row {
    /// Class of authority, and whose words the journal is in.
    pub group: &'static str,
    /// Name.
    pub name: &'static str,
    /// What must come of it.
    pub expected: Expected,
    check: Box<dyn Fn() -> Found + Send + Sync>,
}

impl Row {
    /// A row that checks `model`.
    pub fn new<M>(group: &'static str, name: &'static str, model: M, expected: Expected) -> Self
    where
        M: Model + Clone + Send + Sync + 'static,
        M::State: Clone + Hash + PartialEq + Send + Sync,
        M::Action: Clone + fmt::Debug + PartialEq,
    {
        let check = Box::new(move || match expected {
            Expected::Safe { .. } => judge(&model, model.clone().checker(), HasDiscoveries::AnyFailures),
            Expected::Violated { rule, .. } => shortest(&model, rule),
        });
        Self { group, name, expected, check }
    }

    /// Checks it, in one thread: with more, neither the shortest way nor the depth would be sure.
    pub fn check(&self) -> Found {
        (self.check)()
    }
}

impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Row")
            .field("group", &self.group)
            .field("name", &self.name)
            .field("expected", &self.expected)
            .finish_non_exhaustive()
    }
}

impl Found {
    /// Whether it is what was expected, to the number.
    pub fn is(&self, expected: Expected) -> bool {
        match (&self.verdict, expected) {
            (Verdict::Safe, Expected::Safe { states }) => self.states == states,
            (Verdict::Violated { rule, steps }, Expected::Violated { rule: wanted, steps: count }) => {
                *rule == wanted && steps.len() == count
            }
            _ => false,
        }
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Safe { states } => write!(f, "safe, {states} states"),
            Self::Violated { rule, steps } => write!(f, "{steps} steps break “{rule}”"),
        }
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.verdict {
            Verdict::Safe => write!(f, "safe, {} states", self.states),
            Verdict::Violated { rule, steps } => write!(f, "{} steps break “{rule}”", steps.len()),
            Verdict::Unreached { goal } => write!(f, "never reached: {goal}"),
        }
    }
}

/// Looks for a shortest way to break `rule`. The checker keeps the last way that it met, not the first, so it is asked
/// for a shorter one until there is none.
fn shortest<M>(model: &M, rule: &'static str) -> Found
where
    M: Model + Clone + Send + Sync + 'static,
    M::State: Clone + Hash + PartialEq + Send + Sync,
    M::Action: Clone + fmt::Debug + PartialEq,
{
    let broken = || HasDiscoveries::AnyOf([rule].into());
    let mut best = judge(model, model.clone().checker(), broken());
    while let Verdict::Violated { steps, .. } = &best.verdict {
        // A depth counts the first state as well, and states at the target depth are not looked at.
        let shorter = judge(model, model.clone().checker().target_max_depth(steps.len() + 1), broken());
        if !matches!(shorter.verdict, Verdict::Violated { .. }) {
            break;
        }
        best = shorter;
    }
    best
}

/// Checks until `enough` was found, or until every state was looked at.
fn judge<M>(model: &M, builder: CheckerBuilder<M>, enough: HasDiscoveries) -> Found
where
    M: Model + Send + Sync + 'static,
    M::State: Clone + Hash + PartialEq + Send + Sync,
    M::Action: Clone + fmt::Debug + PartialEq,
{
    let only = if let HasDiscoveries::AnyOf(rules) = &enough { rules.clone() } else { BTreeSet::new() };
    let checker = builder.finish_when(enough).spawn_bfs().join();
    let mut ways = checker.discoveries();
    let (mut broken, mut unreached): (Vec<(&'static str, Vec<String>)>, _) = (Vec::new(), None);
    for property in model.properties() {
        match (property.expectation, ways.remove(property.name)) {
            (Expectation::Always, Some(way)) if only.is_empty() || only.contains(property.name) => {
                let steps = way.into_actions().iter().map(|action| format!("{action:?}")).collect();
                broken.push((property.name, steps));
            }
            (Expectation::Sometimes, None) => unreached = Some(property.name),
            _ => {}
        }
    }
    let verdict = match (broken.into_iter().min_by_key(|(_, steps)| steps.len()), unreached) {
        (Some((rule, steps)), _) => Verdict::Violated { rule, steps },
        (None, Some(goal)) => Verdict::Unreached { goal },
        (None, None) => Verdict::Safe,
    };
    Found { verdict, states: checker.unique_state_count(), depth: checker.max_depth() }
}
