//! Time, the queue of events, the network: what every part of a run shares.
use crate::chance::{Chance, mix};
use crate::fault::Fault;
use crate::oracle::Oracle;
use crate::wire::{Host, Reply, Request};
use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::Duration;

/// True time, microseconds since the run began. Nobody in the run can read it.
pub(crate) type Micros = u64;

pub(crate) const SECOND: Micros = 1_000_000;
/// Longest time in which a command to a node that compares no epochs still takes effect: the
/// network of such nodes drops what is older.
pub(crate) const COMMAND_MAX: Micros = 4 * SECOND;

/// What happens next.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    /// A wait of process number `process` ends.
    Timer { process: u32, timer: usize, generation: u64 },
    /// A message arrives.
    Deliver(Box<Message>),
    /// A message that another transport carries is handed over to it.
    Post(Box<Message>),
    /// Something that a slow machine gets to only now.
    Slowed(Box<Event>),
    /// A slot of the chain begins.
    Slot,
    /// A fault begins.
    Begin(Fault),
    /// A fault ends.
    End(Fault),
    /// A watchdog is started again.
    Restart(u8),
    /// An operator does something.
    Operate(u8),
    /// The oracle looks at the watchdogs.
    Look,
}

/// One message.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) from: Host,
    pub(crate) to: Host,
    /// The call that it belongs to.
    pub(crate) call: u64,
    pub(crate) body: Body,
    /// When it was sent.
    pub(crate) sent: Micros,
}

#[derive(Clone, Debug)]
pub(crate) enum Body {
    Request(Request),
    Reply(Reply),
}

struct Scheduled {
    at: Micros,
    seq: u64,
    event: Event,
}

impl PartialEq for Scheduled {
    fn eq(&self, other: &Self) -> bool {
        (self.at, self.seq) == (other.at, other.seq)
    }
}

impl Eq for Scheduled {}

impl PartialOrd for Scheduled {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Scheduled {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.seq).cmp(&(other.at, other.seq))
    }
}

/// What is wrong with the network now.
#[derive(Debug, Default)]
pub(crate) struct Net {
    /// Directions in which nothing gets through.
    pub(crate) cut: BTreeSet<(Host, Host)>,
    /// Hosts whose messages take ten times as long.
    pub(crate) slow: BTreeSet<Host>,
    /// Hosts whose messages come twice.
    pub(crate) twice: BTreeSet<Host>,
    /// Hosts some of whose messages come much later, after newer ones.
    pub(crate) late: BTreeSet<Host>,
    /// Whether commands to nodes that are older than [`COMMAND_MAX`] are dropped.
    pub(crate) drops_old_commands: bool,
}

#[derive(Default)]
struct Timer {
    generation: u64,
    waker: Option<Waker>,
}

/// A record of what happened: always hashed, and printed where asked for.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    hash: u64,
    pub(crate) events: u64,
    pub(crate) is_printed: bool,
}

impl Trace {
    fn add(&mut self, number: u64) {
        self.hash = mix(self.hash.rotate_left(5) ^ number);
    }

    fn text(&mut self, text: &str) {
        for chunk in text.as_bytes().chunks(8) {
            let mut bytes = [0; 8];
            bytes[..chunk.len()].copy_from_slice(chunk);
            self.add(u64::from_le_bytes(bytes));
        }
    }
}

pub(crate) struct Inner {
    pub(crate) now: Micros,
    seq: u64,
    calls: u64,
    heap: BinaryHeap<Reverse<Scheduled>>,
    timers: Vec<Timer>,
    free: Vec<usize>,
    pub(crate) net: Net,
    pub(crate) chance: Chance,
    pub(crate) trace: Trace,
    pub(crate) oracle: Oracle,
    /// Messages for another transport; `None` where the kernel carries them itself.
    pub(crate) outbox: Option<Vec<Message>>,
}

/// Shared by all parts of one run. Clones are one kernel.
#[derive(Clone)]
pub(crate) struct Kernel(Arc<Mutex<Inner>>);

impl Kernel {
    pub(crate) fn new(chance: Chance, oracle: Oracle, is_printed: bool) -> Self {
        Self(Arc::new(Mutex::new(Inner {
            now: 0,
            seq: 0,
            calls: 0,
            heap: BinaryHeap::new(),
            timers: Vec::new(),
            free: Vec::new(),
            net: Net::default(),
            chance,
            trace: Trace { is_printed, ..Trace::default() },
            oracle,
            outbox: None,
        })))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn now(&self) -> Micros {
        self.lock().now
    }

    /// Something that belongs into the trace of a replay.
    pub(crate) fn note(&self, line: impl FnOnce() -> String) {
        self.lock().note(line);
    }
}

impl Inner {
    pub(crate) fn hash(&self) -> u64 {
        mix(self.trace.hash ^ self.trace.events)
    }

    pub(crate) fn note(&mut self, line: impl FnOnce() -> String) {
        let line = line();
        self.trace.text(&line);
        if self.trace.is_printed {
            print(self.now, &line);
        }
    }

