//! What runs on a node: holds the node's own lease, and lets the signer run while it does.
pub mod device;
pub mod duty;
pub mod holder;
pub mod status;
mod term;
mod times;

use crate::authority::{AuthorityStore, StoreError};
use crate::doubt::Doubt;
use crate::signer::{Force, Presence, Signer};
use device::Device;
use duty::{Act, Duty, View};
use status::SidecarStatus;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
pub use term::Term;
pub use times::{BadTimes, SidecarTimes};
use tokio::sync::watch;
use watchdog_core::causes;
use watchdog_core::clock::Uptime;
use watchdog_core::cx::{Cx, Interrupted};
use watchdog_core::lease::{Held, Lease, LeaseError};

/// The sidecar of one node.
///
/// The signer runs only while all of this holds: the node's lease is valid by the node's own clock, the
/// authority was granted for this very term of it, the term was published, and the watchdog device, if
/// there is one, is active. Where one of it ends, the signer is stopped, early enough to be gone before
/// the lease lapses. After a restart the term is another one: nothing runs until it is granted anew.
pub struct Sidecar {
    lease: Arc<dyn Lease>,
    signer: Arc<dyn Signer>,
    store: AuthorityStore,
    device: Option<Box<dyn Device>>,
    times: SidecarTimes,
}

/// Why a sidecar ended by itself.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SidecarError {
    /// The node's state could not be written. The signer is stopped.
    #[error("state of the node cannot be kept")]
    Store(#[from] StoreError),
    /// At the end, the signer could not be stopped. The lease was not given back.
    #[error("the signer could not be stopped: {0}")]
    NotStopped(String),
}

impl fmt::Debug for Sidecar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sidecar").field("store", &self.store).field("signer", &self.signer).finish_non_exhaustive()
    }
}

impl Sidecar {
    /// A sidecar; nothing is held and nothing runs yet. `device` is open, and thus ticking.
    pub fn new(
        lease: Arc<dyn Lease>,
        signer: Arc<dyn Signer>,
        store: AuthorityStore,
        device: Option<Box<dyn Device>>,
        times: SidecarTimes,
    ) -> Self {
        Self { lease, signer, store, device, times }
    }

    /// Works until `cx` is called off; then stops the signer, gives the lease back, and quiets the device.
    pub async fn run(mut self, cx: &Cx) -> Result<(), SidecarError> {
        let (publish, terms) = watch::channel(None);
        let (renewing, stop_renewing) = cx.child();
        let keeping = self.keeper(publish).run(renewing);
        tokio::select! {
            () = self.work(terms.clone(), cx) => {}
            () = keeping => {}
        }
        stop_renewing.cancel();
        let term = *terms.borrow();
        self.end(term, cx).await
    }

    fn keeper(&self, publish: watch::Sender<Option<Term>>) -> Keeper {
        Keeper {
            lease: self.lease.clone(),
            store: self.store.clone(),
            times: self.times,
            device_seconds: self.device.as_ref().map(|device| device.timeout().as_secs()),
            publish,
        }
    }

    async fn work(&mut self, terms: watch::Receiver<Option<Term>>, cx: &Cx) {
        let mut duty = Duty::new(self.times);
        while !cx.is_cancelled() {
            let term = *terms.borrow();
            let view = self.view(term, cx).await;
            let act = duty.decide(&view);
            if duty.may_feed(&view) {
                self.feed();
            }
            if let Err(doubt) = self.perform(act, term, cx).await {
                tracing::error!(error = causes::line(&doubt), ?act, "the signer is not as it should be");
            }
            if cx.sleep_until(view.now.after(self.times.tick)).await.is_err() {
                break;
            }
        }
    }

    async fn view(&self, term: Option<Term>, cx: &Cx) -> View {
        let brief = cx.within(SidecarTimes::CALL_MAX);
        let presence = self.signer.presence(&brief).await;
        if let Err(doubt) = &presence {
            tracing::error!(error = causes::line(doubt), "the signer cannot be looked at");
        }
        let grants = |term: Term| match self.store.read() {
            Ok(authority) => term.is_granted_by(&authority),
            Err(error) => {
                tracing::error!(error = causes::line(&error), "no authority can be read");
                false
            }
        };
        View {
            term: term.map(|term| term.token()),
            until: term.map(|term| term.until()),
            is_granted: term.is_some_and(grants),
            is_guarded: self.device.as_ref().is_none_or(|device| device.is_active()),
            is_absent: matches!(presence, Ok(Presence::Absent)),
            // Looked at last, so that a slow look makes nothing seem earlier than it is.
            now: cx.clock().uptime(),
        }
    }

    fn feed(&mut self) {
        if let Some(Err(error)) = self.device.as_mut().map(|device| device.feed()) {
            tracing::error!(%error, "watchdog device cannot be fed: this machine will be reset");
        }
    }

