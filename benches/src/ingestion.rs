//! Readings that one core takes in: asked for, put into windows, judged, shown.
use crate::Outcome;
use crate::figure::Figure;
use crate::journal::runtime;
use crate::program::processor_time;
use crate::setup::Bench;
use crate::synthetic::World;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use watchdog_core::cx::Cx;
use watchdog_core::engine::{Engine, Parameters};
use watchdog_core::id::{InstanceId, ValidatorName};
use watchdog_core::journal::store::RedbJournal;

const VALIDATORS: u32 = 200;
/// So short that every round is followed by the next one at once.
const PERIOD: Duration = Duration::from_millis(1);
const WARM: Duration = Duration::from_secs(2);
const LASTS: Duration = Duration::from_secs(5);
const PATIENCE: Duration = Duration::from_mins(2);
/// Readings in a second of processor time.
const TARGET: u64 = 100_000;

/// Validators with one source each, then with six.
pub(crate) fn measure(bench: &Bench) -> Outcome<Vec<Figure>> {
    let mut figures = Vec::new();
    for sources in [1, 6] {
        let rate = rate(bench, sources)?;
        let name = format!("ingestion: readings in one second of a core, {sources} sources a validator");
        figures.push(Figure::new(name, rate.to_string()).target(TARGET.to_string(), rate >= TARGET).ratio(
            Duration::from_micros(rate),
            Duration::from_micros(TARGET),
            "target",
        ));
    }
    Ok(figures)
}

fn rate(bench: &Bench, sources: usize) -> Outcome<u64> {
    let (own, place, clock) = (std::process::id(), bench.place()?, bench.clock.clone());
    let journal = RedbJournal::open(&place.journal(), InstanceId([1; 16]), clock.clone())?;
    let lease = Arc::new(journal.lease());
    let world = World::new(clock.clone());
    let named = |number| ValidatorName::new(&format!("v{number}")).ok_or("the validator's name is none");
    let watched = (0..VALIDATORS).map(|number| world.watched_by(sources, named(number)?, PERIOD));
    let watched = watched.collect::<Outcome<_>>()?;
    let (cx, stop) = Cx::root(clock.clone(), CancellationToken::new()).child();
    runtime()?.block_on(async {
        let engine = Engine::open(Parameters::new("bench", "0"), Arc::new(journal), lease, clock, watched).await?;
        let handle = engine.handle();
        let running = tokio::spawn({
            let cx = cx.clone();
            async move { engine.run(&cx).await }
        });
        let late = bench.now().after(PATIENCE);
        let is_judged = |number| {
            let status = handle.validator(&named(number)?).map_err(|refusal| refusal.message)?;
            Outcome::Ok(status.signer.is_some() && status.judgement.is_some())
        };
        while !(0..VALIDATORS).map(is_judged).collect::<Outcome<Vec<_>>>()?.into_iter().all(|is_judged| is_judged) {
            if bench.now() > late {
                return Err("not every validator was judged in time".into());
            }
            cx.sleep_until(bench.now().after(Duration::from_millis(100))).await?;
        }
        cx.sleep_until(bench.now().after(WARM)).await?;
        let (asked, used) = (world.asked(), processor_time(own)?);
        cx.sleep_until(bench.now().after(LASTS)).await?;
        let (asked, used) = (world.asked() - asked, processor_time(own)?.saturating_sub(used));
        stop.cancel();
        running.await?;
        Ok(u64::try_from(u128::from(asked) * 1_000_000 / used.as_micros().max(1))?)
    })
}
