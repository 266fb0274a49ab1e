//! One run: everything there is, moved on event by event.
pub(crate) mod operate;
mod trouble;
mod verdict;

use crate::action;
use crate::chance::{Chance, mix};
use crate::clock::Machine;
use crate::disk::Disk;
use crate::fault::Fault;
use crate::kernel::{Body, Event, Kernel, Message, Micros, SECOND};
use crate::ledger::Ledger;
use crate::node::{Build, Manner, Node};
use crate::oracle::{Limits, Oracle, Signature};
use crate::panics;
use crate::probe::SOURCES;
use crate::process::{Process, Start};
use crate::report::Report;
use crate::scenario::{Scenario, Trigger};
use crate::store::{self, Store};
use crate::transport::Carrier;
use crate::wire::{Host, Reply, Request, View};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use watchdog_core::plan::Authority;

/// Time between two looks of the oracle at the watchdogs.
const LOOK_EVERY: Micros = 5 * SECOND;
/// Events after which a run is given up: something goes round in circles.
const EVENTS_MOST: u64 = 3_000_000;

/// How runs are done.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// A fault planted in the system under test, which the oracle must find.
    pub sabotage: Option<Sabotage>,
    /// Turmoil carries the messages of one run in so many; of none where this is 0.
    pub turmoil_one_in: u64,
    /// Whether every step is printed.
    pub is_printed: bool,
    /// Whether further runs are done after one in which a rule did not hold.
    pub goes_on: bool,
}

impl Options {
    /// Nothing is planted or printed, and turmoil carries one run in forty: what a seed means unless
    /// something else is said.
    pub const ORDINARY: Self = Self { sabotage: None, turmoil_one_in: 40, is_printed: false, goes_on: false };
}

/// Faults that a test plants: each turns one protection off.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Sabotage {
    /// A node forgets on a restart that it was stopped.
    FenceForgotten,
    /// A node that does not answer is taken for stopped.
    SilenceIsFence,
    /// The store takes appends under an old lease, and grants it to whoever asks.
    LeaseIgnored,
    /// The store confirms what is not on disk yet.
    SyncSkipped,
    /// Nodes compare no epochs, and nobody waits for stragglers.
    StragglersDenied,
    /// A payload is given up while it may still count.
    PayloadDropped,
    /// Cool-downs and budgets are not kept.
    LimitsIgnored,
    /// Two of three sources lie together, which is more than is assumed.
    MostSourcesLie,
    /// The disk says that it wrote what it did not.
    DiskErrorsHidden,
    /// The watchdog takes its time.
    Dawdling,
}

impl Sabotage {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::FenceForgotten,
        Self::SilenceIsFence,
        Self::LeaseIgnored,
        Self::SyncSkipped,
        Self::StragglersDenied,
        Self::PayloadDropped,
        Self::LimitsIgnored,
        Self::MostSourcesLie,
        Self::DiskErrorsHidden,
        Self::Dawdling,
    ];
}

/// An API of the chain.
#[derive(Debug, Default)]
struct Source {
    is_up: bool,
    is_suspended: bool,
    manner: Manner,
    old: Option<View>,
    old_head: u64,
}

struct World {
    kernel: Kernel,
    scenario: Scenario,
    options: Options,
    chance: Chance,
    machines: BTreeMap<Host, Arc<Mutex<Machine>>>,
    disks: Vec<Disk>,
    processes: Vec<Option<Process>>,
    numbers: u32,
    store: Store,
    nodes: [Node; 2],
    ledger: Ledger,
    sources: Vec<Source>,
    /// Messages to machines that stand still.
    waiting: BTreeMap<Host, VecDeque<Message>>,
    triggers: Vec<(Trigger, Fault)>,
    active: Vec<Fault>,
    cuts: BTreeMap<u16, Vec<(Host, Host)>>,
    carrier: Option<Carrier>,
    healed_at: Option<Micros>,
    human_at: Option<Micros>,
    /// When a clock was set, a machine stood still or a process began: what the oracle forgives for a while.
    unsettled: Vec<Micros>,
    is_over: bool,
}

/// Does the run of `seed`.
pub fn run(seed: u64, options: &Options) -> Report {
    panics::watch();
    let panicked = panics::count();
    let mut world = World::new(seed, *options);
    world.go();
    if panics::count() > panicked {
        world.fail("panic", "a task of a watchdog panicked");
    }
    world.report(seed)
}

