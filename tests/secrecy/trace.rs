//! Nothing secret goes to the system but through the door that was asked for.
use crate::call::Call;
use crate::chain;
use crate::needle::Needles;
use crate::scene::Scene;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use tanist_tests::program::binary;

/// Calls that bring bytes in.
const READING: [&str; 7] = ["read", "pread64", "readv", "recvfrom", "recvmsg", "getrandom", "mmap"];
/// Calls that bring bytes out.
const WRITING: [&str; 6] = ["write", "pwrite64", "writev", "sendto", "sendmsg", "sendfile"];

/// Whether strace can trace here; says so where not.
fn is_there() -> bool {
    let traced = Command::new("strace").args(["-o", "/dev/null", "true"]).output();
    let why = match traced {
        Err(_) => "strace is absent: install the package `strace`",
        Ok(output) if !output.status.success() => "strace may not trace processes here: allow ptrace",
        Ok(_) => return true,
    };
    println!("SKIPPED: {why}");
    false
}

/// One system call.
#[derive(Debug)]
struct Entry {
    name: String,
    /// Path behind the first argument, where that is a descriptor.
    path: Option<PathBuf>,
    /// All of the line, with the bytes of its texts in place of their escapes.
    bytes: Vec<u8>,
}

impl Entry {
    /// A line of `strace -f -y -xx`: `1234  write(1</path>, "\x61", 1) = 1`. `None` for a line that tells of no call.
    fn read(line: &str) -> Option<Self> {
        let line = line.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start();
        let (name, arguments) = line.split_once('(')?;
        let bytes = unescaped(arguments);
        let descriptor = bytes.split(|byte| *byte == b',').next()?;
        let path = String::from_utf8_lossy(descriptor)
            .split_once('<')
            .map(|(_, path)| PathBuf::from(path.trim_end_matches([')', '>'])));
        Some(Self { name: name.to_owned(), path, bytes })
    }

    fn is_through(&self, doors: &[PathBuf]) -> bool {
        WRITING.contains(&self.name.as_str())
            && self.path.as_deref().is_some_and(|path| doors.iter().any(|door| path.starts_with(door)))
    }
}

fn unescaped(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let escaped = after.strip_prefix(b"x").and_then(|hex| hex.get(..2)).filter(|_| *first == b'\\');
        let byte = escaped.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &after[3..] } else { after };
    }
    bytes
}

/// Every system call of `program`, its start with arguments and environment included.
fn entries(scene: &Scene, program: &Path, arguments: &[String], stdin: &Path) -> Vec<Entry> {
    let log = scene.path("strace");
    let mut strace = Command::new("strace");
    strace.args(["-f", "-v", "-y", "-xx", "-s", "1000000", "-o"]).arg(&log).arg(program).args(arguments);
    strace.stdin(File::open(stdin).unwrap()).stdout(File::create(scene.path("out")).unwrap());
    strace.stderr(File::create(scene.path("err")).unwrap()).current_dir(scene.path(".")).status().unwrap();
    let entries: Vec<_> = std::fs::read_to_string(log).unwrap().lines().filter_map(Entry::read).collect();
    assert!(entries.iter().any(|entry| entry.name == "execve"), "strace shows no start: {entries:?}");
    assert!(entries.iter().any(|entry| entry.name == "exit_group"), "strace shows no end: {entries:?}");
    entries
}

/// What of `needles` the entries carry elsewhere than to the doors.
fn astray(entries: &[Entry], needles: &Needles, doors: &[PathBuf]) -> Vec<String> {
    let going_out = entries.iter().filter(|entry| !READING.contains(&entry.name.as_str()) && !entry.is_through(doors));
    let found = |entry: &Entry| -> Vec<String> {
        let found = needles.found_in(&entry.bytes);
        found
            .iter()
            .map(|(of, _)| format!("{of} in {}({})", entry.name, entry.path.clone().unwrap_or_default().display()))
            .collect()
    };
    going_out.flat_map(found).collect()
}

fn nothing_goes_astray(calls: &[Call]) {
    if !is_there() {
        return;
    }
    let mut faults = Vec::new();
    for call in calls {
        let scene = Scene::new();
        let stdin = call.prepare(&scene);
        let entries = entries(&scene, &binary(), &call.arguments(&scene), &stdin);
        let secrets = call.secrets(&scene);
        let doors = call.doors(&scene);
        let used =
            entries.iter().filter(|entry| entry.is_through(&doors) && !secrets.found_in(&entry.bytes).is_empty());
        assert_eq!(used.count() == 0, doors.is_empty(), "`{}` did not use its door", call.line());
        println!("{}: {} parts of secrets searched for in {} calls", call.line(), secrets.len(), entries.len());
        faults.extend(astray(&entries, &secrets, &doors).into_iter().map(|found| format!("{}: {found}", call.line())));
    }
    assert!(faults.is_empty(), "told to the system:\n{}", faults.join("\n"));
}

#[test]
fn nothing_secret_of_radix_goes_astray() {
    nothing_goes_astray(&chain::radix::calls());
}

#[test]
fn a_secret_in_an_argument_or_a_write_elsewhere_is_found() {
    if !is_there() {
        return;
    }
    let secret = "marker turtle lantern cobalt meadow";
    let needles = Needles::default().phrase(secret);
    let scene = Scene::new();
    let stdin = scene.write("stdin", secret.as_bytes());
    let doors = [scene.path("out")];
    let found = |program: &str, arguments: &[&str]| {
        let arguments: Vec<_> = arguments.iter().map(ToString::to_string).collect();
        astray(&entries(&scene, Path::new(program), &arguments, &stdin), &needles, &doors)
    };
    assert_eq!(found("cat", &[]), Vec::<String>::new());
    assert_eq!(scene.read("out"), secret);
    assert!(found("true", &[secret]).iter().all(|found| found.contains("execve")));
    assert_eq!(found("true", &[secret]).len(), 2);
    assert!(found("tee", &["elsewhere"]).iter().any(|found| found.contains("write(") && found.contains("elsewhere")));
}

#[test]
fn nothing_secret_of_algorand_goes_astray() {
    nothing_goes_astray(&chain::algorand::calls());
}

#[test]
fn nothing_secret_of_decred_goes_astray() {
    nothing_goes_astray(&chain::decred::calls());
}

#[test]
fn nothing_secret_of_ethereum_goes_astray() {
    nothing_goes_astray(&chain::ethereum::calls());
}

#[test]
fn nothing_secret_of_oxen_goes_astray() {
    nothing_goes_astray(&chain::oxen::calls());
}
