//! Class `Idempotent`: the protocol takes the first vote on a duty and ignores the rest, so parallel signers do no harm.
//!
//! What can go wrong is the opposite: that a cautious watchdog silences the validator, or that its account of what it
//! did does not hold. The old voter may be dead or alive, and the second one is started without a fence.
use crate::course::{Class, Course, Limits, Move, Outcome, Part, Word};
use crate::desk::{Desk, Instance, Writing};
use stateright::{Model, Property};

/// What the protocol does. Each field is a rule that can be broken.
#[derive(Clone, Copy, Debug)]
pub struct Parallel {
    /// The ledger counts one vote on each duty.
    pub first_vote_counts: bool,
    /// The old voter is left alone.
    pub leaves_old_running: bool,
    /// The journal is one, and is written under the lease only.
    pub writing: Writing,
    /// It is over when a vote of the new voter was seen, not when the command was sent.
    pub completes_at_vote: bool,
}

const TERMS_MAX: u8 = 3;
const CRASHES_MAX: u8 = 1;
const DUTIES_MAX: u8 = 3;
const COMMANDS_MAX: u8 = 2;
const LIMITS: Limits = Limits { attempts: 2, commands: COMMANDS_MAX };
const PARTS: [Part; 3] = [Part::Ready, Part::Activate, Part::Verify];
const READY: u8 = 0;
const ACTIVATE: u8 = 1;
const VERIFY: u8 = 2;

/// What the journal says.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Page {
    /// No failover is open.
    Quiet,
    /// A failover is open.
    Open(Course<3>),
    /// It is over.
    Over(Outcome),
}

/// Everything.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct State {
    runs: [bool; 2],
    has_died: bool,
    /// Commands to start the second voter that are under way.
    starts: u8,
    duty: u8,
    voted: [bool; 2],
    counted: u8,
    desk: Desk<Page>,
    crashes: u8,
    is_over: bool,
    was_served_after_death: bool,
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
    /// An instance sends the command to start.
    Send(Instance),
    /// An instance sees the second voter run.
    See(Instance),
    /// An instance sees a vote of the second voter.
    Confirm(Instance),
    /// An operator takes the failover back.
    Cancel(Instance),
    /// An instance writes the end.
    Close(Instance),
    /// The command to start arrives.
    Arrive,
    /// The command to start is lost.
    Lose,
    /// The old voter dies.
    Die,
    /// A voter votes.
    Vote(u8),
    /// The next duty is due.
    Turn,
}

impl Parallel {
    /// The whole protocol.
    pub const SOUND: Self =
        Self { first_vote_counts: true, leaves_old_running: true, writing: Writing::SOUND, completes_at_vote: true };

    fn actions_of(self, state: &State, by: Instance, out: &mut Vec<Action>) {
        let Some(belief) = state.desk.belief(by) else {
            if state.desk.holder.is_none() && state.desk.token < TERMS_MAX {
                out.push(Action::Acquire(by));
            }
            return;
        };
        if state.desk.is_mistaken(by) {
            out.push(Action::Notice(by));
        }
        if state.crashes < CRASHES_MAX {
            out.push(Action::Crash(by));
        }
        let course = match belief.page {
            Page::Quiet => return out.push(Action::Begin(by)),
            Page::Over(_) => return,
            Page::Open(course) => course,
        };
        let ([_, runs], [_, voted]) = (state.runs, state.voted);
        let (runs, voted) = (runs || !self.completes_at_vote, voted || !self.completes_at_vote);
        match course.next() {
            Move::Perform(READY) => out.push(Action::Prove(by)),
            Move::Perform(ACTIVATE) => out.push(Action::Send(by)),
            Move::Inspect(ACTIVATE) => out.push(if runs { Action::See(by) } else { Action::Send(by) }),
            Move::Perform(_) | Move::Inspect(_) if voted => out.push(Action::Confirm(by)),
            Move::Close(_) => out.push(Action::Close(by)),
            Move::Perform(_) | Move::Inspect(_) | Move::Undo(_) | Move::Rest(_) => {}
        }
        if course.after(Word::Cancelled).is_some() {
            out.push(Action::Cancel(by));
        }
    }

    fn record(self, state: &mut State, by: Instance, words: impl IntoIterator<Item = Word>) -> Option<bool> {
        let Page::Open(course) = state.desk.belief(by)?.page else { return None };
        Some(state.desk.append(by, Page::Open(course.through(words)?), self.writing))
    }

