//! Classes `Pointer` and `Rotating`: a transaction moves the authority, and the old node may go on running.
//!
//! Two instances compete for a lease as in [`shared_key`](crate::shared_key). What was sent may land on the ledger at
//! any time until its window is over, or be taken up as a failure; nobody can call it back. Views of the ledger may be
//! one epoch behind.
use crate::course::{Class, Course, Limits, Move, Outcome, Part, Word};
use crate::desk::{Desk, Instance, Writing};
use stateright::{Model, Property};
use std::fmt::Debug;
use std::hash::Hash;

/// What the ledger says about authority.
pub trait Book: Copy + Debug + Eq + Hash + Send + Sync + 'static {
    /// The class of plans.
    const CLASS: Class;
    /// Whether each node's key is authorised in epoch `now`.
    fn authorised(&self, now: u8) -> [bool; 2];
    /// First epoch for which a payload prepared in epoch `view` asks.
    fn start(&self, view: u8) -> u8;
    /// A payload lands in epoch `now`.
    fn land(&mut self, to: u8, start: u8, now: u8);
    /// Epoch `now` begins.
    fn turn(&mut self, now: u8);
    /// Whether a view of epoch `view` shows `node` as authorised.
    fn is_effective(&self, node: u8, view: u8) -> bool;
    /// Whether the authority is with `node` and will stay there by what is on the ledger.
    fn rests_with(&self, node: u8, now: u8) -> bool;
    /// The key of `node` is withdrawn in epoch `now`; `false` where keys are not withdrawn.
    fn retire(&mut self, node: u8, now: u8) -> bool;
}

/// A step that came to nothing: when it counts as dead, so that the next attempt may follow.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Expiry {
    /// A view of the ledger has reached the end of its window, and it is absent there.
    Proven,
    /// It is absent, and our own clock has passed the end of its window.
    ByOwnClock,
    /// It is absent.
    Absent,
}

/// What the protocol does. Each field but the last is a rule that can be broken.
#[derive(Clone, Copy, Debug)]
#[allow(clippy::struct_excessive_bools, reason = "each rule of the protocol can be broken by itself")]
pub struct OnLedger<B> {
    /// When an attempt counts as dead.
    pub expiry: Expiry,
    /// A retry sends the stored bytes.
    pub retry_sends_stored: bool,
    /// The payload is durable before it is sent.
    pub write_ahead: bool,
    /// The journal is one, and is written under the lease only.
    pub writing: Writing,
    /// It is over when the change is effective, not when it is committed.
    pub completes_at_effect: bool,
    /// Only what the ledger itself refused counts as refused for good.
    pub refusal_is_seen: bool,
    /// Once a payload was intended the failover cannot be taken back.
    pub return_is_barred: bool,
    /// The old key is withdrawn only when the new one is valid.
    pub retires_after_effect: bool,
    /// Failovers.
    pub failovers_max: u8,
    /// The ledger at first.
    pub book: B,
}

/// Terms of the lease.
const TERMS_MAX: u8 = 2;
/// Crashes of an instance.
const CRASHES_MAX: u8 = 1;
/// The last epoch.
const HORIZON: u8 = 5;
/// Epochs in which a payload may land, from that in which it was prepared.
const WINDOW: u8 = 2;
/// Payloads in one run.
const PAYLOADS_MAX: usize = 4;
const LIMITS: Limits = Limits { attempts: 2, commands: 2 };
const PARTS: [Part; 3] = [Part::Ready, Part::Activate, Part::Verify];
const READY: u8 = 0;
const ACTIVATE: u8 = 1;
const VERIFY: u8 = 2;

/// A signed transaction that was sent.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Payload {
    failover: u8,
    attempt: u8,
    to: u8,
    start: u8,
    /// First epoch in which it can land no more.
    end: u8,
    fate: Landing,
}

