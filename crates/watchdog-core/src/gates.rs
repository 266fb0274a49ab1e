//! What keeps the engine from acting by itself: pure functions of the journal's fold.
#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]
pub mod flapping;
pub mod fleet;

use crate::action::Refusal;
use crate::config::{ActLimits, TextDuration};
use crate::id::{NodeName, OperationId};
use crate::journal::Outcome;
use crate::journal::standing::{Finished, Moment, Standing};
use crate::plan::Role;
use crate::policy::Measure;
use flapping::Flapping;
use serde::Serialize;
use std::time::Duration;

/// After a failover that came to nothing the next one is planned no sooner.
pub const ABORT_PAUSE: Duration = Duration::from_mins(1);
const DAY: Duration = Duration::from_hours(24);
const WEEK: Duration = Duration::from_hours(24 * 7);

/// What the gates of one validator are set to.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    /// The operator's limits.
    pub act: ActLimits,
    /// Time from the end of one failover to the next automatic one.
    pub cooldown: Duration,
    /// Time from one judgement to the next.
    pub period: Duration,
}

/// One gate with its numbers, open or closed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Gate {
    /// What it looks at, in words joined by underscores.
    pub name: &'static str,
    /// What was found.
    pub measured: Measure,
    /// What it is compared with.
    pub limit: Measure,
    /// Why it is closed; absent where it is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed: Option<Refusal>,
}

impl Gate {
    /// A gate that is closed where there is a refusal.
    pub fn new(name: &'static str, measured: Measure, limit: Measure, closed: Option<Refusal>) -> Self {
        Self { name, measured, limit, closed }
    }

    /// A gate that asks whether something `holds`, as it should or should not: `wanted`.
    pub fn of_truth(name: &'static str, holds: bool, wanted: bool, closed: Option<Refusal>) -> Self {
        Self::new(name, Measure::Truth(holds), Measure::Truth(wanted), closed)
    }
}

impl Limits {
    /// Whether an automatic failover may start at `now`.
    ///
    /// # Errors
    /// The first gate that is closed, with its numbers and the way to open it.
    pub fn admit(&self, standing: &Standing, now: &Moment) -> Result<(), Refusal> {
        self.gates(standing, now).into_iter().find_map(|gate| gate.closed).map_or(Ok(()), Err)
    }

    /// Every gate that an automatic failover must pass at `now`, in the order in which they are asked.
    pub fn gates(&self, standing: &Standing, now: &Moment) -> Vec<Gate> {
        vec![
            paused(standing, now),
            acknowledged(standing),
            self.cool(standing, now),
            self.steady(standing, now),
            budget("budget_per_day", "per_day", automatic_within(standing, now, DAY), self.act.per_day, DAY),
            budget("budget_per_week", "per_week", automatic_within(standing, now, WEEK), self.act.per_week, WEEK),
        ]
    }

    /// Whether validation may automatically move to `to` at `now`.
    ///
    /// # Errors
    /// Where that node was fenced, or validation moved away from it, too short a time ago.
    pub fn admit_target(&self, standing: &Standing, to: &NodeName, now: &Moment) -> Result<(), Refusal> {
        self.target(standing, to, now).closed.map_or(Ok(()), Err)
    }

    /// The gate that keeps validation from moving back to a node that was left lately.
    pub fn target(&self, standing: &Standing, to: &NodeName, now: &Moment) -> Gate {
        let hold = self.act.failback_hold.0;
        let left = standing.finished().iter().rev().find(|f| f.account.request.from == *to && was_left(f));
        let passed = left.map(|last| now.since(&last.closed)).filter(|passed| *passed < hold);
        let refusal = passed.map(|passed| {
            let message = format!(
                "validation was moved away from `{to}` {} ago, and it is not moved back automatically for {}",
                lasting(passed),
                lasting(hold)
            );
            Refusal::new("failback_hold", message, "look at that node, then move back with `tanist switchover`")
        });
        let time = passed.map(|passed| hold.saturating_sub(passed)).unwrap_or_default();
        Gate::new("failback_hold_left", Measure::Time(time), Measure::Time(Duration::ZERO), refusal)
    }

    /// Time left of the cool-down.
    pub fn cooldown_left(&self, standing: &Standing, now: &Moment) -> Option<Duration> {
        let began = standing.cooling()?;
        let whole = self.cooldown_after(standing, began);
        whole.checked_sub(now.since(began)).filter(|left| !left.is_zero())
    }

    fn cooldown_after(&self, standing: &Standing, began: &Moment) -> Duration {
        let aborted = standing.finished().last().is_some_and(|f| f.outcome == Outcome::Aborted && f.closed == *began);
        if aborted { ABORT_PAUSE } else { self.cooldown }
    }

