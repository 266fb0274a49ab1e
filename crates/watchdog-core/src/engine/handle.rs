//! The engine from the outside.
use super::admission::{key_reused, keyed};
use super::board::Live;
use super::desk;
use super::offer::{digest_of, offer, stale};
use super::watcher::{Order, propose};
use super::{Reload, Shared, Watched};
use crate::action::{Kind, PlanRequest, Proposal, Refusal};
use crate::clock::Uptime;
use crate::config::Mode;
use crate::cx::Cx;
use crate::event::Event;
use crate::fence::statement::Statement;
use crate::gap::GapDetector;
use crate::id::{NodeName, OperationId, ValidatorName};
use crate::journal::{Journal, JournalError, Record};
use crate::plan::Plan;
use crate::recording::recorder::{Page, PageRequest, Recorder};
use crate::status::{Explained, LeaseStatus, Offer, Operation, Status, ValidatorStatus};
use serde_json::Value;
use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{oneshot, watch};

/// Hex digits of a digest that name it, at least.
const DIGEST_MIN: usize = 8;
/// Names that a hint tells, at most.
const NAMED: usize = 10;

/// A plan remembered until it expires.
struct Remembered {
    request: PlanRequest,
    digest: String,
    expires: Uptime,
}

/// What operators and scripts may ask of a running engine. Cheap to clone.
#[derive(Clone)]
pub struct Handle {
    shared: Arc<Shared>,
    plans: Arc<Mutex<BTreeMap<String, (ValidatorName, Remembered)>>>,
}

/// A pause as an operator asks for it.
#[derive(Clone, Debug)]
pub struct PauseOrder {
    /// For how long; `None`: until somebody resumes.
    pub lasts: Option<Duration>,
    /// Why.
    pub reason: String,
    /// Who.
    pub by: String,
}

