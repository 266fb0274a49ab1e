//! `cargo xtask simulate`: runs the whole system from seeds, and says what happened.
#![allow(clippy::print_stdout, reason = "it talks to the person who runs it")]
#![allow(clippy::disallowed_methods, reason = "it takes the time of many runs")]
use std::collections::VecDeque;
use std::fmt::Write;
use std::hash::{BuildHasher, RandomState};
use std::process::ExitCode;
use std::time::{Duration, Instant};
use tanist_simulation::noise::{Level, noise};
use tanist_simulation::{Options, Sabotage, run, soak};

const USAGE: &str = "Usage: simulate [--runs N] [--seed S] [--threads N] [--trace] [--turmoil-one-in N] \
                     [--sabotage FAULT] [--keep-going] [--l4 [--hours N]]";
/// Runs unless told.
const RUNS: u64 = 2_000;
/// Hours of noise unless told.
const HOURS: u64 = 1_000_000;
/// Time between two rounds of asking under noise: the program's default.
const NOISE_PERIOD: Duration = Duration::from_secs(5);

#[derive(Debug)]
struct Arguments {
    runs: u64,
    seed: Option<u64>,
    threads: u64,
    is_traced: bool,
    turmoil_one_in: u64,
    is_noise: bool,
    hours: u64,
    sabotage: Option<Sabotage>,
    goes_on: bool,
}

impl Arguments {
    fn parse(words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut words: VecDeque<_> = words.collect();
        let mut arguments = Self {
            runs: RUNS,
            seed: None,
            threads: 2,
            is_traced: false,
            turmoil_one_in: Options::ORDINARY.turmoil_one_in,
            is_noise: false,
            hours: HOURS,
            sabotage: None,
            goes_on: false,
        };
        while let Some(word) = words.pop_front() {
            if word == "--sabotage" {
                arguments.sabotage = Some(sabotage(words.pop_front().as_deref())?);
                continue;
            }
            let mut number = || {
                let value = words.pop_front().ok_or_else(|| format!("{word} needs a number"))?;
                value.replace('_', "").parse().map_err(|_| format!("{word} needs a number, not `{value}`"))
            };
            match &*word {
                "--runs" => arguments.runs = number()?,
                "--seed" => arguments.seed = Some(number()?),
                "--threads" => arguments.threads = number()?,
                "--turmoil-one-in" => arguments.turmoil_one_in = number()?,
                "--hours" => arguments.hours = number()?,
                "--trace" => arguments.is_traced = true,
                "--keep-going" => arguments.goes_on = true,
                "--l4" => arguments.is_noise = true,
                other => return Err(format!("there is no argument `{other}`")),
            }
        }
        if arguments.runs == 0 || arguments.hours == 0 {
            return Err("nothing shows nothing: at least one run, or one hour".to_owned());
        }
        Ok(arguments)
    }
}

/// The command that does the run of `seed` again, step by step: with all that a run depends on.
fn replay(seed: u64, options: &Options) -> String {
    let mut command = format!("cargo xtask simulate --seed {seed} --runs 1 --trace");
    if options.turmoil_one_in != Options::ORDINARY.turmoil_one_in {
        write!(command, " --turmoil-one-in {}", options.turmoil_one_in).ok();
    }
    if let Some(sabotage) = options.sabotage {
        write!(command, " --sabotage {sabotage:?}").ok();
    }
    command
}

/// A fault to plant, by its name.
fn sabotage(name: Option<&str>) -> Result<Sabotage, String> {
    let known = || Sabotage::ALL.map(|sabotage| format!("{sabotage:?}")).join(", ");
    let found = Sabotage::ALL.into_iter().find(|sabotage| name == Some(&*format!("{sabotage:?}")));
    found.ok_or_else(|| format!("--sabotage needs one of {}", known()))
}

fn main() -> ExitCode {
    let arguments = match Arguments::parse(std::env::args().skip(1)) {
        Ok(arguments) => arguments,
        Err(error) => {
            eprintln!("error: {error}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let seed = arguments.seed.unwrap_or_else(|| RandomState::new().hash_one("seed") >> 16);
    println!("seed {seed}");
    let is_fine = if arguments.is_noise { be_noisy(&arguments, seed) } else { run_many(&arguments, seed) };
    if is_fine { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn be_noisy(arguments: &Arguments, seed: u64) -> bool {
    let began = Instant::now();
    let noise = noise(Level::L4, arguments.hours, NOISE_PERIOD, seed, arguments.threads);
    println!("{noise:#?}\n{:.1} s", began.elapsed().as_secs_f64());
    noise.down == 0
}

fn run_many(arguments: &Arguments, seed: u64) -> bool {
    let Arguments { turmoil_one_in, sabotage, goes_on, .. } = *arguments;
    let options = Options { turmoil_one_in, sabotage, is_printed: false, goes_on };
    if arguments.is_traced {
        let format = tracing_subscriber::fmt().without_time().with_target(false).with_ansi(false);
        format.with_max_level(tracing::Level::DEBUG).init();
        let report = run(seed, &Options { is_printed: true, ..options });
        println!("{report:#?}");
        return report.violations.is_empty();
    }
    let began = Instant::now();
    let told = |done: u64| {
        if done.is_multiple_of(10_000) {
            eprintln!("{done} of {} runs after {:.0} s", arguments.runs, began.elapsed().as_secs_f64());
        }
    };
    let threads = usize::try_from(arguments.threads).unwrap_or(1);
    let soak = soak(arguments.runs, seed, threads, &options, &told);
    let seconds = began.elapsed().as_secs_f64();
    println!("{}\n{seconds:.1} s on {threads} threads", soak.tally);
    for report in &soak.failed {
        println!("\nseed {} failed:", report.seed);
        for violation in &report.violations {
            println!("  {violation}");
        }
        println!("replay it: {}", replay(report.seed, &options));
    }
    soak.failed.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &str) -> Result<Arguments, String> {
        Arguments::parse(words.split(' ').map(str::to_owned))
    }

    #[test]
    fn a_run_is_replayed_by_the_command_that_is_told() {
        let turmoil = Options { turmoil_one_in: 1, ..Options::ORDINARY };
        let planted = Options { turmoil_one_in: 0, sabotage: Some(Sabotage::FenceForgotten), ..Options::ORDINARY };
        for options in [Options::ORDINARY, turmoil, planted] {
            let command = replay(7, &options);
            let again = parse(command.strip_prefix("cargo xtask simulate ").unwrap()).unwrap();
            assert_eq!((again.seed, again.runs, again.is_traced), (Some(7), 1, true), "{command}");
            let is_same = again.turmoil_one_in == options.turmoil_one_in && again.sabotage == options.sabotage;
            assert!(is_same, "{command} is another run than {options:?}");
        }
    }

    #[test]
    fn no_run_at_all_is_no_success() {
        assert!(parse("--runs 0").is_err());
        assert!(parse("--l4 --hours 0").is_err());
        assert!(parse("--runs 1_000 --seed 1").is_ok());
    }
}