/// What became of a transaction.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Landing {
    /// It may land, until its window is over.
    Flying,
    /// It landed in this epoch.
    Landed(u8),
    /// The ledger took it up as a failure, in this epoch.
    Refused(u8),
}

/// What the journal says.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Page {
    /// No failover is open.
    Quiet {
        /// The signer.
        signer: u8,
    },
    /// A failover is open.
    Open {
        /// The node that shall sign.
        to: u8,
        /// Its number.
        failover: u8,
        /// Its saga.
        course: Course<3>,
        /// The newest attempt's payload.
        payload: Option<u8>,
    },
    /// A person must look.
    Stuck,
}

/// Everything.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct State<B> {
    now: u8,
    book: B,
    /// Nodes authorised at some time in this epoch.
    authorised: [bool; 2],
    payloads: [Option<Payload>; PAYLOADS_MAX],
    desk: Desk<Page>,
    failovers: u8,
    crashes: u8,
    is_retired: bool,
}

/// What a look at the ledger shows.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Look {
    /// The payload landed.
    Landed,
    /// The ledger refused it for good.
    Refused,
    /// It can land no more.
    Expired,
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
    /// The backup proves to an instance that it is ready, or that it is not.
    Prove(Instance, bool),
    /// An instance signs a payload, with a view so many epochs behind, and sends it.
    Submit(Instance, u8),
    /// An instance sends the payload again.
    Resubmit(Instance),
    /// An instance looks at the ledger, with a view so many epochs behind.
    See(Instance, u8, Look),
    /// An instance sees the new key authorised.
    Confirm(Instance, u8),
    /// An instance gives up for want of an answer.
    GiveUp(Instance, Word),
    /// An operator takes the failover back.
    Cancel(Instance),
    /// An instance writes the end.
    Close(Instance),
    /// The old key is withdrawn.
    Retire(Instance),
    /// A payload lands.
    Land(u8),
    /// A payload is taken up as a failure.
    Refuse(u8),
    /// The next epoch begins.
    Turn,
}

impl<B: Book> OnLedger<B> {
    /// The whole protocol on a ledger.
    pub fn sound(book: B, failovers_max: u8) -> Self {
        Self {
            expiry: Expiry::Proven,
            retry_sends_stored: true,
            write_ahead: true,
            writing: Writing::SOUND,
            completes_at_effect: true,
            refusal_is_seen: true,
            return_is_barred: true,
            retires_after_effect: true,
            failovers_max,
            book,
        }
    }

    fn actions_of(&self, state: &State<B>, by: Instance, out: &mut Vec<Action>) {
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
        match belief.page {
            Page::Stuck => {}
            Page::Quiet { signer } => {
                if state.failovers < self.failovers_max {
                    out.push(Action::Begin(by));
                }
                if signer == 1 && !state.is_retired {
                    out.push(Action::Retire(by));
                }
            }
            Page::Open { to, course, payload, .. } => self.actions_within(state, by, to, &course, payload, out),
        }
    }

    fn actions_within(
        &self,
        state: &State<B>,
        by: Instance,
        to: u8,
        course: &Course<3>,
        payload: Option<u8>,
        out: &mut Vec<Action>,
    ) {
        let views = [0, 1].into_iter().filter(|lag| *lag <= state.now);
        match course.next() {
            Move::Perform(READY) => out.extend([true, false].map(|is_ready| Action::Prove(by, is_ready))),
            Move::Perform(ACTIVATE) => out.extend(views.map(|lag| Action::Submit(by, lag))),
            Move::Inspect(ACTIVATE) => {
                for lag in views {
                    out.extend(self.looks(state, payload, lag).into_iter().map(|look| Action::See(by, lag, look)));
                }
                out.push(Action::Resubmit(by));
                out.extend([Word::Refused(ACTIVATE), Word::Closed(Outcome::Blocked)].map(|w| Action::GiveUp(by, w)));
            }
            Move::Perform(_) | Move::Inspect(_) => {
                let is_effective =
                    |lag: &u8| !self.completes_at_effect || state.book.is_effective(to, state.now.saturating_sub(*lag));
                out.extend(views.filter(is_effective).map(|lag| Action::Confirm(by, lag)));
            }
            Move::Close(_) => out.push(Action::Close(by)),
            Move::Undo(_) | Move::Rest(_) => {}
        }
        let is_sent = course.next() == Move::Inspect(ACTIVATE);
        if course.after(Word::Cancelled).is_some() || (is_sent && !self.return_is_barred) {
            out.push(Action::Cancel(by));
        }
        let is_committed = matches!(course.next(), Move::Perform(VERIFY) | Move::Inspect(VERIFY));
        if !self.retires_after_effect && is_committed && to == 1 && !state.is_retired {
            out.push(Action::Retire(by));
        }
    }

