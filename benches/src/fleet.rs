//! A hundred thousand validators in one engine: memory and processor time.
//!
//! As after a restart, where the journal knows the signer and the verdict of each, and at the very first start.
use crate::Outcome;
use crate::figure::{Figure, ms};
use crate::journal::runtime;
use crate::program::{Memory, memory, mib, processor_time};
use crate::setup::Bench;
use crate::synthetic::{PRIMARY, World};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use watchdog_core::clock::BootTime;
use watchdog_core::cx::Cx;
use watchdog_core::engine::{Engine, Parameters};
use watchdog_core::id::{InstanceId, NodeName, ValidatorName};
use watchdog_core::journal::store::RedbJournal;
use watchdog_core::journal::{Entry, FORMAT, Record};
use watchdog_core::policy::{Measure, Reason, Verdict};

const VALIDATORS: u32 = 100_000;
const PERIOD: Duration = Duration::from_secs(10);
/// Rounds after which every window is full.
const FILLING: u32 = 7;
/// Rounds that are looked at.
const ROUNDS: u32 = 6;
const BATCH: usize = 10_000;
/// Bytes.
const EACH_MAX: u64 = 2048;
/// KiB.
const ALL_MAX: u64 = 256 * 1024;

/// What was seen of the process.
struct Seen {
    begin: Memory,
    started: Duration,
    end: Memory,
    lasted: Duration,
    used: Duration,
}

/// All of them, all healthy.
pub(crate) fn measure(bench: &Bench) -> Outcome<Vec<Figure>> {
    let place = bench.place()?;
    fill(&place.journal(), bench)?;
    let Seen { begin, started, end, lasted, used } = watch(bench, &place.journal())?;
    let each = end.now.saturating_sub(begin.now) * 1024 / u64::from(VALIDATORS);
    let share = used.as_micros() * 1000 / lasted.as_micros().max(1);
    let size = |name: &str, kib: u64| {
        let (value, most) = (Duration::from_micros(kib), Duration::from_micros(ALL_MAX));
        Figure::new(name, mib(kib)).target("256 MiB", kib <= ALL_MAX).ratio(value, most, "target")
    };
    Ok(vec![
        Figure::new(format!("{VALIDATORS} validators: resident memory of each"), format!("{each} bytes"))
            .target("2048 bytes", each <= EACH_MAX)
            .ratio(Duration::from_micros(each), Duration::from_micros(EACH_MAX), "target"),
        size("  resident memory of the process", end.now),
        size("  its peak", end.peak),
        Figure::new(
            format!("  processor time over {ROUNDS} rounds of {} s", PERIOD.as_secs()),
            format!("{}.{} % of a core", share / 10, share % 10),
        )
        .target("1 core", used <= lasted)
        .ratio(used, lasted, "target"),
        Figure::new("  processor time of one round of one validator", {
            let rounds = VALIDATORS * ROUNDS;
            format!("{:.2} µs", used.as_secs_f64() * 1e6 / f64::from(rounds))
        }),
        Figure::new("  start: journal read, all tasks begun", ms(started)),
    ])
}

/// None of them was ever watched: the signer and the first verdict of each become durable.
pub(crate) fn first(bench: &Bench) -> Outcome<Vec<Figure>> {
    let place = bench.place()?;
    let own = std::process::id();
    let (runtime, at) = (runtime()?, bench.now());
    let (took, used) = runtime.block_on(async {
        let engine = open(bench, &place.journal()).await?;
        let handle = engine.handle();
        let cx = Cx::root(bench.clock.clone(), CancellationToken::new());
        let (running, stop) = cx.child();
        let running = tokio::spawn(async move { engine.run(&running).await });
        let mut newest = handle.newest();
        let all = u64::from(VALIDATORS) * 2;
        let written = cx.within(PERIOD * ROUNDS * 10).bound(newest.wait_for(|newest| *newest >= all)).await;
        written.map_err(|_| "signers and verdicts were not all written in ten minutes")??;
        let (took, used) = (bench.now().since(at), processor_time(own)?);
        for number in 0..VALIDATORS {
            let verdict = handle.validator(&name(number)?).ok().and_then(|status| status.judgement);
            let verdict = verdict.map(|judged| judged.verdict);
            if verdict != Some(Verdict::Healthy) {
                return Err(format!("v{number}, which is healthy, was judged {verdict:?}").into());
            }
        }
        stop.cancel();
        running.await?;
        Outcome::Ok((took, used))
    })?;
    Ok(vec![
        Figure::new(format!("{VALIDATORS} validators, first start: every signer and verdict durable"), ms(took)),
        Figure::new("  processor time of it", ms(used)),
        Figure::new("  peak of resident memory", mib(memory(own)?.peak)),
    ])
}

