//! Where one-shot code lies in the program.
use crate::call::Call;
use crate::failure::Failure;
use crate::peer::VALGRIND;
use crate::repository::Repository;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::Path;
use std::process::Stdio;

/// What the layout is made for.
const COMMAND: [&str; 8] = ["keys", "derive", "--chain", "radix", "--network", "stokenet", "--json", "--phrase-stdin"];
/// The phrase of the BIP-39 vectors for entropy of zeros, 24 words: known to everybody.
const WORDS: [&str; 2] = ["abandon", "art"];

pub(super) fn run(arguments: &[String]) -> Result<(), Failure> {
    super::none(arguments)?;
    let repository = Repository::find()?;
    if !VALGRIND.is_there(&repository) {
        return Err(Failure::new("valgrind is needed, and not installed").hint(VALGRIND.install));
    }
    let build = ["build", "--release", "--package", "tanist", "--bin", "tanist"];
    let program = Call::cargo(&repository).args(build).build()?.program("tanist")?;
    let profile = repository.made().join("layout.callgrind");
    record(&repository, &program, &profile)?;
    let text = std::fs::read_to_string(&profile)
        .map_err(|error| Failure::new(format!("{} cannot be read: {error}", profile.display())))?;
    let functions = functions(&text, &program);
    if functions.is_empty() {
        return Err(Failure::new(format!("{} names no function of the program", profile.display())));
    }
    let path = repository.top().join("crates").join("cli").join("one-shot.ld");
    std::fs::write(&path, script(&functions))
        .map_err(|error| Failure::new(format!("{} cannot be written: {error}", path.display())))?;
    println!("wrote crates/cli/one-shot.ld ({} functions)", functions.len());
    Ok(())
}

/// Runs the command once, and has every function noted that it comes through.
fn record(repository: &Repository, program: &Path, profile: &Path) -> Result<(), Failure> {
    let mut call = Call::new(repository, "valgrind").args(["--tool=callgrind", "--demangle=no", "--quiet"]);
    call = call.arg(format!("--callgrind-out-file={}", profile.display())).arg(program).args(COMMAND);
    call.command().stdin(Stdio::piped()).stdout(Stdio::null());
    let mut child = call.start()?;
    let [word, last] = WORDS;
    let phrase = format!("{}{last}\n", format!("{word} ").repeat(23));
    // Where the program does not take it, its end says why.
    child.stdin.take().map(|mut stdin| stdin.write_all(phrase.as_bytes()));
    let status = child.wait().map_err(|error| Failure::new(format!("valgrind cannot be waited for: {error}")))?;
    if status.success() { Ok(()) } else { Err(Failure::new(format!("valgrind ended with {status}"))) }
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

fn script(functions: &BTreeSet<String>) -> String {
    let head = "/* Functions that `tanist keys derive` runs, together at one place of the program.\n   \
                Written by `cargo xtask layout`; a line that matches nothing does no harm. */\n";
    let lines: Vec<_> = functions.iter().map(|function| format!("    *({function})\n")).collect();
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
