//! Decides about one validator, and has its sagas executed.
use super::admission::Declined;
use super::board::Live;
use super::offer::offer;
use super::{Shared, storage};
use crate::action::{Kind, PlanError, PlanRequest, Proposal, Refusal, Signer};
use crate::clock::Uptime;
use crate::config::Mode;
use crate::cx::Cx;
use crate::executor::{Executor, Halt};
use crate::guard::Guard;
use crate::id::{NodeName, OperationId, ValidatorName};
use crate::journal::chronicle::Known;
use crate::journal::{JournalError, Outcome, Record};
use crate::lease::Held;
use crate::plan::Plan;
use crate::policy::{Decision, Verdict};
use crate::saga::Phase;
use crate::unit::Actor;
use serde_json::Value;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;

/// Time between two looks at whom the chain names as signer.
const SIGNER_EVERY: Duration = Duration::from_mins(1);
/// A saga left open before anything was done waits this long for a verdict, then it is dropped.
const RESUME_PATIENCE: Duration = Duration::from_mins(1);

/// A plan to begin, and whom to tell.
pub(super) struct Order {
    /// The lease as it was held before the plan was made.
    pub(super) term: Held,
    pub(super) request: PlanRequest,
    pub(super) plan: Plan<Value>,
    pub(super) by: Option<String>,
    pub(super) key: Option<String>,
    pub(super) reply: Option<oneshot::Sender<Result<OperationId, Refusal>>>,
}

/// What is remembered of the deciding about one validator while nothing is decided.
pub(super) struct Memory {
    /// Number of the newest round that was judged upon, from 1.
    considered: u64,
    began: Uptime,
    suspect: Option<Uptime>,
    /// Number of clock anomalies before the suspicion.
    anomalies: u64,
    told: Option<Verdict>,
    judged: Option<Verdict>,
    signer_seen: Option<Uptime>,
    stuck: bool,
}

impl Memory {
    /// Of one that is watched from now on, and whose verdict in the journal is `known`.
    pub(super) fn new(known: Option<Verdict>, now: Uptime) -> Self {
        Self {
            considered: 0,
            began: now,
            suspect: None,
            anomalies: 0,
            told: known,
            judged: known,
            signer_seen: None,
            stuck: false,
        }
    }

    /// Whether the newest round says what the one before said, and nothing else is due either: so it is
    /// nearly always, and nothing needs to be woken for it.
    pub(super) fn sees_nothing_new(&self, live: &Live, shared: &Shared) -> bool {
        let Some(newest) = live.newest() else { return true };
        let verdict = newest.decision.verdict;
        let is_same = self.told == Some(verdict) && self.judged == Some(verdict) && self.suspect.is_none();
        let is_open = || shared.chronicle.with_standing(&live.name, |s| s.current().is_some());
        is_same && verdict != Verdict::Down && !self.signer_is_due(shared.clock.uptime()) && !is_open()
    }

    fn signer_is_due(&self, now: Uptime) -> bool {
        self.signer_seen.is_none_or(|seen| now.since(seen) >= SIGNER_EVERY)
    }
}

/// Decides about one validator, in a task that lasts as long as there is something to decide.
pub(super) struct Watcher {
    shared: Arc<Shared>,
    live: Arc<Live>,
    memory: Box<Memory>,
    /// Something new waits on the desk.
    news: Arc<Notify>,
    running: Option<JoinHandle<Result<Outcome, Halt>>>,
}

impl Watcher {
    pub(super) fn new(shared: Arc<Shared>, live: Arc<Live>, memory: Box<Memory>, news: Arc<Notify>) -> Self {
        Self { shared, live, memory, news, running: None }
    }

    /// Works until nothing is left to do, or until `cx` is called off; then waits for the command under way.
    pub(super) async fn work(mut self, cx: Cx) {
        while !cx.is_cancelled() {
            self.take_up(&cx);
            let order = self.live.desk().order();
            if let Some(order) = order {
                self.obey(order, &cx).await;
            } else if self.has_news() {
                self.consider(&cx).await;
            } else if self.running.is_some() {
                tokio::select! {
                    biased;
                    () = cx.cancelled() => break,
                    end = ended(&mut self.running) => self.settle(end),
                    () = self.news.notified() => {}
                }
            } else {
                let kept = self.live.desk().leave(self.memory);
                match kept {
                    Some(memory) => self.memory = memory,
                    None => return,
                }
            }
        }
        if let Some(running) = self.running.take() {
            self.settle(running.await.unwrap_or(Err(Halt::Stopped)));
        }
    }