    /// What a view `lag` epochs behind shows of the newest payload.
    fn looks(&self, state: &State<B>, payload: Option<u8>, lag: u8) -> Vec<Look> {
        let Some(payload) = payload.and_then(|index| state.payload(index)) else { return Vec::new() };
        let view = state.now.saturating_sub(lag);
        // A view that is behind shows all of the epochs before its own.
        let is_seen = |at: u8| lag == 0 || at < view;
        let mut looks = Vec::new();
        match payload.fate {
            Landing::Landed(at) if is_seen(at) => looks.push(Look::Landed),
            Landing::Refused(at) if is_seen(at) => looks.push(Look::Refused),
            Landing::Flying | Landing::Landed(_) | Landing::Refused(_) => {
                let is_dead = match self.expiry {
                    Expiry::Proven => view >= payload.end,
                    Expiry::ByOwnClock => state.now >= payload.end,
                    Expiry::Absent => true,
                };
                looks.extend(is_dead.then_some(Look::Expired));
                looks.extend((!self.refusal_is_seen).then_some(Look::Refused));
            }
        }
        looks
    }

    fn write(&self, state: &mut State<B>, by: Instance, page: Page) -> bool {
        state.desk.append(by, page, self.writing)
    }

    /// Writes `words` into the saga that is open.
    fn record(&self, state: &mut State<B>, by: Instance, words: impl IntoIterator<Item = Word>) -> Option<()> {
        let Page::Open { to, failover, course, payload } = state.desk.belief(by)?.page else { return None };
        let course = course.through(words)?;
        self.write(state, by, Page::Open { to, failover, course, payload });
        Some(())
    }

    fn submit(&self, state: &mut State<B>, by: Instance, lag: u8) -> Option<()> {
        let Page::Open { to, failover, course, .. } = state.desk.belief(by)?.page else { return None };
        let view = state.now.saturating_sub(lag);
        let course = course.after(Word::Intended(ACTIVATE))?;
        let attempt = course.tracks().get(usize::from(ACTIVATE))?.attempts;
        let start = state.book.start(view);
        let new = Payload { failover, attempt, to, start, end: view + WINDOW, fate: Landing::Flying };
        let index = state.room()?;
        let page = Page::Open { to, failover, course, payload: Some(index) };
        if !self.write_ahead {
            state.desk.imagine(by, page);
        } else if !self.write(state, by, page) {
            return Some(());
        }
        state.put(index, new)
    }

    fn resubmit(&self, state: &mut State<B>, by: Instance) -> Option<()> {
        let Page::Open { to, failover, course, payload } = state.desk.belief(by)?.page else { return None };
        let course = course.after(Word::Repeated(ACTIVATE))?;
        if self.retry_sends_stored {
            self.write(state, by, Page::Open { to, failover, course, payload });
            return Some(());
        }
        let old = state.payload(payload?)?;
        let index = state.room()?;
        if self.write(state, by, Page::Open { to, failover, course, payload: Some(index) }) {
            state.put(index, Payload { end: state.now + WINDOW, fate: Landing::Flying, ..old })?;
        }
        Some(())
    }

