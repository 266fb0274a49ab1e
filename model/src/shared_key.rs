//! Class `SharedKey`: two nodes hold one key, and never may both sign.
//!
//! Two instances of the watchdog compete for a lease, whose expiry the holder does not notice at once. Commands and
//! acknowledgements are delivered in any order or lost. Verdicts may be wrong at any time; one instance may crash and
//! one node may restart. Up to two failovers, so that the second one goes back.
use crate::desk::{Desk, Instance, Token, Writing};
use crate::script::{Command, Script, Standing, Turn};
use stateright::{Model, Property};
use std::marker::PhantomData;

/// What the protocol does, and how far the model goes. Each rule that is switched off is a fault.
#[derive(Clone, Copy, Debug)]
#[allow(clippy::struct_excessive_bools, reason = "each rule of the protocol can be broken by itself")]
pub struct SharedKey<S> {
    /// A node refuses a command whose epoch is older than one it has seen.
    pub nodes_compare_epochs: bool,
    /// The journal is one, and is written under the lease only.
    pub writing: Writing,
    /// A new holder waits until no command of an earlier one is under way.
    pub grant_drains: bool,
    /// No command is sent while another is under way.
    pub one_command_at_a_time: bool,
    /// A fence counts only when the node has acknowledged it.
    pub fence_is_acknowledged: bool,
    /// A fenced node stays fenced when it restarts.
    pub fence_survives_restart: bool,
    /// Once the activation was intended there is no way back.
    pub return_is_barred: bool,
    /// The intent is durable before its command is sent.
    pub write_ahead: bool,
    /// How commands are numbered.
    pub numbering: Numbering,
    /// Failovers.
    pub failovers_max: u8,
    /// Terms of the lease.
    pub terms_max: u8,
    /// Commands of one term.
    pub commands_max: u8,
    /// Crashes of an instance.
    pub crashes_max: u8,
    /// Restarts of a node.
    pub restarts_max: u8,
    /// Which journal the instances keep.
    pub script: PhantomData<S>,
}

/// What the epoch of a command is made of.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Numbering {
    /// The lease's token and a number that grows with every command.
    TokenAndCommand,
    /// The lease's token alone.
    TokenAlone,
    /// The lease's token and a number that starts over with every failover.
    AnewEachFailover,
}

/// Messages under way at once.
const MESSAGES_MAX: usize = 2;

/// Epoch of a command: compared in this order.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Epoch {
    /// Token of the lease.
    pub token: Token,
    /// Number of the command.
    pub command: u8,
}

/// A command to a node, or its acknowledgement.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Message {
    /// Whether this is the acknowledgement.
    pub is_answer: bool,
    /// The node.
    pub node: u8,
    /// Whether the node shall sign.
    pub starts: bool,
    /// The command's epoch.
    pub epoch: Epoch,
}

/// A node.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Node {
    signs: bool,
    is_fenced: bool,
    newest: Epoch,
}

/// What the journal says.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Page<S> {
    /// No failover is open.
    Quiet {
        /// The signer.
        signer: u8,
    },
    /// A failover is open.
    Open {
        /// The node that shall sign.
        to: u8,
        /// How it stands.
        script: S,
    },
    /// A person must look.
    Stuck,
}

/// Everything.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct State<S> {
    nodes: [Node; 2],
    desk: Desk<Page<S>>,
    /// The command whose acknowledgement each instance waits for.
    awaited: [Option<(Command, Message)>; 2],
    messages: [Option<Message>; MESSAGES_MAX],
    /// Commands sent in this term.
    sent: u8,
    /// Number of the newest command.
    number: u8,
    failovers: u8,
    crashes: u8,
    restarts: u8,
    has_moved: bool,
    has_shunned: bool,
}