    fn has_news(&self) -> bool {
        self.live.round() != self.memory.considered
    }

    /// Goes on with a saga that an earlier process left open.
    fn take_up(&mut self, cx: &Cx) {
        if self.running.is_some() || self.memory.stuck || cx.is_cancelled() || self.shared.chronicle.is_behind() {
            return;
        }
        let Some(saga) = self.shared.chronicle.with_standing(&self.live.name, |s| s.current().map(|a| a.saga.clone()))
        else {
            return;
        };
        let Some(guard) = self.guard() else { return };
        let sensed = self.live.newest().map(|sensed| sensed.decision.verdict);
        let is_early = matches!(saga.phase(), Phase::Planned | Phase::Proven);
        let waited = self.shared.clock.uptime().since(self.memory.began) > RESUME_PATIENCE;
        let verdict = match sensed {
            Some(verdict) if verdict != Verdict::Unknown => verdict,
            _ if is_early && !waited => return,
            _ => Verdict::Unknown,
        };
        tracing::warn!(validator = %self.live.name, saga = saga.id().0, phase = ?saga.phase(), "operation left open by an earlier process is taken up");
        self.execute(saga, guard, Some(verdict), cx);
    }

    /// A guard of a term that lasts long enough for a command sent now.
    fn guard(&self) -> Option<Guard> {
        let needed = self.shared.clock.uptime().after(self.shared.parameters.command_max);
        let held = *self.shared.held.borrow();
        held.filter(|held| held.until() >= needed)?;
        let guard = Guard::new(self.shared.held.subscribe(), self.shared.parameters.command_max)?;
        Some(guard.since(*self.shared.term_began.borrow()))
    }

    /// Has `saga` executed by a task of its own; `resumed` with the verdict, where it was left open.
    fn execute(&mut self, mut saga: crate::saga::Saga, guard: Guard, resumed: Option<Verdict>, cx: &Cx) {
        let (shared, live, actor, cx) = (self.shared.clone(), self.live.clone(), self.live.actor.clone(), cx.clone());
        self.running = Some(tokio::spawn(async move {
            let cancel = live.cancel().subscribe();
            let executor = Executor {
                validator: &live.name,
                actor: &*actor,
                journal: &*shared.chronicle,
                guard: &guard,
                cancel: &cancel,
            };
            match resumed {
                Some(verdict) => executor.resume(&mut saga, verdict, &cx).await,
                None => executor.run(&mut saga, &cx).await,
            }
        }));
    }

    /// Takes note of how an executor ended.
    fn settle(&mut self, end: Result<Outcome, Halt>) {
        self.running = None;
        self.memory.signer_seen = None;
        let validator = &self.live.name;
        match end {
            Ok(Outcome::Completed) => {
                self.memory.suspect = None;
                tracing::warn!(%validator, "operation completed");
            }
            Ok(outcome @ (Outcome::Reverted | Outcome::Aborted)) => {
                tracing::error!(%validator, %outcome, "operation ended without moving the validator");
            }
            Ok(outcome) => tracing::error!(%validator, %outcome, "operation needs a person: see `tanist status`"),
            Err(Halt::Stopped) => {
                tracing::info!(%validator, "operation stands still between two commands and is taken up at the next start");
            }
            Err(Halt::Lost(lost)) => {
                tracing::error!(%validator, error = %lost, "operation stands still until the lease is held again");
            }
            Err(Halt::Journal(error)) if error.is_passing() => {
                let error = crate::causes::line(&error);
                tracing::error!(%validator, error, "operation stands still until the journal was read on");
            }
            Err(halt @ (Halt::Journal(_) | Halt::Impossible(_))) => {
                self.memory.stuck = true;
                tracing::error!(%validator, error = %halt, "operation stands still; nothing acts any more, observation goes on");
            }
        }
    }