    pub(crate) fn schedule(&mut self, at: Micros, event: Event) {
        self.seq += 1;
        let at = at.max(self.now);
        self.heap.push(Reverse(Scheduled { at, seq: self.seq, event }));
    }

    pub(crate) fn next_at(&self) -> Option<Micros> {
        self.heap.peek().map(|Reverse(next)| next.at)
    }

    /// The next event; time goes on to it.
    pub(crate) fn pop(&mut self) -> Option<Event> {
        let Reverse(next) = self.heap.pop()?;
        self.now = self.now.max(next.at);
        self.trace.events += 1;
        Some(next.event)
    }

    /// A wait that ends at `at`.
    pub(crate) fn set_timer(&mut self, process: u32, at: Micros, waker: Waker) -> (usize, u64) {
        let timer = self.free.pop().unwrap_or_else(|| {
            self.timers.push(Timer::default());
            self.timers.len() - 1
        });
        let slot = &mut self.timers[timer];
        slot.generation += 1;
        slot.waker = Some(waker);
        let generation = slot.generation;
        self.schedule(at, Event::Timer { process, timer, generation });
        (timer, generation)
    }

    pub(crate) fn renew_timer(&mut self, (timer, generation): (usize, u64), waker: &Waker) -> bool {
        let slot = &mut self.timers[timer];
        let is_set = slot.generation == generation && slot.waker.is_some();
        if is_set {
            slot.waker = Some(waker.clone());
        }
        is_set
    }

    /// The waker of a wait that ends now; `None` where nobody waits any more.
    pub(crate) fn take_timer(&mut self, timer: usize, generation: u64) -> Option<Waker> {
        let slot = &mut self.timers[timer];
        let waker = (slot.generation == generation).then(|| slot.waker.take()).flatten()?;
        self.free.push(timer);
        Some(waker)
    }

    /// Number of the next call.
    pub(crate) fn next_call(&mut self) -> u64 {
        self.calls += 1;
        self.calls
    }

    /// Puts a message on its way.
    pub(crate) fn send(&mut self, from: Host, to: Host, call: u64, body: Body) {
        let message = Message { from, to, call, body, sent: self.now };
        let is_carried = self.outbox.is_some();
        if !is_carried && self.net.cut.contains(&(from, to)) {
            return;
        }
        let troubled = |set: &BTreeSet<Host>| set.contains(&from) || set.contains(&to);
        let factor = if troubled(&self.net.slow) { 10 } else { 1 };
        let mut delays = vec![if is_carried { 0 } else { self.chance.between(500, 15_000) * factor }];
        if troubled(&self.net.late) && self.chance.one_in(1, 3) {
            delays[0] += self.chance.between(SECOND, 25 * SECOND);
        }
        if troubled(&self.net.twice) && self.chance.one_in(1, 2) {
            delays.push(self.chance.between(500, 10 * SECOND));
        }
        for delay in delays {
            let message = message.clone();
            match &mut self.outbox {
                Some(outbox) if delay == 0 => outbox.push(message),
                Some(_) => self.schedule(self.now + delay, Event::Post(Box::new(message))),
                None => self.schedule(self.now + delay, Event::Deliver(Box::new(message))),
            }
        }
    }

    /// Takes note of a message that arrives. Says whether it still counts.
    pub(crate) fn arrive(&mut self, message: &Message) -> bool {
        let is_order =
            matches!(message.to, Host::Node(_)) && matches!(&message.body, Body::Request(r) if r.is_command());
        if is_order && self.net.drops_old_commands && self.now.saturating_sub(message.sent) > COMMAND_MAX {
            return false;
        }
        self.trace.add(self.now);
        self.trace.add(message.call);
        if self.trace.is_printed {
            let Message { from, to, call, .. } = message;
            let line = match &message.body {
                Body::Request(Request::Append { token, entries, .. }) => {
                    let records: Vec<_> = entries.iter().map(|e| format!("{} {:?}", e.seq, e.record)).collect();
                    format!("{from} -> {to} #{call} append under {token}: {}", records.join(" | "))
                }
                Body::Request(request) if request.is_command() => format!("{from} -> {to} #{call} {request:?}"),
                Body::Request(request) => format!("{from} -> {to} #{call} {}", request.kind()),
                Body::Reply(Reply::Entries(entries)) => {
                    format!("{from} -> {to} #{call} reply: {} entries", entries.len())
                }
                Body::Reply(reply) => format!("{from} -> {to} #{call} reply: {reply:?}"),
            };
            print(self.now, &line);
        }
        true
    }

    /// Everything that the network does wrong ends.
    pub(crate) fn heal_net(&mut self) {
        let drops_old_commands = self.net.drops_old_commands;
        self.net = Net { drops_old_commands, ..Net::default() };
    }
}

#[allow(clippy::print_stdout, reason = "a replay is printed step by step")]
fn print(now: Micros, line: &str) {
    println!("{:>12.6} {line}", Duration::from_micros(now).as_secs_f64());
}

impl fmt::Debug for Kernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Kernel")
    }
}
