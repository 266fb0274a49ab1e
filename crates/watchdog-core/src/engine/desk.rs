//! Where the deciding about one validator waits for work: it takes a task while there is some, and else
//! only the memory of what was decided.
use super::Shared;
use super::board::Live;
use super::watcher::{Memory, Order, Watcher};
use crate::cx::Cx;
use std::collections::VecDeque;
use std::sync::Arc;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Who does the deciding.
pub(super) enum Desk {
    /// Nothing is to be done.
    Empty(Box<Memory>),
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
        Desk::Empty(memory) => *desk = begin(live, memory, [order].into(), shared, cx),
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
        Desk::Empty(memory) => *desk = begin(live, memory, VecDeque::new(), shared, cx),
        Desk::Taken(mut work) => {
            work.is_late = true;
            work.news.notify_one();
            *desk = Desk::Taken(work);
        }
        Desk::Closed => {}
    }
}

/// The caller keeps the desk locked: so the task finds it taken.
fn begin(live: &Arc<Live>, memory: Box<Memory>, orders: VecDeque<Order>, shared: &Arc<Shared>, cx: &Cx) -> Desk {
    let news = Arc::new(Notify::new());
    let (cx, stop) = cx.child();
    let watcher = Watcher::new(shared.clone(), live.clone(), memory, news.clone());
    Desk::Taken(Box::new(Work { orders, is_late: false, news, stop, task: tokio::spawn(watcher.work(cx)) }))
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