/// An engine that watches them all.
async fn open(bench: &Bench, path: &Path) -> Outcome<Engine> {
    let clock = bench.clock.clone();
    let journal = RedbJournal::open(path, InstanceId([1; 16]), clock.clone())?;
    let lease = Arc::new(journal.lease());
    let world = World::new(clock.clone());
    let watched = (0..VALIDATORS).map(|number| world.watched(name(number)?, PERIOD)).collect::<Outcome<_>>()?;
    Ok(Engine::open(Parameters::new("bench", "0"), Arc::new(journal), lease, clock, watched).await?)
}

fn watch(bench: &Bench, path: &Path) -> Outcome<Seen> {
    let own = std::process::id();
    let (runtime, begin) = (runtime()?, memory(own)?);
    let at = bench.now();
    let cx = Cx::root(bench.clock.clone(), CancellationToken::new());
    let (cx, stop) = cx.child();
    let seen = runtime.block_on(async {
        let engine = open(bench, path).await?;
        let handle = engine.handle();
        let running = tokio::spawn({
            let cx = cx.clone();
            async move { engine.run(&cx).await }
        });
        let last = name(VALIDATORS - 1)?;
        let is_judged = || handle.validator(&last).is_ok_and(|status| status.judgement.is_some());
        while !is_judged() {
            cx.sleep_until(bench.now().after(Duration::from_millis(10))).await?;
        }
        let started = bench.now().since(at);
        cx.sleep_until(bench.now().after(PERIOD * FILLING)).await?;
        let (from, used) = (bench.now(), processor_time(own)?);
        cx.sleep_until(from.after(PERIOD * ROUNDS)).await?;
        let (lasted, used) = (bench.now().since(from), processor_time(own)?.saturating_sub(used));
        let seen = Seen { begin, started, end: memory(own)?, lasted, used };
        let verdict = handle.validator(&last).ok().and_then(|status| status.judgement).map(|judged| judged.verdict);
        if verdict != Some(Verdict::Healthy) {
            return Err(format!("a healthy validator was judged {verdict:?}").into());
        }
        stop.cancel();
        running.await?;
        Outcome::Ok(seen)
    })?;
    Ok(seen)
}

/// Writes what the journal knows of them all.
fn fill(path: &Path, bench: &Bench) -> Outcome<()> {
    let journal = RedbJournal::open(path, InstanceId([1; 16]), bench.clock.clone())?;
    let signer = NodeName::new(PRIMARY);
    let boot = BootTime { boot: bench.clock.boot().clone(), up: bench.now() };
    let entry = |seq: u64, validator: ValidatorName, record: Record| Entry {
        v: FORMAT,
        seq,
        token: 0,
        instance: InstanceId([1; 16]),
        at: bench.clock.now(),
        boot: boot.clone(),
        validator: Some(validator),
        record,
    };
    let mut entries = Vec::new();
    for number in 0..VALIDATORS {
        let (validator, seq) = (name(number)?, u64::from(number) * 2);
        let note = "the chain names a signer".to_owned();
        entries.push(entry(seq + 1, validator.clone(), Record::Adopted { signer: signer.clone(), note }));
        let reason = Reason::of("consecutive_failures", Measure::Count(3), Measure::Count(0));
        entries.push(entry(seq + 2, validator, Record::Judged { verdict: Verdict::Healthy, reason }));
    }
    let runtime = runtime()?;
    for batch in entries.chunks(BATCH) {
        runtime.block_on(journal.mirror(batch.to_vec()))?;
    }
    Ok(())
}

fn name(number: u32) -> Outcome<ValidatorName> {
    ValidatorName::new(&format!("v{number}")).ok_or_else(|| "the validator's name is none".into())
}