    fn close(&self, state: &mut State<B>, by: Instance) -> Option<()> {
        let Page::Open { to, course, .. } = state.desk.belief(by)?.page else { return None };
        let Move::Close(outcome) = course.next() else { return None };
        let page = match outcome {
            Outcome::Completed => Page::Quiet { signer: to },
            Outcome::Reverted | Outcome::Aborted | Outcome::Failed => Page::Quiet { signer: 1 - to },
            Outcome::Blocked => Page::Stuck,
        };
        self.write(state, by, page);
        Some(())
    }

    fn change(&self, state: &mut State<B>, action: Action) -> Option<()> {
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
                let Page::Quiet { signer } = state.desk.belief(by)?.page else { return None };
                let (to, failover) = (1 - signer, state.failovers + 1);
                let course = Course::new(B::CLASS, PARTS, LIMITS);
                if self.write(state, by, Page::Open { to, failover, course, payload: None }) {
                    state.failovers = failover;
                }
            }
            Action::Prove(by, true) => self.record(state, by, [Word::Intended(READY), Word::Done(READY)])?,
            Action::Prove(by, false) => self.record(state, by, [Word::Unprepared(READY)])?,
            Action::Submit(by, lag) => self.submit(state, by, lag)?,
            Action::Resubmit(by) => self.resubmit(state, by)?,
            Action::See(by, _, Look::Landed) => self.record(state, by, [Word::Done(ACTIVATE)])?,
            Action::See(by, _, Look::Refused) => self.record(state, by, [Word::RefusedForGood(ACTIVATE)])?,
            Action::See(by, _, Look::Expired) => self.record(state, by, [Word::Expired(ACTIVATE)])?,
            Action::Confirm(by, _) => self.record(state, by, [Word::Intended(VERIFY), Word::Done(VERIFY)])?,
            Action::GiveUp(by, Word::Closed(_)) => {
                self.write(state, by, Page::Stuck);
            }
            Action::GiveUp(by, word) => self.record(state, by, [word])?,
            Action::Cancel(by) => {
                if self.record(state, by, [Word::Cancelled]).is_none() {
                    let Page::Open { to, .. } = state.desk.belief(by)?.page else { return None };
                    self.write(state, by, Page::Quiet { signer: 1 - to });
                }
            }
            Action::Close(by) => self.close(state, by)?,
            Action::Retire(_) => {
                let (now, node) = (state.now, 0);
                state.book.retire(node, now).then_some(())?;
                state.is_retired = true;
            }
            Action::Land(index) => {
                let (payload, now) = (state.payload(index)?, state.now);
                state.book.land(payload.to, payload.start, now);
                state.put(index, Payload { fate: Landing::Landed(now), ..payload })?;
            }
            Action::Refuse(index) => {
                let payload = state.payload(index)?;
                state.put(index, Payload { fate: Landing::Refused(state.now), ..payload })?;
            }
            Action::Turn => {
                state.now += 1;
                state.book.turn(state.now);
                state.authorised = [false; 2];
            }
        }
        let now = state.book.authorised(state.now);
        for (ever, now) in state.authorised.iter_mut().zip(now) {
            *ever |= now;
        }
        Some(())
    }
}

impl<B: Book> Model for OnLedger<B> {
    type State = State<B>;
    type Action = Action;

    fn init_states(&self) -> Vec<Self::State> {
        vec![State {
            now: 0,
            book: self.book,
            authorised: self.book.authorised(0),
            payloads: [None; PAYLOADS_MAX],
            desk: Desk::new(Page::Quiet { signer: 0 }),
            failovers: 0,
            crashes: 0,
            is_retired: false,
        }]
    }

    fn actions(&self, state: &Self::State, out: &mut Vec<Action>) {
        if state.desk.holder.is_some() {
            out.push(Action::Expire);
        }
        self.actions_of(state, 0, out);
        self.actions_of(state, 1, out);
        for (index, payload) in (0..).zip(state.payloads) {
            if payload.is_some_and(|payload| payload.may_land(state.now)) {
                out.extend([Action::Land(index), Action::Refuse(index)]);
            }
        }
        if state.now < HORIZON {
            out.push(Action::Turn);
        }
    }

