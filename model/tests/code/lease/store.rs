//! The store that grants the node's lease, as its contract says, and the engine that takes it.
use crate::lease::machine::holder;
use crate::lease::time::ttl;
use watchdog_core::clock::Uptime;
use watchdog_core::lease::Held;
use watchdog_supervise::lapse::Wait;

/// Who holds the lease: each process is another one.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) enum Who {
    /// The node's sidecar, in one boot.
    Node(u8),
    /// An engine.
    Engine(u8),
}

/// One holder until the time to live is over, with a token that grows with each other one.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) struct Store {
    holder: Who,
    token: u64,
    until: Uptime,
}

impl Store {
    /// Held by the node since `now`.
    pub(super) fn held_by_node(now: Uptime) -> Self {
        Self { holder: Who::Node(0), token: 1, until: now.after(ttl()) }
    }

    /// Who holds it.
    pub(super) fn holder(&self) -> Who {
        self.holder
    }

    /// Whether nobody holds it.
    pub(super) fn is_free(&self, now: Uptime) -> bool {
        now >= self.until
    }

    /// The token for `who`, or nothing where somebody else holds the lease.
    pub(super) fn hold(&mut self, who: Who, now: Uptime) -> Option<u64> {
        if self.is_free(now) {
            (self.holder, self.token) = (who, self.token + 1);
        } else if self.holder != who {
            return None;
        }
        self.until = now.after(ttl());
        Some(self.token)
    }
}

/// The engine that waits.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) struct Engine {
    pub(super) number: u8,
    /// Nothing where the node published no device: no wait would prove anything.
    wait: Option<Wait>,
    pub(super) is_dead: bool,
    /// Ticks that the node's clock lost since it waits.
    pub(super) lost: u8,
}

impl Engine {
    /// Engine `number` takes the lease; nothing where another holds it.
    pub(super) fn taking(number: u8, store: &mut Store, now: Uptime, is_armed: bool) -> Option<Self> {
        let token = store.hold(Who::Engine(number), now)?;
        let wait = Wait::begun(Held::new(token, now, ttl()), now, &holder(is_armed), true).ok();
        Some(Self { number, wait, is_dead: false, lost: 0 })
    }

    /// It renews the lease, if it lives.
    pub(super) fn renew(&self, store: &mut Store, now: Uptime) {
        if self.is_dead {
            return;
        }
        let token = store.hold(Who::Engine(self.number), now).unwrap();
        assert!(self.wait.is_none_or(|wait| wait.goes_on(Held::new(token, now, ttl()))), "another term");
    }

    /// Whether it counts the fence.
    pub(super) fn counts(&self, now: Uptime) -> bool {
        !self.is_dead && self.wait.is_some_and(|wait| wait.is_over(now))
    }
}
