//! A process' end of the network.
use crate::kernel::{Body, Kernel};
use crate::wire::{Host, Reply, Request};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;
use watchdog_core::clock::Clock;

/// No answer in time: nobody knows whether the call was carried out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Silence(pub(crate) Host);

impl fmt::Display for Silence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} did not answer in time", self.0)
    }
}

impl std::error::Error for Silence {}

/// Calls from one process. Answers that come too late, or twice, are dropped.
pub(crate) struct Port {
    kernel: Kernel,
    me: Host,
    process: u32,
    clock: Arc<dyn Clock>,
    waiting: Mutex<BTreeMap<u64, oneshot::Sender<Reply>>>,
}

impl Port {
    pub(crate) fn new(kernel: Kernel, me: Host, process: u32, clock: Arc<dyn Clock>) -> Self {
        Self { kernel, me, process, clock, waiting: Mutex::default() }
    }

    /// Sends `request` and waits for its answer, for so long.
    pub(crate) async fn call(&self, to: Host, request: Request, patience: Duration) -> Result<Reply, Silence> {
        let (tell, told) = oneshot::channel();
        let until = self.clock.uptime().after(patience);
        let call = {
            let mut kernel = self.kernel.lock();
            let call = kernel.next_call();
            if request.is_command() {
                let now = kernel.now;
                kernel.oracle.sent(now, self.process, to, &request);
            }
            kernel.send(self.me, to, call, Body::Request(request));
            call
        };
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).insert(call, tell);
        tokio::select! {
            biased;
            answer = told => answer.map_err(|_| Silence(to)),
            () = self.clock.sleep_until(until) => {
                self.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&call);
                Err(Silence(to))
            }
        }
    }

    /// Hands over an answer.
    pub(crate) fn answer(&self, call: u64, reply: Reply) {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&call);
        if let Some(waiting) = waiting {
            waiting.send(reply).ok();
        }
    }
}

impl fmt::Debug for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Port").field("me", &self.me).finish_non_exhaustive()
    }
}