fn lock(machine: &Mutex<Machine>) -> MutexGuard<'_, Machine> {
    machine.lock().unwrap_or_else(PoisonError::into_inner)
}

impl World {
    fn new(seed: u64, options: Options) -> Self {
        let mut chance = Chance::new(seed);
        let by_turmoil = options.turmoil_one_in > 0 && mix(seed ^ 0x7EA).is_multiple_of(options.turmoil_one_in);
        let scenario = Scenario::draw(&mut chance, by_turmoil);
        let hides_errors = options.sabotage == Some(Sabotage::DiskErrorsHidden);
        let limits = Limits { class: scenario.class, cooldown: scenario.cooldown, per_day: scenario.per_day };
        let kernel = Kernel::new(chance.fork(), Oracle::new(limits), options.is_printed);
        let planted = |sabotage| options.sabotage == Some(sabotage);
        let build = Build {
            checks_epochs: scenario.checks_epochs && !planted(Sabotage::StragglersDenied),
            has_agent: scenario.has_agent,
            forgets_fence: planted(Sabotage::FenceForgotten),
        };
        let store = Store::new(store::Planted {
            takes_stale_appends: planted(Sabotage::LeaseIgnored),
            grants_twice: planted(Sabotage::LeaseIgnored),
            skips_sync: planted(Sabotage::SyncSkipped),
        });
        let hosts: Vec<_> = (0..scenario.engines)
            .map(Host::Engine)
            .chain([Host::Store, Host::Node(0), Host::Node(1)])
            .chain((0..SOURCES).map(Host::Source))
            .collect();
        let machine = |host: &Host| {
            let up = chance.between(60, 1_000_000);
            (*host, Arc::new(Mutex::new(Machine::new(host.to_string(), 0, up))))
        };
        let machines = hosts.iter().map(machine).collect();
        let carrier = by_turmoil.then(|| Carrier::new(seed, &hosts));
        {
            let mut inner = kernel.lock();
            inner.net.drops_old_commands = !scenario.checks_epochs;
            inner.outbox = by_turmoil.then(Vec::new);
        }
        let is_on_ledger = matches!(scenario.class, Authority::Pointer | Authority::Rotating);
        let engines = usize::from(scenario.engines);
        Self {
            machines,
            disks: (0..engines).map(|_| Disk::new(hides_errors)).collect(),
            processes: (0..engines).map(|_| None).collect(),
            numbers: 0,
            store,
            nodes: [Node::new(0, true, build), Node::new(1, is_on_ledger, build)],
            ledger: Ledger::new(scenario.class, scenario.loses, chance.fork()),
            sources: (0..SOURCES).map(|_| Source { is_up: true, ..Source::default() }).collect(),
            waiting: BTreeMap::new(),
            triggers: scenario.faults.clone(),
            active: Vec::new(),
            cuts: BTreeMap::new(),
            carrier,
            healed_at: None,
            human_at: None,
            unsettled: Vec::new(),
            is_over: false,
            kernel,
            scenario,
            options,
            chance,
        }
    }

    fn now(&self) -> Micros {
        self.kernel.now()
    }

    fn schedule(&self, at: Micros, event: Event) {
        self.kernel.lock().schedule(at, event);
    }

    fn fail(&self, rule: &'static str, what: impl Into<String>) {
        let mut kernel = self.kernel.lock();
        let now = kernel.now;
        kernel.oracle.fail(now, rule, what);
    }

    fn plants(&self, sabotage: Sabotage) -> bool {
        self.options.sabotage == Some(sabotage)
    }

    fn is_on_ledger(&self) -> bool {
        matches!(self.scenario.class, Authority::Pointer | Authority::Rotating)
    }