    fn send(self, state: &mut State, by: Instance) -> Option<()> {
        let Page::Open(course) = state.desk.belief(by)?.page else { return None };
        let word = match course.next() {
            Move::Perform(step) => Word::Intended(step),
            Move::Inspect(step) => Word::Repeated(step),
            Move::Undo(_) | Move::Close(_) | Move::Rest(_) => return None,
        };
        if self.record(state, by, [word])? {
            let [old, _] = &mut state.runs;
            *old &= self.leaves_old_running;
            state.starts = (state.starts + 1).min(COMMANDS_MAX);
        }
        Some(())
    }

    fn change(self, state: &mut State, action: Action) -> Option<()> {
        match action {
            Action::Expire => state.desk.holder = None,
            Action::Acquire(by) => {
                state.desk.acquire(by, self.writing);
                self.record(state, by, [Word::Resumed]);
            }
            Action::Notice(by) => state.desk.forget(by),
            Action::Crash(by) => {
                state.crashes += 1;
                state.desk.forget(by);
            }
            Action::Begin(by) => {
                let course = Course::new(Class::Idempotent, PARTS, LIMITS);
                state.desk.append(by, Page::Open(course), self.writing);
            }
            Action::Prove(by) => drop(self.record(state, by, [Word::Intended(READY), Word::Done(READY)])?),
            Action::Send(by) => self.send(state, by)?,
            Action::See(by) => drop(self.record(state, by, [Word::Done(ACTIVATE)])?),
            Action::Confirm(by) => drop(self.record(state, by, [Word::Intended(VERIFY), Word::Done(VERIFY)])?),
            Action::Cancel(by) => drop(self.record(state, by, [Word::Cancelled])?),
            Action::Close(by) => {
                let Page::Open(course) = state.desk.belief(by)?.page else { return None };
                let Move::Close(outcome) = course.next() else { return None };
                state.is_over |= state.desk.append(by, Page::Over(outcome), self.writing);
            }
            Action::Arrive => {
                state.starts -= 1;
                let [_, new] = &mut state.runs;
                *new = true;
            }
            Action::Lose => state.starts -= 1,
            Action::Die => {
                let [old, _] = &mut state.runs;
                (*old, state.has_died) = (false, true);
            }
            Action::Vote(node) => {
                *state.voted.get_mut(usize::from(node))? = true;
                if state.counted == 0 || !self.first_vote_counts {
                    state.counted += 1;
                }
                state.was_served_after_death |= state.has_died && node == 1;
            }
            Action::Turn => {
                state.duty += 1;
                (state.voted, state.counted) = ([false; 2], 0);
            }
        }
        Some(())
    }
}

impl Model for Parallel {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State {
            runs: [true, false],
            has_died: false,
            starts: 0,
            duty: 0,
            voted: [false; 2],
            counted: 0,
            desk: Desk::new(Page::Quiet),
            crashes: 0,
            is_over: false,
            was_served_after_death: false,
        }]
    }

    fn actions(&self, state: &State, out: &mut Vec<Action>) {
        if state.desk.holder.is_some() {
            out.push(Action::Expire);
        }
        self.actions_of(state, 0, out);
        self.actions_of(state, 1, out);
        if state.starts > 0 {
            out.extend([Action::Arrive, Action::Lose]);
        }
        if !state.has_died {
            out.push(Action::Die);
        }
        for (node, (runs, voted)) in (0..).zip(state.runs.into_iter().zip(state.voted)) {
            if runs && !voted {
                out.push(Action::Vote(node));
            }
        }
        if state.duty < DUTIES_MAX {
            out.push(Action::Turn);
        }
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut state = *last;
        self.change(&mut state, action)?;
        (state != *last).then_some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("one vote counts on each duty", |_, state: &State| state.counted <= 1),
            Property::always("nobody is silenced", |_, state: &State| state.has_died || state.runs != [false; 2]),
            Property::always("what is over stays over", |_, state: &State| {
                !state.is_over || matches!(state.desk.page, Page::Over(_))
            }),
            Property::always("who completed can vote", |_, state: &State| {
                let [_, new] = state.runs;
                state.desk.page != Page::Over(Outcome::Completed) || new
            }),
            Property::sometimes("a failover completes", |_, state: &State| {
                state.desk.page == Page::Over(Outcome::Completed)
            }),
            Property::sometimes("both vote on one duty", |_, state: &State| state.voted == [true; 2]),
            Property::sometimes("a duty is served after the old voter died", |_, state: &State| {
                state.was_served_after_death
            }),
        ]
    }
}
