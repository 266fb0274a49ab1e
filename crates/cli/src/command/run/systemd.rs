//! Telling the service manager how it goes. Without one, nothing happens.
use sd_notify::NotifyState;
use std::time::Duration;
use watchdog_core::cx::Cx;
use watchdog_core::engine::Handle;

/// The service does its job.
pub(super) fn ready() {
    tell(&[NotifyState::Ready]);
}

/// The configuration is being read anew.
pub(super) fn reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => tell(&[NotifyState::Reloading, now]),
        Err(_) => tell(&[NotifyState::Reloading]),
    }
}

/// The service is about to end.
pub(super) fn stopping() {
    tell(&[NotifyState::Stopping]);
}

/// Feeds the manager's watchdog for as long as the engine's loop advances, and says in one line how
/// the validators are. Returns when called off.
pub(super) async fn feed(handle: Handle, cx: Cx) {
    let Some(limit) = sd_notify::watchdog_enabled() else { return };
    let period = limit / 4;
    let mut line = String::new();
    loop {
        if handle.stalled_for() < limit / 2 {
            tell(&[NotifyState::Watchdog]);
        } else {
            tracing::error!("the engine's loop does not advance: the service manager is not told that all is well");
        }
        let now = summary(&handle);
        if now != line {
            tell(&[NotifyState::Status(&now)]);
            line = now;
        }
        if cx.sleep_until(cx.clock().uptime().after(period.max(Duration::from_millis(100)))).await.is_err() {
            return;
        }
    }
}

fn summary(handle: &Handle) -> String {
    let status = handle.status();
    let one = |one: &watchdog_core::status::ValidatorStatus| {
        let state = serde_json::to_value(one.state).unwrap_or_default();
        format!("{}: {}", one.name, state.as_str().unwrap_or_default())
    };
    status.validators.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn tell(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::debug!(%error, "the service manager was not told");
    }
}
