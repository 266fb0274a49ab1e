//! The model: what the engine promises, without how it keeps it.
//!
//! It counts seconds. What the engine does by itself takes it some moments, so ends of operations are known to
//! some moments only; a transition after which a cool-down, budget or pause would end that close to the moment of
//! comparison is not taken.
use crate::nodes::Trouble;
use crate::system::Reached;
use crate::transition::{Transition, any};
use proptest::prelude::*;
use proptest_state_machine::ReferenceStateMachine;
use std::collections::BTreeMap;
use watchdog_core::journal::Outcome;

/// Time in which the engine comes to rest: a fence that fails, a lease that lapses.
const REST: u64 = 40;
/// The same where somebody moved the signer: the engine looks once a minute.
pub(crate) const LONG_REST: u64 = 80;
pub(crate) const COOLDOWN: u64 = 30 * 60;
const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;
const UNSURE: u64 = 100;
const NEVER: u64 = u64::MAX;
/// A plan may be executed for so long.
const PLAN_LASTS: u64 = 300;

/// What a caller hears.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) enum Answer {
    /// Nobody asked.
    #[default]
    Nothing,
    Done,
    /// A plan away from this node, to that one.
    Offered(usize, usize),
    /// The operation of this number.
    Began(u64),
    Refused(String),
}

/// An operation, under way or over.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Operation {
    pub(crate) is_automatic: bool,
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) is_cancelled: bool,
    /// How and when it ended.
    pub(crate) end: Option<(Outcome, u64)>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Offer {
    from: usize,
    to: usize,
    recipe: bool,
    made: u64,
    /// The engine that made it is still the same.
    is_known: bool,
}

#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
#[derive(Clone, Debug)]
pub(crate) struct Reference {
    pub(crate) now: u64,
    pub(crate) is_healthy: [bool; 2],
    pub(crate) is_silent: bool,
    pub(crate) is_ready: bool,
    recipe: bool,
    pub(crate) trouble: Trouble,
    /// Who can sign.
    pub(crate) signer: Option<usize>,
    /// Who signs by the journal.
    pub(crate) known: Option<usize>,
    pub(crate) has_lease: bool,
    /// Paused, until then; without an end, until [`NEVER`].
    pause: Option<u64>,
    cooling: Option<u64>,
    is_acknowledged: bool,
    pub(crate) operations: Vec<Operation>,
    offer: Option<Offer>,
    keys: BTreeMap<u8, (u64, usize, usize, bool)>,
    /// What the newest transition is answered.
    pub(crate) answer: Answer,
    is_unsure: bool,
    pub(crate) reached: Reached,
}

impl Reference {
    fn new() -> Self {
        Self {
            now: LONG_REST,
            is_healthy: [true, true],
            is_silent: false,
            is_ready: true,
            recipe: false,
            trouble: Trouble::None,
            signer: Some(0),
            known: Some(0),
            has_lease: true,
            pause: None,
            cooling: None,
            is_acknowledged: false,
            operations: Vec::new(),
            offer: None,
            keys: BTreeMap::new(),
            answer: Answer::Nothing,
            is_unsure: false,
            reached: Reached::default(),
        }
    }

    /// The same, counting into `reached`.
    pub(crate) fn counting(mut self, reached: &Reached) -> Self {
        self.reached = reached.clone();
        self
    }

    pub(crate) fn is_down(&self) -> bool {
        !self.is_silent && !self.signer.is_some_and(|signer| self.is_healthy[signer])
    }

    pub(crate) fn is_paused(&self) -> bool {
        self.pause.is_some_and(|until| self.now < until)
    }

    pub(crate) fn is_under_way(&self) -> bool {
        self.operations.last().is_some_and(|last| last.end.is_none())
    }

    pub(crate) fn is_cooling(&self) -> bool {
        self.cooled().is_some_and(|until| self.now < until)
    }

    pub(crate) fn is_unseen(&self) -> bool {
        let last = self.operations.iter().rev().find_map(|operation| operation.end);
        last.is_some_and(|(outcome, _)| outcome == Outcome::Blocked) && !self.is_acknowledged
    }

    pub(crate) fn is_spent(&self, most: usize, within: u64) -> bool {
        self.freed(most, within).is_some_and(|at| self.now < at)
    }

    /// When the cool-down ends.
    fn cooled(&self) -> Option<u64> {
        self.cooling.filter(|_| !self.is_acknowledged).map(|began| began + COOLDOWN)
    }

    /// From when on fewer than `most` automatic operations have ended in the time `within` before.
    fn freed(&self, most: usize, within: u64) -> Option<u64> {
        let automatic = self.operations.iter().rev().filter(|operation| operation.is_automatic);
        automatic.filter_map(|operation| operation.end).nth(most - 1).map(|(_, end)| end + within)
    }

    /// From when on it may move to `to` by itself again.
    fn back(&self, to: usize) -> Option<u64> {
        let left = self.operations.iter().rev().find(|operation| operation.from == to);
        left.and_then(|operation| operation.end).map(|(_, end)| end + DAY)
    }