    fn next_state(&self, last: &Self::State, action: Action) -> Option<Self::State> {
        let mut state = *last;
        self.change(&mut state, action)?;
        (state != *last).then_some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let mut properties = vec![
            Property::always("one key per epoch", |_, state: &State<B>| state.authorised != [true; 2]),
            Property::always("one payload per attempt", |_, state: &State<B>| !state.has_twins()),
            Property::always("one payload may land", |_, state: &State<B>| state.flying() <= 1),
            Property::always("one payload lands per failover", |_, state: &State<B>| !state.landed_twice()),
            Property::always("the journal names the signer", |_, state: &State<B>| state.is_truly_quiet()),
            Property::always("the old key lasts until the new one is valid", |_, state: &State<B>| {
                !state.is_retired || state.book.authorised(state.now) != [false; 2]
            }),
            Property::sometimes("a failover completes", |_, state: &State<B>| state.is_quiet_with(1)),
            Property::sometimes("a failover completes at its second attempt", |_, state: &State<B>| {
                state.is_quiet_with(1) && state.landed().any(|payload| payload.attempt > 1)
            }),
        ];
        match B::CLASS {
            Class::Pointer => properties.extend([
                Property::sometimes("a failback completes", |_, state: &State<B>| {
                    state.is_quiet_with(0) && state.landed().any(|payload| payload.to == 0)
                }),
                Property::sometimes("a failover fails and nothing has moved", |_, state: &State<B>| {
                    state.is_quiet_with(0) && state.landed().count() < state.payloads.iter().flatten().count()
                }),
            ]),
            _ => properties.push(Property::sometimes("the old key is withdrawn", |_, s: &State<B>| s.is_retired)),
        }
        properties
    }
}

impl Payload {
    fn may_land(self, now: u8) -> bool {
        self.fate == Landing::Flying && now < self.end
    }
}

impl<B: Book> State<B> {
    fn payload(&self, index: u8) -> Option<Payload> {
        self.payloads.get(usize::from(index)).copied().flatten()
    }

    fn room(&self) -> Option<u8> {
        self.payloads.iter().position(Option::is_none).and_then(|index| u8::try_from(index).ok())
    }

    fn put(&mut self, index: u8, payload: Payload) -> Option<()> {
        *self.payloads.get_mut(usize::from(index))? = Some(payload);
        Some(())
    }

    fn flying(&self) -> usize {
        self.payloads.iter().flatten().filter(|payload| payload.may_land(self.now)).count()
    }

    fn landed(&self) -> impl Iterator<Item = Payload> {
        self.payloads.into_iter().flatten().filter(|payload| matches!(payload.fate, Landing::Landed(_)))
    }

    fn landed_twice(&self) -> bool {
        let failovers = |number: &u8| self.landed().filter(|payload| payload.failover == *number).count();
        (1..=self.failovers).any(|number| failovers(&number) > 1)
    }

    fn is_quiet_with(&self, node: u8) -> bool {
        self.desk.page == Page::Quiet { signer: node }
    }

    fn has_twins(&self) -> bool {
        let attempts = |payload: &Payload| (payload.failover, payload.attempt);
        let all: Vec<_> = self.payloads.iter().flatten().map(attempts).collect();
        all.iter().enumerate().any(|(index, one)| all.iter().skip(index + 1).any(|other| other == one))
    }

    /// Where the journal says that all is over, nothing is under way and the ledger says the same.
    fn is_truly_quiet(&self) -> bool {
        match self.desk.page {
            Page::Quiet { signer } => self.flying() == 0 && self.book.rests_with(signer, self.now),
            Page::Open { .. } | Page::Stuck => true,
        }
    }
}
