//! Asks the sources of one validator, round after round.
use super::Shared;
use super::board::Live;
use crate::clock::{BootId, Uptime};
use crate::cx::Cx;
use crate::id::ValidatorName;
use crate::recording::{Recorded, Seen};
use crate::unit::{Reading, Sensed, Unit};
use std::collections::BTreeMap;
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
    let mut told = BTreeMap::new();
    let Some(mut questions) = live.asked.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
    loop {
        let began = cx.clock().uptime();
        let patience = cx.within(granted);
        let round = tokio::select! {
            biased;
            () = cx.cancelled() => return,
            sensed = sensor.sense(&patience) => Some(sensed),
        };
        if anomalies.has_changed().unwrap_or(false) {
            anomalies.mark_unchanged();
            sensor.forget();
        } else if let Some(sensed) = round {
            live.sensed(&sensed);
            if let Some(recorder) = shared.recorder.get() {
                let news = news(&live.name, &sensed.readings, shared.clock.boot(), &mut told);
                if !news.is_empty() && !recorder.note(news) {
                    tracing::debug!(validator = %live.name, "observations dropped: too many wait for the disk");
                }
            }
            tell.send_replace(Some(Arc::new(sensed)));
        }
        loop {
            tokio::select! {
                biased;
                Some(question) = questions.recv() => drop(question.send(sensor.explain())),
                ended = cx.sleep_until(began.after(period)) => match ended {
                    Ok(()) => break,
                    Err(_) => return,
                },
                changed = anomalies.changed() => {
                    if changed.is_err() { return }
                    sensor.forget();
                    break;
                }
            }
        }
    }
}

/// What the sources said that was not `told` before.
fn news(
    validator: &ValidatorName,
    readings: &[Reading],
    boot: &BootId,
    told: &mut BTreeMap<String, Uptime>,
) -> Vec<Recorded> {
    let unheard = |reading: &&Reading| told.insert(reading.source.clone(), reading.asked) != Some(reading.asked);
    let recorded = |reading: &Reading| Recorded {
        validator: validator.clone(),
        source: reading.source.clone(),
        origin: reading.origin.clone(),
        at: reading.at,
        up_ms: u64::try_from(reading.asked.0.as_millis()).unwrap_or(u64::MAX),
        boot: boot.clone(),
        seen: reading.facts.clone().map(|facts| Seen { facts, evidence: reading.evidence.clone().unwrap_or_default() }),
    };
    readings.iter().filter(unheard).map(recorded).collect()
}
