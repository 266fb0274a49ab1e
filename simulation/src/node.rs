//! A node that can sign.
use crate::ledger::GENESIS;
use crate::wire::{NodeView, Reply, Request};
use watchdog_core::id::Epoch;

/// What a node, or an API, answers in the place of the truth.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum Manner {
    #[default]
    Honest,
    Stale,
    OtherChain,
    Empty,
    ErrorBody,
    Liar,
}

/// How a node is built.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Build {
    /// Whether it refuses commands that are older than the newest it obeyed.
    pub(crate) checks_epochs: bool,
    /// Whether something beside it obeys while it is down: a hypervisor, a signer's lock.
    pub(crate) has_agent: bool,
    /// Whether it forgets on a restart that it was stopped. A fault that a test plants.
    pub(crate) forgets_fence: bool,
}

/// One node with what it has on disk and what it does.
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) number: u8,
    build: Build,
    /// On disk: whether it signs when it runs.
    pub(crate) enabled: bool,
    /// On disk: whether a person enabled it.
    pub(crate) by_hand: bool,
    seen: Epoch,
    pub(crate) watermark: u64,
    pub(crate) is_up: bool,
    pub(crate) is_suspended: bool,
    /// Its signatures do not reach the chain.
    pub(crate) is_isolated: bool,
    pub(crate) manner: Manner,
    old: Option<NodeView>,
}

impl Node {
    pub(crate) fn new(number: u8, enabled: bool, build: Build) -> Self {
        Self {
            number,
            build,
            enabled,
            by_hand: false,
            seen: Epoch::default(),
            watermark: 0,
            is_up: true,
            is_suspended: false,
            is_isolated: false,
            manner: Manner::Honest,
            old: None,
        }
    }

    pub(crate) fn runs(&self) -> bool {
        self.is_up && !self.is_suspended
    }

    /// Whether commands reach anything.
    pub(crate) fn hears(&self) -> bool {
        self.runs() || self.build.has_agent
    }

    pub(crate) fn restart(&mut self) {
        self.is_up = true;
        if self.build.forgets_fence {
            self.enabled = true;
        }
    }

    /// From now on it answers in this manner.
    pub(crate) fn behave(&mut self, manner: Manner, wall: u64) {
        self.old = Some(self.view(wall));
        self.manner = manner;
    }

    /// A person lets it sign, whatever the watchdog said.
    pub(crate) fn start_by_hand(&mut self) {
        (self.enabled, self.by_hand) = (true, true);
    }

    /// Obeys or answers. The second part says whether it was enabled now, which it was not before.
    pub(crate) fn take(&mut self, request: &Request, wall: u64) -> (Reply, bool) {
        let was_enabled = self.enabled;
        if let Some(epoch) = request.epoch()
            && (!self.build.checks_epochs || epoch >= self.seen)
        {
            self.seen = self.seen.max(epoch);
            match request {
                Request::Stop { .. } => (self.enabled, self.by_hand) = (false, false),
                Request::Start { .. } => (self.enabled, self.by_hand) = (true, false),
                Request::Protect { watermark, .. } => self.watermark = self.watermark.max(*watermark),
                _ => {}
            }
        }
        (self.answer(wall), self.enabled && !was_enabled)
    }

    fn answer(&self, wall: u64) -> Reply {
        let view = self.view(wall);
        match self.manner {
            Manner::Honest | Manner::Liar => Reply::Node(view),
            Manner::Stale => Reply::Node(self.old.unwrap_or(view)),
            Manner::OtherChain => Reply::Node(NodeView { genesis: GENESIS + 1, ..view }),
            Manner::Empty => Reply::Empty,
            Manner::ErrorBody => Reply::ErrorBody,
        }
    }

    fn view(&self, wall: u64) -> NodeView {
        NodeView {
            genesis: GENESIS,
            enabled: self.enabled,
            running: self.runs(),
            seen: self.seen,
            watermark: self.watermark,
            wall,
        }
    }
}
