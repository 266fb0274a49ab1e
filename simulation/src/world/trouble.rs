//! Faults begin and end.
use super::{Sabotage, World, lock};
use crate::fault::{Cell, Fault, Kind, Part};
use crate::kernel::{Event, SECOND};
use crate::node::Manner;
use crate::store::Medium;
use crate::wire::Host;
use std::collections::VecDeque;

impl World {
    pub(super) fn begin(&mut self, fault: Fault) {
        if self.healed_at.is_some() {
            return;
        }
        let fault = self.aimed(fault);
        let Fault { cell, lasts, .. } = fault;
        let now = self.now();
        {
            let mut kernel = self.kernel.lock();
            let moment = kernel.oracle.moment;
            *kernel.oracle.hits.entry((cell, moment)).or_default() += 1;
            kernel.note(|| format!("fault: {cell} #{} for {lasts} µs in {moment:?}", fault.which));
        }
        if cell.kind == Kind::PauseTenMinutes {
            self.scenario.heals_at = self.scenario.heals_at.max(now + lasts);
        }
        self.active.push(fault);
        self.strike(fault);
        self.schedule(now + lasts, Event::End(fault));
    }

    /// The same fault with the watchdog that it is aimed at.
    fn aimed(&self, fault: Fault) -> Fault {
        let which = match fault.cell.part {
            Part::Engine => match fault.which {
                0 => self.holder().unwrap_or(0),
                other => other % self.scenario.engines,
            },
            _ => fault.which,
        };
        Fault { which, ..fault }
    }

    /// The watchdog that holds the lease.
    pub(super) fn holder(&self) -> Option<u8> {
        if self.scenario.is_embedded { Some(0) } else { self.store.holder().map(|id| id.0[0]) }
    }

    fn host(&self, fault: Fault) -> Host {
        match fault.cell.part {
            Part::Engine | Part::Operator => Host::Engine(fault.which % self.scenario.engines),
            Part::Store => Host::Store,
            Part::Primary => Host::Node(0),
            Part::Backup => Host::Node(1),
            Part::Chain => Host::Source(fault.which % crate::probe::SOURCES),
        }
    }

    fn strike(&mut self, fault: Fault) {
        let (kind, host) = (fault.cell.kind, self.host(fault));
        match kind {
            _ if fault.cell.part == Part::Operator => self.trouble_operator(kind),
            Kind::Crash => self.crash(host, fault),
            Kind::Returns if matches!(host, Host::Node(_)) => self.crash(host, fault),
            Kind::PauseSecond | Kind::PauseHalfMinute | Kind::PauseTenMinutes | Kind::Returns => self.suspend(host),
            Kind::CutTo | Kind::CutFrom => self.cut(fault, host),
            Kind::Slow => self.slow(host, true),
            Kind::StaleHead => self.behave(host, Manner::Stale),
            Kind::OtherChain => self.behave(host, Manner::OtherChain),
            Kind::Empty => self.behave(host, Manner::Empty),
            Kind::ErrorBody => self.behave(host, Manner::ErrorBody),
            Kind::Lie => self.lie(host),
            Kind::Duplicate => drop(self.kernel.lock().net.twice.insert(host)),
            Kind::Late => drop(self.kernel.lock().net.late.insert(host)),
            Kind::DiskFull => self.spoil(host, Medium::Full),
            Kind::DiskReadOnly => self.spoil(host, Medium::ReadOnly),
            Kind::DiskSync => self.spoil(host, Medium::FailsSync),
            Kind::ClockJump => self.jump(host),
            Kind::ClockDrift => self.drift(host),
            Kind::Upgrade => self.upgrade(host),
            Kind::Human => self.meddle(host),
        }
    }

    pub(super) fn end(&mut self, fault: Fault) {
        let Some(at) = self.active.iter().position(|active| *active == fault) else { return };
        self.active.remove(at);
        let host = self.host(fault);
        self.kernel.note(|| format!("end of fault: {} #{}", fault.cell, fault.which));
        match fault.cell.kind {
            _ if fault.cell.part == Part::Operator => {}
            Kind::Crash => self.restart(host),
            Kind::Returns if matches!(host, Host::Node(_)) => self.restart(host),
            Kind::PauseSecond | Kind::PauseHalfMinute | Kind::PauseTenMinutes | Kind::Returns => self.thaw(host),
            Kind::CutTo | Kind::CutFrom => self.mend(fault.id),
            Kind::Slow => self.slow(host, false),
            Kind::StaleHead | Kind::OtherChain | Kind::Empty | Kind::ErrorBody | Kind::Lie => {
                self.behave(host, Manner::Honest);
            }
            Kind::Duplicate => drop(self.kernel.lock().net.twice.remove(&host)),
            Kind::Late => drop(self.kernel.lock().net.late.remove(&host)),
            Kind::DiskFull | Kind::DiskReadOnly | Kind::DiskSync => self.spoil(host, Medium::Sound),
            Kind::ClockJump | Kind::ClockDrift | Kind::Upgrade | Kind::Human => {}
        }
    }

