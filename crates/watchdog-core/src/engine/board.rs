//! What the tasks of the validators show to the outside.
use crate::action::Refusal;
use crate::clock::{Timestamp, Uptime};
use crate::config::Mode;
use crate::engine::desk::Desk;
use crate::engine::fenced;
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
use std::time::Duration;
use tokio::sync::{oneshot, watch};

/// The validators that run, by name.
#[derive(Default)]
pub(super) struct Board {
    lives: RwLock<BTreeMap<ValidatorName, Arc<Live>>>,
    /// That of the validator shown last: most are set alike.
    conduct: Mutex<Option<Arc<Conduct>>>,
}

impl Board {
    pub(super) fn show(&self, live: Arc<Live>) {
        self.lives.write().unwrap_or_else(PoisonError::into_inner).insert(live.name.clone(), live);
    }

    pub(super) fn hide(&self, name: &ValidatorName) {
        self.lives.write().unwrap_or_else(PoisonError::into_inner).remove(name);
    }

    pub(super) fn find(&self, name: &ValidatorName) -> Option<Arc<Live>> {
        self.lives.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    pub(super) fn all(&self) -> Vec<Arc<Live>> {
        self.lives.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// `conduct`, shared with the validator before where it is the same.
    fn share(&self, conduct: Conduct) -> Arc<Conduct> {
        let mut last = self.conduct.lock().unwrap_or_else(PoisonError::into_inner);
        match &*last {
            Some(same) if **same == conduct => same.clone(),
            _ => last.insert(Arc::new(conduct)).clone(),
        }
    }
}

/// How a validator is dealt with; the same for as long as it runs.
#[derive(Debug, PartialEq)]
pub(super) struct Conduct {
    pub(super) chain: String,
    pub(super) mode: Mode,
    pub(super) limits: Limits,
    /// Time granted to every source in one round.
    pub(super) patience: Duration,
    /// How long it must be down with no successor before it is taken out of duty; `None`: never.
    pub(super) last_resort: Option<Duration>,
}

/// One validator that runs. There may be a hundred thousand: what most have not lies elsewhere.
pub(super) struct Live {
    pub(super) name: ValidatorName,
    pub(super) conduct: Arc<Conduct>,
    pub(super) actor: Arc<dyn Actor>,
    /// The deciding, and what waits for it.
    desk: Mutex<Desk>,
    /// What asks the sources.
    slot: Mutex<Slot>,
    view: Mutex<View>,
}

/// Where the newest judgement goes, explained.
pub(super) type Question = oneshot::Sender<Option<Decision>>;

/// What changes while it runs.
#[derive(Default)]
struct View {
    /// The newest round, and since when its verdict has been so.
    sensed: Option<(Arc<Sensed>, Timestamp)>,
    /// Rounds shown so far.
    round: u64,
    hold: Option<Box<Refusal>>,
    advice: Option<Box<Offer>>,
    down_since: Option<Uptime>,
    /// Operators' wish to take the running saga back, while there is one.
    cancel: Option<Arc<watch::Sender<Option<String>>>>,
}

impl Live {
    /// `known`: the verdict in the journal; `now`: when it begins to be watched.
    pub(super) fn new(watched: Watched, known: Option<Verdict>, board: &Board, now: Uptime) -> Self {
        let Watched { unit, chain, mode, act, .. } = watched;
        let Unit { name, sensor, actor, cooldown, last_resort, period, patience } = unit;
        let limits = Limits { act, cooldown, period };
        Self {
            name,
            conduct: board.share(Conduct { chain, mode, limits, patience, last_resort }),
            actor,
            desk: Mutex::new(Desk::new(Memory::new(known, now))),
            slot: Mutex::new(Slot::new(Sensing { sensor, anomalies: 0, recorded: Box::default() })),
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
    pub(super) fn sensed(&self, sensed: Sensed) {
        let mut view = self.view();
        if let Some((shown, since)) = &mut view.sensed {
            if shown.decision.verdict != sensed.decision.verdict {
                *since = sensed.at;
            }
            // Nearly always nobody looks at the round before: this one takes its place in memory.
            match Arc::get_mut(shown) {
                Some(place) => *place = sensed,
                None => *shown = Arc::new(sensed),
            }
        } else {
            let since = sensed.at;
            view.sensed = Some((Arc::new(sensed), since));
        }
        view.round = view.round.saturating_add(1);
    }

    /// The newest round.
    pub(super) fn newest(&self) -> Option<Arc<Sensed>> {
        self.view().sensed.as_ref().map(|(sensed, _)| sensed.clone())
    }

    /// Rounds shown so far.
    pub(super) fn round(&self) -> u64 {
        self.view().round
    }

    /// The newest round with its number.
    pub(super) fn newest_round(&self) -> Option<(u64, Arc<Sensed>)> {
        let view = self.view();
        view.sensed.as_ref().map(|(sensed, _)| (view.round, sensed.clone()))
    }

    /// Where the wish to take the running saga back is left and looked for.
    pub(super) fn cancel(&self) -> Arc<watch::Sender<Option<String>>> {
        self.view().cancel.get_or_insert_with(|| Arc::new(watch::Sender::new(None))).clone()
    }

    /// A saga that begins finds no wish of an earlier one.
    pub(super) fn forget_cancel(&self) {
        self.view().cancel = None;
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
        let sensed = view.sensed.as_ref();
        let operation = standing.current().map(|account| Operation::running(&self.name, account, &*self.actor));
        let pause = standing.pause(&now).map(Into::into);
        let state = match sensed.map(|(sensed, _)| sensed.decision.verdict) {
            _ if operation.is_some() => State::Moving,
            _ if pause.is_some() => State::Paused,
            None | Some(Verdict::Unknown) => State::Unknown,
            Some(Verdict::Healthy) => State::Healthy,
            Some(Verdict::Degraded) => State::Degraded,
            Some(Verdict::Down) => State::Failing,
        };
        ValidatorStatus {
            name: self.name.clone(),
            chain: self.conduct.chain.clone(),
            mode: self.conduct.mode,
            state,
            signer: standing.signer().cloned(),
            nodes: self.actor.nodes(),
            fences: fenced::fences(&*self.actor),
            judgement: sensed.map(|(sensed, since)| Judgement::of(&sensed.decision, *since, sensed.at)),
            readings: sensed.map(|(sensed, _)| sensed.readings()).unwrap_or_default(),
            hold: view.hold.as_deref().cloned(),
            advice: view.advice.as_deref().cloned(),
            pause,
            cooldown_seconds: self.conduct.limits.cooldown_left(&standing, &now).map(|left| left.as_secs_f64()),
            operation,
            last_operation: standing.finished().last().map(|finished| self.over(finished)),
        }
    }

    /// Since when the newest verdict has been so, and why nothing is done about it.
    pub(super) fn judged(&self) -> (Option<Timestamp>, Option<Refusal>) {
        let view = self.view();
        (view.sensed.as_ref().map(|(_, since)| *since), view.hold.as_deref().cloned())
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
