//! Asks the sources of one validator, round after round.
use super::Shared;
use super::board::Live;
use crate::cx::Cx;
use crate::unit::{Sensed, Unit};
use std::sync::{Arc, PoisonError};
use tokio::sync::watch;

/// Publishes a judgement per round until `cx` is called off. After a clock anomaly everything seen is
/// forgotten, a round that spans one included.
pub(super) async fn sense(
    unit: Unit,
    live: Arc<Live>,
    tell: watch::Sender<Option<Arc<Sensed>>>,
    shared: Arc<Shared>,
    cx: Cx,
) {
    let Unit { mut sensor, period, patience: granted, .. } = unit;
    let mut anomalies = shared.anomalies.subscribe();
    let Some(mut questions) = live.asked.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
    loop {
        let began = cx.clock().uptime();
        let patience = cx.within(granted);
        let round = tokio::select! {
            sensed = sensor.sense(&patience) => Some(sensed),
            () = cx.cancelled() => return,
        };
        if anomalies.has_changed().unwrap_or(false) {
            anomalies.mark_unchanged();
            sensor.forget();
        } else if let Some(sensed) = round {
            live.sensed(&sensed);
            tell.send_replace(Some(Arc::new(sensed)));
        }
        loop {
            tokio::select! {
                ended = cx.sleep_until(began.after(period)) => match ended {
                    Ok(()) => break,
                    Err(_) => return,
                },
                changed = anomalies.changed() => {
                    if changed.is_err() { return }
                    sensor.forget();
                    break;
                }
                Some(question) = questions.recv() => drop(question.send(sensor.explain())),
            }
        }
    }
}
