//! Holds the lease for the whole process.
use super::Shared;
use crate::cx::Cx;
use crate::journal::Record;
use crate::lease::Lease;
use std::sync::Arc;

/// Acquires and renews until `cx` is called off. A belief is dropped after every clock anomaly, until
/// a fresh renewal.
pub(super) async fn hold(lease: Arc<dyn Lease>, shared: Arc<Shared>, cx: Cx) {
    let mut anomalies = shared.anomalies.subscribe();
    let mut known_token = None;
    loop {
        let asked = cx.clock().uptime();
        let limit = shared.parameters.renew_every;
        match cx.within(limit).bound(lease.hold(&cx)).await {
            Ok(Ok(held)) => {
                if known_token != Some(held.token()) {
                    begin_term(held, &shared).await;
                    known_token = Some(held.token());
                }
                shared.held.send_replace(Some(held));
            }
            Ok(Err(error)) => tracing::warn!(error = %error, "lease not held, so nothing acts"),
            Err(_) => tracing::warn!("lease store did not answer in time"),
        }
        tokio::select! {
            ended = cx.sleep_until(asked.after(limit)) => if ended.is_err() { return },
            changed = anomalies.changed() => {
                shared.held.send_replace(None);
                if changed.is_err() { return }
            }
        }
    }
}

/// Makes the start of a term durable before anything else is written under it.
async fn begin_term(held: crate::lease::Held, shared: &Shared) {
    use crate::journal::Journal as _;
    let started = Record::Started { version: shared.parameters.version.clone() };
    let leased = Record::Leased {};
    if let Err(error) = shared.chronicle.append(held, None, &[started, leased]).await {
        tracing::error!(error = %error, "the journal cannot be written, so nothing acts; observation goes on");
    }
}
