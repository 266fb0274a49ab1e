//! From the reading that completes the quorum to the submission of the transaction: the real engine, the real
//! journal on the disk, the real Radix parts.
use crate::Outcome;
use crate::fake::{Asked, Call, Fake, Primary};
use crate::figure::{Figure, ms};
use crate::floor::Bare;
use crate::journal::{runtime, validator};
use crate::setup::{Bench, config};
use crate::spread::Spread;
use chain_radix::Radix;
use figment::Figment;
use figment::providers::{Format, Toml};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use watchdog_core::chain::Env;
use watchdog_core::clock::Uptime;
use watchdog_core::config::{Mode, SecretRef};
use watchdog_core::cx::Cx;
use watchdog_core::engine::{Engine, Handle, Parameters, Watched};
use watchdog_core::id::InstanceId;
use watchdog_core::journal::store::RedbJournal;
use watchdog_core::journal::{Entry, Journal, Record};
use watchdog_core::policy::Verdict;
use watchdog_core::registry::Registry;
use watchdog_core::secret::{Secret, SecretError, SecretStore};

const FAILOVERS: usize = 200;
const FAILOVERS_WHILE_SILENT: usize = 8;
const PERIOD: Duration = Duration::from_millis(100);
const TIMEOUT: Duration = Duration::from_secs(4);
/// The same where somebody never answers, so that the measurement ends.
const TIMEOUT_WHILE_SILENT: Duration = Duration::from_secs(1);
const TARGET: Duration = Duration::from_millis(50);
const PATIENCE: Duration = Duration::from_secs(20);

/// Parts of the way, in their order.
const PHASES: [&str; 5] = [
    "end of the round, judging",
    "planning: fresh looks, preview",
    "plan and readiness journaled",
    "transaction: epoch, status, signing",
    "intent journaled, submission sent",
];

/// One failover.
struct Trace {
    total: Duration,
    phases: [Duration; PHASES.len()],
}

/// Failovers, and as many pairs of bare commits, in turns.
struct Runs {
    traces: Vec<Trace>,
    floor: Vec<Duration>,
}

/// Many failovers of a validator whose node refuses connections, and a few of one whose node is silent.
pub(crate) fn measure(bench: &Bench) -> Outcome<Vec<Figure>> {
    let Runs { traces, floor } = failovers(bench, Primary::IsGone, TIMEOUT, FAILOVERS)?;
    let silent = failovers(bench, Primary::IsSilent, TIMEOUT_WHILE_SILENT, FAILOVERS_WHILE_SILENT)?.traces;
    let floor = Spread::of(floor).ok_or("nothing was committed")?;
    let total = |traces: &[Trace]| Spread::of(traces.iter().map(|t| t.total).collect()).ok_or("nothing failed over");
    let (spread, silent) = (total(&traces)?, total(&silent)?);
    let (p50, p99) = (spread.median(), spread.percentile(99));
    let mut figures = vec![
        Figure::time(format!("quorum to submission, p99 of {}", spread.len()), p99)
            .target("50 ms", p99 <= TARGET)
            .ratio(p99, floor.percentile(99), "two bare commits"),
        Figure::time("quorum to submission, p50", p50).ratio(p50, floor.median(), "two bare commits"),
        Figure::time("floor: two bare commits, p50", floor.median()),
        Figure::time("floor: two bare commits, p99", floor.percentile(99)),
    ];
    for (place, name) in PHASES.iter().enumerate() {
        let times = traces.iter().filter_map(|trace| trace.phases.get(place).copied()).collect();
        let phase = Spread::of(times).ok_or("nothing failed over")?;
        let both = format!("{} (p99 {})", ms(phase.median()), ms(phase.percentile(99)));
        figures.push(Figure::new(format!("  {name}, p50"), both).ratio(phase.median(), p50, "the whole"));
    }
    let name = format!("the same while a source is silent ({} timeout), p50", ms(TIMEOUT_WHILE_SILENT));
    figures.push(Figure::time(name, silent.median()).ratio(silent.median(), TIMEOUT_WHILE_SILENT, "timeout"));
    Ok(figures)
}

fn failovers(bench: &Bench, primary: Primary, timeout: Duration, count: usize) -> Outcome<Runs> {
    let (fake, place) = (Fake::start(&bench.clock, primary, None)?, bench.place()?);
    let (runtime, mut bare) = (runtime()?, Bare::new(place.path())?);
    let mut runs = Runs { traces: Vec::new(), floor: Vec::new() };
    for _ in 0..count {
        runs.traces.push(runtime.block_on(failover(bench, &fake, timeout))?);
        runs.floor.push(bare.commit(&*bench.clock)? + bare.commit(&*bench.clock)?);
    }
    Ok(runs)
}

