//! From the start of the process to `/readyz` answering 200.
use crate::fake::{Fake, Primary};
use crate::figure::Figure;
use crate::program::{is_ready, memory, mib};
use crate::setup::Bench;
use crate::spread::Spread;
use crate::{Outcome, journal};
use std::time::Duration;

const STARTS: u32 = 15;
const TARGET: Duration = Duration::from_secs(1);
const PERIOD: Duration = Duration::from_secs(1);

/// Starts with a new journal, and one with a long one.
pub(crate) fn measure(bench: &Bench) -> Outcome<Vec<Figure>> {
    let fake = Fake::start(&bench.clock, Primary::Answers, Some(Duration::from_millis(500)))?;
    let mut times = Vec::new();
    for _ in 0..STARTS {
        let place = bench.place()?;
        times.push(start(bench, &fake, &place)?.0);
    }
    let spread = Spread::of(times).ok_or("nothing was started")?;
    let place = bench.place()?;
    journal::fill(&place.journal(), journal::RECORDS, bench)?;
    let (long, peak) = start(bench, &fake, &place)?;
    let (median, worst) = (spread.median(), spread.percentile(100));
    Ok(vec![
        Figure::time(format!("start to armed, median of {}", spread.len()), median)
            .target("1 s", median <= TARGET)
            .ratio(median, TARGET, "target"),
        Figure::time("start to armed, slowest", worst).ratio(worst, TARGET, "target"),
        Figure::time(format!("start to armed, journal of {} records", journal::RECORDS), long)
            .ratio(long, TARGET, "target"),
        Figure::new("peak memory of that start", mib(peak)),
    ])
}

/// Time, and peak memory in KiB.
fn start(bench: &Bench, fake: &Fake, place: &crate::setup::Place) -> Outcome<(Duration, u64)> {
    let config = place.configure(fake, PERIOD, Duration::from_secs(4))?;
    let socket = place.socket();
    let began = bench.now();
    let mut running = bench.program.run(&config, place)?;
    let ready = bench.wait("being ready", Duration::from_secs(30), || is_ready(&socket));
    let took = bench.now().since(began);
    running.check(place)?;
    ready?;
    let peak = memory(running.id())?.peak;
    running.terminate()?;
    Ok((took, peak))
}
