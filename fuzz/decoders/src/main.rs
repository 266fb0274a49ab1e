//! Fuzzes the decoders on a stable toolchain: `cargo xtask fuzz`.
#![allow(clippy::print_stdout, reason = "a report on the terminal is what this program is for")]
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;
use tanist_decoders::{Corpus, Decoder, Limits, Report, decoders, drive};
use watchdog_core::clock::{Clock, SystemClock};

/// What was asked for.
struct Asked {
    runs: u64,
    time: Duration,
    seed: u64,
    corpus: Option<PathBuf>,
    names: Vec<String>,
}

fn main() -> ExitCode {
    let asked = match asked(std::env::args().skip(1)) {
        Ok(asked) => asked,
        Err(why) => {
            eprintln!("error: {why}");
            return ExitCode::from(2);
        }
    };
    match fuzz(&asked) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            eprintln!("error: {why}");
            ExitCode::FAILURE
        }
    }
}

fn asked(mut words: impl Iterator<Item = String>) -> Result<Asked, String> {
    let mut asked = Asked { runs: 10_000, time: Duration::MAX, seed: 1, corpus: None, names: Vec::new() };
    while let Some(word) = words.next() {
        if word == "--corpus" {
            asked.corpus = Some(words.next().ok_or("--corpus needs a folder")?.into());
            continue;
        }
        let mut number = || -> Result<u64, String> {
            let value = words.next().ok_or_else(|| format!("{word} needs a number"))?;
            value.parse().map_err(|_| format!("{word}: `{value}` is not a number"))
        };
        match word.as_str() {
            "--runs" => asked.runs = number()?,
            "--time" => (asked.time, asked.runs) = (Duration::from_secs(number()?), u64::MAX),
            "--seed" => asked.seed = number()?,
            name if decoders().iter().any(|decoder| decoder.name() == name) => asked.names.push(word),
            _ => return Err(format!("there is no decoder `{word}`: use any of {}", names().join(", "))),
        }
    }
    Ok(asked)
}

fn names() -> Vec<String> {
    decoders().iter().map(Decoder::name).collect()
}

/// Whether every promise was kept.
fn fuzz(asked: &Asked) -> Result<bool, String> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap_or(Path::new("."));
    let in_hand = top.join("target/fuzz-in-hand");
    let is_wanted = |decoder: &Decoder| asked.names.is_empty() || asked.names.contains(&decoder.name());
    let wanted: Vec<_> = decoders().into_iter().filter(is_wanted).collect();
    if let Some(folder) = &asked.corpus {
        return wanted.iter().try_for_each(|decoder| store(decoder, top, folder)).map(|()| true);
    }
    let clock = SystemClock::new();
    let began = clock.uptime();
    println!("seed {}; the input in hand is kept in {}", asked.seed, in_hand.display());
    let (mut runs, mut faults) = (0, 0);
    for (place, decoder) in wanted.iter().enumerate() {
        let corpus = Corpus::of(decoder, top)?;
        // Whatever was used up so far, reading vectors included, is missing from the time of those that are left.
        let left = asked.time.saturating_sub(clock.uptime().since(began));
        let share = u32::try_from(wanted.len() - place).unwrap_or(u32::MAX);
        let limits = Limits { runs: asked.runs, time: left / share, in_hand: Some(in_hand.clone()) };
        let report = drive(decoder, corpus, asked.seed, &limits);
        runs += report.runs;
        faults += u64::from(report.fault.is_some());
        tell(decoder, &report, &in_hand);
    }
    println!("{runs} inputs, {faults} faults, seed {}, at most {} MiB of memory", asked.seed, peak());
    Ok(faults == 0)
}

/// Writes the inputs to begin with, as libFuzzer wants them: a folder for each target, a file for each input.
fn store(decoder: &Decoder, top: &Path, folder: &Path) -> Result<(), String> {
    let folder = folder.join(decoder.name());
    let failed = |error: std::io::Error| format!("{} cannot be written: {error}", folder.display());
    std::fs::create_dir_all(&folder).map_err(failed)?;
    for (k, input) in Corpus::of(decoder, top)?.inputs().iter().enumerate() {
        let written = File::create(folder.join(k.to_string())).and_then(|mut file| file.write_all(input));
        written.map_err(failed)?;
    }
    Ok(())
}

fn tell(decoder: &Decoder, report: &Report, in_hand: &Path) {
    let Report { runs, accepted, slowest, fault } = report;
    println!("{:<24} {runs:>8} inputs, {accepted:>7} accepted, slowest {} ms", decoder.name(), slowest.as_millis());
    if let Some(fault) = fault {
        let kept: PathBuf = in_hand.with_file_name(format!("fuzz-fault-{}", decoder.name()));
        let note = match std::fs::copy(in_hand, &kept) {
            Ok(_) => format!("kept in {}", kept.display()),
            Err(error) => format!("not kept: {error}"),
        };
        println!("FAULT: {}\n  {}\n  {note}", fault.message, String::from_utf8_lossy(&fault.input).escape_debug());
    }
}

/// Most memory that this process had so far, MiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or_default() / 1024
}
