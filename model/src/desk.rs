//! Two instances of the watchdog, the lease that they compete for, and the journal that they share.
use std::hash::Hash;

/// One of the two instances.
pub type Instance = u8;
/// Fencing token of the lease; grows with every change of holder.
pub type Token = u8;

/// What one instance holds in memory. All of it is gone when it crashes.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Belief<P> {
    /// Token under which it believes to hold the lease, which may have expired since.
    pub token: Token,
    /// What it read in the journal when it took the lease, and wrote since.
    pub page: P,
}

/// Lease and journal. `P` is what the journal says: the fold of its records.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Desk<P> {
    /// Who holds the lease, by its store.
    pub holder: Option<Instance>,
    /// The newest token granted.
    pub token: Token,
    /// What each instance believes.
    pub beliefs: [Option<Belief<P>>; 2],
    /// What the journal says.
    pub page: P,
    /// What each instance's own journal says, where they do not share one.
    pub private: [P; 2],
}

/// How instances write.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Writing {
    /// The store refuses a writer that does not hold the lease with its token.
    pub is_conditional: bool,
    /// Both instances read and write one journal.
    pub is_shared: bool,
}

impl Writing {
    /// As the protocol wants it.
    pub const SOUND: Self = Self { is_conditional: true, is_shared: true };
}

impl<P: Copy + Eq + Hash> Desk<P> {
    /// Nobody holds the lease.
    pub fn new(page: P) -> Self {
        Self { holder: None, token: 0, beliefs: [None; 2], page, private: [page; 2] }
    }

    /// What `instance` believes.
    pub fn belief(&self, instance: Instance) -> Option<Belief<P>> {
        self.beliefs.get(usize::from(instance)).copied().flatten()
    }

    /// Whether `instance` believes to hold a lease that it lost.
    pub fn is_mistaken(&self, instance: Instance) -> bool {
        self.belief(instance).is_some_and(|belief| !self.holds(instance, belief.token))
    }

    /// `instance` takes the free lease and reads the journal.
    pub fn acquire(&mut self, instance: Instance, writing: Writing) {
        self.token += 1;
        self.holder = Some(instance);
        let own = self.private.get(usize::from(instance)).copied();
        let page = own.filter(|_| !writing.is_shared).unwrap_or(self.page);
        self.believe(instance, Some(Belief { token: self.token, page }));
    }

    /// `instance` forgets all: it crashed, or learned that it lost the lease.
    pub fn forget(&mut self, instance: Instance) {
        self.believe(instance, None);
    }

    /// `instance` changes what it believes and writes nothing.
    pub fn imagine(&mut self, instance: Instance, page: P) {
        let belief = self.belief(instance).map(|belief| Belief { page, ..belief });
        self.believe(instance, belief);
    }

    /// `instance` appends to the journal; `false` where the store refused and the instance gave up.
    pub fn append(&mut self, instance: Instance, page: P, writing: Writing) -> bool {
        let Some(belief) = self.belief(instance) else { return false };
        if writing.is_conditional && !self.holds(instance, belief.token) {
            self.forget(instance);
            return false;
        }
        self.page = page;
        if let Some(own) = self.private.get_mut(usize::from(instance)).filter(|_| !writing.is_shared) {
            *own = page;
        }
        self.imagine(instance, page);
        true
    }

    fn holds(&self, instance: Instance, token: Token) -> bool {
        self.holder == Some(instance) && self.token == token
    }

    fn believe(&mut self, instance: Instance, belief: Option<Belief<P>>) {
        if let Some(slot) = self.beliefs.get_mut(usize::from(instance)) {
            *slot = belief;
        }
    }
}
