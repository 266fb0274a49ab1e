//! Where the deciding about one validator waits for work: it takes a task while there is some, and else
//! only the memory of what was decided.
use super::Shared;
use super::board::Live;
use super::watcher::{Memory, Order, Watcher};
use crate::cx::Cx;
use std::sync::Arc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// What waits for the deciding, and who does it.
pub(super) struct Desk {
    orders: Vec<Order>,
    /// Something new came in while a task worked.
    is_late: bool,
    seat: Seat,
}

enum Seat {
    /// Nothing is to be done.
    Empty(Box<Memory>),
    /// A task works.
    Taken(Work),
    /// The task puts its memory back, or everything is over.
    Closed,
}

struct Work {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Desk {
    pub(super) fn new(memory: Memory) -> Self {
        Self { orders: Vec::new(), is_late: false, seat: Seat::Empty(Box::new(memory)) }
    }

    /// Leaves an order. `false` where nobody works any more.
    pub(super) fn put(&mut self, order: Order) -> bool {
        let is_open = !matches!(self.seat, Seat::Closed);
        if is_open {
            self.orders.push(order);
        }
        is_open
    }

    /// The oldest order.
    pub(super) fn order(&mut self) -> Option<Order> {
        if self.orders.is_empty() { None } else { Some(self.orders.remove(0)) }
    }

    /// Leaves the seat, unless something new came in: then there is work again.
    pub(super) fn leave(&mut self, memory: Box<Memory>) -> Option<Box<Memory>> {
        if std::mem::take(&mut self.is_late) || !self.orders.is_empty() {
            return Some(memory);
        }
        if matches!(self.seat, Seat::Taken(_)) {
            self.seat = Seat::Empty(memory);
        }
        None
    }
}

/// Has whatever waits looked at: an order, a new round, a lease that is held again.
pub(super) fn wake(live: &Arc<Live>, shared: &Arc<Shared>, cx: &Cx) {
    let mut desk = live.desk();
    match std::mem::replace(&mut desk.seat, Seat::Closed) {
        Seat::Empty(memory) if desk.orders.is_empty() && memory.sees_nothing_new(live, shared) => {
            desk.seat = Seat::Empty(memory);
        }
        Seat::Empty(memory) => {
            let (cx, stop) = cx.child();
            let watcher = Watcher::new(shared.clone(), live.clone(), memory);
            desk.seat = Seat::Taken(Work { stop, task: tokio::spawn(watcher.work(cx)) });
        }
        seat => {
            (desk.seat, desk.is_late) = (seat, true);
            live.news.notify_one();
        }
    }
}

/// Ends the deciding; a command under way is waited for.
pub(super) async fn close(live: &Live) {
    let seat = {
        let mut desk = live.desk();
        desk.orders.clear();
        std::mem::replace(&mut desk.seat, Seat::Closed)
    };
    if let Seat::Taken(Work { stop, task }) = seat {
        stop.cancel();
        if let Err(error) = task.await {
            tracing::error!(%error, "a task of a validator ended abnormally");
        }
    }
    live.desk().orders.clear();
}