    /// Runs to the end.
    fn go(&mut self) {
        self.kernel.note(|| format!("{:?}", self.scenario));
        self.schedule(SECOND, Event::Slot);
        self.schedule(LOOK_EVERY, Event::Look);
        for engine in 0..self.scenario.engines {
            let at = self.chance.below(5 * SECOND);
            self.schedule(at, Event::Restart(engine));
        }
        for (trigger, fault) in self.triggers.clone() {
            if let Trigger::At(at) = trigger {
                self.schedule(at, Event::Begin(fault));
            }
        }
        for (at, what) in self.scenario.operations.clone() {
            let any = u8::try_from(self.chance.below(9)).unwrap_or(0);
            self.schedule(at, Event::Operate(what.unwrap_or(any)));
        }
        while !self.is_over {
            if let Err(error) = self.carry() {
                self.fail("turmoil", error);
                return;
            }
            let event = self.kernel.lock().pop();
            let Some(event) = event else { return };
            self.dispatch(event);
            self.trigger();
            let (events, is_wrong) = {
                let kernel = self.kernel.lock();
                (kernel.trace.events, !kernel.oracle.violations.is_empty())
            };
            if events > EVENTS_MOST {
                self.fail("L2", "no end in sight");
            }
            self.is_over |= is_wrong || events > EVENTS_MOST;
        }
    }

    /// Has the other transport carry what is under way, up to the next event.
    fn carry(&mut self) -> Result<(), String> {
        let Some(carrier) = &mut self.carrier else { return Ok(()) };
        let mut kernel = self.kernel.lock();
        let now = kernel.now;
        for message in kernel.outbox.as_mut().map(std::mem::take).unwrap_or_default() {
            carrier.post(message, now);
        }
        let (cut, slow) = (kernel.net.cut.clone(), kernel.net.slow.clone());
        carrier.shape(&cut, &slow);
        while let Some(until) = kernel.next_at() {
            let (at, messages) = carrier.advance(until)?;
            if messages.is_empty() {
                return Ok(());
            }
            for message in messages {
                kernel.schedule(at, Event::Deliver(Box::new(message)));
            }
        }
        Ok(())
    }

    /// Begins the faults that wait for what has just happened.
    fn trigger(&mut self) {
        let mut kernel = self.kernel.lock();
        let entered = std::mem::take(&mut kernel.oracle.entered);
        for moment in entered {
            let now = kernel.now;
            self.triggers.retain(|(trigger, fault)| match trigger {
                Trigger::On(wanted, later) if *wanted == moment => {
                    kernel.schedule(now + later, Event::Begin(*fault));
                    false
                }
                _ => true,
            });
        }
    }

    fn dispatch(&mut self, event: Event) {
        match event {
            Event::Timer { process, timer, generation } => self.wake(process, timer, generation),
            Event::Deliver(message) => self.deliver(*message),
            Event::Post(message) => {
                if let Some(outbox) = &mut self.kernel.lock().outbox {
                    outbox.push(*message);
                }
            }
            Event::Slowed(event) => self.resume_slowed(*event),
            Event::Slot => self.slot(),
            Event::Begin(fault) => self.begin(fault),
            Event::End(fault) => self.end(fault),
            Event::Restart(engine) => self.start(engine),
            Event::Operate(what) => self.operate(what),
            Event::Look => self.look(),
        }
    }

    fn wake(&mut self, process: u32, timer: usize, generation: u64) {
        let event = Event::Timer { process, timer, generation };
        let found =
            self.processes.iter().flatten().find(|p| p.number == process).map(|p| (p.is_slow, p.standstill.is_some()));
        match found {
            Some((_, true)) => self.hold(process, event),
            Some((true, false)) => self.slow_down(event),
            Some((false, false)) => self.wake_now(process, timer, generation),
            None => drop(self.kernel.lock().take_timer(timer, generation)),
        }
    }

    fn wake_now(&self, process: u32, timer: usize, generation: u64) {
        let waker = self.kernel.lock().take_timer(timer, generation);
        if let Some(waker) = waker {
            waker.wake();
            if let Some(process) = self.processes.iter().flatten().find(|p| p.number == process) {
                process.run();
            }
        }
    }

    fn hold(&mut self, process: u32, event: Event) {
        let found = self.processes.iter_mut().flatten().find(|p| p.number == process);
        if let Some(waiting) = found.and_then(|process| process.standstill.as_mut()) {
            waiting.push_back(event);
        }
    }

    /// A slow machine gets to everything later.
    fn slow_down(&mut self, event: Event) {
        let later = self.chance.between(20_000, 300_000);
        self.schedule(self.now() + later, Event::Slowed(Box::new(event)));
    }

