//! Where the code that runs lies in the program.
use crate::call::Call;
use crate::failure::Failure;
use crate::peer::VALGRIND;
use crate::repository::Repository;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

/// The one-shot command that the layout is made for.
const COMMAND: [&str; 8] = ["keys", "derive", "--chain", "radix", "--network", "stokenet", "--json", "--phrase-stdin"];
/// The phrase of the BIP-39 vectors for entropy of zeros, 24 words: known to everybody.
const WORDS: [&str; 2] = ["abandon", "art"];
/// Under valgrind there is no vDSO for rustix to read.
const READABLE: [&str; 2] = ["--features", "rustix/use-libc-auxv"];

pub(super) fn run(arguments: &[String]) -> Result<(), Failure> {
    super::none(arguments)?;
    let repository = Repository::find()?;
    VALGRIND.needed(&repository)?;
    let build = ["build", "--release", "--package", "tanist", "--bin", "tanist"];
    let apart = repository.made().join("layout");
    let made = Call::cargo(&repository).args(build).args(READABLE).arg("--target-dir").arg(&apart).build()?;
    let profiled = Profiled { repository: &repository, program: made.program("tanist")?, folder: apart };
    let one_shot = profiled.one_shot()?;
    let service: BTreeSet<_> = profiled.service()?.difference(&one_shot).cloned().collect();
    let path = repository.top().join("crates").join("cli").join("layout.ld");
    std::fs::write(&path, script(&one_shot, &service)).map_err(|error| unwritten(&path, &error))?;
    println!("wrote crates/cli/layout.ld ({} functions, and {} of the service)", one_shot.len(), service.len());
    Ok(())
}

fn unwritten(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(format!("{} cannot be written: {error}", path.display()))
}

/// The program under valgrind, which notes every function that a run comes through.
struct Profiled<'a> {
    repository: &'a Repository,
    program: PathBuf,
    folder: PathBuf,
}

impl Profiled<'_> {
    /// Of [`COMMAND`].
    fn one_shot(&self) -> Result<BTreeSet<String>, Failure> {
        let profile = self.folder.join("one-shot.callgrind");
        let [valgrind, options @ ..] = self.line(&profile);
        let mut call = Call::new(self.repository, valgrind).args(&options).args(COMMAND);
        call.command().stdin(Stdio::piped()).stdout(Stdio::null());
        let mut child = call.start()?;
        let [word, last] = WORDS;
        let phrase = format!("{}{last}\n", format!("{word} ").repeat(23));
        // Where the program does not take it, its end says why.
        child.stdin.take().map(|mut stdin| stdin.write_all(phrase.as_bytes()));
        let status = child.wait().map_err(|error| Failure::new(format!("valgrind cannot be waited for: {error}")))?;
        if !status.success() {
            return Err(Failure::new(format!("valgrind ended with {status}")));
        }
        self.functions(&profile)
    }

    /// Of `tanist run` as the benchmark of an idle service lets it run.
    fn service(&self) -> Result<BTreeSet<String>, Failure> {
        let (profile, program) = (self.folder.join("service.callgrind"), self.folder.join("tanist-profiled"));
        let line = self.line(&profile).map(|word| format!("'{}'", word.replace('\'', "'\\''"))).join(" ");
        let mut options = OpenOptions::new();
        let file = options.write(true).create(true).truncate(true).mode(0o700).open(&program);
        file.and_then(|mut file| write!(file, "#!/bin/sh\nexec {line} \"$@\"\n"))
            .map_err(|error| unwritten(&program, &error))?;
        let bench = ["bench", "--package", "tanist-benches", "--bench", "figures", "--", "idle"];
        // What it measures says nothing under valgrind.
        Call::cargo(self.repository).args(bench).env("TANIST_BIN", &program).output()?;
        self.functions(&profile)
    }

    /// The command line, up to the program's own arguments.
    fn line(&self, profile: &Path) -> [String; 6] {
        let out = format!("--callgrind-out-file={}", profile.display());
        let program = self.program.display().to_string();
        ["valgrind", "--tool=callgrind", "--demangle=no", "--quiet", &out, &program].map(str::to_owned)
    }

    fn functions(&self, profile: &Path) -> Result<BTreeSet<String>, Failure> {
        let text = std::fs::read_to_string(profile)
            .map_err(|error| Failure::new(format!("{} cannot be read: {error}", profile.display())))?;
        let functions = functions(&text, &self.program);
        if functions.is_empty() {
            return Err(Failure::new(format!("{} names no function of the program", profile.display())));
        }
        Ok(functions)
    }
}

