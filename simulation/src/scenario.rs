//! What one run is about: everything that its seed decides beforehand.
use crate::chance::Chance;
use crate::fault::{Cell, Fault, Kind, Part, matrix};
use crate::kernel::{Micros, SECOND};
use crate::oracle::Moment;
use crate::world::operate::SWITCHOVER;
use watchdog_core::plan::Authority;

/// When a fault begins.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Trigger {
    /// At this time.
    At(Micros),
    /// So long after a failover first enters this state.
    On(Moment, Micros),
}

/// A run that must fail over within the bound of section 7, since nothing but this happens.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Calm {
    /// The primary ends.
    PrimaryOnly,
    /// The watchdog that holds the lease ends at the same time.
    WithHolder,
}

/// Everything decided beforehand.
#[allow(clippy::struct_excessive_bools, reason = "each is drawn by itself")]
#[derive(Clone, Debug)]
pub(crate) struct Scenario {
    pub(crate) class: Authority,
    /// Watchdogs; one of them alone has the embedded journal.
    pub(crate) engines: u8,
    pub(crate) is_embedded: bool,
    /// Whether each watchdog keeps a copy of the shared journal.
    pub(crate) is_mirrored: bool,
    /// Entries after which the shared journal is trimmed.
    pub(crate) keeps: Option<u64>,
    pub(crate) checks_epochs: bool,
    pub(crate) has_agent: bool,
    pub(crate) cooldown: Micros,
    pub(crate) per_day: u32,
    pub(crate) failback_hold: Micros,
    pub(crate) confirm_for: Micros,
    /// Transactions that get lost after they were accepted.
    pub(crate) loses: u32,
    /// Whether the primary cannot reach the chain for a while, and from when on.
    pub(crate) isolated_at: Option<Micros>,
    pub(crate) calm: Option<Calm>,
    pub(crate) faults: Vec<(Trigger, Fault)>,
    /// When operators do something, and what; anything where that is not said.
    pub(crate) operations: Vec<(Micros, Option<u8>)>,
    /// When everything that is wrong ends.
    pub(crate) heals_at: Micros,
    /// Whether turmoil carries the messages.
    pub(crate) by_turmoil: bool,
}

/// When the trouble of a run begins at the latest.
const TROUBLE_BY: Micros = 60 * SECOND;

impl Scenario {
    pub(crate) fn draw(chance: &mut Chance, by_turmoil: bool) -> Self {
        let class = chance.pick(&[
            Authority::SharedKey,
            Authority::SharedKey,
            Authority::SharedKey,
            Authority::Pointer,
            Authority::Rotating,
            Authority::Idempotent,
        ]);
        let engines = chance.pick(&[1, 2, 2, 2, 3]);
        let is_embedded = engines == 1 && chance.one_in(2, 3);
        let mut scenario = Self {
            class,
            engines,
            is_embedded,
            is_mirrored: !is_embedded && chance.one_in(1, 4),
            keeps: chance.pick(&[None, None, Some(24)]),
            checks_epochs: chance.one_in(3, 4),
            has_agent: chance.one_in(3, 4),
            cooldown: chance.pick(&[20, 60, 1800]) * SECOND,
            per_day: chance.pick(&[1, 2, 4]),
            failback_hold: chance.pick(&[0, 86_400]) * SECOND,
            confirm_for: chance.pick(&[0, 0, 5]) * SECOND,
            loses: chance.pick(&[0, 0, 0, 1, 3]),
            isolated_at: None,
            calm: None,
            faults: Vec::new(),
            operations: Vec::new(),
            heals_at: chance.between(85, 135) * SECOND,
            by_turmoil,
        };
        let is_calm = chance.one_in(1, 12);
        let goes_to_and_fro = !is_calm && chance.one_in(1, 12);
        if is_calm {
            scenario.be_calm(chance);
        } else if goes_to_and_fro {
            scenario.go_to_and_fro(chance);
        } else {
            scenario.draw_trouble(chance);
            scenario.draw_faults(chance);
        }
        scenario
    }

    fn be_calm(&mut self, chance: &mut Chance) {
        let at = chance.between(25, 60) * SECOND;
        let crash = |part, lasts| Fault { cell: Cell { kind: Kind::Crash, part }, which: 0, lasts, id: 0 };
        (self.has_agent, self.loses) = (true, 0);
        self.faults.push((Trigger::At(at), crash(Part::Primary, 1000 * SECOND)));
        let has_successor = self.engines > 1;
        self.calm = Some(if has_successor && chance.one_in(1, 2) { Calm::WithHolder } else { Calm::PrimaryOnly });
        if self.calm == Some(Calm::WithHolder) {
            self.faults.push((Trigger::At(at), Fault { id: 1, ..crash(Part::Engine, 1000 * SECOND) }));
        }
    }

