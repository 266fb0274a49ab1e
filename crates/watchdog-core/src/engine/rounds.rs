//! Asks the sources of every validator, round after round. A validator takes a task of its own while it
//! is asked, and between two rounds only the memory of what was seen.
use super::Shared;
use super::board::{Live, Question};
use super::desk;
use crate::clock::{BootId, Uptime};
use crate::cx::Cx;
use crate::id::ValidatorName;
use crate::recording::{Recorded, Seen};
use crate::unit::{Reading, Sensed, Sensor};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio_util::task::TaskTracker;

/// Rounds that begin together; where more are due, the others follow once these have asked their sources. So the
/// tasks of thousands do not come into being in one moment, and what few at a time leave behind in memory is
/// small.
const TOGETHER: usize = 64;

/// When the next round of each validator is due.
#[derive(Default)]
pub(super) struct Rounds {
    due: Mutex<Due>,
    news: Notify,
    /// Rounds that have begun and not asked anybody yet.
    waiting: AtomicUsize,
}

#[derive(Default)]
struct Due {
    /// Rounds so far: those due together begin in the order in which they were planned.
    count: u64,
    heap: BinaryHeap<Reverse<Next>>,
}

/// Ordered by time.
struct Next {
    at: Uptime,
    number: u64,
    live: Arc<Live>,
}

/// What asks the sources of one validator.
pub(super) struct Sensing {
    pub(super) sensor: Box<dyn Sensor>,
    /// Number of clock anomalies before the newest reading.
    pub(super) anomalies: u64,
    /// When each source was asked whose answer was recorded last.
    pub(super) recorded: Box<[Option<Uptime>]>,
}

/// Where the sensing of one validator waits between two rounds.
pub(super) enum Slot {
    /// Between two rounds.
    Resting(Box<Sensing>),
    /// A round runs; who wants to know why is answered at its end.
    Asking(Vec<Question>),
    /// There is no further round.
    Over,
}

impl Slot {
    pub(super) fn new(sensing: Sensing) -> Self {
        Self::Resting(Box::new(sensing))
    }

    /// Asks why; answered now, or at the end of the round that runs. `false` where nobody looks any more.
    pub(super) fn ask(&mut self, question: Question) -> bool {
        match self {
            Self::Resting(sensing) => drop(question.send(sensing.sensor.explain())),
            Self::Asking(questions) => questions.push(question),
            Self::Over => return false,
        }
        true
    }

    /// No further round begins; what a running one finds is thrown away.
    pub(super) fn close(&mut self) {
        *self = Self::Over;
    }

    /// For a round, where none runs.
    fn take(&mut self) -> Option<Box<Sensing>> {
        match std::mem::replace(self, Self::Over) {
            Self::Resting(sensing) => {
                *self = Self::Asking(Vec::new());
                Some(sensing)
            }
            other => {
                *self = other;
                None
            }
        }
    }

    /// At the end of a round; `false` where it was the last.
    fn give_back(&mut self, sensing: Box<Sensing>) -> bool {
        let Self::Asking(questions) = self else { return false };
        for question in questions.drain(..) {
            drop(question.send(sensing.sensor.explain()));
        }
        *self = Self::Resting(sensing);
        true
    }
}

impl Rounds {
    fn due(&self) -> MutexGuard<'_, Due> {
        self.due.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Plans a round of `live`.
    pub(super) fn plan(&self, live: Arc<Live>, at: Uptime) {
        let is_first = {
            let mut due = self.due();
            let number = due.count;
            due.count = number.saturating_add(1);
            let is_first = due.heap.peek().is_none_or(|Reverse(next)| at < next.at);
            due.heap.push(Reverse(Next { at, number, live }));
            is_first
        };
        if is_first {
            self.news.notify_one();
        }
    }

    /// Those due at `now`, not too many together, and when to look again; `None`: at the next news.
    fn take(&self, now: Uptime) -> (Vec<Arc<Live>>, Option<Uptime>) {
        let mut due = self.due();
        let mut taken = Vec::new();
        while let Some(Reverse(next)) = due.heap.peek() {
            if next.at > now {
                return (taken, Some(next.at));
            }
            if self.waiting.load(Ordering::SeqCst) >= TOGETHER {
                return (taken, None);
            }
            self.waiting.fetch_add(1, Ordering::SeqCst);
            taken.extend(due.heap.pop().map(|Reverse(next)| next.live));
        }
        (taken, None)
    }

