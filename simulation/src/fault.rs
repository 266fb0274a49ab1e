//! The faults of the safety model's matrix (section 12).
use std::fmt;

/// A row of the matrix; where a row names several things, each is one.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Kind {
    /// The process or the machine ends without a word.
    Crash,
    /// Stands still for 1 s.
    PauseSecond,
    /// Stands still for 30 s.
    PauseHalfMinute,
    /// Stands still for 10 min.
    PauseTenMinutes,
    /// What the watchdog sends there is lost.
    CutTo,
    /// What it sends to the watchdog is lost.
    CutFrom,
    /// Ten times slower.
    Slow,
    /// Answers about the past.
    StaleHead,
    /// Answers about another chain.
    OtherChain,
    /// Answers with nothing.
    Empty,
    /// Answers status 200 with an error in the body.
    ErrorBody,
    /// Says of a validator that does its duties that it missed them all.
    Lie,
    /// Messages come twice.
    Duplicate,
    /// Messages come late, after newer ones.
    Late,
    /// No space is left.
    DiskFull,
    /// Nothing can be written.
    DiskReadOnly,
    /// `fsync` fails.
    DiskSync,
    /// The wall clock is set.
    ClockJump,
    /// The clock runs fast or slow, within what is assumed.
    ClockDrift,
    /// Comes back after long with what it knew.
    Returns,
    /// Another version goes on with what an older one wrote.
    Upgrade,
    /// A person does by hand what contradicts the watchdog.
    Human,
}

/// A column of the matrix.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Part {
    /// A watchdog.
    Engine,
    /// The store of lease and journal.
    Store,
    /// The node that signs at the beginning.
    Primary,
    /// The other one.
    Backup,
    /// An API of the chain.
    Chain,
    /// The person in charge, and the way between them and the watchdog.
    Operator,
}

/// A cell of the matrix.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Cell {
    /// What.
    pub kind: Kind,
    /// To whom.
    pub part: Part,
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} of {:?}", self.kind, self.part)
    }
}

/// Every cell of the matrix that is ticked.
pub fn matrix() -> Vec<Cell> {
    use Kind::{
        ClockDrift, ClockJump, Crash, CutFrom, CutTo, DiskFull, DiskReadOnly, DiskSync, Duplicate, Empty, ErrorBody,
        Human, Late, Lie, OtherChain, PauseHalfMinute, PauseSecond, PauseTenMinutes, Returns, Slow, StaleHead, Upgrade,
    };
    use Part::{Backup, Chain, Engine, Operator, Primary, Store};
    let rows: [(&[Kind], &[Part]); 9] = [
        (
            &[Crash, PauseSecond, PauseHalfMinute, PauseTenMinutes, Slow, ClockJump, ClockDrift],
            &[Engine, Store, Primary, Backup, Chain],
        ),
        (&[CutTo, CutFrom], &[Store, Primary, Backup, Chain, Operator]),
        (&[StaleHead, OtherChain, Empty, ErrorBody], &[Primary, Backup, Chain]),
        (&[Lie], &[Chain]),
        (&[Duplicate, Late], &[Store, Primary, Backup, Chain, Operator]),
        (&[DiskFull, DiskReadOnly, DiskSync], &[Engine, Store]),
        (&[Returns], &[Engine, Primary, Backup]),
        (&[Upgrade], &[Engine]),
        (&[Human], &[Primary, Backup, Chain, Operator]),
    ];
    let mut cells = Vec::new();
    for (kinds, parts) in rows {
        cells.extend(kinds.iter().flat_map(|kind| parts.iter().map(|part| Cell { kind: *kind, part: *part })));
    }
    cells
}

/// A fault of one run: a cell, and which of several.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Fault {
    pub(crate) cell: Cell,
    /// Which watchdog or source.
    pub(crate) which: u8,
    /// How long it lasts, microseconds.
    pub(crate) lasts: u64,
    /// Position in the scenario.
    pub(crate) id: u16,
}
