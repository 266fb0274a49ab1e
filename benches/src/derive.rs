//! `tanist keys derive`, the whole process.
use crate::figure::Figure;
use crate::program::{Program, memory, mib};
use crate::setup::Bench;
use crate::spread::Spread;
use crate::{Outcome, floor};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use std::io::{ErrorKind, PipeReader, PipeWriter, Read, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

const RUNS: u32 = 100;
/// Processes whose memory is looked at.
const LOOKS: u32 = 20;
const TARGET: Duration = Duration::from_millis(5);
/// KiB.
const MEMORY_MAX: u64 = 8 * 1024;
/// The phrase of the BIP-39 vectors for entropy of zeros, 24 words: known to everybody.
const WORDS: [&str; 2] = ["abandon", "art"];

/// Time of many runs, and memory of some.
pub(crate) fn measure(bench: &Bench) -> Outcome<Vec<Figure>> {
    let place = bench.place()?;
    let [word, last] = WORDS;
    let phrase = place.write("phrase", &format!("{}{last}", format!("{word} ").repeat(23)))?;
    let phrase = phrase.to_str().ok_or("the build folder's path is no text")?;
    let derive = |program: &Program| {
        let mut command = program.command(["keys", "derive", "--chain", "radix", "--network", "stokenet", "--json"]);
        command.args(["--phrase-file", phrase]).stderr(Stdio::null());
        command
    };
    let mut times = Vec::new();
    for _ in 0..RUNS {
        let mut command = derive(&bench.program);
        let began = bench.now();
        let status = command.stdout(Stdio::null()).status()?;
        times.push(bench.now().since(began));
        if !status.success() {
            return Err(format!("`tanist keys derive` ended with {status}").into());
        }
    }
    let spread = Spread::of(times).ok_or("nothing was run")?;
    let empty = process(bench)?;
    let floor = floor::stretching(RUNS, &*bench.clock)?.median();
    let built = largest(bench, || derive(&bench.program))?;
    let copy = bench.program.copy(place.path())?;
    let copied = largest(bench, || derive(&copy))?;
    let median = spread.median();
    Ok(vec![
        Figure::time(format!("keys derive: whole process, median of {}", spread.len()), median)
            .target("5 ms", median <= TARGET)
            .ratio(median, floor, "the 2048 rounds of BIP-39"),
        Figure::time("keys derive: p99", spread.percentile(99)),
        Figure::time("floor: 2048 rounds of HMAC-SHA512, median", floor),
        Figure::time("floor: `tanist version`, whole process, median", empty),
        memory_of(format!("keys derive: peak memory, largest of {LOOKS}"), built),
        memory_of("keys derive: the same of a copy of the program".to_owned(), copied),
    ])
}

fn memory_of(name: String, peak: u64) -> Figure {
    let (peak_time, most) = (Duration::from_micros(peak), Duration::from_micros(MEMORY_MAX));
    Figure::new(name, mib(peak)).target("8 MiB", peak <= MEMORY_MAX).ratio(peak_time, most, "target")
}

/// What a process costs that does next to nothing.
fn process(bench: &Bench) -> Outcome<Duration> {
    let mut times = Vec::new();
    for _ in 0..RUNS {
        let began = bench.now();
        bench.program.command(["version"]).stdout(Stdio::null()).status()?;
        times.push(bench.now().since(began));
    }
    Ok(Spread::of(times).ok_or("nothing was run")?.median())
}

/// The largest peak of some processes, KiB: it differs between them, as they begin at addresses of their own.
fn largest(bench: &Bench, command: impl Fn() -> Command) -> Outcome<u64> {
    // The first one may wait for the disk, and what is not read yet is not mapped.
    command().stdout(Stdio::null()).status()?;
    (0..LOOKS).try_fold(0, |largest, _| Ok(peak(bench, command())?.max(largest)))
}

/// Peak memory in KiB. The process is stopped in its last act by a pipe that is full, since after its end nobody
/// knows how large it was.
fn peak(bench: &Bench, mut command: Command) -> Outcome<u64> {
    let (mut reader, mut writer) = std::io::pipe()?;
    let filled = fill(&mut writer)?;
    let mut child = command.stdout(writer).spawn()?;
    // The pipe's end in `command` would keep the reader waiting.
    drop(command);
    let id = child.id();
    let asleep = || std::fs::read_to_string(format!("/proc/{id}/wchan")).is_ok_and(|place| place.contains("pipe"));
    let settled = bench.wait("writing to the pipe", Duration::from_secs(2), asleep);
    if settled.is_err() {
        // Not every system tells what a process waits for; a derivation takes milliseconds.
        std::thread::sleep(Duration::from_millis(500));
    }
    let peak = memory(id)?.peak;
    drain(&mut reader, filled)?;
    child.wait()?;
    Ok(peak)
}

/// Fills the pipe; says with how many bytes.
fn fill(writer: &mut PipeWriter) -> Outcome<usize> {
    let flags = fcntl_getfl(&*writer)?;
    fcntl_setfl(&*writer, flags | OFlags::NONBLOCK)?;
    let mut filled = 0;
    loop {
        match writer.write(&[b'\n'; 4096]) {
            Ok(count) => filled += count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => break,
            Err(error) => return Err(error.into()),
        }
    }
    fcntl_setfl(&*writer, flags)?;
    Ok(filled)
}

/// Reads everything; an answer must follow what was filled in.
fn drain(reader: &mut PipeReader, filled: usize) -> Outcome<()> {
    let mut all = Vec::new();
    reader.read_to_end(&mut all)?;
    if all.len() > filled { Ok(()) } else { Err("`tanist keys derive` printed nothing".into()) }
}
