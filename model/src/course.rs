//! One saga as the model has it: what may be journaled next, and what follows from it.
//!
//! This is a statement of its own, made from the specification of one failover (its states, transitions and crash
//! recovery) and not from the code. `tests/code.rs` walks through every state of both and shows that they are the same.

/// What the protocol itself guarantees, and thus what a plan must contain.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Class {
    /// One transaction moves the authority.
    Pointer,
    /// Several nodes can sign with one key.
    SharedKey,
    /// A new key becomes valid where the old one ends.
    Rotating,
    /// Parallel signers are harmless.
    Idempotent,
}

/// What one step of the plan is for.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Part {
    /// The backup can take over.
    Ready,
    /// Reversible preparation.
    Prepare,
    /// The old signer is kept out.
    Fence,
    /// The backup signs: the point of no return.
    Activate,
    /// The backup was seen to sign.
    Verify,
}

/// What became of the newest attempt of a step.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Fate {
    /// Nothing was sent.
    Untouched,
    /// A command may be under way.
    Open,
    /// It took effect.
    Done,
    /// It was given up.
    Refused {
        /// Whether the target itself said that it never will take effect.
        is_final: bool,
    },
    /// It can take no effect any more.
    Expired,
    /// It is being taken back.
    TakingBack,
    /// It was taken back.
    TakenBack,
}

/// How a saga ends.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Outcome {
    /// The backup signs.
    Completed,
    /// Everything was taken back.
    Reverted,
    /// Nothing was done.
    Aborted,
    /// The ledger surely did not move.
    Failed,
    /// Nobody knows; nothing moves until a person decides.
    Blocked,
}

/// Where a saga stands, in the words of the specification.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Phase {
    /// Nothing was done.
    Planned,
    /// The backup was proven ready.
    Proven,
    /// The fence was intended.
    Fencing,
    /// The fence holds.
    Fenced,
    /// The activation was intended.
    Activating,
    /// The activation took effect.
    Effective,
    /// Going back.
    Reverting,
    /// Over.
    Closed(Outcome),
}

/// A record of one saga, without what decides nothing: texts, proofs, bytes, epochs.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Word {
    /// An operator takes it back.
    Cancelled,
    /// Another process took over.
    Resumed,
    /// The first command of the next attempt is about to be sent.
    Intended(u8),
    /// The same payload is about to be sent again.
    Repeated(u8),
    /// The attempt took effect.
    Done(u8),
    /// The next attempt could not even be prepared.
    Unprepared(u8),
    /// The attempt was given up.
    Refused(u8),
    /// The target refused the attempt for good.
    RefusedForGood(u8),
    /// The payload can have no effect any more.
    Expired(u8),
    /// A step is about to be taken back.
    Undoing(u8),
    /// A step was taken back.
    Undone(u8),
    /// The saga ends.
    Closed(Outcome),
}

/// What the state of a saga asks for.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Move {
    /// The next attempt of a step.
    Perform(u8),
    /// To look what became of a command.
    Inspect(u8),
    /// To take a step back.
    Undo(u8),
    /// To write the end.
    Close(Outcome),
    /// Nothing.
    Rest(Outcome),
}

/// Which process may write a word.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Writer {
    /// Any that holds the lease.
    Holder,
    /// Only the one that itself sent the newest command, since it has its answer.
    Sender,
    /// Only one that has just taken over.
    Successor,
}

/// One step with what became of it.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Track {
    /// What it is for.
    pub part: Part,
    /// What became of its newest attempt.
    pub fate: Fate,
    /// Attempts so far, counted up to the limit.
    pub attempts: u8,
    /// Commands of the newest attempt, or of taking it back, counted up to the limit.
    pub commands: u8,
}

/// When a saga gives up.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Limits {
    /// Attempts of a step, each with a payload of its own.
    pub attempts: u8,
    /// Commands of one attempt.
    pub commands: u8,
}

/// One saga of `N` steps.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Course<const N: usize> {
    class: Class,
    limits: Limits,
    tracks: [Track; N],
    is_cancelled: bool,
    end: Option<Outcome>,
}

impl<const N: usize> Course<N> {
    /// A saga of which nothing was done.
    pub fn new(class: Class, parts: [Part; N], limits: Limits) -> Self {
        let tracks = parts.map(|part| Track { part, fate: Fate::Untouched, attempts: 0, commands: 0 });
        Self { class, limits, tracks, is_cancelled: false, end: None }
    }

    /// Its steps.
    pub fn tracks(&self) -> &[Track; N] {
        &self.tracks
    }

    /// Whether an operator took it back.
    pub fn is_cancelled(&self) -> bool {
        self.is_cancelled
    }

    /// How it ended.
    pub fn end(&self) -> Option<Outcome> {
        self.end
    }