    fn resume_slowed(&mut self, event: Event) {
        match event {
            Event::Timer { process, timer, generation } => {
                let stands = |p: &&Process| p.number == process && p.standstill.is_some();
                if self.processes.iter().flatten().any(|p| stands(&p)) {
                    self.hold(process, Event::Timer { process, timer, generation });
                } else {
                    self.wake_now(process, timer, generation);
                }
            }
            Event::Deliver(message) => {
                if let (Host::Engine(engine), Body::Reply(reply)) = (message.to, message.body) {
                    self.answer(engine, message.call, reply);
                }
            }
            _ => {}
        }
    }

    fn deliver(&mut self, message: Message) {
        if !self.kernel.lock().arrive(&message) {
            return;
        }
        if let Host::Engine(engine) = message.to {
            let Some(Some(process)) = self.processes.get(usize::from(engine)) else { return };
            let (number, is_slow) = (process.number, process.is_slow);
            if process.standstill.is_some() {
                self.hold(number, Event::Deliver(Box::new(message)));
            } else if is_slow {
                self.slow_down(Event::Deliver(Box::new(message)));
            } else if let Body::Reply(reply) = message.body {
                self.answer(engine, message.call, reply);
            }
            return;
        }
        if self.stands_still(message.to) {
            self.waiting.entry(message.to).or_default().push_back(message);
            return;
        }
        let Message { from, to, call, body: Body::Request(request), .. } = message else { return };
        if let Some(reply) = self.serve(to, request) {
            self.kernel.lock().send(to, from, call, Body::Reply(reply));
        }
    }

    fn answer(&self, engine: u8, call: u64, reply: Reply) {
        if let Some(Some(process)) = self.processes.get(usize::from(engine)) {
            process.port.answer(call, reply);
            process.run();
        }
    }

    fn stands_still(&self, host: Host) -> bool {
        match host {
            Host::Store => self.store.is_suspended,
            Host::Node(node) => {
                let node = &self.nodes[usize::from(node)];
                node.is_suspended && !node.hears()
            }
            Host::Source(source) => self.sources[usize::from(source)].is_suspended,
            Host::Engine(_) => false,
        }
    }

    /// What a host answers, if anything.
    fn serve(&mut self, host: Host, request: Request) -> Option<Reply> {
        let now = self.now();
        let machine = self.machines.get(&host)?.clone();
        let (up, wall) = {
            let machine = lock(&machine);
            (machine.uptime(now), machine.wall_millis(now))
        };
        match host {
            Host::Store => {
                let mut kernel = self.kernel.lock();
                self.store.is_up.then(|| self.store.take(request, up, now, &mut kernel.oracle))
            }
            Host::Node(node) => self.obey(node, &request, wall),
            Host::Source(source) => self.tell(source, &request, wall),
            Host::Engine(_) => None,
        }
    }

    fn obey(&mut self, node: u8, request: &Request, wall: u64) -> Option<Reply> {
        let index = usize::from(node);
        if !self.nodes[index].hears() {
            return None;
        }
        let (reply, is_new) = self.nodes[index].take(request, wall);
        let other = &self.nodes[1 - index];
        if is_new && self.scenario.class == Authority::SharedKey && other.enabled && !other.by_hand {
            self.fail("I3", format!("node {node} is let sign while the other one still may"));
        }
        Some(reply)
    }

    fn tell(&mut self, source: u8, request: &Request, wall: u64) -> Option<Reply> {
        let view = View { wall, ..self.ledger.view() };
        let told = &self.sources[usize::from(source)];
        if !told.is_up {
            return None;
        }
        let head = if told.manner == Manner::Stale { told.old_head } else { view.head };
        match (told.manner, request) {
            (Manner::Empty, _) => return Some(Reply::Empty),
            (Manner::ErrorBody, _) => return Some(Reply::ErrorBody),
            _ => {}
        }
        Some(match request {
            Request::View => Reply::View(match (told.manner, told.old) {
                (Manner::Stale, Some(old)) => View { wall, ..old },
                (Manner::OtherChain, _) => View { genesis: view.genesis + 1, head: view.head / 2, key: 1, ..view },
                (Manner::Liar, Some(old)) => {
                    View { made: old.made, missed: old.missed + (view.head - old.head), last: old.last, ..view }
                }
                _ => view,
            }),
            Request::Transaction { bytes } => {
                let fate = self.ledger.fate(bytes);
                let is_past = told.manner == Manner::Stale;
                Reply::Transaction { head, fate: if is_past { crate::wire::Fate::Absent } else { fate } }
            }
            Request::Submit { bytes, .. } => {
                self.ledger.submit(bytes);
                Reply::Done
            }
            _ => Reply::ErrorBody,
        })
    }

