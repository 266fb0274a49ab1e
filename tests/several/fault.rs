//! What goes wrong while the backup takes over.

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Fault {
    /// The holder dies at once.
    KillHolder,
    /// The holder is suspended for longer than its lease lasts, and goes on as if nothing had been.
    SuspendHolder,
    /// The holder cannot reach the store.
    CutHolder,
    /// The holder's answers from the store get lost.
    DeafHolder,
    /// The holder's answers from the store come late.
    SlowHolder,
    /// The disks of both are full: what they write, they write to the store alone.
    FullDisks,
    /// The store dies and comes again.
    RestartStore,
    /// Who waits dies.
    KillWaiting,
    /// Both die, and come again.
    KillBoth,
    /// Nothing else.
    None,
}

impl Fault {
    pub(crate) const ALL: [Self; 10] = [
        Self::KillHolder,
        Self::SuspendHolder,
        Self::CutHolder,
        Self::RestartStore,
        Self::DeafHolder,
        Self::KillWaiting,
        Self::KillBoth,
        Self::SlowHolder,
        Self::FullDisks,
        Self::None,
    ];
}