    async fn perform(&self, act: Act, term: Option<Term>, cx: &Cx) -> Result<(), Doubt> {
        let brief = cx.within(SidecarTimes::CALL_MAX);
        match act {
            Act::Nothing => Ok(()),
            Act::Ask => self.signer.press(Force::Ask, &brief).await,
            Act::Kill => self.signer.press(Force::Kill, &brief).await,
            Act::Start => self.start(term, &brief).await,
        }
    }

    /// Starts the signer under the lock of the node's memory: a fence that comes now finds it, or keeps
    /// it from starting.
    async fn start(&self, term: Option<Term>, cx: &Cx) -> Result<(), Doubt> {
        let Some(term) = term else { return Ok(()) };
        let storage = |error: StoreError| Doubt::Storage(causes::line(&error));
        let Some(locked) = self.store.try_lock().map_err(storage)? else { return Ok(()) };
        // The clock after the memory: a slow look makes nothing seem earlier than it is.
        let authority = locked.read().map_err(storage)?;
        if !term.may_start(&authority, cx.clock().uptime(), &self.times) {
            return Ok(());
        }
        tracing::info!(term = term.token(), "signer starts");
        self.signer.start(cx).await
    }

    /// Stops the signer for good, and only then lets go of the lease and the device.
    async fn end(&mut self, term: Option<Term>, cx: &Cx) -> Result<(), SidecarError> {
        // The work was called off; stopping goes on.
        let cx = Cx::root(cx.shared_clock(), tokio_util::sync::CancellationToken::new());
        let now = cx.clock().uptime();
        let grace =
            term.map_or(Duration::ZERO, |term| self.times.kill_at(term.until()).since(now)).min(self.times.grace);
        if let Some(device) = self.device.as_mut().filter(|_| !grace.is_zero()) {
            device.feed().ok();
        }
        let limit = cx.within(grace + SidecarTimes::END_MAX);
        let stopped = crate::signer::put_out(self.signer.as_ref(), grace, &limit).await;
        stopped.map_err(|doubt| SidecarError::NotStopped(causes::line(&doubt)))?;
        SidecarStatus::remove(self.store.directory())?;
        if let Some(term) = term {
            let brief = cx.within(SidecarTimes::CALL_MAX);
            let released = brief.bound(self.lease.release(term.held(), &brief)).await;
            if !matches!(released, Ok(Ok(()))) {
                tracing::warn!("the node's lease was not given back and will lapse");
            }
        }
        if let Some(device) = self.device.take()
            && let Err(error) = device.disarm()
        {
            tracing::warn!(%error, "watchdog device cannot be stopped: this machine will be reset");
        }
        Ok(())
    }
}

/// Renews the lease, and publishes each new term.
struct Keeper {
    lease: Arc<dyn Lease>,
    store: AuthorityStore,
    times: SidecarTimes,
    device_seconds: Option<u64>,
    publish: watch::Sender<Option<Term>>,
}

impl Keeper {
    async fn run(self, cx: Cx) {
        let mut count = 0_u64;
        loop {
            count = count.saturating_add(1);
            let asked = cx.clock().uptime();
            let brief = cx.within(self.times.renew_max());
            match brief.bound(self.lease.hold(&brief)).await {
                Ok(Ok(held)) => self.held(held, asked, count, &brief).await,
                Ok(Err(LeaseError::Taken { holder })) => {
                    tracing::warn!(holder, "another holds this node's lease");
                    self.publish.send_replace(None);
                }
                Ok(Err(error)) => tracing::warn!(error = causes::line(&error), "node's lease not renewed"),
                Err(Interrupted::Deadline) => tracing::warn!("node's lease not renewed in time"),
                Err(Interrupted::Cancelled) => return,
            }
            if cx.sleep_until(asked.after(self.times.renew_every)).await.is_err() {
                return;
            }
        }
    }

    /// First the belief, so that nothing of what follows shortens it; then what must be shown before a
    /// signer may start in this term.
    async fn held(&self, held: Held, asked: Uptime, count: u64, cx: &Cx) {
        let before = *self.publish.borrow();
        let term = Term::renewed(before, held, asked, &self.times);
        if before != Some(term) {
            self.publish.send_replace(Some(term));
        }
        let shown = cx.bound(self.lease.beat(held, count, cx)).await;
        if !matches!(shown, Ok(Ok(()))) {
            tracing::warn!("sign of life not shown");
            return;
        }
        if term.is_published() {
            return;
        }
        let status = SidecarStatus::own(cx.clock().boot().clone(), held.token(), self.device_seconds);
        match status.and_then(|status| status.write(self.store.directory())) {
            Ok(()) => {
                tracing::info!(term = held.token(), "this node holds its lease; the signer waits for a grant");
                self.publish.send_replace(Some(term.published()));
            }
            Err(error) => tracing::error!(error = causes::line(&error), "state of the node cannot be kept"),
        }
    }
}
