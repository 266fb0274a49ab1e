//! What one failover costs besides the chain's own time: the real engine and a real journal, on a chain whose
//! steps take no time.
use crate::Outcome;
use crate::etcd::Member;
use crate::figure::{Figure, ms};
use crate::floor::Bare;
use crate::journal::{runtime, validator};
use crate::latency::wait;
use crate::setup::Bench;
use crate::spread::Spread;
use crate::synthetic::{Mark, TOLERATED, What, World};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use watchdog_core::cx::Cx;
use watchdog_core::engine::{Engine, Parameters};
use watchdog_core::id::InstanceId;
use watchdog_core::journal::Journal;
use watchdog_core::journal::mirrored::Mirrored;
use watchdog_core::journal::store::RedbJournal;
use watchdog_core::lease::{Lease, LeaseTimes};
use watchdog_core::policy::Verdict;
use watchdog_etcd::{Access, Etcd, EtcdJournal, EtcdLease};

const FAILOVERS: usize = 200;
const PERIOD: Duration = Duration::from_millis(20);
const TTL: Duration = Duration::from_secs(15);
/// Entries that the shared journal keeps.
const KEEP: u64 = 1000;

/// One failover.
#[derive(Clone, Copy, Debug)]
struct Trace {
    /// From the reading that completed `Down` to the first command that changes anything.
    to_effect: Duration,
    /// From the fence's answer to the activation.
    to_activation: Duration,
}

/// Many failovers with the journal in a file, then as many with lease and journal in etcd.
pub(crate) fn measure(bench: &Bench) -> Outcome<Vec<Figure>> {
    Ok([in_file(bench)?, in_etcd(bench)?].concat())
}

fn in_file(bench: &Bench) -> Outcome<Vec<Figure>> {
    let (place, runtime) = (bench.place()?, runtime()?);
    let mut bare = Bare::new(place.path())?;
    let (mut traces, mut floor) = (Vec::new(), Vec::new());
    for _ in 0..FAILOVERS {
        let place = bench.place()?;
        let journal = RedbJournal::open(&place.journal(), InstanceId([1; 16]), bench.clock.clone())?;
        let lease = Arc::new(journal.lease());
        let parameters = Parameters::new("bench", "0");
        traces.push(runtime.block_on(failover(bench, Arc::new(journal), lease, parameters))?);
        floor.push(bare.commit(&*bench.clock)?);
    }
    let floor = Spread::of(floor).ok_or("nothing was committed")?;
    let mut figures = figures("redb", &traces, &floor, "bare commit")?;
    figures.push(Figure::new("  floor: bare commit, p50 (p99)", both(&floor)));
    Ok(figures)
}

/// As the program uses it: the shared journal with a copy in a file beside it.
fn in_etcd(bench: &Bench) -> Outcome<Vec<Figure>> {
    let (member, runtime, place) = (Member::start(bench)?, runtime()?, bench.place()?);
    let (mut bare, times) = (Bare::new(place.path())?, LeaseTimes::of(TTL));
    let (mut traces, mut floor) = (Vec::new(), Vec::new());
    for number in 0..FAILOVERS {
        let (place, instance) = (bench.place()?, InstanceId([1; 16]));
        let file = RedbJournal::open(&place.journal(), instance, bench.clock.clone())?;
        let http = reqwest::Client::builder().no_proxy().build()?;
        let access = Access { endpoints: vec![member.url().parse()?], login: None, patience: Duration::from_secs(2) };
        let (etcd, prefix) = (Etcd::new(http, access), format!("/bench/{number}"));
        let shared = EtcdJournal::new(etcd.clone(), &prefix, KEEP, instance, bench.clock.clone());
        let lease = Arc::new(EtcdLease::new(etcd, &prefix, "bench", instance, TTL));
        let parameters = Parameters::new("bench", "0").with_times(&times);
        let trace = runtime.block_on(async {
            let journal = Mirrored::open(Arc::new(shared), file).await?;
            failover(bench, Arc::new(journal), lease, parameters).await
        });
        traces.push(trace?);
        floor.push(bare.commit(&*bench.clock)?);
    }
    let floor = Spread::of(floor).ok_or("nothing was committed")?;
    figures("etcd", &traces, &floor, "bare commit")
}

fn figures(store: &str, traces: &[Trace], floor: &Spread, of: &str) -> Outcome<Vec<Figure>> {
    let spread = |part: fn(&Trace) -> Duration| Spread::of(traces.iter().map(part).collect()).ok_or("no failovers");
    let (effect, activation) = (spread(|t| t.to_effect)?, spread(|t| t.to_activation)?);
    let count = effect.len();
    let one =
        |name: String, spread: &Spread| Figure::new(name, both(spread)).ratio(spread.median(), floor.median(), of);
    Ok(vec![
        one(format!("{store}: `Down` to first effect, p50 (p99) of {count}"), &effect),
        one(format!("{store}: fence answered to activation, p50 (p99)"), &activation),
    ])
}

fn both(spread: &Spread) -> String {
    format!("{} ({})", ms(spread.median()), ms(spread.percentile(99)))
}

async fn failover(
    bench: &Bench,
    journal: Arc<dyn Journal>,
    lease: Arc<dyn Lease>,
    parameters: Parameters,
) -> Outcome<Trace> {
    let (clock, name) = (bench.clock.clone(), validator()?);
    let world = World::new(clock.clone());
    let watched = vec![world.watched(name.clone(), PERIOD)?];
    let engine = Engine::open(parameters, journal, lease, clock.clone(), watched).await?;
    let handle = engine.handle();
    let (cx, stop) = Cx::root(clock, CancellationToken::new()).child();
    let running = tokio::spawn({
        let cx = cx.clone();
        async move { engine.run(&cx).await }
    });
    let is_well = || {
        let status = handle.validator(&name).ok();
        let judged = status.filter(|s| s.signer.is_some()).and_then(|s| s.judgement);
        judged.is_some_and(|judgement| judgement.verdict == Verdict::Healthy)
    };
    wait(&cx, "a healthy verdict", is_well).await?;
    world.fail();
    let ended = wait(&cx, "the end of the failover", || world.marks().iter().any(|m| m.what == What::Confirm)).await;
    let refusal = handle.validator(&name).ok().and_then(|status| status.hold);
    stop.cancel();
    running.await?;
    match refusal {
        Some(refusal) if ended.is_err() => Err(refusal.message.into()),
        _ => ended.and_then(|()| trace(&world.marks())),
    }
}

fn trace(marks: &[Mark]) -> Outcome<Trace> {
    let at = |what: What| marks.iter().find(|mark| mark.what == what).map(|mark| mark.at).ok_or("a step is missing");
    let (stopped, started) = (at(What::Stop)?, at(What::Start)?);
    let mut missed = marks.iter().filter(|mark| mark.what == What::Missed).map(|mark| mark.at);
    let down = missed.nth(TOLERATED).ok_or("too little was missed")?;
    Ok(Trace { to_effect: stopped.since(down), to_activation: started.since(stopped) })
}
