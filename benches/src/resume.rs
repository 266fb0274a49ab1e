//! Killed in the middle of a failover, started again: time until it goes on.
use crate::Outcome;
use crate::fake::{Fake, Primary};
use crate::figure::Figure;
use crate::setup::Bench;
use crate::spread::Spread;
use std::time::Duration;
use watchdog_core::journal::store::RedbJournal;
use watchdog_core::journal::{Entry, Record};

const RUNS: u32 = 5;
const PERIOD: Duration = Duration::from_millis(200);
const TARGET: Duration = Duration::from_secs(1);
const PATIENCE: Duration = Duration::from_secs(30);

/// Several kills.
pub(crate) fn measure(bench: &Bench) -> Outcome<Vec<Figure>> {
    let (mut looked, mut taken_up) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        let (look, record) = resume(bench)?;
        looked.push(look);
        taken_up.push(record);
    }
    let looked = Spread::of(looked).ok_or("nothing was resumed")?;
    let taken_up = Spread::of(taken_up).ok_or("nothing was resumed")?;
    let (median, worst) = (looked.median(), looked.percentile(100));
    Ok(vec![
        Figure::time(format!("resume after kill: start to inspection, slowest of {RUNS}"), worst)
            .target("1 s", worst <= TARGET)
            .ratio(worst, TARGET, "target"),
        Figure::time("resume after kill: start to inspection, median", median).ratio(median, TARGET, "target"),
        Figure::time("resume after kill: start to `resumed` in the journal, median", taken_up.median()),
    ])
}

/// Time from the second start to the first question about the transaction, and to the record.
fn resume(bench: &Bench) -> Outcome<(Duration, Duration)> {
    let fake = Fake::start(&bench.clock, Primary::IsGone, Some(Duration::from_millis(50)))?;
    fake.hold_submissions(true);
    let place = bench.place()?;
    let config = place.configure(&fake, PERIOD, Duration::from_secs(4))?;
    let mut running = bench.program.run(&config, &place)?;
    let asked = |path: &str| fake.calls().iter().any(|call| call.path.ends_with(path));
    // A few rounds in which the validator does its duty, then it stops.
    let seen = bench.wait("some rounds", PATIENCE, || {
        fake.calls().iter().filter(|call| call.path.ends_with("/consensus-manager")).count() > 5
    });
    running.check(&place)?;
    seen?;
    fake.fail(4);
    let submitted = bench.wait("a submission", PATIENCE, || asked("/transaction/submit"));
    running.check(&place)?;
    submitted?;
    running.kill()?;
    fake.reset();
    fake.fail(4);
    let began = bench.now();
    let mut running = bench.program.run(&config, &place)?;
    let inspected = bench.wait("an inspection", PATIENCE, || asked("/transaction/status"));
    running.check(&place)?;
    inspected?;
    running.kill()?;
    let look = fake.calls().iter().find(|call| call.path.ends_with("/transaction/status")).map(|call| call.arrived);
    let entries = RedbJournal::verify(&place.journal(), bench.clock.clone())?;
    let is_resumption = |entry: &&Entry| matches!(entry.record, Record::Resumed { .. });
    let record = entries.iter().find(is_resumption).ok_or("the journal has no `resumed`")?;
    Ok((look.ok_or("nobody looked")?.since(began), record.boot.up.since(began)))
}
