//! Memory and processor time of a service that has nothing to do.
use crate::Outcome;
use crate::fake::{Fake, Primary};
use crate::figure::Figure;
use crate::program::{is_ready, memory, mib, processor_time, threads};
use crate::setup::Bench;
use std::time::Duration;

const PERIOD: Duration = Duration::from_secs(1);
/// Time before anything is measured.
const WARM: Duration = Duration::from_secs(5);
const LASTS: Duration = Duration::from_mins(1);
/// KiB.
const MEMORY_MAX: u64 = 20 * 1024;
/// Parts of 10 000 of a core.
const CORE_MAX: u128 = 50;

/// One healthy validator, asked every second.
pub(crate) fn measure(bench: &Bench) -> Outcome<Vec<Figure>> {
    let fake = Fake::start(&bench.clock, Primary::Answers, Some(Duration::from_millis(500)))?;
    let place = bench.place()?;
    let config = place.configure(&fake, PERIOD, Duration::from_secs(4))?;
    let mut running = bench.program.run(&config, &place)?;
    let ready = bench.wait("being ready", Duration::from_secs(30), || is_ready(&place.socket()));
    running.check(&place)?;
    ready?;
    let id = running.id();
    std::thread::sleep(WARM);
    let (at, before, resident) = (bench.now(), processor_time(id)?, memory(id)?.now);
    std::thread::sleep(LASTS);
    let used = processor_time(id)?.saturating_sub(before);
    let (lasted, after, threads) = (bench.now().since(at), memory(id)?, threads(id));
    running.check(&place)?;
    running.terminate()?;
    let share = used.as_micros() * 10_000 / lasted.as_micros().max(1);
    let growth = after.now.saturating_sub(resident);
    Ok(vec![
        Figure::new("idle: resident memory", mib(after.now)).target("20 MiB", after.now <= MEMORY_MAX).ratio(
            Duration::from_micros(after.now),
            Duration::from_micros(MEMORY_MAX),
            "target",
        ),
        Figure::new("idle: peak memory since the start", mib(after.peak))
            .target("20 MiB", after.peak <= MEMORY_MAX)
            .ratio(Duration::from_micros(after.peak), Duration::from_micros(MEMORY_MAX), "target"),
        Figure::new(format!("idle: growth in {} s", lasted.as_secs()), format!("{growth} KiB")),
        Figure::new(
            format!("idle: processor time in {} s", lasted.as_secs()),
            format!("{}.{:02} % of a core", share / 100, share % 100),
        )
        .target("0.5 %", share < CORE_MAX)
        .ratio(used, lasted / 200, "target"),
        Figure::new("idle: threads", threads.to_string()),
    ])
}
