//! Every input and intermediate value of a judgement, for `tanist explain`.
use super::{Measure, Reason, RuleId, Verdict};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;

/// What one policy made of its input, and below it what the policies under it did.
///
/// [`Reason`] says which threshold was compared with what, and is journaled; this is all the rest,
/// made only where [`Context::explain`](super::Context::explain) asks for it. A policy that tells
/// nothing is missing in the tree; its reason is not.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Explanation {
    /// The rule.
    pub rule: RuleId,
    /// Its verdict.
    pub verdict: Verdict,
    /// Configured limit.
    pub limit: Measure,
    /// Measured value, in the unit of the limit.
    pub measured: Measure,
    /// What the measured value was made from, and what else was looked at, in the order of use.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<Value>,
    /// The policies below, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Explanation>,
}

/// A named value of an explanation.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Value {
    /// What it is, in words joined by underscores.
    pub name: Cow<'static, str>,
    /// How much.
    pub value: Measure,
}

impl Explanation {
    /// An explanation that holds no more than `reason`.
    pub fn of(verdict: Verdict, reason: &Reason) -> Self {
        let Reason { rule, limit, measured, .. } = reason;
        Self { rule: rule.clone(), verdict, limit: *limit, measured: *measured, values: Vec::new(), parts: Vec::new() }
    }

    fn write(&self, f: &mut fmt::Formatter<'_>, depth: usize) -> fmt::Result {
        let indent = depth.saturating_mul(2);
        let Self { rule, verdict, limit, measured, .. } = self;
        writeln!(f, "{:indent$}{}: {verdict}, {measured} (limit {limit})", "", rule.0)?;
        let deeper = indent.saturating_add(2);
        for Value { name, value } in &self.values {
            writeln!(f, "{:deeper$}{name} = {value}", "")?;
        }
        self.parts.iter().try_for_each(|part| part.write(f, depth.saturating_add(1)))
    }
}

/// A tree of lines, two spaces a level; every line ends with a line feed.
impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, 0)
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::at;
    use super::super::{Context, Decision};
    use super::*;

    fn leaf(context: &Context, verdict: Verdict) -> Decision {
        let reason = Reason::of("leaf", Measure::Count(3), Measure::Count(2));
        Decision::new(verdict, reason).explained(context, || [("seen", Measure::Truth(true))])
    }

    fn tree(explain: bool) -> Decision {
        let context = Context { explain, ..Context::at(at(1), Verdict::Unknown) };
        let below = [leaf(&context, Verdict::Down), leaf(&context, Verdict::Healthy)];
        let reason = Reason::of("root", Measure::Number(1.5), Measure::Ratio(0.25));
        Decision::resting_on(Verdict::Degraded, reason, below).explained(&context, || [("votes", Measure::Count(2))])
    }

    #[test]
    fn the_tree_shows_every_rule_with_its_values() {
        let expected = "root: degraded, 25.0 % (limit 1.500)\n  votes = 2\n  leaf: down, 2 (limit 3)\n    seen = yes\n  \
                        leaf: healthy, 2 (limit 3)\n    seen = yes\n";
        assert_eq!(tree(true).explanation.unwrap().to_string(), expected);
    }

    #[test]
    fn nothing_is_kept_unless_it_is_asked_for_and_the_decision_is_the_same() {
        let (plain, explained) = (tree(false), tree(true));
        assert_eq!(plain.explanation, None);
        assert_eq!(plain, Decision { explanation: None, ..explained });
    }

    #[test]
    fn an_explanation_survives_json() {
        let decision = tree(true);
        let json = serde_json::to_string(&decision).unwrap();
        assert_eq!(serde_json::from_str::<Decision>(&json).unwrap(), decision);
    }

    #[test]
    fn a_number_that_json_cannot_hold_is_brought_into_range() {
        for wild in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            for measure in [Measure::number(wild), Measure::ratio(wild)] {
                let json = serde_json::to_string(&measure).unwrap();
                assert_eq!(serde_json::from_str::<Measure>(&json).unwrap(), measure, "{wild}");
            }
        }
        assert_eq!(Measure::number(f64::INFINITY), Measure::Number(f64::MAX));
        assert_eq!(Measure::number(2.5), Measure::Number(2.5));
    }
}