    /// A slot: whoever can sign does.
    fn slot(&mut self) {
        let now = self.now();
        self.ledger.advance();
        let slot = self.ledger.slot();
        let isolated = self.scenario.isolated_at.is_some_and(|at| now >= at) && self.healed_at.is_none();
        self.nodes[0].is_isolated = isolated;
        let (is_on_ledger, key) = (self.is_on_ledger(), self.ledger.key());
        let mut signatures = Vec::new();
        let mut included = Vec::new();
        for node in &mut self.nodes {
            let may = if is_on_ledger { key == node.number } else { node.enabled && slot > node.watermark };
            if node.runs() && may {
                node.watermark = slot;
                signatures.push(Signature { node: node.number, by_hand: node.by_hand });
                if !node.is_isolated {
                    included.push(node.number);
                }
            }
        }
        let turn = usize::try_from(slot).unwrap_or(0).checked_rem(included.len()).unwrap_or(0);
        let by = included.get(turn).copied();
        self.ledger.record(by);
        let mut kernel = self.kernel.lock();
        if signatures.len() != 1 || by.is_none() {
            kernel.note(|| format!("slot {slot}: signed by {signatures:?}, on the chain by {by:?}"));
        }
        kernel.oracle.signed(now, slot, &signatures, by.is_some());
        kernel.schedule(now + SECOND, Event::Slot);
    }

    /// Starts a watchdog that does not run.
    fn start(&mut self, engine: u8) {
        let index = usize::from(engine);
        if self.processes.get(index).is_none_or(Option::is_some) {
            return;
        }
        let Some(machine) = self.machines.get(&Host::Engine(engine)).cloned() else { return };
        self.numbers += 1;
        // What failed before this process began is not its failure.
        self.disks[index].take_failure();
        let now = self.now();
        self.unsettled.push(now);
        let planted = action::Planted {
            takes_silence_for_fence: self.plants(Sabotage::SilenceIsFence),
            gives_up_payloads_early: self.plants(Sabotage::PayloadDropped),
            denies_stragglers: self.plants(Sabotage::StragglersDenied),
        };
        let start = Start {
            kernel: &self.kernel,
            scenario: &self.scenario,
            engine,
            number: self.numbers,
            machine,
            disk: self.disks[index].clone(),
            planted,
            sabotage: self.options.sabotage,
        };
        match Process::start(start) {
            Ok(process) => {
                self.kernel.note(|| format!("watchdog-{engine} starts as process {}", self.numbers));
                self.processes[index] = Some(process);
            }
            Err(error) => {
                self.kernel.note(|| format!("watchdog-{engine} does not start: {error}"));
                self.schedule(now + 5 * SECOND, Event::Restart(engine));
            }
        }
    }

    /// Ends a watchdog without a word.
    fn kill(&mut self, engine: u8) {
        let Some(process) = self.processes.get_mut(usize::from(engine)).and_then(Option::take) else { return };
        let mut kernel = self.kernel.lock();
        let moment = kernel.oracle.moment;
        *kernel.oracle.crash_points.entry(moment).or_default() += 1;
        kernel.note(|| format!("watchdog-{engine} ends in {moment:?}"));
        drop(kernel);
        drop(process);
        self.disks[usize::from(engine)].take_failure();
    }

    fn report(&self, seed: u64) -> Report {
        let kernel = self.kernel.lock();
        let oracle = &kernel.oracle;
        Report {
            seed,
            trace: kernel.hash(),
            events: kernel.trace.events,
            seconds: kernel.now / SECOND,
            violations: oracle.violations.clone(),
            planned: oracle.planned,
            automatic: oracle.planned_automatically,
            outcomes: oracle.outcomes.clone(),
            signatures: oracle.signatures,
            hits: oracle.hits.clone(),
            crash_points: oracle.crash_points.clone(),
            is_calm: self.scenario.calm.is_some(),
            by_turmoil: self.scenario.by_turmoil,
        }
    }
}
