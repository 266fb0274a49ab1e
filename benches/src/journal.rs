//! The journal: what one durable record costs, and how long a long one takes to read.
use crate::Outcome;
use crate::figure::Figure;
use crate::floor::Bare;
use crate::setup::{Bench, Place};
use crate::spread::Spread;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;
use watchdog_core::cx::Cx;
use watchdog_core::id::{InstanceId, ValidatorName};
use watchdog_core::journal::chronicle::Chronicle;
use watchdog_core::journal::store::RedbJournal;
use watchdog_core::journal::{Journal, Record};
use watchdog_core::lease::{Held, Lease};
use watchdog_core::policy::{Measure, Reason, Verdict};

/// Records of a long journal: a hundred a day for close to three years.
pub(crate) const RECORDS: usize = 100_000;
/// As many as the safety engine's target names.
const MANY: usize = 1_000_000;
const RECOVERIES: usize = 5;
const BATCH: usize = 1000;
const COMMITS: usize = 500;

/// Commits, and reading a long journal.
pub(crate) fn measure(bench: &Bench) -> Outcome<Vec<Figure>> {
    let place = bench.place()?;
    let (commits, floor) = commits(bench, &place)?;
    let long = place.path().join("long.redb");
    fill(&long, RECORDS, bench)?;
    let began = bench.now();
    let journal = open(&long, bench)?;
    runtime()?.block_on(Chronicle::open(Arc::new(journal), bench.clock.clone()))?;
    let recovery = bench.now().since(began);
    let ratio = |name: &str, percent| {
        let (own, bare) = (commits.percentile(percent), floor.percentile(percent));
        Figure::time(name, own).ratio(own, bare, "bare commit")
    };
    let per_record = recovery / u32::try_from(RECORDS)?;
    Ok(vec![
        ratio("journal: one durable record, p50", 50),
        ratio("journal: one durable record, p99", 99),
        Figure::time("floor: bare commit of 200 bytes, p50", floor.median()),
        Figure::time("floor: bare commit of 200 bytes, p99", floor.percentile(99)),
        Figure::time(format!("journal: recovery of {RECORDS} records"), recovery),
        Figure::new("journal: recovery of one record", format!("{:.2} µs", per_record.as_secs_f64() * 1e6)),
    ])
}

/// Reading a journal of a million records.
pub(crate) fn recovery(bench: &Bench) -> Outcome<Vec<Figure>> {
    let place = bench.place()?;
    let long = place.path().join("long.redb");
    fill(&long, MANY, bench)?;
    let (runtime, mut times) = (runtime()?, Vec::new());
    for _ in 0..RECOVERIES {
        let began = bench.now();
        let journal = open(&long, bench)?;
        runtime.block_on(Chronicle::open(Arc::new(journal), bench.clock.clone()))?;
        times.push(bench.now().since(began));
    }
    let times = Spread::of(times).ok_or("nothing was read")?;
    let (median, most) = (times.median(), Duration::from_secs(2));
    let name = format!("journal: recovery of {MANY} records, median of {RECOVERIES}");
    Ok(vec![Figure::time(name, median).target("2 s", median <= most).ratio(median, most, "target")])
}

/// Writes a journal of so many records.
pub(crate) fn fill(path: &Path, records: usize, bench: &Bench) -> Outcome<()> {
    let journal = open(path, bench)?;
    let name = validator()?;
    runtime()?.block_on(async {
        let held = held(&journal, bench).await?;
        let batch: Vec<_> = (0..BATCH).map(judged).collect();
        for _ in 0..records / BATCH {
            drop(journal.append(held, Some(&name), &batch).await?);
        }
        Ok(())
    })
}

/// Commits of the journal, then bare ones. Not in turns: a file system may make one pay for the other.
fn commits(bench: &Bench, place: &Place) -> Outcome<(Spread, Spread)> {
    let (journal, mut bare) = (open(&place.journal(), bench)?, Bare::new(place.path())?);
    let name = validator()?;
    runtime()?.block_on(async {
        let held = held(&journal, bench).await?;
        let chronicle = Chronicle::open(Arc::new(journal), bench.clock.clone()).await?;
        let (mut times, mut floor) = (Vec::<Duration>::new(), Vec::new());
        for number in 0..COMMITS {
            let record = [judged(number)];
            let began = bench.now();
            let durable = chronicle.append(held, Some(&name), &record).await?;
            times.push(bench.now().since(began));
            drop(durable);
        }
        for _ in 0..COMMITS {
            floor.push(bare.commit(&*bench.clock)?);
        }
        Spread::of(times).zip(Spread::of(floor)).ok_or_else(|| "nothing was committed".into())
    })
}

fn open(path: &Path, bench: &Bench) -> Outcome<RedbJournal> {
    Ok(RedbJournal::open(path, InstanceId([1; 16]), bench.clock.clone())?)
}

async fn held(journal: &RedbJournal, bench: &Bench) -> Outcome<Held> {
    Ok(journal.lease().hold(&Cx::root(bench.clock.clone(), CancellationToken::new())).await?)
}

/// A record as a change of verdict makes it.
fn judged(number: usize) -> Record {
    let verdict = if number.is_multiple_of(2) { Verdict::Healthy } else { Verdict::Degraded };
    let part = Reason::of("missed_in_window", Measure::Count(4), Measure::Count(1));
    let reason = Reason { parts: vec![part], ..Reason::of("missed_proposals", Measure::Count(4), Measure::Count(1)) };
    Record::Judged { verdict, reason }
}

pub(crate) fn validator() -> Outcome<ValidatorName> {
    ValidatorName::new(crate::setup::VALIDATOR).ok_or_else(|| "the validator's name is none".into())
}

/// A runtime as the service has it.
pub(crate) fn runtime() -> Outcome<Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?)
}