/// What can happen.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Action {
    /// The lease runs out.
    Expire,
    /// An instance takes the lease and reads the journal.
    Acquire(Instance),
    /// An instance notices that it lost the lease.
    Notice(Instance),
    /// An instance crashes.
    Crash(Instance),
    /// An instance begins a failover.
    Begin(Instance),
    /// The backup proves to an instance that it is ready.
    Prove(Instance),
    /// An instance sends the command that the journal asks for.
    Send(Instance),
    /// An instance takes the failover back.
    Retract(Instance),
    /// An instance writes the end.
    Close(Instance),
    /// An instance waits no longer for an answer.
    StopWaiting(Instance),
    /// An instance believes an unreachable node to be dead.
    AssumeDead(Instance),
    /// A command arrives.
    Arrive(Message),
    /// An acknowledgement arrives.
    Answer(Instance, Message),
    /// A message is lost.
    Lose(Message),
    /// A node restarts.
    Restart(u8),
}

impl<S: Script> SharedKey<S> {
    /// The whole protocol, within the bounds of the specification.
    pub fn sound() -> Self {
        Self {
            nodes_compare_epochs: true,
            writing: Writing::SOUND,
            grant_drains: false,
            one_command_at_a_time: false,
            fence_is_acknowledged: true,
            fence_survives_restart: true,
            return_is_barred: true,
            write_ahead: true,
            numbering: Numbering::TokenAndCommand,
            failovers_max: 2,
            terms_max: 2,
            commands_max: 3,
            crashes_max: 1,
            restarts_max: 1,
            script: PhantomData,
        }
    }

    fn is_resolved(&self, state: &State<S>) -> bool {
        !self.one_command_at_a_time || !state.messages().any(|message| !message.is_answer)
    }

    fn actions_of(&self, state: &State<S>, by: Instance, out: &mut Vec<Action>) {
        let Some(belief) = state.desk.belief(by) else {
            let is_drained = !self.grant_drains || state.messages().next().is_none();
            if state.desk.holder.is_none() && state.desk.token < self.terms_max && is_drained {
                out.push(Action::Acquire(by));
            }
            return;
        };
        if state.desk.is_mistaken(by) {
            out.push(Action::Notice(by));
        }
        if state.crashes < self.crashes_max {
            out.push(Action::Crash(by));
        }
        match belief.page {
            Page::Quiet { .. } if state.failovers < self.failovers_max => out.push(Action::Begin(by)),
            Page::Quiet { .. } | Page::Stuck => {}
            Page::Open { script, .. } => self.actions_within(state, by, script, out),
        }
        let awaited = state.awaited(by).map(|(_, command)| command.answer());
        out.extend(state.messages().filter(|message| Some(*message) == awaited).map(|m| Action::Answer(by, m)));
    }

    fn actions_within(&self, state: &State<S>, by: Instance, script: S, out: &mut Vec<Action>) {
        let (is_waiting, is_resolved) = (state.awaited(by).is_some(), self.is_resolved(state));
        match script.turn() {
            Turn::Prove => out.push(Action::Prove(by)),
            Turn::Send(_) => {
                let has_room = state.messages().count() < MESSAGES_MAX;
                let has_number = self.numbering == Numbering::TokenAlone || state.sent < self.commands_max;
                if !is_waiting && is_resolved && has_room && has_number {
                    out.push(Action::Send(by));
                }
            }
            Turn::Close => out.push(Action::Close(by)),
            Turn::Wait => {}
        }
        if is_waiting && is_resolved {
            out.push(Action::StopWaiting(by));
        }
        let is_fencing = matches!(state.awaited(by), Some((Command::Fence, _))) && script.is_fencing();
        if !self.fence_is_acknowledged && is_fencing {
            out.push(Action::AssumeDead(by));
        }
        let may_retract = script.retracted(false).is_some() && is_resolved;
        if may_retract || (!self.return_is_barred && script.retracted(true).is_some()) {
            out.push(Action::Retract(by));
        }
    }

    /// Writes the page of `by`; an instance that could not forgets what it waited for.
    fn write(&self, state: &mut State<S>, by: Instance, page: Page<S>) -> bool {
        let is_written = state.desk.append(by, page, self.writing);
        if !is_written {
            state.wait(by, None);
        }
        is_written
    }

