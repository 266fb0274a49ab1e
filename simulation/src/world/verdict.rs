//! Whether everything came to a good end.
use super::{LOOK_EVERY, World, lock};
use crate::kernel::{Event, Micros, SECOND};
use crate::process::validator;
use crate::scenario::{Calm, Trigger};
use crate::wire::Host;
use watchdog_core::journal::Outcome;
use watchdog_core::plan::Authority;

/// A judgement may be this old where nothing keeps a watchdog from asking.
const JUDGED_WITHIN: Micros = 15 * SECOND;
/// So long after its clock was set, or it was started or stood still, a watchdog is not asked.
const SETTLES: Micros = 25 * SECOND;
/// From the failure of the primary to the intended activation, besides the confirmation: four slots of
/// one second, a round, an answer, and what planning asks for.
const BOUND: Micros = 14 * SECOND;
/// What it takes longer where the holder of the lease ends as well: twice the lease's time, a round of
/// trying, and a drain.
const BOUND_HOLDER: Micros = 38 * SECOND;
/// How long after everything was mended all must be over.
const END_BY: Micros = 1500 * SECOND;
/// How long two signers by a person's hand may go unnoticed.
const NOTICED_WITHIN: Micros = 140 * SECOND;

impl World {
    pub(super) fn look(&mut self) {
        let now = self.now();
        self.look_at_watchdogs(now);
        if self.healed_at.is_none() && now >= self.scenario.heals_at {
            self.look_at_calm();
            self.heal();
        }
        if let Some(healed) = self.healed_at {
            self.look_for_end(now, now - healed);
        }
        self.schedule(now + LOOK_EVERY, Event::Look);
    }

    /// L3: whatever the store and the sources do, every watchdog that runs judges on.
    fn look_at_watchdogs(&self, now: Micros) {
        if self.unsettled.iter().any(|at| now - at < SETTLES) || !now.is_multiple_of(3 * LOOK_EVERY) {
            return;
        }
        for (engine, process) in (0_u8..).zip(&self.processes) {
            let Some(process) = process else { continue };
            if process.standstill.is_some() || process.is_slow || now - process.started < SETTLES {
                continue;
            }
            let Some((handle, machine)) = process.handle.get().zip(self.machines.get(&Host::Engine(engine))) else {
                continue;
            };
            let wall = lock(machine).wall_millis(now);
            let judged = validator().and_then(|name| handle.validator(&name).ok()).and_then(|status| status.judgement);
            let age = judged.map(|judgement| wall.abs_diff(judgement.at.0) * 1000);
            if age.is_none_or(|age| age > JUDGED_WITHIN) {
                self.fail("L3", format!("watchdog-{engine} has judged nothing for {age:?} µs"));
            }
        }
    }

    /// L1: where nothing but the primary failed, the activation was intended in time.
    fn look_at_calm(&self) {
        let Some(calm) = self.scenario.calm else { return };
        let began = self.scenario.faults.iter().find_map(|(trigger, _)| match trigger {
            Trigger::At(at) => Some(*at),
            Trigger::On(..) => None,
        });
        let longer = if calm == Calm::WithHolder { BOUND_HOLDER } else { 0 };
        let bound = BOUND + self.scenario.confirm_for + longer;
        let activated = self.kernel.lock().oracle.activated_at;
        let took = activated.zip(began).map(|(activated, began)| activated.saturating_sub(began));
        if took.is_none_or(|took| took > bound) {
            self.fail("L1", format!("activation intended after {took:?} µs, bound {bound} µs"));
        }
    }

    fn look_for_end(&mut self, now: Micros, since: Micros) {
        let is_open = self.kernel.lock().oracle.saga.is_some();
        if is_open && since > END_BY {
            self.fail("L2", "a failover has no end though everything works");
            return;
        }
        let patience = if self.has_two_signers() { NOTICED_WITHIN } else { 30 * SECOND };
        if is_open || since < patience {
            return;
        }
        let (planned, closed) = {
            let kernel = self.kernel.lock();
            (kernel.oracle.planned_at, kernel.oracle.outcomes.len())
        };
        // A failover that began at the last moment and ended has its roles settled by now.
        if planned.is_some_and(|planned| now - planned < 5 * SECOND) && closed > 0 {
            return;
        }
        self.look_at_roles();
        self.look_at_alerts();
        self.is_over = true;
    }

    fn has_two_signers(&self) -> bool {
        self.scenario.class == Authority::SharedKey && self.nodes.iter().all(|node| node.enabled)
    }

    /// Who can sign is who should by the last failover's outcome.
    fn look_at_roles(&self) {
        if self.human_at.is_some() {
            return;
        }
        let last = self.kernel.lock().oracle.last_outcome;
        let Some((outcome, from, to)) = last else { return };
        let expected = match outcome {
            Outcome::Completed => to,
            Outcome::Reverted | Outcome::Aborted | Outcome::Failed => Some(from),
            Outcome::Blocked => None,
        };
        let Some(expected) = expected else { return };
        let is_right =
            if self.is_on_ledger() { self.ledger.key() == expected } else { self.nodes[usize::from(expected)].enabled };
        if !is_right {
            self.fail("L2", format!("the last failover ended as {outcome}, and node {expected} cannot sign"));
        }
        if self.has_two_signers() {
            self.fail("I3", "both nodes can sign at the end");
        }
    }

    /// Two signers by a person's hand, and failovers that are blocked, are told.
    fn look_at_alerts(&self) {
        let (nobody, blocked) = {
            let kernel = self.kernel.lock();
            (kernel.oracle.nobody_adopted_at, kernel.oracle.blocked_at)
        };
        if self.has_two_signers() && nobody.is_none() && blocked.is_none() {
            self.fail("L2", "two nodes sign by a person's hand, and no watchdog says so");
        }
    }
}
