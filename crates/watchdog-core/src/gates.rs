//! What keeps the engine from acting by itself: pure functions of the journal's fold.
#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]
use crate::action::Refusal;
use crate::config::{ActLimits, TextDuration};
use crate::id::NodeName;
use crate::journal::Outcome;
use crate::journal::standing::{Finished, Moment, Standing};
use std::time::Duration;

/// After a failover that came to nothing the next one is planned no sooner.
pub const ABORT_PAUSE: Duration = Duration::from_mins(1);
const DAY: Duration = Duration::from_hours(24);
const WEEK: Duration = Duration::from_hours(24 * 7);

/// What the gates of one validator are set to.
#[derive(Clone, Debug)]
pub struct Limits {
    /// The operator's limits.
    pub act: ActLimits,
    /// Time from the end of one failover to the next automatic one.
    pub cooldown: Duration,
}

impl Limits {
    /// Whether an automatic failover may start at `now`.
    ///
    /// # Errors
    /// The gate that is closed, with its numbers and the way to open it.
    pub fn admit(&self, standing: &Standing, now: &Moment) -> Result<(), Refusal> {
        if let Some(pause) = standing.pause(now) {
            let message = format!("paused by {}: {}", pause.by, pause.reason);
            return Err(Refusal::new("paused", message, "allow automatic action again with `tanist resume`"));
        }
        if let Some(blocked) = standing.blocked() {
            return Err(unproven(blocked));
        }
        self.cool(standing, now)?;
        budget(standing, now, DAY, self.act.per_day, "per_day")?;
        budget(standing, now, WEEK, self.act.per_week, "per_week")
    }

    /// Whether validation may automatically move to `to` at `now`.
    ///
    /// # Errors
    /// Where validation was moved away from that node too short a time ago.
    pub fn admit_target(&self, standing: &Standing, to: &NodeName, now: &Moment) -> Result<(), Refusal> {
        let left = |f: &&Finished| f.outcome == Outcome::Completed && f.account.request.from == *to;
        let Some(last) = standing.finished().iter().rev().find(left) else { return Ok(()) };
        let hold = self.act.failback_hold.0;
        let passed = now.since(&last.closed);
        if passed >= hold {
            return Ok(());
        }
        let message = format!(
            "validation was moved away from `{to}` {} ago, and it is not moved back automatically for {}",
            lasting(passed),
            lasting(hold)
        );
        Err(Refusal::new("failback_hold", message, "look at that node, then move back with `tanist switchover`"))
    }

    /// Time left of the cool-down.
    pub fn cooldown_left(&self, standing: &Standing, now: &Moment) -> Option<Duration> {
        let began = standing.cooling()?;
        let aborted = standing.finished().last().is_some_and(|f| f.outcome == Outcome::Aborted && f.closed == *began);
        let whole = if aborted { ABORT_PAUSE } else { self.cooldown };
        whole.checked_sub(now.since(began)).filter(|left| !left.is_zero())
    }

    fn cool(&self, standing: &Standing, now: &Moment) -> Result<(), Refusal> {
        let Some(left) = self.cooldown_left(standing, now) else { return Ok(()) };
        let message = format!("cooling down for another {}", lasting(left));
        Err(Refusal::new(
            "cooldown",
            message,
            "end the cool-down with `tanist ack`, or act by hand with `tanist failover`",
        ))
    }
}

fn budget(standing: &Standing, now: &Moment, period: Duration, most: u32, name: &str) -> Result<(), Refusal> {
    let counts =
        |f: &&Finished| f.account.by.is_none() && f.outcome != Outcome::Aborted && now.since(&f.closed) < period;
    let count = standing.finished().iter().filter(counts).count();
    if u32::try_from(count).is_ok_and(|count| count < most) {
        return Ok(());
    }
    let message = format!("{count} automatic failovers in the last {}, limit `act.{name}` is {most}", lasting(period));
    Err(Refusal::new("budget", message, "find out why it keeps failing, then act by hand with `tanist failover`"))
}

fn unproven(blocked: &Finished) -> Refusal {
    let trouble = blocked.account.trouble.as_deref().unwrap_or("it could not be proven who signs");
    let message = format!("operation {} ended as {}: {trouble}", blocked.account.saga.id().0, blocked.outcome);
    Refusal::new("unacknowledged", message, "look at the nodes and the chain, then `tanist ack`")
}

fn lasting(time: Duration) -> TextDuration {
    TextDuration(Duration::from_secs(time.as_secs()))
}