    fn begin(&self, state: &mut State<S>, by: Instance) -> Option<()> {
        let Page::Quiet { signer } = state.desk.belief(by)?.page else { return None };
        if self.write(state, by, Page::Open { to: 1 - signer, script: S::begun() }) {
            state.failovers += 1;
            if self.numbering == Numbering::AnewEachFailover {
                state.number = 0;
            }
        }
        Some(())
    }

    fn send(&self, state: &mut State<S>, by: Instance) -> Option<()> {
        let belief = state.desk.belief(by)?;
        let Page::Open { to, script } = belief.page else { return None };
        let Turn::Send(command) = script.turn() else { return None };
        if let Some(script) = script.intended(command) {
            let page = Page::Open { to, script };
            if !self.write_ahead && command == Command::Activate {
                state.desk.imagine(by, page);
            } else if !self.write(state, by, page) {
                return Some(());
            }
        }
        if self.numbering != Numbering::TokenAlone {
            state.sent += 1;
            state.number += 1;
        }
        let (node, starts) = match command {
            Command::Fence => (1 - to, false),
            Command::Activate => (to, true),
            Command::TakeBack => (1 - to, true),
        };
        let epoch = Epoch { token: belief.token, command: state.number };
        let message = Message { is_answer: false, node, starts, epoch };
        state.put(message);
        state.wait(by, Some((command, message)));
        Some(())
    }

    fn arrive(&self, state: &mut State<S>, message: Message) -> Option<()> {
        state.take(message);
        let is_awaited = state.desk.holder.is_some_and(|by| state.awaited(by).is_some_and(|(_, m)| m == message));
        let node = state.nodes.get_mut(usize::from(message.node))?;
        if self.nodes_compare_epochs && message.epoch < node.newest {
            state.has_shunned |= is_awaited;
            return Some(());
        }
        node.newest = node.newest.max(message.epoch);
        (node.signs, node.is_fenced) = (message.starts, !message.starts);
        state.put(message.answer());
        Some(())
    }

    fn settle(&self, state: &mut State<S>, by: Instance, standing: Standing<S>) -> Option<()> {
        let Page::Open { to, .. } = state.desk.belief(by)?.page else { return None };
        let page = match standing {
            Standing::Open(script) => Page::Open { to, script },
            Standing::Moved => Page::Quiet { signer: to },
            Standing::Unmoved => Page::Quiet { signer: 1 - to },
            Standing::Stuck => Page::Stuck,
        };
        if self.write(state, by, page) {
            state.has_moved |= page == Page::Quiet { signer: 1 };
        }
        Some(())
    }

    fn change(&self, state: &mut State<S>, action: Action) -> Option<()> {
        let open = |state: &State<S>, by| match state.desk.belief(by)?.page {
            Page::Open { to, script } => Some((to, script)),
            Page::Quiet { .. } | Page::Stuck => None,
        };
        match action {
            Action::Expire => state.desk.holder = None,
            Action::Acquire(by) => {
                state.desk.acquire(by, self.writing);
                (state.sent, state.number) = (0, 0);
                if let Some((to, script)) = open(state, by) {
                    self.write(state, by, Page::Open { to, script: script.resumed() });
                }
            }
            Action::Notice(by) => state.forget(by),
            Action::Crash(by) => {
                state.crashes += 1;
                state.forget(by);
            }
            Action::Begin(by) => self.begin(state, by)?,
            Action::Prove(by) => {
                let (to, script) = open(state, by)?;
                self.write(state, by, Page::Open { to, script: script.proven() });
            }
            Action::Send(by) => self.send(state, by)?,
            Action::Retract(by) => {
                let (to, script) = open(state, by)?;
                let script = script.retracted(!self.return_is_barred)?;
                state.wait(by, None);
                self.write(state, by, Page::Open { to, script });
            }
            Action::Close(by) => {
                let (_, script) = open(state, by)?;
                self.settle(state, by, script.closed())?;
            }
            Action::StopWaiting(by) => state.wait(by, None),
            Action::AssumeDead(by) => {
                let (_, script) = open(state, by)?;
                state.wait(by, None);
                self.settle(state, by, script.acknowledged(Command::Fence))?;
            }
            Action::Arrive(message) => self.arrive(state, message)?,
            Action::Answer(by, message) => {
                state.take(message);
                let (command, _) = state.awaited(by)?;
                state.wait(by, None);
                let (_, script) = open(state, by)?;
                self.settle(state, by, script.acknowledged(command))?;
            }
            Action::Lose(message) => state.take(message),
            Action::Restart(node) => {
                state.restarts += 1;
                let survives = self.fence_survives_restart;
                let node_state = state.nodes.get_mut(usize::from(node))?;
                node_state.signs = if survives { !node_state.is_fenced } else { node == 0 };
            }
        }
        Some(())
    }
}

