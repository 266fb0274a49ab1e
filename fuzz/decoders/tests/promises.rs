//! Every decoder keeps its promises: a short run of what `cargo xtask fuzz` does for long.
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]
use std::path::Path;
use std::time::Duration;
use tanist_decoders::{Corpus, Limits, decoders, drive};

/// For all decoders together.
const TIME: Duration = Duration::from_secs(20);

/// Seed of the run, another one every time that nobody sets `TANIST_FUZZ_SEED`.
#[allow(clippy::disallowed_methods, reason = "a seed may be given to run the same inputs again")]
fn seed() -> u64 {
    match std::env::var("TANIST_FUZZ_SEED") {
        Ok(seed) => seed.parse().unwrap(),
        Err(_) => std::process::id().into(),
    }
}

fn top() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap()
}

#[test]
fn no_decoder_panics_takes_too_long_or_quotes_a_secret() {
    let (seed, all) = (seed(), decoders());
    let limits = Limits { runs: u64::MAX, time: TIME / u32::try_from(all.len()).unwrap(), in_hand: None };
    let mut faults = Vec::new();
    let mut runs = 0;
    for decoder in &all {
        let report = drive(decoder, Corpus::of(decoder, top()).unwrap(), seed, &limits);
        println!("{}: {} inputs, {} accepted", decoder.name(), report.runs, report.accepted);
        runs += report.runs;
        faults.extend(report.fault.map(|fault| {
            let input = String::from_utf8_lossy(&fault.input).escape_debug().to_string();
            format!("{}: {} for {input}", decoder.name(), fault.message)
        }));
    }
    println!("{runs} inputs; the same again: TANIST_FUZZ_SEED={seed}");
    assert!(faults.is_empty(), "TANIST_FUZZ_SEED={seed}\n{}", faults.join("\n"));
}

#[test]
fn every_decoder_has_a_target_for_libfuzzer_and_every_target_a_decoder() {
    let manifest = std::fs::read_to_string(top().join("fuzz/Cargo.toml")).unwrap();
    let mut targets: Vec<_> = manifest
        .split("[[bin]]")
        .skip(1)
        .map(|target| target.split_once("name = \"").unwrap().1.split_once('"').unwrap().0.to_owned())
        .collect();
    let mut names: Vec<_> = decoders().iter().map(tanist_decoders::Decoder::name).collect();
    targets.sort_unstable();
    names.sort_unstable();
    assert_eq!(targets, names);
}
