//! The fences of all nodes, as the running program lends them to chains.
use crate::order::Target;
use crate::settings::{LadderSettings, Parts, SettingsError};
use crate::step::FenceStep;
use std::collections::BTreeMap;
use std::sync::Arc;
use watchdog_core::action::{Refusal, Stragglers};
use watchdog_core::chain::Env;
use watchdog_core::fence::Strength;
use watchdog_core::fence::statement::Statement;
use watchdog_core::id::ValidatorName;

/// The ladder of every node that has one, ready to be climbed: what `[fence.<name>]` comes to. Clones share
/// the ladders.
///
/// A chain on which several nodes can sign with one key takes them from its environment when it is assembled,
/// and asks for the fence of a node each time anew:
///
/// ```
/// # use watchdog_core::chain::Env;
/// # use watchdog_core::id::{NodeName, ValidatorName};
/// # use watchdog_supervise::{fences::Fences, order::Target};
/// # fn assemble(validator: ValidatorName, node: NodeName, env: &Env) {
/// let fences = Fences::lent(env);
/// let old = Target { validator, node };
/// match fences.of(&old, None) {
///     Ok(fence) => println!("{old} is fenced, which is worth `{}`", fence.strength()),
///     Err(refusal) => println!("no plan: {refusal} ({})", refusal.hint),
/// }
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Fences(Arc<BTreeMap<Target, FenceStep>>);

/// A ladder that cannot be built.
#[derive(Debug, thiserror::Error)]
#[error("fence `{name}` cannot be used")]
pub struct Unusable {
    /// Name of its table.
    pub name: String,
    /// Why not.
    #[source]
    pub source: Box<SettingsError>,
}

impl Fences {
    /// The ladders of these tables, by their names. Runs nothing and asks nobody; a signer of this host gets
    /// its directory.
    ///
    /// # Errors
    /// The first table that cannot be used.
    pub fn build<'a>(
        tables: impl IntoIterator<Item = (&'a String, &'a LadderSettings)>,
        parts: &dyn Parts,
    ) -> Result<Self, Unusable> {
        let mut steps = BTreeMap::new();
        for (name, table) in tables {
            let unusable = |error| Unusable { name: name.clone(), source: Box::new(error) };
            let step = table.step(parts).map_err(unusable)?;
            if steps.insert(table.target(), step).is_some() {
                let reason = format!("{} has a ladder already: give each node one, with all its rungs", table.target());
                return Err(unusable(SettingsError::Value { key: "node".to_owned(), reason }));
            }
        }
        Ok(Self(Arc::new(steps)))
    }

    /// Those that the running program has lent. None where only the form of the configuration is looked at
    /// (`tanist config check`, `backtest`, `tx`), so a chain must not refuse to be assembled for want of one.
    pub fn lent(env: &Env) -> Self {
        env.part::<Self>().map(|lent| (*lent).clone()).unwrap_or_default()
    }

    /// The fence of `target` for one operation, which may rest on what a person has `stated`.
    ///
    /// # Errors
    /// `no_fence` where the node has none: a plan for nodes that share a key is refused then, and a fence step
    /// of a plan that was made earlier is not proven. Else as [`FenceStep::stated`].
    pub fn of(&self, target: &Target, stated: Option<&Statement>) -> Result<FenceStep, Refusal> {
        let fence = self.0.get(target).ok_or_else(|| none(target))?;
        stated.map_or_else(|| Ok(fence.clone()), |statement| fence.stated(statement.clone()))
    }

    /// What the fence of `target` is worth while nobody has stated anything; nothing where it has none: what the
    /// action answers for that node.
    pub fn strength(&self, target: &Target) -> Strength {
        Strength::of(self.0.get(target).map(FenceStep::strength))
    }

    /// What becomes of commands of the fences of `validator` that arrive late: part of what its action answers.
    pub fn stragglers(&self, validator: &ValidatorName) -> Stragglers {
        let own = self.0.iter().filter(|(target, _)| target.validator == *validator);
        Stragglers::longest(own.map(|(_, fence)| fence.stragglers()))
    }
}

fn none(target: &Target) -> Refusal {
    let Target { validator, node } = target;
    let message = format!("several nodes can sign with one key, and `{node}` of `{validator}` has no fence");
    let hint = format!(
        "add a table `[fence.<name>]` with `validator = \"{validator}\"` and `node = \"{node}\"`, rehearse it with \
         `tanist fence test {validator}`, and reload"
    );
    Refusal::new("no_fence", message, hint)
}
