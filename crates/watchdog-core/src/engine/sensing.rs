//! Asks the sources of one validator, round after round.
use super::Shared;
use super::board::Live;
use crate::clock::{BootId, Uptime};
use crate::cx::Cx;
use crate::id::ValidatorName;
use crate::recording::{Recorded, Seen};
use crate::unit::{Reading, Sensed, Unit};
use std::sync::Arc;

/// Publishes a judgement per round until `cx` is called off. After a clock anomaly everything seen is
/// forgotten, a round that spans one included.
pub(super) async fn sense(unit: Unit, live: Arc<Live>, shared: Arc<Shared>, cx: Cx) {
    let Unit { mut sensor, period, patience: granted, .. } = unit;
    let mut anomalies = shared.anomalies.subscribe();
    let mut recorded = Vec::new();
    let questions = live.questions.open();
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
            if let Some(recorder) = shared.recorder.get() {
                let news = news(&live.name, &sensed, shared.clock.boot(), &mut recorded);
                if !news.is_empty() && !recorder.note(news) {
                    tracing::debug!(validator = %live.name, "observations dropped: too many wait for the disk");
                }
            }
            live.sensed(Arc::new(sensed));
        }
        loop {
            tokio::select! {
                biased;
                question = questions.next() => drop(question.send(sensor.explain())),
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

/// What the sources said that is not among the `recorded`: when each was asked last, in the order of the
/// config.
fn news(
    validator: &ValidatorName,
    sensed: &Sensed,
    boot: &BootId,
    recorded: &mut Vec<Option<Uptime>>,
) -> Vec<Recorded> {
    recorded.resize(sensed.told.len(), None);
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
