//! Holds the lease for the whole process, or waits for it.
use super::Shared;
use crate::clock::Uptime;
use crate::cx::Cx;
use crate::journal::{Journal, JournalError, Record};
use crate::lease::{Heartbeat, Held, Lease, LeaseError};
use std::sync::Arc;
use std::time::Duration;

/// What is known of the lease: for the status.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Tenure {
    /// The other instance that holds it, where one does.
    pub(super) holder: Option<String>,
    /// For how long that one has shown no sign of life, where it is late with it.
    pub(super) holder_late: Option<Duration>,
    /// Why the store could not be asked last time.
    pub(super) trouble: Option<String>,
}

/// Acquires and renews until `cx` is called off. A belief is dropped after every clock anomaly, and
/// where renewals fail for too long, until a fresh renewal.
pub(super) async fn hold(lease: Arc<dyn Lease>, shared: Arc<Shared>, cx: Cx) {
    let mut anomalies = shared.anomalies.subscribe();
    let mut holder = Holder { lease, shared, term: None, renewed: None, waiting: None };
    loop {
        let asked = holder.shared.clock.uptime();
        let pause = holder.round(asked, &cx).await;
        tokio::select! {
            biased;
            ended = cx.sleep_until(asked.after(pause)) => if ended.is_err() { return },
            changed = anomalies.changed() => {
                holder.drop_belief();
                if changed.is_err() { return }
            }
        }
    }
}

struct Holder {
    lease: Arc<dyn Lease>,
    shared: Arc<Shared>,
    /// Token whose beginning is in the journal.
    term: Option<u64>,
    /// When the newest successful renewal was asked for.
    renewed: Option<Uptime>,
    /// The holder's newest sign of life, and when it was first seen here.
    waiting: Option<(Heartbeat, Uptime)>,
}

impl Holder {
    /// One renewal; the time until the next one.
    async fn round(&mut self, asked: Uptime, cx: &Cx) -> Duration {
        let parameters = &self.shared.parameters;
        let (renew_every, retry) = (parameters.renew_every, parameters.retry);
        let heard = match self.listen(asked, cx).await {
            Ok(heard) => heard,
            Err(trouble) => {
                self.fail(trouble);
                return retry;
            }
        };
        match cx.within(renew_every).bound(self.lease.hold(cx)).await {
            Ok(Ok(held)) => {
                self.renewed = Some(asked);
                self.waiting = None;
                self.tell(Tenure::default());
                self.believe(held, asked, cx).await;
                renew_every
            }
            Ok(Err(LeaseError::Taken { holder })) => {
                self.drop_belief();
                self.renewed = None;
                self.follow(holder, heard).await;
                renew_every
            }
            Ok(Err(error)) => {
                self.fail(crate::causes::line(&error));
                retry
            }
            Err(_) => {
                self.fail("the lease store did not answer in time".to_owned());
                retry
            }
        }
    }

    /// Whether the store answers at all, where it has been silent for too long. A renewal whose answer
    /// is never heard would keep a lease alive that nobody acts under, so something is asked first that
    /// changes nothing: the newest sign of life, where somebody shows one.
    async fn listen(&self, asked: Uptime, cx: &Cx) -> Result<Option<Heartbeat>, String> {
        let parameters = &self.shared.parameters;
        if self.renewed.is_some_and(|renewed| asked.since(renewed) < parameters.renew_deadline) {
            return Ok(None);
        }
        let asking = cx.within(parameters.renew_every);
        match asking.bound(self.lease.heartbeat(&asking)).await {
            Ok(Ok(heard)) => Ok(heard),
            Ok(Err(error)) => Err(crate::causes::line(&error)),
            Err(_) => Err("the lease store did not answer in time".to_owned()),
        }
    }

