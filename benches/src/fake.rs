//! A Radix network on loopback that answers at once: two nodes and a gateway, without a ledger.
//!
//! It has a hundred validators, so that answers are as large as on the main network. Nothing ever
//! commits: what is measured ends with the submission.
mod answers;
mod identity;
mod server;

pub(crate) use identity::Identity;

use crate::Outcome;
use server::Server;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use watchdog_core::clock::{Clock, Timestamp, Uptime};

/// The network. Its servers end when it is dropped.
#[derive(Debug)]
pub(crate) struct Fake {
    shared: Arc<Shared>,
    addresses: [SocketAddr; 3],
    servers: Vec<Server>,
}

/// Who is asked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Asked {
    /// The node that signs.
    NodeA,
    /// Its backup.
    NodeB,
    /// The gateway.
    Gateway,
}

/// How the node that signs behaves towards the watchdog.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Primary {
    /// It answers.
    Answers,
    /// Its process is gone: connections are refused.
    IsGone,
    /// Its host is gone: connections come about, as with a tunnel, and nothing ever comes back.
    IsSilent,
}

/// One request.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// Who was asked.
    pub(crate) asked: Asked,
    /// Path of the request.
    pub(crate) path: String,
    /// When it arrived.
    pub(crate) arrived: Uptime,
    /// When the answer was handed to the socket.
    pub(crate) served: Option<Uptime>,
    /// Missed proposals that the answer could show.
    pub(crate) missed: u64,
}

#[derive(Debug)]
struct Shared {
    clock: Arc<dyn Clock>,
    identity: Identity,
    began: Uptime,
    is_silent: bool,
    duties: Mutex<Duties>,
    calls: Mutex<Vec<Call>>,
    submitted: watch::Sender<Option<Uptime>>,
    holds: Mutex<bool>,
}

/// Proposals of the watched validator.
#[derive(Clone, Copy, Debug)]
struct Duties {
    made: u64,
    missed: u64,
    /// Time from one proposal that is due to the next; `None`: none but those that are ordered.
    pace: Option<Duration>,
    fails: bool,
    since: Uptime,
}

impl Duties {
    /// Made and missed up to `now`.
    fn at(&self, now: Uptime) -> (u64, u64) {
        let count = |pace: Duration| now.since(self.since).as_nanos() / pace.as_nanos().max(1);
        let due = self.pace.map_or(0, |pace| u64::try_from(count(pace)).unwrap_or_default());
        if self.fails { (self.made, self.missed + due) } else { (self.made + due, self.missed) }
    }
}

impl Fake {
    /// Starts it, the validator well and with a proposal due every `pace`.
    pub(crate) fn start(clock: &Arc<dyn Clock>, primary: Primary, pace: Option<Duration>) -> Outcome<Self> {
        let began = clock.uptime();
        let shared = Arc::new(Shared {
            clock: clock.clone(),
            identity: Identity::new()?,
            began,
            is_silent: primary == Primary::IsSilent,
            duties: Mutex::new(Duties { made: 100, missed: 0, pace, fails: false, since: began }),
            calls: Mutex::default(),
            submitted: watch::Sender::new(None),
            holds: Mutex::new(false),
        });
        let mut servers = Vec::new();
        let mut start = |asked| {
            let server = Server::start(asked, &shared)?;
            let address = server.address();
            servers.push(server);
            Outcome::Ok(address)
        };
        let (gateway, node_b, node_a) = (start(Asked::Gateway)?, start(Asked::NodeB)?, start(Asked::NodeA)?);
        if primary == Primary::IsGone {
            servers.pop();
        }
        Ok(Self { shared, addresses: [node_a, node_b, gateway], servers })
    }

    /// Keys and addresses.
    pub(crate) fn identity(&self) -> &Identity {
        &self.shared.identity
    }

    /// Of node a, node b and the gateway.
    pub(crate) const fn addresses(&self) -> [SocketAddr; 3] {
        self.addresses
    }

    /// The validator is well again, and nothing was asked or submitted yet.
    pub(crate) fn reset(&self) {
        let mut duties = self.shared.duties();
        let now = self.shared.clock.uptime();
        let (made, _) = duties.at(now);
        *duties = Duties { made, missed: 0, fails: false, since: now, ..*duties };
        self.shared.calls().clear();
        self.shared.submitted.send_replace(None);
    }

    /// The validator makes `count` proposals now.
    pub(crate) fn make(&self, count: u64) {
        self.shared.duties().made += count;
    }

    /// The validator misses `at_once` proposals now, and makes none from now on.
    pub(crate) fn fail(&self, at_once: u64) {
        let mut duties = self.shared.duties();
        let now = self.shared.clock.uptime();
        let (made, missed) = duties.at(now);
        *duties = Duties { made, missed: missed + at_once, fails: true, since: now, ..*duties };
    }

    /// Whether submissions get no answer from now on.
    pub(crate) fn hold_submissions(&self, holds: bool) {
        *self.shared.holds.lock().unwrap_or_else(PoisonError::into_inner) = holds;
    }

    /// Everything asked since the start or the last [`reset`](Self::reset), in the order of arrival.
    pub(crate) fn calls(&self) -> Vec<Call> {
        self.shared.calls().clone()
    }

    /// When the first submission arrived.
    pub(crate) fn submitted(&self) -> watch::Receiver<Option<Uptime>> {
        self.shared.submitted.subscribe()
    }
}

impl Shared {
    fn duties(&self) -> MutexGuard<'_, Duties> {
        self.duties.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn calls(&self) -> MutexGuard<'_, Vec<Call>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn holds(&self) -> bool {
        *self.holds.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn elapsed(&self) -> Duration {
        self.clock.uptime().since(self.began)
    }

    fn wall(&self) -> Timestamp {
        self.clock.now()
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.servers.clear();
    }
}
