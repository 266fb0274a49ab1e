//! Keeps a service running.
use crate::causes;
use crate::cx::Cx;
use crate::service::{Ready, Restart, Service};
use std::time::Duration;

/// Runs `service` until `cx` is called off, and again after every early end, with growing waits. One
/// that ran for longer than the longest wait starts over with the first.
pub(super) async fn supervise(service: Box<dyn Service>, cx: Cx) {
    let Restart { first, most } = service.restart();
    let mut wait = first;
    loop {
        let began = cx.clock().uptime();
        let (ready, _announced) = Ready::pair();
        let ended = service.run(&cx, ready).await;
        if cx.is_cancelled() {
            return;
        }
        let reason = ended.err().map_or_else(|| "it returned".to_owned(), |error| causes::line(&error));
        tracing::warn!(service = service.name(), reason, "service ended early and is started again in {wait:?}");
        if cx.clock().uptime().since(began) > most {
            wait = first;
        }
        if cx.sleep_until(cx.clock().uptime().after(wait)).await.is_err() {
            return;
        }
        wait = next(wait, most);
    }
}

fn next(wait: Duration, most: Duration) -> Duration {
    wait.saturating_mul(2).min(most)
}
