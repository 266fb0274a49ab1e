//! What a node does when an engine speaks to it.
use crate::authority::{Authority, AuthorityStore, Disobeyed, Locked, Right, StoreError};
use crate::order::{Order, Target};
use crate::sidecar::status::SidecarStatus;
use crate::signer::{Presence, Signer, put_out};
use crate::wire::{Answer, Request, SCHEMA, State};
use std::sync::Arc;
use std::time::Duration;
use watchdog_core::causes;
use watchdog_core::cx::Cx;

/// Time for what was killed to be gone.
const KILLED_MAX: Duration = Duration::from_secs(5);
/// Longest wait for the lock on the node's memory, which is held for moments.
const LOCK_MAX: Duration = Duration::from_secs(3);
/// Time between two attempts to take it.
const LOCK_LOOK: Duration = Duration::from_millis(20);

/// The node's side of a fence: obeys commands that are newer than all it remembers, and says what came
/// of them. Works beside a running sidecar, and without one.
#[derive(Clone, Debug)]
pub struct Node {
    store: AuthorityStore,
    signer: Arc<dyn Signer>,
    grace: Duration,
    leased: bool,
}

impl Node {
    /// A node that stops `signer` with `grace` between asking and killing. `leased` says that a sidecar
    /// starts the signer, in a term of the node's own lease; otherwise a grant starts it at once.
    pub fn new(store: AuthorityStore, signer: Arc<dyn Signer>, grace: Duration, leased: bool) -> Self {
        Self { store, signer, grace, leased }
    }

    /// Whose node it is.
    pub fn target(&self) -> &Target {
        self.store.target()
    }

    /// Does what `request` says within `cx`, and answers. Every failure is an answer too.
    pub async fn answer(&self, request: &Request, cx: &Cx) -> Answer {
        if request.target() != self.target() {
            return self.refusal(format!("this node is {}", self.target()), cx);
        }
        match request {
            Request::Status(_) => self.status(cx).await,
            Request::Fence(order) => self.fence(order, cx).await,
            Request::Grant { order, term } => self.grant(order, *term, cx).await,
        }
    }

    /// The command is durable before anything is stopped; the signer is stopped even where it could not
    /// be made durable, and then the answer is not `fenced`.
    async fn fence(&self, order: &Order, cx: &Cx) -> Answer {
        let noted = self.note(cx, |authority| authority.fenced(order)).await;
        if let Err(Unnoted::Disobeyed(disobeyed)) = noted {
            return self.disobeyed(disobeyed, cx);
        }
        let barred = self.signer.bar(cx).await;
        let stopped =
            put_out(self.signer.as_ref(), self.grace, &cx.within(self.grace.saturating_add(KILLED_MAX))).await;
        let failure = match (&noted, &barred, &stopped) {
            (Err(Unnoted::Store(error)), ..) => Some(causes::line(error)),
            (_, Err(error), _) | (_, _, Err(error)) => Some(causes::line(error)),
            _ => None,
        };
        let answer = self.status(cx).await;
        match failure {
            Some(reason) => Answer { state: State::Stopping, reason: Some(reason), ..answer },
            None => answer,
        }
    }

    async fn grant(&self, order: &Order, term: u64, cx: &Cx) -> Answer {
        let own = self.term(cx);
        if self.leased && own != Some(term) {
            let own = own.map_or_else(|| "none".to_owned(), |own| own.to_string());
            return self.refusal(format!("the grant is for term {term} of this node's lease, which is {own} now"), cx);
        }
        if !self.leased && term != 0 {
            return self.refusal("this node has no lease of its own, so a grant names term 0".to_owned(), cx);
        }
        match self.note(cx, |authority| authority.granted(order, term)).await {
            Err(Unnoted::Disobeyed(disobeyed)) => return self.disobeyed(disobeyed, cx),
            Err(Unnoted::Store(error)) => return self.refusal(causes::line(&error), cx),
            Ok(()) => {}
        }
        let started = match self.signer.unbar(cx).await {
            Ok(()) if !self.leased => self.start(term, cx).await,
            unbarred => unbarred.map_err(|error| causes::line(&error)),
        };
        let answer = self.status(cx).await;
        match started {
            Ok(()) => answer,
            Err(reason) => Answer { reason: Some(reason), ..answer },
        }
    }

