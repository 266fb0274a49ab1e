//! What is observed, kept for `tanist backtest`.
use crate::settings::Settings;
use std::error::Error;
use watchdog_core::engine::Engine;
use watchdog_core::recording::recorder::Recorder;
use watchdog_core::recording::store::ObservationStore;

/// `engine`, recording where the settings ask for it. What cannot be kept is told and gone without.
pub(super) fn attached(engine: Engine, settings: &Settings) -> Engine {
    if !settings.observations.keep {
        return engine;
    }
    match open(settings) {
        Ok(recorder) => engine.recording_to(recorder),
        Err(error) => {
            tracing::warn!(%error, "observations are not kept; nothing else depends on them");
            engine
        }
    }
}

fn open(settings: &Settings) -> Result<Recorder, Box<dyn Error>> {
    let store = ObservationStore::open(&settings.observations(), settings.observations.bounds())?;
    Ok(Recorder::start(store)?)
}