    /// Publishes `held`, once the journal of its term was read and begun.
    async fn believe(&mut self, held: Held, asked: Uptime, cx: &Cx) {
        if let Err(error) = self.prepare(held, asked).await {
            if error.is_passing() {
                tracing::warn!(error = %crate::causes::line(&error), "journal not read or begun yet, so nothing acts");
                self.drop_belief();
                return;
            }
            tracing::error!(error = %error, "the journal cannot be written, so nothing acts; observation goes on");
        }
        self.shared.held.send_replace(Some(held));
        self.shared.wake_standing();
        if let Err(error) = self.shared.chronicle.tidy(held).await {
            tracing::debug!(error = %crate::causes::line(&error), "journal not trimmed");
        }
        if self.shared.chronicle.wants_time()
            && let Err(error) = self.shared.chronicle.append(held, None, &[Record::Elapsed {}]).await
        {
            tracing::debug!(error = %crate::causes::line(&error), "passing of time not journaled");
        }
        let count = u64::try_from(self.shared.beat.borrow().0.as_millis()).unwrap_or(u64::MAX);
        let beating = cx.within(self.shared.parameters.renew_every);
        match beating.bound(self.lease.beat(held, count, &beating)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(error = %crate::causes::line(&error), "heartbeat not shown"),
            Err(late) => tracing::debug!(error = %late, "heartbeat not shown"),
        }
    }

    /// Reads on where that is needed; makes the start of a term durable before anything else is
    /// written under it.
    async fn prepare(&mut self, held: Held, asked: Uptime) -> Result<(), JournalError> {
        let chronicle = &self.shared.chronicle;
        if self.term == Some(held.token()) {
            return if chronicle.is_behind() { chronicle.settle(held).await } else { Ok(()) };
        }
        self.drop_belief();
        chronicle.catch_up().await?;
        let started = Record::Started { version: self.shared.parameters.version.clone() };
        let _begun = chronicle.append(held, None, &[started, Record::Leased {}]).await?;
        self.shared.term_began.send_replace(asked);
        self.term = Some(held.token());
        Ok(())
    }

    /// Follows the journal of whoever holds the lease, and watches that one's signs of life, of which
    /// `heard` is the newest.
    async fn follow(&mut self, holder: String, heard: Option<Heartbeat>) {
        if let Err(error) = self.shared.chronicle.catch_up().await {
            tracing::warn!(error = %crate::causes::line(&error), "journal of the holder cannot be followed");
        }
        let now = self.shared.clock.uptime();
        if let Some(beat) = heard
            && self.waiting.as_ref().is_none_or(|(before, _)| *before != beat)
        {
            self.waiting = Some((beat, now));
        }
        // A holder that never shows a sign is late as well.
        let none_yet = || (Heartbeat { holder: holder.clone(), token: 0, count: 0 }, now);
        let (_, since) = self.waiting.get_or_insert_with(none_yet);
        let silent = now.since(*since);
        let late = (silent >= self.shared.parameters.heartbeat_late).then_some(silent);
        if late.is_some() && self.shared.tenure.borrow().holder_late.is_none() {
            tracing::error!(holder, silent_for = ?silent, "the instance that holds the lease shows no sign of life: look at it; only its end or `tanist pause` there frees the lease");
        }
        self.tell(Tenure { holder: Some(holder), holder_late: late, trouble: None });
    }

    /// The store did not grant or refuse anything. The belief lasts until the renewals have failed
    /// for too long.
    fn fail(&mut self, trouble: String) {
        let now = self.shared.clock.uptime();
        let lost = self.renewed.is_none_or(|renewed| now.since(renewed) >= self.shared.parameters.renew_deadline);
        tracing::warn!(error = trouble, "lease not renewed{}", if lost { ", so nothing acts" } else { "" });
        if lost {
            self.drop_belief();
        }
        let holder = self.shared.tenure.borrow().holder.clone();
        self.tell(Tenure { holder, holder_late: None, trouble: Some(trouble) });
    }

    fn tell(&self, tenure: Tenure) {
        self.shared.tenure.send_if_modified(|now| {
            let changed = *now != tenure;
            *now = tenure;
            changed
        });
    }

    fn drop_belief(&self) {
        self.shared.held.send_if_modified(|held| held.take().is_some());
    }
}