    async fn start(&self, term: u64, cx: &Cx) -> Result<(), String> {
        let locked = self.lock(cx).await.map_err(|error| causes::line(&error))?;
        let permits = locked.read().map_err(|error| causes::line(&error))?.permits(term);
        let presence = self.signer.presence(cx).await.map_err(|error| causes::line(&error))?;
        match presence {
            Presence::Absent if permits => self.signer.start(cx).await.map_err(|error| causes::line(&error)),
            _ => Ok(()),
        }
    }

    async fn status(&self, cx: &Cx) -> Answer {
        let authority = match self.store.read() {
            Ok(authority) => authority,
            Err(error) => return self.refusal(causes::line(&error), cx),
        };
        let (presence, barred) = (self.signer.presence(cx).await, self.signer.is_barred(cx).await);
        let (state, reason) = match (authority.right(), presence, barred) {
            (Right::Granted { term }, ..) if self.leased && self.term(cx) != Some(term) => {
                (State::Granted, Some(format!("granted for term {term} of the node's lease, which is over")))
            }
            (Right::Granted { .. }, ..) => (State::Granted, None),
            (Right::Fenced, Ok(Presence::Absent), Ok(true)) => (State::Fenced, None),
            (Right::Fenced, Ok(Presence::Absent), Ok(false)) => {
                (State::Stopping, Some("the signer would start again by itself".to_owned()))
            }
            (Right::Fenced, Ok(Presence::Present(what)), _) => (State::Stopping, Some(format!("still there: {what}"))),
            (Right::Fenced, Err(doubt), _) | (Right::Fenced, _, Err(doubt)) => {
                (State::Stopping, Some(causes::line(&doubt)))
            }
        };
        Answer { reason, ..self.say(state, &authority, cx) }
    }

    /// Writes what `change` makes of the memory, under its lock.
    async fn note(
        &self,
        cx: &Cx,
        change: impl FnOnce(&Authority) -> Result<Authority, Disobeyed>,
    ) -> Result<(), Unnoted> {
        let locked = self.lock(cx).await.map_err(Unnoted::Store)?;
        let before = locked.read().map_err(Unnoted::Store)?;
        let after = change(&before).map_err(Unnoted::Disobeyed)?;
        if after == before { Ok(()) } else { locked.write(&after).map_err(Unnoted::Store) }
    }

    /// The lock on the memory. A sidecar that was paused while it had it must not hang this program too.
    async fn lock(&self, cx: &Cx) -> Result<Locked<'_>, StoreError> {
        let until = cx.clock().uptime().after(LOCK_MAX);
        loop {
            if let Some(locked) = self.store.try_lock()? {
                return Ok(locked);
            }
            let now = cx.clock().uptime();
            if now >= until || cx.sleep_until(now.after(LOCK_LOOK)).await.is_err() {
                return Err(StoreError::Busy(self.store.directory().to_owned()));
            }
        }
    }

    /// The term that the running sidecar holds, as it has published it.
    fn term(&self, cx: &Cx) -> Option<u64> {
        self.published(cx).and_then(|status| status.term)
    }

    fn published(&self, cx: &Cx) -> Option<SidecarStatus> {
        SidecarStatus::of_running(self.store.directory(), cx.clock().boot()).ok().flatten()
    }

    fn say(&self, state: State, authority: &Authority, cx: &Cx) -> Answer {
        let Target { validator, node } = self.target().clone();
        let published = self.published(cx);
        let term = published.as_ref().and_then(|status| status.term);
        let watchdog_seconds = published.and_then(|status| status.watchdog_seconds);
        Answer {
            schema: SCHEMA.to_owned(),
            validator,
            node,
            state,
            epoch: authority.newest(),
            term,
            watchdog_seconds,
            reason: None,
        }
    }

    fn refusal(&self, reason: String, cx: &Cx) -> Answer {
        let authority = self.store.read().unwrap_or_else(|_| Authority::none(self.target().clone()));
        Answer { reason: Some(reason), ..self.say(State::Refused, &authority, cx) }
    }

    fn disobeyed(&self, disobeyed: Disobeyed, cx: &Cx) -> Answer {
        let stale = matches!(disobeyed, Disobeyed::Stale { .. });
        let answer = self.refusal(disobeyed.to_string(), cx);
        if stale { Answer { state: State::Stale, ..answer } } else { answer }
    }
}

/// A command that was not written down.
#[derive(Debug)]
enum Unnoted {
    Disobeyed(Disobeyed),
    Store(StoreError),
}
