//! The program on the node: the sidecar's rule, its belief in the lease, the node's memory.
use crate::lease::time::{device, look, times, ttl};
use std::sync::Arc;
use std::time::Duration;
use watchdog_core::clock::Uptime;
use watchdog_core::id::{Epoch, NodeName, ValidatorName};
use watchdog_core::lease::Held;
use watchdog_supervise::authority::{Authority, Right};
use watchdog_supervise::order::{Order, Target};
use watchdog_supervise::sidecar::Term;
use watchdog_supervise::sidecar::duty::{Act, Duty, View};
use watchdog_supervise::sidecar::holder::Holder;

pub(super) fn target() -> Target {
    Target { validator: ValidatorName::new("main").unwrap(), node: NodeName::new("a").unwrap() }
}

/// What the node publishes of itself.
pub(super) fn holder(is_armed: bool) -> Holder {
    Holder { target: target(), lease: ttl(), device: is_armed.then(device) }
}

/// The node. Its signer is a stubborn one, which ends only when it is killed.
#[derive(Clone, Debug)]
pub(super) struct Machine {
    /// Its own clock.
    now: Uptime,
    duty: Duty,
    term: Option<Term>,
    /// Survives restarts.
    authority: Arc<Authority>,
    /// The term that an engine granted last, where it took nothing back since.
    granted: Option<u64>,
    /// Whether the signer runs.
    pub(super) runs: bool,
    /// Restarts so far.
    pub(super) boot: u8,
    /// When the device was fed last, by a clock that loses nothing.
    fed: Uptime,
}

impl Machine {
    /// A node that holds a lease of term 1 since `now`, and signs with it.
    pub(super) fn signing(now: Uptime) -> Self {
        let mut machine = Self {
            now,
            duty: Duty::new(times()),
            term: None,
            authority: Arc::new(Authority::none(target())),
            granted: None,
            runs: false,
            boot: 0,
            fed: now,
        };
        machine.hear(Held::new(1, now, ttl()), now);
        assert!(machine.granted(machine.next_epoch(), 1));
        machine.settle(now);
        assert!(machine.runs, "a lease, a grant, and it does not sign");
        machine
    }

    /// All that can make a difference later.
    pub(super) fn key(&self) -> impl Eq + std::hash::Hash + use<> {
        let term = self.term.map(|term| (term.token(), term.until(), term.is_published()));
        let epoch = self.authority.newest();
        let right = match self.authority.right() {
            Right::Fenced => None,
            Right::Granted { term } => Some(term),
        };
        (self.now, self.duty, term, (epoch.token, epoch.seq, right), self.runs, self.boot, self.fed)
    }

    /// By its own clock.
    pub(super) fn now(&self) -> Uptime {
        self.now
    }

    /// The answer to a question of this boot: believed, then shown.
    pub(super) fn hear(&mut self, held: Held, asked: Uptime) {
        self.term = Some(Term::renewed(self.term, held, asked, &times()).published());
    }

    /// The epoch of a command that nobody gave yet.
    pub(super) fn next_epoch(&self) -> Epoch {
        self.authority.newest().next(1)
    }

    /// Whether it holds a term that no engine has granted it to sign in.
    pub(super) fn awaits_grant(&self) -> Option<u64> {
        self.term.filter(|term| !term.is_granted_by(&self.authority)).map(|term| term.token())
    }

    /// A grant for a term arrives. Whether it is obeyed.
    pub(super) fn granted(&mut self, epoch: Epoch, term: u64) -> bool {
        self.obey(self.authority.granted(&Order { target: target(), epoch }, term).ok(), Some(term))
    }

    /// A fence arrives. Whether it is obeyed.
    pub(super) fn fenced(&mut self, epoch: Epoch) -> bool {
        self.obey(self.authority.fenced(&Order { target: target(), epoch }).ok(), None)
    }

    fn obey(&mut self, after: Option<Authority>, granted: Option<u64>) -> bool {
        let Some(after) = after else { return false };
        (self.authority, self.granted) = (Arc::new(after), granted);
        true
    }

    /// Another process, on the same disk.
    pub(super) fn restart(&mut self, truth: Uptime) {
        (self.duty, self.term, self.runs, self.fed) = (Duty::new(times()), None, false, truth);
        self.boot += 1;
    }

    /// Time passes. A sidecar that goes on looks.
    pub(super) fn pass(&mut self, truth: Uptime, hangs: bool) {
        self.now = self.now.after(look());
        if !hangs {
            self.look(truth);
        }
    }

    /// Whether the device has reset the machine.
    pub(super) fn is_starved(&self, truth: Uptime) -> bool {
        truth.since(self.fed) >= device()
    }

    /// Looks until there is nothing more to do at this moment.
    pub(super) fn settle(&mut self, truth: Uptime) {
        loop {
            let before = self.runs;
            self.look(truth);
            if self.runs == before {
                return;
            }
        }
    }

    fn look(&mut self, truth: Uptime) {
        let view = View {
            now: self.now,
            term: self.term.map(|term| term.token()),
            until: self.term.map(|term| term.until()),
            is_granted: self.term.is_some_and(|term| term.is_granted_by(&self.authority)),
            is_guarded: true,
            is_absent: !self.runs,
        };
        let act = self.duty.decide(&view);
        if self.duty.may_feed(&view) {
            self.fed = truth;
        }
        match act {
            Act::Start => {
                let may_start = |term: &Term| term.may_start(&self.authority, self.now, &times());
                let started = self.term.filter(may_start).map(|term| term.token());
                assert!(started.is_none() || started == self.granted, "started in term {started:?}: {self:?}");
                self.runs = started.is_some();
            }
            Act::Kill => self.runs = false,
            Act::Ask | Act::Nothing => {}
        }
    }
}

#[test]
fn a_node_left_alone_signs_for_less_than_its_lease() {
    let mut machine = Machine::signing(Uptime(Duration::from_secs(100)));
    let until = machine.now().after(ttl());
    while machine.runs {
        machine.pass(machine.now().after(look()), false);
    }
    assert!(machine.now() < until);
}