async fn failover(bench: &Bench, fake: &Fake, timeout: Duration) -> Outcome<Trace> {
    let place = bench.place()?;
    let (name, clock) = (validator()?, bench.clock.clone());
    fake.reset();
    let journal = RedbJournal::open(&place.journal(), InstanceId([1; 16]), clock.clone())?;
    let (kept, lease) = (Arc::new(journal.clone()), Arc::new(journal.lease()));
    let watched = watched(bench, fake, place.path(), timeout)?;
    let engine = Engine::open(Parameters::new("bench", "0"), kept, lease, clock.clone(), watched).await?;
    let handle = engine.handle();
    let cx = Cx::root(clock, CancellationToken::new());
    let (cx, stop) = cx.child();
    let running = tokio::spawn({
        let cx = cx.clone();
        async move { engine.run(&cx).await }
    });
    let status = |handle: &Handle| handle.validator(&name);
    wait(&cx, "knowing the signer", || status(&handle).is_ok_and(|status| status.signer.is_some())).await?;
    fake.make(2);
    let is_well = || {
        let judgement = status(&handle).ok().and_then(|status| status.judgement);
        judgement.is_some_and(|judgement| judgement.verdict == Verdict::Healthy)
    };
    wait(&cx, "a healthy verdict", is_well).await?;
    fake.fail(4);
    let submitted = fake.submitted();
    let sent = wait(&cx, "a submission", || submitted.borrow().is_some()).await;
    let refusal = status(&handle).ok().and_then(|status| status.hold);
    stop.cancel();
    running.await?;
    sent.map_err(|error| match refusal {
        Some(refusal) => format!("{error}: {}", refusal.message).into(),
        None => error,
    })?;
    let sent = (*submitted.borrow()).ok_or("nothing was submitted")?;
    trace(&fake.calls(), &journal.replay(1).await?, sent)
}

/// What the service would watch with this configuration.
fn watched(bench: &Bench, fake: &Fake, folder: &Path, timeout: Duration) -> Outcome<Vec<Watched>> {
    let none = Path::new("unused");
    let text = config(fake, [&folder.join("journal.redb"), none, none], PERIOD, timeout);
    let client = reqwest::Client::builder().no_proxy().build()?;
    let owner = Arc::new(Owner(Secret::new(fake.identity().owner_key.clone())));
    let env = Env::new(bench.clock.clone(), owner).lending(client);
    let config = Figment::from(Toml::string(&text));
    let assembled = Registry::default().with::<Radix>().assemble(&config, Mode::Act, &env)?;
    let mut watched = Vec::new();
    for one in assembled {
        let mut services = one.parts.services;
        for unit in one.parts.units {
            watched.push(Watched {
                unit,
                chain: one.chain.to_owned(),
                mode: one.mode,
                act: one.act.clone(),
                services: std::mem::take(&mut services),
                fingerprint: String::new(),
            });
        }
    }
    Ok(watched)
}

/// The only secret there is.
#[derive(Debug)]
struct Owner(Secret);

impl SecretStore for Owner {
    fn read(&self, _: &SecretRef) -> Result<Option<Secret>, SecretError> {
        Ok(Some(self.0.clone()))
    }
}

/// Looks every millisecond until `is_so`; an error that names `what` after [`PATIENCE`].
pub(crate) async fn wait(cx: &Cx, what: &str, is_so: impl Fn() -> bool) -> Outcome<()> {
    let end = cx.clock().uptime().after(PATIENCE);
    while !is_so() {
        if cx.clock().uptime() > end {
            return Err(format!("{what} did not come to pass within {} s", PATIENCE.as_secs()).into());
        }
        cx.sleep_until(cx.clock().uptime().after(Duration::from_millis(1))).await?;
    }
    Ok(())
}

fn trace(calls: &[Call], entries: &[Entry], submitted: Uptime) -> Outcome<Trace> {
    let shown = |asked: Asked, path: &str| {
        let shows = |call: &&Call| call.asked == asked && call.path.ends_with(path) && call.missed > 0;
        calls.iter().filter(shows).filter_map(|call| call.served).min().ok_or_else(|| format!("nobody asked {path}"))
    };
    let quorum = [
        shown(Asked::NodeB, "/state/consensus-manager")?,
        shown(Asked::NodeB, "/prometheus/metrics")?,
        shown(Asked::Gateway, "/statistics/validators/uptime")?,
    ];
    let quorum = quorum.into_iter().max().ok_or("no quorum")?;
    let written = |what: &str, is: fn(&Record) -> bool| {
        let entry = entries.iter().find(|entry| is(&entry.record)).map(|entry| entry.boot.up);
        entry.ok_or_else(|| format!("the journal has no {what}"))
    };
    let asked = |path: &str, after: Uptime| {
        let call =
            calls.iter().filter(|call| call.path.ends_with(path)).map(|call| call.arrived).find(|at| *at >= after);
        call.ok_or_else(|| format!("nobody asked {path}"))
    };
    let planning = asked("/state/entity/details", quorum)?;
    let planned = written("plan", |record| matches!(record, Record::Planned { .. }))?;
    let preparing = asked("/transaction/construction", planned)?;
    let intended = written("intent", |record| match record {
        Record::Intended { payload, .. } => !payload.bytes().is_empty(),
        _ => false,
    })?;
    let marks = [quorum, planning, planned, preparing, intended, submitted];
    let mut phases = [Duration::ZERO; PHASES.len()];
    for (phase, (from, to)) in phases.iter_mut().zip(marks.iter().zip(marks.iter().skip(1))) {
        *phase = to.since(*from);
    }
    Ok(Trace { total: submitted.since(quorum), phases })
}