    fn crash(&mut self, host: Host, fault: Fault) {
        match host {
            Host::Engine(engine) => {
                self.kill(engine);
                // Every second time the whole machine goes, with what its disk had not synced.
                if fault.id % 2 == 1 {
                    let now = self.now();
                    if let Some(machine) = self.machines.get(&host) {
                        lock(machine).reboot(now);
                    }
                    let seed = self.chance.next();
                    self.disks[usize::from(engine)].lose_power(seed);
                }
            }
            Host::Store => self.store.is_up = false,
            Host::Node(node) => self.nodes[usize::from(node)].is_up = false,
            Host::Source(source) => self.sources[usize::from(source)].is_up = false,
        }
        if let (Some(carrier), Host::Store | Host::Source(_)) = (&mut self.carrier, host) {
            carrier.crash(host);
        }
        self.waiting.remove(&host);
    }

    fn restart(&mut self, host: Host) {
        let now = self.now();
        match host {
            Host::Engine(engine) => self.start(engine),
            Host::Store => {
                let up = self.machines.get(&host).map(|machine| lock(machine).uptime(now)).unwrap_or_default();
                self.store.restart(up);
            }
            Host::Node(node) => self.nodes[usize::from(node)].restart(),
            Host::Source(source) => self.sources[usize::from(source)].is_up = true,
        }
        if let (Some(carrier), Host::Store | Host::Source(_)) = (&mut self.carrier, host) {
            carrier.bounce(host);
        }
    }

    fn suspend(&mut self, host: Host) {
        match host {
            Host::Engine(engine) => {
                if let Some(Some(process)) = self.processes.get_mut(usize::from(engine)) {
                    process.standstill.get_or_insert_with(VecDeque::new);
                }
            }
            Host::Store => self.store.is_suspended = true,
            Host::Node(node) => self.nodes[usize::from(node)].is_suspended = true,
            Host::Source(source) => self.sources[usize::from(source)].is_suspended = true,
        }
    }

    pub(super) fn thaw(&mut self, host: Host) {
        match host {
            Host::Engine(engine) => {
                let now = self.now();
                self.unsettled.push(now);
                let Some(Some(process)) = self.processes.get_mut(usize::from(engine)) else { return };
                let mut waiting: Vec<_> = process.standstill.take().into_iter().flatten().collect();
                // In which order a machine gets to what has piled up, nobody knows.
                for index in (1..waiting.len()).rev() {
                    let other = usize::try_from(self.chance.below(index as u64 + 1)).unwrap_or(0);
                    waiting.swap(index, other);
                }
                for event in waiting {
                    self.schedule(now, event);
                }
            }
            Host::Store => self.store.is_suspended = false,
            Host::Node(node) => self.nodes[usize::from(node)].is_suspended = false,
            Host::Source(source) => self.sources[usize::from(source)].is_suspended = false,
        }
        let now = self.now();
        for message in self.waiting.remove(&host).into_iter().flatten() {
            self.schedule(now, Event::Deliver(Box::new(message)));
        }
    }

    fn cut(&mut self, fault: Fault, host: Host) {
        let everybody = fault.id % 2 == 1;
        let engines: Vec<_> = match self.holder() {
            Some(holder) if !everybody => vec![holder],
            _ => (0..self.scenario.engines).collect(),
        };
        let hosts = match host {
            Host::Source(_) if fault.which == 2 => (0..crate::probe::SOURCES).map(Host::Source).collect(),
            host => vec![host],
        };
        let pairs = engines.iter().flat_map(|engine| {
            let engine = Host::Engine(*engine);
            hosts.iter().map(move |host| match fault.cell.kind {
                Kind::CutTo => (engine, *host),
                _ => (*host, engine),
            })
        });
        let pairs: Vec<_> = pairs.collect();
        self.kernel.lock().net.cut.extend(pairs.iter().copied());
        self.cuts.insert(fault.id, pairs);
    }

    fn mend(&mut self, id: u16) {
        self.cuts.remove(&id);
        self.kernel.lock().net.cut = self.cuts.values().flatten().copied().collect();
    }