impl Handle {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, plans: Arc::default() }
    }

    /// Everything there is to see.
    pub fn status(&self) -> Status {
        let shared = &self.shared;
        let held = *shared.held.borrow();
        let now = shared.clock.uptime();
        let left = held.map(|held| held.until().since(now));
        let tenure = shared.tenure.borrow().clone();
        let lease = LeaseStatus {
            held: left.is_some_and(|left| !left.is_zero()),
            token: held.map(crate::lease::Held::token),
            holder: tenure.holder.clone(),
            holder_late_seconds: tenure.holder_late.map(|late| late.as_secs_f64()),
            trouble: tenure.trouble.clone(),
            remaining_seconds: left.filter(|left| *left < Duration::from_hours(24)).map(|left| left.as_secs_f64()),
        };
        let stopped = shared.chronicle.poison().borrow().clone();
        let clock_anomalies = *shared.anomalies.borrow();
        Status {
            instance: shared.parameters.instance.clone(),
            version: shared.parameters.version.clone(),
            started_at: shared.started_at,
            lease,
            stopped: stopped.map(|reason| super::storage(&JournalError::Poisoned { reason })),
            journal_seq: shared.chronicle.position(),
            clock_anomalies,
            correlation: shared.chronicle.with_fleet(|fleet| fleet.hold().map(Into::into)),
            validators: shared.board.all().iter().map(|live| live.status(shared)).collect(),
        }
    }

    /// One validator.
    ///
    /// # Errors
    /// `not_found`.
    pub fn validator(&self, name: &ValidatorName) -> Result<ValidatorStatus, Refusal> {
        Ok(self.live(name)?.status(&self.shared))
    }

    /// Whether every validator was asked at least once, and the lease is held here or, known to this
    /// instance, by another one: ready to act, or to take over.
    pub fn is_ready(&self) -> bool {
        let asked = self.shared.board.all().iter().all(|live| live.newest().is_some());
        asked && (self.shared.held.borrow().is_some() || self.shared.tenure.borrow().holder.is_some())
    }

    /// How long ago the engine's loop advanced last; more than a few seconds is a stall.
    pub fn stalled_for(&self) -> Duration {
        self.shared.clock.uptime().since(*self.shared.beat.borrow()).saturating_sub(GapDetector::TICK)
    }

    /// Works out what would be done, and changes nothing. The offer can be executed until it expires.
    ///
    /// # Errors
    /// Every precondition that does not hold, in one.
    pub async fn plan(
        &self,
        name: &ValidatorName,
        kind: Kind,
        to: Option<NodeName>,
        cx: &Cx,
    ) -> Result<Offer, Refusal> {
        let live = self.live(name)?;
        let request = self.request(&live, kind, to)?;
        let (request, plan) = self.propose(&live, request, cx).await?;
        let offer = offer(&live, &request, &plan, &self.shared);
        let remembered = Remembered {
            request,
            digest: offer.digest.clone(),
            expires: self.shared.clock.uptime().after(self.shared.parameters.plan_lasts),
        };
        let now = self.shared.clock.uptime();
        let mut plans = self.plans.lock().unwrap_or_else(PoisonError::into_inner);
        plans.retain(|_, (_, remembered)| remembered.expires > now);
        plans.insert(offer.id.clone(), (name.clone(), remembered));
        Ok(offer)
    }

    /// Begins an offered plan, in the name of `by`. What was reviewed is what runs: it is planned once
    /// more, and any difference is a refusal. With `key`, a repeated call gets the first one's answer.
    ///
    /// # Errors
    /// `not_found`, `plan_stale`, `conflict`, `mode`, or what the second planning refused.
    pub async fn execute(
        &self,
        plan: &str,
        digest: &str,
        by: &str,
        key: Option<&str>,
        cx: &Cx,
    ) -> Result<OperationId, Refusal> {
        if let Some((begun, planned)) = key.and_then(|key| self.shared.chronicle.look(|known| keyed(key, known))) {
            let is_same = planned.starts_with(digest) && digest.len() >= DIGEST_MIN;
            return if is_same { Ok(begun) } else { Err(key_reused(&begun)) };
        }
        let (name, request, expected) = self.recall(plan)?;
        if !expected.starts_with(digest) || digest.len() < DIGEST_MIN {
            return Err(stale(format!("plan {plan} has the digest {expected}, not {digest}")));
        }
        let live = self.live(&name)?;
        if live.conduct.mode == Mode::Observe {
            let message = format!("`{name}` is in mode `observe`, in which nothing acts");
            return Err(Refusal::new(
                "mode",
                message,
                format!("set `mode = \"advise\"` for validator.{name} and reload"),
            ));
        }
        let term = self.shared.held()?;
        let (request, plan) = self.propose(&live, request, cx).await?;
        if digest_of(&name, &request, &plan) != expected {
            return Err(stale("what would be done has changed since the plan was made".to_owned()));
        }
        let (reply, answer) = oneshot::channel();
        let (by, key) = (Some(by.to_owned()), key.map(str::to_owned));
        let order = Order { term, request, plan, by, key, reply: Some(reply) };
        let is_left = self.shared.work.get().is_some_and(|cx| desk::order(&live, order, &self.shared, cx));
        if !is_left {
            return Err(gone(&name));
        }
        answer.await.map_err(|_| gone(&name))?
    }

    /// Every operation, of all validators, oldest first.
    pub fn operations(&self) -> Vec<Operation> {
        let of = |live: &Arc<Live>| live.operations(&self.shared.chronicle.standing(&live.name));
        let mut all: Vec<_> = self.shared.board.all().iter().flat_map(of).collect();
        all.sort_by_key(|operation| operation.opened_at);
        all
    }

    /// One operation.
    ///
    /// # Errors
    /// `not_found`.
    pub fn operation(&self, id: &OperationId) -> Result<Operation, Refusal> {
        let live = self.live(&id.validator)?;
        let operations = live.operations(&self.shared.chronicle.standing(&live.name));
        operations.into_iter().find(|operation| operation.id == *id).ok_or_else(|| {
            Refusal::new(
                "not_found",
                format!("there is no operation {id}"),
                "list them with `tanist status` or `tanist events`",
            )
        })
    }

    /// Asks for an operation to be taken back. It ends the command under way first.
    ///
    /// # Errors
    /// `not_found`, or `past_point_of_no_return` with what to do instead.
    pub fn cancel(&self, id: &OperationId, by: &str) -> Result<(), Refusal> {
        let operation = self.operation(id)?;
        let live = self.live(&id.validator)?;
        // The wish is left while the saga cannot end: a later one must not find it.
        let may = self.shared.chronicle.with_standing(&id.validator, |standing| {
            let account = standing.current()?;
            let may = account.saga.id() == id.saga && account.saga.may_cancel();
            if may {
                live.cancel().send_replace(Some(by.to_owned()));
            }
            Some(may)
        });
        match may {
            Some(true) => Ok(()),
            Some(false) => {
                let message =
                    format!("operation {id} is past its point of no return: the activation was sent and may count");
                Err(Refusal::new(
                    "past_point_of_no_return",
                    message,
                    "wait for its end, then move back with `tanist switchover`",
                ))
            }
            None => {
                let message = format!("operation {id} is over: {:?}", operation.state).to_lowercase();
                Err(Refusal::new("past_point_of_no_return", message, "nothing is left to cancel"))
            }
        }
    }

    /// Hears what a person states about a node. It makes nothing begin: a plan that an operator asks for while it
    /// counts may rest on it, and the first operation that begins so uses it up. Replaces an earlier one about the
    /// same node. Not shared with other instances, and forgotten at a restart.
    ///
    /// # Errors
    /// `not_found`.
    pub fn hear(&self, statement: Statement) -> Result<(), Refusal> {
        self.live(statement.validator())?;
        self.shared.statements.hear(statement, &*self.shared.clock);
        Ok(())
    }

    /// Stops automatic action on a validator. Replaces an earlier pause.
    ///
    /// # Errors
    /// `not_found`, `no_lease`, `storage`.
    pub async fn pause(&self, name: &ValidatorName, order: PauseOrder) -> Result<(), Refusal> {
        let PauseOrder { lasts, reason, by } = order;
        self.write(name, Record::Paused { lasts, reason, by }).await
    }

    /// Allows automatic action again. May be repeated.
    ///
    /// # Errors
    /// `not_found`, `no_lease`, `storage`.
    pub async fn resume(&self, name: &ValidatorName, by: &str) -> Result<(), Refusal> {
        if self.shared.chronicle.look(|known| known.standing(name).pause(known.now()).is_none()) {
            return self.live(name).map(|_| ());
        }
        self.write(name, Record::Unpaused { by: by.to_owned() }).await
    }

    /// Says that an operator has seen how the last operation ended: ends its cool-down.
    ///
    /// # Errors
    /// `not_found`, `no_lease`, `storage`.
    pub async fn acknowledge(&self, name: &ValidatorName, by: &str) -> Result<(), Refusal> {
        self.write(name, Record::Acknowledged { by: by.to_owned() }).await
    }

    /// Lets the watchdog act by itself again after too many validators turned down together. May be
    /// repeated.
    ///
    /// # Errors
    /// `no_lease`, `storage`.
    pub async fn release(&self, by: &str) -> Result<(), Refusal> {
        if self.shared.chronicle.with_fleet(|fleet| fleet.hold().is_none()) {
            return Ok(());
        }
        self.shared.append(None, &[Record::Released { by: by.to_owned() }]).await
    }

    /// Every input and intermediate value of the newest verdict, and every gate between it and a
    /// failover. Answered between two rounds of asking.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn explain(&self, name: &ValidatorName) -> Result<Explained, Refusal> {
        let live = self.live(name)?;
        let (question, answer) = oneshot::channel();
        if !live.slot().ask(question) {
            return Err(gone(name));
        }
        let decision = answer.await.map_err(|_| gone(name))?;
        Ok(self.shared.explain(&live, decision))
    }

    /// Events after position `after`, oldest first, at most `most`.
    ///
    /// # Errors
    /// Where the journal cannot be read.
    pub async fn events(&self, after: u64, most: usize) -> Result<Vec<Event>, JournalError> {
        let mut from = after.saturating_add(1);
        let entries = loop {
            match self.shared.chronicle.page(from, most).await {
                // What this instance has no copy of is gone.
                Err(JournalError::Trimmed { upto }) => from = upto.saturating_add(1),
                read => break read?,
            }
        };
        Ok(entries.iter().map(Event::from).collect())
    }

    /// What the sources said that is kept of a validator, page by page.
    ///
    /// # Errors
    /// `not_found`, `not_recorded`, `observations`.
    pub async fn recorded(&self, request: PageRequest) -> Result<Page, Refusal> {
        self.live(&request.validator)?;
        let none = || {
            let hint = "set `observations.keep = true` and restart the daemon; its log says why where it is set";
            Refusal::new("not_recorded", "no observations are kept", hint)
        };
        let kept = self.shared.recorder.get().map(Recorder::shelf).ok_or_else(none)?;
        let unreadable = |error: &(dyn Error + 'static)| {
            let hint = "look at the disk; nothing else depends on them, and a restart puts a damaged store aside";
            Refusal::new("observations", crate::causes::line(error), hint)
        };
        let page = tokio::task::spawn_blocking(move || kept.page(&request)).await;
        page.map_err(|error| unreadable(&error))?.map_err(|error| unreadable(&error))
    }

    /// Position of the newest event, and news of each.
    pub fn newest(&self) -> watch::Receiver<u64> {
        self.shared.chronicle.newest()
    }

    /// Watches `watched` instead of what is watched now, all or nothing; what did not change goes on
    /// undisturbed. Says what changed.
    ///
    /// # Errors
    /// `conflict` where an operation is under way on a validator that would change.
    pub async fn reload(&self, watched: Vec<Watched>) -> Result<Vec<String>, Refusal> {
        let (reply, answer) = oneshot::channel();
        let stopping = || Refusal::new("stopping", "the engine is shutting down", "start it again");
        self.shared.reload.send(Reload { watched, reply }).await.map_err(|_| stopping())?;
        answer.await.map_err(|_| stopping())?
    }

    fn live(&self, name: &ValidatorName) -> Result<Arc<Live>, Refusal> {
        self.shared.board.find(name).ok_or_else(|| {
            let all = self.shared.board.all();
            let hint = known(all.iter().map(|live| live.name.as_str()));
            Refusal::new("not_found", format!("there is no validator `{name}`"), hint)
        })
    }

    fn request(&self, live: &Live, kind: Kind, to: Option<NodeName>) -> Result<PlanRequest, Refusal> {
        let nodes = live.actor.nodes();
        if let Some(to) = to.as_ref().filter(|to| !nodes.contains(to)) {
            let hint = known(nodes.iter().map(NodeName::as_str));
            return Err(Refusal::new("not_found", format!("`{}` has no node `{to}`", live.name), hint));
        }
        let from = self.shared.chronicle.with_standing(&live.name, |s| s.signer().cloned());
        let from = from.ok_or_else(|| {
            let message = format!("it is not known yet which node signs for `{}`", live.name);
            Refusal::new("signer_unknown", message, "wait for the next round, or look at `tanist status`")
        })?;
        if to.as_ref() == Some(&from) {
            return Err(Refusal::new("already_there", format!("`{from}` signs already"), "nothing needs to be done"));
        }
        Ok(PlanRequest { kind, from, to, cause: None, stated: None })
    }

    async fn propose(
        &self,
        live: &Live,
        mut request: PlanRequest,
        cx: &Cx,
    ) -> Result<(PlanRequest, Plan<Value>), Refusal> {
        request.stated = self.shared.statements.about(&live.name, &request, &*self.shared.clock).map(Box::new);
        let Proposal { to, plan } = propose(&*live.actor, &request, &self.shared, cx).await?;
        request.to = to;
        Ok((request, plan))
    }

    fn recall(&self, plan: &str) -> Result<(ValidatorName, PlanRequest, String), Refusal> {
        let now = self.shared.clock.uptime();
        let plans = self.plans.lock().unwrap_or_else(PoisonError::into_inner);
        let found = plans.get(plan).filter(|(_, remembered)| remembered.expires > now);
        let (name, remembered) = found.ok_or_else(|| stale(format!("there is no plan {plan}, or it has expired")))?;
        Ok((name.clone(), remembered.request.clone(), remembered.digest.clone()))
    }

    async fn write(&self, name: &ValidatorName, record: Record) -> Result<(), Refusal> {
        self.live(name)?;
        self.shared.append(Some(name), &[record]).await
    }
}

/// The names that there are; of many, the first and how many more.
fn known<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    let more = names.len().saturating_sub(NAMED);
    let names: Vec<_> = names.take(NAMED).collect();
    let names = names.join(", ");
    if more == 0 { format!("known: {names}") } else { format!("known: {names} and {more} more, see `tanist status`") }
}

fn gone(name: &ValidatorName) -> Refusal {
    Refusal::new("not_found", format!("`{name}` is not watched any more"), "look at `tanist status`")
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").field("instance", &self.shared.parameters.instance).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_names_a_hint_tells_the_first_and_how_many_more() {
        assert_eq!(known(["a", "b"].into_iter()), "known: a, b");
        let many: Vec<_> = (0..NAMED + 3).map(|number| format!("v{number}")).collect();
        let hint = known(many.iter().map(String::as_str));
        assert!(hint.starts_with("known: v0, v1, ") && hint.ends_with(" and 3 more, see `tanist status`"), "{hint}");
        assert_eq!(known(many.iter().take(NAMED).map(String::as_str)).matches(", ").count(), NAMED - 1);
    }
}
