//! Watches validators from a program of its own and prints the verdicts; nothing is ever acted on.
//!
//! Without arguments it watches a made-up node with a probe of its own. With a configuration file it watches what
//! `tanist run` would watch, in as many rounds as asked for (default 10):
//! `cargo run --package tanist-examples --example embed -- tanist.toml 3`.
#![allow(clippy::print_stdout, reason = "an example talks to whoever runs it")]
use async_trait::async_trait;
use chain_radix::Radix;
use figment::Figment;
use figment::providers::{Format, Toml};
use serde::Serialize;
use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use watchdog_core::chain::Env;
use watchdog_core::clock::{Clock, SystemClock};
use watchdog_core::config::Mode;
use watchdog_core::cx::Cx;
use watchdog_core::id::{Origin, ValidatorName};
use watchdog_core::policy::consecutive::ConsecutiveFailures;
use watchdog_core::policy::{Context, ThresholdPolicy, Verdict};
use watchdog_core::probe::{Evidence, HealthProbe, Observation, Performance, ProbeError};
use watchdog_core::registry::Registry;
use watchdog_core::secret::Unread;
use watchdog_core::window::{Views, Window};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    match (arguments.next(), arguments.next()) {
        (None, _) => made_up().await,
        (Some(file), rounds) => configured(&file, rounds.map_or(Ok(10), |rounds| rounds.parse())?).await,
    }
}

/// What a configuration file names, through the chain crates: the registry is the one list of chains.
async fn configured(file: &str, rounds: u32) -> Result<(), Box<dyn Error>> {
    // A library never installs a TLS provider; the program does, once.
    rustls::crypto::ring::default_provider().install_default().ok();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    // `Unread` lends no secret: whoever only looks needs none.
    let env = Env::new(clock.clone(), Arc::new(Unread)).lending(reqwest::Client::new());
    let config = Figment::new().merge(Toml::file_exact(file));
    let assembled = Registry::default().with::<Radix>().assemble(&config, Mode::Observe, &env)?;
    let cx = Cx::root(clock, CancellationToken::new());
    for one in assembled {
        for mut unit in one.parts.units {
            for _ in 0..rounds {
                let began = cx.clock().uptime();
                let sensed = unit.sensor.sense(&cx.within(unit.patience)).await;
                println!("{} {}: {}", unit.name, sensed.decision.verdict, sensed.decision.reason);
                for reading in sensed.readings() {
                    println!("  {:<30} {}", reading.source, reading.line);
                }
                cx.sleep_until(began.after(unit.period)).await?;
            }
        }
    }
    Ok(())
}

/// One source and one policy, without an engine: the smallest use of the library.
async fn made_up() -> Result<(), Box<dyn Error>> {
    let name = ValidatorName::new("main").ok_or("a name")?;
    let probe = Node { round: AtomicU64::new(0) };
    let interval = Duration::from_millis(20);
    let policy = ConsecutiveFailures { tolerated: 2, interval };
    let span = ThresholdPolicy::<Rounds>::span(&policy);
    let mut window = Window::new(Origin::new("node.example").ok_or("an origin")?, span);
    let cx = Cx::root(Arc::new(SystemClock::new()), CancellationToken::new());
    let mut before = Verdict::Unknown;
    for _ in 0..8 {
        let (at, wall) = (cx.clock().uptime(), cx.clock().now());
        let outcome = cx.bound(probe.observe(&cx)).await.unwrap_or_else(|late| Err(ProbeError::from(late)));
        let seen = outcome.as_ref().map_or_else(ToString::to_string, ToString::to_string);
        window.push(Observation::new(at, wall, outcome));
        let decision = policy.judge(&Views::of([&window]), &Context::at(cx.clock().uptime(), before));
        println!("{name} {}: {} ({seen})", decision.verdict, decision.reason);
        before = decision.verdict;
        cx.sleep_until(at.after(interval)).await?;
    }
    Ok(())
}

/// A node that proposes in three rounds, cannot be reached in the fourth, and misses every one after that.
struct Node {
    round: AtomicU64,
}

/// What it shows of one round.
#[derive(Debug, Serialize)]
struct Rounds {
    round: u64,
    proposed: bool,
}

impl fmt::Display for Rounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "round {} {}", self.round, if self.proposed { "proposed" } else { "missed" })
    }
}

impl Evidence for Rounds {
    fn performance(&self) -> Performance {
        if self.proposed { Performance::Performing } else { Performance::Failing }
    }

    fn position(&self) -> u64 {
        self.round
    }
}

#[async_trait]
impl HealthProbe for Node {
    type Evidence = Rounds;

    async fn observe(&self, _: &Cx) -> Result<Rounds, ProbeError> {
        let round = self.round.fetch_add(1, Ordering::Relaxed) + 1;
        if round == 4 {
            // An error says that the watchdog could not see, never that the validator is down.
            return Err(ProbeError::Unreachable { endpoint: "node.example".to_owned(), source: "no route".into() });
        }
        Ok(Rounds { round, proposed: round < 4 })
    }
}