    /// One of those taken asks its sources, or cannot. The last one is news for whoever takes more.
    fn begun(&self) {
        if self.waiting.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.news.notify_one();
        }
    }

    /// All of them at once, whenever they were due.
    fn hurry(&self) {
        let mut due = self.due();
        let all = std::mem::take(&mut due.heap);
        due.heap = all.into_iter().map(|Reverse(next)| Reverse(Next { at: Uptime(Duration::ZERO), ..next })).collect();
    }
}

/// Begins every round when it is due, until `cx` is called off. After a clock anomaly everybody is asked
/// anew at once.
pub(super) async fn run(shared: Arc<Shared>, cx: Cx) {
    let mut anomalies = shared.anomalies.subscribe();
    let running = TaskTracker::new();
    loop {
        let (due, next) = shared.rounds.take(cx.clock().uptime());
        for live in due {
            let sensing = live.slot().take();
            match sensing {
                Some(sensing) => drop(running.spawn(round(live, sensing, shared.clone(), cx.clone()))),
                None => shared.rounds.begun(),
            }
        }
        let rest = async {
            match next {
                Some(at) => cx.sleep_until(at).await.is_ok(),
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = cx.cancelled() => break,
            Ok(()) = anomalies.changed() => shared.rounds.hurry(),
            () = shared.rounds.news.notified() => {}
            _ = rest => {}
        }
    }
    running.close();
    running.wait().await;
}

/// One round. What spans a clock anomaly is forgotten, with everything seen before it.
async fn round(live: Arc<Live>, mut sensing: Box<Sensing>, shared: Arc<Shared>, cx: Cx) {
    shared.rounds.begun();
    let began = cx.clock().uptime();
    let anomalies = *shared.anomalies.borrow();
    if sensing.anomalies != anomalies {
        sensing.anomalies = anomalies;
        sensing.sensor.forget();
    }
    let patience = cx.within(live.conduct.patience);
    let sensed = tokio::select! {
        biased;
        () = cx.cancelled() => return,
        sensed = sensing.sensor.sense(&patience) => sensed,
    };
    let spans_anomaly = *shared.anomalies.borrow() != anomalies;
    if !spans_anomaly {
        record(&live.name, &sensed, &mut sensing.recorded, &shared);
        live.sensed(sensed);
    }
    let next = if spans_anomaly { cx.clock().uptime() } else { began.after(live.conduct.limits.period) };
    let is_over = !live.slot().give_back(sensing);
    if is_over {
        return;
    }
    if !spans_anomaly {
        desk::wake(&live, &shared, &cx);
    }
    shared.rounds.plan(live, next);
}

fn record(validator: &ValidatorName, sensed: &Sensed, known: &mut Box<[Option<Uptime>]>, shared: &Shared) {
    let Some(recorder) = shared.recorder.get() else { return };
    let news = news(validator, sensed, shared.clock.boot(), known);
    if !news.is_empty() && !recorder.note(news) {
        tracing::debug!(%validator, "observations dropped: too many wait for the disk");
    }
}

/// What the sources said that is not among the `recorded`: when each was asked last, in the order of the
/// config.
fn news(
    validator: &ValidatorName,
    sensed: &Sensed,
    boot: &BootId,
    recorded: &mut Box<[Option<Uptime>]>,
) -> Vec<Recorded> {
    if recorded.len() != sensed.told.len() {
        *recorded = sensed.told.iter().map(|_| None).collect();
    }
    let mut news = Vec::new();
    for (told, recorded) in sensed.told.iter().zip(recorded) {
        let Some(told) = told.as_ref().filter(|told| Some(told.asked()) != *recorded) else { continue };
        *recorded = Some(told.asked());
        let Reading { source, origin, at, asked, facts, evidence, .. } = told.reading();
        news.push(Recorded {
            validator: validator.clone(),
            source,
            origin,
            at,
            up_ms: u64::try_from(asked.0.as_millis()).unwrap_or(u64::MAX),
            boot: boot.clone(),
            seen: facts.map(|facts| Seen { facts, evidence: evidence.unwrap_or_default() }),
        });
    }
    news
}

impl Next {
    fn key(&self) -> (Uptime, u64) {
        (self.at, self.number)
    }
}

impl PartialEq for Next {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Next {}

impl PartialOrd for Next {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Next {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}