    fn slow(&mut self, host: Host, is_slow: bool) {
        if let Host::Engine(engine) = host {
            if let Some(Some(process)) = self.processes.get_mut(usize::from(engine)) {
                process.is_slow = is_slow;
            }
            return;
        }
        let mut kernel = self.kernel.lock();
        if is_slow {
            kernel.net.slow.insert(host);
        } else {
            kernel.net.slow.remove(&host);
        }
    }

    fn behave(&mut self, host: Host, manner: Manner) {
        let now = self.now();
        let wall = self.machines.get(&host).map_or(0, |machine| lock(machine).wall_millis(now));
        match host {
            Host::Node(node) => self.nodes[usize::from(node)].behave(manner, wall),
            Host::Source(source) => {
                let view = self.ledger.view();
                let source = &mut self.sources[usize::from(source)];
                (source.manner, source.old, source.old_head) = (manner, Some(view), view.head);
            }
            Host::Engine(_) | Host::Store => {}
        }
    }

    /// One source lies, never two at a time: a lie of most of them is believed.
    fn lie(&mut self, host: Host) {
        if self.plants(Sabotage::MostSourcesLie) {
            self.behave(Host::Source(0), Manner::Liar);
            self.behave(Host::Source(1), Manner::Liar);
        } else if self.sources.iter().all(|source| source.manner != Manner::Liar) {
            self.behave(host, Manner::Liar);
        }
    }

    fn spoil(&mut self, host: Host, medium: Medium) {
        match host {
            Host::Store => self.store.medium = medium,
            Host::Engine(engine) => self.disks[usize::from(engine)].set(medium),
            Host::Node(_) | Host::Source(_) => {}
        }
    }

    /// From a second to a year, in either direction.
    fn jump(&mut self, host: Host) {
        let now = self.now();
        self.unsettled.push(now);
        let millis = self.chance.pick(&[1_000, 45_000, 3_600_000, 86_400_000, 31_536_000_000_i64]);
        let sign = if self.chance.one_in(1, 2) { 1 } else { -1 };
        if let Some(machine) = self.machines.get(&host) {
            lock(machine).wall_off_millis += sign * millis;
        }
    }

    fn drift(&mut self, host: Host) {
        let ppm = self.chance.pick(&[-900, -500, 500, 900]);
        if let Some(machine) = self.machines.get(&host) {
            lock(machine).drift_ppm = ppm;
        }
    }

    fn upgrade(&mut self, host: Host) {
        if let Host::Engine(engine) = host {
            self.kill(engine);
            self.store.age();
            self.schedule(self.now() + SECOND, Event::Restart(engine));
        }
    }

    fn meddle(&mut self, host: Host) {
        self.human_at = Some(self.now());
        match host {
            Host::Node(node) => self.nodes[usize::from(node)].start_by_hand(),
            Host::Source(_) => {
                let to = 1 - self.ledger.key();
                self.ledger.move_by_hand(to);
            }
            Host::Engine(_) | Host::Store => {}
        }
    }

    fn trouble_operator(&mut self, kind: Kind) {
        let what = match kind {
            Kind::CutTo => super::operate::NEVER_ARRIVES,
            Kind::CutFrom => super::operate::ANSWER_LOST,
            Kind::Duplicate => super::operate::TWICE,
            Kind::Late => super::operate::LATE,
            _ => super::operate::AGAINST,
        };
        self.operate(what);
    }

    /// Everything that is wrong ends, and people do what the alerts asked them for.
    pub(super) fn heal(&mut self) {
        let now = self.now();
        self.kernel.note(|| "everything is mended".to_owned());
        for fault in self.active.clone() {
            if !matches!(fault.cell, Cell { part: Part::Engine, kind: Kind::Crash }) {
                self.end(fault);
            }
        }
        self.healed_at = Some(now);
        self.triggers.clear();
        self.kernel.lock().heal_net();
        self.cuts.clear();
        self.unsettled.push(now);
        for machine in self.machines.values() {
            lock(machine).wall_off_millis = 0;
        }
        for engine in 0..self.scenario.engines {
            self.disks[usize::from(engine)].set(Medium::Sound);
            self.slow(Host::Engine(engine), false);
            self.thaw(Host::Engine(engine));
            if self.is_stopped(engine) {
                self.kill(engine);
            }
            self.schedule(now + SECOND, Event::Restart(engine));
        }
    }

    /// Whether a watchdog says that it must be started anew, or never came up.
    fn is_stopped(&self, engine: u8) -> bool {
        let Some(Some(process)) = self.processes.get(usize::from(engine)) else { return false };
        process.handle.get().is_none_or(|handle| handle.status().stopped.is_some())
    }
}