    /// Every moment at which a gate opens, for moves to any node.
    fn thresholds(&self) -> impl Iterator<Item = u64> + use<> {
        let gates = [self.cooled(), self.pause, self.freed(2, DAY), self.freed(3, 7 * DAY)];
        gates.into_iter().chain([self.back(0), self.back(1)]).flatten()
    }

    /// When the gates are open, from `now` on; `None`: not without an operator.
    fn gates_open(&self) -> Option<u64> {
        if self.is_under_way() || !self.has_lease || self.is_unseen() {
            return None;
        }
        let gates = [self.cooled(), self.pause, self.freed(2, DAY), self.freed(3, 7 * DAY)];
        gates.into_iter().flatten().chain([self.now]).max()
    }

    /// The engine does by itself what it does until `end`.
    fn react(&mut self, end: u64) {
        loop {
            self.adopt();
            let Some(open) = self.gates_open().filter(|at| *at <= end && self.is_down()) else { break };
            if self.known.is_none() {
                self.known = self.signer;
            }
            let Some(from) = self.known.filter(|known| self.signer == Some(*known) && self.is_ready) else { break };
            let at = self.back(1 - from).unwrap_or_default().max(open);
            if at > end {
                break;
            }
            // It must also be over by then.
            self.is_unsure |= at > self.now && end - at < UNSURE;
            self.now = self.now.max(at);
            self.begin(true, from, false);
        }
        self.now = end;
        self.is_unsure |= self.thresholds().any(|at| at.abs_diff(end) < UNSURE);
    }

    fn will_adopt(&self) -> bool {
        !self.is_down() && !self.is_under_way() && self.has_lease && self.known != self.signer
    }

    /// The chain is right about who signs, as soon as somebody looks.
    fn adopt(&mut self) {
        if !self.will_adopt() {
            return;
        }
        if self.known.is_some() {
            (self.cooling, self.is_acknowledged) = (Some(self.now), false);
        }
        self.known = self.signer;
        self.reached.adopted();
    }

    /// An operation begins, and goes as far as the nodes let it.
    fn begin(&mut self, is_automatic: bool, from: usize, is_cancelled: bool) {
        let to = 1 - from;
        self.operations.push(Operation { is_automatic, from, to, is_cancelled, end: None });
        match self.trouble {
            Trouble::None => {
                self.signer = Some(to);
                self.end(Outcome::Completed);
            }
            Trouble::Fence => self.end(Outcome::Reverted),
            Trouble::OldNode => self.end(Outcome::Blocked),
            Trouble::Start => self.signer = None,
        }
    }

    fn end(&mut self, outcome: Outcome) {
        let now = self.now;
        let Some(operation) = self.operations.last_mut() else { return };
        operation.end = Some((outcome, now));
        if outcome == Outcome::Completed {
            self.known = Some(operation.to);
        }
        self.reached.ended(operation.is_automatic, operation.is_cancelled, outcome);
        (self.cooling, self.is_acknowledged) = (Some(now), false);
    }

    /// What an operation that hangs in its activation comes to, once the command has arrived.
    fn arrive(&mut self) {
        if self.is_under_way() && self.has_lease && self.signer.is_some() {
            self.end(Outcome::Completed);
        }
    }

    fn plan(&mut self, to: Option<usize>) -> Answer {
        let refused = |code: &str| Answer::Refused(code.to_owned());
        let Some(from) = self.known else { return refused("signer_unknown") };
        if to == Some(from) {
            return refused("already_there");
        }
        if self.signer != Some(from) {
            return refused("signer_changed");
        }
        if !self.is_ready {
            return refused("backup_not_ready");
        }
        self.offer = Some(Offer { from, to: 1 - from, recipe: self.recipe, made: self.now, is_known: true });
        Answer::Offered(from, 1 - from)
    }

    /// Whether an order for the newest offer begins something; why not, or what began before.
    fn admits(&self, key: Option<u8>, is_wrong: bool) -> Result<usize, Answer> {
        let refused = |code: &str| Err(Answer::Refused(code.to_owned()));
        let Some(offer) = self.offer else { return refused("plan_stale") };
        if let Some((number, from, to, recipe)) = key.and_then(|key| self.keys.get(&key)) {
            let is_same = (*from, *to, *recipe) == (offer.from, offer.to, offer.recipe) && !is_wrong;
            return if is_same { Err(Answer::Began(*number)) } else { refused("key_reused") };
        }
        let is_fresh = offer.is_known && self.now < offer.made + PLAN_LASTS;
        match () {
            () if !is_fresh || is_wrong => refused("plan_stale"),
            () if !self.has_lease => refused("no_lease"),
            () if self.signer != Some(offer.from) => refused("signer_changed"),
            () if !self.is_ready => refused("backup_not_ready"),
            () if self.recipe != offer.recipe || self.known != Some(offer.from) => refused("plan_stale"),
            () => Ok(offer.from),
        }
    }

