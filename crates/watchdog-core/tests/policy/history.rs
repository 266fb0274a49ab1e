//! Journals of one or several validators, written in a world whose true time is known.
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;
use watchdog_core::action::{Kind, PlanRequest, Receipt};
use watchdog_core::clock::{BootId, BootTime, Timestamp, Uptime};
use watchdog_core::config::ActLimits;
use watchdog_core::event::Event;
use watchdog_core::fence::Strength;
use watchdog_core::gates::Limits;
use watchdog_core::id::{InstanceId, NodeName, StepIndex, ValidatorName};
use watchdog_core::journal::fleet::Fleet;
use watchdog_core::journal::standing::{Moment, Standing};
use watchdog_core::journal::timeline::Timeline;
use watchdog_core::journal::{Entry, FORMAT, Outcome, Record};
use watchdog_core::payload::Payload;
use watchdog_core::plan::Plan;
use watchdog_core::policy::{Measure, Reason, Verdict};
use watchdog_core::saga::{Mark, Next, Saga};

/// Two hosts of which one writes, and the journal they share.
#[derive(Default)]
pub(crate) struct History {
    /// True time since the beginning.
    pub(crate) now: Duration,
    /// By how much the wall clock is off, in milliseconds.
    pub(crate) wall_off: i64,
    /// Which host writes: 0 or 1.
    pub(crate) host: usize,
    /// Number of the boot of each host, and when it began.
    boots: [(u64, Duration); 2],
    timeline: Timeline,
    pub(crate) fleet: Fleet,
    standings: BTreeMap<ValidatorName, Standing>,
    seq: u64,
    /// Everything written.
    pub(crate) entries: Vec<Entry>,
}

pub(crate) fn validator(name: &str) -> ValidatorName {
    ValidatorName::new(name).unwrap()
}

pub(crate) fn node(name: &str) -> NodeName {
    NodeName::new(name).unwrap()
}

pub(crate) fn limits() -> Limits {
    Limits { act: ActLimits::default(), cooldown: Duration::ZERO, period: Duration::from_secs(5) }
}

pub(crate) fn minutes(count: u64) -> Duration {
    Duration::from_mins(count)
}

impl History {
    /// Everything written, as it comes out of an export.
    pub(crate) fn exported(&self) -> Vec<Entry> {
        let line = |entry| serde_json::to_value(Event::from(entry)).unwrap();
        self.entries.iter().map(|entry| Event::entry(&line(entry)).unwrap()).collect()
    }

    pub(crate) fn pass(&mut self, time: Duration) {
        self.now += time;
    }

    /// The host that writes is off for so long and starts anew.
    pub(crate) fn reboot(&mut self, off: Duration) {
        self.now += off;
        self.boots[self.host] = (self.boots[self.host].0 + 1, self.now);
    }

    pub(crate) fn boot(&self) -> BootTime {
        let (number, began) = self.boots[self.host];
        BootTime { boot: BootId(format!("host {} boot {number}", self.host)), up: Uptime(self.now - began) }
    }

    fn wall(&self) -> Timestamp {
        let true_wall = 1_800_000_000_000_u64 + u64::try_from(self.now.as_millis()).unwrap();
        Timestamp(true_wall.saturating_add_signed(self.wall_off))
    }

    /// Now, as the process that writes has it.
    pub(crate) fn moment(&self) -> Moment {
        // Whatever an entry written now would say, without one.
        let entry = self.entry(None, Record::Elapsed {});
        self.timeline.clone().advance(&entry)
    }

    fn entry(&self, about: Option<&ValidatorName>, record: Record) -> Entry {
        let (at, boot) = (self.wall(), self.boot());
        let instance = InstanceId([u8::try_from(self.host).unwrap(); 16]);
        Entry { v: FORMAT, seq: self.seq + 1, token: 1, instance, at, boot, validator: about.cloned(), record }
    }

