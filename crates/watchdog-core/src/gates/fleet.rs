//! Many validators down at once are no reason to move them all: something in common has failed, and
//! that may well be the watchdog's own view.
use crate::action::Refusal;
use crate::config::FleetLimits;
use crate::gates::Gate;
use crate::id::{Origin, ValidatorName};
use crate::journal::fleet::{CorrelationHold, Fleet};
use crate::journal::standing::Moment;
use crate::policy::Measure;
use std::collections::BTreeSet;

impl FleetLimits {
    /// The validators that turned down together at `now`, where they are too many to act by itself.
    ///
    /// `watched` are all that there are; `suspect` is being judged down just now, and the journal may
    /// not know that yet. Down since before the time looked at is not together.
    pub fn correlated(
        &self,
        fleet: &Fleet,
        watched: &BTreeSet<ValidatorName>,
        suspect: Option<&ValidatorName>,
        now: &Moment,
    ) -> Option<Vec<ValidatorName>> {
        let lately = |name: &&ValidatorName| {
            let turned = fleet.turned_down(name).is_some_and(|at| now.since(at) <= self.correlation_within.0);
            turned || (suspect == Some(*name) && !fleet.is_down(name))
        };
        let down: Vec<_> = watched.iter().filter(lately).cloned().collect();
        self.is_too_many(down.len(), watched.len()).then_some(down)
    }

    #[allow(clippy::cast_precision_loss, reason = "a part of a whole")]
    fn is_too_many(&self, down: usize, watched: usize) -> bool {
        let enough = u32::try_from(down).map_or(true, |down| down >= self.correlation_min.max(1));
        enough && down as f64 > self.correlation_part * watched as f64
    }
}

/// The gate that closes when too many validators turned down together, until a person releases it.
pub fn correlation(hold: Option<&CorrelationHold>) -> Gate {
    let refusal = hold.map(|hold| {
        let names: Vec<_> = hold.down.iter().map(ValidatorName::as_str).collect();
        let message = format!(
            "{} of {} validators turned down together ({}), which points to a common cause",
            hold.down.len(),
            hold.watched,
            names.join(", ")
        );
        let hint = "look for what they have in common, then let the watchdog act again with `tanist release`, or \
                    act by hand with `tanist failover`";
        Refusal::new("correlation_hold", message, hint)
    });
    Gate::of_truth("correlation_hold", refusal.is_some(), false, refusal)
}

/// The gate that lets one operation at a time begin in each failure domain. `busy`: the others of the
/// same domain that have one under way.
pub fn domain(domain: Option<&Origin>, busy: &[ValidatorName]) -> Gate {
    let refusal = busy.first().map(|other| {
        let place = domain.map_or_else(|| "the common failure domain".to_owned(), |name| format!("domain `{name}`"));
        let message = format!("an operation of `{other}` is under way in {place}, and only one at a time may be");
        let hint = "wait for its end, or tell validators apart that share nothing with `act.failure_domain`";
        Refusal::new("domain_busy", message, hint)
    });
    Gate::new("operations_in_domain", Measure::Count(busy.len() as u64), Measure::Count(1), refusal)
}
