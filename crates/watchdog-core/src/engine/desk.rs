//! Where the deciding about one validator waits for work: it takes a task while there is some, and else
//! only the memory of what was decided.
//!
//! At a first start, and after a long silence of the store, there is something to write about every validator
//! there is. What does not press is then done by few tasks, one validator after the other.
use super::Shared;
use super::board::Live;
use super::watcher::{Memory, Order, Watcher};
use crate::cx::Cx;
use crate::policy::Verdict;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Tasks that decide at the same time, not counting those that press: appends are done one after the other.
const TOGETHER: usize = 64;

/// The desks at which somebody works, and those at which somebody should, once there is time.
#[derive(Default)]
pub(super) struct Desks(Mutex<Busy>);

#[derive(Default)]
struct Busy {
    at_work: usize,
    waiting: VecDeque<Arc<Live>>,
}

impl Desks {
    fn busy(&self) -> MutexGuard<'_, Busy> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has `live` wait where there are enough at work. One of them will leave.
    fn queue(&self, live: &Arc<Live>) -> bool {
        let mut busy = self.busy();
        let is_full = busy.at_work >= TOGETHER;
        if is_full {
            busy.waiting.push_back(live.clone());
        }
        is_full
    }

    /// Whose turn it is now.
    fn next(&self) -> Option<Arc<Live>> {
        let mut busy = self.busy();
        if busy.at_work < TOGETHER { busy.waiting.pop_front() } else { None }
    }
}

/// One of those at work, until it is dropped.
struct AtWork(Arc<Shared>);

impl AtWork {
    fn begin(shared: Arc<Shared>) -> Self {
        let mut busy = shared.desks.busy();
        busy.at_work = busy.at_work.saturating_add(1);
        drop(busy);
        Self(shared)
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        let mut busy = self.0.desks.busy();
        busy.at_work = busy.at_work.saturating_sub(1);
    }
}

/// Who does the deciding.
pub(super) enum Desk {
    /// Nothing is to be done.
    Empty(Box<Memory>),
    /// Something is, in its turn.
    Queued(Box<Memory>),
    /// A task works.
    Taken(Box<Work>),
    /// The task puts its memory back, or everything is over.
    Closed,
}

/// A task that works, and what waits for it.
pub(super) struct Work {
    orders: VecDeque<Order>,
    /// Something new came in while it worked.
    is_late: bool,
    news: Arc<Notify>,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Desk {
    pub(super) fn new(memory: Memory) -> Self {
        Self::Empty(Box::new(memory))
    }

    /// The oldest order.
    pub(super) fn order(&mut self) -> Option<Order> {
        if let Self::Taken(work) = self { work.orders.pop_front() } else { None }
    }

    /// Leaves the seat, unless something new came in: then there is work again.
    pub(super) fn leave(&mut self, memory: Box<Memory>) -> Option<Box<Memory>> {
        let Self::Taken(work) = self else { return None };
        if std::mem::take(&mut work.is_late) || !work.orders.is_empty() {
            return Some(memory);
        }
        *self = Self::Empty(memory);
        None
    }
}

/// Leaves an order, which is begun at once or after what is under way. `false` where nobody works any more.
pub(super) fn order(live: &Arc<Live>, order: Order, shared: &Arc<Shared>, cx: &Cx) -> bool {
    let mut desk = live.desk();
    match std::mem::replace(&mut *desk, Desk::Closed) {
        Desk::Empty(memory) | Desk::Queued(memory) => *desk = begin(live, memory, [order].into(), shared, cx),
        Desk::Taken(mut work) => {
            work.orders.push_back(order);
            work.news.notify_one();
            *desk = Desk::Taken(work);
        }
        Desk::Closed => return false,
    }
    true
}

/// Has whatever waits looked at: a new round, a lease that is held again.
pub(super) fn wake(live: &Arc<Live>, shared: &Arc<Shared>, cx: &Cx) {
    let mut desk = live.desk();
    match std::mem::replace(&mut *desk, Desk::Closed) {
        Desk::Empty(memory) if memory.sees_nothing_new(live, shared) => *desk = Desk::Empty(memory),
        Desk::Empty(memory) if !presses(live, shared) && shared.desks.queue(live) => *desk = Desk::Queued(memory),
        Desk::Queued(memory) if !presses(live, shared) => *desk = Desk::Queued(memory),
        Desk::Empty(memory) | Desk::Queued(memory) => *desk = begin(live, memory, VecDeque::new(), shared, cx),
        Desk::Taken(mut work) => {
            work.is_late = true;
            work.news.notify_one();
            *desk = Desk::Taken(work);
        }
        Desk::Closed => {}
    }
}

/// A validator that is down, or whose operation is open, waits for no other.
fn presses(live: &Live, shared: &Shared) -> bool {
    let is_down = live.newest().is_some_and(|sensed| sensed.decision.verdict == Verdict::Down);
    is_down || shared.chronicle.with_standing(&live.name, |standing| standing.current().is_some())
}

/// Lets those who waited have their turn.
fn go_on(shared: &Arc<Shared>, cx: &Cx) {
    while let Some(live) = shared.desks.next() {
        let mut desk = live.desk();
        match std::mem::replace(&mut *desk, Desk::Closed) {
            Desk::Queued(memory) => *desk = begin(&live, memory, VecDeque::new(), shared, cx),
            // It had its turn before, because it pressed.
            other => *desk = other,
        }
    }
}

/// The caller keeps the desk locked: so the task finds it taken.
fn begin(live: &Arc<Live>, memory: Box<Memory>, orders: VecDeque<Order>, shared: &Arc<Shared>, cx: &Cx) -> Desk {
    let at_work = AtWork::begin(shared.clone());
    let news = Arc::new(Notify::new());
    let (own, stop) = cx.child();
    let watcher = Watcher::new(shared.clone(), live.clone(), memory, news.clone());
    let (shared, cx) = (shared.clone(), cx.clone());
    let task = tokio::spawn(async move {
        watcher.work(own).await;
        drop(at_work);
        if !cx.is_cancelled() {
            go_on(&shared, &cx);
        }
    });
    Desk::Taken(Box::new(Work { orders, is_late: false, news, stop, task }))
}

/// Ends the deciding; a command under way is waited for.
pub(super) async fn close(live: &Live) {
    let desk = std::mem::replace(&mut *live.desk(), Desk::Closed);
    let Desk::Taken(work) = desk else { return };
    let Work { orders, stop, task, .. } = *work;
    drop(orders);
    stop.cancel();
    if let Err(error) = task.await {
        tracing::error!(%error, "a task of a validator ended abnormally");
    }
}