impl<S: Script> Model for SharedKey<S> {
    type State = State<S>;
    type Action = Action;

    fn init_states(&self) -> Vec<Self::State> {
        let newest = Epoch { token: 0, command: 0 };
        let node = |signs| Node { signs, is_fenced: !signs, newest };
        vec![State {
            nodes: [node(true), node(false)],
            desk: Desk::new(Page::Quiet { signer: 0 }),
            awaited: [None; 2],
            messages: [None; MESSAGES_MAX],
            sent: 0,
            number: 0,
            failovers: 0,
            crashes: 0,
            restarts: 0,
            has_moved: false,
            has_shunned: false,
        }]
    }

    fn actions(&self, state: &Self::State, out: &mut Vec<Action>) {
        if state.desk.holder.is_some() {
            out.push(Action::Expire);
        }
        for one in 0..2 {
            self.actions_of(state, one, out);
            if state.restarts < self.restarts_max {
                out.push(Action::Restart(one));
            }
        }
        for message in state.messages() {
            if !message.is_answer {
                out.push(Action::Arrive(message));
            }
            out.push(Action::Lose(message));
        }
    }

    fn next_state(&self, last: &Self::State, action: Action) -> Option<Self::State> {
        let mut state = *last;
        self.change(&mut state, action)?;
        (state != *last).then_some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("one signer", |_, state: &State<S>| !state.nodes.iter().all(|node| node.signs)),
            Property::always("the newest command is never refused", |_, state: &State<S>| !state.has_shunned),
            Property::sometimes("a failover completes", |_, state: &State<S>| state.has_moved),
            Property::sometimes("a failback completes", |_, state: &State<S>| {
                state.has_moved && state.desk.page == Page::Quiet { signer: 0 }
            }),
        ]
    }
}

impl Message {
    fn answer(self) -> Self {
        Self { is_answer: true, ..self }
    }
}

impl<S: Script> State<S> {
    fn messages(&self) -> impl Iterator<Item = Message> {
        self.messages.into_iter().flatten()
    }

    fn awaited(&self, by: Instance) -> Option<(Command, Message)> {
        self.awaited.get(usize::from(by)).copied().flatten()
    }

    fn wait(&mut self, by: Instance, awaited: Option<(Command, Message)>) {
        if let Some(slot) = self.awaited.get_mut(usize::from(by)) {
            *slot = awaited;
        }
    }

    fn forget(&mut self, by: Instance) {
        self.desk.forget(by);
        self.wait(by, None);
    }

    /// Kept in order, so that the same messages under way are the same state.
    fn put(&mut self, message: Message) {
        if let Some(slot) = self.messages.iter_mut().find(|slot| slot.is_none()) {
            *slot = Some(message);
        }
        self.messages.sort_unstable();
    }

    fn take(&mut self, message: Message) {
        if let Some(slot) = self.messages.iter_mut().find(|slot| **slot == Some(message)) {
            *slot = None;
        }
        self.messages.sort_unstable();
    }
}