    /// Begins what an operator ordered.
    async fn obey(&mut self, mut order: Order, cx: &Cx) {
        let reply = order.reply.take();
        let answer = self.begin(order, cx).await;
        if let Some(reply) = reply {
            reply.send(answer).ok();
        }
    }

    async fn begin(&mut self, order: Order, cx: &Cx) -> Result<OperationId, Refusal> {
        let guard = self.guard().ok_or_else(|| self.shared.no_lease())?;
        let held = self.shared.still_held(order.term)?;
        if order.by.is_none() {
            self.shared.correlate(&self.live.name).await?;
        }
        let admit = |known: &Known<'_>| {
            let planned = self.shared.admit(&self.live, &order, known)?;
            // Nobody can ask for an end of it yet.
            self.live.forget_cancel();
            // Also where it is never known whether the record was written: the operation may have begun.
            order.request.stated.iter().for_each(|statement| self.shared.statements.use_up(statement));
            Ok(planned)
        };
        let begun = self.shared.chronicle.append_if(held, &self.live.name, admit).await;
        match begun.map_err(|error| storage(&error))? {
            Ok(_durable) => {}
            Err(Declined::Begun(id)) => return Ok(id),
            Err(Declined::Refused(refusal)) => return Err(refusal),
        }
        self.live.hold(None);
        self.live.advise(None);
        // As the journal has it: its commands are numbered on from those of the sagas before.
        let opened = self.shared.chronicle.with_standing(&self.live.name, |s| s.current().map(|a| a.saga.clone()));
        let opened =
            opened.ok_or_else(|| Refusal::new("plan", "the plan was not taken up", "report this as a fault"))?;
        let id = OperationId { validator: self.live.name.clone(), saga: opened.id() };
        tracing::warn!(validator = %id.validator, saga = id.saga.0, "operation begins");
        self.execute(opened, guard, None, cx);
        Ok(id)
    }

    /// Judges the newest round: what changed, and whether anything is to be done.
    async fn consider(&mut self, cx: &Cx) {
        let Some((round, sensed)) = self.live.newest_round() else { return };
        self.memory.considered = round;
        let decision = &sensed.decision;
        let news = self.news(decision);
        if decision.verdict != Verdict::Down {
            self.note(news).await;
            self.memory.suspect = None;
            self.live.suspect(None);
            self.live.hold(None);
            self.live.advise(None);
            self.look_for_signer(cx).await;
            return;
        }
        let now = self.shared.clock.uptime();
        let anomalies = *self.shared.anomalies.borrow();
        if self.memory.anomalies != anomalies {
            (self.memory.anomalies, self.memory.suspect) = (anomalies, None);
        }
        let since = *self.memory.suspect.get_or_insert(now);
        self.live.suspect(Some(since));
        let confirmed = now.since(since) >= self.live.conduct.limits.act.confirmation(decision.urgency);
        if self.running.is_some() || self.live.conduct.mode == Mode::Observe || !confirmed {
            self.note(news).await;
            self.watch_fleet().await;
            return;
        }
        // The record is on its way to the disk while the chain is asked; a plan is written after it.
        let note = note(self.shared.clone(), self.live.name.clone(), news);
        let (noted, acted) = tokio::join!(biased; note, self.fail_over(decision, since, cx));
        self.memory.judged = noted.or(self.memory.judged);
        if let Err(refusal) = acted
            && self.live.hold(Some(refusal.clone()))
        {
            let validator = &self.live.name;
            if refusal.code == "no_lease" {
                tracing::warn!(%validator, reason = refusal.message, hint = refusal.hint, "validator is down; acting is up to whoever holds the lease");
            } else {
                tracing::error!(%validator, code = refusal.code, reason = refusal.message, hint = refusal.hint, "validator is down and nothing is done about it");
            }
        }
    }

    /// Notices that too many turned down together also where nothing would be done about this one.
    async fn watch_fleet(&self) {
        if self.shared.held.borrow().is_some()
            && let Err(refusal) = self.shared.correlate(&self.live.name).await
        {
            tracing::warn!(validator = %self.live.name, code = refusal.code, reason = refusal.message, "correlation not journaled");
        }
    }

    /// The record of a verdict that changed, logged.
    fn news(&mut self, decision: &Decision) -> Option<(Verdict, Record)> {
        let validator = &self.live.name;
        let (verdict, reason) = (decision.verdict, &decision.reason);
        let is_told = self.memory.told.replace(verdict) == Some(verdict);
        match verdict {
            _ if is_told => {}
            Verdict::Healthy => tracing::info!(%validator, %verdict, %reason, "verdict changed"),
            Verdict::Degraded | Verdict::Unknown => tracing::warn!(%validator, %verdict, %reason, "verdict changed"),
            Verdict::Down => tracing::error!(%validator, %verdict, %reason, "verdict changed"),
        }
        let is_journaled = self.memory.judged == Some(verdict) || self.shared.held.borrow().is_none();
        (!is_journaled).then(|| (verdict, Record::Judged { verdict, reason: reason.clone() }))
    }

    /// Journals it.
    async fn note(&mut self, news: Option<(Verdict, Record)>) {
        self.memory.judged = note(self.shared.clone(), self.live.name.clone(), news).await.or(self.memory.judged);
    }

    /// Compares the journal's signer with the chain's, now and then; the chain is right.
    async fn look_for_signer(&mut self, cx: &Cx) {
        let now = self.shared.clock.uptime();
        if self.running.is_some()
            || !self.memory.signer_is_due(now)
            || self.shared.chronicle.with_standing(&self.live.name, |s| s.current().is_some())
        {
            return;
        }
        self.find_signer(cx).await.ok();
    }

    /// The node that signs, by the chain; adopted where the journal knows another.
    async fn find_signer(&mut self, cx: &Cx) -> Result<NodeName, Refusal> {
        let term = self.shared.held()?;
        let patience = cx.within(self.shared.parameters.plan_patience);
        let read = patience.bound(self.live.actor.signer(&patience)).await;
        let found = match read {
            Ok(Ok(found)) => found,
            Ok(Err(error)) => return Err(unreadable(&error.to_string())),
            Err(late) => return Err(unreadable(&late.to_string())),
        };
        let signer = if let Signer::Node(node) = &found { Some(node.clone()) } else { None };
        self.adopt(signer.as_ref(), &found, term).await?;
        // Not before it is written: at the start the lease may not be held yet, and the next round looks again.
        self.memory.signer_seen = Some(self.shared.clock.uptime());
        signer.ok_or_else(|| {
            let message = format!("the chain names {found} as signer, which is no configured node");
            Refusal::new(
                "signer_unknown",
                message,
                "add that node to the config, or move the validator to a configured one by hand",
            )
        })
    }

    /// Journals the signer that the chain names, where the journal knows another and no operation is open:
    /// that one moves the signer itself.
    async fn adopt(&self, signer: Option<&NodeName>, found: &Signer, term: Held) -> Result<(), Refusal> {
        let held = self.shared.still_held(term)?;
        let differs = |known: &Known<'_>| {
            let standing = known.standing(&self.live.name);
            if standing.current().is_some() || standing.signer() == signer {
                return Err(());
            }
            let note = match standing.signer() {
                Some(before) => format!(
                    "the chain names {found} as signer, not `{before}`: somebody else moved it, which is adopted"
                ),
                None => format!("the chain names {found} as signer"),
            };
            tracing::warn!(validator = %self.live.name, note);
            Ok(Record::Adopted { signer: signer.cloned(), note })
        };
        let appended = self.shared.chronicle.append_if(held, &self.live.name, differs).await;
        appended.map(drop).map_err(|error| storage(&error))
    }

    /// Through the gates to a plan, and, in mode `act`, to its beginning.
    async fn fail_over(&mut self, decision: &Decision, since: Uptime, cx: &Cx) -> Result<(), Refusal> {
        if let Some(reason) = self.shared.chronicle.poison().borrow().clone() {
            return Err(storage(&JournalError::Poisoned { reason }));
        }
        let term = self.shared.held()?;
        let gates = |known: &Known<'_>| {
            let standing = known.standing(&self.live.name);
            self.live.conduct.limits.admit(standing, known.now()).map(|()| standing.signer().cloned())
        };
        let known = self.shared.chronicle.look(gates)?;
        self.shared.admit_in_fleet(&self.live).await?;
        let from = match known {
            Some(from) => from,
            None => self.find_signer(cx).await?,
        };
        let request =
            PlanRequest { kind: Kind::Failover, from, to: None, cause: Some(decision.reason.clone()), stated: None };
        let (request, plan) = match self.plan(request.clone(), cx).await {
            Ok(planned) => planned,
            Err(refusal) => self.plan_last_resort(request, since, refusal, cx).await?,
        };
        if self.live.conduct.mode == Mode::Act {
            if !self.is_still_down() {
                return Ok(());
            }
            let order = Order { term, request, plan, by: None, key: None, reply: None };
            return self.begin(order, cx).await.map(|_| ());
        }
        if let Some(to) = &request.to {
            let target = |known: &Known<'_>| {
                self.live.conduct.limits.admit_target(known.standing(&self.live.name), to, known.now())
            };
            self.shared.chronicle.look(target)?;
        }
        let offer = offer(&self.live, &request, &plan, &self.shared);
        let (validator, digest) = (self.live.name.clone(), offer.digest.clone());
        if self.live.advise(Some(offer)) {
            tracing::error!(%validator, digest, "validator is down; a plan is ready: `tanist failover {validator}`");
        }
        Ok(())
    }

    /// Whether the newest round, which may have come in since, still says so.
    fn is_still_down(&self) -> bool {
        self.live.newest().is_some_and(|sensed| sensed.decision.verdict == Verdict::Down)
    }

    async fn plan(&self, mut request: PlanRequest, cx: &Cx) -> Result<(PlanRequest, Plan<Value>), Refusal> {
        let Proposal { to, plan } = propose(&*self.live.actor, &request, &self.shared, cx).await?;
        request.to = to;
        Ok((request, plan))
    }

    /// Where no successor has been ready for long enough, takes the validator out of duty.
    async fn plan_last_resort(
        &self,
        request: PlanRequest,
        since: Uptime,
        refusal: Refusal,
        cx: &Cx,
    ) -> Result<(PlanRequest, Plan<Value>), Refusal> {
        let waited = self.shared.clock.uptime().since(since);
        match self.live.conduct.last_resort {
            Some(after) if waited >= after => self.plan(PlanRequest { kind: Kind::LastResort, ..request }, cx).await,
            _ => Err(refusal),
        }
    }
}