    /// What it asks for.
    pub fn next(&self) -> Move {
        if let Some(outcome) = self.end {
            return Move::Rest(outcome);
        }
        if let Some(step) = self.find(|track| track.fate == Fate::Open) {
            return Move::Inspect(step);
        }
        match (self.is_failing(), self.is_past_return()) {
            (true, true) => Move::Close(self.end_of_the_road()),
            (true, false) => self.way_back(),
            (false, _) => self
                .find(|track| matches!(track.fate, Fate::Untouched | Fate::Expired))
                .map_or(Move::Close(Outcome::Completed), Move::Perform),
        }
    }

    /// Where it stands.
    pub fn phase(&self) -> Phase {
        let are_done = |parts: &[Part]| {
            self.tracks.iter().filter(|track| parts.contains(&track.part)).all(|track| track.fate == Fate::Done)
        };
        if let Some(outcome) = self.end {
            return Phase::Closed(outcome);
        }
        if self.is_past_return() {
            return if are_done(&[Part::Activate]) { Phase::Effective } else { Phase::Activating };
        }
        match (self.is_touched(), self.is_failing()) {
            (true, true) => Phase::Reverting,
            (true, false) if are_done(&[Part::Prepare, Part::Fence]) => Phase::Fenced,
            (true, false) => Phase::Fencing,
            (false, _) if are_done(&[Part::Ready]) => Phase::Proven,
            (false, _) => Phase::Planned,
        }
    }

    /// Every word about a saga of so many steps.
    pub fn alphabet() -> impl Iterator<Item = Word> {
        let about = [
            Word::Intended,
            Word::Repeated,
            Word::Done,
            Word::Unprepared,
            Word::Refused,
            Word::RefusedForGood,
            Word::Expired,
            Word::Undoing,
            Word::Undone,
        ];
        let ends = [Outcome::Completed, Outcome::Reverted, Outcome::Aborted, Outcome::Failed, Outcome::Blocked];
        let about = (0..number(N)).flat_map(move |step| about.map(|word| word(step)));
        [Word::Cancelled, Word::Resumed].into_iter().chain(ends.map(Word::Closed)).chain(about)
    }

    /// The words that `writer` may write next.
    pub fn words(&self, writer: Writer) -> impl Iterator<Item = Word> {
        let (course, next) = (*self, self.next());
        Self::alphabet().filter(move |word| course.may(writer, *word, next))
    }

    /// The saga after `word`; `None` where it may not follow.
    pub fn after(self, word: Word) -> Option<Self> {
        let next = self.next();
        let may = [Writer::Holder, Writer::Sender, Writer::Successor].iter().any(|by| self.may(*by, word, next));
        may.then(|| self.with(word))
    }

    /// Whether `writer` may write `word` where the saga asks for `next`.
    fn may(&self, writer: Writer, word: Word, next: Move) -> bool {
        match writer {
            _ if self.end.is_some() => false,
            Writer::Holder => self.may_holder(word, next),
            Writer::Sender => match word {
                Word::Refused(step) => next == Move::Inspect(step),
                Word::Undone(step) => self.fate(step) == Fate::TakingBack,
                Word::Closed(Outcome::Blocked) => self.find(|track| track.fate == Fate::TakingBack).is_some(),
                _ => false,
            },
            Writer::Successor => match word {
                Word::Resumed => true,
                Word::Closed(Outcome::Aborted) => matches!(self.phase(), Phase::Planned | Phase::Proven),
                _ => false,
            },
        }
    }

    fn may_holder(&self, word: Word, next: Move) -> bool {
        match word {
            Word::Cancelled => !self.is_cancelled && !self.is_past_return(),
            Word::Intended(step) | Word::Unprepared(step) => next == Move::Perform(step),
            Word::Done(step) | Word::Expired(step) | Word::RefusedForGood(step) => next == Move::Inspect(step),
            Word::Repeated(step) => next == Move::Inspect(step) && !self.is_spent(step),
            Word::Refused(step) => next == Move::Inspect(step) && self.is_spent(step),
            Word::Undoing(step) => next == Move::Undo(step),
            Word::Closed(Outcome::Blocked) if matches!(next, Move::Inspect(_)) => true,
            Word::Closed(outcome) => next == Move::Close(outcome),
            Word::Resumed | Word::Undone(_) => false,
        }
    }

    /// The saga after several words.
    pub fn through(self, words: impl IntoIterator<Item = Word>) -> Option<Self> {
        words.into_iter().try_fold(self, Self::after)
    }

    /// As if the activation had never been intended: only a protocol with a fault in it does that.
    #[must_use]
    pub fn forgetting_the_return(mut self) -> Self {
        for track in &mut self.tracks {
            match track.part {
                Part::Activate => (track.fate, track.attempts) = (Fate::Untouched, 0),
                Part::Fence => track.fate = Fate::TakingBack,
                Part::Ready | Part::Prepare | Part::Verify => {}
            }
        }
        self
    }

