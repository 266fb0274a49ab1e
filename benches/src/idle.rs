//! Memory and processor time of a service that has nothing to do.
use crate::Outcome;
use crate::fake::{Fake, Primary};
use crate::figure::Figure;
use crate::program::{Memory, is_ready, memory, mib, processor_time, threads};
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

/// Shortest period that the settings take, and what makes the history of a period of 1 s full in it: the default
/// rule keeps 80 minutes.
const PERIOD_MIN: Duration = Duration::from_millis(100);
const FILLS: Duration = Duration::from_mins(8);

/// What was seen of a service over some time.
struct Seen {
    lasted: Duration,
    used: Duration,
    /// KiB, at the beginning.
    before: u64,
    after: Memory,
    threads: usize,
}

/// Watches a healthy validator that is asked every `period`.
fn watch(bench: &Bench, period: Duration, lasts: Duration) -> Outcome<Seen> {
    let fake = Fake::start(&bench.clock, Primary::Answers, Some(Duration::from_millis(500)))?;
    let place = bench.place()?;
    let config = place.configure(&fake, period, Duration::from_secs(4))?;
    let mut running = bench.program.run(&config, &place)?;
    let ready = bench.wait("being ready", Duration::from_secs(30), || is_ready(&place.socket()));
    running.check(&place)?;
    ready?;
    let id = running.id();
    std::thread::sleep(WARM);
    let (at, used, before) = (bench.now(), processor_time(id)?, memory(id)?.now);
    std::thread::sleep(lasts);
    let used = processor_time(id)?.saturating_sub(used);
    let seen = Seen { lasted: bench.now().since(at), used, before, after: memory(id)?, threads: threads(id) };
    running.check(&place)?;
    running.terminate()?;
    Ok(seen)
}

fn resident(name: &str, kib: u64) -> Figure {
    Figure::new(name, mib(kib)).target("20 MiB", kib <= MEMORY_MAX).ratio(
        Duration::from_micros(kib),
        Duration::from_micros(MEMORY_MAX),
        "target",
    )
}

/// The same once the history is full, reached ten times as fast.
pub(crate) fn filled(bench: &Bench) -> Outcome<Vec<Figure>> {
    let seen = watch(bench, PERIOD_MIN, FILLS)?;
    let rounds = u32::try_from(seen.lasted.as_millis() / PERIOD_MIN.as_millis())?;
    Ok(vec![
        resident(&format!("history full ({rounds} rounds): resident memory"), seen.after.now),
        Figure::new("history full: growth since the first rounds", mib(seen.after.now.saturating_sub(seen.before))),
        Figure::time("history full: processor time of a round, mean", seen.used / rounds.max(1)),
    ])
}

/// One healthy validator, asked every second.
pub(crate) fn measure(bench: &Bench) -> Outcome<Vec<Figure>> {
    let Seen { lasted, used, before, after, threads } = watch(bench, PERIOD, LASTS)?;
    let share = used.as_micros() * 10_000 / lasted.as_micros().max(1);
    let growth = after.now.saturating_sub(before);
    Ok(vec![
        resident("idle: resident memory", after.now),
        resident("idle: peak memory since the start", after.peak),
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
