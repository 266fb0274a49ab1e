//! The self-fencing lease of a node's sidecar: the rung of the fence ladder for a node that cannot be reached.
//!
//! The sidecar asks for a lease and stops the signer when it runs out. Its clock may be slow, it may hang, and then only
//! the machine's watchdog stops the node, if it is armed. The engine stops granting and counts the fence by its own
//! clock, without a word from the node. Time goes in ticks; what takes no time happens between two of them.
use stateright::{Model, Property};

/// What the protocol does. Each field is a rule that can be broken.
#[derive(Clone, Copy, Debug)]
#[allow(clippy::struct_excessive_bools, reason = "each rule of the protocol can be broken by itself")]
pub struct Sidecar {
    /// Ticks without a grant after which the engine counts the fence.
    pub wait: u8,
    /// The fence counts only where the sidecar has shown that the machine's watchdog is armed.
    pub watchdog_is_confirmed: bool,
    /// The sidecar counts its lease from the moment it asked, not from that of the answer.
    pub counts_from_asking: bool,
    /// A node that restarted signs only with a lease granted since.
    pub restart_needs_grant: bool,
    /// The sidecar takes an answer only to a question of the same boot.
    pub answer_fits_boot: bool,
    /// An engine that took over waits anew: it cannot know when the last lease was granted.
    pub successor_waits_anew: bool,
    /// An engine that was taken over from grants no more.
    pub grants_are_conditional: bool,
    /// Takeovers looked at.
    pub takeovers_max: u8,
    /// Ticks looked at.
    pub horizon: u8,
}

/// Ticks of a lease, on the sidecar's clock.
pub const LEASE: u8 = 3;
/// Ticks that the sidecar's clock may lose in one lease.
pub const DRIFT: u8 = 1;
/// Ticks in which a sidecar that hangs is found by the machine's watchdog.
pub const WATCHDOG: u8 = 2;
/// Ticks after which the fence counts: the lease, drift included, and the watchdog.
pub const WAIT: u8 = LEASE + DRIFT + WATCHDOG;

const RESTARTS_MAX: u8 = 1;

/// A question for a lease, and its answer: under way, and ageing on the sidecar's clock.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Request {
    /// Ticks since it was asked.
    pub age: u8,
    /// Boot in which it was asked.
    pub boot: u8,
    /// Ticks that the clock lost since.
    pub lost: u8,
    /// Whether it is the answer already.
    pub is_granted: bool,
}

/// The node with its sidecar.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Node {
    /// Whether the signer runs.
    pub signs: bool,
    /// Restarts so far.
    pub boot: u8,
    /// Ticks left, on the sidecar's clock.
    pub lease: u8,
    /// Ticks that the clock lost in this lease.
    pub lost: u8,
    /// Whether the sidecar hangs.
    pub hangs: bool,
    /// Ticks since the machine's watchdog heard of the sidecar.
    pub silence: u8,
}

/// The engine that holds the lease of the validator.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Engine {
    /// Whether it grants.
    pub grants: bool,
    /// Ticks since it granted the last time, or since it took over.
    pub waited: u8,
    /// Whether it has counted the fence.
    pub has_counted: bool,
}

/// Everything.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct State {
    /// Ticks so far.
    pub now: u8,
    /// Whether the machine's watchdog is armed.
    pub is_armed: bool,
    /// The node.
    pub node: Node,
    /// The one question or answer under way.
    pub request: Option<Request>,
    /// The engine.
    pub engine: Engine,
    /// Whether the backup signs.
    pub backup_signs: bool,
    /// Takeovers so far.
    pub takeovers: u8,
    /// Whether the sidecar ever hung.
    pub has_hung: bool,
    /// Whether the machine's watchdog ever reset the node.
    pub was_reset: bool,
}

/// What can happen.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Action {
    /// A tick passes; the sidecar's clock may lose it.
    Tick {
        /// Whether it does.
        is_lost: bool,
    },
    /// The sidecar asks for a lease.
    Ask,
    /// The engine grants it.
    Grant,
    /// The engine that was taken over from grants it.
    GrantOutdated,
    /// The sidecar stops the signer, since its lease has run out.
    Stop,
    /// The grant arrives.
    Arrive,
    /// Question or grant is lost.
    Lose,
    /// The sidecar hangs, and the signer goes on.
    Hang,
    /// The sidecar goes on.
    Recover,
    /// The node restarts.
    Restart,
    /// The engine stops granting.
    StopGranting,
    /// Another engine takes over.
    TakeOver,
    /// The engine counts the fence.
    Count,
    /// The backup starts to sign.
    StartBackup,
}

impl Sidecar {
    /// The whole protocol.
    pub const SOUND: Self = Self {
        wait: WAIT,
        watchdog_is_confirmed: true,
        counts_from_asking: true,
        restart_needs_grant: true,
        answer_fits_boot: true,
        successor_waits_anew: true,
        grants_are_conditional: true,
        takeovers_max: 1,
        horizon: 11,
    };

    fn restart(self, state: &mut State) {
        let node = &mut state.node;
        node.boot += 1;
        (node.lease, node.lost, node.hangs, node.silence) = (0, 0, false, 0);
        node.signs = !self.restart_needs_grant;
    }