    fn with(mut self, word: Word) -> Self {
        match word {
            Word::Cancelled => self.is_cancelled = true,
            Word::Resumed => self.doubt(),
            Word::Intended(step) => {
                let most = self.limits.attempts;
                self.change(step, |track| {
                    (track.fate, track.attempts, track.commands) = (Fate::Open, (track.attempts + 1).min(most), 1);
                });
            }
            Word::Repeated(step) => self.command(step),
            Word::Done(step) => self.turn(step, Fate::Done),
            Word::Unprepared(step) | Word::Refused(step) => self.turn(step, Fate::Refused { is_final: false }),
            Word::RefusedForGood(step) => self.turn(step, Fate::Refused { is_final: true }),
            Word::Expired(step) => {
                self.turn(step, Fate::Expired);
                if step > 0 {
                    self.turn(0, Fate::Untouched);
                }
            }
            Word::Undoing(step) if self.fate(step) == Fate::TakingBack => self.command(step),
            Word::Undoing(step) => {
                self.change(step, |track| (track.fate, track.commands) = (Fate::TakingBack, 1));
            }
            Word::Undone(step) => self.turn(step, Fate::TakenBack),
            Word::Closed(outcome) => self.end = Some(outcome),
        }
        self
    }

    /// Who takes over believes no proof: readiness is shown again, and every fence is looked at again.
    fn doubt(&mut self) {
        if self.is_past_return() {
            return;
        }
        for track in &mut self.tracks {
            track.fate = match (track.part, track.fate) {
                (Part::Ready, Fate::Open | Fate::Done) => Fate::Untouched,
                (Part::Fence, Fate::Done) => Fate::Open,
                (_, fate) => fate,
            };
        }
    }

    fn way_back(&self) -> Move {
        let lingers = |track: &Track| {
            let may_have_effect =
                matches!(track.fate, Fate::Done | Fate::Refused { .. } | Fate::Expired | Fate::TakingBack);
            matches!(track.part, Part::Prepare | Part::Fence) && track.attempts > 0 && may_have_effect
        };
        let Some(position) = self.tracks.iter().rposition(lingers) else {
            return Move::Close(if self.is_touched() { Outcome::Reverted } else { Outcome::Aborted });
        };
        let step = number(position);
        let is_given_up = self.fate(step) == Fate::TakingBack && self.is_spent(step);
        if is_given_up { Move::Close(Outcome::Blocked) } else { Move::Undo(step) }
    }

    /// Nothing has moved where the ledger itself said that the one transaction never will take effect.
    fn end_of_the_road(&self) -> Outcome {
        let is_dead = |track: &Track| {
            track.part == Part::Activate && matches!(track.fate, Fate::Refused { is_final: true } | Fate::Expired)
        };
        match self.class {
            Class::Pointer if self.tracks.iter().any(is_dead) => Outcome::Failed,
            _ => Outcome::Blocked,
        }
    }

    fn is_failing(&self) -> bool {
        let has_failed = |track: &Track| match track.fate {
            Fate::Refused { .. } | Fate::TakingBack | Fate::TakenBack => true,
            Fate::Expired => track.attempts >= self.limits.attempts,
            Fate::Untouched | Fate::Open | Fate::Done => false,
        };
        self.is_cancelled || self.tracks.iter().any(has_failed)
    }

    fn is_touched(&self) -> bool {
        self.tracks.iter().any(|track| track.part != Part::Ready && track.attempts > 0)
    }

    fn is_past_return(&self) -> bool {
        self.tracks.iter().any(|track| track.part == Part::Activate && track.attempts > 0)
    }

    fn is_spent(&self, step: u8) -> bool {
        self.tracks.get(usize::from(step)).is_none_or(|track| track.commands >= self.limits.commands)
    }

    fn fate(&self, step: u8) -> Fate {
        self.tracks.get(usize::from(step)).map_or(Fate::Untouched, |track| track.fate)
    }

    fn find(&self, is: impl Fn(&Track) -> bool) -> Option<u8> {
        self.tracks.iter().position(is).map(number)
    }

    fn turn(&mut self, step: u8, fate: Fate) {
        self.change(step, |track| track.fate = fate);
    }

    fn command(&mut self, step: u8) {
        let most = self.limits.commands;
        self.change(step, |track| track.commands = (track.commands + 1).min(most));
    }

    fn change(&mut self, step: u8, change: impl FnOnce(&mut Track)) {
        if let Some(track) = self.tracks.get_mut(usize::from(step)) {
            change(track);
        }
    }
}

fn number(position: usize) -> u8 {
    u8::try_from(position).unwrap_or(u8::MAX)
}