    fn cool(&self, standing: &Standing, now: &Moment) -> Gate {
        let left = self.cooldown_left(standing, now);
        let refusal = left.map(|left| {
            Refusal::new(
                "cooldown",
                format!("cooling down for another {}", lasting(left)),
                "end the cool-down with `tanist ack`, or act by hand with `tanist failover`",
            )
        });
        Gate::new("cooldown_left", Measure::Time(left.unwrap_or_default()), Measure::Time(Duration::ZERO), refusal)
    }

    fn steady(&self, standing: &Standing, now: &Moment) -> Gate {
        let changes: Vec<_> = standing.changes().collect();
        let flapping = Flapping::of(&changes, self.period, now.lived);
        let refusal = flapping.is_flapping.then(|| {
            let message = format!(
                "the verdict keeps changing: flap score {:.1} %, above {:.0} % and not yet below {:.0} %",
                flapping.percent(),
                Flapping::ENTER_PERCENT,
                Flapping::LEAVE_PERCENT
            );
            let hint = "find out why it is up and down; once it stays so, this ends by itself, or act by hand with \
                        `tanist failover`";
            Refusal::new("flapping", message, hint)
        });
        let limit = if flapping.is_flapping { Flapping::LEAVE_PERCENT } else { Flapping::ENTER_PERCENT };
        let of_whole = |percent: f64| Measure::ratio(percent / 100.0);
        Gate::new("flap_score", of_whole(flapping.percent()), of_whole(limit), refusal)
    }
}

/// The gate that waits until `Down` has held for as long as it must.
pub fn confirmed(held: Duration, needed: Duration) -> Gate {
    let refusal = (held < needed).then(|| {
        let message = format!("`Down` must hold for {} s, and has held for {} s", needed.as_secs(), held.as_secs());
        Refusal::new("unconfirmed", message, "wait, or act by hand with `tanist failover`")
    });
    Gate::new("down_for", Measure::Time(held), Measure::Time(needed), refusal)
}

/// The gate that lets a validator have one operation at a time. `current`: the one under way.
pub fn under_way(current: Option<&OperationId>) -> Gate {
    let refusal = current.map(|OperationId { validator, saga }| {
        let message = format!("operation {} of `{validator}` is under way", saga.0);
        Refusal::new("conflict", message, "wait for its end, or cancel it with `tanist cancel`")
    });
    Gate::of_truth("operation_under_way", refusal.is_some(), false, refusal)
}

fn paused(standing: &Standing, now: &Moment) -> Gate {
    let refusal = standing.pause(now).map(|pause| {
        let message = format!("paused by {}: {}", pause.by, pause.reason);
        Refusal::new("paused", message, "allow automatic action again with `tanist resume`")
    });
    Gate::of_truth("paused", refusal.is_some(), false, refusal)
}

fn acknowledged(standing: &Standing) -> Gate {
    let refusal = standing.blocked().map(unproven);
    Gate::of_truth("end_of_last_operation_seen", refusal.is_none(), true, refusal)
}

/// Automatic failovers that did something and ended less than `period` ago.
fn automatic_within(standing: &Standing, now: &Moment, period: Duration) -> usize {
    let counts =
        |f: &&Finished| f.account.by.is_none() && f.outcome != Outcome::Aborted && now.since(&f.closed) < period;
    standing.finished().iter().filter(counts).count()
}

fn budget(name: &'static str, key: &str, count: usize, most: u32, period: Duration) -> Gate {
    let is_left = u32::try_from(count).is_ok_and(|count| count < most);
    let refusal = (!is_left).then(|| {
        let message =
            format!("{count} automatic failovers in the last {}, limit `act.{key}` is {most}", lasting(period));
        Refusal::new("budget", message, "find out why it keeps failing, then act by hand with `tanist failover`")
    });
    Gate::new(name, Measure::Count(count as u64), Measure::Count(most.into()), refusal)
}

/// Whether validation left the node that signed before, or that node was fenced on the way.
fn was_left(finished: &Finished) -> bool {
    let fenced = |(planned, progress): (&crate::plan::Planned<_>, &crate::saga::Progress)| {
        planned.role == Role::Fence && progress.attempt() > 0
    };
    finished.outcome == Outcome::Completed || finished.account.saga.parts().any(fenced)
}

fn unproven(blocked: &Finished) -> Refusal {
    let trouble = blocked.account.trouble.as_deref().unwrap_or("it could not be proven who signs");
    let message = format!("operation {} ended as {}: {trouble}", blocked.account.saga.id().0, blocked.outcome);
    Refusal::new("unacknowledged", message, "look at the nodes and the chain, then `tanist ack`")
}

fn lasting(time: Duration) -> TextDuration {
    TextDuration(Duration::from_secs(time.as_secs()))
}
