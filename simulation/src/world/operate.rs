//! What operators do.
use super::World;
use crate::kernel::{Kernel, SECOND};
use crate::process::{Process, validator};
use std::time::Duration;
use watchdog_core::action::Kind;
use watchdog_core::cx::Cx;
use watchdog_core::engine::{Handle, PauseOrder};
use watchdog_core::id::ValidatorName;

/// A move to the other node.
pub(crate) const SWITCHOVER: u8 = 4;
/// An order that is planned and gets lost on its way.
pub(super) const NEVER_ARRIVES: u8 = 20;
/// An order whose answer is lost, so that it is repeated.
pub(super) const ANSWER_LOST: u8 = 21;
/// A double click.
pub(super) const TWICE: u8 = 22;
/// An order that arrives long after it was planned.
pub(super) const LATE: u8 = 23;
/// An order against what the watchdog does now.
pub(super) const AGAINST: u8 = 24;

struct Desk {
    kernel: Kernel,
    handle: Handle,
    name: ValidatorName,
    cx: Cx,
}

impl World {
    /// An operator does something, at the watchdog that holds the lease where one does.
    pub(super) fn operate(&mut self, what: u8) {
        if self.healed_at.is_some() {
            return;
        }
        let runs = |engine: u8| {
            let process = self.processes.get(usize::from(engine))?.as_ref()?;
            (process.standstill.is_none() && process.handle.get().is_some()).then_some(process)
        };
        let first = || (0..self.scenario.engines).find_map(runs);
        let Some(process) = self.holder().and_then(runs).or_else(first) else { return };
        self.kernel.note(|| format!("an operator does {what} at process {}", process.number));
        if let (Some(handle), Some(name)) = (process.handle.get().cloned(), validator()) {
            let desk = Desk { kernel: self.kernel.clone(), handle, name, cx: process.cx() };
            begin(process, desk, what);
        }
    }
}

fn begin(process: &Process, desk: Desk, what: u8) {
    process.runtime.spawn(async move {
        match what {
            0 => desk.pause().await,
            1 => drop(desk.handle.resume(&desk.name, "operator").await),
            2 => desk.cancel(),
            3 => drop(desk.handle.acknowledge(&desk.name, "operator").await),
            SWITCHOVER | TWICE => desk.order(Kind::Switchover, 0, 0).await,
            5 | ANSWER_LOST => desk.order(Kind::Switchover, 0, 6).await,
            6 | LATE => desk.order(Kind::Switchover, 20, 0).await,
            AGAINST => {
                desk.cancel();
                desk.order(Kind::Switchover, 0, 0).await;
            }
            NEVER_ARRIVES => drop(desk.handle.plan(&desk.name, Kind::Switchover, None, &desk.cx).await),
            _ => desk.order(Kind::Failover, 0, 0).await,
        }
    });
    process.run();
}

impl Desk {
    async fn pause(&self) {
        let lasts = Some(Duration::from_micros(40 * SECOND));
        let order = PauseOrder { lasts, reason: "maintenance".to_owned(), by: "operator".to_owned() };
        self.handle.pause(&self.name, order).await.ok();
    }

    /// Takes back whatever is under way.
    fn cancel(&self) {
        for operation in self.handle.operations() {
            self.handle.cancel(&operation.id, "operator").ok();
        }
    }

    /// Plans, and orders twice under one key: `after` seconds after the plan, and `again` seconds later.
    async fn order(&self, kind: Kind, after: u64, again: u64) {
        let Ok(offer) = self.handle.plan(&self.name, kind, None, &self.cx).await else { return };
        let key = format!("key-{}", self.kernel.lock().next_call());
        self.wait(after).await;
        let first = self.handle.execute(&offer.id, &offer.digest, "operator", Some(&key), &self.cx);
        let second = async {
            self.wait(again).await;
            self.handle.execute(&offer.id, &offer.digest, "operator", Some(&key), &self.cx).await
        };
        let (first, second) = tokio::join!(biased; first, second);
        let told = |answer: Result<watchdog_core::id::OperationId, watchdog_core::action::Refusal>| match answer {
            Ok(id) => id.to_string(),
            Err(refusal) => format!("{}: {}", refusal.code, refusal.message),
        };
        let (first, second) = (told(first), told(second));
        self.kernel.note(|| format!("the operator is told {first}; {second}"));
    }

    async fn wait(&self, seconds: u64) {
        if seconds > 0 {
            self.cx.sleep_until(self.cx.clock().uptime().after(Duration::from_secs(seconds))).await.ok();
        }
    }
}
