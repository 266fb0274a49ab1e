//! What the journal says of one `SharedKey` failover, coarse as in the specification or fine as in the code.
use crate::course::{Class, Course, Fate, Limits, Move, Outcome, Part, Word};
use std::fmt::Debug;
use std::hash::Hash;

/// A command to a node.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Command {
    /// The old signer stops.
    Fence,
    /// The new signer starts.
    Activate,
    /// The old signer starts again.
    TakeBack,
}

/// What a failover asks for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Turn {
    /// The backup proves that it is ready.
    Prove,
    /// A command is sent.
    Send(Command),
    /// The end is written.
    Close,
    /// Nothing but an answer helps.
    Wait,
}

/// How a failover stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Standing<S> {
    /// It goes on.
    Open(S),
    /// It is over, and the new signer signs.
    Moved,
    /// It is over, and the old signer signs.
    Unmoved,
    /// It is over, and a person must look.
    Stuck,
}

/// The journaled state of one failover of class `SharedKey`.
pub trait Script: Copy + Debug + Eq + Hash + Send + Sync + 'static {
    /// Just decided.
    fn begun() -> Self;
    /// What it asks for.
    fn turn(self) -> Turn;
    /// After the backup's proof.
    #[must_use]
    fn proven(self) -> Self;
    /// The record that is durable before the command; `None` where none is needed.
    fn intended(self, command: Command) -> Option<Self>;
    /// After a command was acknowledged, or came to be believed.
    fn acknowledged(self, command: Command) -> Standing<Self>;
    /// Given up or taken back, by an operator or because the primary is well again; `None` where that is not possible
    /// any more. `past_return`: the fault of going back where there is no way back.
    fn retracted(self, past_return: bool) -> Option<Self>;
    /// After another instance took over.
    #[must_use]
    fn resumed(self) -> Self;
    /// Its end.
    fn closed(self) -> Standing<Self>;
    /// Whether the fence is the step that is open.
    fn is_fencing(self) -> bool;
}

/// The failover in the words of section 13 of the specification.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Stage {
    /// Decided, and the old signer is being stopped.
    Intent,
    /// It surely stopped.
    Fenced,
    /// The new signer may have been started: no way back.
    Activating,
    /// The old signer is being started again.
    Reverting,
}

impl Script for Stage {
    fn begun() -> Self {
        Self::Intent
    }

    fn turn(self) -> Turn {
        Turn::Send(match self {
            Self::Intent => Command::Fence,
            Self::Fenced | Self::Activating => Command::Activate,
            Self::Reverting => Command::TakeBack,
        })
    }

    fn proven(self) -> Self {
        self
    }

    fn intended(self, _: Command) -> Option<Self> {
        (self == Self::Fenced).then_some(Self::Activating)
    }

    fn acknowledged(self, _: Command) -> Standing<Self> {
        match self {
            Self::Intent => Standing::Open(Self::Fenced),
            Self::Fenced => Standing::Open(self),
            Self::Activating => Standing::Moved,
            Self::Reverting => Standing::Unmoved,
        }
    }

    fn retracted(self, past_return: bool) -> Option<Self> {
        let may = matches!(self, Self::Intent | Self::Fenced) || (past_return && self == Self::Activating);
        may.then_some(Self::Reverting)
    }

    fn resumed(self) -> Self {
        self
    }

    fn closed(self) -> Standing<Self> {
        Standing::Open(self)
    }

    fn is_fencing(self) -> bool {
        self == Self::Intent
    }
}

/// The steps of a `SharedKey` saga, as the model numbers them.
pub const PARTS: [Part; 3] = [Part::Ready, Part::Fence, Part::Activate];
const READY: u8 = 0;
const FENCE: u8 = 1;
const ACTIVATE: u8 = 2;

/// Enough that no limit ends a failover within the bounds of the model.
const LIMITS: Limits = Limits { attempts: 3, commands: 9 };

impl Script for Course<3> {
    fn begun() -> Self {
        Self::new(Class::SharedKey, PARTS, LIMITS)
    }

    fn turn(self) -> Turn {
        match self.next() {
            Move::Perform(READY) => Turn::Prove,
            Move::Perform(FENCE) | Move::Inspect(FENCE) => Turn::Send(Command::Fence),
            Move::Perform(ACTIVATE) | Move::Inspect(ACTIVATE) => Turn::Send(Command::Activate),
            Move::Undo(_) => Turn::Send(Command::TakeBack),
            Move::Close(_) => Turn::Close,
            Move::Perform(_) | Move::Inspect(_) | Move::Rest(_) => Turn::Wait,
        }
    }

    fn proven(self) -> Self {
        self.through([Word::Intended(READY), Word::Done(READY)]).unwrap_or(self)
    }

    fn intended(self, command: Command) -> Option<Self> {
        match (command, self.next()) {
            (Command::Fence | Command::Activate, Move::Perform(step)) => self.after(Word::Intended(step)),
            (Command::Fence | Command::Activate, Move::Inspect(step)) => self.after(Word::Repeated(step)),
            (Command::TakeBack, Move::Undo(step)) => self.after(Word::Undoing(step)),
            _ => None,
        }
    }

    fn acknowledged(self, command: Command) -> Standing<Self> {
        let word = match command {
            Command::Fence => Word::Done(FENCE),
            Command::Activate => Word::Done(ACTIVATE),
            Command::TakeBack => Word::Undone(FENCE),
        };
        Standing::Open(self.after(word).unwrap_or(self))
    }

    /// A fence under way is given up first; its command may still arrive.
    fn retracted(self, past_return: bool) -> Option<Self> {
        let given_up = self.after(Word::Refused(FENCE));
        let forgotten = || past_return.then(|| self.forgetting_the_return());
        match self.next() {
            Move::Inspect(ACTIVATE) => forgotten(),
            _ => given_up.or_else(|| self.after(Word::Cancelled)),
        }
    }

    fn resumed(self) -> Self {
        self.after(Word::Resumed).unwrap_or(self)
    }

    fn closed(self) -> Standing<Self> {
        match self.next() {
            Move::Close(Outcome::Completed) => Standing::Moved,
            Move::Close(Outcome::Reverted | Outcome::Aborted | Outcome::Failed) => Standing::Unmoved,
            Move::Close(Outcome::Blocked) => Standing::Stuck,
            Move::Perform(_) | Move::Inspect(_) | Move::Undo(_) | Move::Rest(_) => Standing::Open(self),
        }
    }

    fn is_fencing(self) -> bool {
        self.tracks().iter().any(|track| track.part == Part::Fence && track.fate == Fate::Open)
    }
}