    pub(crate) fn write(&mut self, about: Option<&ValidatorName>, record: Record) {
        let entry = self.entry(about, record);
        self.seq += 1;
        let now = self.timeline.advance(&entry);
        self.fleet.apply(&entry, &now);
        if let Some(name) = about {
            self.standings.entry(name.clone()).or_default().apply_at(&entry, now).unwrap();
        }
        self.entries.push(entry);
    }

    pub(crate) fn judge(&mut self, name: &str, verdict: Verdict) {
        let reason = Reason::of("rule", Measure::Count(1), Measure::Count(2));
        self.write(Some(&validator(name)), Record::Judged { verdict, reason });
    }

    /// A failover of `main` from one node to another by a transaction, which ends at once.
    pub(crate) fn fail_over(&mut self, from: &str, to: &str, by: Option<&str>, outcome: Outcome) {
        self.operate(from, to, by, outcome, by_transaction());
    }

    /// The same with a shared key, so that the old node is fenced on the way.
    pub(crate) fn fence_and_end(&mut self, from: &str, to: &str, outcome: Outcome) {
        self.operate(from, to, None, outcome, fenced());
    }

    fn operate(&mut self, from: &str, to: &str, by: Option<&str>, outcome: Outcome, plan: Plan<Value>) {
        let main = validator("main");
        let saga = self.standing().next_saga();
        let request =
            PlanRequest { kind: Kind::Failover, from: node(from), to: Some(node(to)), cause: None, stated: None };
        let by = by.map(str::to_owned);
        self.write(Some(&main), Record::Planned { saga, request, plan, by, key: None });
        while let Some(account) = self.standings[&main].current() {
            let record = on_the_way(&account.saga, outcome);
            self.write(Some(&main), record);
        }
        let ended = self.standings[&main].finished().last().map(|finished| finished.outcome);
        assert_eq!(ended, Some(outcome));
    }

    pub(crate) fn standing(&self) -> Standing {
        self.standings.get(&validator("main")).cloned().unwrap_or_default()
    }
}

/// The next record of a failover that shall end with `outcome`: trouble begins at the step that can cause it.
fn on_the_way(saga: &Saga, outcome: Outcome) -> Record {
    let (id, epoch) = (saga.id(), saga.epoch().next(1));
    let progress = |step: StepIndex| saga.parts().nth(usize::from(step.0)).unwrap().1;
    match saga.next() {
        _ if outcome == Outcome::Aborted => Record::Closed { saga: id, outcome, reason: None },
        Next::Perform(step) => {
            let attempt = progress(step).attempt() + 1;
            Record::Intended { saga: id, step, attempt, epoch, payload: Payload::empty() }
        }
        Next::Inspect(step) => {
            let attempt = progress(step).attempt();
            let refused =
                |is_final| Record::Refused { saga: id, step, attempt, reason: "by the story".into(), is_final };
            match (outcome, step.0) {
                (Outcome::Blocked, 1) => Record::Closed { saga: id, outcome, reason: None },
                (Outcome::Reverted, 1) => refused(false),
                (Outcome::Failed, 2) => refused(true),
                _ => Record::Done { saga: id, step, attempt, receipt: Receipt(Value::Null) },
            }
        }
        Next::Undo(step) if progress(step).mark() == Mark::Undoing => Record::Undone { saga: id, step },
        Next::Undo(step) => Record::Undoing { saga: id, step, epoch },
        Next::Close(outcome) => Record::Closed { saga: id, outcome, reason: None },
        Next::Finished(outcome) => panic!("over already: {outcome}"),
    }
}

const SECOND: Duration = Duration::from_secs(1);

fn by_transaction() -> Plan<Value> {
    let step = |name: &str| Value::from(name);
    Plan::ready(step("check"), SECOND).prepare(step("fill"), SECOND).move_pointer(step("move"), SECOND).build()
}

fn fenced() -> Plan<Value> {
    let step = |name: &str| Value::from(name);
    Plan::ready(step("check"), SECOND)
        .fence(step("stop"), Strength::Proves, SECOND)
        .activate(step("start"), SECOND)
        .unwrap()
        .build()
}