    /// One move after the other, while commands come twice, late and out of order.
    fn go_to_and_fro(&mut self, chance: &mut Chance) {
        let mut at = 12 * SECOND;
        while at < self.heals_at {
            self.operations.push((at, Some(SWITCHOVER)));
            at += chance.between(3, 12) * SECOND;
        }
        for part in [Part::Primary, Part::Backup] {
            self.add(Trigger::At(10 * SECOND), Kind::Late, part, 0, 100 * SECOND);
            self.add(Trigger::At(10 * SECOND), Kind::Duplicate, part, 0, 100 * SECOND);
        }
        if chance.one_in(1, 2) {
            let at = chance.between(15 * SECOND, TROUBLE_BY);
            self.add(Trigger::At(at), Kind::Crash, Part::Engine, 0, 10 * SECOND);
        }
    }

    /// What makes the watchdog act at all, in most runs.
    fn draw_trouble(&mut self, chance: &mut Chance) {
        let at = chance.between(15 * SECOND, TROUBLE_BY);
        match chance.below(10) {
            0..=3 => self.add(Trigger::At(at), Kind::Crash, Part::Primary, 0, 60 * SECOND),
            4 | 5 => self.isolated_at = Some(at),
            6 => self.add(Trigger::At(at), Kind::PauseHalfMinute, Part::Primary, 0, 30 * SECOND),
            7 => self.operations.push((at, None)),
            8 => self.add(Trigger::At(at), Kind::Lie, Part::Chain, 0, 60 * SECOND),
            _ => {}
        }
        if chance.one_in(1, 6) {
            let moment = chance.pick(&[Moment::Planned, Moment::Proven, Moment::Fencing, Moment::Fenced]);
            let trigger = Trigger::On(moment, chance.below(300) * 1000);
            self.add(trigger, Kind::Human, Part::Operator, 0, SECOND);
            if chance.one_in(1, 2) {
                self.add(
                    Trigger::On(Moment::Reverting, 0),
                    Kind::Crash,
                    Part::Engine,
                    0,
                    chance.between(1, 30) * SECOND,
                );
            }
        }
        if chance.one_in(1, 8) {
            let trigger = Trigger::On(chance.pick(&Moment::ALL[1..]), 0);
            self.add(trigger, Kind::Crash, Part::Engine, 0, chance.between(1, 30) * SECOND);
        }
        if chance.one_in(1, 4) {
            self.operations.push((chance.between(10 * SECOND, self.heals_at), None));
        }
    }

    fn draw_faults(&mut self, chance: &mut Chance) {
        let cells = matrix();
        for _ in 0..chance.between(1, 5) {
            let cell = chance.pick(&cells);
            if !self.allows(cell) {
                continue;
            }
            let trigger = if cell.kind == Kind::ClockDrift {
                Trigger::At(0)
            } else if chance.one_in(3, 5) {
                let later = if chance.one_in(2, 3) { 0 } else { chance.below(1500) * 1000 };
                Trigger::On(chance.pick(&Moment::ALL[1..]), later)
            } else {
                Trigger::At(chance.between(8 * SECOND, self.heals_at - 20 * SECOND))
            };
            let which = u8::try_from(chance.below(3)).unwrap_or(0);
            self.add(trigger, cell.kind, cell.part, which, lasting(cell.kind, chance));
        }
    }

    fn allows(&self, cell: Cell) -> bool {
        let is_disk = matches!(cell.kind, Kind::DiskFull | Kind::DiskReadOnly | Kind::DiskSync);
        let is_on_ledger = matches!(self.class, Authority::Pointer | Authority::Rotating);
        match cell {
            _ if cell.part == Part::Store && self.is_embedded => false,
            Cell { part: Part::Engine, .. } if is_disk => self.is_embedded || self.is_mirrored,
            Cell { kind: Kind::Human, part: Part::Chain } => is_on_ledger,
            Cell { kind: Kind::Human, part: Part::Primary | Part::Backup } => !is_on_ledger,
            // A stale view is told from a fresh one by its epoch.
            Cell { kind: Kind::StaleHead, part: Part::Primary | Part::Backup } => self.checks_epochs,
            Cell { kind: Kind::Upgrade, .. } => !self.is_embedded,
            _ => true,
        }
    }

    fn add(&mut self, trigger: Trigger, kind: Kind, part: Part, which: u8, lasts: Micros) {
        let id = u16::try_from(self.faults.len()).unwrap_or(u16::MAX);
        self.faults.push((trigger, Fault { cell: Cell { kind, part }, which, lasts, id }));
    }
}

fn lasting(kind: Kind, chance: &mut Chance) -> Micros {
    match kind {
        Kind::PauseSecond => SECOND,
        Kind::PauseHalfMinute => 30 * SECOND,
        Kind::PauseTenMinutes => 600 * SECOND,
        Kind::Returns => chance.between(50, 110) * SECOND,
        _ => chance.between(1, 60) * SECOND,
    }
}
