//! How a watchdog sees the simulated chain.
use crate::ledger::GENESIS;
use crate::port::Port;
use crate::wire::{Host, Reply, Request, View};
use async_trait::async_trait;
use serde::Serialize;
use std::fmt;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use watchdog_core::clock::Clock;
use watchdog_core::cx::Cx;
use watchdog_core::id::Origin;
use watchdog_core::policy::in_window::{InWindow, Within};
use watchdog_core::policy::network::{NetworkGuard, OwnShare};
use watchdog_core::policy::quorum::Quorum;
use watchdog_core::probe::{Duties, Evidence, HealthProbe, Performance, ProbeError, Source};

/// Time between two rounds of asking.
pub(crate) const PERIOD: Duration = Duration::from_secs(2);
/// Time granted to a source.
pub(crate) const PATIENCE: Duration = Duration::from_millis(1500);
/// A source whose clock is further off than this is not believed.
const CLOCK_OFF_MILLIS: u64 = 60_000;
/// Sources, each an origin of its own.
pub(crate) const SOURCES: u8 = 3;

/// What one reading says.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Reading {
    pub(crate) head: u64,
    pub(crate) duties: Duties,
    pub(crate) others: Duties,
}

impl fmt::Display for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "slot {}: {} made, {} missed", self.head, self.duties.made, self.duties.missed)
    }
}

impl Evidence for Reading {
    fn performance(&self) -> Performance {
        match (self.duties.made, self.duties.missed) {
            (0, 0) => Performance::Idle,
            (_, 0) => Performance::Performing,
            (0, _) => Performance::Failing,
            _ => Performance::Impaired,
        }
    }

    fn position(&self) -> u64 {
        self.head
    }

    fn duties(&self) -> Duties {
        self.duties
    }

    fn others(&self) -> Option<Duties> {
        Some(self.others)
    }
}

/// Down after four of six duties missed, the last four of them in a row, by two origins, while the
/// others do theirs. One duty falls due in a second.
pub(crate) type Policy = NetworkGuard<Quorum<InWindow>>;

/// The policy of every run.
pub(crate) fn policy() -> Policy {
    policy_asked_every(PERIOD)
}

/// The same for another time between two rounds. A reading counts while it is at most three rounds old.
pub(crate) fn policy_asked_every(period: Duration) -> Policy {
    let (fresh, span) = (period.saturating_mul(3), period.saturating_mul(30));
    let rule = InWindow { missed: 4, of: 6, in_a_row: 4, min_due: 0, within: Within::Time(span), fresh, span };
    let quorum = Quorum { need: NonZeroUsize::MIN.saturating_add(1), skew: 10, policy: rule };
    NetworkGuard { others_missed: 0.2, own: OwnShare::ANY, span: period.saturating_mul(5), fresh, policy: quorum }
}

/// The sources of one process.
pub(crate) fn sources(port: &Arc<Port>, clock: &Arc<dyn Clock>) -> Vec<Source<Reading>> {
    let source = |number| {
        let probe = Probe { port: port.clone(), clock: clock.clone(), number, before: Mutex::new(None) };
        let origin = Origin::new(&format!("origin-{number}"))?;
        Some(Source { name: format!("source {number}"), origin, probe: Arc::new(probe) })
    };
    (0..SOURCES).filter_map(source).collect()
}

struct Probe {
    port: Arc<Port>,
    clock: Arc<dyn Clock>,
    number: u8,
    before: Mutex<Option<View>>,
}

/// A view that can be believed, or what is wrong with the answer.
pub(crate) fn sane(reply: &Reply, wall: u64) -> Result<View, String> {
    match reply {
        Reply::View(view) if view.genesis != GENESIS => Err(format!("it is of chain {}", view.genesis)),
        Reply::View(view) if view.wall.abs_diff(wall) > CLOCK_OFF_MILLIS => Err("its clock is off".to_owned()),
        Reply::View(view) => Ok(*view),
        Reply::Empty => Err("nothing in the body".to_owned()),
        _ => Err("an error in the body".to_owned()),
    }
}

#[async_trait]
impl HealthProbe for Probe {
    type Evidence = Reading;

    async fn observe(&self, _: &Cx) -> Result<Reading, ProbeError> {
        let endpoint = || format!("source {}", self.number);
        let reply = self.port.call(Host::Source(self.number), Request::View, PATIENCE).await;
        let reply = reply.map_err(|s| ProbeError::Unreachable { endpoint: endpoint(), source: Box::new(s) })?;
        let view = sane(&reply, self.clock.now().0)
            .map_err(|reason| ProbeError::Malformed { endpoint: endpoint(), reason })?;
        let before = self.before.lock().unwrap_or_else(PoisonError::into_inner).replace(view);
        let before = before.unwrap_or(view);
        let since = |new: u64, old: u64| new.saturating_sub(old);
        let duties = Duties { made: since(view.made, before.made), missed: since(view.missed, before.missed) };
        let slots = since(view.head, before.head);
        Ok(Reading { head: view.head, duties, others: Duties { made: 100 * slots, missed: 0 } })
    }

    fn forget(&self) {
        *self.before.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
