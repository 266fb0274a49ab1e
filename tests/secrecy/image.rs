//! An image of a process, taken by gdb when it is about to exit.
use crate::elf::writable_segments;
use crate::needle::Needles;
use crate::scene::Scene;
use std::fs;
use std::path::Path;
use std::process::Command;

/// What was found in writable memory at exit.
#[derive(Debug, Default)]
pub(crate) struct Residue {
    /// On the heap and in globals: a fault.
    pub(crate) memory: Vec<String>,
    /// On the stack: told.
    pub(crate) stack: Vec<String>,
    /// Bytes that were searched outside the stack.
    pub(crate) searched: usize,
}

/// Whether gdb can take images here; says so where not.
pub(crate) fn can_be_taken() -> bool {
    let traced = Command::new("gdb").args(["-nx", "-batch", "-ex", "run", "--args", "true"]).output();
    let why = match traced {
        Err(_) => "gdb is absent: install the package `gdb`",
        Ok(output) if !String::from_utf8_lossy(&output.stdout).contains("exited normally") => {
            "gdb may not trace processes here: allow ptrace"
        }
        Ok(_) => return true,
    };
    println!("SKIPPED: {why}");
    false
}

/// Runs `program` with `arguments` in `scene`, its standard input being `stdin` and its output going to the files
/// `out` and `err` there, and searches its memory at exit.
pub(crate) fn residue(
    scene: &Scene,
    program: &Path,
    arguments: &[&str],
    stdin: &Path,
    needles: impl Fn() -> Needles,
) -> Residue {
    let [core, out, err] = ["core", "out", "err"].map(|name| scene.path(name));
    let arguments: Vec<_> = arguments.iter().map(|word| quoted(word)).collect();
    let run = format!("run {} < {} > {} 2> {}", arguments.join(" "), stdin.display(), out.display(), err.display());
    let script = [
        "set confirm off",
        "set auto-solib-add off",
        "set use-coredump-filter off",
        "catch syscall exit_group",
        &run,
        "info proc mappings",
        &format!("generate-core-file {}", core.display()),
        "kill",
    ];
    let mut gdb = Command::new("gdb");
    gdb.args(["-nx", "-batch", "-ex", &format!("exec-file {}", program.display())]);
    gdb.args(script.iter().flat_map(|line| ["-ex", line])).env("SHELL", "/bin/sh").current_dir(scene.path("."));
    let told = String::from_utf8_lossy(&gdb.output().unwrap().stdout).into_owned();
    let image = fs::read(&core).unwrap_or_else(|error| panic!("gdb took no image ({error}): {told}"));
    fs::remove_file(core).unwrap();
    let residue = searched(&image, stack(&told), &needles());
    assert!(residue.searched > 64 * 1024, "an image without a heap: {told}");
    residue
}

/// For the shell through which gdb starts programs.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

fn searched(image: &[u8], stack: u64, needles: &Needles) -> Residue {
    let mut residue = Residue::default();
    for segment in writable_segments(image) {
        let found = needles.found_in(segment.bytes);
        let lines = found.iter().map(|(of, place)| format!("{of} at {:#x}", segment.address + *place as u64));
        if segment.address == stack {
            residue.stack.extend(lines);
        } else {
            residue.searched += segment.bytes.len();
            residue.memory.extend(lines);
        }
    }
    residue
}

/// Where the stack begins, by gdb's list of mappings.
fn stack(mappings: &str) -> u64 {
    let line = mappings.lines().find(|line| line.ends_with("[stack]"));
    let start = line.and_then(|line| line.split_whitespace().next()?.strip_prefix("0x"));
    u64::from_str_radix(start.unwrap_or_else(|| panic!("gdb shows no stack: {mappings}")), 16).unwrap()
}