    fn tick(self, state: &mut State, is_lost: bool) {
        state.now += 1;
        state.engine.waited = (state.engine.waited + 1).min(WAIT);
        let step = u8::from(!is_lost);
        let node = &mut state.node;
        node.lease = node.lease.saturating_sub(step);
        node.lost += u8::from(is_lost && node.lease > 0);
        if let Some(request) = &mut state.request {
            request.age += step;
            request.lost += u8::from(is_lost);
        }
        if !node.hangs {
            node.silence = 0;
            return;
        }
        node.silence += 1;
        if state.is_armed && node.silence >= WATCHDOG {
            state.was_reset = true;
            self.restart(state);
        }
        state.node.silence = state.node.silence.min(WATCHDOG);
    }

    /// Whether the sidecar has to stop the signer before any more time passes. It may hang instead.
    fn must_stop(self, node: Node) -> bool {
        // A sidecar that was left with its authority by a restart has no lease that could run out.
        let is_left_alone = !self.restart_needs_grant && node.boot > 0;
        node.signs && !node.hangs && node.lease == 0 && !is_left_alone
    }

    fn arrive(self, state: &mut State) -> Option<()> {
        let request = state.request.take()?;
        let node = &mut state.node;
        if self.answer_fits_boot && request.boot != node.boot {
            return Some(());
        }
        let age = if self.counts_from_asking && request.boot == node.boot { request.age } else { 0 };
        let left = LEASE.saturating_sub(age);
        if left > 0 {
            (node.lease, node.lost, node.signs) = (left, request.lost, true);
        }
        Some(())
    }
}

impl Model for Sidecar {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let node = Node { signs: true, boot: 0, lease: LEASE, lost: 0, hangs: false, silence: 0 };
        let engine = Engine { grants: true, waited: 0, has_counted: false };
        [true, false]
            .map(|is_armed| State {
                now: 0,
                is_armed,
                node,
                request: None,
                engine,
                backup_signs: false,
                takeovers: 0,
                has_hung: false,
                was_reset: false,
            })
            .into()
    }

    fn actions(&self, state: &State, out: &mut Vec<Action>) {
        let (node, engine) = (&state.node, &state.engine);
        if self.must_stop(state.node) {
            out.push(Action::Stop);
        } else if state.now < self.horizon {
            out.push(Action::Tick { is_lost: false });
            let lost = state.request.map_or(node.lost, |request| node.lost.max(request.lost));
            if lost < DRIFT {
                out.push(Action::Tick { is_lost: true });
            }
        }
        match state.request {
            None if !node.hangs => out.push(Action::Ask),
            None => {}
            Some(request) => {
                out.push(Action::Lose);
                if request.is_granted && !node.hangs {
                    out.push(Action::Arrive);
                }
                if !request.is_granted && engine.grants {
                    out.push(Action::Grant);
                }
                if !request.is_granted && !self.grants_are_conditional && state.takeovers > 0 {
                    out.push(Action::GrantOutdated);
                }
            }
        }
        if !state.has_hung {
            out.push(Action::Hang);
        }
        if node.hangs {
            out.push(Action::Recover);
        }
        if node.boot < RESTARTS_MAX {
            out.push(Action::Restart);
        }
        if engine.grants {
            out.push(Action::StopGranting);
        }
        if state.takeovers < self.takeovers_max {
            out.push(Action::TakeOver);
        }
        let is_proven = state.is_armed || !self.watchdog_is_confirmed;
        if !engine.grants && !engine.has_counted && engine.waited >= self.wait && is_proven {
            out.push(Action::Count);
        }
        if engine.has_counted && !state.backup_signs {
            out.push(Action::StartBackup);
        }
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut state = *last;
        match action {
            Action::Tick { is_lost } => self.tick(&mut state, is_lost),
            Action::Ask => {
                state.request = Some(Request { age: 0, boot: state.node.boot, lost: 0, is_granted: false });
            }
            Action::Grant => {
                state.request.as_mut()?.is_granted = true;
                state.engine.waited = 0;
            }
            Action::GrantOutdated => state.request.as_mut()?.is_granted = true,
            Action::Stop => state.node.signs = false,
            Action::Arrive => self.arrive(&mut state)?,
            Action::Lose => state.request = None,
            Action::Hang => (state.node.hangs, state.has_hung) = (true, true),
            Action::Recover => state.node.hangs = false,
            Action::Restart => self.restart(&mut state),
            Action::StopGranting => state.engine.grants = false,
            Action::TakeOver => {
                state.takeovers += 1;
                let waited = if self.successor_waits_anew { 0 } else { WAIT };
                state.engine = Engine { waited, ..state.engine };
            }
            Action::Count => state.engine.has_counted = true,
            Action::StartBackup => state.backup_signs = true,
        }
        (state != *last).then_some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("one signer", |_, state: &State| !(state.node.signs && state.backup_signs)),
            Property::sometimes("the backup signs", |_, state: &State| state.backup_signs),
            Property::sometimes("the backup signs although the sidecar hung", |_, state: &State| {
                state.backup_signs && state.was_reset
            }),
            Property::sometimes("the node signs again after a restart", |_, state: &State| {
                state.node.boot > 0 && state.node.signs
            }),
        ]
    }
}
