//! What the tasks of the validators show to the outside.
use crate::action::Refusal;
use crate::clock::{Timestamp, Uptime};
use crate::config::Mode;
use crate::engine::desk::Desk;
use crate::engine::rounds::{Sensing, Slot};
use crate::engine::watcher::Memory;
use crate::engine::{Shared, Watched};
use crate::gates::Limits;
use crate::id::ValidatorName;
use crate::journal::standing::{Finished, Standing};
use crate::policy::{Decision, Verdict};
use crate::status::{Judgement, Offer, Operation, State, ValidatorStatus};
use crate::unit::{Actor, Sensed, Unit};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use tokio::sync::{Notify, oneshot, watch};

/// The validators that run, by name.
#[derive(Default)]
pub(super) struct Board(RwLock<BTreeMap<ValidatorName, Arc<Live>>>);

impl Board {
    pub(super) fn show(&self, live: Arc<Live>) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(live.name.clone(), live);
    }

    pub(super) fn hide(&self, name: &ValidatorName) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).remove(name);
    }

    pub(super) fn find(&self, name: &ValidatorName) -> Option<Arc<Live>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    pub(super) fn all(&self) -> Vec<Arc<Live>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }
}

/// One validator that runs.
pub(super) struct Live {
    pub(super) name: ValidatorName,
    pub(super) chain: String,
    pub(super) mode: Mode,
    pub(super) limits: Limits,
    pub(super) actor: Arc<dyn Actor>,
    /// The deciding, and what waits for it.
    desk: Mutex<Desk>,
    /// Something new waits for a task that works.
    pub(super) news: Notify,
    /// What asks the sources.
    slot: Mutex<Slot>,
    /// Operators' wish to take the running saga back, while there is one.
    cancel: Mutex<Option<Arc<watch::Sender<Option<String>>>>>,
    view: Mutex<View>,
}

/// Where the newest judgement goes, explained.
pub(super) type Question = oneshot::Sender<Option<Decision>>;

/// What changes while it runs.
#[derive(Default)]
struct View {
    sensed: Option<Arc<Sensed>>,
    /// Since when its verdict has been so.
    since: Option<Timestamp>,
    hold: Option<Box<Refusal>>,
    advice: Option<Box<Offer>>,
    down_since: Option<Uptime>,
}

impl Live {
    /// `known`: the verdict in the journal; `now`: when it begins to be watched.
    pub(super) fn new(watched: Watched, known: Option<Verdict>, now: Uptime) -> Self {
        let Watched { unit, chain, mode, act, .. } = watched;
        let Unit { name, sensor, actor, cooldown, last_resort, period, patience } = unit;
        let sensing = Sensing { sensor, period, patience, anomalies: 0, recorded: Vec::new() };
        Self {
            name,
            chain,
            mode,
            limits: Limits { act, cooldown, period },
            actor,
            desk: Mutex::new(Desk::new(Memory::new(known, last_resort, now))),
            news: Notify::new(),
            slot: Mutex::new(Slot::new(sensing)),
            cancel: Mutex::default(),
            view: Mutex::default(),
        }
    }

    pub(super) fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn slot(&self) -> MutexGuard<'_, Slot> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn view(&self) -> MutexGuard<'_, View> {
        self.view.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Shows a new round; a verdict that stays keeps its beginning.
    pub(super) fn sensed(&self, sensed: Arc<Sensed>) {
        let mut view = self.view();
        let before = view.sensed.as_ref().map(|before| before.decision.verdict);
        if before != Some(sensed.decision.verdict) {
            view.since = Some(sensed.at);
        }
        view.sensed = Some(sensed);
    }

    /// The newest round.
    pub(super) fn newest(&self) -> Option<Arc<Sensed>> {
        self.view().sensed.clone()
    }

    /// Where the wish to take the running saga back is left and looked for.
    pub(super) fn cancel(&self) -> Arc<watch::Sender<Option<String>>> {
        let mut cancel = self.cancel.lock().unwrap_or_else(PoisonError::into_inner);
        cancel.get_or_insert_with(|| Arc::new(watch::Sender::new(None))).clone()
    }

    /// A saga that begins finds no wish of an earlier one.
    pub(super) fn forget_cancel(&self) {
        *self.cancel.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Notes since when `Down` has held without a break, for its confirmation.
    pub(super) fn suspect(&self, since: Option<Uptime>) {
        self.view().down_since = since;
    }

    /// Since when `Down` has held without a break.
    pub(super) fn down_since(&self) -> Option<Uptime> {
        self.view().down_since
    }

    /// Shows why nothing is done; says whether that is news.
    pub(super) fn hold(&self, hold: Option<Refusal>) -> bool {
        let mut view = self.view();
        let is_news = view.hold.as_ref().map(|h| &h.code) != hold.as_ref().map(|h| &h.code);
        view.hold = hold.map(Box::new);
        is_news
    }

    /// Shows what would be done; says whether that is news.
    pub(super) fn advise(&self, advice: Option<Offer>) -> bool {
        let mut view = self.view();
        let is_news = view.advice.as_ref().map(|a| &a.digest) != advice.as_ref().map(|a| &a.digest);
        view.advice = advice.map(Box::new);
        is_news
    }

    pub(super) fn status(&self, shared: &Shared) -> ValidatorStatus {
        let standing = shared.chronicle.standing(&self.name);
        let now = shared.chronicle.moment();
        let view = self.view();
        let sensed = view.sensed.as_deref();
        let operation = standing.current().map(|account| Operation::running(&self.name, account, &*self.actor));
        let pause = standing.pause(&now).map(Into::into);
        let state = match sensed.map(|sensed| sensed.decision.verdict) {
            _ if operation.is_some() => State::Moving,
            _ if pause.is_some() => State::Paused,
            None | Some(Verdict::Unknown) => State::Unknown,
            Some(Verdict::Healthy) => State::Healthy,
            Some(Verdict::Degraded) => State::Degraded,
            Some(Verdict::Down) => State::Failing,
        };
        ValidatorStatus {
            name: self.name.clone(),
            chain: self.chain.clone(),
            mode: self.mode,
            state,
            signer: standing.signer().cloned(),
            nodes: self.actor.nodes(),
            judgement: sensed.map(|sensed| Judgement::of(&sensed.decision, view.since.unwrap_or(sensed.at), sensed.at)),
            readings: sensed.map(Sensed::readings).unwrap_or_default(),
            hold: view.hold.as_deref().cloned(),
            advice: view.advice.as_deref().cloned(),
            pause,
            cooldown_seconds: self.limits.cooldown_left(&standing, &now).map(|left| left.as_secs_f64()),
            operation,
            last_operation: standing.finished().last().map(|finished| self.over(finished)),
        }
    }

    /// Since when the newest verdict has been so, and why nothing is done about it.
    pub(super) fn judged(&self) -> (Option<Timestamp>, Option<Refusal>) {
        let view = self.view();
        (view.since, view.hold.as_deref().cloned())
    }

    pub(super) fn over(&self, finished: &Finished) -> Operation {
        Operation::over(&self.name, finished, &*self.actor)
    }

    /// Every operation, oldest first.
    pub(super) fn operations(&self, standing: &Standing) -> Vec<Operation> {
        let over = standing.finished().iter().map(|finished| self.over(finished));
        let running = standing.current().map(|account| Operation::running(&self.name, account, &*self.actor));
        over.chain(running).collect()
    }
}