/// Journals a verdict that changed; the verdict, once that is done.
async fn note(shared: Arc<Shared>, validator: ValidatorName, news: Option<(Verdict, Record)>) -> Option<Verdict> {
    let (verdict, record) = news?;
    shared.append(Some(&validator), &[record]).await.is_ok().then_some(verdict)
}

/// Asks `actor` for a plan, in bounded time.
pub(super) async fn propose(
    actor: &dyn Actor,
    request: &PlanRequest,
    shared: &Shared,
    cx: &Cx,
) -> Result<Proposal<Value>, Refusal> {
    let patience = cx.within(shared.parameters.plan_patience);
    match patience.bound(actor.plan(request, &patience)).await {
        Ok(Ok(proposal)) => Ok(proposal),
        Ok(Err(PlanError::Refused(refusals))) => Err(joined(refusals)),
        Ok(Err(PlanError::Probe(error))) => Err(unreadable(&error.to_string())),
        Ok(Err(error)) => Err(Refusal::new("plan", error.to_string(), "report this as a fault")),
        Err(late) => Err(unreadable(&late.to_string())),
    }
}

/// Several refusals as one: the first one's code and hint, everybody's message.
fn joined(refusals: Vec<Refusal>) -> Refusal {
    let message = refusals.iter().map(|r| r.message.as_str()).collect::<Vec<_>>().join("; ");
    match refusals.into_iter().next() {
        Some(first) => Refusal { message, ..first },
        None => Refusal::new("plan", "planning was refused without a reason", "report this as a fault"),
    }
}

fn unreadable(reason: &str) -> Refusal {
    let message = format!("the state of the chain cannot be read: {reason}");
    Refusal::new("unreadable", message, "check the endpoints of this validator with `tanist status NAME`")
}

async fn ended(running: &mut Option<JoinHandle<Result<Outcome, Halt>>>) -> Result<Outcome, Halt> {
    match running {
        Some(handle) => handle.await.unwrap_or(Err(Halt::Stopped)),
        None => pending().await,
    }
}