/// Functions of `program` that a profile of callgrind names, as patterns that stay true when their hashes change.
fn functions(profile: &str, program: &Path) -> BTreeSet<String> {
    let mut names: BTreeMap<(&str, &str), &str> = BTreeMap::new();
    let (mut of_program, mut found) = (false, BTreeSet::new());
    for line in profile.lines() {
        let Some((key, value)) = line.split_once("=(") else { continue };
        let Some((number, name)) = value.split_once(')') else { continue };
        // Names are written out at their first mention, be it of a caller or of a callee.
        let kind = key.trim_start_matches('c');
        if let Some(name) = name.strip_prefix(' ') {
            names.insert((kind, number), name);
        }
        let name = names.get(&(kind, number)).copied().unwrap_or_default();
        match key {
            "ob" => of_program = Path::new(name) == program,
            "fn" if of_program && name.starts_with('_') => found.extend(pattern(name)),
            _ => {}
        }
    }
    found
}

/// The section of function `name` without what differs from build to build; `None` for what is not of Rust.
fn pattern(name: &str) -> Option<String> {
    // A number after an apostrophe counts recursions; one after `.llvm.` is of one build.
    let name = name.split('\'').next()?;
    let name = name.split(".llvm.").next()?;
    if let Some(legacy) = name.strip_prefix("_ZN") {
        let (path, _) = legacy.rsplit_once("17h")?;
        return Some(format!(".text*._ZN{path}17h*"));
    }
    name.strip_prefix("_R").map(|name| format!(".text*._R{}*", without_crate_hashes(name)))
}

/// `name` of the newer mangling: a crate is `Cs`, a hash in base 62, `_`, then the length of its name.
fn without_crate_hashes(name: &str) -> String {
    let mut parts = name.split("Cs");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        text.push_str("Cs");
        match part.split_once('_') {
            Some((hash, rest)) if hash.len() > 8 && hash.chars().all(char::is_alphanumeric) => {
                text.push_str("*_");
                text.push_str(rest);
            }
            _ => text.push_str(part),
        }
    }
    text
}

fn script(one_shot: &BTreeSet<String>, service: &BTreeSet<String>) -> String {
    let head = "/* Functions that `tanist keys derive` runs, then those that only `tanist run` runs while nothing happens:\n   \
                together at one place of the program. Written by `cargo xtask layout`; a line that matches nothing\n   \
                does no harm. */\n";
    let lines: Vec<_> = one_shot.iter().chain(service).map(|function| format!("    *({function})\n")).collect();
    format!("{head}SECTIONS\n{{\n  .text :\n  {{\n{}  }}\n}}\nINSERT BEFORE .fini;\n", lines.concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROFILE: &str = "ob=(1) /t/tanist\nfn=(1) _ZN6tanist4main17h0123456789abcdefE\n0 1\n\
                           cob=(2) /lib/libc.so.6\ncfn=(2) _Exit\ncalls=1 0\n\
                           cfn=(3) _RNvNtCsgEmfK2I1SDS_4core3fmt5write.llvm.77\ncalls=1 0\n\
                           ob=(2)\nfn=(2)\n0 1\nob=(1)\nfn=(3)\n0 1\nfn=(4) _RNvNtCsgEmfK2I1SDS_4core3fmt5write'2\n";

    #[test]
    fn functions_of_the_program_are_found_by_number_and_those_of_libraries_are_not() {
        let found = functions(PROFILE, Path::new("/t/tanist"));
        let wanted = [".text*._RNvNtCs*_4core3fmt5write*", ".text*._ZN6tanist4main17h*"];
        assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), wanted);
    }

    #[test]
    fn a_pattern_holds_no_hash_and_nothing_of_one_build() {
        let builds =
            ["_ZN4core3ptr9drop_glue17haaaaaaaaaaaaaaaaE.llvm.1", "_ZN4core3ptr9drop_glue17hbbbbbbbbbbbbbbbbE"];
        let [first, second] = builds.map(pattern);
        assert_eq!(first, second);
        assert_eq!(pattern("main"), None);
        assert_eq!(pattern("__blst_cpuid"), None);
    }
}