    fn execute(&mut self, key: Option<u8>, is_wrong: bool, is_cancelled: bool) -> Answer {
        match self.admits(key, is_wrong) {
            Err(answer) => answer,
            Ok(from) => {
                self.begin(false, from, is_cancelled);
                let number = self.operations.len() as u64;
                if let Some(key) = key {
                    self.keys.insert(key, (number, from, 1 - from, self.recipe));
                }
                Answer::Began(number)
            }
        }
    }

    /// What only who holds the lease can write.
    fn written(&self) -> Answer {
        if self.has_lease { Answer::Done } else { Answer::Refused("no_lease".to_owned()) }
    }

    fn happen(&mut self, transition: &Transition) {
        self.answer = Answer::Nothing;
        match transition {
            Transition::Health(node, is_healthy) => self.is_healthy[*node] = *is_healthy,
            Transition::Silent(is_silent) => self.is_silent = *is_silent,
            Transition::Ready(is_ready) => self.is_ready = *is_ready,
            Transition::Recipe(recipe) => self.recipe = *recipe,
            Transition::Trouble(trouble) => self.trouble = *trouble,
            Transition::LetGo => {
                self.trouble = Trouble::None;
                if let Some(operation) = self.operations.last().filter(|last| last.end.is_none()) {
                    self.signer = Some(operation.to);
                }
            }
            Transition::Outside(signer) => self.signer = *signer,
            Transition::Pass(_) => {}
            Transition::Sleep(hours) => self.now += hours * HOUR,
            Transition::Lease(has_lease) => self.has_lease = *has_lease,
            Transition::Restart(_) => {
                if let Some(offer) = self.offer.as_mut() {
                    offer.is_known = false;
                }
                self.reached.restarted(self.is_under_way());
            }
            Transition::Plan(to) => self.answer = self.plan(*to),
            Transition::Execute { key, is_wrong, .. } => self.answer = self.execute(*key, *is_wrong, false),
            Transition::ExecuteAndCancel => self.answer = self.execute(None, false, true),
            Transition::Cancel => self.answer = Answer::Refused("past_point_of_no_return".to_owned()),
            Transition::Pause(hours) => {
                self.answer = self.written();
                if self.has_lease {
                    self.pause = Some(hours.map_or(NEVER, |hours| self.now + hours * HOUR));
                }
            }
            Transition::Resume => {
                self.answer = if self.is_paused() { self.written() } else { Answer::Done };
                if self.has_lease {
                    self.pause = None;
                }
            }
            Transition::Acknowledge => {
                self.answer = self.written();
                self.is_acknowledged |= self.has_lease;
            }
        }
        self.arrive();
        let lasts = match transition {
            Transition::Pass(seconds) => *seconds,
            _ if self.will_adopt() => LONG_REST,
            _ => REST,
        };
        // Where the machine slept, it is the moment of waking that may be too close to a gate.
        self.is_unsure |= self.thresholds().any(|at| at.abs_diff(self.now) < UNSURE);
        self.react(self.now + lasts);
    }

    /// Whether it can happen now at all.
    fn can(&self, transition: &Transition) -> bool {
        match transition {
            // A person who moves the key while the engine does makes two signers, and nobody could help it.
            Transition::Outside(signer) => !self.is_under_way() && self.signer != *signer,
            Transition::Trouble(trouble) => !self.is_under_way() && self.trouble != *trouble,
            Transition::Recipe(recipe) => self.recipe != *recipe,
            Transition::LetGo => self.trouble != Trouble::None,
            Transition::Restart(_) => self.has_lease,
            Transition::Lease(has_lease) => self.has_lease != *has_lease,
            Transition::Silent(is_silent) => self.is_silent != *is_silent,
            Transition::Ready(is_ready) => self.is_ready != *is_ready,
            Transition::Health(node, is_healthy) => self.is_healthy[*node] != *is_healthy,
            Transition::Execute { .. } => self.offer.is_some(),
            Transition::ExecuteAndCancel => {
                matches!(self.trouble, Trouble::Fence | Trouble::OldNode) && self.admits(None, false).is_ok()
            }
            Transition::Cancel => !self.operations.is_empty(),
            _ => true,
        }
    }
}

impl ReferenceStateMachine for Reference {
    type State = Self;
    type Transition = Transition;

    fn init_state() -> BoxedStrategy<Self> {
        Just(Self::new()).boxed()
    }

    fn transitions(state: &Self) -> BoxedStrategy<Transition> {
        let has_offer = state.offer.is_some_and(|offer| offer.is_known);
        any(state.signer, has_offer, state.is_under_way(), state.can(&Transition::ExecuteAndCancel))
    }

    fn preconditions(state: &Self, transition: &Transition) -> bool {
        state.can(transition) && !Self::apply(state.clone().counting(&Reached::default()), transition).is_unsure
    }

    fn apply(mut state: Self, transition: &Transition) -> Self {
        state.happen(transition);
        state
    }
}
