//! The figures of `docs/benchmarks.md`, measured on the release build against a loopback network.
//!
//! Each is printed as it is and as a ratio to a floor that was measured in the same run, since only
//! the ratio says something on another machine. A target that is missed is said and fails nothing: a
//! busy machine is no fault of the program. What cannot be measured at all fails the run.
#![allow(clippy::print_stdout, reason = "a table on the terminal is what this program is for")]
mod derive;
mod etcd;
mod fake;
mod figure;
mod fleet;
mod floor;
mod idle;
mod ingestion;
mod journal;
mod keys;
mod latency;
mod overhead;
mod program;
mod resume;
mod setup;
mod spread;
mod start;
mod synthetic;

use figure::Figure;
use setup::Bench;
use std::error::Error;
use std::process::ExitCode;

/// What a measurement comes to.
type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// A measurement.
struct Measurement {
    name: &'static str,
    measure: fn(&Bench) -> Outcome<Vec<Figure>>,
    /// Whether it runs only where it is named: it takes many minutes.
    is_long: bool,
}

const fn short(name: &'static str, measure: fn(&Bench) -> Outcome<Vec<Figure>>) -> Measurement {
    Measurement { name, measure, is_long: false }
}

/// All of them, in the order in which they run.
const MEASUREMENTS: [Measurement; 13] = [
    short("latency", latency::measure),
    short("overhead", overhead::measure),
    short("ingestion", ingestion::measure),
    short("journal", journal::measure),
    short("recovery", journal::recovery),
    short("derive", derive::measure),
    short("keys", keys::measure),
    short("start", start::measure),
    short("resume", resume::measure),
    short("idle", idle::measure),
    Measurement { name: "filled", measure: idle::filled, is_long: true },
    Measurement { name: "fleet", measure: fleet::measure, is_long: true },
    Measurement { name: "first", measure: fleet::first, is_long: true },
];

/// Runs the measurements of these names; where none is named, all that do not take long.
pub fn run(names: &[String]) -> ExitCode {
    if let Some(name) = names.iter().find(|name| MEASUREMENTS.iter().all(|known| known.name != *name)) {
        let known: Vec<_> = MEASUREMENTS.iter().map(|known| known.name).collect();
        eprintln!("error: there is no measurement `{name}`: use any of {}", known.join(", "));
        return ExitCode::from(2);
    }
    let bench = match Bench::new() {
        Ok(bench) => bench,
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::FAILURE;
        }
    };
    let mut figures = Vec::new();
    let mut failed = false;
    let is_wanted = |one: &&Measurement| {
        if names.is_empty() { !one.is_long } else { names.iter().any(|name| name == one.name) }
    };
    for Measurement { name, measure, .. } in MEASUREMENTS.iter().filter(is_wanted) {
        eprintln!("measuring {name}");
        match measure(&bench) {
            Ok(found) => figures.extend(found),
            Err(error) => {
                failed = true;
                eprintln!("error: {name} cannot be measured: {error}");
            }
        }
    }
    println!("\n{}\n\n{}", setup::machine(), figure::table(&figures));
    let missed = figures.iter().filter(|figure| figure.is_missed()).count();
    if missed > 0 {
        println!("{missed} of the targets missed: on a machine that does other work as well, run it again");
    }
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
